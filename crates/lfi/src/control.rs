//! Sandboxes that are stopped from outside, calls that may take only so long.

use crate::{Error, Sandbox};
use lfi_linux::Statistics;
use lfi_runtime::Alarm;
use std::{fmt, time::Duration};

/// Stops a sandbox from any thread, whatever it is doing. A cheap handle that
/// does not keep the sandbox alive.
///
/// The code in the sandbox pays nothing for that: nothing in it looks for a
/// wish to stop.
#[derive(Clone, Debug)]
pub struct Interrupter(lfi_linux::Interrupter);

impl Interrupter {
    /// Stops the sandbox, with all of its threads. Calls that are under way
    /// end with [`Error::Interrupted`] within a millisecond, also when they
    /// wait for a lock, for data or for a time. Every handle's next call ends so as well.
    ///
    /// This does not wait for them. A callback, which is code of the host,
    /// runs on to its end, and the call ends when it has come back.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

/// The most that a call may take.
pub(crate) struct TimeLimit {
    alarm: Alarm,
    limit: Duration,
    /// A call is under way. Those that a callback makes are part of it.
    running: bool,
}

impl fmt::Debug for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.limit.fmt(f)
    }
}

impl Sandbox {
    /// What stops this sandbox from other threads.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.process().interrupter().clone())
    }

    /// What the sandbox uses, and has done so far.
    pub fn statistics(&self) -> Statistics {
        self.process().statistics()
    }

    /// Sets how long a call of this handle may take, as time passes: with all
    /// that the library waits for, callbacks, and the calls that these make. When the
    /// time is over the call ends with [`Error::TimedOut`], and the sandbox is dead. `None`: for ever.
    ///
    /// # Errors
    /// When the host cannot start the thread that watches the time.
    pub fn set_time_limit(&mut self, limit: Option<Duration>) -> Result<(), Error> {
        self.limit = match limit {
            None => None,
            Some(limit) => {
                let interrupter = self.process().interrupter().clone();
                let alarm = Alarm::new(move || interrupter.time_out())?;
                Some(Box::new(TimeLimit { alarm, limit, running: false }))
            }
        };
        Ok(())
    }

    /// Sets how much processor time the sandbox may use from now on: all of its threads and
    /// handles together, callbacks included. When it is used up the calls under way end with
    /// [`Error::OutOfCpuTime`], and the sandbox is dead. `None`: as much as it wants. Calls take no longer for it;
    /// how exact it is says [`Limits::cpu_time`](crate::Limits). A [`reset`](Self::reset) brings back
    /// the limit of the snapshot, with nothing used.
    ///
    /// # Errors
    /// When the host cannot start the thread that watches the time.
    pub fn set_cpu_limit(&mut self, limit: Option<Duration>) -> Result<(), Error> {
        Ok(self.process().set_cpu_limit(limit)?)
    }

    /// Makes a call with its time limit.
    #[cold]
    pub(crate) fn within_limit<T>(&mut self, call: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let outermost = match &mut self.limit {
            Some(limit) if !limit.running => {
                limit.running = true;
                limit.alarm.set(limit.limit);
                true
            }
            _ => false,
        };
        let limited = Limited { sandbox: self, outermost };
        call(limited.sandbox)
    }
}

/// A sandbox while a call with a time limit is under way. Its time ends with it, also by a panic.
struct Limited<'a> {
    sandbox: &'a mut Sandbox,
    outermost: bool,
}

impl Drop for Limited<'_> {
    fn drop(&mut self) {
        if let Some(limit) = &mut self.sandbox.limit
            && self.outermost
        {
            limit.alarm.clear();
            limit.running = false;
        }
    }
}
