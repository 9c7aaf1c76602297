//! Clocks and sleeping.

use super::process::check_own;
use crate::{host, process::Process, table::Outcome, user::Bytes};
use rustix::{
    io::Errno,
    thread::NanosleepRelativeResult,
    time::{ClockId, DynamicClockId, Timespec},
};

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

/// Whose use of the processor a clock counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Processor {
    Process,
    /// A thread of the host.
    Thread(i32),
}

/// A clock that counts the use of a processor and has no name: `~id << 3`, with a kind (clock_getcpuclockid(3)).
pub(super) fn processor(process: &Process, clock: i32) -> Result<Processor, Errno> {
    const OF_PROCESS: i32 = 0b010;
    const OF_THREAD: i32 = 0b110;
    match (!(clock >> 3), clock & 0b111) {
        (pid, OF_PROCESS) => check_own(process, pid).map(|()| Processor::Process),
        (0, OF_THREAD) => Ok(Processor::Thread(rustix::thread::gettid().as_raw_nonzero().get())),
        (tid, OF_THREAD) => process.pending.host_thread(tid).map(Processor::Thread).ok_or(Errno::INVAL),
        _ => Err(Errno::INVAL),
    }
    .map_err(|_| Errno::INVAL)
}

/// What a clock shows that a program may read. The use of the processor is the host process's.
fn show(process: &Process, clock: i32) -> Result<Timespec, Errno> {
    let clocks = process.policy.clocks;
    if clock >= 0 {
        return clocks.read(clock_id(clock)?);
    }
    match processor(process, clock)? {
        Processor::Process => clocks.read(DynamicClockId::Known(ClockId::ProcessCPUTime)),
        Processor::Thread(tid) => {
            let used = lfi_runtime::processor_time(tid).ok_or(Errno::INVAL)?;
            Ok(clocks.used(used.try_into().map_err(|_| Errno::INVAL)?))
        }
    }
}

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
    let time = show(process, clock)?;
    process.write_bytes(buffer, &encode(time))?;
    Ok(0)
}

pub(crate) fn clock_getres(process: &Process, clock: i32, buffer: u64) -> Outcome {
    const FINE: Timespec = Timespec { tv_sec: 0, tv_nsec: 1 };
    let resolution = match clock {
        ..0 => processor(process, clock).map(|_| FINE)?,
        _ => match clock_id(clock)? {
            DynamicClockId::Known(id) => rustix::time::clock_getres(id),
            _ => FINE,
        },
    };
    process.write_optional(buffer, &encode(process.policy.clocks.resolution(resolution)))?;
    Ok(0)
}

/// Nobody may: the clocks are the host's.
pub(crate) fn clock_settime(process: &Process, clock: i32, time: u64) -> Outcome {
    if clock != libc::CLOCK_REALTIME {
        return Err(Errno::INVAL);
    }
    read_timespec(process, time)?;
    Err(Errno::PERM)
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
