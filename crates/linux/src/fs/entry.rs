//! What a path stands for, and what can be done there: by the host in a
//! directory of its own, here in a file system in memory.

use super::{
    files::{File, FileKind},
    mounts::HostMount,
    path::CanonicalPath,
    resolve::{BENEATH, admit_file_system, open_within},
    status::Status,
    tmpfs::{Node, NodeKind},
};
use crate::process::Process;
use rustix::{
    fs::{
        Access, AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, ResolveFlags, Stat, Timestamps, fstat, openat,
        readlinkat, statat,
    },
    io::Errno,
};
use std::{
    ffi::{CStr, CString},
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    sync::{Arc, atomic::AtomicU64},
};

/// A directory that a name is looked up in.
#[derive(Debug)]
pub(crate) enum Place {
    Host(OwnedFd),
    Memory(Arc<Node>),
}

impl Place {
    /// The target of the link `name`; `EINVAL` when it is none.
    pub(crate) fn read_link(&self, name: &CStr) -> Result<Vec<u8>, Errno> {
        match self {
            Self::Host(directory) => Ok(readlinkat(directory, name, Vec::new())?.into_bytes()),
            Self::Memory(directory) => Ok(directory.lookup(name.to_bytes())?.target()?.to_vec()),
        }
    }
}

/// A name in a directory; it may not exist. The name is `.` when the path
/// itself ends in a directory.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) directory: Place,
    /// What is known of the host's mount that the directory is in.
    pub(crate) host: HostMount,
    pub(crate) name: CString,
    /// Index of the mount.
    pub(crate) mount: usize,
    /// Whether the mount may be written.
    pub(crate) writable: bool,
    /// The path ended in a slash.
    pub(crate) slash: bool,
    /// A link at the end of the path was to be followed.
    pub(crate) follow: bool,
    pub(crate) path: CanonicalPath,
}

/// What a call makes.
pub(crate) enum New<'a> {
    Directory(Mode),
    File(Mode),
    Fifo(Mode),
    Link(&'a CStr),
}

impl Entry {
    /// What a path with a slash at its end names is a directory, or nothing yet.
    pub(crate) fn check_slash(&self) -> Result<(), Errno> {
        match self.slash.then(|| self.own_status()) {
            Some(Ok(status)) if !status.is_directory() => Err(Errno::NOTDIR),
            _ => Ok(()),
        }
    }

    /// Status of what is here, whatever it stands for.
    fn own_status(&self) -> Result<Status, Errno> {
        match &self.directory {
            Place::Host(directory) => Ok(statat(directory, &self.name, AtFlags::SYMLINK_NOFOLLOW)?.into()),
            Place::Memory(directory) => directory.lookup(self.name.to_bytes())?.status(),
        }
    }

    /// The descriptor's file that this link in `/proc/self/fd` stands for.
    fn descriptor(&self, process: &Process) -> Result<Option<Arc<File>>, Errno> {
        if let Place::Memory(directory) = &self.directory
            && let NodeKind::Descriptor(fd) = directory.lookup(self.name.to_bytes())?.kind
        {
            return process.files.get(fd).map(Some).map_err(|_| Errno::NOENT);
        }
        Ok(None)
    }

    pub(crate) fn is_descriptor(&self) -> bool {
        matches!(&self.directory, Place::Memory(directory)
            if directory.lookup(self.name.to_bytes()).is_ok_and(|node| matches!(node.kind, NodeKind::Descriptor(_))))
    }

    pub(crate) fn status(&self, process: &Process) -> Result<Status, Errno> {
        match self.descriptor(process)? {
            Some(file) if self.follow => file.status(),
            _ => self.own_status(),
        }
    }

    pub(crate) fn read_link(&self, process: &Process) -> Result<Vec<u8>, Errno> {
        match self.descriptor(process)? {
            Some(file) => file.shown_name(),
            None => self.directory.read_link(&self.name),
        }
    }

    /// Fails where nothing can be made: it is there, or it is read-only.
    fn check_new(&self) -> Result<(), Errno> {
        if !self.writable {
            // What exists says so first, read-only or not (`mkdir -p` depends on it).
            return match self.own_status() {
                Ok(_) => Err(Errno::EXIST),
                Err(Errno::NOENT) => Err(Errno::ROFS),
                Err(errno) => Err(errno),
            };
        }
        Ok(())
    }

    /// Makes something that is not there yet.
    pub(crate) fn make(&self, new: New<'_>) -> Result<(), Errno> {
        self.check_new()?;
        if self.slash && !matches!(new, New::Directory(_)) {
            return Err(Errno::NOENT);
        }
        match &self.directory {
            Place::Host(directory) => match new {
                New::Directory(mode) => rustix::fs::mkdirat(directory, &self.name, mode),
                New::File(mode) => rustix::fs::mknodat(directory, &self.name, FileType::RegularFile, mode, 0),
                New::Fifo(mode) => rustix::fs::mknodat(directory, &self.name, FileType::Fifo, mode, 0),
                New::Link(target) => rustix::fs::symlinkat(target, directory, &self.name),
            },
            Place::Memory(directory) => {
                let space = directory.space();
                let node = match new {
                    New::Directory(mode) => Node::new(space, NodeKind::Directory(Default::default()), mode.bits())?,
                    New::File(mode) => Node::memory_file(space, rustix::fs::MemfdFlags::empty(), mode.bits())?,
                    // A pipe of the host without a name cannot be waited for.
                    New::Fifo(_) => return Err(Errno::OPNOTSUPP),
                    New::Link(target) => Node::new(space, NodeKind::Link(target.to_bytes().to_vec()), 0o777)?,
                };
                directory.insert(self.name.to_bytes(), &node)
            }
        }
    }

    /// Removes a directory, or anything else.
    pub(crate) fn remove(&self, directory: bool) -> Result<(), Errno> {
        match &self.directory {
            Place::Host(host) => {
                let flags = if directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
                rustix::fs::unlinkat(host, &self.name, flags)
            }
            Place::Memory(node) => node.remove(self.name.to_bytes(), directory),
        }
    }

    /// Moves what is here. Mounts are file systems of their own, wherever the
    /// host has them.
    pub(crate) fn rename(&self, new: &Self, flags: RenameFlags) -> Result<(), Errno> {
        let of_directory = self.slash || new.slash && !flags.contains(RenameFlags::EXCHANGE);
        match (&self.directory, &new.directory) {
            _ if self.mount != new.mount => Err(Errno::XDEV),
            _ if of_directory && !self.own_status()?.is_directory() => Err(Errno::NOTDIR),
            (Place::Host(from), Place::Host(to)) => rustix::fs::renameat_with(from, &self.name, to, &new.name, flags),
            (Place::Memory(from), Place::Memory(to)) => {
                from.rename(self.name.to_bytes(), to, new.name.to_bytes(), flags)
            }
            _ => Err(Errno::XDEV),
        }
    }

    /// Gives what is here another name.
    pub(crate) fn link(&self, new: &Self) -> Result<(), Errno> {
        match (&self.directory, &new.directory) {
            _ if self.mount != new.mount => Err(Errno::XDEV),
            _ if new.slash => Err(Errno::NOENT),
            (Place::Host(from), Place::Host(to)) => {
                rustix::fs::linkat(from, &self.name, to, &new.name, AtFlags::empty())
            }
            (Place::Memory(from), Place::Memory(to)) => {
                to.link(new.name.to_bytes(), &from.lookup(self.name.to_bytes())?)
            }
            _ => Err(Errno::XDEV),
        }
    }

    /// Fails unless this is a directory that a process may enter.
    pub(crate) fn check_enterable(&self) -> Result<(), Errno> {
        if !self.own_status()?.is_directory() {
            return Err(Errno::NOTDIR);
        }
        match &self.directory {
            Place::Host(host) => {
                // It may have become a link.
                rustix::fs::accessat(host, &self.name, Access::EXEC_OK, AtFlags::SYMLINK_NOFOLLOW)
            }
            Place::Memory(node) => node.lookup(self.name.to_bytes())?.check_access(1),
        }
    }

    /// Whether the process may do what `mode` says.
    pub(crate) fn check_access(&self, process: &Process, mode: Access, flags: AtFlags) -> Result<(), Errno> {
        match &self.directory {
            Place::Host(directory) => {
                // A link here is one that the walk left: its own mode is always rwx.
                statat(directory, &self.name, AtFlags::SYMLINK_NOFOLLOW)?;
                rustix::fs::accessat(directory, &self.name, mode, flags | AtFlags::SYMLINK_NOFOLLOW)?;
            }
            Place::Memory(directory) => match self.descriptor(process)? {
                Some(_) => {}
                None => directory.lookup(self.name.to_bytes())?.check_access(mode.bits())?,
            },
        }
        if mode.contains(Access::WRITE_OK) && !self.writable && !self.is_special() { Err(Errno::ROFS) } else { Ok(()) }
    }

    /// Whether writing it changes no file system.
    fn is_special(&self) -> bool {
        match &self.directory {
            Place::Host(_) => false,
            Place::Memory(directory) => directory
                .lookup(self.name.to_bytes())
                .is_ok_and(|node| matches!(node.kind, NodeKind::Device(_) | NodeKind::Descriptor(_))),
        }
    }

    pub(crate) fn set_times(&self, times: &Timestamps) -> Result<(), Errno> {
        match &self.directory {
            Place::Host(directory) => rustix::fs::utimensat(directory, &self.name, times, AtFlags::SYMLINK_NOFOLLOW),
            Place::Memory(directory) => directory.lookup(self.name.to_bytes())?.set_times(times),
        }
    }

    /// Sets the permissions of what is no link.
    pub(crate) fn set_mode(&self, mode: Mode) -> Result<(), Errno> {
        match &self.directory {
            Place::Host(_) => {
                let file = self.hold()?;
                if fstat(&file)?.st_mode & libc::S_IFMT == libc::S_IFLNK {
                    return Err(Errno::OPNOTSUPP);
                }
                rustix::fs::chmodat(CWD, host_path(file.as_fd()), mode, AtFlags::empty())
            }
            Place::Memory(directory) => {
                directory.lookup(self.name.to_bytes())?.set_permissions(mode.bits());
                Ok(())
            }
        }
    }

    /// Holds on to a file of the host without opening it; a link itself.
    pub(crate) fn hold(&self) -> Result<OwnedFd, Errno> {
        let Place::Host(directory) = &self.directory else { return Err(Errno::OPNOTSUPP) };
        let file = openat(directory, &self.name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        admit_file_system(&file)?;
        Ok(file)
    }

    /// The same for who wants to hear what happens to it, which is nothing about devices.
    pub(crate) fn hold_to_watch(&self) -> Result<(OwnedFd, Stat), Errno> {
        let file = self.hold()?;
        let stat = fstat(&file)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::CharacterDevice | FileType::BlockDevice => Err(Errno::ACCESS),
            _ => Ok((file, stat)),
        }
    }

    /// This directory as the one that paths begin in; none where that is not simple.
    pub(crate) fn held_directory(&self) -> Option<Arc<File>> {
        let (kind, node) = match &self.directory {
            Place::Host(_) if !self.host.admitted => return None,
            Place::Host(directory) => {
                let (flags, how) = (OFlags::PATH | OFlags::DIRECTORY, BENEATH | ResolveFlags::NO_XDEV);
                let fd = open_within(directory, &*self.name, flags, Mode::empty(), how).ok()?;
                (FileKind::Directory(fd), None)
            }
            Place::Memory(directory) => {
                (FileKind::Memory(AtomicU64::new(0)), Some(directory.lookup(self.name.to_bytes()).ok()?))
            }
        };
        let file = File::new(kind, self.writable);
        Some(Arc::new(File { node, path: Some(self.path.clone()), host: self.host, ..file }))
    }

    /// The directory of the host, and the name in it, that a new socket gets.
    pub(crate) fn for_socket(self) -> Result<(OwnedFd, CString), Errno> {
        self.check_new()?;
        match self.directory {
            Place::Host(directory) if !self.slash => Ok((directory, self.name)),
            Place::Host(_) => Err(Errno::NOENT),
            Place::Memory(_) => Err(Errno::OPNOTSUPP),
        }
    }

    /// Opens what is here. `flags` hold nothing but what open(2) names and the
    /// caller has checked.
    pub(crate) fn open(self, process: &Process, mut flags: OFlags, mode: Mode) -> Result<Arc<File>, Errno> {
        if self.slash {
            if flags.contains(OFlags::CREATE) {
                return Err(Errno::ISDIR);
            }
            flags |= OFlags::DIRECTORY;
        }
        match &self.directory {
            Place::Host(_) => self.open_host(flags, mode, process.policy.terminal).map(Arc::new),
            Place::Memory(_) => self.open_memory(process, flags, mode),
        }
    }

    /// Whether opening asks for more than a read-only mount has: opening what
    /// exists to create it is no change.
    fn check_read_only(&self, flags: OFlags, exists: bool) -> Result<(), Errno> {
        let exclusive = flags.contains(OFlags::CREATE | OFlags::EXCL);
        let changes = flags.contains(OFlags::TRUNC) || flags.intersection(OFlags::RWMODE) != OFlags::RDONLY;
        let creates = flags.contains(OFlags::CREATE) && (!exists || exclusive);
        if !self.writable && (changes || creates) { Err(Errno::ROFS) } else { Ok(()) }
    }

    fn open_host(self, flags: OFlags, mode: Mode, terminal: bool) -> Result<File, Errno> {
        let Place::Host(directory) = &self.directory else { return Err(Errno::INVAL) };
        let mut flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
        // Opening some devices does something: look first.
        let found = statat(directory, &self.name, AtFlags::SYMLINK_NOFOLLOW);
        match &found {
            Ok(stat) => admit(stat, terminal)?,
            Err(Errno::NOENT) if flags.contains(OFlags::CREATE) => {}
            Err(errno) => return Err(*errno),
        }
        self.check_read_only(flags, found.is_ok())?;
        if !self.writable {
            flags -= OFlags::CREATE;
        }
        let fd = openat(directory, &self.name, flags, mode)?;
        self.opened(fd, terminal)
    }

    /// The file that the host has opened: it may not be what was looked at.
    fn opened(self, fd: OwnedFd, terminal: bool) -> Result<File, Errno> {
        let stat = fstat(&fd)?;
        admit(&stat, terminal)?;
        admit_file_system(&fd)?;
        let kind = if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            FileKind::Directory(fd)
        } else {
            FileKind::Plain(fd)
        };
        Ok(File { path: Some(self.path), ..File::new(kind, self.writable) })
    }

    fn open_memory(self, process: &Process, flags: OFlags, mode: Mode) -> Result<Arc<File>, Errno> {
        let Place::Memory(directory) = &self.directory else { return Err(Errno::INVAL) };
        let exclusive = flags.contains(OFlags::CREATE | OFlags::EXCL);
        let mut made = false;
        let node = loop {
            match directory.lookup(self.name.to_bytes()) {
                Ok(_) if exclusive && !made => return Err(Errno::EXIST),
                Err(Errno::NOENT) if flags.contains(OFlags::CREATE) => {
                    self.make(New::File(mode))?;
                    made = true;
                }
                found => break found?,
            }
        };
        let wants = flags.intersection(OFlags::RWMODE);
        if let NodeKind::Descriptor(fd) = node.kind {
            if flags.contains(OFlags::NOFOLLOW) {
                return Err(Errno::LOOP);
            }
            return process.files.get(fd).map_err(|_| Errno::NOENT)?.reopened(wants);
        }
        if flags.contains(OFlags::DIRECTORY) && !node.is_directory() {
            return Err(Errno::NOTDIR);
        }
        if node.is_directory() && (wants != OFlags::RDONLY || flags.contains(OFlags::CREATE)) {
            return Err(Errno::ISDIR);
        }
        let device = matches!(node.kind, NodeKind::Device(_));
        if !device && !flags.contains(OFlags::PATH) {
            self.check_read_only(flags, true)?;
        }
        // The mode of a new file is about those who open it later.
        if !made && !flags.contains(OFlags::PATH) {
            let truncates = if flags.contains(OFlags::TRUNC) { 2 } else { 0 };
            node.check_access(match wants {
                OFlags::RDONLY => 4 | truncates,
                OFlags::WRONLY => 2,
                _ => 6,
            })?;
        }
        let kind = match &node.kind {
            _ if node.is_directory() => FileKind::Memory(AtomicU64::new(0)),
            NodeKind::File(_) => {
                if flags.contains(OFlags::TRUNC) {
                    node.resize(0)?;
                }
                FileKind::Plain(node.open(flags)?)
            }
            NodeKind::Link(_) => return Err(Errno::LOOP),
            NodeKind::Device(device) => {
                FileKind::Plain(device.open(flags - OFlags::CREATE - OFlags::EXCL - OFlags::TRUNC)?)
            }
            NodeKind::View(view) => FileKind::Plain(view.open(process)?),
            _ => return Err(Errno::ACCESS),
        };
        Ok(Arc::new(File { node: Some(node), path: Some(self.path), ..File::new(kind, self.writable) }))
    }
}

/// The host's own name for what a descriptor of its own holds.
pub(crate) fn host_path(fd: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

/// Refuses devices, but for the few that hold nothing, and the terminal where it
/// is given.
pub(super) fn admit(stat: &Stat, terminal: bool) -> Result<(), Errno> {
    const HARMLESS: [(u32, u32); 5] = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9)]; // null zero full random urandom
    const TERMINAL: (u32, u32) = (5, 0);
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::BlockDevice => Err(Errno::ACCESS),
        FileType::CharacterDevice => {
            let device = (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev));
            let admitted = HARMLESS.contains(&device) || terminal && device == TERMINAL;
            if admitted { Ok(()) } else { Err(Errno::ACCESS) }
        }
        _ => Ok(()),
    }
}
