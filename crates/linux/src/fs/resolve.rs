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
    entry::{Entry, Place},
    files::FileKind,
    mounts::{Mounts, Name, Source, components},
    tmpfs::{Node, NodeKind},
};
use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, fstatfs, openat2, statat},
    io::Errno,
};
use std::{collections::VecDeque, ffi::CString, os::fd::AsFd, sync::Arc};

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

/// A walk: where it has come to, and what is left of the path.
struct Walk<'a> {
    /// Names that it starts from; it goes no higher than the first `root`.
    start: &'a [Name],
    root: usize,
    scope: Scope,
    at: Vec<Name>,
    queue: VecDeque<Name>,
    links: usize,
}

impl Walk<'_> {
    /// Goes on from the root.
    fn restart(&mut self) -> Result<(), Errno> {
        if self.scope.beneath {
            return Err(Errno::XDEV);
        }
        self.at.clear();
        self.at.extend_from_slice(&self.start[..self.root]);
        Ok(())
    }

    /// Goes up. The root is above itself.
    fn up(&mut self) -> Result<(), Errno> {
        if self.at.len() > self.root {
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
    /// Resolves `path`, relative to the canonical path `from`.
    pub(crate) fn resolve(&self, from: &[Name], path: &[u8], last: Last, scope: Scope) -> Result<Entry, Errno> {
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        let root = if scope.is_rooted() { from.len() } else { 0 };
        let queue = components(path).map(<[u8]>::to_vec).collect();
        let mut walk = Walk { start: from, root, scope, at: from.to_vec(), queue, links: 0 };
        if path.starts_with(b"/") {
            walk.restart()?;
        }
        let mut slash = path.ends_with(b"/");
        // The path itself names a directory: no last component is left over.
        let mut dots = ends_in_dots(path);
        let entry = match self.resolve_plain(&walk, dots, slash, last)? {
            Some(entry) => entry,
            None => {
                self.walk(&mut walk, &mut dots, &mut slash, last)?;
                let entry = self.entry(walk.at, dots, slash, last)?;
                entry.check_slash()?;
                entry
            }
        };
        if scope.one_mount && entry.mount != self.locate(from)?.0 {
            return Err(Errno::XDEV);
        }
        if (scope.no_links || scope.no_magic) && entry.follow && entry.is_descriptor() {
            return Err(Errno::LOOP);
        }
        Ok(entry)
    }

    /// Walks to the end of the path; what its last component is, says the last
    /// link that stood for it.
    fn walk(&self, walk: &mut Walk<'_>, dots: &mut bool, slash: &mut bool, last: Last) -> Result<(), Errno> {
        while let Some(name) = walk.queue.pop_front() {
            if name == b".." {
                // Fails as the kernel would where `at` is no directory.
                if !self.leads_to_mount(&walk.at) {
                    let (mount, rest) = self.locate(&walk.at)?;
                    self.open_directory(mount, &rest)?;
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
            walk.at.push(name);
        }
        Ok(())
    }

    /// The common case in one lookup: a path in which no link turns up. None
    /// when one does, or the path needs a closer look.
    fn resolve_plain(&self, walk: &Walk<'_>, dots: bool, slash: bool, last: Last) -> Result<Option<Entry>, Errno> {
        if walk.queue.iter().any(|name| name == b"..") {
            return Ok(None);
        }
        let path: Vec<Name> = walk.at.iter().chain(&walk.queue).cloned().collect();
        let parent = if dots { &path[..] } else { &path[..path.len().saturating_sub(1)] };
        if self.locate(parent)?.0 != self.locate(&path)?.0 {
            return Ok(None);
        }
        let entry = match self.entry(path, dots, slash, last) {
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
    fn read_link(&self, at: &[Name], name: &Name, may_be_missing: bool) -> Result<Option<Vec<u8>>, Errno> {
        let (mount, rest) = self.locate(at)?;
        // The way to another mount, which covers what is here.
        let mut full = at.to_vec();
        full.push(name.clone());
        if self.leads_to_mount(&full) {
            return Ok(None);
        }
        let directory = self.open_directory(mount, &rest)?;
        let name = CString::new(name.as_slice()).map_err(|_| Errno::INVAL)?;
        match directory.read_link(&name) {
            Ok(target) => Ok(Some(target)),
            Err(Errno::INVAL) => Ok(None),
            Err(Errno::NOENT) if may_be_missing => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Opens a directory beneath a mount, following no links: `ELOOP` where
    /// there is one, even if there was none a moment ago. `EACCES` in a file
    /// system of the kernel.
    fn open_directory(&self, mount: usize, path: &[u8]) -> Result<Place, Errno> {
        let root = match &self.get(mount)?.source {
            Source::Host(root) => root,
            Source::Memory(root) => return Ok(Place::Memory(walk_in_memory(root, path)?)),
            Source::Own(_) => return Err(Errno::NOENT),
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        // EAGAIN: something was renamed meanwhile, and the kernel could not be sure.
        for _ in 0..16 {
            match openat2(root, path, flags, Mode::empty(), how) {
                Err(Errno::AGAIN) => {}
                Err(errno) => return Err(errno),
                Ok(directory) => {
                    admit_file_system(&directory)?;
                    return Ok(Place::Host(directory));
                }
            }
        }
        Err(Errno::AGAIN)
    }

    /// Opens the file or directory of the host at `names`, if all of the path is
    /// in one mount and its file system, no link is in it, and nothing else
    /// speaks against it; also whether it may be written. None is no verdict.
    pub(crate) fn open_plain(&self, names: &[Name], flags: OFlags) -> Option<(FileKind, bool)> {
        let (index, rest) = self.locate(names).ok()?;
        let mount = self.get(index).ok()?;
        let Source::Host(root) = &mount.source else { return None };
        let reads = flags.intersection(OFlags::RWMODE) == OFlags::RDONLY && !flags.contains(OFlags::TRUNC);
        if !mount.writable && !reads {
            return None;
        }
        let plain = |stat: &Stat| {
            let kind = FileType::from_raw_mode(stat.st_mode);
            let known = matches!(kind, FileType::RegularFile | FileType::Directory);
            (known && mount.device == Some(stat.st_dev)).then_some(kind)
        };
        // Opening some devices does something: look first. A link to elsewhere is
        // followed by this look alone.
        plain(&statat(root, &rest[..], AtFlags::SYMLINK_NOFOLLOW).ok()?)?;
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let fd = openat2(root, &rest[..], flags, Mode::empty(), how).ok()?;
        // What was opened may not be what was looked at.
        let kind = plain(&fstat(&fd).ok()?)?;
        let kind = if kind == FileType::Directory { FileKind::Directory(fd) } else { FileKind::Plain(fd) };
        Some((kind, mount.writable))
    }

    /// The entry at the end of a walk.
    fn entry(&self, path: Vec<Name>, dots: bool, slash: bool, last: Last) -> Result<Entry, Errno> {
        let (mount, rest) = self.locate(&path)?;
        let (parent, name) = if dots || rest == b"." {
            (rest.as_slice(), b".".as_slice())
        } else {
            match rest.iter().rposition(|&b| b == b'/') {
                Some(at) => (&rest[..at], &rest[at + 1..]),
                None => (b".".as_slice(), rest.as_slice()),
            }
        };
        let directory = self.open_directory(mount, parent)?;
        let name = CString::new(name).map_err(|_| Errno::INVAL)?;
        let follow = last == Last::Follow || slash;
        Ok(Entry { directory, name, mount, writable: self.get(mount)?.writable, slash, follow, path })
    }
}

/// The directory at `path` beneath `root`, following no links.
fn walk_in_memory(root: &Arc<Node>, path: &[u8]) -> Result<Arc<Node>, Errno> {
    let mut at = Arc::clone(root);
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

/// Whether the last component is `.` or `..`, or there is none.
fn ends_in_dots(path: &[u8]) -> bool {
    let last = path.split(|&b| b == b'/').rfind(|name| !name.is_empty());
    matches!(last, None | Some(b"." | b".."))
}
