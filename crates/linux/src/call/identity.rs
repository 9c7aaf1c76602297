//! Who the process is, which is the host's business: only what changes nothing
//! is granted.

use super::process::check_own;
use crate::{process::Process, table::Outcome};
use rustix::io::Errno;

/// An identity that stays as it is.
const KEEP: u32 = u32::MAX;

fn user() -> u32 {
    rustix::process::getuid().as_raw()
}

fn group() -> u32 {
    rustix::process::getgid().as_raw()
}

fn keep(wishes: &[u32], present: u32) -> Outcome {
    if wishes.iter().all(|&wish| wish == KEEP || wish == present) { Ok(0) } else { Err(Errno::PERM) }
}

pub(crate) fn setuid(_: &Process, id: u32) -> Outcome {
    if id == KEEP { Err(Errno::INVAL) } else { keep(&[id], user()) }
}

pub(crate) fn setgid(_: &Process, id: u32) -> Outcome {
    if id == KEEP { Err(Errno::INVAL) } else { keep(&[id], group()) }
}

pub(crate) fn setreuid(_: &Process, real: u32, effective: u32) -> Outcome {
    keep(&[real, effective], user())
}

pub(crate) fn setregid(_: &Process, real: u32, effective: u32) -> Outcome {
    keep(&[real, effective], group())
}

pub(crate) fn setresuid(_: &Process, real: u32, effective: u32, saved: u32) -> Outcome {
    keep(&[real, effective, saved], user())
}

pub(crate) fn setresgid(_: &Process, real: u32, effective: u32, saved: u32) -> Outcome {
    keep(&[real, effective, saved], group())
}

/// Returns the one before, which stays.
pub(crate) fn setfsuid(_: &Process) -> Outcome {
    Ok(user().into())
}

pub(crate) fn setfsgid(_: &Process) -> Outcome {
    Ok(group().into())
}

pub(crate) fn setgroups(_: &Process) -> Outcome {
    Err(Errno::PERM)
}

/// The ordinary personality: no other can be had.
pub(crate) fn personality(_: &Process, wish: u32) -> Outcome {
    const ASK: u32 = 0xffff_ffff;
    if wish == 0 || wish == ASK { Ok(0) } else { Err(Errno::INVAL) }
}

/// `_LINUX_CAPABILITY_VERSION_3`, and the sets that come with it: effective,
/// permitted, inheritable, each in two halves.
const VERSION: u32 = 0x2008_0522;
const SETS_SIZE: usize = 24;

/// Reads the header; the process that it is about.
fn capability_header(process: &Process, header: u64) -> Result<i32, Errno> {
    if process.read_u32(header)? != VERSION {
        process.write_bytes(header, &VERSION.to_ne_bytes())?;
        return Err(Errno::INVAL);
    }
    Ok(process.read_u32(header.wrapping_add(4))?.cast_signed())
}

/// It has no capabilities: what it may, the policy says.
pub(crate) fn capget(process: &Process, header: u64, sets: u64) -> Outcome {
    check_own(process, capability_header(process, header)?)?;
    process.write_optional(sets, &[0; SETS_SIZE])?;
    Ok(0)
}

pub(crate) fn capset(process: &Process, header: u64, sets: u64) -> Outcome {
    check_own(process, capability_header(process, header)?)?;
    let wishes: [u8; SETS_SIZE] = process.read_array(sets)?;
    if wishes == [0; SETS_SIZE] { Ok(0) } else { Err(Errno::PERM) }
}
