//! What a process's clocks show.

use rustix::{
    io::Errno,
    time::{ClockId, DynamicClockId, Timespec, clock_gettime_dynamic},
};

/// What a process's clocks show. Sleeping takes as long in every case.
///
/// This is for programs whose output should not depend on the time. It hides no
/// timing from hostile code: the processor's counter can be read in a
/// sandbox, and so can the progress of another thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clocks {
    /// The host's.
    #[default]
    Real,
    /// The host's, rounded down to 10 ms.
    Coarse,
    /// Time stands still: it is that many seconds after 1970 began; clocks that
    /// count from elsewhere show zero. A program that polls a clock until
    /// time has passed never ends.
    Fixed(i64),
}

/// What `Coarse` rounds to, in nanoseconds.
const COARSE: i64 = 10_000_000;

impl Clocks {
    /// What a clock shows.
    pub(crate) fn read(self, clock: DynamicClockId<'_>) -> Result<Timespec, Errno> {
        match self {
            Self::Real => clock_gettime_dynamic(clock),
            Self::Coarse => clock_gettime_dynamic(clock).map(coarse),
            Self::Fixed(seconds) => {
                let calendar = matches!(
                    clock,
                    DynamicClockId::Known(ClockId::Realtime | ClockId::RealtimeCoarse) | DynamicClockId::Tai
                );
                Ok(Timespec { tv_sec: if calendar { seconds } else { 0 }, tv_nsec: 0 })
            }
        }
    }

    /// What the clock of a thread shows that has used so much of the processor.
    pub(crate) fn used(self, time: Timespec) -> Timespec {
        match self {
            Self::Real => time,
            Self::Coarse => coarse(time),
            Self::Fixed(_) => Timespec::default(),
        }
    }

    /// The time of the host's clock when the process's has reached `time`: what
    /// it has to wait for, counted from now.
    pub(crate) fn to_host(self, clock: ClockId, time: Timespec) -> Result<Timespec, Errno> {
        let Self::Fixed(_) = self else { return Ok(time) };
        let clock = DynamicClockId::Known(clock);
        let (shown, host) = (self.read(clock)?, clock_gettime_dynamic(clock)?);
        time.checked_sub(shown).and_then(|span| host.checked_add(span)).ok_or(Errno::INVAL)
    }

    /// What a process finds the clock's resolution to be.
    pub(crate) fn resolution(self, of_host: Timespec) -> Timespec {
        if self == Self::Real { of_host } else { Timespec { tv_sec: 0, tv_nsec: COARSE } }
    }
}

fn coarse(time: Timespec) -> Timespec {
    Timespec { tv_nsec: time.tv_nsec - time.tv_nsec % COARSE, ..time }
}
