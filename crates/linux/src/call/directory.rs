//! Names: opening, directories, links.

use crate::{
    fs::{Entry, FileKind, Last, Listed, New, Scope},
    holder::Holder,
    host,
    process::Process,
    table::Outcome,
    user::{Bytes, PATH_MAX, PathRoom, word},
};
use lfi_runtime::PAGE_SIZE;
use rustix::{
    fs::{AtFlags, Mode, OFlags, RenameFlags, ResolveFlags},
    io::Errno,
};
use std::{
    ffi::{CStr, CString},
    sync::atomic::Ordering,
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

pub(crate) fn open(process: &mut Holder, path: u64, flags: u32, mode: u32) -> Outcome {
    openat(process, CWD, path, flags, mode)
}

pub(crate) fn creat(process: &mut Holder, path: u64, mode: u32) -> Outcome {
    openat(process, CWD, path, (OFlags::CREATE | OFlags::WRONLY | OFlags::TRUNC).bits(), mode)
}

pub(crate) fn openat(process: &mut Holder, dir: i32, path: u64, flags: u32, mode: u32) -> Outcome {
    let mode = created_mode(process, mode);
    open_within(process, dir, path, flags & !OPEN_IGNORED, mode, Scope::default())
}

/// openat2(2): unknown flags and what the rest of a longer structure holds are
/// errors, as are modes that mean nothing.
pub(crate) fn openat2(process: &mut Holder, dir: i32, path: u64, how: u64, size: u64) -> Outcome {
    const SIZE: usize = 24; // struct open_how: flags, mode, resolve
    if size < SIZE as u64 {
        return Err(Errno::INVAL);
    }
    if size > PAGE_SIZE {
        return Err(Errno::TOOBIG);
    }
    let mut raw = vec![0; size as usize];
    process.read_bytes(how, &mut raw)?;
    if raw[SIZE..].iter().any(|&b| b != 0) {
        return Err(Errno::TOOBIG);
    }
    let word = |at: usize| word(&raw, at);
    let (flags, mode, resolve) = (word(0), word(8), word(16));
    let known = ResolveFlags::BENEATH
        | ResolveFlags::IN_ROOT
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::NO_XDEV
        | ResolveFlags::CACHED;
    let resolve = ResolveFlags::from_bits(resolve).filter(|r| known.contains(*r)).ok_or(Errno::INVAL)?;
    let flags = u32::try_from(flags).map_err(|_| Errno::INVAL)?;
    if mode & !0o7777 != 0 || mode != 0 && flags & OFlags::CREATE.bits() == 0 {
        return Err(Errno::INVAL);
    }
    if resolve.contains(ResolveFlags::BENEATH | ResolveFlags::IN_ROOT) {
        return Err(Errno::INVAL);
    }
    if resolve.contains(ResolveFlags::CACHED) {
        return Err(Errno::AGAIN);
    }
    let scope = Scope {
        in_root: resolve.contains(ResolveFlags::IN_ROOT),
        beneath: resolve.contains(ResolveFlags::BENEATH),
        no_links: resolve.contains(ResolveFlags::NO_SYMLINKS),
        no_magic: resolve.contains(ResolveFlags::NO_MAGICLINKS),
        one_mount: resolve.contains(ResolveFlags::NO_XDEV),
    };
    let mode = created_mode(process, mode as u32);
    open_within(process, dir, path, flags & !OPEN_IGNORED, mode, scope)
}

fn open_within(process: &mut Holder, dir: i32, path: u64, flags: u32, mode: Mode, scope: Scope) -> Outcome {
    let limit = process.files.limit();
    let mut room = PathRoom::new();
    let path = process.read_path_into(path, &mut room)?;
    let mut flags = OFlags::from_bits_retain(flags);
    if !OPEN_FLAGS.contains(flags) || flags.contains(OFlags::RWMODE) {
        return Err(Errno::INVAL);
    }
    if flags.contains(OFlags::PATH) {
        // The kernel ignores all others then.
        flags &= OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    }
    if flags.contains(OFlags::CREATE | OFlags::DIRECTORY) {
        // Older kernels make a file, and then fail because it is no directory.
        return Err(Errno::INVAL);
    }
    let close_on_exec = flags.contains(OFlags::CLOEXEC);
    // Before anything is made, emptied or waited for.
    let free = process.with_table(|table| table.free(0, limit))?;
    let file = process.files.open(process, dir, path, flags, mode, scope)?;
    let fd = process.with_table(|table| table.insert(file, free, limit, close_on_exec))?;
    u64::try_from(fd).map_err(|_| Errno::MFILE)
}

/// The mode of something new: the program's umask, and no set-id bits, which
/// would mean something to the host.
pub(super) fn created_mode(process: &Process, mode: u32) -> Mode {
    Mode::from_bits_truncate(mode & 0o1777 & !process.umask.load(Ordering::Relaxed))
}

/// A name for a call that takes it away or puts something in its place. Refuses
/// those that lead to a mount: that would uncover what the mount covers.
fn changed(process: &Process, dir: i32, path: &CStr, last: Last) -> Result<Entry, Errno> {
    let text = path.to_bytes();
    let end = text.iter().rposition(|&b| b != b'/').map_or(text.len(), |at| at + 1);
    // A link is not followed here, slash or not.
    let slash = last == Last::Keep && end < text.len();
    let entry = if slash {
        let name = CString::new(&text[..end]).map_err(|_| Errno::INVAL)?;
        Entry { slash, ..process.files.resolve_writable(dir, &name, last)? }
    } else {
        process.files.resolve_writable(dir, path, last)?
    };
    if process.files.mounts.leads_to_mount(&entry.path) {
        return Err(Errno::BUSY);
    }
    entry.check_slash()?;
    Ok(entry)
}

/// Makes something at a path.
fn make(process: &Process, dir: i32, path: u64, new: New<'_>) -> Outcome {
    let path = process.read_path(path)?;
    process.files.resolve(dir, &path, Last::Keep)?.make(new)?;
    Ok(0)
}

pub(crate) fn mkdir(process: &Process, path: u64, mode: u32) -> Outcome {
    mkdirat(process, CWD, path, mode)
}

pub(crate) fn mkdirat(process: &Process, dir: i32, path: u64, mode: u32) -> Outcome {
    make(process, dir, path, New::Directory(created_mode(process, mode)))
}

pub(crate) fn mknod(process: &Process, path: u64, mode: u32) -> Outcome {
    mknodat(process, CWD, path, mode)
}

/// Files and fifos; devices are for the superuser, sockets for bind(2).
pub(crate) fn mknodat(process: &Process, dir: i32, path: u64, mode: u32) -> Outcome {
    let permissions = created_mode(process, mode);
    match mode & libc::S_IFMT {
        0 | libc::S_IFREG => make(process, dir, path, New::File(permissions)),
        libc::S_IFIFO => make(process, dir, path, New::Fifo(permissions)),
        libc::S_IFCHR | libc::S_IFBLK | libc::S_IFSOCK => Err(Errno::PERM),
        _ => Err(Errno::INVAL),
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
    at.remove(flags.contains(AtFlags::REMOVEDIR))?;
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
    old.rename(&new, flags)?;
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
    old.link(&new)?;
    Ok(0)
}

pub(crate) fn symlink(process: &Process, target: u64, path: u64) -> Outcome {
    symlinkat(process, target, CWD, path)
}

pub(crate) fn symlinkat(process: &Process, target: u64, dir: i32, path: u64) -> Outcome {
    let (target, path) = (process.read_path(target)?, process.read_path(path)?);
    let at = changed(process, dir, &path, Last::Keep)?;
    at.make(New::Link(&target))?;
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
    let target = if path.is_empty() {
        process
            .files
            .get(dir)
            .map_err(|errno| if dir == libc::AT_FDCWD { Errno::NOENT } else { errno })?
            .link_target()?
    } else {
        process.files.resolve(dir, &path, Last::Keep)?.read_link(process)?
    };
    let shown = &target[..target.len().min(size as usize)];
    process.write_bytes(buffer, shown)?;
    Ok(shown.len() as u64)
}

pub(crate) fn getcwd(process: &Process, buffer: u64, size: u64) -> Outcome {
    let mut path = process.files.working_directory()?;
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
    file.directory()?;
    let count = (count as usize).min(MOST);
    let FileKind::Memory(shown) = &file.kind else {
        let mut records = vec![0; count];
        let len = host::directory_entries(file.fd()?, &mut records)?;
        process.write_bytes(buffer, &records[..len])?;
        return Ok(len as u64);
    };

    let mut last = shown.load(Ordering::Relaxed);
    let list = file.list(process, last)?;
    let mut records = Vec::new();
    for Listed { number, inode, kind, name } in &list {
        // getdents(2): inode, where the next one is, size, type, name, padding to 8.
        let size = (19 + name.len().min(PATH_MAX) + 1).next_multiple_of(8);
        if records.len() + size > count {
            break;
        }
        let start = records.len();
        records.extend(Bytes::new().u64(*inode).u64(*number).u16(size as u16).done());
        records.push((kind >> 12) as u8);
        records.extend(name);
        records.resize(start + size, 0);
        last = *number;
    }
    if records.is_empty() && !list.is_empty() {
        return Err(Errno::INVAL);
    }
    process.write_bytes(buffer, &records)?;
    shown.store(last, Ordering::Relaxed);
    Ok(records.len() as u64)
}
