//! Timers that send signals, as calls; `crate::signal` has the timers.

use super::time::{Processor, processor, read_timespec};
use crate::{
    policy::Clocks,
    process::Process,
    signal::{self, Clock, Info, Notice, Remaining, Timer},
    table::Outcome,
    thread::Thread,
    user::{Bytes, word},
};
use rustix::{io::Errno, time::ClockId};
use std::time::Duration;

/// The timer of setitimer(2) with this number.
fn interval_timer(process: &Process, which: i32) -> Result<&Timer, Errno> {
    let timers = &process.timers.of_intervals;
    usize::try_from(which).ok().and_then(|which| timers.get(which)).ok_or(Errno::INVAL)
}

/// `struct itimerval`: interval and value, in seconds and microseconds.
fn encode_interval(timer: Remaining) -> Vec<u8> {
    // Less than a microsecond is not off.
    let value = if timer.value.is_zero() { timer.value } else { timer.value.max(Duration::from_micros(1)) };
    let time = |bytes: Bytes, time: Duration| bytes.u64(time.as_secs()).u64(time.subsec_micros().into());
    time(time(Bytes::new(), timer.interval), value).done()
}

pub(crate) fn setitimer(process: &Process, which: i32, new: u64, old: u64) -> Outcome {
    let timer = interval_timer(process, which)?;
    let time = |at: u64| -> Result<Duration, Errno> {
        let (seconds, micros) = (process.read_u64(at)?, process.read_u64(at.wrapping_add(8))?);
        if seconds.cast_signed() < 0 || micros >= 1_000_000 {
            return Err(Errno::INVAL);
        }
        Ok(Duration::new(seconds, micros as u32 * 1000))
    };
    let wanted = match new {
        0 => Remaining::default(),
        _ => Remaining { interval: time(new)?, value: time(new.wrapping_add(16))? },
    };
    let before = timer.set(wanted, false)?;
    process.write_optional(old, &encode_interval(before))?;
    Ok(0)
}

pub(crate) fn getitimer(process: &Process, which: i32, buffer: u64) -> Outcome {
    let timer = interval_timer(process, which)?;
    process.write_bytes(buffer, &encode_interval(timer.remaining()))?;
    Ok(0)
}

pub(crate) fn alarm(process: &Process, seconds: u32) -> Outcome {
    let value = Duration::from_secs(u64::from(seconds));
    let timer = interval_timer(process, libc::ITIMER_REAL)?;
    let before = timer.set(Remaining { value, ..Remaining::default() }, false)?;
    // Rounded, but never to nothing.
    Ok(before.value.as_secs_f64().round().max(if before.value.is_zero() { 0.0 } else { 1.0 }) as u64)
}

/// The clocks that timers go by.
fn clock(process: &Process, clock: i32) -> Result<Clock, Errno> {
    Ok(match clock {
        ..0 => match processor(process, clock)? {
            Processor::Process => Clock::Host(ClockId::ProcessCPUTime),
            Processor::Thread(tid) => Clock::Thread(tid),
        },
        libc::CLOCK_REALTIME | libc::CLOCK_TAI => Clock::Host(ClockId::Realtime),
        libc::CLOCK_MONOTONIC | libc::CLOCK_BOOTTIME => Clock::Host(ClockId::Monotonic),
        libc::CLOCK_PROCESS_CPUTIME_ID => Clock::Host(ClockId::ProcessCPUTime),
        libc::CLOCK_THREAD_CPUTIME_ID => Clock::Thread(rustix::thread::gettid().as_raw_nonzero().get()),
        libc::CLOCK_MONOTONIC_RAW | libc::CLOCK_REALTIME_COARSE | libc::CLOCK_MONOTONIC_COARSE => {
            return Err(Errno::OPNOTSUPP);
        }
        _ => return Err(Errno::INVAL),
    })
}

/// `struct sigevent`, as far as the kernel knows it.
pub(super) struct Event {
    pub(super) value: u64,
    pub(super) signal: i32,
    /// `SIGEV_NONE` and the like.
    pub(super) how: i32,
    tid: i32,
}

impl Event {
    pub(super) fn read(process: &Process, at: u64) -> Result<Self, Errno> {
        let bytes: [u8; 20] = process.read_array(at)?;
        let half = |at: usize| i32::from_ne_bytes(std::array::from_fn(|i| bytes[at + i]));
        Ok(Self { value: word(&bytes, 0), signal: half(8), how: half(12), tid: half(16) })
    }
}

/// Nobody is told.
pub(super) const SIGEV_NONE: i32 = 1;
/// The C library does that by itself.
const SIGEV_THREAD: i32 = 2;
const SIGEV_THREAD_ID: i32 = 4;

pub(crate) fn timer_create(thread: &mut Thread, clock_id: i32, event: u64, id: u64) -> Outcome {
    let process = thread.process();
    let clock = clock(process, clock_id)?;
    let event = if event == 0 { None } else { Some(Event::read(process, event)?) };
    let to = |value: Option<u64>, number: i32, thread: Option<i32>| {
        signal::index(number).map(|_| (value, number, thread)).map(Some)
    };
    let told = match event {
        None => to(None, libc::SIGALRM, None)?,
        Some(Event { how: SIGEV_NONE, .. }) => None,
        Some(Event { value, signal, how: libc::SIGEV_SIGNAL | SIGEV_THREAD, .. }) => to(Some(value), signal, None)?,
        Some(Event { value, signal, how: SIGEV_THREAD_ID, tid }) if process.threads.contains(tid) => {
            to(Some(value), signal, Some(tid))?
        }
        Some(_) => return Err(Errno::INVAL),
    };
    let made = process.timers.create(|id| {
        let notice = told.map(|(value, number, thread)| {
            // Without an event the value is the timer's id.
            let info = Info::of_timer(number, id, value.unwrap_or(u64::from(id.cast_unsigned())));
            Notice { info, thread }
        });
        Timer::new(&process.pending, clock, notice)
    })?;
    if let Err(errno) = process.write_bytes(id, &made.to_ne_bytes()) {
        process.timers.delete(made)?;
        return Err(errno);
    }
    Ok(0)
}

/// `struct itimerspec`.
fn encode(timer: Remaining) -> Vec<u8> {
    let time = |bytes: Bytes, time: Duration| bytes.u64(time.as_secs()).u64(time.subsec_nanos().into());
    time(time(Bytes::new(), timer.interval), timer.value).done()
}

/// A point in time is one of the host's clock: where the program's stands still,
/// none can be reached.
pub(crate) fn timer_settime(process: &Process, id: i32, flags: i32, new: u64, old: u64) -> Outcome {
    let absolute = flags & libc::TIMER_ABSTIME != 0;
    if new == 0 || absolute && matches!(process.policy.clocks, Clocks::Fixed(_)) {
        return Err(Errno::INVAL);
    }
    let time = |at: u64| read_timespec(process, at).map(|t| Duration::new(t.tv_sec.cast_unsigned(), t.tv_nsec as u32));
    let to = Remaining { interval: time(new)?, value: time(new.wrapping_add(16))? };
    let before = process.timers.get(id)?.set(to, absolute)?;
    process.write_optional(old, &encode(before))?;
    Ok(0)
}

pub(crate) fn timer_gettime(process: &Process, id: i32, buffer: u64) -> Outcome {
    let remaining = process.timers.get(id)?.remaining();
    process.write_bytes(buffer, &encode(remaining))?;
    Ok(0)
}

pub(crate) fn timer_getoverrun(process: &Process, id: i32) -> Outcome {
    Ok(u64::from(process.timers.get(id)?.overrun().cast_unsigned()))
}

pub(crate) fn timer_delete(process: &Process, id: i32) -> Outcome {
    process.timers.delete(id)?;
    Ok(0)
}
