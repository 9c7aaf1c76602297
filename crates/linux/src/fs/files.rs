//! Open files and the descriptor table.
//!
//! A descriptor number of the program is an index into the table here. The
//! host's descriptors behind it are close-on-exec and never named.

use super::{
    mounts::{Mounts, Name, components},
    resolve::{Entry, Last, admit_file_system},
};
use crate::process::lock;
use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, statat},
    io::Errno,
};
use std::{
    collections::HashMap,
    ffi::CStr,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{
        Arc, Mutex, MutexGuard, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Most descriptors of a process (RLIMIT_NOFILE).
pub(crate) const MAX_FILES: usize = 1024;

/// An open file description.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) kind: FileKind,
    /// Whether it lies where the process may change things.
    pub(crate) writable: bool,
}

#[derive(Debug)]
pub(crate) enum FileKind {
    /// Standard input, output or error of the host. Its description is shared
    /// with the host and others, who keep their position, length, flags, locks
    /// and status: for the process it is a pipe. Only what is open to read and
    /// nothing else may be sought in.
    Standard(OwnedFd),
    /// Anything else but a directory.
    Plain(OwnedFd),
    /// A directory of the host.
    Directory(OwnedFd, Directory),
    /// A directory of the mount table.
    Virtual(Directory),
}

/// What a directory descriptor is for `openat` and friends.
#[derive(Debug)]
pub(crate) struct Directory {
    /// Canonical path.
    pub(crate) path: Vec<Name>,
    /// Entries that `getdents64` has shown, in a virtual directory.
    pub(crate) shown: AtomicUsize,
}

impl Directory {
    fn new(path: Vec<Name>) -> Self {
        Self { path, shown: AtomicUsize::new(0) }
    }

    /// Moves on to the next entry of a virtual directory and returns its index.
    pub(crate) fn next(&self) -> usize {
        self.shown.fetch_add(1, Ordering::Relaxed)
    }
}

impl File {
    fn standard(fd: OwnedFd) -> Self {
        Self { kind: FileKind::Standard(fd), writable: true }
    }

    /// The host's descriptor.
    pub(crate) fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        match &self.kind {
            FileKind::Standard(fd) | FileKind::Plain(fd) | FileKind::Directory(fd, _) => Ok(fd.as_fd()),
            FileKind::Virtual(_) => Err(Errno::ISDIR),
        }
    }

    /// The directory that this is.
    pub(crate) fn directory(&self) -> Result<&Directory, Errno> {
        match &self.kind {
            FileKind::Directory(_, directory) | FileKind::Virtual(directory) => Ok(directory),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// Fails with `errno` on a standard stream, which the host shares.
    pub(crate) fn check_own(&self, errno: Errno) -> Result<(), Errno> {
        if matches!(self.kind, FileKind::Standard(_)) { Err(errno) } else { Ok(()) }
    }

    /// Fails where the process may not change anything.
    pub(crate) fn check_writable(&self) -> Result<(), Errno> {
        if self.writable { Ok(()) } else { Err(Errno::ROFS) }
    }
}

#[derive(Clone, Debug)]
struct Slot {
    file: Arc<File>,
    close_on_exec: bool,
}

/// The files of a process: descriptors, mounts, working directory. Its threads
/// share them; the lock is held for no call of the host that could block.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) mounts: Mounts,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    slots: Vec<Option<Slot>>,
    /// Canonical path of the working directory.
    directory: Vec<Name>,
    /// By device and inode, the description that holds the process's record locks.
    lock_holders: HashMap<(u64, u64), Weak<File>>,
}

impl Table {
    fn slot(&mut self, fd: i32) -> Result<&mut Slot, Errno> {
        usize::try_from(fd).ok().and_then(|i| self.slots.get_mut(i)?.as_mut()).ok_or(Errno::BADF)
    }

    /// Returns what was there, which is closed when that is dropped.
    fn set(&mut self, index: usize, slot: Option<Slot>) -> Option<Slot> {
        if self.slots.len() <= index {
            self.slots.resize(index + 1, None);
        }
        std::mem::replace(&mut self.slots[index], slot)
    }
}

impl Files {
    /// The host's standard streams, or empty ones, and a working directory
    /// (which must exist; `/` by default).
    pub(crate) fn new(mounts: Mounts, directory: Option<&CStr>, streams: bool) -> Result<Self, Errno> {
        let mut table = Table::default();
        let (input, output, error) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
        for fd in [input.as_fd(), output.as_fd(), error.as_fd()] {
            let file = if streams {
                // A standard descriptor that the host does not have, the program does not have either.
                rustix::io::fcntl_dupfd_cloexec(fd, 0).ok().map(|fd| Arc::new(File::standard(fd)))
            } else {
                Some(empty_stream()?)
            };
            table.slots.push(file.map(|file| Slot { file, close_on_exec: false }));
        }
        let files = Self { mounts, table: Mutex::new(table) };
        if let Some(directory) = directory {
            files.change_directory(directory)?;
        }
        Ok(files)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    /// The file behind a descriptor.
    pub(crate) fn get(&self, fd: i32) -> Result<Arc<File>, Errno> {
        self.table().slot(fd).map(|slot| Arc::clone(&slot.file))
    }

    /// Gives a file the lowest free descriptor not below `least`.
    pub(crate) fn insert(&self, file: Arc<File>, least: usize, close_on_exec: bool) -> Result<i32, Errno> {
        let mut table = self.table();
        let free = (least..MAX_FILES).find(|&i| table.slots.get(i).is_none_or(Option::is_none)).ok_or(Errno::MFILE)?;
        table.set(free, Some(Slot { file, close_on_exec }));
        i32::try_from(free).map_err(|_| Errno::MFILE)
    }

    /// Makes `new` another name of the file behind `old`.
    pub(crate) fn replace(&self, old: i32, new: i32, close_on_exec: bool) -> Result<(), Errno> {
        let mut table = self.table();
        let file = Arc::clone(&table.slot(old)?.file);
        let index = usize::try_from(new).ok().filter(|&i| i < MAX_FILES).ok_or(Errno::BADF)?;
        let replaced = table.set(index, Some(Slot { file, close_on_exec }));
        // Closing may take its time.
        drop(table);
        drop(replaced);
        Ok(())
    }

    pub(crate) fn close(&self, fd: i32) -> Result<(), Errno> {
        let mut table = self.table();
        table.slot(fd)?;
        let index = usize::try_from(fd).map_err(|_| Errno::BADF)?;
        let closed = table.set(index, None);
        drop(table);
        drop(closed);
        Ok(())
    }

    /// The description that holds the process's record locks on what is behind
    /// `fd`: the first that asked and is still open. Locks of one description
    /// do not exclude each other, as those of a process do not.
    pub(crate) fn lock_holder(&self, fd: i32) -> Result<Arc<File>, Errno> {
        let file = self.get(fd)?;
        let stat = fstat(file.fd()?)?;
        let key = (stat.st_dev, stat.st_ino);
        let mut table = self.table();
        if let Some(holder) = table.lock_holders.get(&key).and_then(Weak::upgrade) {
            return Ok(holder);
        }
        table.lock_holders.retain(|_, holder| holder.strong_count() != 0);
        table.lock_holders.insert(key, Arc::downgrade(&file));
        Ok(file)
    }

    pub(crate) fn close_on_exec(&self, fd: i32) -> Result<bool, Errno> {
        self.table().slot(fd).map(|slot| slot.close_on_exec)
    }

    pub(crate) fn set_close_on_exec(&self, fd: i32, value: bool) -> Result<(), Errno> {
        self.table().slot(fd)?.close_on_exec = value;
        Ok(())
    }

    /// The canonical path that a directory descriptor (or `AT_FDCWD`) stands for.
    fn start(&self, dir: i32) -> Result<Vec<Name>, Errno> {
        if dir == libc::AT_FDCWD {
            Ok(self.table().directory.clone())
        } else {
            Ok(self.get(dir)?.directory()?.path.clone())
        }
    }

    /// A path as text, from the root: no link in it is followed.
    pub(crate) fn path_from_root(&self, dir: i32, path: &[u8]) -> Result<Vec<u8>, Errno> {
        let mut names = if path.starts_with(b"/") { Vec::new() } else { self.start(dir)? };
        for name in components(path) {
            if name == b".." {
                names.pop();
            } else {
                names.push(name.to_vec());
            }
        }
        Ok([b"/".as_slice(), &names.join(&b'/')].concat())
    }

    /// Resolves a path relative to a directory descriptor.
    pub(crate) fn resolve(&self, dir: i32, path: &CStr, last: Last) -> Result<Entry, Errno> {
        let path = path.to_bytes();
        // An absolute path does not look at the descriptor.
        let from = if path.starts_with(b"/") { Vec::new() } else { self.start(dir)? };
        self.mounts.resolve(&from, path, last)
    }

    /// Like [`Self::resolve`], for a call that changes something there.
    pub(crate) fn resolve_writable(&self, dir: i32, path: &CStr, last: Last) -> Result<Entry, Errno> {
        let entry = self.resolve(dir, path, last)?;
        match entry {
            Entry::Host { writable: true, .. } => Ok(entry),
            _ => Err(Errno::ROFS),
        }
    }

    /// The working directory as a path.
    pub(crate) fn working_directory(&self) -> Vec<u8> {
        let mut path = b"/".to_vec();
        path.extend(self.table().directory.join(&b'/'));
        path
    }

    /// Changes the working directory to a path.
    pub(crate) fn change_directory(&self, path: &CStr) -> Result<(), Errno> {
        let directory = self.find_directory(libc::AT_FDCWD, path)?;
        self.table().directory = directory;
        Ok(())
    }

    /// Changes the working directory to that of a descriptor.
    pub(crate) fn change_directory_to(&self, fd: i32) -> Result<(), Errno> {
        let directory = self.get(fd)?.directory()?.path.clone();
        self.table().directory = directory;
        Ok(())
    }

    fn find_directory(&self, dir: i32, path: &CStr) -> Result<Vec<Name>, Errno> {
        match self.resolve(dir, path, Last::Follow)? {
            Entry::Virtual { path } => Ok(path),
            Entry::Host { directory, name, path, .. } => {
                let stat = statat(&directory, &name, AtFlags::SYMLINK_NOFOLLOW)?;
                if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                    return Err(Errno::NOTDIR);
                }
                rustix::fs::accessat(&directory, &name, rustix::fs::Access::EXEC_OK, AtFlags::empty())?;
                Ok(path)
            }
        }
    }

    /// Opens a path. `flags` hold nothing but what open(2) names and the
    /// caller has checked.
    pub(crate) fn open(&self, dir: i32, path: &CStr, flags: OFlags, mode: Mode) -> Result<File, Errno> {
        let exclusive = flags.contains(OFlags::CREATE | OFlags::EXCL);
        let last = if exclusive || flags.contains(OFlags::NOFOLLOW) { Last::Keep } else { Last::Follow };
        let changes =
            flags.intersects(OFlags::CREATE | OFlags::TRUNC) || flags.intersection(OFlags::RWMODE) != OFlags::RDONLY;
        let entry = self.resolve(dir, path, last)?;
        let (directory, name, writable, slash, path) = match entry {
            Entry::Virtual { .. } if changes => return Err(Errno::ISDIR),
            Entry::Virtual { path } => {
                return Ok(File { kind: FileKind::Virtual(Directory::new(path)), writable: false });
            }
            Entry::Host { directory, name, writable, slash, path, .. } => (directory, name, writable, slash, path),
        };
        let mut flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
        if slash {
            if flags.contains(OFlags::CREATE) {
                return Err(Errno::ISDIR);
            }
            flags |= OFlags::DIRECTORY;
        }
        // Opening some devices does something: look first.
        let found = statat(&directory, &name, AtFlags::SYMLINK_NOFOLLOW);
        match &found {
            Ok(stat) => admit(stat)?,
            Err(Errno::NOENT) if flags.contains(OFlags::CREATE) => {}
            Err(errno) => return Err(*errno),
        }
        if !writable && changes {
            // As on a read-only file system: opening what exists to create it is no change.
            let only_create = flags.intersection(OFlags::RWMODE) == OFlags::RDONLY && !flags.contains(OFlags::TRUNC);
            if !(only_create && found.is_ok() && !exclusive) {
                return Err(Errno::ROFS);
            }
            flags -= OFlags::CREATE;
        }
        let fd = openat(&directory, &name, flags, mode)?;
        // What was opened may not be what was looked at.
        let stat = fstat(&fd)?;
        admit(&stat)?;
        admit_file_system(&fd)?;
        let kind = if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            FileKind::Directory(fd, Directory::new(path))
        } else {
            FileKind::Plain(fd)
        };
        Ok(File { kind, writable })
    }
}

/// The standard stream of processes that have none of the host's. One descriptor
/// for all of them: what a standard stream's description has is not theirs to
/// change, and this one has no contents.
fn empty_stream() -> Result<Arc<File>, Errno> {
    static OPEN: Mutex<Weak<File>> = Mutex::new(Weak::new());
    let mut open = lock(&OPEN);
    if let Some(file) = open.upgrade() {
        return Ok(file);
    }
    let file = Arc::new(File::standard(openat(CWD, c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?));
    *open = Arc::downgrade(&file);
    Ok(file)
}

/// Refuses devices, but for the few that hold nothing.
fn admit(stat: &Stat) -> Result<(), Errno> {
    const HARMLESS: [(u32, u32); 6] = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0)]; // null zero full random urandom tty
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::BlockDevice => Err(Errno::ACCESS),
        FileType::CharacterDevice => {
            let device = (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev));
            if HARMLESS.contains(&device) { Ok(()) } else { Err(Errno::ACCESS) }
        }
        _ => Ok(()),
    }
}
