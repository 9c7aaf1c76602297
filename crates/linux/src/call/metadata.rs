//! What is known about files: status, permissions, times.

use crate::{
    fs::{Entry, File, FileKind, Last},
    process::Process,
    table::Outcome,
    user::Bytes,
};
use rustix::{
    fs::{Access, AtFlags, Mode, Stat, StatxFlags, Timespec, Timestamps, fstat as host_fstat, statat},
    io::Errno,
};
use std::{ffi::CStr, os::fd::AsFd, sync::atomic::Ordering};

const CWD: i32 = libc::AT_FDCWD;
/// Mode of a directory that exists only in the mount table.
const VIRTUAL_MODE: u32 = libc::S_IFDIR | 0o555;

/// What stat(2) is asked about.
enum Subject {
    Host(Box<Stat>),
    Virtual,
}

fn subject_of_file(file: &File) -> Result<Subject, Errno> {
    match &file.kind {
        FileKind::Virtual(_) => Ok(Subject::Virtual),
        _ => Ok(Subject::Host(Box::new(host_fstat(file.fd()?)?))),
    }
}

/// Follows `AT_SYMLINK_NOFOLLOW` and `AT_EMPTY_PATH` (with an empty path the
/// descriptor itself is meant).
fn subject(process: &Process, dir: i32, path: &CStr, flags: AtFlags) -> Result<Subject, Errno> {
    if path.is_empty() && flags.contains(AtFlags::EMPTY_PATH) {
        if dir != CWD {
            return subject_of_file(&*process.files.get(dir)?);
        }
        return subject(process, CWD, c".", flags);
    }
    let last = if flags.contains(AtFlags::SYMLINK_NOFOLLOW) { Last::Keep } else { Last::Follow };
    match process.files.resolve(dir, path, last)? {
        Entry::Virtual { .. } => Ok(Subject::Virtual),
        Entry::Host { directory, name, .. } => {
            Ok(Subject::Host(Box::new(statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?)))
        }
    }
}

/// `struct stat` of x86-64.
fn encode(subject: &Subject) -> Vec<u8> {
    match subject {
        Subject::Virtual => Bytes::new().zero(8).u64(1).u64(2).u32(VIRTUAL_MODE).pad_to(144),
        Subject::Host(stat) => Bytes::new()
            .u64(stat.st_dev)
            .u64(stat.st_ino)
            .u64(stat.st_nlink)
            .u32(stat.st_mode)
            .u32(stat.st_uid)
            .u32(stat.st_gid)
            .zero(4)
            .u64(stat.st_rdev)
            .i64(stat.st_size)
            .i64(stat.st_blksize)
            .i64(stat.st_blocks)
            .i64(stat.st_atime)
            .u64(stat.st_atime_nsec)
            .i64(stat.st_mtime)
            .u64(stat.st_mtime_nsec)
            .i64(stat.st_ctime)
            .u64(stat.st_ctime_nsec)
            .pad_to(144),
    }
}

pub(crate) fn stat(process: &Process, path: u64, buffer: u64) -> Outcome {
    newfstatat(process, CWD, path, buffer, 0)
}

pub(crate) fn lstat(process: &Process, path: u64, buffer: u64) -> Outcome {
    newfstatat(process, CWD, path, buffer, AtFlags::SYMLINK_NOFOLLOW.bits())
}

pub(crate) fn fstat(process: &Process, fd: i32, buffer: u64) -> Outcome {
    let subject = subject_of_file(&*process.files.get(fd)?)?;
    process.write_bytes(buffer, &encode(&subject))?;
    Ok(0)
}

pub(crate) fn newfstatat(process: &Process, dir: i32, path: u64, buffer: u64, flags: u32) -> Outcome {
    let known = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH | AtFlags::NO_AUTOMOUNT;
    let flags = AtFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    let path = process.read_path(path)?;
    let subject = subject(process, dir, &path, flags)?;
    process.write_bytes(buffer, &encode(&subject))?;
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
    let subject = subject(process, dir, &path, flags)?;
    process.write_bytes(buffer, &encode_statx(&subject))?;
    Ok(0)
}

/// `struct statx`, with what `struct stat` knows: more than was asked for, as
/// statx(2) allows.
fn encode_statx(subject: &Subject) -> Vec<u8> {
    let basic = StatxFlags::BASIC_STATS.bits();
    match subject {
        Subject::Virtual => {
            Bytes::new().u32(basic).u32(4096).zero(8).u32(2).zero(8).u16(VIRTUAL_MODE as u16).zero(2).u64(1).pad_to(256)
        }
        Subject::Host(stat) => {
            let time = |bytes: Bytes, seconds: i64, nanos: u64| bytes.i64(seconds).u32(nanos as u32).zero(4);
            let mut bytes = Bytes::new()
                .u32(basic)
                .u32(u32::try_from(stat.st_blksize).unwrap_or(4096))
                .zero(8)
                .u32(u32::try_from(stat.st_nlink).unwrap_or(u32::MAX))
                .u32(stat.st_uid)
                .u32(stat.st_gid)
                .u16((stat.st_mode & 0xffff) as u16)
                .zero(2)
                .u64(stat.st_ino)
                .i64(stat.st_size)
                .i64(stat.st_blocks)
                .zero(8);
            bytes = time(bytes, stat.st_atime, stat.st_atime_nsec);
            bytes = time(bytes, 0, 0); // birth
            bytes = time(bytes, stat.st_ctime, stat.st_ctime_nsec);
            bytes = time(bytes, stat.st_mtime, stat.st_mtime_nsec);
            bytes
                .u32(rustix::fs::major(stat.st_rdev))
                .u32(rustix::fs::minor(stat.st_rdev))
                .u32(rustix::fs::major(stat.st_dev))
                .u32(rustix::fs::minor(stat.st_dev))
                .pad_to(256)
        }
    }
}

pub(crate) fn statfs(process: &Process, path: u64, buffer: u64) -> Outcome {
    let path = process.read_path(path)?;
    let file = process.files.open(CWD, &path, rustix::fs::OFlags::PATH, Mode::empty())?;
    put_statfs(process, &file, buffer)
}

pub(crate) fn fstatfs(process: &Process, fd: i32, buffer: u64) -> Outcome {
    let file = process.files.get(fd)?;
    put_statfs(process, &file, buffer)
}

fn put_statfs(process: &Process, file: &File, buffer: u64) -> Outcome {
    const SIZE: usize = 120;
    let bytes = match &file.kind {
        FileKind::Virtual(_) => Bytes::new().zero(8).u64(4096).pad_to(SIZE),
        _ => {
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
        }
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
    let mode = Access::from_bits(mode).ok_or(Errno::INVAL)?;
    let path = process.read_path(path)?;
    if path.is_empty() && flags.contains(AtFlags::EMPTY_PATH) {
        process.files.get(dir)?;
        return Ok(0);
    }
    let last = if flags.contains(AtFlags::SYMLINK_NOFOLLOW) { Last::Keep } else { Last::Follow };
    match process.files.resolve(dir, &path, last)? {
        Entry::Virtual { .. } if mode.contains(Access::WRITE_OK) => Err(Errno::ROFS),
        Entry::Virtual { .. } => Ok(0),
        Entry::Host { directory, name, writable, .. } => {
            // A link here is one that the walk left: its own mode is always rwx.
            statat(&directory, &name, AtFlags::SYMLINK_NOFOLLOW)?;
            rustix::fs::accessat(&directory, &name, mode, flags | AtFlags::SYMLINK_NOFOLLOW)?;
            if mode.contains(Access::WRITE_OK) && !writable { Err(Errno::ROFS) } else { Ok(0) }
        }
    }
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
    match &file.kind {
        FileKind::Standard(_) => Err(Errno::PERM),
        _ => {
            rustix::fs::fchmod(file.fd()?, settable(mode))?;
            Ok(0)
        }
    }
}

pub(crate) fn fchmodat(process: &Process, dir: i32, path: u64, mode: u32) -> Outcome {
    let path = process.read_path(path)?;
    process.files.resolve_writable(dir, &path, Last::Follow)?;
    // chmod follows links, so it is done on what was opened without following any.
    let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NONBLOCK;
    let file = process.files.open(dir, &path, flags, Mode::empty())?;
    file.check_writable()?;
    rustix::fs::fchmod(file.fd()?, settable(mode))?;
    Ok(0)
}

pub(crate) fn chown(process: &Process, path: u64) -> Outcome {
    fchownat(process, CWD, path)
}

/// Owners are the host's business: the file must exist, and then it is not
/// allowed, as for any user who is not root.
pub(crate) fn fchownat(process: &Process, dir: i32, path: u64) -> Outcome {
    let path = process.read_path(path)?;
    if !path.is_empty() {
        subject(process, dir, &path, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Err(Errno::PERM)
}

pub(crate) fn fchown(process: &Process, fd: i32) -> Outcome {
    process.files.get(fd)?;
    Err(Errno::PERM)
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
    match process.files.resolve_writable(dir, path, last)? {
        Entry::Virtual { .. } => Err(Errno::ROFS),
        Entry::Host { directory, name, .. } => {
            rustix::fs::utimensat(directory.as_fd(), name, times, AtFlags::SYMLINK_NOFOLLOW)?;
            Ok(0)
        }
    }
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
        if matches!(file.kind, FileKind::Standard(_)) {
            return Err(Errno::PERM);
        }
        rustix::fs::futimens(file.fd()?, &times)?;
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
