//! Names: opening, directories, links.

use crate::{
    fs::{Entry, FileKind, Last},
    host,
    process::Process,
    table::Outcome,
    user::{Bytes, PATH_MAX},
};
use rustix::{
    fs::{AtFlags, Mode, OFlags, RenameFlags},
    io::Errno,
};
use std::{
    ffi::{CStr, CString},
    os::fd::OwnedFd,
    sync::{Arc, atomic::Ordering},
};

const CWD: i32 = libc::AT_FDCWD;

/// What open(2) names and the layer supports. `O_TMPFILE` is not among them:
/// it is `O_DIRECTORY` and another bit.
const OPEN_FLAGS: OFlags = OFlags::RWMODE
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOCTTY)
    .union(OFlags::TRUNC)
    .union(OFlags::APPEND)
    .union(OFlags::NONBLOCK)
    .union(OFlags::SYNC)
    .union(OFlags::DSYNC)
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NOATIME)
    .union(OFlags::CLOEXEC)
    .union(OFlags::PATH);
/// Advice or history, taken and left out: `O_LARGEFILE`, `O_ASYNC`, `O_DIRECT`.
const OPEN_IGNORED: u32 = 0o100_000 | 0o20_000 | 0o40_000;

pub(crate) fn open(process: &Process, path: u64, flags: u32, mode: u32) -> Outcome {
    openat(process, CWD, path, flags, mode)
}

pub(crate) fn creat(process: &Process, path: u64, mode: u32) -> Outcome {
    openat(process, CWD, path, (OFlags::CREATE | OFlags::WRONLY | OFlags::TRUNC).bits(), mode)
}

pub(crate) fn openat(process: &Process, dir: i32, path: u64, flags: u32, mode: u32) -> Outcome {
    let path = process.read_path(path)?;
    let mut flags = OFlags::from_bits_retain(flags & !OPEN_IGNORED);
    if !OPEN_FLAGS.contains(flags) || flags.contains(OFlags::RWMODE) {
        return Err(Errno::INVAL);
    }
    if flags.contains(OFlags::PATH) {
        // The kernel ignores all others then.
        flags &= OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    }
    let close_on_exec = flags.contains(OFlags::CLOEXEC);
    let file = process.files.open(dir, &path, flags, created_mode(process, mode))?;
    let fd = process.files.insert(Arc::new(file), 0, close_on_exec)?;
    u64::try_from(fd).map_err(|_| Errno::MFILE)
}

/// The mode of something new: the program's umask, and no set-id bits, which
/// would mean something to the host.
fn created_mode(process: &Process, mode: u32) -> Mode {
    Mode::from_bits_truncate(mode & 0o1777 & !process.umask.load(Ordering::Relaxed))
}

/// A directory and a name in it, for a call that changes it.
struct Changed {
    directory: OwnedFd,
    name: CString,
    mount: usize,
    slash: bool,
}

/// Refuses the names that lead to a mount: a name moved away, removed or put in
/// the place of another there would uncover what the mount covers.
fn changed(process: &Process, dir: i32, path: &CStr, last: Last) -> Result<Changed, Errno> {
    match process.files.resolve_writable(dir, path, last)? {
        Entry::Host { path, .. } if process.files.mounts.leads_to_mount(&path) => Err(Errno::BUSY),
        Entry::Host { directory, name, mount, slash, .. } => Ok(Changed { directory, name, mount, slash }),
        Entry::Virtual { .. } => Err(Errno::ROFS),
    }
}

pub(crate) fn mkdir(process: &Process, path: u64, mode: u32) -> Outcome {
    mkdirat(process, CWD, path, mode)
}

pub(crate) fn mkdirat(process: &Process, dir: i32, path: u64, mode: u32) -> Outcome {
    let path = process.read_path(path)?;
    let mode = created_mode(process, mode);
    match process.files.resolve(dir, &path, Last::Keep)? {
        // What exists says so first, read-only or not (`mkdir -p` depends on it).
        Entry::Virtual { .. } => Err(Errno::EXIST),
        Entry::Host { directory, name, writable: false, .. } => {
            match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(_) => Err(Errno::EXIST),
                Err(Errno::NOENT) => Err(Errno::ROFS),
                Err(errno) => Err(errno),
            }
        }
        Entry::Host { directory, name, .. } => {
            rustix::fs::mkdirat(directory, name, mode)?;
            Ok(0)
        }
    }
}

pub(crate) fn rmdir(process: &Process, path: u64) -> Outcome {
    unlinkat(process, CWD, path, AtFlags::REMOVEDIR.bits())
}

pub(crate) fn unlink(process: &Process, path: u64) -> Outcome {
    unlinkat(process, CWD, path, 0)
}

pub(crate) fn unlinkat(process: &Process, dir: i32, path: u64, flags: u32) -> Outcome {
    let path = process.read_path(path)?;
    let flags = AtFlags::from_bits(flags).filter(|f| AtFlags::REMOVEDIR.contains(*f)).ok_or(Errno::INVAL)?;
    let at = changed(process, dir, &path, Last::Keep)?;
    if at.slash && !flags.contains(AtFlags::REMOVEDIR) {
        return Err(Errno::NOTDIR);
    }
    rustix::fs::unlinkat(at.directory, at.name, flags)?;
    Ok(0)
}

pub(crate) fn rename(process: &Process, path: u64, new_path: u64) -> Outcome {
    renameat2(process, CWD, path, CWD, new_path, 0)
}

pub(crate) fn renameat(process: &Process, dir: i32, path: u64, new_dir: i32, new_path: u64) -> Outcome {
    renameat2(process, dir, path, new_dir, new_path, 0)
}

pub(crate) fn renameat2(process: &Process, dir: i32, path: u64, new_dir: i32, new_path: u64, flags: u32) -> Outcome {
    let (path, new_path) = (process.read_path(path)?, process.read_path(new_path)?);
    let known = RenameFlags::NOREPLACE | RenameFlags::EXCHANGE;
    let flags = RenameFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    let old = changed(process, dir, &path, Last::Keep)?;
    let new = changed(process, new_dir, &new_path, Last::Keep)?;
    // Mounts are file systems of their own, wherever the host has them.
    if old.mount != new.mount {
        return Err(Errno::XDEV);
    }
    rustix::fs::renameat_with(old.directory, old.name, new.directory, new.name, flags)?;
    Ok(0)
}

pub(crate) fn link(process: &Process, path: u64, new_path: u64) -> Outcome {
    linkat(process, CWD, path, CWD, new_path, 0)
}

pub(crate) fn linkat(process: &Process, dir: i32, path: u64, new_dir: i32, new_path: u64, flags: u32) -> Outcome {
    let (path, new_path) = (process.read_path(path)?, process.read_path(new_path)?);
    let flags = AtFlags::from_bits(flags).filter(|f| AtFlags::SYMLINK_FOLLOW.contains(*f)).ok_or(Errno::INVAL)?;
    let last = if flags.contains(AtFlags::SYMLINK_FOLLOW) { Last::Follow } else { Last::Keep };
    let old = changed(process, dir, &path, last)?;
    let new = changed(process, new_dir, &new_path, Last::Keep)?;
    if old.mount != new.mount {
        return Err(Errno::XDEV);
    }
    rustix::fs::linkat(old.directory, old.name, new.directory, new.name, AtFlags::empty())?;
    Ok(0)
}

pub(crate) fn symlink(process: &Process, target: u64, path: u64) -> Outcome {
    symlinkat(process, target, CWD, path)
}

pub(crate) fn symlinkat(process: &Process, target: u64, dir: i32, path: u64) -> Outcome {
    let (target, path) = (process.read_path(target)?, process.read_path(path)?);
    let at = changed(process, dir, &path, Last::Keep)?;
    rustix::fs::symlinkat(target, at.directory, at.name)?;
    Ok(0)
}

pub(crate) fn readlink(process: &Process, path: u64, buffer: u64, size: u64) -> Outcome {
    readlinkat(process, CWD, path, buffer, size)
}

pub(crate) fn readlinkat(process: &Process, dir: i32, path: u64, buffer: u64, size: u64) -> Outcome {
    let path = process.read_path(path)?;
    if size == 0 || size > i32::MAX as u64 {
        return Err(Errno::INVAL);
    }
    let target = match process.files.resolve(dir, &path, Last::Keep)? {
        Entry::Host { directory, name, .. } => rustix::fs::readlinkat(directory, name, Vec::new())?,
        Entry::Virtual { .. } => return Err(Errno::INVAL),
    };
    let target = target.as_bytes();
    let shown = &target[..target.len().min(size as usize)];
    process.write_bytes(buffer, shown)?;
    Ok(shown.len() as u64)
}

pub(crate) fn getcwd(process: &Process, buffer: u64, size: u64) -> Outcome {
    let mut path = process.files.working_directory();
    path.push(0);
    if (path.len() as u64) > size {
        return Err(Errno::RANGE);
    }
    process.write_bytes(buffer, &path)?;
    Ok(path.len() as u64)
}

pub(crate) fn chdir(process: &Process, path: u64) -> Outcome {
    let path = process.read_path(path)?;
    process.files.change_directory(&path)?;
    Ok(0)
}

pub(crate) fn fchdir(process: &Process, fd: i32) -> Outcome {
    process.files.change_directory_to(fd)?;
    Ok(0)
}

pub(crate) fn getdents64(process: &Process, fd: i32, buffer: u64, count: u32) -> Outcome {
    const MOST: usize = 64 << 10;
    let file = process.files.get(fd)?;
    let directory = file.directory()?;
    let count = (count as usize).min(MOST);
    let FileKind::Virtual(_) = file.kind else {
        let mut records = vec![0; count];
        let len = host::directory_entries(file.fd()?, &mut records)?;
        process.write_bytes(buffer, &records[..len])?;
        return Ok(len as u64);
    };

    let mut names = vec![b".".to_vec(), b"..".to_vec()];
    names.extend(process.files.mounts.children(&directory.path));
    let mut records = Vec::new();
    while let Some(name) = names.get(directory.shown.load(Ordering::Relaxed)) {
        // getdents(2): inode, offset of the next one, size, type, name, padding to 8.
        let size = (19 + name.len().min(PATH_MAX) + 1).next_multiple_of(8);
        if records.len() + size > count {
            break;
        }
        let index = directory.next() as u64;
        let mut record = Bytes::new().u64(index + 1).u64(index + 1).u16(size as u16).done();
        record.push(libc::DT_DIR);
        record.extend(name);
        record.resize(size, 0);
        records.extend(record);
    }
    if records.is_empty() && directory.shown.load(Ordering::Relaxed) < names.len() {
        return Err(Errno::INVAL);
    }
    process.write_bytes(buffer, &records)?;
    Ok(records.len() as u64)
}
