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

use super::mounts::{Mounts, Name, Place, components};
use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, fstatfs, openat2, readlinkat, statat},
    io::Errno,
};
use std::{
    collections::VecDeque,
    ffi::CString,
    os::fd::{AsFd, OwnedFd},
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

/// Links followed before the walk gives up (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// What to do with a link in the last component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    Follow,
    Keep,
}

/// What a path stands for.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A name in a directory of the host; it may not exist. The name is `.`
    /// when the path itself ends in a directory.
    Host {
        directory: OwnedFd,
        name: CString,
        /// Index of the mount.
        mount: usize,
        writable: bool,
        /// The path ended in a slash.
        slash: bool,
        path: Vec<Name>,
    },
    /// A directory that exists only in the mount table.
    Virtual { path: Vec<Name> },
}

impl Entry {
    /// What a path with a slash at its end names is a directory, or nothing yet.
    fn check_slash(&self) -> Result<(), Errno> {
        if let Self::Host { directory, name, slash: true, .. } = self
            && let Ok(stat) = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
            && FileType::from_raw_mode(stat.st_mode) != FileType::Directory
        {
            return Err(Errno::NOTDIR);
        }
        Ok(())
    }
}

impl Mounts {
    /// Resolves `path`, relative to the canonical path `from`.
    pub(crate) fn resolve(&self, from: &[Name], path: &[u8], last: Last) -> Result<Entry, Errno> {
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        let mut at = if path.starts_with(b"/") { Vec::new() } else { from.to_vec() };
        let mut slash = path.ends_with(b"/");
        // The path itself names a directory: no last component is left over.
        let mut dots = ends_in_dots(path);
        let mut queue: VecDeque<Name> = components(path).map(<[u8]>::to_vec).collect();
        let mut links = 0;
        if let Some(entry) = self.resolve_plain(&at, &queue, dots, slash, last)? {
            return Ok(entry);
        }

        while let Some(name) = queue.pop_front() {
            if name == b".." {
                // Fails as the kernel would where `at` is no directory.
                if !self.leads_to_mount(&at)
                    && let Place::Beneath(mount, rest) = self.locate(&at)
                {
                    self.open_directory(mount, &rest)?;
                }
                at.pop();
                continue;
            }
            let final_one = queue.is_empty() && !dots;
            if !(final_one && last == Last::Keep && !slash)
                && let Some(target) = self.read_link(&at, &name, final_one)?
            {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Errno::LOOP);
                }
                if target.is_empty() {
                    return Err(Errno::NOENT);
                }
                if target.starts_with(b"/") {
                    at.clear();
                }
                if final_one {
                    slash |= target.ends_with(b"/");
                    dots = ends_in_dots(&target);
                }
                for name in components(&target).rev() {
                    queue.push_front(name.to_vec());
                }
                continue;
            }
            at.push(name);
        }
        let entry = self.entry(at, dots, slash)?;
        entry.check_slash()?;
        Ok(entry)
    }

    /// The common case in one lookup: a path in which no link turns up. None
    /// when one does, or the path needs a closer look.
    fn resolve_plain(
        &self,
        at: &[Name],
        names: &VecDeque<Name>,
        dots: bool,
        slash: bool,
        last: Last,
    ) -> Result<Option<Entry>, Errno> {
        if names.iter().any(|name| name == b"..") {
            return Ok(None);
        }
        let path: Vec<Name> = at.iter().chain(names).cloned().collect();
        let parent = if dots { &path[..] } else { &path[..path.len().saturating_sub(1)] };
        match (self.locate(parent), self.locate(&path)) {
            (Place::Beneath(above, _), Place::Beneath(mount, _)) if above == mount => {}
            _ => return Ok(None),
        }
        let entry = match self.entry(path, dots, slash) {
            Err(Errno::LOOP | Errno::XDEV) => return Ok(None),
            other => other?,
        };
        if let Entry::Host { directory, name, .. } = &entry
            && (last == Last::Follow || slash)
            && readlinkat(directory, name, Vec::new()).is_ok()
        {
            return Ok(None);
        }
        entry.check_slash()?;
        Ok(Some(entry))
    }

    /// Reads the link `name` in the directory `at`; None when it is no link.
    /// Unless `may_be_missing`, it must exist.
    fn read_link(&self, at: &[Name], name: &Name, may_be_missing: bool) -> Result<Option<Vec<u8>>, Errno> {
        let (mount, rest) = match self.locate(at) {
            Place::Beneath(mount, rest) => (mount, rest),
            // Names in a virtual directory are directories.
            Place::Virtual => return Ok(None),
            Place::Nowhere => return Err(Errno::NOENT),
        };
        // The way to another mount, which covers what is here.
        let mut full = at.to_vec();
        full.push(name.clone());
        if self.leads_to_mount(&full) {
            return Ok(None);
        }
        let directory = self.open_directory(mount, &rest)?;
        let name = CString::new(name.as_slice()).map_err(|_| Errno::INVAL)?;
        match readlinkat(&directory, &name, Vec::new()) {
            Ok(target) => Ok(Some(target.into_bytes())),
            Err(Errno::INVAL) => Ok(None),
            Err(Errno::NOENT) if may_be_missing => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Opens a directory beneath a mount, following no links: `ELOOP` where
    /// there is one, even if there was none a moment ago. `EACCES` in a file
    /// system of the kernel.
    fn open_directory(&self, mount: usize, path: &[u8]) -> Result<OwnedFd, Errno> {
        let root = &self.get(mount)?.root;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        // EAGAIN: something was renamed meanwhile, and the kernel could not be sure.
        for _ in 0..16 {
            match openat2(root, path, flags, Mode::empty(), how) {
                Err(Errno::AGAIN) => {}
                Err(errno) => return Err(errno),
                Ok(directory) => {
                    admit_file_system(&directory)?;
                    return Ok(directory);
                }
            }
        }
        Err(Errno::AGAIN)
    }

    /// The entry at the end of a walk.
    fn entry(&self, path: Vec<Name>, dots: bool, slash: bool) -> Result<Entry, Errno> {
        let host = |mount: usize, parent: &[u8], name: &[u8]| -> Result<(OwnedFd, CString), Errno> {
            let directory = self.open_directory(mount, parent)?;
            Ok((directory, CString::new(name).map_err(|_| Errno::INVAL)?))
        };
        let (mount, rest) = match self.locate(&path) {
            Place::Beneath(mount, rest) => (mount, rest),
            Place::Virtual => return Ok(Entry::Virtual { path }),
            Place::Nowhere => {
                // A missing name in a virtual directory, or in nothing.
                return Err(Errno::NOENT);
            }
        };
        let (directory, name) = if dots || rest == b"." {
            host(mount, &rest, b".")?
        } else {
            match rest.iter().rposition(|&b| b == b'/') {
                Some(at) => host(mount, &rest[..at], &rest[at + 1..])?,
                None => host(mount, b".", &rest)?,
            }
        };
        let writable = self.get(mount)?.writable;
        Ok(Entry::Host { directory, name, mount, writable, slash, path })
    }
}

/// Whether the last component is `.` or `..`, or there is none.
fn ends_in_dots(path: &[u8]) -> bool {
    let last = path.split(|&b| b == b'/').rfind(|name| !name.is_empty());
    matches!(last, None | Some(b"." | b".."))
}
