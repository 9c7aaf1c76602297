//! The process itself: identity, end, limits, the thread pointer, waiting for
//! other threads (there are none).

use crate::{
    fs::MAX_FILES,
    memory::STACK_SIZE,
    process::{Process, Status},
    table::Outcome,
    thread::Thread,
    user::Bytes,
};
use rustix::io::Errno;
use std::time::Duration;

pub(crate) fn exit(process: &Process, status: i32) -> Outcome {
    process.end(Status::Exited(status & 0xff));
    Ok(0)
}

/// The host's process id: programs use it to make names unique.
pub(crate) fn own_id() -> u64 {
    u64::from(std::process::id())
}

pub(crate) fn getpid(_: &Process) -> Outcome {
    Ok(own_id())
}

/// The parent is outside the sandbox: none that could be named.
pub(crate) fn getppid(_: &Process) -> Outcome {
    Ok(0)
}

/// Fails where `pid` is another process: there is none that could be named.
pub(super) fn check_own(pid: i32) -> Result<(), Errno> {
    if pid == 0 || i64::from(pid) == own_id().cast_signed() { Ok(()) } else { Err(Errno::SRCH) }
}

pub(crate) fn getpgid(_: &Process, pid: i32) -> Outcome {
    check_own(pid).map(|()| own_id())
}

pub(crate) fn getuid(_: &Process) -> Outcome {
    Ok(rustix::process::getuid().as_raw().into())
}

pub(crate) fn getgid(_: &Process) -> Outcome {
    Ok(rustix::process::getgid().as_raw().into())
}

pub(crate) fn getgroups(process: &Process, count: i32, buffer: u64) -> Outcome {
    match count {
        0 => Ok(1),
        1.. => {
            process.write_bytes(buffer, &rustix::process::getgid().as_raw().to_ne_bytes())?;
            Ok(1)
        }
        _ => Err(Errno::INVAL),
    }
}

pub(crate) fn getresuid(process: &Process, real: u64, effective: u64, saved: u64) -> Outcome {
    put_ids(process, [real, effective, saved], rustix::process::getuid().as_raw())
}

pub(crate) fn getresgid(process: &Process, real: u64, effective: u64, saved: u64) -> Outcome {
    put_ids(process, [real, effective, saved], rustix::process::getgid().as_raw())
}

fn put_ids(process: &Process, places: [u64; 3], id: u32) -> Outcome {
    for place in places {
        process.write_bytes(place, &id.to_ne_bytes())?;
    }
    Ok(0)
}

/// Nobody waits for the thread to end: the address is not kept.
pub(crate) fn set_tid_address(_: &Process, _address: u64) -> Outcome {
    Ok(own_id())
}

// arch_prctl(2).
const ARCH_SET_FS: i32 = 0x1002;
const ARCH_GET_FS: i32 = 0x1003;

pub(crate) fn arch_prctl(thread: &mut Thread, code: i32, address: u64) -> Outcome {
    match code {
        // Any value is safe: it is only ever used as an address in the sandbox.
        ARCH_SET_FS => thread.context.set_thread_pointer(address),
        ARCH_GET_FS => {
            let pointer = thread.context.thread_pointer();
            thread.process.write_bytes(address, &pointer.to_ne_bytes())?;
        }
        _ => return Err(Errno::INVAL),
    }
    Ok(0)
}

pub(crate) fn prctl(process: &Process, option: i32, argument: u64) -> Outcome {
    match option {
        // Names are for debuggers, and there is one thread.
        libc::PR_SET_NAME => process.read_path(argument).map(|_| 0),
        libc::PR_GET_NAME => process.write_bytes(argument, &Bytes::new().text("lfi", 16).done()).map(|()| 0),
        libc::PR_GET_DUMPABLE | libc::PR_GET_NO_NEW_PRIVS => Ok(1),
        _ => Err(Errno::INVAL),
    }
}

/// There is one thread, so nobody can be woken and nobody wakes.
pub(crate) fn futex(process: &Process, address: u64, operation: i32, value: u32, timeout: u64) -> Outcome {
    /// What a wait without an end sleeps before it wakes for no reason, as
    /// futex(2) allows: a program that waits for ever burns no time.
    const NAP: Duration = Duration::from_millis(10);
    let command = operation & !(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME);
    if !address.is_multiple_of(4) {
        return Err(Errno::INVAL);
    }
    match command {
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET => {
            if process.read_u32(address)? != value {
                return Err(Errno::AGAIN);
            }
            if timeout == 0 {
                std::thread::sleep(NAP);
                return Ok(0);
            }
            let time = super::time::read_timespec(process, timeout)?;
            let clock = if operation & libc::FUTEX_CLOCK_REALTIME != 0 {
                rustix::time::ClockId::Realtime
            } else {
                rustix::time::ClockId::Monotonic
            };
            // WAIT takes a span, WAIT_BITSET a point in time.
            if command == libc::FUTEX_WAIT {
                let _ = rustix::thread::clock_nanosleep_relative(clock, &time);
            } else {
                rustix::thread::clock_nanosleep_absolute(clock, &time)?;
            }
            Err(Errno::TIMEDOUT)
        }
        libc::FUTEX_WAKE
        | libc::FUTEX_WAKE_BITSET
        | libc::FUTEX_REQUEUE
        | libc::FUTEX_CMP_REQUEUE
        | libc::FUTEX_WAKE_OP => {
            process.read_u32(address)?;
            Ok(0)
        }
        _ => Err(Errno::NOSYS),
    }
}

/// One processor: there is one thread.
pub(crate) fn sched_getaffinity(process: &Process, pid: i32, size: u64, buffer: u64) -> Outcome {
    getpgid(process, pid)?;
    if size < 8 || !size.is_multiple_of(8) {
        return Err(Errno::INVAL);
    }
    process.write_bytes(buffer, &1u64.to_ne_bytes())?;
    Ok(8)
}

pub(crate) fn getcpu(process: &Process, cpu: u64, node: u64) -> Outcome {
    process.write_optional(cpu, &[0; 4])?;
    process.write_optional(node, &[0; 4])?;
    Ok(0)
}

/// Soft and hard limit of a resource.
fn limit(resource: u32) -> Result<u64, Errno> {
    match resource {
        libc::RLIMIT_NOFILE => Ok(MAX_FILES as u64),
        libc::RLIMIT_STACK => Ok(STACK_SIZE),
        libc::RLIMIT_CORE => Ok(0),
        libc::RLIMIT_NPROC => Ok(1),
        libc::RLIMIT_AS => Ok(lfi_abi::layout::USER_END - lfi_abi::layout::USER_START),
        0..=15 => Ok(libc::RLIM_INFINITY),
        _ => Err(Errno::INVAL),
    }
}

pub(crate) fn prlimit64(process: &Process, pid: i32, resource: u32, new: u64, old: u64) -> Outcome {
    getpgid(process, pid)?;
    let limit = limit(resource)?;
    if new != 0 {
        setrlimit(process, resource, new)?;
    }
    process.write_optional(old, &Bytes::new().u64(limit).u64(limit).done())?;
    Ok(0)
}

pub(crate) fn getrlimit(process: &Process, resource: u32, buffer: u64) -> Outcome {
    let limit = limit(resource)?;
    process.write_bytes(buffer, &Bytes::new().u64(limit).u64(limit).done())?;
    Ok(0)
}

/// The limits are the layer's: only what changes nothing is granted.
pub(crate) fn setrlimit(process: &Process, resource: u32, buffer: u64) -> Outcome {
    let limit = limit(resource)?;
    let (soft, hard) = (process.read_u64(buffer)?, process.read_u64(buffer.wrapping_add(8))?);
    if soft > hard {
        return Err(Errno::INVAL);
    }
    if (soft, hard) == (limit, limit) { Ok(0) } else { Err(Errno::PERM) }
}

pub(crate) fn wait4(_: &Process) -> Outcome {
    Err(Errno::CHILD)
}

pub(crate) fn waitid(_: &Process) -> Outcome {
    Err(Errno::CHILD)
}
