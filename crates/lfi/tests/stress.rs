//! Many threads create, enter, attach to, interrupt, kill, reset and free
//! sandboxes at random. For longer than the tests take:
//! `LFI_STRESS_SECONDS=60 cargo test -p lfi --test stress -- --nocapture`.
#![allow(missing_docs)]

use lfi::{Config, Engine, Error, Func, Interrupter, Module, RuntimeError, Sandbox, SharedSandbox};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const THREADS: u64 = 64;
const SLOTS: usize = 24;
const PLACES: usize = 8;

const SOURCE: &str = r#"
    #include <pthread.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static long total;
    static __thread long own;

    /* own counts the calls of one thread, total those of all. */
    long work(long tag)
    {
        unsigned char *block = malloc(100 + tag % 900);
        if (!block)
            return -1;
        memset(block, (int)tag, 100);
        pthread_mutex_lock(&mutex);
        total++;
        pthread_mutex_unlock(&mutex);
        own++;
        long right = block[0] == (unsigned char)tag && block[99] == (unsigned char)tag && total >= own;
        free(block);
        return right ? tag : -2;
    }
    void spin(void) { for (;;) ; }
    void crash(void) { *(volatile int *)16 = 1; }
    void nap(unsigned micros) { usleep(micros); }
    static void *run(void *argument) { (void)argument; for (int i = 0; i < 20; i++) work(i); return 0; }
    int start(void)
    {
        pthread_t thread;
        int error = pthread_create(&thread, 0, run, 0);
        if (!error)
            pthread_detach(thread);
        return error;
    }
"#;

/// What there is to call.
#[derive(Clone, Copy)]
struct Functions {
    work: Func<(i64,), i64>,
    spin: Func<(), ()>,
    crash: Func<(), ()>,
    nap: Func<(u32,), ()>,
    start: Func<(), i32>,
}

impl Functions {
    fn of(sandbox: &Sandbox) -> Self {
        let (work, spin, crash) = (sandbox.func("work"), sandbox.func("spin"), sandbox.func("crash"));
        let (nap, start) = (sandbox.func("nap"), sandbox.func("start"));
        Self {
            work: work.unwrap(),
            spin: spin.unwrap(),
            crash: crash.unwrap(),
            nap: nap.unwrap(),
            start: start.unwrap(),
        }
    }
}

/// A sandbox that all threads use.
#[derive(Clone)]
struct Common {
    shared: SharedSandbox,
    interrupter: Interrupter,
    functions: Functions,
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

/// How often each thing has happened.
#[derive(Default)]
struct Counts {
    made: AtomicU64,
    refused: AtomicU64,
    attached: AtomicU64,
    calls: AtomicU64,
    interrupted: AtomicU64,
    timed_out: AtomicU64,
    faults: AtomicU64,
    dead: AtomicU64,
    resets: AtomicU64,
    dropped: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

struct Stress {
    engine: Engine,
    module: Module,
    places: [Mutex<Option<Common>>; PLACES],
    counts: Counts,
}

impl Stress {
    /// A new sandbox, if there is room.
    fn make(&self) -> Option<Sandbox> {
        match Sandbox::new(&self.engine, &self.module) {
            Ok(sandbox) => {
                count(&self.counts.made);
                Some(sandbox)
            }
            Err(Error::Load(_) | Error::Runtime(_)) => {
                // No slot is free.
                count(&self.counts.refused);
                thread::sleep(Duration::from_micros(500));
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Books how a call ended; only what somebody here has caused may come.
    fn booked<T>(&self, result: Result<T, Error>) -> Option<T> {
        let counts = &self.counts;
        match result {
            Ok(value) => {
                count(&counts.calls);
                return Some(value);
            }
            Err(Error::Interrupted) => count(&counts.interrupted),
            Err(Error::TimedOut) => count(&counts.timed_out),
            Err(Error::Fault(fault)) => {
                assert_eq!(fault.address.map(|address| address & 0xffff_ffff), Some(16), "{fault}");
                count(&counts.faults);
            }
            Err(Error::Dead) => count(&counts.dead),
            Err(Error::NoThread | Error::Runtime(RuntimeError::Busy | RuntimeError::NoSnapshot)) => {
                count(&counts.refused)
            }
            Err(error) => panic!("{error}"),
        }
        None
    }

    /// One call of something.
    fn call(&self, sandbox: &mut Sandbox, functions: &Functions, random: &mut Random) {
        match random.below(40) {
            0 => {
                sandbox.set_time_limit(Some(Duration::from_micros(200 + random.below(2000)))).unwrap();
                self.booked(functions.spin.call(sandbox, ()));
                sandbox.set_time_limit(None).unwrap();
            }
            1 => drop(self.booked(functions.crash.call(sandbox, ()))),
            2..6 => drop(self.booked(functions.nap.call(sandbox, (random.below(500) as u32,)))),
            6 => drop(self.booked(functions.start.call(sandbox, ()))),
            _ => {
                let tag = random.below(1000) as i64;
                if let Some(result) = self.booked(functions.work.call(sandbox, (tag,))) {
                    assert_eq!(result, tag);
                }
            }
        }
    }

    /// A sandbox of this thread's own, with handles that are dropped in any order.
    fn alone(&self, random: &mut Random) {
        let Some(mut sandbox) = self.make() else { return };
        let functions = Functions::of(&sandbox);
        let has_snapshot = random.below(2) == 0 && self.booked(sandbox.take_snapshot()).is_some();
        let mut handles = Vec::new();
        for _ in 0..random.below(4) {
            if let Some(handle) = self.booked(sandbox.attach()) {
                count(&self.counts.attached);
                handles.push(handle);
            }
        }
        handles.push(sandbox);
        for _ in 0..random.below(10) {
            let index = random.below(handles.len() as u64) as usize;
            self.call(&mut handles[index], &functions, random);
        }
        while handles.len() > 1 {
            drop(handles.swap_remove(random.below(handles.len() as u64) as usize));
            count(&self.counts.dropped);
        }
        let mut last = handles.remove(0);
        if has_snapshot && self.booked(last.reset()).is_some() {
            count(&self.counts.resets);
            assert_eq!(self.booked(functions.work.call(&mut last, (5,))), Some(5));
        }
    }

    fn step(&self, random: &mut Random) {
        let place = &self.places[random.below(PLACES as u64) as usize];
        match random.below(30) {
            0 => {
                let Some(mut sandbox) = self.make() else { return };
                let (interrupter, functions) = (sandbox.interrupter(), Functions::of(&sandbox));
                self.booked(functions.work.call(&mut sandbox, (1,)));
                if let Some(shared) = self.booked(SharedSandbox::new(sandbox)) {
                    let before = place.lock().unwrap().replace(Common { shared, interrupter, functions });
                    drop(before);
                }
            }
            1 => {
                let taken = place.lock().unwrap().take();
                drop(taken);
                count(&self.counts.dropped);
            }
            2 => {
                let common = place.lock().unwrap().clone();
                if let Some(common) = common {
                    common.interrupter.interrupt();
                }
            }
            3..6 => self.alone(random),
            _ => {
                let Some(common) = place.lock().unwrap().clone() else { return };
                let used = common.shared.with(|sandbox| self.call(sandbox, &common.functions, random));
                if used.is_err() {
                    self.booked(used);
                }
            }
        }
    }
}

#[test]
fn class_22_threads_create_enter_stop_and_free_sandboxes_in_any_order() {
    let seconds = std::env::var("LFI_STRESS_SECONDS").ok().map_or(3, |seconds| seconds.parse().unwrap());
    let mut config = Config::default();
    config.slots = SLOTS;
    let stress = Stress {
        engine: Engine::new(&config).unwrap(),
        module: Module::open(lfi_filetest::library(SOURCE)).unwrap(),
        places: Default::default(),
        counts: Counts::default(),
    };
    let end = Instant::now() + Duration::from_secs(seconds);
    thread::scope(|scope| {
        for index in 1..=THREADS {
            let stress = &stress;
            scope.spawn(move || {
                let mut random = Random(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                while Instant::now() < end {
                    stress.step(&mut random);
                }
            });
        }
    });
    let Stress { engine, module, places, counts } = stress;
    drop(places);
    println!(
        "{THREADS} threads, {seconds} s: {:?} sandboxes made, {:?} refused, {:?} attached, {:?} calls, {:?} interrupted, \
         {:?} timed out, {:?} faults, {:?} dead, {:?} resets, {:?} dropped",
        counts.made,
        counts.refused,
        counts.attached,
        counts.calls,
        counts.interrupted,
        counts.timed_out,
        counts.faults,
        counts.dead,
        counts.resets,
        counts.dropped
    );
    assert!(counts.calls.load(Ordering::Relaxed) > 100);
    // Every slot comes back, as soon as what ran in the background has ended.
    let start = Instant::now();
    let mut all = Vec::new();
    while all.len() < SLOTS {
        assert!(start.elapsed() < Duration::from_secs(30), "{} slots are lost", SLOTS - all.len());
        match Sandbox::new(&engine, &module) {
            Ok(sandbox) => all.push(sandbox),
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
}
