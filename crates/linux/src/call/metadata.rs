//! What is known about files: status, permissions, times.

use crate::{
    fs::{File, Last, Scope, Status, Time},
    process::Process,
    table::Outcome,
    user::{Bytes, PathRoom},
};
use rustix::{
    fs::{Access, AtFlags, Mode, OFlags, StatxFlags, Timespec, Timestamps},
    io::Errno,
};
use std::{ffi::CStr, sync::atomic::Ordering};

const CWD: i32 = libc::AT_FDCWD;
/// Follows `AT_SYMLINK_NOFOLLOW` and `AT_EMPTY_PATH` (with an empty path the
/// descriptor itself is meant).
fn status(process: &Process, dir: i32, path: &CStr, flags: AtFlags) -> Result<Status, Errno> {
    if path.is_empty() && flags.contains(AtFlags::EMPTY_PATH) {
        if dir != CWD {
            return process.files.get(dir)?.status();
        }
        return status(process, CWD, c".", flags);
    }
    let last = if flags.contains(AtFlags::SYMLINK_NOFOLLOW) { Last::Keep } else { Last::Follow };
    process.files.status(process, dir, path, last)
}

/// `struct stat` of x86-64.
fn encode(status: &Status) -> Vec<u8> {
    let time = |bytes: Bytes, time: Time| bytes.i64(time.seconds).u64(time.nanoseconds.into());
    let bytes = Bytes::new()
        .u64(status.device)
        .u64(status.inode)
        .u64(status.links)
        .u32(status.mode)
        .u32(status.user)
        .u32(status.group)
        .zero(4)
        .u64(status.special)
        .i64(status.size)
        .i64(status.block_size)
        .i64(status.blocks);
    time(time(time(bytes, status.accessed), status.modified), status.changed).pad_to(144)
}

pub(crate) fn stat(process: &Process, path: u64, buffer: u64) -> Outcome {
    newfstatat(process, CWD, path, buffer, 0)
}

pub(crate) fn lstat(process: &Process, path: u64, buffer: u64) -> Outcome {
    newfstatat(process, CWD, path, buffer, AtFlags::SYMLINK_NOFOLLOW.bits())
}

pub(crate) fn fstat(process: &Process, fd: i32, buffer: u64) -> Outcome {
    process.write_bytes(buffer, &encode(&process.files.get(fd)?.status()?))?;
    Ok(0)
}

pub(crate) fn newfstatat(process: &Process, dir: i32, path: u64, buffer: u64, flags: u32) -> Outcome {
    let known = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH | AtFlags::NO_AUTOMOUNT;
    let flags = AtFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    let mut room = PathRoom::new();
    let path = process.read_path_into(path, &mut room)?;
    process.write_bytes(buffer, &encode(&status(process, dir, path, flags)?))?;
    Ok(0)
}

pub(crate) fn statx(process: &Process, dir: i32, path: u64, flags: u32, mask: u32, buffer: u64) -> Outcome {
    /// `AT_STATX_FORCE_SYNC` and `AT_STATX_DONT_SYNC`.
    const SYNC: u32 = 0x6000;
    let known = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH | AtFlags::NO_AUTOMOUNT;
    let flags = AtFlags::from_bits(flags & !SYNC).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    if mask & 0x8000_0000 != 0 {
        return Err(Errno::INVAL);
    }
    let path = process.read_path(path)?;
    process.write_bytes(buffer, &encode_statx(&status(process, dir, &path, flags)?))?;
    Ok(0)
}

/// `struct statx`, with what `struct stat` knows: more than was asked for, as
/// statx(2) allows.
fn encode_statx(status: &Status) -> Vec<u8> {
    let time = |bytes: Bytes, time: Time| bytes.i64(time.seconds).u32(time.nanoseconds).zero(4);
    let mut bytes = Bytes::new()
        .u32(StatxFlags::BASIC_STATS.bits())
        .u32(u32::try_from(status.block_size).unwrap_or(4096))
        .zero(8)
        .u32(u32::try_from(status.links).unwrap_or(u32::MAX))
        .u32(status.user)
        .u32(status.group)
        .u16((status.mode & 0xffff) as u16)
        .zero(2)
        .u64(status.inode)
        .i64(status.size)
        .i64(status.blocks)
        .zero(8);
    for when in [status.accessed, Time::default(), status.changed, status.modified] {
        bytes = time(bytes, when); // the second is its birth, which is not told
    }
    bytes
        .u32(rustix::fs::major(status.special))
        .u32(rustix::fs::minor(status.special))
        .u32(rustix::fs::major(status.device))
        .u32(rustix::fs::minor(status.device))
        .pad_to(256)
}

pub(crate) fn statfs(process: &Process, path: u64, buffer: u64) -> Outcome {
    let path = process.read_path(path)?;
    let file = process.files.open(process, CWD, &path, OFlags::PATH, Mode::empty(), Scope::default())?;
    put_statfs(process, &file, buffer)
}

pub(crate) fn fstatfs(process: &Process, fd: i32, buffer: u64) -> Outcome {
    let file = process.files.get(fd)?;
    put_statfs(process, &file, buffer)
}

fn put_statfs(process: &Process, file: &File, buffer: u64) -> Outcome {
    const SIZE: usize = 120;
    /// `TMPFS_MAGIC`
    const MEMORY: i64 = 0x0102_1994;
    const BLOCK: u64 = 4096;
    let bytes = if let Some(node) = &file.node {
        let ((size, left), (nodes, free)) = (node.space().room(), node.space().nodes());
        let (size, left) = (size / BLOCK, left / BLOCK);
        let bytes = Bytes::new().i64(MEMORY).u64(BLOCK).u64(size).u64(left).u64(left).u64(nodes).u64(free);
        bytes.zero(8).u64(255).u64(BLOCK).pad_to(SIZE)
    } else {
        let s = rustix::fs::fstatfs(file.fd()?)?;
        Bytes::new()
            .i64(s.f_type)
            .i64(s.f_bsize)
            .u64(s.f_blocks)
            .u64(s.f_bfree)
            .u64(s.f_bavail)
            .u64(s.f_files)
            .u64(s.f_ffree)
            .zero(8)
            .i64(s.f_namelen)
            .i64(s.f_frsize)
            .pad_to(SIZE)
    };
    process.write_bytes(buffer, &bytes)?;
    Ok(0)
}

pub(crate) fn access(process: &Process, path: u64, mode: u32) -> Outcome {
    faccessat2(process, CWD, path, mode, 0)
}

pub(crate) fn faccessat(process: &Process, dir: i32, path: u64, mode: u32) -> Outcome {
    faccessat2(process, dir, path, mode, 0)
}

pub(crate) fn faccessat2(process: &Process, dir: i32, path: u64, mode: u32, flags: u32) -> Outcome {
    let known = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EACCESS | AtFlags::EMPTY_PATH;
    let flags = AtFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    let mode = Access::from_bits(mode).filter(|_| mode <= 7).ok_or(Errno::INVAL)?;
    let path = process.read_path(path)?;
    if path.is_empty() && flags.contains(AtFlags::EMPTY_PATH) {
        process.files.get(dir)?;
        return Ok(0);
    }
    let last = if flags.contains(AtFlags::SYMLINK_NOFOLLOW) { Last::Keep } else { Last::Follow };
    process.files.resolve(dir, &path, last)?.check_access(process, mode, flags)?;
    Ok(0)
}

pub(crate) fn chmod(process: &Process, path: u64, mode: u32) -> Outcome {
    fchmodat(process, CWD, path, mode)
}

/// No set-id bits: they would mean something to the host.
fn settable(mode: u32) -> Mode {
    Mode::from_bits_truncate(mode & 0o1777)
}

pub(crate) fn fchmod(process: &Process, fd: i32, mode: u32) -> Outcome {
    let file = process.files.get(fd)?;
    file.check_writable()?;
    file.check_own(Errno::PERM)?;
    match &file.node {
        Some(node) => node.set_permissions(settable(mode).bits()),
        None => rustix::fs::fchmod(file.fd()?, settable(mode))?,
    }
    Ok(0)
}

pub(crate) fn fchmodat(process: &Process, dir: i32, path: u64, mode: u32) -> Outcome {
    let path = process.read_path(path)?;
    process.files.resolve_writable(dir, &path, Last::Follow)?.set_mode(settable(mode))?;
    Ok(0)
}

/// glibc and musl ask this first when they are to change a link itself.
pub(crate) fn fchmodat2(process: &Process, dir: i32, path: u64, mode: u32, flags: u32) -> Outcome {
    let flags = AtFlags::from_bits(flags).filter(|f| AtFlags::SYMLINK_NOFOLLOW.contains(*f)).ok_or(Errno::INVAL)?;
    let path = process.read_path(path)?;
    let last = if flags.is_empty() { Last::Follow } else { Last::Keep };
    process.files.resolve_writable(dir, &path, last)?.set_mode(settable(mode))?;
    Ok(0)
}

pub(crate) fn chown(process: &Process, path: u64, user: u32, group: u32) -> Outcome {
    fchownat(process, CWD, path, user, group, 0)
}

pub(crate) fn lchown(process: &Process, path: u64, user: u32, group: u32) -> Outcome {
    fchownat(process, CWD, path, user, group, AtFlags::SYMLINK_NOFOLLOW.bits())
}

pub(crate) fn fchownat(process: &Process, dir: i32, path: u64, user: u32, group: u32, flags: u32) -> Outcome {
    let known = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH;
    let flags = AtFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    let path = process.read_path(path)?;
    check_owner(&status(process, dir, &path, flags)?, user, group)
}

pub(crate) fn fchown(process: &Process, fd: i32, user: u32, group: u32) -> Outcome {
    check_owner(&process.files.get(fd)?.status()?, user, group)
}

/// Owners are the host's business: what leaves them as they are is granted.
fn check_owner(status: &Status, user: u32, group: u32) -> Outcome {
    const KEEP: u32 = u32::MAX;
    let same = |wish: u32, present: u32| wish == KEEP || wish == present;
    if same(user, status.user) && same(group, status.group) { Ok(0) } else { Err(Errno::PERM) }
}

/// `UTIME_NOW` for both times.
const NOW: Timestamps = Timestamps {
    last_access: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW },
    last_modification: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW },
};

fn timespecs(process: &Process, times: u64, micros: bool) -> Result<Timestamps, Errno> {
    if times == 0 {
        return Ok(NOW);
    }
    let read = |at: u64| -> Result<Timespec, Errno> {
        let tv_sec = process.read_u64(at)?.cast_signed();
        let part = process.read_u64(at.wrapping_add(8))?.cast_signed();
        let tv_nsec = if micros {
            if !(0..1_000_000).contains(&part) {
                return Err(Errno::INVAL);
            }
            part * 1000
        } else {
            part
        };
        Ok(Timespec { tv_sec, tv_nsec })
    };
    Ok(Timestamps { last_access: read(times)?, last_modification: read(times.wrapping_add(16))? })
}

fn set_times(process: &Process, dir: i32, path: &CStr, last: Last, times: &Timestamps) -> Outcome {
    process.files.resolve_writable(dir, path, last)?.set_times(times)?;
    Ok(0)
}

pub(crate) fn utimensat(process: &Process, dir: i32, path: u64, times: u64, flags: u32) -> Outcome {
    let known = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH;
    let flags = AtFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    let times = timespecs(process, times, false)?;
    let path = if path == 0 { c"".to_owned() } else { process.read_path(path)? };
    if path.is_empty() {
        // futimens
        let file = process.files.get(dir)?;
        file.check_writable()?;
        file.check_own(Errno::PERM)?;
        match &file.node {
            Some(node) => node.set_times(&times)?,
            None => rustix::fs::futimens(file.fd()?, &times)?,
        }
        return Ok(0);
    }
    let last = if flags.contains(AtFlags::SYMLINK_NOFOLLOW) { Last::Keep } else { Last::Follow };
    set_times(process, dir, &path, last, &times)
}

pub(crate) fn utimes(process: &Process, path: u64, times: u64) -> Outcome {
    futimesat(process, CWD, path, times)
}

pub(crate) fn futimesat(process: &Process, dir: i32, path: u64, times: u64) -> Outcome {
    let times = timespecs(process, times, true)?;
    let path = process.read_path(path)?;
    set_times(process, dir, &path, Last::Follow, &times)
}

pub(crate) fn utime(process: &Process, path: u64, times: u64) -> Outcome {
    let path = process.read_path(path)?;
    let times = if times == 0 {
        NOW
    } else {
        let seconds = |at| process.read_u64(at).map(|s| Timespec { tv_sec: s.cast_signed(), tv_nsec: 0 });
        Timestamps { last_access: seconds(times)?, last_modification: seconds(times.wrapping_add(8))? }
    };
    set_times(process, CWD, &path, Last::Follow, &times)
}

pub(crate) fn umask(process: &Process, mode: u32) -> Outcome {
    Ok(process.umask.swap(mode & 0o777, Ordering::Relaxed).into())
}
