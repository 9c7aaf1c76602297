//! Open files, and what a process has of them.
//!
//! A descriptor number of the program is an index into a table. The host's
//! descriptors behind it are close-on-exec and never named.

use super::{
    device::Device,
    entry::Entry,
    mounts::{HostMount, Mounts, Own},
    path::{CanonicalPath, components},
    resolve::{FROM_ROOT, Last, Scope, Start},
    status::Status,
    table::Table,
    tmpfs::{Listed, Node, NodeKind, Space},
};
use crate::{
    call::{event::Registrations, notify::Notifiers, socket::Socket},
    policy::Policy,
    process::{Process, lock},
    queue::OpenQueue,
};
use rustix::{
    fs::{CWD, FileType, Mode, OFlags, fstat, openat, readlinkat},
    io::Errno,
};
use std::{
    ffi::{CStr, CString},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

/// Most descriptors that a process can have.
pub(crate) const MAX_FILES: usize = 1024;

/// Most bytes of a process's files that have no name (memfd_create(2)).
const MAX_MEMORY: u64 = 256 << 20;

/// An open file description.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) kind: FileKind,
    /// Whether it lies where the process may change things.
    pub(crate) writable: bool,
    /// What it is in a file system in memory.
    pub(crate) node: Option<Arc<Node>>,
    /// Canonical path by which it was opened.
    pub(crate) path: Option<CanonicalPath>,
    /// What is known of the host's mount that it is in.
    pub(crate) host: HostMount,
    /// What is known of a socket.
    pub(crate) socket: Option<Box<Socket>>,
    pub(crate) registrations: Registrations,
}

#[derive(Debug)]
pub(crate) enum FileKind {
    /// Standard input, output or error of the host. Its description is shared
    /// with the host and others, who keep their position, length, flags, locks
    /// and status: for the process it is a pipe, whose position it may ask for
    /// where it has one. Only what is open to read and nothing else may be sought in.
    Standard(OwnedFd),
    /// Anything else but a directory.
    Plain(OwnedFd),
    /// A directory of the host.
    Directory(OwnedFd),
    /// A file or a directory of the host: nobody has looked.
    Either(OwnedFd),
    /// A directory in memory, and up to where it has been listed.
    Memory(AtomicU64),
    /// A message queue.
    Queue(OpenQueue),
}

impl File {
    /// Entries of a directory in memory behind the number `after`.
    pub(crate) fn list(&self, process: &Process, after: u64) -> Result<Vec<Listed>, Errno> {
        let node = self.node.as_ref().ok_or(Errno::NOTDIR)?;
        match node.kind {
            NodeKind::Descriptors => Ok(node.list_numbers(&process.files.numbers(), after)),
            _ => node.list(after),
        }
    }

    /// A file without a name.
    pub(crate) fn new(kind: FileKind, writable: bool) -> Self {
        Self {
            kind,
            writable,
            node: None,
            path: None,
            host: HostMount::default(),
            socket: None,
            registrations: Registrations::default(),
        }
    }

    fn standard(fd: OwnedFd) -> Self {
        Self::new(FileKind::Standard(fd), true)
    }

    /// Something of the host's that is the process's alone, such as a pipe.
    pub(crate) fn plain(fd: OwnedFd) -> Arc<Self> {
        Arc::new(Self::new(FileKind::Plain(fd), true))
    }

    /// The host's descriptor.
    pub(crate) fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        match &self.kind {
            FileKind::Standard(fd) | FileKind::Plain(fd) | FileKind::Directory(fd) | FileKind::Either(fd) => {
                Ok(fd.as_fd())
            }
            FileKind::Queue(queue) => Ok(queue.event()),
            FileKind::Memory(_) => Err(Errno::ISDIR),
        }
    }

    /// The canonical path of the directory that this is, as it was opened.
    pub(crate) fn directory(&self) -> Result<&CanonicalPath, Errno> {
        match (&self.kind, &self.path) {
            (FileKind::Directory(_) | FileKind::Memory(_), Some(path)) => Ok(path),
            (FileKind::Either(fd), Some(path)) if Status::from(fstat(fd)?).is_directory() => Ok(path),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// Fails on what is known to have no data: directories, message queues.
    pub(crate) fn check_data(&self) -> Result<(), Errno> {
        match self.kind {
            FileKind::Directory(_) | FileKind::Memory(_) => Err(Errno::ISDIR),
            FileKind::Queue(_) => Err(Errno::INVAL),
            _ => Ok(()),
        }
    }

    /// The target of the link that this is (opened with `O_PATH` and `O_NOFOLLOW`); `ENOENT` when it is none.
    pub(crate) fn link_target(&self) -> Result<Vec<u8>, Errno> {
        match &self.kind {
            FileKind::Plain(fd) => Ok(readlinkat(fd, c"", Vec::new())?.into_bytes()),
            _ => Err(Errno::NOENT),
        }
    }

    /// Fails with `errno` on a standard stream, which the host shares.
    pub(crate) fn check_own(&self, errno: Errno) -> Result<(), Errno> {
        if matches!(self.kind, FileKind::Standard(_)) { Err(errno) } else { Ok(()) }
    }

    /// Fails where a lock would be no matter of the process and its files. Those of a standard stream outlive the
    /// process, as the description does, and those of a device are the whole host's, as are those of the one inode
    /// that the kernel has for all eventfds, timers, sets of descriptors and their like.
    pub(crate) fn check_lockable(&self) -> Result<(), Errno> {
        self.check_own(Errno::INVAL)?;
        let kind = FileType::from_raw_mode(fstat(self.fd()?)?.st_mode);
        let shared = matches!(kind, FileType::CharacterDevice | FileType::BlockDevice | FileType::Unknown);
        if shared { Err(Errno::INVAL) } else { Ok(()) }
    }

    /// Fails where the process may not change anything.
    pub(crate) fn check_writable(&self) -> Result<(), Errno> {
        if self.writable { Ok(()) } else { Err(Errno::ROFS) }
    }

    pub(crate) fn status(&self) -> Result<Status, Errno> {
        match &self.node {
            Some(node) => node.status(),
            None => Ok(fstat(self.fd()?)?.into()),
        }
    }

    /// The node of a file in memory, whose size is accounted for.
    fn accounted(&self) -> Option<&Node> {
        self.node.as_deref().filter(|node| matches!(node.kind, NodeKind::File(_)))
    }

    /// Whether its contents are in memory.
    pub(crate) fn in_memory(&self) -> bool {
        self.accounted().is_some()
    }

    /// Whether it is the terminal of `/dev`.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_device(Device::Terminal)
    }

    /// Whether it is a source of random numbers, which the policy says the kind of.
    pub(crate) fn is_random(&self) -> bool {
        self.is_device(Device::Random)
    }

    fn is_device(&self, device: Device) -> bool {
        self.node.as_ref().is_some_and(|node| matches!(node.kind, NodeKind::Device(kind) if kind == device))
    }

    /// Does what may change the file's size and does not wait for anybody. It is
    /// told how much data the file can hold.
    pub(crate) fn growing<T>(&self, change: impl FnOnce(u64) -> Result<T, Errno>) -> Result<T, Errno> {
        match self.accounted() {
            Some(node) => node.growing(change),
            None => change(u64::MAX),
        }
    }

    /// Cuts or extends it.
    pub(crate) fn resize(&self, len: u64) -> Result<(), Errno> {
        let fd = self.fd()?;
        self.growing(|most| if len <= most { rustix::fs::ftruncate(fd, len) } else { Err(Errno::NOSPC) })
    }

    /// What `/proc/self/fd` shows: its path, or what it is.
    pub(crate) fn shown_name(&self) -> Result<Vec<u8>, Errno> {
        if let Some(path) = &self.path {
            return Ok(path.to_absolute());
        }
        let status = self.status()?;
        let kind = match status.kind() {
            libc::S_IFCHR => return Ok(b"/dev/tty".to_vec()),
            libc::S_IFSOCK => "socket",
            libc::S_IFIFO => "pipe",
            _ => "anon_inode",
        };
        Ok(format!("{kind}:[{}]", status.inode).into_bytes())
    }

    /// This file for who opens it by its number: it stays the same description.
    pub(crate) fn reopened(self: Arc<Self>, wants: OFlags) -> Result<Arc<Self>, Errno> {
        let has = match self.fd() {
            Ok(fd) => rustix::fs::fcntl_getfl(fd)?.intersection(OFlags::RWMODE),
            Err(_) => OFlags::RDONLY,
        };
        if has == OFlags::RDWR || has == wants { Ok(self) } else { Err(Errno::ACCESS) }
    }
}

/// The files of a process: descriptors, mounts, working directory. Its threads
/// share them; the lock is held for no call of the host that could block.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) mounts: Mounts,
    /// What the program was started with.
    pub(crate) arguments: Vec<CString>,
    /// What files without a name are charged to.
    pub(crate) memory: Arc<Space>,
    /// One more for each copy of a descriptor that a set of events has.
    pub(crate) copies: Arc<()>,
    /// The descriptors of events of files.
    pub(crate) notifiers: Notifiers,
    table: Mutex<Table>,
    /// Most descriptors (RLIMIT_NOFILE).
    limit: AtomicUsize,
}

impl Files {
    /// The host's standard streams, or empty ones, and a working directory
    /// (which must exist; `/` by default).
    pub(crate) fn new(policy: &Policy, arguments: Vec<CString>) -> Result<Self, Errno> {
        let mut mounts = policy.mounts.clone();
        if policy.devices {
            mounts.add_own(b"/dev", Own::Devices(policy.terminal));
        }
        if policy.process_files {
            mounts.add_own(b"/proc", Own::Process);
        }
        mounts.complete(arguments.first().map_or(c"", CString::as_c_str))?;
        let mut streams = [None, None, None];
        let (input, output, error) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
        for (stream, fd) in streams.iter_mut().zip([input.as_fd(), output.as_fd(), error.as_fd()]) {
            *stream = if policy.standard_streams {
                // A standard descriptor that the host does not have, the program does not have either.
                rustix::io::fcntl_dupfd_cloexec(fd, 0).ok().map(|fd| Arc::new(File::standard(fd)))
            } else {
                Some(empty_stream()?)
            };
        }
        let files = Self {
            mounts,
            arguments,
            memory: Space::new(MAX_MEMORY),
            copies: Arc::default(),
            notifiers: Notifiers::default(),
            table: Mutex::new(Table::new(streams.into_iter())),
            limit: policy.limits.descriptors.min(MAX_FILES).into(),
        };
        if let Some(directory) = &policy.directory {
            files.change_directory(directory)?;
        }
        Ok(files)
    }

    /// The most descriptors that there may be.
    pub(crate) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Sets it. Those above stay open.
    pub(crate) fn set_limit(&self, most: usize) {
        self.limit.store(most, Ordering::Relaxed);
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.table().numbers().count()
    }

    pub(super) fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    /// The same for who has the process alone.
    pub(super) fn table_mut(&mut self) -> &mut Table {
        self.table.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// The descriptors and the working directory, to come back to. None when
    /// there are files that have a position, which is the description's to keep,
    /// or that are in memory.
    pub(crate) fn save(&self) -> Option<Table> {
        let table = self.table();
        let standard = |file: &File| matches!(file.kind, FileKind::Standard(_));
        (!self.mounts.has_memory() && table.files().all(standard)).then(|| table.clone())
    }

    /// Makes descriptors and working directory what they were.
    pub(crate) fn restore(&mut self, saved: &Table) {
        let table = self.table_mut();
        if !table.is_like(saved) {
            *table = saved.clone();
        }
    }

    /// The file behind a descriptor.
    pub(crate) fn get(&self, fd: i32) -> Result<Arc<File>, Errno> {
        self.table().file(fd).cloned()
    }

    /// Fails where no descriptor is free.
    pub(crate) fn check_room(&self) -> Result<(), Errno> {
        self.table().free(0, self.limit()).map(|_| ())
    }

    /// Gives a file the lowest free descriptor not below `least`.
    pub(crate) fn insert(&self, file: Arc<File>, least: usize, close_on_exec: bool) -> Result<i32, Errno> {
        self.table().insert(file, least, self.limit(), close_on_exec)
    }

    /// Makes `new` another name of the file behind `old`.
    pub(crate) fn replace(&self, old: i32, new: i32, close_on_exec: bool) -> Result<(), Errno> {
        let index = usize::try_from(new).ok().filter(|&i| i < self.limit());
        let mut table = self.table();
        let file = Arc::clone(table.file(old)?);
        let replaced = table.set(index.ok_or(Errno::BADF)?, file, close_on_exec);
        // Closing may take its time.
        drop(table);
        drop(replaced);
        Ok(())
    }

    pub(crate) fn close(&self, fd: i32) -> Result<(), Errno> {
        let closed = self.table().take(fd)?;
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
        self.table().close_on_exec(fd).copied()
    }

    pub(crate) fn set_close_on_exec(&self, fd: i32, value: bool) -> Result<(), Errno> {
        *self.table().close_on_exec(fd)? = value;
        Ok(())
    }

    /// The directory that a descriptor (or `AT_FDCWD`) stands for.
    fn start(&self, dir: i32) -> Result<Start, Errno> {
        if dir == libc::AT_FDCWD {
            return Ok(self.table().directory.clone());
        }
        let file = self.get(dir)?;
        Ok(Start { path: file.directory()?.clone(), held: Some(file) })
    }

    /// Where a path begins. An absolute one does not look at the descriptor.
    fn start_of(&self, dir: i32, path: &[u8]) -> Result<Start, Errno> {
        if path.starts_with(b"/") { Ok(Start::default()) } else { self.start(dir) }
    }

    /// Does something with where a path begins.
    fn with_start<T>(&self, dir: i32, path: &[u8], act: impl FnOnce(&Start) -> Result<T, Errno>) -> Result<T, Errno> {
        if path.starts_with(b"/") { act(&FROM_ROOT) } else { act(&self.start(dir)?) }
    }

    /// A path as text, from the root: no link in it is followed.
    pub(crate) fn path_from_root(&self, dir: i32, path: &[u8]) -> Result<Vec<u8>, Errno> {
        let mut at = self.mounts.present_path(&self.start_of(dir, path)?)?;
        for name in components(path) {
            if name == b".." {
                at.pop();
            } else {
                at.push(name);
            }
        }
        Ok(at.to_absolute())
    }

    /// Resolves a path relative to a directory descriptor.
    pub(crate) fn resolve(&self, dir: i32, path: &CStr, last: Last) -> Result<Entry, Errno> {
        self.resolve_within(dir, path, last, Scope::default())
    }

    /// Like [`Self::resolve`], restricted as openat2(2) has it.
    pub(crate) fn resolve_within(&self, dir: i32, path: &CStr, last: Last, scope: Scope) -> Result<Entry, Errno> {
        let path = path.to_bytes();
        let start = if scope.is_rooted() { self.start(dir)? } else { self.start_of(dir, path)? };
        self.mounts.resolve(&start, path, last, scope)
    }

    /// Like [`Self::resolve`], for a call that changes something there.
    pub(crate) fn resolve_writable(&self, dir: i32, path: &CStr, last: Last) -> Result<Entry, Errno> {
        let entry = self.resolve(dir, path, last)?;
        if entry.writable { Ok(entry) } else { Err(Errno::ROFS) }
    }

    /// Opens a path. `flags` hold nothing but what open(2) names and the
    /// caller has checked.
    pub(crate) fn open(
        &self,
        process: &Process,
        dir: i32,
        path: &CStr,
        flags: OFlags,
        mode: Mode,
        scope: Scope,
    ) -> Result<Arc<File>, Errno> {
        if !scope.is_any() && !path.is_empty() {
            let (text, terminal) = (path.to_bytes(), process.policy.terminal);
            let open = |start: &Start| self.mounts.open_plain(start, text, flags, mode, terminal);
            if let Some(file) = self.with_start(dir, text, open)? {
                return Ok(file);
            }
        }
        let exclusive = flags.contains(OFlags::CREATE | OFlags::EXCL);
        let last = if exclusive || flags.contains(OFlags::NOFOLLOW) { Last::Keep } else { Last::Follow };
        self.resolve_within(dir, path, last, scope)?.open(process, flags, mode)
    }

    /// The status of what is at a path.
    pub(crate) fn status(&self, process: &Process, dir: i32, path: &CStr, last: Last) -> Result<Status, Errno> {
        let text = path.to_bytes();
        if !text.is_empty()
            && let Some(status) = self.with_start(dir, text, |start| self.mounts.status_plain(start, text, last))?
        {
            return Ok(status);
        }
        self.resolve(dir, path, last)?.status(process)
    }

    /// The last component of the program's name.
    pub(crate) fn program_name(&self) -> Vec<u8> {
        let name = self.arguments.first().map_or(&b""[..], |name| name.to_bytes());
        name.rsplit(|&b| b == b'/').next().unwrap_or_default().to_vec()
    }

    /// The numbers in use.
    pub(crate) fn numbers(&self) -> Vec<usize> {
        self.table().numbers().collect()
    }

    /// The working directory as a path.
    pub(crate) fn working_directory(&self) -> Result<Vec<u8>, Errno> {
        let start = self.table().directory.clone();
        Ok(self.mounts.present_path(&start)?.to_absolute())
    }

    /// Changes the working directory to a path.
    pub(crate) fn change_directory(&self, path: &CStr) -> Result<(), Errno> {
        let entry = self.resolve(libc::AT_FDCWD, path, Last::Follow)?;
        entry.check_enterable()?;
        let held = entry.held_directory();
        self.table().directory = Start { path: entry.path, held };
        Ok(())
    }

    /// Changes the working directory to that of a descriptor.
    pub(crate) fn change_directory_to(&self, fd: i32) -> Result<(), Errno> {
        let start = self.start(fd)?;
        self.table().directory = start;
        Ok(())
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
