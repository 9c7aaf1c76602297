//! The process itself: identity, end, limits.

use crate::{
    limits::Pair,
    process::{Process, Status},
    table::Outcome,
    user::Bytes,
};
use lfi_abi::Returns;
use rustix::io::Errno;

pub(crate) fn exit_group(process: &Process, status: i32) -> Outcome {
    process.end(Status::Exited(status & 0xff));
    Ok(0)
}

/// The host's process id: programs use it to make names unique.
pub(crate) fn own_id(process: &Process) -> u64 {
    process.threads.first().cast_unsigned().into()
}

pub(crate) fn getpid(process: &Process) -> Outcome {
    Ok(own_id(process))
}

/// The parent is outside the sandbox: none that could be named.
pub(crate) fn getppid(_: &Process) -> Outcome {
    Ok(0)
}

/// Fails where `pid` is another process: there is none that could be named.
pub(super) fn check_own(process: &Process, pid: i32) -> Result<(), Errno> {
    if pid == 0 || pid == process.threads.first() { Ok(()) } else { Err(Errno::SRCH) }
}

pub(crate) fn getpgid(process: &Process, pid: i32) -> Outcome {
    check_own(process, pid).map(|()| own_id(process))
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

pub(crate) fn prctl(process: &Process, option: i32, argument: u64) -> Outcome {
    match option {
        // Names are for debuggers.
        libc::PR_SET_NAME => process.read_path(argument).map(|_| 0),
        libc::PR_GET_NAME => process.write_bytes(argument, &Bytes::new().text("lfi", 16).done()).map(|()| 0),
        libc::PR_GET_DUMPABLE | libc::PR_GET_NO_NEW_PRIVS => Ok(1),
        _ => Err(Errno::INVAL),
    }
}

/// As many processors as the host may use; one, where there can be one thread.
pub(crate) fn sched_getaffinity(process: &Process, pid: i32, size: u64, buffer: u64) -> Outcome {
    super::thread::check_thread(process, pid)?;
    if size < 8 || !size.is_multiple_of(8) {
        return Err(Errno::INVAL);
    }
    let count = match process.sandbox.returns() {
        Returns::Ret => 1,
        Returns::Jump => std::thread::available_parallelism().map_or(1, usize::from).min(64),
    };
    process.write_bytes(buffer, &(u64::MAX >> (64 - count)).to_ne_bytes())?;
    Ok(8)
}

pub(crate) fn getcpu(process: &Process, cpu: u64, node: u64) -> Outcome {
    process.write_optional(cpu, &[0; 4])?;
    process.write_optional(node, &[0; 4])?;
    Ok(0)
}

pub(crate) fn prlimit64(process: &Process, pid: i32, resource: u32, new: u64, old: u64) -> Outcome {
    getpgid(process, pid)?;
    let before = process.limit(resource)?;
    if new != 0 {
        setrlimit(process, resource, new)?;
    }
    process.write_optional(old, &encode(before))?;
    Ok(0)
}

pub(crate) fn getrlimit(process: &Process, resource: u32, buffer: u64) -> Outcome {
    process.write_bytes(buffer, &encode(process.limit(resource)?))?;
    Ok(0)
}

pub(crate) fn setrlimit(process: &Process, resource: u32, buffer: u64) -> Outcome {
    let wish = Pair { soft: process.read_u64(buffer)?, hard: process.read_u64(buffer.wrapping_add(8))? };
    process.set_limit(resource, wish)?;
    Ok(0)
}

/// `struct rlimit`.
fn encode(limit: Pair) -> Vec<u8> {
    Bytes::new().u64(limit.soft).u64(limit.hard).done()
}

pub(crate) fn wait4(_: &Process) -> Outcome {
    Err(Errno::CHILD)
}

pub(crate) fn waitid(_: &Process) -> Outcome {
    Err(Errno::CHILD)
}
