//! What belongs to no other subject.

use crate::{process::Process, table::Outcome, user::Bytes};
use rustix::{io::Errno, rand::GetRandomFlags};

/// `struct utsname`: six fields of 65 bytes. The kernel that programs see is
/// this layer; the release says which kernel's calls it follows.
pub(crate) fn uname(process: &Process, buffer: u64) -> Outcome {
    const FIELD: usize = 65;
    let bytes = ["Linux", "lfi", "6.1.0-lfi", "#1 LFI", "x86_64", "(none)"]
        .iter()
        .fold(Bytes::new(), |bytes, text| bytes.text(text, FIELD))
        .done();
    process.write_bytes(buffer, &bytes)?;
    Ok(0)
}

pub(crate) fn sysinfo(process: &Process, buffer: u64) -> Outcome {
    let host = rustix::system::sysinfo();
    let bytes = Bytes::new()
        .u64(process.started.elapsed().as_secs())
        .zero(24) // loads
        .u64(host.totalram)
        .u64(host.freeram)
        .zero(32) // shared, buffers, swap
        .u16(1) // processes
        .zero(6)
        .zero(16) // high memory
        .u32(host.mem_unit)
        .pad_to(112);
    process.write_bytes(buffer, &bytes)?;
    Ok(0)
}

pub(crate) fn getrandom(process: &Process, buffer: u64, len: u64, flags: u32) -> Outcome {
    /// More would be pointless; a short count is allowed.
    const MOST: u64 = 64 << 10;
    let known = GetRandomFlags::NONBLOCK | GetRandomFlags::RANDOM | GetRandomFlags::INSECURE;
    let flags = GetRandomFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    let mut bytes = vec![0; len.min(MOST) as usize];
    let filled = process.random.fill(&mut bytes, flags)?;
    process.write_bytes(buffer, &bytes[..filled])?;
    Ok(filled as u64)
}
