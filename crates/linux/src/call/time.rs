//! Clocks and sleeping.

use crate::{host, process::Process, signal::Remaining, table::Outcome, user::Bytes};
use rustix::{
    io::Errno,
    thread::NanosleepRelativeResult,
    time::{ClockId, DynamicClockId, Timespec},
};
use std::time::Duration;

pub(crate) fn read_timespec(process: &Process, at: u64) -> Result<Timespec, Errno> {
    let tv_sec = process.read_u64(at)?.cast_signed();
    let tv_nsec = process.read_u64(at.wrapping_add(8))?.cast_signed();
    if tv_sec < 0 || !(0..1_000_000_000).contains(&tv_nsec) {
        return Err(Errno::INVAL);
    }
    Ok(Timespec { tv_sec, tv_nsec })
}

fn encode(time: Timespec) -> Vec<u8> {
    Bytes::new().i64(time.tv_sec).i64(time.tv_nsec).done()
}

/// The clocks that a program may read. CPU-time clocks are the host process's.
fn clock_id(clock: i32) -> Result<DynamicClockId<'static>, Errno> {
    Ok(match clock {
        libc::CLOCK_REALTIME => DynamicClockId::Known(ClockId::Realtime),
        libc::CLOCK_MONOTONIC => DynamicClockId::Known(ClockId::Monotonic),
        libc::CLOCK_PROCESS_CPUTIME_ID => DynamicClockId::Known(ClockId::ProcessCPUTime),
        libc::CLOCK_THREAD_CPUTIME_ID => DynamicClockId::Known(ClockId::ThreadCPUTime),
        libc::CLOCK_MONOTONIC_RAW => DynamicClockId::Known(ClockId::MonotonicRaw),
        libc::CLOCK_REALTIME_COARSE => DynamicClockId::Known(ClockId::RealtimeCoarse),
        libc::CLOCK_MONOTONIC_COARSE => DynamicClockId::Known(ClockId::MonotonicCoarse),
        libc::CLOCK_BOOTTIME => DynamicClockId::Boottime,
        libc::CLOCK_TAI => DynamicClockId::Tai,
        _ => return Err(Errno::INVAL),
    })
}

pub(crate) fn clock_gettime(process: &Process, clock: i32, buffer: u64) -> Outcome {
    let time = process.policy.clocks.read(clock_id(clock)?)?;
    process.write_bytes(buffer, &encode(time))?;
    Ok(0)
}

pub(crate) fn clock_getres(process: &Process, clock: i32, buffer: u64) -> Outcome {
    let resolution = match clock_id(clock)? {
        DynamicClockId::Known(id) => rustix::time::clock_getres(id),
        _ => Timespec { tv_sec: 0, tv_nsec: 1 },
    };
    process.write_optional(buffer, &encode(process.policy.clocks.resolution(resolution)))?;
    Ok(0)
}

pub(crate) fn nanosleep(process: &Process, request: u64, rest: u64) -> Outcome {
    let request = read_timespec(process, request)?;
    slept(process, rustix::thread::nanosleep(&request), rest)
}

pub(crate) fn clock_nanosleep(process: &Process, clock: i32, flags: i32, request: u64, rest: u64) -> Outcome {
    let id = match clock {
        libc::CLOCK_REALTIME => ClockId::Realtime,
        libc::CLOCK_MONOTONIC | libc::CLOCK_BOOTTIME => ClockId::Monotonic,
        _ => return Err(Errno::INVAL),
    };
    let request = read_timespec(process, request)?;
    match flags {
        0 => slept(process, rustix::thread::clock_nanosleep_relative(id, &request), rest),
        libc::TIMER_ABSTIME => {
            rustix::thread::clock_nanosleep_absolute(id, &process.policy.clocks.to_host(id, request)?)?;
            Ok(0)
        }
        _ => Err(Errno::INVAL),
    }
}

fn slept(process: &Process, result: NanosleepRelativeResult, rest: u64) -> Outcome {
    match result {
        NanosleepRelativeResult::Ok => Ok(0),
        NanosleepRelativeResult::Interrupted(left) => {
            process.write_optional(rest, &encode(left))?;
            Err(Errno::INTR)
        }
        NanosleepRelativeResult::Err(errno) => Err(errno),
    }
}

pub(crate) fn gettimeofday(process: &Process, buffer: u64, zone: u64) -> Outcome {
    let now = process.policy.clocks.read(DynamicClockId::Known(ClockId::Realtime))?;
    process.write_optional(buffer, &Bytes::new().i64(now.tv_sec).i64(now.tv_nsec / 1000).done())?;
    process.write_optional(zone, &[0; 8])?;
    Ok(0)
}

pub(crate) fn time(process: &Process, buffer: u64) -> Outcome {
    let seconds = process.policy.clocks.read(DynamicClockId::Known(ClockId::Realtime))?.tv_sec;
    process.write_optional(buffer, &seconds.to_ne_bytes())?;
    Ok(seconds.cast_unsigned())
}

/// Microseconds per tick of times(2): 100 ticks a second, as `AT_CLKTCK` says.
const TICK: i64 = 10_000;

pub(crate) fn times(process: &Process, buffer: u64) -> Outcome {
    let (user, system, _) = host::usage(libc::RUSAGE_SELF)?;
    let bytes = Bytes::new().i64(user / TICK).i64(system / TICK).zero(16).done();
    process.write_optional(buffer, &bytes)?;
    let now = process.policy.clocks.read(DynamicClockId::Known(ClockId::Monotonic))?;
    Ok((now.tv_sec * 100 + now.tv_nsec / 10_000_000).cast_unsigned())
}

pub(crate) fn getrusage(process: &Process, who: i32, buffer: u64) -> Outcome {
    const SIZE: usize = 144;
    let (user, system, resident) = match who {
        libc::RUSAGE_SELF | libc::RUSAGE_THREAD => host::usage(who)?,
        libc::RUSAGE_CHILDREN => (0, 0, 0),
        _ => return Err(Errno::INVAL),
    };
    let time = |bytes: Bytes, micros: i64| bytes.i64(micros / 1_000_000).i64(micros % 1_000_000);
    let bytes = time(time(Bytes::new(), user), system).i64(resident).pad_to(SIZE);
    process.write_bytes(buffer, &bytes)?;
    Ok(0)
}

/// `ITIMER_REAL` counts time; the others, time of the processor, which is the host's.
fn check_timer(which: i32) -> Result<(), Errno> {
    match which {
        libc::ITIMER_REAL => Ok(()),
        libc::ITIMER_VIRTUAL | libc::ITIMER_PROF => Err(Errno::NOSYS),
        _ => Err(Errno::INVAL),
    }
}

/// `struct itimerval`: interval and value, in seconds and microseconds.
fn encode_timer(timer: Remaining) -> Vec<u8> {
    [timer.interval, timer.value]
        .iter()
        .fold(Bytes::new(), |bytes, time| bytes.u64(time.as_secs()).u64(u64::from(time.subsec_micros())))
        .done()
}

pub(crate) fn setitimer(process: &Process, which: i32, new: u64, old: u64) -> Outcome {
    check_timer(which)?;
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
    let before = process.timer.set(wanted)?;
    process.write_optional(old, &encode_timer(before))?;
    Ok(0)
}

pub(crate) fn getitimer(process: &Process, which: i32, buffer: u64) -> Outcome {
    check_timer(which)?;
    process.write_bytes(buffer, &encode_timer(process.timer.remaining()))?;
    Ok(0)
}

pub(crate) fn alarm(process: &Process, seconds: u32) -> Outcome {
    let value = Duration::from_secs(u64::from(seconds));
    let before = process.timer.set(Remaining { value, ..Remaining::default() })?;
    // Rounded, but never to nothing.
    Ok(before.value.as_secs_f64().round().max(if before.value.is_zero() { 0.0 } else { 1.0 }) as u64)
}
