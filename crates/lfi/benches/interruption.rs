//! How long a call goes on after it was interrupted: `cargo bench -p lfi --bench interruption`.
//!
//! Beside it, by turns, the same without a sandbox: a thread of the host that computes gets a
//! signal, whose handler tells it to stop. What both have in common is the machine's: for each interruption the kernel is asked how
//! long the two threads were ready to run and had no processor meanwhile.
#![allow(missing_docs)]
#![allow(unsafe_code)] // the signal of the control

use lfi::{Config, Engine, Error, Module, Sandbox};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

const SOURCE: &str = r#"
    #include <pthread.h>
    #include <unistd.h>
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    void spin(void) { for (;;) ; }
    void calls(void) { for (;;) access("/", 0); }
    void lock(void) { for (;;) pthread_mutex_lock(&mutex); }
    void rest(void) { for (;;) sleep(1000); }
    void starve(void) { int fds[2]; char c; pipe(fds); for (;;) read(fds[0], &c, 1); }
"#;
const TIMES: usize = 1000;
/// What is interrupted: functions of the library, and the control.
const NAMES: [&str; 6] = ["spin", "calls", "lock", "rest", "starve", CONTROL];
const CONTROL: &str = "control";

/// How long an interruption took.
#[derive(Clone, Copy, Default)]
struct Taken {
    whole: Duration,
    /// Of that, the time in which a thread waited for a processor.
    waited: Duration,
}

fn main() {
    let engine = Engine::new(&Config::default()).expect("an engine");
    let module = Module::open(lfi_filetest::library(SOURCE)).expect("a library");
    install_control();
    let mut all = NAMES.map(|_| Vec::with_capacity(TIMES));
    for _ in 0..TIMES {
        for (name, taken) in NAMES.iter().zip(&mut all) {
            taken.push(if *name == CONTROL { control() } else { interruption(&engine, &module, name) });
        }
    }
    println!("{TIMES} interruptions each, microseconds; waited: for a processor, as the kernel says");
    println!(
        "{:8} {:>8} {:>8} {:>8} {:>24} {:>16}",
        "", "median", "90 %", "99 %", "longest (of it waited)", "longest less waited"
    );
    for (name, mut taken) in NAMES.into_iter().zip(all) {
        taken.sort_by_key(|taken| taken.whole);
        let micros = |time: Duration| time.as_nanos() as f64 / 1000.0;
        let at = |share: f64| taken[((TIMES - 1) as f64 * share) as usize];
        let longest = at(1.0);
        let own = taken.iter().map(|taken| taken.whole.saturating_sub(taken.waited)).max().unwrap_or_default();
        println!(
            "{name:8} {:8.1} {:8.1} {:8.1} {:>24} {:16.1}",
            micros(at(0.5).whole),
            micros(at(0.9).whole),
            micros(at(0.99).whole),
            format!("{:.1} ({:.1})", micros(longest.whole), micros(longest.waited)),
            micros(own)
        );
    }
}

/// Measures an interruption: from just before `interrupt`, which is done while `wait` waits on a thread of its own,
/// until that is over.
fn measure<T: Send + 'static>(wait: impl FnOnce() -> T + Send + 'static, interrupt: impl FnOnce(i32)) -> (Taken, T) {
    let (entering, entered) = mpsc::channel();
    let caller = thread::spawn(move || {
        let tid = rustix::thread::gettid().as_raw_nonzero().get();
        entering.send(tid).expect("a listener");
        let result = wait();
        (Instant::now(), waited_for_processor(tid), result)
    });
    let tid = entered.recv().expect("a thread");
    thread::sleep(Duration::from_micros(500));
    let own = rustix::thread::gettid().as_raw_nonzero().get();
    let before = waited_for_processor(tid) + waited_for_processor(own);
    let start = Instant::now();
    interrupt(tid);
    let own_waited = waited_for_processor(own);
    let (end, waited, result) = caller.join().expect("no panic");
    (
        Taken { whole: end.saturating_duration_since(start), waited: (waited + own_waited).saturating_sub(before) },
        result,
    )
}

/// How long a thread was ready to run and had no processor, in its life (`/proc/PID/schedstat`).
fn waited_for_processor(tid: i32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/self/task/{tid}/schedstat")).unwrap_or_default();
    Duration::from_nanos(text.split(' ').nth(1).and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
}

fn interruption(engine: &Engine, module: &Module, name: &str) -> Taken {
    let mut sandbox = Sandbox::new(engine, module).expect("a sandbox");
    let function = sandbox.func::<(), ()>(name).expect("a function");
    let interrupter = sandbox.interrupter();
    let (taken, result) = measure(move || function.call(&mut sandbox, ()), |_| interrupter.interrupt());
    assert!(matches!(result, Err(Error::Interrupted)), "{result:?}");
    taken
}

static STOPPED: AtomicBool = AtomicBool::new(false);

extern "C" fn stop(_: i32) {
    STOPPED.store(true, Ordering::SeqCst);
}

fn install_control() {
    // SAFETY: all-zero is a valid sigaction.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = stop as *const () as usize;
    action.sa_flags = libc::SA_ONSTACK;
    // SAFETY: the handler stores a word.
    assert_eq!(unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) }, 0);
}

fn control() -> Taken {
    STOPPED.store(false, Ordering::SeqCst);
    let wait = || {
        while !STOPPED.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
    };
    let signal = |tid: i32| {
        // SAFETY: no preconditions.
        assert_eq!(unsafe { libc::syscall(libc::SYS_tgkill, std::process::id(), tid, libc::SIGUSR1) }, 0);
    };
    measure(wait, signal).0
}
