//! Several threads in one sandbox, and sandboxes that are stopped.
#![allow(missing_docs)]

use lfi::{Config, Engine, Error, Func, Module, Sandbox, SandboxPtr, SharedSandbox};
use std::{
    sync::{Barrier, mpsc},
    thread,
    time::{Duration, Instant},
};

const SOURCE: &str = r#"
    #include <errno.h>
    #define _GNU_SOURCE
    #include <pthread.h>
    #include <sched.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/syscall.h>
    #include <unistd.h>

    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static long total;
    static __thread long own = 100;
    static __thread char big[5000];

    /* Counts with a lock; says whether thread-local values and errno were this thread's alone. */
    int work(long tag, int rounds)
    {
        int right = 1;
        memset(big, (int)tag, sizeof big);
        for (int i = 0; i < rounds; i++) {
            pthread_mutex_lock(&mutex);
            total++;
            pthread_mutex_unlock(&mutex);
            own++;
            errno = (int)tag;
            char *block = malloc(50 + i % 700);
            if (!block)
                return 0;
            memset(block, (int)tag, 50);
            right &= block[49] == (char)tag && big[0] == (char)tag && big[4999] == (char)tag && errno == tag;
            free(block);
        }
        return right;
    }
    long get_total(void) { return total; }
    long get_own(void) { return own; }

    void spin(void) { for (volatile int i = 0;; i++) ; }
    void calls(void) { for (;;) getppid(); }
    void lock(void) { pthread_mutex_lock(&mutex); }
    void unlock(void) { pthread_mutex_unlock(&mutex); }
    void rest(unsigned seconds) { while ((seconds = sleep(seconds))) ; }
    long starve(void)
    {
        int fds[2];
        pipe(fds);
        char c;
        return read(fds[0], &c, 1);
    }
    long more(long n) { return n + 1; }
    void crash(void) { *(volatile int *)16 = 1; }

    static void *run(void *argument)
    {
        (void)argument;
        spin();
        return 0;
    }

    static void *call_back(void *argument)
    {
        ((void (*)(long))argument)(own);
        return argument;
    }
    /* Calls the host on a thread of its own. */
    void on_own_thread(void (*callback)(long))
    {
        pthread_t thread;
        pthread_create(&thread, 0, call_back, callback);
        pthread_join(thread, 0);
    }
    void call(void (*callback)(void)) { callback(); }
    int start(int count)
    {
        pthread_t thread;
        int made = 0;
        while (made < count && pthread_create(&thread, 0, run, 0) == 0)
            made++;
        return made;
    }
    /* A thread by hand, with any stack and thread pointer. */
    int wild_clone(unsigned long stack, unsigned long pointer)
    {
        return syscall(SYS_clone, 0x50f00 | CLONE_SETTLS, stack, 0, 0, pointer) > 0;
    }
    void end_own_thread(void) { pthread_exit(0); }
"#;

fn module(returns: &str) -> Module {
    Module::open(lfi_filetest::library_with(SOURCE, &["-O2", &format!("--lfi-returns={returns}")])).unwrap()
}

fn engine() -> Engine {
    Engine::new(&Config::default()).unwrap()
}

fn sandbox() -> Sandbox {
    Sandbox::new(&engine(), &module("jump")).unwrap()
}

/// Waits for something that happens in the background.
#[track_caller]
fn soon(mut what: impl FnMut() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(20), "it does not happen");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn handles_have_contexts_stacks_and_thread_local_values_of_their_own() {
    const THREADS: i64 = 8;
    const ROUNDS: i32 = 2000;
    let mut first = sandbox();
    let work = first.func::<(i64, i32), i32>("work").unwrap();
    let (own, total) = (first.func::<(), i64>("get_own").unwrap(), first.func::<(), i64>("get_total").unwrap());
    thread::scope(|scope| {
        for tag in 1..=THREADS {
            let mut sandbox = first.attach().unwrap();
            scope.spawn(move || {
                assert_eq!(work.call(&mut sandbox, (tag, ROUNDS)).unwrap(), 1);
                assert_eq!(own.call(&mut sandbox, ()).unwrap(), 100 + i64::from(ROUNDS));
            });
        }
        assert_eq!(work.call(&mut first, (0, ROUNDS)).unwrap(), 1);
    });
    assert_eq!(total.call(&mut first, ()).unwrap(), (THREADS + 1) * i64::from(ROUNDS));
    assert_eq!(own.call(&mut first, ()).unwrap(), 100 + i64::from(ROUNDS));
    soon(|| first.statistics().threads == 1);
}

#[test]
fn a_handle_moves_from_thread_to_thread() {
    let mut sandbox = sandbox();
    let own = sandbox.func::<(), i64>("get_own").unwrap();
    let work = sandbox.func::<(i64, i32), i32>("work").unwrap();
    for n in 0..4 {
        sandbox = thread::spawn(move || {
            assert_eq!(own.call(&mut sandbox, ()).unwrap(), 100 + n);
            assert_eq!(work.call(&mut sandbox, (n, 1)).unwrap(), 1);
            sandbox
        })
        .join()
        .unwrap();
    }
}

#[test]
fn a_shared_sandbox_serves_every_thread_and_frees_what_ended_threads_had() {
    let sandbox = sandbox();
    let (work, own) = (sandbox.func::<(i64, i32), i32>("work").unwrap(), sandbox.func::<(), i64>("get_own").unwrap());
    let shared = SharedSandbox::new(sandbox).unwrap();
    let memory = || shared.with(|sandbox| sandbox.statistics().memory).unwrap();
    let before = memory();
    thread::scope(|scope| {
        for tag in 0..16 {
            let shared = shared.clone();
            scope.spawn(move || {
                for round in 0..5 {
                    assert_eq!(shared.with(|sandbox| own.call(sandbox, ())).unwrap().unwrap(), 100 + 100 * round);
                    assert_eq!(shared.with(|sandbox| work.call(sandbox, (tag, 100))).unwrap().unwrap(), 1);
                }
                // One within the other is another.
                let both = shared.with(|outer| {
                    let inner = shared.with(|inner| own.call(inner, ())).unwrap().unwrap();
                    (own.call(outer, ()).unwrap(), inner)
                });
                assert_eq!(both.unwrap(), (600, 100));
            });
        }
    });
    // This thread's and the first one.
    soon(|| shared.with(|sandbox| sandbox.statistics().threads).unwrap() == 2);
    soon(|| memory() <= before + (1 << 20));
}

#[test]
fn exclusive_sandboxes_have_one_thread() {
    let mut sandbox = Sandbox::new(&engine(), &module("ret")).unwrap();
    assert!(matches!(sandbox.attach(), Err(Error::Runtime(_))));
    let start = sandbox.func::<(i32,), i32>("start").unwrap();
    assert_eq!(start.call(&mut sandbox, (1,)).unwrap(), 0);
    assert!(SharedSandbox::new(sandbox).is_err());
}

#[test]
fn class_19_a_thread_begins_in_its_slot_whatever_stack_it_is_given() {
    let host = vec![0x5a_u64; 4096];
    let (start, end) = (host.as_ptr() as u64, host.as_ptr() as u64 + 32_768);
    for stack in [start, end, start + 16_384, 8, u64::MAX - 7, 1 << 47] {
        let mut sandbox = sandbox();
        let clone = sandbox.func::<(u64, u64), i32>("wild_clone").unwrap();
        // Its first return takes an address from that place of its own slot, where nothing is.
        match clone.call(&mut sandbox, (stack, start)) {
            Ok(made) => assert_eq!(made, 1),
            Err(error) => assert!(matches!(error, Error::Fault(_)), "{error}"),
        }
        soon(|| sandbox.is_dead());
        assert!(host.iter().all(|&word| word == 0x5a));
    }
}

/// What a call can hang in.
fn hangs(sandbox: &Sandbox) -> Vec<(&'static str, Func<(u64,), ()>)> {
    ["spin", "calls", "lock", "rest", "starve"].into_iter().map(|name| (name, sandbox.func(name).unwrap())).collect()
}

#[test]
fn class_21_whatever_a_call_hangs_in_ends_when_it_is_interrupted() {
    for returns in ["jump", "ret"] {
        let (engine, module) = (engine(), module(returns));
        let count = hangs(&Sandbox::new(&engine, &module).unwrap()).len();
        for index in 0..count {
            let mut sandbox = Sandbox::new(&engine, &module).unwrap();
            let (name, hang) = hangs(&sandbox)[index];
            if name == "lock" {
                hang.call(&mut sandbox, (0,)).unwrap();
            }
            let interrupter = sandbox.interrupter();
            let stopper = thread::spawn(move || {
                thread::sleep(Duration::from_millis(10));
                interrupter.interrupt();
                Instant::now()
            });
            assert!(matches!(hang.call(&mut sandbox, (1000,)), Err(Error::Interrupted)), "{name}");
            let taken = Instant::now().saturating_duration_since(stopper.join().unwrap());
            assert!(taken < Duration::from_secs(2), "{name}: {taken:?}");
            assert!(matches!(hang.call(&mut sandbox, (1000,)), Err(Error::Dead)), "{name}");
        }
    }
}

#[test]
fn class_21_whatever_a_call_hangs_in_ends_when_its_time_is_over() {
    for index in 0..hangs(&sandbox()).len() {
        let mut sandbox = sandbox();
        let more = sandbox.func::<(i64,), i64>("more").unwrap();
        let (name, hang) = hangs(&sandbox)[index];
        if name == "lock" {
            hang.call(&mut sandbox, (0,)).unwrap();
        }
        sandbox.set_time_limit(Some(Duration::from_millis(20))).unwrap();
        let start = Instant::now();
        assert!(matches!(hang.call(&mut sandbox, (1000,)), Err(Error::TimedOut)), "{name}");
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert!(start.elapsed() < Duration::from_secs(2), "{name}");
        assert!(matches!(more.call(&mut sandbox, (1,)), Err(Error::Dead)));
    }
}

#[test]
fn time_limits_are_of_single_calls_and_can_be_taken_back() {
    let mut sandbox = sandbox();
    let more = sandbox.func::<(i64,), i64>("more").unwrap();
    sandbox.set_time_limit(Some(Duration::from_millis(500))).unwrap();
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(600) {
        assert_eq!(more.call(&mut sandbox, (1,)).unwrap(), 2);
    }
    let rest = sandbox.func::<(u32,), ()>("rest").unwrap();
    sandbox.set_time_limit(None).unwrap();
    rest.call(&mut sandbox, (1,)).unwrap();
}

#[test]
fn class_22_a_fault_of_one_thread_ends_the_calls_of_all() {
    let mut first = sandbox();
    let (spin, crash) = (first.func::<(), ()>("spin").unwrap(), first.func::<(), ()>("crash").unwrap());
    let barrier = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..3 {
            let mut sandbox = first.attach().unwrap();
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                assert!(matches!(spin.call(&mut sandbox, ()), Err(Error::Fault(_))));
            });
        }
        barrier.wait();
        assert!(matches!(crash.call(&mut first, ()), Err(Error::Fault(_))));
    });
    assert!(matches!(crash.call(&mut first, ()), Err(Error::Dead)));
    assert!(first.attach().is_err());
}

#[test]
fn class_22_a_stopped_sandbox_leaves_others_alone() {
    let (engine, module) = (engine(), module("jump"));
    let mut other = Sandbox::new(&engine, &module).unwrap();
    let work = other.func::<(i64, i32), i32>("work").unwrap();
    let (done, finished) = mpsc::channel();
    let worker = thread::spawn(move || {
        while finished.try_recv().is_err() {
            assert_eq!(work.call(&mut other, (3, 50)).unwrap(), 1);
        }
    });
    for _ in 0..50 {
        let mut sandbox = Sandbox::new(&engine, &module).unwrap();
        let spin = sandbox.func::<(), ()>("spin").unwrap();
        let interrupter = sandbox.interrupter();
        let caller = thread::spawn(move || spin.call(&mut sandbox, ()));
        interrupter.interrupt();
        assert!(matches!(caller.join().unwrap(), Err(Error::Interrupted)));
    }
    done.send(()).unwrap();
    worker.join().unwrap();
}

#[test]
fn class_22_what_runs_in_a_dropped_sandbox_ends_and_its_slot_comes_back() {
    let mut config = Config::default();
    config.slots = 1;
    let (engine, module) = (Engine::new(&config).unwrap(), module("jump"));
    for _ in 0..10 {
        let mut made = None;
        soon(|| {
            made = Sandbox::new(&engine, &module).ok();
            made.is_some()
        });
        let mut sandbox = made.unwrap();
        let start = sandbox.func::<(i32,), i32>("start").unwrap();
        assert_eq!(start.call(&mut sandbox, (4,)).unwrap(), 4);
        let handle = sandbox.attach().unwrap();
        drop(sandbox);
        assert!(Sandbox::new(&engine, &module).is_err(), "a handle is left");
        drop(handle);
    }
}

#[test]
fn a_thread_that_ends_itself_ends_its_handle_only() {
    let mut first = sandbox();
    let (end, more) = (first.func::<(), ()>("end_own_thread").unwrap(), first.func::<(i64,), i64>("more").unwrap());
    let mut second = first.attach().unwrap();
    assert!(matches!(end.call(&mut second, ()), Err(Error::Exited(0))));
    assert!(matches!(more.call(&mut second, (1,)), Err(Error::Dead)));
    assert_eq!(more.call(&mut first, (1,)).unwrap(), 2);
    drop(second);
    assert_eq!(more.call(&mut first, (1,)).unwrap(), 2);
}

#[test]
fn pointers_of_one_handle_are_those_of_all() {
    let mut first = sandbox();
    let mut second = first.attach().unwrap();
    let data: SandboxPtr<u32> = first.alloc_from(&[1u32, 2, 3]).unwrap();
    assert_eq!(second.read_vec(data, 3).unwrap(), [1, 2, 3]);
    thread::spawn(move || second.free(data).unwrap()).join().unwrap();
    first.alloc_from(&[0u8; 100]).unwrap();
}

#[test]
fn class_20_callbacks_run_on_whatever_thread_calls_them() {
    let mut first = sandbox();
    let own = first.func::<(), i64>("get_own").unwrap();
    let work = first.func::<(i64, i32), i32>("work").unwrap();
    let (sender, receiver) = mpsc::channel();
    let callback = first
        .callback(move |sandbox: &mut Sandbox, (value,): (i64,)| {
            // A call on the library's own thread, which has its own thread-local values.
            work.call(sandbox, (1, 5)).unwrap();
            let _ = sender.send((value, own.call(sandbox, ()).unwrap(), thread::current().id()));
        })
        .unwrap();
    let on_own_thread = first.func::<(SandboxPtr<()>,), ()>("on_own_thread").unwrap();
    on_own_thread.call(&mut first, (callback.pointer(),)).unwrap();
    let (value, after, id) = receiver.recv().unwrap();
    assert_eq!((value, after), (100, 105));
    assert_ne!(id, thread::current().id());
    let mut second = first.attach().unwrap();
    let call = second.func::<(SandboxPtr<()>,), ()>("call").unwrap();
    thread::spawn(move || call.call(&mut second, (callback.pointer(),)).unwrap()).join().unwrap();
    assert_eq!(receiver.recv().unwrap().1, 105);
    assert_eq!(own.call(&mut first, ()).unwrap(), 100);
}

#[test]
fn class_21_calls_within_callbacks_are_interrupted_with_all_around_them() {
    for limit in [false, true] {
        let mut sandbox = sandbox();
        let spin = sandbox.func::<(), ()>("spin").unwrap();
        let interrupter = sandbox.interrupter();
        let callback = sandbox
            .callback(move |sandbox: &mut Sandbox, (): ()| {
                if !limit {
                    let interrupter = interrupter.clone();
                    thread::spawn(move || {
                        thread::sleep(Duration::from_millis(5));
                        interrupter.interrupt();
                    });
                }
                assert!(matches!(spin.call(sandbox, ()), Err(Error::Interrupted | Error::TimedOut)));
            })
            .unwrap();
        if limit {
            sandbox.set_time_limit(Some(Duration::from_millis(10))).unwrap();
        }
        let call = sandbox.func::<(SandboxPtr<()>,), ()>("call").unwrap();
        let error = call.call(&mut sandbox, (callback.pointer(),)).unwrap_err();
        assert!(matches!(error, Error::Interrupted) || limit && matches!(error, Error::TimedOut), "{error}");
    }
}

#[test]
fn class_21_a_callback_that_stops_its_own_sandbox_does_not_come_back() {
    let mut sandbox = sandbox();
    let interrupter = sandbox.interrupter();
    let callback = sandbox.callback(move |_: &mut Sandbox, (): ()| interrupter.interrupt()).unwrap();
    let call = sandbox.func::<(SandboxPtr<()>,), ()>("call").unwrap();
    assert!(matches!(call.call(&mut sandbox, (callback.pointer(),)), Err(Error::Interrupted)));
    assert!(matches!(call.call(&mut sandbox, (callback.pointer(),)), Err(Error::Dead)));
}

#[test]
fn a_stopped_sandbox_lives_again_after_a_reset() {
    for returns in ["jump", "ret"] {
        let mut sandbox = Sandbox::new(&engine(), &module(returns)).unwrap();
        let (spin, more) = (sandbox.func::<(), ()>("spin").unwrap(), sandbox.func::<(i64,), i64>("more").unwrap());
        sandbox.take_snapshot().unwrap();
        for _ in 0..20 {
            let interrupter = sandbox.interrupter();
            let stopper = thread::spawn(move || interrupter.interrupt());
            assert!(matches!(spin.call(&mut sandbox, ()), Err(Error::Interrupted)));
            stopper.join().unwrap();
            sandbox.reset().unwrap();
            assert_eq!(more.call(&mut sandbox, (1,)).unwrap(), 2);
        }
    }
    // Not while others have it.
    let mut sandbox = sandbox();
    sandbox.take_snapshot().unwrap();
    let mut other = sandbox.attach().unwrap();
    assert!(sandbox.reset().is_err());
    assert!(other.reset().is_err());
    drop(other);
    soon(|| sandbox.reset().is_ok());
    assert_eq!(sandbox.statistics().threads, 1);
}
