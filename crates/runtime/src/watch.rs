//! The watch: one thread of the process, started when it is first needed, that
//! rings alarms and goes on signalling to threads that have to leave a
//! sandbox.
//!
//! Alarms are set and cleared with every call that has a time limit, and hardly ever ring. So there can be thousands of them,
//! and setting one is a store: the watch has each in its queue at most once, at a time no later than it is to ring, and finds
//! out then whether it was set to a later time since, or cleared.

use crate::{Error, arch};
use std::{
    cell::Cell,
    collections::BTreeMap,
    fmt, mem,
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
    work: Mutex::new(Work { runs_in: 0, wakes: NEVER, chases: Vec::new(), queue: BTreeMap::new() }),
    woken: Condvar::new(),
    ringing: Mutex::new(()),
};

struct Watch {
    work: Mutex<Work>,
    woken: Condvar,
    /// Held while something rings.
    ringing: Mutex<()>,
}

struct Work {
    /// The process that the watch's thread is in: after a fork there is none in the child.
    runs_in: u32,
    /// When the watch looks again. While it is awake: 0, since it looks before it sleeps.
    wakes: u64,
    chases: Vec<Chase>,
    /// Bells, by the time when they are looked at, and their addresses.
    queue: BTreeMap<(u64, usize), Weak<Bell>>,
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
    /// Where it is in the queue, and [`NEVER`] when it is not. Changes under the lock. Who sets `at` looks here
    /// afterwards, and who changes this looks there: one of them sees the other.
    queued: AtomicU64,
    ring: Box<dyn Fn() + Send + Sync>,
}

impl Bell {
    fn is_due(&self, time: u64) -> bool {
        self.at.load(Ordering::SeqCst) <= time
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
        WATCH.work().start()?;
        let never = || AtomicU64::new(NEVER);
        Ok(Self(Arc::new(Bell { at: never(), queued: never(), ring: Box::new(ring) })))
    }

    /// Rings once, `after` this long. Setting it again sets it anew.
    pub fn set(&self, after: Duration) {
        let at = now().saturating_add(u64::try_from(after.as_nanos()).unwrap_or(NEVER));
        self.0.at.store(at, Ordering::SeqCst);
        if at < self.0.queued.load(Ordering::SeqCst) {
            WATCH.work().put(&self.0);
        }
    }

    /// Does not ring any more when this returns. Not for use by what rings.
    pub fn clear(&self) {
        if self.0.at.swap(NEVER, Ordering::SeqCst) == NEVER {
            // It has rung, or it does so now.
            drop(WATCH.ringing());
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.0.at.store(NEVER, Ordering::SeqCst);
        // Also when it is in no queue: while the watch has the lock, no bell that it looks at is its alone, whose end could
        // be that of another alarm.
        WATCH.work().take(&self.0);
    }
}

/// Goes on calling `again`, which signals, until it says that nobody is there any more.
pub(crate) fn chase(again: impl Fn() -> bool + Send + 'static) {
    let mut work = WATCH.work();
    // Without a thread the first signal has to do.
    if work.start().is_ok() {
        let next = now() + FIRST_PAUSE.as_nanos() as u64;
        work.chases.push(Chase { again: Box::new(again), next, pause: FIRST_PAUSE });
        work.wake_before(next);
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
        work.wakes = NEVER;
        // Without memory for a thread nothing rings, until somebody sets an alarm.
        for bell in mem::take(&mut work.queue).into_values().filter_map(|bell| bell.upgrade()) {
            bell.queued.store(NEVER, Ordering::SeqCst);
            work.put(&bell);
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

    fn run(&self) {
        loop {
            let mut work = self.work();
            work.wakes = 0;
            let time = now();
            // First: bells may be due whenever it looks, and who has to leave a sandbox does not wait for the last of them.
            let chase = work.chase(time);
            let (expired, alarm) = work.expired(time);
            if !expired.is_empty() {
                // Without the lock: a bell may ask for a chase.
                drop(work);
                let _ringing = self.ringing();
                expired.iter().for_each(|bell| bell.ring(time));
                continue;
            }
            let next = chase.min(alarm);
            work.wakes = next;
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
            let run = || {
                // A system call that is answered in a pause may start it, and the unit is the sandbox's then.
                arch::reset_x87();
                WATCH.run();
            };
            let started = thread::Builder::new().name("lfi-watch".to_owned()).spawn(run);
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

    /// Sees to it that the watch looks by then.
    fn wake_before(&self, at: u64) {
        if at < self.wakes {
            WATCH.woken.notify_one();
        }
    }

    /// Has the watch look at a bell by the time when it rings.
    fn put(&mut self, bell: &Arc<Bell>) {
        let at = bell.at.load(Ordering::SeqCst);
        // A watch that there was before a fork can be started again, or there was memory for a thread once and is none
        // now: then nothing rings, and who sets the bell again tries again.
        if at < bell.queued.load(Ordering::SeqCst) && self.start().is_ok() {
            self.take(bell);
            bell.queued.store(at, Ordering::SeqCst);
            self.queue.insert((at, address(bell)), Arc::downgrade(bell));
            self.wake_before(at);
        }
    }

    /// Takes a bell out of the queue.
    fn take(&mut self, bell: &Arc<Bell>) {
        let queued = bell.queued.swap(NEVER, Ordering::SeqCst);
        self.queue.remove(&(queued, address(bell)));
    }

    /// The bells whose time has come, and when that of the next one does.
    fn expired(&mut self, time: u64) -> (Vec<Arc<Bell>>, u64) {
        let mut expired = Vec::new();
        // Those that were set or cleared since are put where they belong now, so that the watch does not wake for them. No
        // more than there were: others may be setting them all the time.
        for _ in 0..self.queue.len() {
            let Some((&(queued, _), bell)) = self.queue.first_key_value() else { break };
            // Who drops it takes it out.
            let Some(bell) = bell.upgrade() else { break };
            if queued > time && bell.at.load(Ordering::SeqCst) == queued {
                break;
            }
            self.take(&bell);
            if bell.is_due(time) {
                expired.push(bell);
            } else {
                self.put(&bell);
            }
        }
        let next = self.queue.first_key_value().map_or(NEVER, |(&(queued, _), _)| queued);
        (expired, next)
    }
}

fn address(bell: &Arc<Bell>) -> usize {
    Arc::as_ptr(bell).addr()
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

    #[test]
    fn alarms_ring_once_and_not_before_the_time_that_they_were_set_to_last() {
        const COUNT: usize = 100;
        let (rings, ringing) = mpsc::channel();
        let alarm = |number| {
            let rings = rings.clone();
            Alarm::new(move || rings.send((number, Instant::now())).unwrap()).unwrap()
        };
        let mut alarms: Vec<_> = (0..COUNT).map(alarm).collect();
        let (near, far) = (Duration::from_millis(20), Duration::from_secs(3600));
        let last = |number: usize| Duration::from_millis(60 + 2 * (COUNT - number) as u64);
        let start = Instant::now();
        for (number, alarm) in alarms.iter().enumerate() {
            match number % 4 {
                0 => alarm.set(far),
                1 => alarm.set(near),
                2 => {
                    alarm.set(near);
                    alarm.clear();
                }
                _ => {}
            }
            alarm.set(last(number));
        }
        // One that is cleared, and one that is gone, do not ring.
        alarms[50].clear();
        drop(alarms.remove(51));
        let mut rung: Vec<_> = (0..COUNT - 2).map(|_| ringing.recv().unwrap()).collect();
        for &(number, at) in &rung {
            assert!(at >= start + last(number), "{number} {:?}", at - start);
        }
        rung.sort_unstable();
        let numbers: Vec<_> = rung.iter().map(|&(number, _)| number).collect();
        let expected: Vec<_> = (0..COUNT).filter(|number| ![50, 51].contains(number)).collect();
        assert_eq!(numbers, expected);
        assert!(ringing.recv_timeout(near).is_err());
    }

    #[test]
    fn chases_go_on_while_alarms_ring_all_the_time() {
        let again = Arc::new(OnceLock::<Alarm>::new());
        let alarm = Alarm::new({
            let again = Arc::downgrade(&again);
            move || {
                if let Some(again) = again.upgrade() {
                    again.get().unwrap().set(Duration::ZERO);
                }
            }
        });
        again.set(alarm.unwrap()).unwrap();
        again.get().unwrap().set(Duration::ZERO);
        let (calls, called) = mpsc::channel();
        chase(move || calls.send(()).is_ok());
        for _ in 0..5 {
            called.recv_timeout(Duration::from_secs(10)).unwrap();
        }
    }
}
