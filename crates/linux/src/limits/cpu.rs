//! The limit of processor time (`RLIMIT_CPU`).

use super::Pair;
use crate::{
    host,
    process::{Interrupter, Status, lock},
    signal::{Info, Pending},
};
use lfi_runtime::{Alarm, Error, Meter, Sandbox};
use rustix::io::Errno;
use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

/// How often the clocks are looked at: never more often, and never less often while a thread is inside.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(10);
/// The same while none is.
const LONGEST_IDLE: Duration = Duration::from_millis(100);
/// A process that goes on after `SIGXCPU` is told again after so much time more.
const AGAIN: Duration = Duration::from_secs(1);

/// What a process may use and has used.
#[derive(Debug)]
pub(crate) struct CpuTime {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    meter: Meter,
    setting: Mutex<Setting>,
    /// Made when there is a limit for the first time.
    alarm: OnceLock<Alarm>,
    pending: Arc<Pending>,
    interrupter: Interrupter,
}

/// Both of them as times, and as the process knows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Setting {
    /// When the process gets a signal.
    soft: Option<Duration>,
    /// When it ends.
    hard: Option<Duration>,
    /// When it gets the next signal.
    next: Option<Duration>,
}

impl Setting {
    /// The process ends at a limit that its host has set; there is no signal before.
    fn by_host(hard: Option<Duration>) -> Self {
        Self { soft: hard, hard, next: None }
    }

    #[cfg(test)]
    pub(crate) fn hard(self) -> Option<Duration> {
        self.hard
    }

    fn as_seconds(self) -> Pair {
        let seconds = |limit: Option<Duration>| {
            limit.map_or(libc::RLIM_INFINITY, |limit| limit.as_secs() + u64::from(limit.subsec_nanos() != 0))
        };
        Pair { soft: seconds(self.soft), hard: seconds(self.hard) }
    }
}

impl CpuTime {
    pub(crate) fn new(
        sandbox: &Sandbox,
        limit: Option<Duration>,
        pending: &Arc<Pending>,
        interrupter: &Interrupter,
    ) -> Result<Self, Error> {
        let shared = Shared {
            meter: sandbox.meter(),
            setting: Mutex::default(),
            alarm: OnceLock::new(),
            pending: Arc::clone(pending),
            interrupter: interrupter.clone(),
        };
        let time = Self { shared: Arc::new(shared) };
        time.set_by_host(limit)?;
        Ok(time)
    }

    /// What the process sees of it, in seconds.
    pub(crate) fn limit(&self) -> Pair {
        self.setting().as_seconds()
    }

    /// The process sets its limits, in seconds: the hard one is not raised.
    pub(crate) fn set(&self, wish: Pair) -> Result<(), Errno> {
        let time = |seconds: u64, present: u64, now: Option<Duration>| match seconds {
            libc::RLIM_INFINITY => None,
            // What it was, to the nanosecond.
            _ if seconds == present => now,
            // As Linux has it: not at once.
            _ => Some(Duration::from_secs(seconds.max(1))),
        };
        let changed = self.change(|before| {
            let present = before.as_seconds();
            if wish.hard > present.hard {
                return None;
            }
            // A limit of the host's may be less than a second.
            let hard = [time(wish.hard, present.hard, before.hard), before.hard].into_iter().flatten().min();
            let soft = if wish.soft == wish.hard { hard } else { time(wish.soft, present.soft, before.soft) };
            let next = soft.filter(|_| soft != hard);
            Some(Setting { soft, hard, next })
        });
        if changed.map_err(|_| Errno::AGAIN)? { Ok(()) } else { Err(Errno::PERM) }
    }

    /// The host sets how much may be used from now on.
    pub(crate) fn set_by_host(&self, limit: Option<Duration>) -> Result<(), Error> {
        self.begin(Setting::by_host(limit))
    }

    pub(crate) fn setting(&self) -> Setting {
        *lock(&self.shared.setting)
    }

    /// The process does not end by it any more when this returns, unless it has, until it begins anew.
    pub(crate) fn stop(&self) {
        *lock(&self.shared.setting) = Setting::default();
    }

    /// The process begins anew, with what may be used.
    pub(crate) fn restart(&self, setting: Setting) {
        if self.shared.alarm.get().is_some() {
            // Not the first time: there is an alarm.
            let _ = self.begin(setting);
        }
    }

    /// The calling thread, one of the process's own, ends.
    pub(crate) fn thread_ends(&self) {
        if self.shared.alarm.get().is_some() {
            self.shared.meter.thread_ends();
        }
    }

    /// Sets what may be used, of which nothing is used yet.
    fn begin(&self, setting: Setting) -> Result<(), Error> {
        let begun = self.change(|_| {
            self.shared.meter.restart();
            Some(setting)
        });
        begun.map(drop)
    }

    /// Makes the setting another one, unless there is none; whether there was. Nobody else changes it meanwhile.
    fn change(&self, change: impl FnOnce(Setting) -> Option<Setting>) -> Result<bool, Error> {
        let shared = &self.shared;
        let mut setting = lock(&shared.setting);
        let Some(changed) = change(*setting) else { return Ok(false) };
        if changed != Setting::default() {
            if shared.alarm.get().is_none() {
                let weak = Arc::downgrade(shared);
                let ring = move || {
                    if let Some(shared) = weak.upgrade() {
                        shared.look();
                    }
                };
                let _ = shared.alarm.set(Alarm::new(ring)?);
            }
            if let Some(alarm) = shared.alarm.get() {
                alarm.set(SHORTEST);
            }
        }
        // Where there is no limit any more, the alarm rings for the last time.
        *setting = changed;
        Ok(true)
    }
}

impl Shared {
    fn look(&self) {
        // Locked all the time: the limit is one for what the meter shows, and for the process that ends by it.
        let mut setting = lock(&self.setting);
        let used = self.meter.look();
        if self.interrupter.is_interrupted() {
            // Until it begins anew.
            return;
        }
        if setting.hard.is_some_and(|hard| hard <= used.time) {
            return self.interrupter.end(Status::OutOfCpuTime);
        }
        if setting.next.is_some_and(|next| next <= used.time) {
            setting.next = Some(used.time + AGAIN);
            // A second one that nobody has taken is dropped.
            let _ = self.pending.add(Info::of_kernel(libc::SIGXCPU), None);
        }
        let Some(next) = [setting.hard, setting.next].into_iter().flatten().min() else { return };
        let longest = if used.threads == 0 { LONGEST_IDLE } else { LONGEST };
        // Half of the time that all processors together need for the rest.
        let pause = (next - used.time) / (host::processors().saturating_mul(2));
        if let Some(alarm) = self.alarm.get() {
            alarm.set(pause.clamp(SHORTEST, longest));
        }
    }
}
