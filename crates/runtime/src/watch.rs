//! The watch: one thread of the process, started when it is first needed, that
//! rings alarms and goes on signalling to threads that have to leave a
//! sandbox.

use crate::Error;
use std::{
    cell::Cell,
    fmt,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How long a thread has to leave before it is signalled again; doubled each time. The longest pause bounds how long
/// a thread runs on that got its signal on its way in, and was kept there from going on until now.
const FIRST_PAUSE: Duration = Duration::from_micros(50);
const LAST_PAUSE: Duration = Duration::from_micros(500);

/// No time: an alarm that is off, a watch that sleeps until it is woken.
const NEVER: u64 = u64::MAX;

static WATCH: Watch = Watch {
    work: Mutex::new(Work { runs_in: 0, chases: Vec::new(), alarms: Vec::new() }),
    woken: Condvar::new(),
    ringing: Mutex::new(()),
    wakes: AtomicU64::new(NEVER),
};

struct Watch {
    work: Mutex<Work>,
    woken: Condvar,
    /// Held while something rings.
    ringing: Mutex<()>,
    /// When the watch looks again. While it looks: [`NEVER`], so that who has
    /// something new wakes it.
    wakes: AtomicU64,
}

struct Work {
    /// The process that the watch's thread is in: after a fork there is none in the child.
    runs_in: u32,
    chases: Vec<Chase>,
    alarms: Vec<Weak<Bell>>,
}

struct Chase {
    /// Signals once more; whether somebody is still there.
    again: Box<dyn Fn() -> bool + Send>,
    next: u64,
    pause: Duration,
}

struct Bell {
    /// When it rings.
    at: AtomicU64,
    ring: Box<dyn Fn() + Send + Sync>,
}

impl Bell {
    fn is_due(&self, time: u64) -> bool {
        self.at.load(Ordering::SeqCst) <= time
    }

    fn is_on(&self) -> bool {
        self.is_due(NEVER - 1)
    }

    /// Rings if it is still due: it may have been turned off meanwhile.
    fn ring(&self, time: u64) {
        let at = self.at.load(Ordering::SeqCst);
        if at <= time && self.at.compare_exchange(at, NEVER, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            (self.ring)();
        }
    }
}

/// Calls a function at a time, on the watch's thread. Off when it is dropped.
pub struct Alarm(Arc<Bell>);

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alarm").field(&self.0.at).finish()
    }
}

impl Alarm {
    /// An alarm that is off. `ring` must be quick: all others wait for it.
    ///
    /// # Errors
    /// When the host cannot start a thread.
    pub fn new(ring: impl Fn() + Send + Sync + 'static) -> Result<Self, Error> {
        let bell = Arc::new(Bell { at: AtomicU64::new(NEVER), ring: Box::new(ring) });
        let mut work = WATCH.work();
        work.start()?;
        work.alarms.retain(|bell| bell.strong_count() != 0);
        work.alarms.push(Arc::downgrade(&bell));
        Ok(Self(bell))
    }

    /// Rings once, `after` this long. Setting it again sets it anew.
    pub fn set(&self, after: Duration) {
        let at = now().saturating_add(u64::try_from(after.as_nanos()).unwrap_or(NEVER));
        self.0.at.store(at, Ordering::SeqCst);
        WATCH.wake_before(at);
    }

    /// Does not ring any more when this returns. Not for use by what rings.
    pub fn clear(&self) {
        if self.0.at.swap(NEVER, Ordering::SeqCst) == NEVER {
            // It has rung, or it does so now.
            drop(WATCH.ringing());
        }
    }
}

/// Goes on calling `again`, which signals, until it says that nobody is there any more.
pub(crate) fn chase(again: impl Fn() -> bool + Send + 'static) {
    let mut work = WATCH.work();
    // Without a thread the first signal has to do.
    if work.start().is_ok() {
        let next = now() + FIRST_PAUSE.as_nanos() as u64;
        work.chases.push(Chase { again: Box::new(again), next, pause: FIRST_PAUSE });
        drop(work);
        WATCH.wake_before(next);
    }
}

type Guards = (MutexGuard<'static, ()>, MutexGuard<'static, Work>);

thread_local!(static FORKING: Cell<Option<Guards>> = const { Cell::new(None) });

/// Before the process forks: nothing rings, and nobody changes anything, until it has.
pub(crate) fn before_fork() {
    let ringing = WATCH.ringing();
    let guards = (ringing, WATCH.work());
    // A thread that forks while its thread-local values are destroyed: its child has no watch.
    let _ = FORKING.try_with(|forking| forking.set(Some(guards)));
}

/// In the parent.
pub(crate) fn after_fork() {
    drop(after_either());
}

/// In the child, which has the forking thread only. Alarms go on ringing.
pub(crate) fn in_forked_child() {
    if let Some((_ringing, mut work)) = after_either() {
        work.chases.clear();
        WATCH.wakes.store(NEVER, Ordering::SeqCst);
        if work.alarms.iter().filter_map(Weak::upgrade).any(|bell| bell.is_on()) {
            // Without memory for a thread nothing rings, until somebody sets an alarm.
            let _ = work.start();
        }
    }
}

fn after_either() -> Option<Guards> {
    FORKING.try_with(Cell::take).ok().flatten()
}

/// Nanoseconds since the first call.
fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

impl Watch {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ringing(&self) -> MutexGuard<'_, ()> {
        self.ringing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that the watch looks by then.
    fn wake_before(&self, at: u64) {
        if at < self.wakes.load(Ordering::SeqCst) {
            // Not between its look and its sleep. A watch that there was before a fork can be started again, or
            // there was memory for a thread once and is none now: then nothing rings.
            let _ = self.work().start();
            self.woken.notify_one();
        }
    }

    fn run(&self) {
        loop {
            let mut work = self.work();
            self.wakes.store(NEVER, Ordering::SeqCst);
            let time = now();
            let (expired, alarm) = work.expired(time);
            if !expired.is_empty() {
                // Without the lock: a bell may ask for a chase.
                drop(work);
                let _ringing = self.ringing();
                expired.iter().for_each(|bell| bell.ring(time));
                continue;
            }
            let next = work.chase(time).min(alarm);
            self.wakes.store(next, Ordering::SeqCst);
            let pause = Duration::from_nanos(next.saturating_sub(now()));
            // Poisoned or not: the next round takes the lock again.
            match next {
                NEVER => drop(self.woken.wait(work)),
                _ => drop(self.woken.wait_timeout(work, pause)),
            }
        }
    }
}

impl Work {
    /// Starts the watch's thread, if the process has none.
    fn start(&mut self) -> Result<(), Error> {
        let own = std::process::id();
        if self.runs_in != own {
            let started = thread::Builder::new().name("lfi-watch".to_owned()).spawn(|| WATCH.run());
            started.map_err(|error| Error::Host("clone", error))?;
            self.runs_in = own;
        }
        Ok(())
    }

    /// Signals where it is time to; returns when it is again.
    fn chase(&mut self, time: u64) -> u64 {
        self.chases.retain_mut(|chase| {
            if chase.next > time {
                return true;
            }
            chase.pause = (chase.pause * 2).min(LAST_PAUSE);
            chase.next = time + chase.pause.as_nanos() as u64;
            (chase.again)()
        });
        self.chases.iter().map(|chase| chase.next).min().unwrap_or(NEVER)
    }

    /// The bells whose time has come, and when that of the next one does.
    fn expired(&self, time: u64) -> (Vec<Arc<Bell>>, u64) {
        let (expired, others): (Vec<_>, Vec<_>) =
            self.alarms.iter().filter_map(Weak::upgrade).partition(|bell| bell.is_due(time));
        let next = others.iter().map(|bell| bell.at.load(Ordering::SeqCst)).min().unwrap_or(NEVER);
        (expired, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{atomic::AtomicUsize, mpsc};

    #[test]
    fn an_alarm_that_was_cleared_is_not_ringing_any_more() {
        let (rings, ringing) = mpsc::channel();
        let ended = Arc::new(AtomicUsize::new(0));
        let alarm = Alarm::new({
            let ended = Arc::clone(&ended);
            move || {
                rings.send(()).unwrap();
                thread::sleep(Duration::from_millis(20));
                ended.fetch_add(1, Ordering::SeqCst);
            }
        })
        .unwrap();
        for round in 1..=3 {
            alarm.set(Duration::ZERO);
            ringing.recv().unwrap();
            alarm.clear();
            assert_eq!(ended.load(Ordering::SeqCst), round);
        }
        alarm.set(Duration::from_secs(3600));
        alarm.clear();
        assert!(ringing.try_recv().is_err());
    }
}
