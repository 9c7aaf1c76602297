//! The timer of a process that sends it `SIGALRM` (`ITIMER_REAL`).

use super::{Info, Pending};
use crate::process::lock;
use lfi_runtime::Alarm;
use rustix::io::Errno;
use std::{
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};

/// Shortest interval: a timer must not keep the host busy.
const SHORTEST: Duration = Duration::from_micros(100);

/// The timer.
#[derive(Debug)]
pub(crate) struct RealTimer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    pending: Arc<Pending>,
    setting: Mutex<Setting>,
    /// Made when it is first set.
    alarm: OnceLock<Alarm>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Setting {
    next: Option<Instant>,
    interval: Duration,
}

/// What is left until the timer goes off (zero: it is off), and how long it is
/// set for then.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Remaining {
    pub(crate) value: Duration,
    pub(crate) interval: Duration,
}

impl RealTimer {
    /// A timer that is off.
    pub(crate) fn new(pending: &Arc<Pending>) -> Self {
        let (pending, setting) = (Arc::clone(pending), Mutex::default());
        Self { shared: Arc::new(Shared { pending, setting, alarm: OnceLock::new() }) }
    }

    pub(crate) fn remaining(&self) -> Remaining {
        lock(&self.shared.setting).remaining()
    }

    /// Sets it, or turns it off; what it was.
    pub(crate) fn set(&self, to: Remaining) -> Result<Remaining, Errno> {
        let shared = &self.shared;
        if shared.alarm.get().is_none() && !to.value.is_zero() {
            let weak = Arc::downgrade(shared);
            let ring = move || {
                if let Some(shared) = weak.upgrade() {
                    shared.go_off();
                }
            };
            let _ = shared.alarm.set(Alarm::new(ring).map_err(|_| Errno::AGAIN)?);
        }
        let mut setting = lock(&shared.setting);
        let before = setting.remaining();
        let next = (!to.value.is_zero()).then(|| Instant::now().checked_add(to.value)).flatten();
        *setting = Setting { next, interval: to.interval };
        drop(setting);
        if let Some(alarm) = shared.alarm.get() {
            if to.value.is_zero() { alarm.clear() } else { alarm.set(to.value) }
        }
        Ok(before)
    }
}

impl Setting {
    fn remaining(&self) -> Remaining {
        let left = |next: Instant| next.saturating_duration_since(Instant::now()).max(Duration::from_micros(1));
        Remaining { value: self.next.map_or(Duration::ZERO, left), interval: self.interval }
    }
}

impl Shared {
    fn go_off(&self) {
        let mut setting = lock(&self.setting);
        if setting.next.is_none_or(|next| next > Instant::now()) {
            // Set anew, or turned off, since.
            return;
        }
        setting.next = None;
        if !setting.interval.is_zero() {
            let interval = setting.interval.max(SHORTEST);
            setting.next = Instant::now().checked_add(interval);
            if let Some(alarm) = self.alarm.get() {
                alarm.set(interval);
            }
        }
        drop(setting);
        // A second one that nobody has taken is dropped.
        let _ = self.pending.add(Info::of_kernel(libc::SIGALRM), None);
    }
}
