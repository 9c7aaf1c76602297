//! A file system in memory: directories and links are kept here, the contents
//! of files by the host in memfds. `/dev` and `/proc` are two of them, which
//! nobody can change, with nodes that stand for something else.
//!
//! What one holds is bounded: the sizes of its files, rounded up to pages, are
//! charged when they grow, holes included, and so is the number of its nodes,
//! since each file takes a descriptor of the host.
//!
//! A memfd has no name: another description of it is opened by the host's
//! `/proc/self/fd`, with the number that the host has for it.

use super::{
    device::Device,
    entry::host_path,
    status::{Status, Time},
};
use crate::process::lock;
use rustix::{
    fs::{CWD, MemfdFlags, Mode, OFlags, RenameFlags, SealFlags, Timespec, fstat, ftruncate, memfd_create, openat},
    io::Errno,
};
use std::{
    collections::BTreeMap,
    os::fd::{AsFd, OwnedFd},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// Most nodes of a file system.
const MAX_NODES: u64 = 4096;
const PAGE: u64 = 4096;
/// Major and minor numbers start here: no device of the host has them.
const FIRST_DEVICE: u64 = 0xfff0_0000;

/// What a file system has used of what it may.
#[derive(Debug)]
pub(crate) struct Space {
    device: u64,
    /// Most bytes of all files.
    limit: u64,
    used: AtomicU64,
    nodes: AtomicU64,
    next_inode: AtomicU64,
    /// Held for every change of a directory: they are changed one at a time.
    tree: Mutex<()>,
}

impl Space {
    /// An empty file system for `limit` bytes.
    pub(crate) fn new(limit: u64) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(FIRST_DEVICE);
        Arc::new(Self {
            device: NEXT.fetch_add(1, Ordering::Relaxed),
            limit,
            used: AtomicU64::new(0),
            nodes: AtomicU64::new(0),
            next_inode: AtomicU64::new(1),
            tree: Mutex::new(()),
        })
    }

    /// Bytes that it may hold, and that are left.
    pub(crate) fn room(&self) -> (u64, u64) {
        (self.limit, self.limit.saturating_sub(self.used.load(Ordering::Relaxed)))
    }

    /// Nodes that it may hold, and that are left.
    pub(crate) fn nodes(&self) -> (u64, u64) {
        (MAX_NODES, MAX_NODES.saturating_sub(self.nodes.load(Ordering::Relaxed)))
    }

    fn charge(counter: &AtomicU64, more: u64, limit: u64) -> Result<(), Errno> {
        let add = |used: u64| used.checked_add(more).filter(|&sum| sum <= limit);
        counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).map(|_| ()).map_err(|_| Errno::NOSPC)
    }
}

/// Fails where the owner has not all of the permissions in `wanted` (as in access(2)). The superuser has, but for executing
/// what nobody may.
pub(crate) fn check_permissions(permissions: u32, directory: bool, wanted: u32) -> Result<(), Errno> {
    let mut granted = permissions >> 6 & 7;
    if rustix::process::geteuid().is_root() {
        granted |= 6 | u32::from(permissions & 0o111 != 0 || directory);
    }
    if wanted & !granted == 0 { Ok(()) } else { Err(Errno::ACCESS) }
}

/// A file of whatever type.
#[derive(Debug)]
pub(crate) struct Node {
    inode: u64,
    pub(crate) kind: NodeKind,
    space: Arc<Space>,
    meta: Mutex<Meta>,
}

#[derive(Debug)]
struct Meta {
    permissions: u32,
    links: u64,
    accessed: Time,
    modified: Time,
    changed: Time,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    Directory(Mutex<Entries>),
    File(Content),
    Link(Vec<u8>),
    Device(Device),
    /// A text that is made when it is opened.
    View(View),
    /// `/proc/self/fd`.
    Descriptors,
    /// A link in there.
    Descriptor(i32),
}

/// Texts about the process and what it runs on (proc(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    Maps,
    Stat,
    Status,
    CommandLine,
    Name,
    Mounts,
    Memory,
    Processors,
    Uptime,
    Version,
}

/// What a directory holds: each entry has a number that later ones are above,
/// by which a listing goes on where it stopped.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    names: BTreeMap<Vec<u8>, (u64, Arc<Node>)>,
    next: u64,
    /// It has been removed: nothing is put into it any more.
    gone: bool,
}

/// The numbers of `.` and `..`.
const DOTS: u64 = 2;

impl Entries {
    fn check_there(&self) -> Result<(), Errno> {
        if self.gone { Err(Errno::NOENT) } else { Ok(()) }
    }

    fn put(&mut self, name: &[u8], node: Arc<Node>) {
        self.next += 1;
        self.names.insert(name.to_vec(), (self.next + DOTS, node));
    }

    fn get(&self, name: &[u8]) -> Result<Arc<Node>, Errno> {
        self.names.get(name).map(|(_, node)| Arc::clone(node)).ok_or(Errno::NOENT)
    }
}

/// One line of a listing.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Where a listing goes on behind it.
    pub(crate) number: u64,
    pub(crate) inode: u64,
    /// The type, as in a mode.
    pub(crate) kind: u32,
    pub(crate) name: Vec<u8>,
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Content {
    memory: OwnedFd,
    /// Bytes charged for it. Held while the size may change.
    charged: Mutex<u64>,
}

impl Node {
    /// The root of a new file system.
    pub(crate) fn root(space: &Arc<Space>, permissions: u32) -> Result<Arc<Self>, Errno> {
        Self::new(space, NodeKind::Directory(Mutex::default()), permissions)
    }

    pub(crate) fn new(space: &Arc<Space>, kind: NodeKind, permissions: u32) -> Result<Arc<Self>, Errno> {
        Space::charge(&space.nodes, 1, MAX_NODES)?;
        let now = Time::now();
        let meta = Meta { permissions, links: 0, accessed: now, modified: now, changed: now };
        let inode = space.next_inode.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(Self { inode, kind, space: Arc::clone(space), meta: Mutex::new(meta) }))
    }

    /// An empty file without a name.
    pub(crate) fn memory_file(space: &Arc<Space>, flags: MemfdFlags, permissions: u32) -> Result<Arc<Self>, Errno> {
        let memory = memfd_create("lfi", flags | MemfdFlags::CLOEXEC)?;
        Self::new(space, NodeKind::File(Content { memory, charged: Mutex::new(0) }), permissions)
    }

    pub(crate) fn space(&self) -> &Arc<Space> {
        &self.space
    }

    fn entries(&self) -> Result<&Mutex<Entries>, Errno> {
        match &self.kind {
            NodeKind::Directory(entries) => Ok(entries),
            _ => Err(Errno::NOTDIR),
        }
    }

    pub(crate) fn is_directory(&self) -> bool {
        matches!(self.kind, NodeKind::Directory(_) | NodeKind::Descriptors)
    }

    /// The type, as in a mode.
    fn type_bits(&self) -> u32 {
        match self.kind {
            NodeKind::Directory(_) | NodeKind::Descriptors => libc::S_IFDIR,
            NodeKind::File(_) | NodeKind::View(_) => libc::S_IFREG,
            NodeKind::Link(_) | NodeKind::Descriptor(_) => libc::S_IFLNK,
            NodeKind::Device(_) => libc::S_IFCHR,
        }
    }

    /// What `name` in this directory is; `.` is the directory itself.
    pub(crate) fn lookup(self: &Arc<Self>, name: &[u8]) -> Result<Arc<Self>, Errno> {
        match &self.kind {
            _ if name == b"." => Ok(Arc::clone(self)),
            NodeKind::Directory(entries) => lock(entries).get(name),
            NodeKind::Descriptors => {
                let number =
                    std::str::from_utf8(name).ok().and_then(|text| text.parse().ok()).filter(|&n: &i32| n >= 0);
                // Only as it is written: no sign, no zeros before it.
                let number = number.filter(|n| n.to_string().as_bytes() == name).ok_or(Errno::NOENT)?;
                let meta = Meta {
                    permissions: 0o700,
                    links: 1,
                    accessed: Time::default(),
                    modified: Time::default(),
                    changed: Time::default(),
                };
                // Made anew each time, so it counts for nothing.
                self.space.nodes.fetch_add(1, Ordering::Relaxed);
                let space = Arc::clone(&self.space);
                let kind = NodeKind::Descriptor(number);
                Ok(Arc::new(Self {
                    inode: self.inode + 1 + u64::from(number.cast_unsigned()),
                    kind,
                    space,
                    meta: Mutex::new(meta),
                }))
            }
            _ => Err(Errno::NOTDIR),
        }
    }

    /// Entries of a directory behind the number `after`, in order.
    pub(crate) fn list(&self, after: u64) -> Result<Vec<Listed>, Errno> {
        let entries = lock(self.entries()?);
        Ok(self.listing(
            after,
            entries.names.iter().map(|(name, (number, node))| Listed {
                number: *number,
                inode: node.inode,
                kind: node.type_bits(),
                name: name.clone(),
            }),
        ))
    }

    /// The same of a directory of descriptors.
    pub(crate) fn list_numbers(&self, numbers: &[usize], after: u64) -> Vec<Listed> {
        self.listing(
            after,
            numbers.iter().map(|&fd| Listed {
                number: fd as u64 + DOTS + 1,
                inode: self.inode + 1 + fd as u64,
                kind: libc::S_IFLNK,
                name: fd.to_string().into_bytes(),
            }),
        )
    }

    fn listing(&self, after: u64, entries: impl Iterator<Item = Listed>) -> Vec<Listed> {
        let dots = [(1, "."), (DOTS, "..")].map(|(number, name)| Listed {
            number,
            inode: self.inode,
            kind: libc::S_IFDIR,
            name: name.into(),
        });
        let mut list: Vec<_> = dots.into_iter().chain(entries).filter(|listed| listed.number > after).collect();
        list.sort_by_key(|listed| listed.number);
        list
    }

    /// A directory's contents have changed.
    fn touch(&self) {
        let mut meta = lock(&self.meta);
        meta.modified = Time::now();
        meta.changed = meta.modified;
    }

    fn count_links(&self, more: bool) {
        let mut meta = lock(&self.meta);
        meta.links = if more { meta.links + 1 } else { meta.links.saturating_sub(1) };
        meta.changed = Time::now();
    }

    /// Puts a new node into this directory.
    pub(crate) fn insert(&self, name: &[u8], node: &Arc<Self>) -> Result<(), Errno> {
        check_name(name)?;
        let _tree = lock(&self.space.tree);
        let mut entries = lock(self.entries()?);
        entries.check_there()?;
        if name == b"." || entries.names.contains_key(name) {
            return Err(Errno::EXIST);
        }
        entries.put(name, Arc::clone(node));
        node.count_links(true);
        self.touch();
        Ok(())
    }

    /// Another name for a file.
    pub(crate) fn link(&self, name: &[u8], node: &Arc<Self>) -> Result<(), Errno> {
        if node.is_directory() { Err(Errno::PERM) } else { self.insert(name, node) }
    }

    /// Takes an entry away: a directory, which must be empty, or anything else.
    pub(crate) fn remove(&self, name: &[u8], directory: bool) -> Result<(), Errno> {
        let _tree = lock(&self.space.tree);
        let mut entries = lock(self.entries()?);
        if name == b"." {
            return Err(if directory { Errno::INVAL } else { Errno::ISDIR });
        }
        let node = entries.get(name)?;
        if node.is_directory() != directory {
            return Err(if directory { Errno::NOTDIR } else { Errno::ISDIR });
        }
        if directory {
            node.retire()?;
        }
        entries.names.remove(name);
        node.count_links(false);
        self.touch();
        Ok(())
    }

    /// Marks an empty directory as removed.
    fn retire(&self) -> Result<(), Errno> {
        let mut entries = lock(self.entries()?);
        if !entries.names.is_empty() {
            return Err(Errno::NOTEMPTY);
        }
        entries.gone = true;
        Ok(())
    }

    /// Whether `other` is this directory or somewhere in it.
    fn holds(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        let mut left = vec![Arc::clone(self)];
        while let Some(node) = left.pop() {
            if Arc::ptr_eq(&node, other) {
                return true;
            }
            if let NodeKind::Directory(entries) = &node.kind {
                left.extend(lock(entries).names.values().map(|(_, node)| Arc::clone(node)));
            }
        }
        false
    }

    /// The way from this directory down to `other`, as it is now.
    ///
    /// # Errors
    /// `ENOENT` when it is not there any more.
    pub(crate) fn path_of(self: &Arc<Self>, other: &Arc<Self>) -> Result<Vec<u8>, Errno> {
        let _tree = lock(&self.space.tree);
        // What was found, each with the place of what it is in. What comes later is deeper, or beside it.
        let mut found: Vec<(usize, Vec<u8>, Arc<Self>)> = vec![(0, Vec::new(), Arc::clone(self))];
        let mut at = 0;
        while let Some((_, _, node)) = found.get(at) {
            if Arc::ptr_eq(node, other) {
                let mut names = Vec::new();
                while at != 0 {
                    let (above, name, _) = &found[at];
                    names.push(name.as_slice());
                    at = *above;
                }
                names.reverse();
                return Ok(names.join(&b'/'));
            }
            if let NodeKind::Directory(entries) = &Arc::clone(node).kind {
                let entries = lock(entries);
                let inner = entries.names.iter().filter(|(_, (_, node))| node.is_directory());
                found.extend(inner.map(|(name, (_, node))| (at, name.clone(), Arc::clone(node))));
            }
            at += 1;
        }
        Err(Errno::NOENT)
    }

    /// Moves an entry of this directory to another (rename(2)).
    pub(crate) fn rename(
        self: &Arc<Self>,
        name: &[u8],
        to: &Arc<Self>,
        new_name: &[u8],
        flags: RenameFlags,
    ) -> Result<(), Errno> {
        if name == b"." || new_name == b"." {
            return Err(Errno::BUSY);
        }
        check_name(new_name)?;
        let _tree = lock(&self.space.tree);
        let node = lock(self.entries()?).get(name)?;
        let old = {
            let entries = lock(to.entries()?);
            entries.check_there()?;
            entries.get(new_name).ok()
        };
        let exchange = flags.contains(RenameFlags::EXCHANGE);
        if node.is_directory() && node.holds(to) || exchange && old.as_ref().is_some_and(|old| old.holds(self)) {
            return Err(Errno::INVAL);
        }
        match &old {
            None if exchange => return Err(Errno::NOENT),
            Some(_) if flags.contains(RenameFlags::NOREPLACE) => return Err(Errno::EXIST),
            Some(old) if Arc::ptr_eq(old, &node) => return Ok(()),
            Some(old) if !exchange => match (node.is_directory(), old.is_directory()) {
                (true, false) => return Err(Errno::NOTDIR),
                (false, true) => return Err(Errno::ISDIR),
                (true, true) => old.retire()?,
                (false, false) => {}
            },
            _ => {}
        }
        {
            let mut entries = lock(self.entries()?);
            entries.names.remove(name);
            if let Some(old) = old.as_ref().filter(|_| exchange) {
                entries.put(name, Arc::clone(old));
            }
        }
        lock(to.entries()?).put(new_name, node);
        if let Some(replaced) = old.filter(|_| !exchange) {
            replaced.count_links(false);
        }
        self.touch();
        to.touch();
        Ok(())
    }

    /// The target of a link.
    pub(crate) fn target(&self) -> Result<&[u8], Errno> {
        match &self.kind {
            NodeKind::Link(target) => Ok(target),
            _ => Err(Errno::INVAL),
        }
    }

    pub(crate) fn status(&self) -> Result<Status, Errno> {
        let mut status = Status::default();
        if let NodeKind::File(content) = &self.kind {
            status = fstat(&content.memory)?.into();
        }
        let meta = lock(&self.meta);
        let held = matches!(self.kind, NodeKind::File(_));
        if !held {
            (status.accessed, status.modified, status.changed) = (meta.accessed, meta.modified, meta.changed);
            status.size = self.target().map_or(0, |target| i64::try_from(target.len()).unwrap_or(0));
        }
        if let NodeKind::Device(device) = self.kind {
            status.special = device.number();
        }
        Ok(Status {
            device: self.space.device,
            inode: self.inode,
            links: if self.is_directory() { meta.links + 1 } else { meta.links },
            mode: self.type_bits() | meta.permissions,
            user: rustix::process::getuid().as_raw(),
            group: rustix::process::getgid().as_raw(),
            block_size: 4096,
            ..status
        })
    }

    pub(crate) fn set_permissions(&self, permissions: u32) {
        let mut meta = lock(&self.meta);
        meta.permissions = permissions;
        meta.changed = Time::now();
    }

    /// Sets what is not `UTIME_OMIT`.
    pub(crate) fn set_times(&self, times: &rustix::fs::Timestamps) -> Result<(), Errno> {
        if let NodeKind::File(content) = &self.kind {
            return rustix::fs::futimens(&content.memory, times);
        }
        let time = |wish: Timespec, old: Time| match wish.tv_nsec {
            rustix::fs::UTIME_OMIT => Ok(old),
            rustix::fs::UTIME_NOW => Ok(Time::now()),
            0..1_000_000_000 => Ok(Time { seconds: wish.tv_sec, nanoseconds: wish.tv_nsec as u32 }),
            _ => Err(Errno::INVAL),
        };
        let mut meta = lock(&self.meta);
        let (accessed, modified) =
            (time(times.last_access, meta.accessed)?, time(times.last_modification, meta.modified)?);
        (meta.accessed, meta.modified, meta.changed) = (accessed, modified, Time::now());
        Ok(())
    }

    /// [`check_permissions`] of this.
    pub(crate) fn check_access(&self, wanted: u32) -> Result<(), Errno> {
        let permissions = lock(&self.meta).permissions;
        check_permissions(permissions, self.is_directory(), wanted)
    }

    /// Another description of a file.
    pub(crate) fn open(&self, flags: OFlags) -> Result<OwnedFd, Errno> {
        let NodeKind::File(content) = &self.kind else { return Err(Errno::INVAL) };
        let path = host_path(content.memory.as_fd());
        let flags = (flags - OFlags::NOFOLLOW - OFlags::CREATE - OFlags::EXCL - OFlags::TRUNC) | OFlags::CLOEXEC;
        openat(CWD, path, flags, Mode::empty())
    }

    /// Cuts or extends a file.
    pub(crate) fn resize(&self, len: u64) -> Result<(), Errno> {
        let NodeKind::File(content) = &self.kind else { return Err(Errno::INVAL) };
        self.growing(|most| if len <= most { ftruncate(&content.memory, len) } else { Err(Errno::NOSPC) })
    }

    /// The seals of a file (fcntl(2)).
    pub(crate) fn seals(&self) -> Result<SealFlags, Errno> {
        let NodeKind::File(content) = &self.kind else { return Err(Errno::INVAL) };
        rustix::fs::fcntl_get_seals(&content.memory)
    }

    /// Seals a file. One that may not shrink does not grow either: what it grows
    /// by could not be taken back.
    pub(crate) fn add_seals(&self, mut seals: SealFlags) -> Result<(), Errno> {
        let NodeKind::File(content) = &self.kind else { return Err(Errno::INVAL) };
        if seals.contains(SealFlags::SHRINK) {
            seals |= SealFlags::GROW;
        }
        let _growing = lock(&content.charged);
        rustix::fs::fcntl_add_seals(&content.memory, seals)
    }

    /// Does what may change the size of a file; what it grows by is charged. The
    /// change is told what size the file can have at most, and must not make it
    /// hold more data than that meanwhile. A file that is larger all the same (a
    /// hole) has its old size afterwards.
    pub(crate) fn growing<T>(&self, change: impl FnOnce(u64) -> Result<T, Errno>) -> Result<T, Errno> {
        let NodeKind::File(content) = &self.kind else { return change(u64::MAX) };
        let mut charged = lock(&content.charged);
        let before = content.size()?;
        let (_, left) = self.space.room();
        let result = change(*charged + left / PAGE * PAGE);
        let size = content.size()?.next_multiple_of(PAGE);
        if size > *charged {
            if let Err(errno) = Space::charge(&self.space.used, size - *charged, self.space.limit) {
                ftruncate(&content.memory, before)?;
                return Err(errno);
            }
        } else {
            self.space.used.fetch_sub(*charged - size, Ordering::Relaxed);
        }
        *charged = size;
        result
    }
}

impl Content {
    fn size(&self) -> Result<u64, Errno> {
        Ok(fstat(&self.memory)?.st_size.cast_unsigned())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let NodeKind::File(content) = &self.kind {
            self.space.used.fetch_sub(*lock(&content.charged), Ordering::Relaxed);
        }
        self.space.nodes.fetch_sub(1, Ordering::Relaxed);
        // Deep trees end one directory after another, not one within another.
        let mut left: Vec<Arc<Self>> = self.take_children();
        while let Some(node) = left.pop() {
            if let Some(mut node) = Arc::into_inner(node) {
                left.extend(node.take_children());
            }
        }
    }
}

impl Node {
    fn take_children(&mut self) -> Vec<Arc<Self>> {
        match &mut self.kind {
            NodeKind::Directory(entries) => {
                let names = std::mem::take(&mut lock(entries).names);
                names.into_values().map(|(_, node)| node).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn check_name(name: &[u8]) -> Result<(), Errno> {
    /// `NAME_MAX`.
    const MOST: usize = 255;
    if name.len() > MOST { Err(Errno::NAMETOOLONG) } else { Ok(()) }
}
