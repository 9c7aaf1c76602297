//! Limits as the process sees and sets them (getrlimit(2)).

use super::Pair;
use crate::{memory::STACK_SIZE, process::Process};
use lfi_abi::layout::{USER_END, USER_START};
use rustix::io::Errno;

/// The limits of a resource.
pub(crate) fn get(process: &Process, resource: u32) -> Result<Pair, Errno> {
    Ok(match resource {
        libc::RLIMIT_CPU => process.cpu_time.limit(),
        libc::RLIMIT_FSIZE => process.file_size.limit(),
        libc::RLIMIT_NOFILE => Pair::of(process.files.limit() as u64),
        libc::RLIMIT_STACK => Pair::of(STACK_SIZE),
        libc::RLIMIT_CORE => Pair::of(0),
        libc::RLIMIT_NPROC => Pair::of(process.threads.limit() as u64),
        libc::RLIMIT_AS => Pair::of(process.memory().limit.min(USER_END - USER_START)),
        resource if resource <= libc::RLIMIT_RTTIME => Pair::of(libc::RLIM_INFINITY),
        _ => return Err(Errno::INVAL),
    })
}

/// Sets them. The hard ones are the layer's: they can only be lowered, and only those of
/// processor time and file sizes are there to be set at all; of the others what changes nothing is granted.
pub(crate) fn set(process: &Process, resource: u32, wish: Pair) -> Result<(), Errno> {
    let present = get(process, resource)?;
    if wish.soft > wish.hard {
        return Err(Errno::INVAL);
    }
    if wish == present {
        return Ok(());
    }
    if wish.hard > present.hard {
        return Err(Errno::PERM);
    }
    match resource {
        libc::RLIMIT_CPU => process.cpu_time.set(wish),
        libc::RLIMIT_FSIZE => {
            process.file_size.set(wish);
            Ok(())
        }
        _ => Err(Errno::PERM),
    }
}
