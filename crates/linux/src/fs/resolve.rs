//! From a path to a directory of the host and a name in it.
//!
//! The kernel resolves: every lookup is an `openat2` beneath a mounted
//! directory that follows no link and no magic link, so whatever is renamed or
//! replaced during the walk, the result lies beneath the mount or the walk
//! fails. Links and `..` are interpreted here, against the sandbox's root:
//! an absolute link starts again at the mount table, and `..` at the root stays
//! there.
//!
//! A walk keeps the path it has come to as a list of names without links (its
//! *canonical* path). The last component is not looked up by the walk but left
//! to the operation, which must not follow a link there either.
//!
//! No walk ends in one of the file systems that are the kernel's own interface
//! (`/proc`, `/sys` and their like), even when they lie beneath a mount: what
//! they hold is the host itself. Their roots can be seen (`stat`), as names in
//! the directories that hold them, and nothing in them: not opened, not
//! listed, nor are links read.

use super::{
    entry::{Entry, Place, host_path},
    files::{File, FileKind},
    mounts::{HostMount, Mounts, Source},
    path::{CanonicalPath, ROOT, components, ends_in_dots},
    tmpfs::{Node, NodeKind},
};
use rustix::{
    fs::{CWD, Mode, OFlags, ResolveFlags, fstat, fstatfs, openat2, readlinkat},
    io::Errno,
    path::Arg,
};
use std::{
    collections::VecDeque,
    ffi::CString,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
};

/// statfs(2): `f_type` of the file systems that are interfaces to the kernel.
const OF_THE_KERNEL: [u64; 21] = [
    0x0000_9fa0, // proc
    0x6265_6572, // sysfs
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x7363_6673, // securityfs
    0x6265_6570, // configfs
    0x0027_e0eb, // cgroup
    0x6367_7270, // cgroup2
    0xcafe_4a11, // bpf
    0x6e73_6673, // nsfs
    0x6165_676c, // pstore
    0xde5e_81e4, // efivarfs
    0xf97c_ff8c, // selinuxfs
    0x4341_5d53, // smackfs
    0x5a3c_69f0, // apparmorfs
    0x4249_4e4d, // binfmt_misc
    0x6573_5543, // fusectl
    0x0765_5821, // resctrl
    0x6759_6969, // rpc_pipefs
    0x6e66_7364, // nfsd
    0xabba_1974, // xenfs
];

/// Refuses what lies in a file system that is an interface to the kernel.
pub(crate) fn admit_file_system(file: impl AsFd) -> Result<(), Errno> {
    // The field is a signed one of 64 bits on some targets, the number one of 32.
    let kind = fstatfs(file)?.f_type.cast_unsigned() & 0xffff_ffff;
    if OF_THE_KERNEL.contains(&kind) { Err(Errno::ACCESS) } else { Ok(()) }
}

/// Links are not followed.
pub(super) const NO_LINKS: ResolveFlags = ResolveFlags::NO_SYMLINKS.union(ResolveFlags::NO_MAGICLINKS);
/// Nor does a path lead out of the directory that it begins in.
pub(super) const BENEATH: ResolveFlags = NO_LINKS.union(ResolveFlags::BENEATH);

/// openat2(2).
pub(super) fn open_within(
    root: &OwnedFd,
    path: impl Arg + Copy,
    flags: OFlags,
    mode: Mode,
    how: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    // EAGAIN: something was renamed meanwhile, and the kernel could not be sure.
    for _ in 0..16 {
        match openat2(root, path, flags | OFlags::CLOEXEC, mode, how) {
            Err(Errno::AGAIN) => {}
            other => return other,
        }
    }
    Err(Errno::AGAIN)
}

/// Links followed before the walk gives up (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// What to do with a link in the last component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    Follow,
    Keep,
}

/// How far a walk may go (openat2(2)): without any of these, anywhere.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scope {
    /// The start is the root of all.
    pub(crate) in_root: bool,
    /// Nothing leads out of the start.
    pub(crate) beneath: bool,
    /// No links at all.
    pub(crate) no_links: bool,
    /// No descriptors by `/proc/self/fd`.
    pub(crate) no_magic: bool,
    /// No other mount than that of the start.
    pub(crate) one_mount: bool,
}

impl Scope {
    /// Whether there is any restriction.
    pub(crate) fn is_any(self) -> bool {
        self.in_root || self.beneath || self.no_links || self.no_magic || self.one_mount
    }

    /// Whether an absolute path, too, is one from the start.
    pub(crate) fn is_rooted(self) -> bool {
        self.in_root || self.beneath
    }
}

/// Where a path begins: a directory that was opened, or is the working directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    /// Its path when that was found out.
    pub(crate) path: CanonicalPath,
    /// The directory itself, which may have been renamed since.
    pub(crate) held: Option<Arc<File>>,
}

/// The root of the sandbox.
pub(super) static FROM_ROOT: Start = Start { path: CanonicalPath::root(), held: None };

impl Start {
    /// Whether it is the same directory by the same name.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let held = |start: &Self| start.held.as_ref().map(Arc::as_ptr);
        self.path == other.path && held(self) == held(other)
    }

    /// Where this path begins.
    pub(crate) fn of(&self, text: &[u8]) -> &CanonicalPath {
        if text.starts_with(b"/") { &ROOT } else { &self.path }
    }

    /// The directory itself.
    fn base(&self) -> Option<Base<'_>> {
        let file = self.held.as_deref()?;
        match &file.kind {
            FileKind::Directory(fd) | FileKind::Either(fd) => Some(Base::Host(fd, file.host)),
            FileKind::Memory(_) => file.node.as_ref().map(Base::Memory),
            _ => None,
        }
    }
}

/// A directory, whatever it is called now.
#[derive(Clone, Copy)]
pub(super) enum Base<'a> {
    /// One of the host's, and what is known of the mount that it is in.
    Host(&'a OwnedFd, HostMount),
    Memory(&'a Arc<Node>),
}

impl Base<'_> {
    /// The directory at `path` beneath this one, and what is known of its mount.
    fn open(self, path: &[u8]) -> Result<(Place, HostMount), Errno> {
        match self {
            Self::Host(directory, host) => open_host_directory(directory, host, path),
            Self::Memory(node) => Ok((Place::Memory(walk_in_memory(node, path)?), HostMount::default())),
        }
    }
}

/// A walk: where it has come to, and what is left of the path.
struct Walk {
    /// What it goes no higher than.
    root: CanonicalPath,
    scope: Scope,
    at: CanonicalPath,
    queue: VecDeque<Vec<u8>>,
    links: usize,
}

impl Walk {
    /// Goes on from the root.
    fn restart(&mut self) -> Result<(), Errno> {
        if self.scope.beneath {
            return Err(Errno::XDEV);
        }
        self.at.clone_from(&self.root);
        Ok(())
    }

    /// Goes up. The root is above itself.
    fn up(&mut self) -> Result<(), Errno> {
        if self.at.len() > self.root.len() {
            self.at.pop();
        } else if self.scope.beneath {
            return Err(Errno::XDEV);
        }
        Ok(())
    }

    fn count_link(&mut self) -> Result<(), Errno> {
        self.links += 1;
        if self.links > MAX_LINKS || self.scope.no_links { Err(Errno::LOOP) } else { Ok(()) }
    }
}

impl Mounts {
    /// Resolves `path`, relative to `start`.
    pub(crate) fn resolve(&self, start: &Start, path: &[u8], last: Last, scope: Scope) -> Result<Entry, Errno> {
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        let absolute = path.starts_with(b"/");
        if absolute && scope.beneath {
            return Err(Errno::XDEV);
        }
        let from_root = absolute && !scope.in_root;
        let mut slash = path.ends_with(b"/");
        // The path itself names a directory: no last component is left over.
        let mut dots = ends_in_dots(path);
        let (from, held) = match from_root {
            true => (&ROOT, None),
            false => (&start.path, self.held(start)),
        };
        let plain = match from.join(path) {
            Some(plain) => self.resolve_plain(plain, held.map(|held| (from, held)), dots, slash, last)?,
            None => None,
        };
        let entry = match plain {
            Some(entry) => entry,
            None => {
                let at = if from_root { ROOT.clone() } else { self.present_path(start)? };
                let root = if scope.is_rooted() { at.clone() } else { ROOT.clone() };
                let queue = components(path).map(<[u8]>::to_vec).collect();
                let mut walk = Walk { root, scope, at, queue, links: 0 };
                self.walk(&mut walk, &mut dots, &mut slash, last)?;
                let entry = self.entry(walk.at, None, dots, slash, last)?;
                entry.check_slash()?;
                entry
            }
        };
        if scope.one_mount && entry.mount != self.locate(&start.path)?.0 {
            return Err(Errno::XDEV);
        }
        if (scope.no_links || scope.no_magic) && entry.follow && entry.is_descriptor() {
            return Err(Errno::LOOP);
        }
        Ok(entry)
    }

    /// Walks to the end of the path; what its last component is, says the last
    /// link that stood for it.
    fn walk(&self, walk: &mut Walk, dots: &mut bool, slash: &mut bool, last: Last) -> Result<(), Errno> {
        while let Some(name) = walk.queue.pop_front() {
            if name == b".." {
                // Fails as the kernel would where `at` is no directory.
                if !self.leads_to_mount(&walk.at) {
                    let (mount, rest) = self.locate(&walk.at)?;
                    self.open_directory(mount, rest)?;
                }
                walk.up()?;
                continue;
            }
            let final_one = walk.queue.is_empty() && !*dots;
            if !(final_one && last == Last::Keep && !*slash)
                && let Some(target) = self.read_link(&walk.at, &name, final_one)?
            {
                walk.count_link()?;
                if target.is_empty() {
                    return Err(Errno::NOENT);
                }
                if target.starts_with(b"/") {
                    walk.restart()?;
                }
                if final_one {
                    *slash |= target.ends_with(b"/");
                    *dots = ends_in_dots(&target);
                }
                for name in components(&target).rev() {
                    walk.queue.push_front(name.to_vec());
                }
                continue;
            }
            walk.at.push(&name);
        }
        Ok(())
    }

    /// The common case in one lookup: a path in which no link turns up. None
    /// when one does, or the path needs a closer look.
    fn resolve_plain(
        &self,
        path: CanonicalPath,
        held: Option<Held<'_>>,
        dots: bool,
        slash: bool,
        last: Last,
    ) -> Result<Option<Entry>, Errno> {
        if !dots && !path.is_root() && self.is_mount(&path) {
            return Ok(None);
        }
        let entry = match self.entry(path, held, dots, slash, last) {
            Err(Errno::LOOP | Errno::XDEV) => return Ok(None),
            other => other?,
        };
        if entry.follow && entry.directory.read_link(&entry.name).is_ok() {
            return Ok(None);
        }
        entry.check_slash()?;
        Ok(Some(entry))
    }

    /// Reads the link `name` in the directory `at`; None when it is no link.
    /// Unless `may_be_missing`, it must exist.
    fn read_link(&self, at: &CanonicalPath, name: &[u8], may_be_missing: bool) -> Result<Option<Vec<u8>>, Errno> {
        let (mount, rest) = self.locate(at)?;
        // The way to another mount, which covers what is here.
        let mut full = at.clone();
        full.push(name);
        if self.leads_to_mount(&full) {
            return Ok(None);
        }
        let (directory, _) = self.open_directory(mount, rest)?;
        let name = CString::new(name).map_err(|_| Errno::INVAL)?;
        match directory.read_link(&name) {
            Ok(target) => Ok(Some(target)),
            Err(Errno::INVAL) => Ok(None),
            Err(Errno::NOENT) if may_be_missing => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// The directory that a path from `start` begins in, whatever it is called now,
    /// unless the way from there could lead into another mount.
    pub(super) fn held<'a>(&self, start: &'a Start) -> Option<Base<'a>> {
        start.base().filter(|_| !self.has_mount_beneath(&start.path))
    }

    /// The path of `start` as it is now.
    ///
    /// # Errors
    /// `ENOENT` when it has been removed.
    pub(crate) fn present_path(&self, start: &Start) -> Result<CanonicalPath, Errno> {
        let Some(base) = start.base() else { return Ok(start.path.clone()) };
        let mount = self.get(self.locate(&start.path)?.0)?;
        let (directory, root) = match (base, &mount.source) {
            (Base::Host(directory, _), Source::Host(root)) => (directory, root),
            (Base::Memory(node), Source::Memory(root)) => {
                return mount.at.join(&root.path_of(node)?).ok_or(Errno::NOENT);
            }
            _ => return Ok(start.path.clone()),
        };
        if fstat(directory)?.st_nlink == 0 {
            return Err(Errno::NOENT);
        }
        let name = |fd: &OwnedFd| readlinkat(CWD, host_path(fd.as_fd()), Vec::new());
        // A host without /proc does not know.
        let (Ok(root), Ok(directory)) = (name(root), name(directory)) else { return Ok(start.path.clone()) };
        let above = root.to_bytes().strip_suffix(b"/").unwrap_or(root.to_bytes());
        let rest = directory.to_bytes().strip_prefix(above).filter(|rest| matches!(rest, [] | [b'/', ..]));
        // What the host has moved out of the mount keeps its old name, which leads there no more.
        Ok(rest.and_then(|rest| mount.at.join(rest)).unwrap_or_else(|| start.path.clone()))
    }

    /// Opens a directory beneath a mount, following no links: `ELOOP` where
    /// there is one, even if there was none a moment ago. `EACCES` in a file
    /// system of the kernel.
    fn open_directory(&self, mount: usize, path: &[u8]) -> Result<(Place, HostMount), Errno> {
        let mount = self.get(mount)?;
        match &mount.source {
            Source::Host(root) => Base::Host(root, mount.host).open(path),
            Source::Memory(root) => Base::Memory(root).open(path),
            Source::Own(_) => Err(Errno::NOENT),
        }
    }

    /// The entry at the end of a walk.
    fn entry(
        &self,
        path: CanonicalPath,
        held: Option<Held<'_>>,
        dots: bool,
        slash: bool,
        last: Last,
    ) -> Result<Entry, Errno> {
        let (mount, rest) = self.locate(&path)?;
        let held = held.and_then(|(from, base)| Some((path.beneath(from)?, base)));
        let whole = held.map_or(rest, |(rest, _)| rest);
        let (parent, name) = match whole.iter().rposition(|&b| b == b'/') {
            _ if dots || whole == b"." => (whole, b".".as_slice()),
            Some(at) => (&whole[..at], &whole[at + 1..]),
            None => (b".".as_slice(), whole),
        };
        let (directory, host) = match held {
            Some((_, base)) => base.open(parent)?,
            None => self.open_directory(mount, parent)?,
        };
        let name = CString::new(name).map_err(|_| Errno::INVAL)?;
        let follow = last == Last::Follow || slash;
        Ok(Entry { directory, host, name, mount, writable: self.get(mount)?.writable, slash, follow, path })
    }
}

/// A directory that a path begins in, with the path by which it was opened.
type Held<'a> = (&'a CanonicalPath, Base<'a>);

/// The directory at `path` beneath `root`, and what is known of the mount that it
/// is in, which is that of `root`, or any.
fn open_host_directory(root: &OwnedFd, host: HostMount, path: &[u8]) -> Result<(Place, HostMount), Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    if host.admitted {
        match open_within(root, path, flags, Mode::empty(), BENEATH | ResolveFlags::NO_XDEV) {
            // Another mount of the host.
            Err(Errno::XDEV) => {}
            directory => return Ok((Place::Host(directory?), host)),
        }
    }
    let directory = open_within(root, path, flags, Mode::empty(), BENEATH)?;
    admit_file_system(&directory)?;
    Ok((Place::Host(directory), HostMount::default()))
}

/// The directory at `path` beneath `root`, following no links.
fn walk_in_memory(root: &Arc<Node>, path: &[u8]) -> Result<Arc<Node>, Errno> {
    let mut at = Arc::clone(root);
    at.check_access(1)?;
    for name in components(path) {
        at = at.lookup(name)?;
        match at.kind {
            NodeKind::Link(_) => return Err(Errno::LOOP),
            _ if !at.is_directory() => return Err(Errno::NOTDIR),
            _ => at.check_access(1)?,
        }
    }
    Ok(at)
}
