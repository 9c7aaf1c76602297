//! How long a call goes on after it was interrupted: `cargo bench -p lfi --bench interruption`.
#![allow(missing_docs)]

use lfi::{Config, Engine, Error, Module, Sandbox};
use std::{
    sync::mpsc,
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

fn main() {
    let engine = Engine::new(&Config::default()).expect("an engine");
    let module = Module::open(lfi_filetest::library(SOURCE)).expect("a library");
    for name in ["spin", "calls", "lock", "rest", "starve"] {
        let mut taken: Vec<Duration> = (0..TIMES).map(|_| interruption(&engine, &module, name)).collect();
        taken.sort();
        let at = |share: f64| taken[((TIMES - 1) as f64 * share) as usize].as_nanos() as f64 / 1000.0;
        println!(
            "{name:8} {TIMES} interruptions: median {:.1} us, 90 % {:.1}, 99 % {:.1}, longest {:.1}",
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0)
        );
    }
}

/// From just before the interruption until the call has ended.
fn interruption(engine: &Engine, module: &Module, name: &str) -> Duration {
    let mut sandbox = Sandbox::new(engine, module).expect("a sandbox");
    let function = sandbox.func::<(), ()>(name).expect("a function");
    let interrupter = sandbox.interrupter();
    let (entering, entered) = mpsc::channel();
    let caller = thread::spawn(move || {
        entering.send(()).expect("a listener");
        let result = function.call(&mut sandbox, ());
        let end = Instant::now();
        assert!(matches!(result, Err(Error::Interrupted)), "{result:?}");
        end
    });
    entered.recv().expect("a thread");
    thread::sleep(Duration::from_micros(500));
    let start = Instant::now();
    interrupter.interrupt();
    caller.join().expect("no panic").saturating_duration_since(start)
}
