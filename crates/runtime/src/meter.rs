//! The processor time that threads use for a sandbox.
//!
//! Nothing is noted when a thread goes to work or leaves: who wants to know
//! looks now and then, and charges each thread that is at work with what it has
//! used since the last look. That is exact for threads that stay inside. Of one
//! that comes and goes between two looks some stays are missed, and others
//! are charged with what the thread did outside: in the mean it is right, and code in the sandbox
//! does not know when somebody looks.

use crate::{
    Sandbox,
    host::{clock, signal},
    stop::Control,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Adds up the processor time of a sandbox's threads: of all that have a [`Presence`](crate::Presence), while
/// they are at work.
#[derive(Debug)]
pub struct Meter {
    control: Arc<Control>,
    reading: Mutex<Reading>,
}

/// What a meter shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Processor time, since the meter began.
    pub time: Duration,
    /// How many threads are at work.
    pub threads: usize,
}

#[derive(Debug)]
struct Reading {
    used: Duration,
    /// When it was looked last, and what the clocks of the threads that were seen showed then.
    at: Instant,
    clocks: HashMap<i32, Duration>,
}

impl Reading {
    fn new() -> Self {
        Self { used: Duration::ZERO, at: Instant::now(), clocks: HashMap::new() }
    }
}

impl Sandbox {
    /// A meter that begins now.
    pub fn meter(&self) -> Meter {
        Meter { control: Arc::clone(self.control()), reading: Mutex::new(Reading::new()) }
    }
}

/// The processor time of a thread, by the id that its presence notes.
fn of_thread(id: i32) -> Option<Duration> {
    clock::of_thread(signal::id_in_kernel(id))
}

impl Meter {
    /// What was used up to now.
    pub fn look(&self) -> Used {
        let mut reading = self.reading();
        let elapsed = reading.at.elapsed();
        reading.at += elapsed;
        let mut present = self.control.at_work();
        present.sort_unstable();
        present.dedup();
        for &tid in &present {
            if let Some(now) = of_thread(tid) {
                let used = match reading.clocks.insert(tid, now) {
                    Some(before) if before <= now => now - before,
                    // Not seen before. It may have been elsewhere for most of its life.
                    _ => now.min(elapsed),
                };
                reading.used += used;
            }
        }
        // The time of the others is the host's. Those that have ended are forgotten.
        reading.clocks.retain(|tid, before| {
            present.binary_search(tid).is_ok() || of_thread(*tid).map(|now| *before = now).is_some()
        });
        Used { time: reading.used, threads: present.len() }
    }

    /// The calling thread ends, which was there for this sandbox only: charges what nobody has seen.
    pub fn thread_ends(&self) {
        let Some(now) = clock::of_this_thread() else { return };
        let mut reading = self.reading();
        let before = reading.clocks.remove(&signal::thread_id()).unwrap_or_default();
        reading.used += now.saturating_sub(before);
    }

    /// Begins anew.
    pub fn restart(&self) {
        *self.reading() = Reading::new();
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        // Consistent after every statement that could panic.
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
