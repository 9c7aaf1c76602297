//! The mount table: which directories of the host a process sees, and where.

use rustix::{
    fs::{CWD, Mode, OFlags, openat},
    io::Errno,
};
use std::{os::fd::OwnedFd, sync::Arc};

/// One component of a path: no slash, not empty, neither `.` nor `..`.
pub(crate) type Name = Vec<u8>;

/// The directories a process sees. Empty by default: then it sees no file.
#[derive(Clone, Debug, Default)]
pub struct Mounts {
    list: Vec<Mount>,
}

#[derive(Clone, Debug)]
pub(crate) struct Mount {
    /// Where it is, from the root of the sandbox.
    at: Vec<Name>,
    pub(crate) root: Arc<OwnedFd>,
    pub(crate) writable: bool,
}

/// Why a directory was not mounted.
#[derive(Debug)]
#[non_exhaustive]
pub enum MountError {
    /// The place in the sandbox is not an absolute path, or contains `..`.
    Place,
    /// Something is mounted there already.
    Taken,
    /// The host's directory cannot be opened.
    Host(std::io::Error),
}

impl std::fmt::Display for MountError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Place => f.write_str("the place in the sandbox must be an absolute path without .."),
            Self::Taken => f.write_str("another directory is mounted there"),
            Self::Host(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MountError {}

/// What a path without links stands for.
#[derive(Debug)]
pub(crate) enum Place {
    /// A mount (its index), and the path beneath it.
    Beneath(usize, Vec<u8>),
    /// A directory that exists only because something is mounted below it.
    Virtual,
    /// Nothing.
    Nowhere,
}

/// Splits a path into components, without empty ones and `.`.
pub(crate) fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&b| b == b'/').filter(|name| !name.is_empty() && *name != b".")
}

impl Mounts {
    /// No directories.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows the host's directory `host` at `place` (absolute) in the sandbox.
    /// Where mounts nest, the deeper one covers the other, and the process can
    /// neither move nor remove a name that leads to it.
    ///
    /// Host directories that overlap share their contents: a file in a directory
    /// mounted to read is writable by every path of another mount, in this
    /// process or another, that leads to it on the host and may write. Only
    /// places in the sandbox cover each other.
    ///
    /// The kernel ends a process's own record locks (`F_SETLK`) on a file when
    /// any of its descriptors of that file is closed, and a sandbox's are the
    /// host's: a host that locks files in a directory shown to a sandbox uses
    /// `F_OFD_SETLK` or `flock`, which no sandbox can end.
    ///
    /// # Errors
    /// When the place is not one, or the directory cannot be opened.
    pub fn add(&mut self, place: &[u8], host: &std::path::Path, writable: bool) -> Result<(), MountError> {
        let at: Vec<Name> = components(place).map(<[u8]>::to_vec).collect();
        if place.first() != Some(&b'/') || place.contains(&0) || at.iter().any(|name| name == b"..") {
            return Err(MountError::Place);
        }
        if self.list.iter().any(|mount| mount.at == at) {
            return Err(MountError::Taken);
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, host, flags, Mode::empty()).map_err(|e| MountError::Host(e.into()))?;
        self.list.push(Mount { at, root: Arc::new(root), writable });
        Ok(())
    }

    pub(crate) fn get(&self, index: usize) -> Result<&Mount, Errno> {
        self.list.get(index).ok_or(Errno::NOENT)
    }

    /// What the path made of `names` from the root stands for.
    pub(crate) fn locate(&self, names: &[Name]) -> Place {
        let covers = |mount: &&Mount| names.starts_with(&mount.at);
        let deepest = self.list.iter().filter(covers).map(|mount| mount.at.len()).max();
        if let Some(depth) = deepest
            && let Some(index) = self.list.iter().position(|mount| mount.at.len() == depth && covers(&mount))
        {
            let rest = names[depth..].join(&b'/');
            return Place::Beneath(index, if rest.is_empty() { b".".to_vec() } else { rest });
        }
        if names.is_empty() || self.leads_to_mount(names) { Place::Virtual } else { Place::Nowhere }
    }

    /// Whether something is mounted at or below the path made of `names`: then
    /// a walk may pass through it, there or not in the mount that covers it.
    pub(crate) fn leads_to_mount(&self, names: &[Name]) -> bool {
        self.list.iter().any(|mount| mount.at.starts_with(names))
    }

    /// The names that the virtual directory `names` holds.
    pub(crate) fn children(&self, names: &[Name]) -> Vec<Name> {
        let below = self.list.iter().filter(|mount| mount.at.starts_with(names));
        let mut children: Vec<Name> = below.filter_map(|mount| mount.at.get(names.len()).cloned()).collect();
        children.sort();
        children.dedup();
        children
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn names(path: &str) -> Vec<Name> {
        components(path.as_bytes()).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn the_deepest_mount_covers() {
        let mut mounts = Mounts::new();
        mounts.add(b"/a/b", Path::new("/tmp"), true).unwrap();
        mounts.add(b"/a/b/c", Path::new("/tmp"), false).unwrap();
        assert!(matches!(mounts.locate(&names("/")), Place::Virtual));
        assert!(matches!(mounts.locate(&names("/a")), Place::Virtual));
        assert!(matches!(mounts.locate(&names("/x")), Place::Nowhere));
        assert!(matches!(mounts.locate(&names("/a/x")), Place::Nowhere));
        assert!(matches!(mounts.locate(&names("/a/b")), Place::Beneath(0, rest) if rest == b"."));
        assert!(matches!(mounts.locate(&names("/a/b/x/y")), Place::Beneath(0, rest) if rest == b"x/y"));
        assert!(matches!(mounts.locate(&names("/a/b/c/d")), Place::Beneath(1, rest) if rest == b"d"));
        assert_eq!(mounts.children(&[]), [b"a"]);
        assert_eq!(mounts.children(&names("/a")), [b"b"]);
    }

    #[test]
    fn places_are_checked() {
        let mut mounts = Mounts::new();
        mounts.add(b"/", Path::new("/tmp"), true).unwrap();
        assert!(matches!(mounts.add(b"//", Path::new("/tmp"), true), Err(MountError::Taken)));
        assert!(matches!(mounts.add(b"a", Path::new("/tmp"), true), Err(MountError::Place)));
        assert!(matches!(mounts.add(b"/a/../b", Path::new("/tmp"), true), Err(MountError::Place)));
        assert!(matches!(mounts.add(b"/x", Path::new("/does/not/exist"), true), Err(MountError::Host(_))));
    }
}
