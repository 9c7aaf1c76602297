//! Timers of a process, which send it signals: those of setitimer(2) and those
//! of timer_create(2).
//!
//! As in the kernel a timer that repeats goes off once, and goes on when its
//! signal is taken: the periods that have passed until then are counted
//! (timer_getoverrun(2)). A program that takes no signals keeps nobody busy.

use super::{Info, Pending};
use crate::{host, process::lock};
use lfi_runtime::Alarm;
use rustix::{
    io::Errno,
    time::{ClockId, clock_gettime},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, Weak},
    time::Duration,
};

/// Shortest time between two signals of a timer, in nanoseconds: it must not keep the host busy.
const SHORTEST: u64 = 100_000;
/// The same where too many signals wait for one more.
const SHORTEST_IN_VAIN: u64 = 100_000_000;
/// The same of a signal that is ignored: the watch's thread is all that notices.
const SHORTEST_IGNORED: u64 = 10_000_000;
/// How often at most a clock is looked at that counts a processor's time, in nanoseconds.
const LOOK: u64 = 10_000_000;
/// Most timers that a process has created at a time: each can be due as often as that.
const MOST_TIMERS: usize = 64;

/// What a timer goes by. A processor's time is the host process's, as clocks show it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    Host(ClockId),
    /// The processor's time that the process has used outside of the kernel.
    User,
    /// That of a thread of the host.
    Thread(i32),
}

impl Clock {
    /// Nanoseconds since whenever it began.
    fn now(self) -> u64 {
        match self {
            Self::Host(clock) => {
                let time = clock_gettime(clock);
                (time.tv_sec.cast_unsigned()).saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64)
            }
            Self::User => host::usage(libc::RUSAGE_SELF).map_or(0, |(user, ..)| user.cast_unsigned() * 1000),
            Self::Thread(tid) => lfi_runtime::processor_time(tid).map_or(0, nanoseconds),
        }
    }

    /// How long it takes at least until it has gone on by so much, in nanoseconds.
    fn at_least(self, span: u64) -> u64 {
        match self {
            Self::Host(ClockId::ProcessCPUTime) | Self::User => (span / u64::from(host::processors())).max(LOOK),
            Self::Thread(_) => span.max(LOOK),
            Self::Host(_) => span,
        }
    }
}

/// What is left until a timer goes off (zero: it is off), and how long it is
/// set for then.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Remaining {
    pub(crate) value: Duration,
    pub(crate) interval: Duration,
}

/// Whom a timer tells what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notice {
    pub(crate) info: Info,
    /// The thread; none: any.
    pub(crate) thread: Option<i32>,
}

/// A timer.
#[derive(Debug)]
pub(crate) struct Timer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    pending: Arc<Pending>,
    clock: Clock,
    /// None: it goes off in silence.
    notice: Option<Notice>,
    setting: Mutex<Setting>,
    /// Made when it is first set.
    alarm: OnceLock<Alarm>,
}

/// Times are in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Setting {
    /// When it goes off, or has gone off if its signal waits.
    next: Option<u64>,
    interval: u64,
    /// Its signal waits.
    waits: bool,
    /// How often it would have gone off while the last signal waited.
    overrun: i32,
    /// How often it has been set.
    version: u64,
}

/// The timer that a signal is of, as it was set.
#[derive(Debug)]
pub(crate) struct Sender {
    timer: Weak<Shared>,
    version: u64,
}

impl Sender {
    /// The signal was ignored.
    pub(crate) fn ignored(&self) {
        if let Some(timer) = self.timer.upgrade() {
            timer.go_on(self.version, SHORTEST_IGNORED);
        }
    }

    /// The signal was taken, or dropped.
    pub(crate) fn taken(&self, info: &mut Info) {
        if let Some(timer) = self.timer.upgrade() {
            let overrun = timer.go_on(self.version, SHORTEST);
            info.set_overrun(overrun);
        }
    }
}

impl Timer {
    /// A timer that is off.
    pub(crate) fn new(pending: &Arc<Pending>, clock: Clock, notice: Option<Notice>) -> Self {
        let (pending, setting) = (Arc::clone(pending), Mutex::default());
        Self { shared: Arc::new(Shared { pending, clock, notice, setting, alarm: OnceLock::new() }) }
    }

    pub(crate) fn remaining(&self) -> Remaining {
        lock(&self.shared.setting).remaining(self.shared.clock)
    }

    /// How often it would have gone off, but for its last signal, which waited.
    pub(crate) fn overrun(&self) -> i32 {
        lock(&self.shared.setting).overrun
    }

    /// Whether it has ever been set: most never are.
    fn was_set(&self) -> bool {
        lock(&self.shared.setting).version != 0
    }

    /// Sets it, or turns it off; what it was. `absolute`: the value is a time of its clock.
    pub(crate) fn set(&self, to: Remaining, absolute: bool) -> Result<Remaining, Errno> {
        let shared = &self.shared;
        if shared.alarm.get().is_none() && shared.notice.is_some() && !to.value.is_zero() {
            let weak = Arc::downgrade(shared);
            let ring = move || {
                if let Some(shared) = weak.upgrade() {
                    shared.go_off();
                }
            };
            let _ = shared.alarm.set(Alarm::new(ring).map_err(|_| Errno::AGAIN)?);
        }
        let mut setting = lock(&shared.setting);
        let before = setting.remaining(shared.clock);
        // To turn it off no clock is looked at, which may take a call of the host.
        let from = || if absolute { 0 } else { shared.clock.now() };
        *setting = Setting {
            next: (!to.value.is_zero()).then(|| from().saturating_add(nanoseconds(to.value))),
            interval: nanoseconds(to.interval),
            version: setting.version + 1,
            ..Setting::default()
        };
        let off = setting.next.is_none();
        shared.arm(&setting, 0);
        drop(setting);
        if let Some(alarm) = shared.alarm.get().filter(|_| off) {
            // Not with the lock, which it may wait for. Another thread may have set the timer since.
            alarm.clear();
            shared.arm(&lock(&shared.setting), 0);
        }
        Ok(before)
    }
}

impl Setting {
    fn remaining(&self, clock: Clock) -> Remaining {
        let left = self.next.map_or(0, |next| {
            let now = clock.now();
            match now.checked_sub(next) {
                // One that is due and has not gone off yet is not off.
                None | Some(0) => (next - now).max(1),
                Some(late) => self.interval - late.checked_rem(self.interval).unwrap_or(0),
            }
        });
        Remaining { value: Duration::from_nanos(left), interval: Duration::from_nanos(self.interval) }
    }
}

impl Shared {
    /// Has it looked at when the time may have come, or after so long if that is later.
    fn arm(&self, setting: &Setting, least: u64) {
        if let (Some(next), Some(alarm), false) = (setting.next, self.alarm.get(), setting.waits) {
            let after = self.clock.at_least(next.saturating_sub(self.clock.now()));
            alarm.set(Duration::from_nanos(after.max(least)));
        }
    }

    fn go_off(self: &Arc<Self>) {
        let mut setting = lock(&self.setting);
        let (Some(next), Some(notice), false) = (setting.next, self.notice, setting.waits) else { return };
        if next > self.clock.now() {
            return self.arm(&setting, 0);
        }
        setting.waits = true;
        let version = setting.version;
        drop(setting);
        let sender = Sender { timer: Arc::downgrade(self), version };
        if self.pending.add_of_timer(notice, sender).is_err() {
            self.go_on(version, SHORTEST_IN_VAIN);
        }
    }

    /// Its signal waits no more: how often it would have gone off meanwhile. It goes off again after `least` at the
    /// earliest.
    fn go_on(&self, version: u64, least: u64) -> i32 {
        let mut setting = lock(&self.setting);
        if setting.version != version {
            return 0;
        }
        setting.waits = false;
        let missed = match setting.next {
            Some(next) if setting.interval != 0 => {
                let missed = self.clock.now().saturating_sub(next) / setting.interval;
                setting.next = Some(next.saturating_add((missed + 1).saturating_mul(setting.interval)));
                missed
            }
            _ => {
                setting.next = None;
                0
            }
        };
        setting.overrun = i32::try_from(missed).unwrap_or(i32::MAX);
        self.arm(&setting, least);
        setting.overrun
    }
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// All timers of a process.
#[derive(Debug)]
pub(crate) struct Timers {
    /// `ITIMER_REAL`, `ITIMER_VIRTUAL`, `ITIMER_PROF`.
    pub(crate) of_intervals: [Timer; 3],
    created: Mutex<BTreeMap<i32, Arc<Timer>>>,
}

impl Timers {
    /// The three of setitimer(2).
    pub(crate) fn new(pending: &Arc<Pending>) -> Self {
        let timer = |clock, signal| {
            let notice = Notice { info: Info::of_kernel(signal), thread: None };
            Timer::new(pending, clock, Some(notice))
        };
        let of_intervals = [
            timer(Clock::Host(ClockId::Monotonic), libc::SIGALRM),
            timer(Clock::User, libc::SIGVTALRM),
            timer(Clock::Host(ClockId::ProcessCPUTime), libc::SIGPROF),
        ];
        Self { of_intervals, created: Mutex::default() }
    }

    /// Makes one more, which knows its id.
    pub(crate) fn create(&self, timer: impl FnOnce(i32) -> Timer) -> Result<i32, Errno> {
        let mut created = lock(&self.created);
        if created.len() >= MOST_TIMERS {
            return Err(Errno::AGAIN);
        }
        let id = (0..).find(|id| !created.contains_key(id)).ok_or(Errno::AGAIN)?;
        created.insert(id, Arc::new(timer(id)));
        Ok(id)
    }

    pub(crate) fn get(&self, id: i32) -> Result<Arc<Timer>, Errno> {
        lock(&self.created).get(&id).cloned().ok_or(Errno::INVAL)
    }

    pub(crate) fn delete(&self, id: i32) -> Result<(), Errno> {
        let timer = lock(&self.created).remove(&id).ok_or(Errno::INVAL)?;
        turn_off(&timer);
        Ok(())
    }

    /// Turns all off, and forgets those that were created.
    pub(crate) fn clear(&self) {
        self.of_intervals.iter().for_each(turn_off);
        let created = std::mem::take(&mut *lock(&self.created));
        created.values().for_each(|timer| turn_off(timer));
    }
}

fn turn_off(timer: &Timer) {
    if timer.was_set() {
        // Nothing has to be made for that, which could fail.
        let _ = timer.set(Remaining::default(), false);
    }
}
