//! What a sandbox may use at most: threads, memory, descriptors, files, time.
#![allow(missing_docs)]

use lfi::{Config, Engine, Error, Limits, Module, Policy, Sandbox, Setup};
use std::{
    thread,
    time::{Duration, Instant},
};

const SOURCE: &str = r#"
    #include <pthread.h>
    #include <time.h>
    #include <unistd.h>

    static double now(clockid_t clock)
    {
        struct timespec time;
        clock_gettime(clock, &time);
        return time.tv_sec + time.tv_nsec / 1e9;
    }

    void spin(void) { for (volatile int i = 0;; i++) ; }
    void rest(unsigned micros) { usleep(micros); }
    int count(int to) { volatile int i = 0; while (i < to) i++; return i; }

    static void *run(void *argument) { spin(); return argument; }
    int start(int count)
    {
        pthread_t thread;
        int made = 0;
        while (made < count && pthread_create(&thread, 0, run, 0) == 0)
            made++;
        return made;
    }

    static volatile int rounds;
    /* A millisecond of work, and no more. */
    static void *work(void *argument)
    {
        while (now(CLOCK_THREAD_CPUTIME_ID) < 0.001)
            count(1000);
        return argument;
    }
    void short_threads(void)
    {
        pthread_t thread;
        for (;; rounds++) {
            pthread_create(&thread, 0, work, 0);
            pthread_join(thread, 0);
        }
    }
    volatile int *get_rounds(void) { return &rounds; }

    int duplicate(void)
    {
        int count = 0;
        while (dup(0) >= 0)
            count++;
        return count;
    }
"#;

fn limited(returns: &str, set: impl FnOnce(&mut Limits)) -> Sandbox {
    let file = lfi_filetest::library_with(SOURCE, &["-O2", &format!("--lfi-returns={returns}")]);
    let engine = Engine::new(&Config::default()).unwrap();
    let mut limits = Limits::default();
    set(&mut limits);
    let setup = Setup { policy: Policy::new().limits(limits), ..Setup::default() };
    Sandbox::with(&engine, &Module::open(file).unwrap(), setup).unwrap()
}

const LIMIT: Duration = Duration::from_millis(100);
/// Far more than a limit is overrun by, also on a machine that has much else to do.
const LOOSE: Duration = Duration::from_millis(200);

/// The processor time that the calling thread has used.
fn used() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap()
}

#[test]
fn class_28_memory_and_descriptors_have_limits() {
    let used = limited("jump", |_| {}).statistics();
    let mut sandbox = limited("jump", |limits| {
        limits.memory = used.memory + (4 << 20);
        limits.descriptors = 10;
    });
    let blocks = (0..10).map_while(|_| sandbox.alloc::<u8>(1 << 20).ok()).collect::<Vec<_>>();
    assert!((1..=4).contains(&blocks.len()), "{}", blocks.len());
    assert!(sandbox.statistics().memory <= used.memory + (4 << 20));
    blocks.into_iter().for_each(|block| sandbox.free(block).unwrap());
    sandbox.alloc::<u8>(1 << 20).unwrap();
    let duplicate = sandbox.func::<(), i32>("duplicate").unwrap();
    assert_eq!(duplicate.call(&mut sandbox, ()).unwrap(), 10 - used.descriptors as i32);
}

#[test]
fn class_28_threads_have_a_limit() {
    let mut sandbox = limited("jump", |limits| limits.threads = 5);
    let start = sandbox.func::<(i32,), i32>("start").unwrap();
    let handle = sandbox.attach().unwrap();
    assert_eq!(start.call(&mut sandbox, (100,)).unwrap(), 3);
    assert!(matches!(sandbox.attach(), Err(Error::NoThread)));
    drop(handle);
    let start = Instant::now();
    while sandbox.statistics().threads != 4 {
        assert!(start.elapsed() < Duration::from_secs(20), "the handle's thread does not end");
        thread::sleep(Duration::from_millis(1));
    }
    sandbox.attach().unwrap();
}

#[test]
fn class_28_processor_time_has_a_limit() {
    for returns in ["jump", "ret"] {
        let mut sandbox = limited(returns, |limits| limits.cpu_time = Some(LIMIT));
        let spin = sandbox.func::<(), ()>("spin").unwrap();
        let before = used();
        let error = spin.call(&mut sandbox, ()).unwrap_err();
        let used = used() - before;
        assert!(matches!(error, Error::OutOfCpuTime), "{error}");
        // What its start has used counts, too.
        assert!(used > LIMIT / 2 && used < LIMIT + LOOSE, "{used:?}");
        assert!(matches!(spin.call(&mut sandbox, ()), Err(Error::Dead)));
    }
}

#[test]
fn class_28_the_processor_time_of_all_threads_counts() {
    const THREADS: u32 = 4;
    let mut first = limited("jump", |_| {});
    let spin = first.func::<(), ()>("spin").unwrap();
    let handles: Vec<_> = (0..THREADS).map(|_| first.attach().unwrap()).collect();
    first.set_cpu_limit(Some(LIMIT)).unwrap();
    let threads: Vec<_> = handles
        .into_iter()
        .map(|mut handle| {
            thread::spawn(move || {
                assert!(matches!(spin.call(&mut handle, ()), Err(Error::OutOfCpuTime)));
                used()
            })
        })
        .collect();
    let used: Duration = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert!(used > LIMIT / 2 && used < LIMIT + LOOSE, "{used:?}");
}

#[test]
fn class_28_threads_that_end_soon_do_not_get_around_the_limit() {
    let mut sandbox = limited("jump", |limits| limits.cpu_time = Some(LIMIT));
    let rounds = sandbox.func::<(), lfi::SandboxPtr<i32>>("get_rounds").unwrap().call(&mut sandbox, ()).unwrap();
    let short_threads = sandbox.func::<(), ()>("short_threads").unwrap();
    assert!(matches!(short_threads.call(&mut sandbox, ()), Err(Error::OutOfCpuTime)));
    // A millisecond each, and what making them takes.
    let rounds = sandbox.read_value(rounds).unwrap();
    assert!((10..=200).contains(&rounds), "{rounds}");
}

#[test]
fn short_calls_are_charged_in_the_mean_and_their_host_is_not() {
    let mut sandbox = limited("jump", |_| {});
    let count = sandbox.func::<(i32,), i32>("count").unwrap();
    // A thread that has been busy elsewhere.
    let start = used();
    while used() - start < 2 * LIMIT {}
    sandbox.set_cpu_limit(Some(LIMIT)).unwrap();
    let (mut inside, begin) = (Duration::ZERO, used());
    let error = loop {
        let before = used();
        let result = count.call(&mut sandbox, (10_000,));
        let after = used();
        inside += after - before;
        // As long outside.
        while used() - after < after - before {}
        match result {
            Ok(result) => assert_eq!(result, 10_000),
            Err(error) => break error,
        }
        assert!(used() - begin < 20 * LIMIT, "no limit");
    };
    assert!(matches!(error, Error::OutOfCpuTime), "{error}");
    assert!(inside > LIMIT / 4 && inside < LIMIT + LOOSE, "{inside:?}");
}

#[test]
fn who_waits_uses_no_processor_time() {
    let mut sandbox = limited("jump", |limits| limits.cpu_time = Some(LIMIT));
    sandbox.func::<(u32,), ()>("rest").unwrap().call(&mut sandbox, (300_000,)).unwrap();
}

#[test]
fn limits_of_processor_time_begin_anew() {
    let mut sandbox = limited("jump", |_| {});
    let spin = sandbox.func::<(), ()>("spin").unwrap();
    let count = sandbox.func::<(i32,), i32>("count").unwrap();
    sandbox.set_cpu_limit(Some(LIMIT)).unwrap();
    sandbox.take_snapshot().unwrap();
    for _ in 0..3 {
        assert!(matches!(spin.call(&mut sandbox, ()), Err(Error::OutOfCpuTime)));
        sandbox.reset().unwrap();
        assert_eq!(count.call(&mut sandbox, (1000,)).unwrap(), 1000);
    }
    sandbox.set_cpu_limit(None).unwrap();
    let start = used();
    while used() - start < 2 * LIMIT {
        count.call(&mut sandbox, (100_000,)).unwrap();
    }
}

#[test]
fn class_28_the_life_of_a_sandbox_has_a_limit() {
    let mut sandbox = limited("jump", |limits| limits.time = Some(LIMIT * 5));
    let rest = sandbox.func::<(u32,), ()>("rest").unwrap();
    sandbox.take_snapshot().unwrap();
    for _ in 0..2 {
        let start = Instant::now();
        assert!(matches!(rest.call(&mut sandbox, (100_000_000,)), Err(Error::TimedOut)));
        assert!(start.elapsed() < Duration::from_secs(20));
        sandbox.reset().unwrap();
        rest.call(&mut sandbox, (1,)).unwrap();
    }
}

/// The end of one life does not come in the next.
#[test]
fn a_life_that_begins_anew_is_not_ended_by_the_last() {
    const LIFE: Duration = Duration::from_millis(10);
    let mut sandbox = limited("jump", |limits| limits.time = Some(LIFE));
    while sandbox.take_snapshot().is_err() {
        // That took longer than a life.
        sandbox = limited("jump", |limits| limits.time = Some(LIFE));
    }
    for round in 0..100u64 {
        let start = Instant::now();
        sandbox.reset().unwrap();
        let early = start.elapsed() < LIFE;
        assert!(!(sandbox.is_dead() && early && start.elapsed() < LIFE), "{round}");
        while start.elapsed() < LIFE - Duration::from_micros(5) + Duration::from_nanos(500 * round) {
            std::hint::spin_loop();
        }
    }
}
