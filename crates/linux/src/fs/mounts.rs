//! The mount table: which directories of the host a process sees, and where.

use super::{
    path::{CanonicalPath, ROOT, components},
    resolve::admit_file_system,
    special,
    tmpfs::{Node, NodeKind, Space},
};
use rustix::{
    fs::{CWD, Mode, OFlags, StatVfsMountFlags, fstatvfs, openat},
    io::Errno,
};
use std::{cmp::Reverse, ffi::CStr, os::fd::OwnedFd, sync::Arc};

/// The directories a process sees. Empty by default: then it sees no file.
#[derive(Clone, Debug, Default)]
pub struct Mounts {
    list: Vec<Mount>,
}

#[derive(Clone, Debug)]
pub(crate) struct Mount {
    /// Where it is, from the root of the sandbox.
    pub(crate) at: CanonicalPath,
    pub(crate) source: Source,
    pub(crate) writable: bool,
    /// What the host has mounted there.
    pub(crate) host: HostMount,
}

/// What is known of the mount of the host that a directory's root is in. It is
/// true of all that a walk comes to which leaves that mount nowhere.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HostMount {
    /// Its file system is none of the kernel's own.
    pub(crate) admitted: bool,
    /// The kernel opens no devices in it (mount(8), `nodev`).
    pub(crate) no_devices: bool,
}

impl HostMount {
    fn of(root: &OwnedFd) -> Self {
        let no_devices = fstatvfs(root).is_ok_and(|status| status.f_flag.contains(StatVfsMountFlags::NODEV));
        Self { admitted: admit_file_system(root).is_ok(), no_devices }
    }
}

/// What is mounted.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Host(Arc<OwnedFd>),
    Memory(Arc<Node>),
    /// What each process gets one of its own of, made when the table is complete.
    Own(Own),
}

/// File systems that each process has one of its own of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Own {
    /// An empty one for that many bytes.
    Memory(u64),
    /// `/dev`, with a terminal or without.
    Devices(bool),
    /// `/proc`
    Process,
}

impl Own {
    fn make(self, program: &CStr) -> Result<Arc<Node>, Errno> {
        match self {
            Self::Memory(bytes) => Node::root(&Space::new(bytes), 0o777),
            Self::Devices(terminal) => special::devices(terminal),
            Self::Process => special::process(program),
        }
    }
}

/// Why a directory was not mounted.
#[derive(Debug)]
#[non_exhaustive]
pub enum MountError {
    /// The place in the sandbox is not an absolute path, or contains `..`.
    Place,
    /// Something is mounted there already.
    Taken,
    /// It is larger than memory can be.
    Size,
    /// The host's directory cannot be opened.
    Host(std::io::Error),
}

impl std::fmt::Display for MountError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Place => f.write_str("the place in the sandbox must be an absolute path without .."),
            Self::Size => f.write_str("more than a file system in memory can hold"),
            Self::Taken => f.write_str("another directory is mounted there"),
            Self::Host(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MountError {}

impl Mounts {
    /// No directories.
    pub fn new() -> Self {
        Self::default()
    }

    /// As if the host had mounted all of them without devices.
    #[cfg(test)]
    pub(crate) fn without_devices(&mut self) {
        self.list.iter_mut().for_each(|mount| mount.host.no_devices = true);
    }

    /// Whether processes can change files of a file system in memory.
    pub(crate) fn has_memory(&self) -> bool {
        self.list.iter().any(|mount| mount.writable && matches!(mount.source, Source::Memory(_)))
    }

    /// Whether there is a directory of the host.
    pub(crate) fn has_host(&self) -> bool {
        self.list.iter().any(|mount| matches!(mount.source, Source::Host(_)))
    }

    /// Shows the host's directory `host` at `place` (absolute) in the sandbox.
    /// Where mounts nest, the deeper one covers the other, and the process can
    /// neither move nor remove a name that leads to it.
    ///
    /// A directory that the process has open, or works in, is its own as an open file is: what
    /// it could do there by name it can go on doing when the host moves the directory elsewhere,
    /// though nothing outside it comes with it.
    ///
    /// Devices in it are refused, but for the harmless ones; a mount of the host
    /// that has none anyway (`nodev`) saves a look before each file that is opened.
    ///
    /// The process can be told when others use what is in it (inotify(7)), devices included that are in a
    /// directory; [`Limits::watches`](crate::Limits::watches) can be 0.
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
        let at = self.free_place(place)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, host, flags, Mode::empty()).map_err(|e| MountError::Host(e.into()))?;
        let host = HostMount::of(&root);
        self.list.push(Mount { at, source: Source::Host(Arc::new(root)), writable, host });
        Ok(())
    }

    /// Mounts an empty file system at `place`, which holds at most `bytes` of
    /// files in memory (each rounded up to 4096, holes included) and ends with
    /// the process. Each file in it takes a descriptor of the host; there are
    /// at most 4096 files, directories and links. It has no fifos and sockets.
    ///
    /// # Errors
    /// When the place is not one.
    pub fn add_memory(&mut self, place: &[u8], bytes: u64) -> Result<(), MountError> {
        if i64::try_from(bytes).is_err() {
            return Err(MountError::Size);
        }
        let at = self.free_place(place)?;
        self.list.push(Mount {
            at,
            source: Source::Own(Own::Memory(bytes)),
            writable: true,
            host: HostMount::default(),
        });
        Ok(())
    }

    /// Mounts `/dev` or `/proc`, unless something else is there.
    pub(crate) fn add_own(&mut self, place: &[u8], own: Own) {
        if let Ok(at) = self.free_place(place) {
            self.list.push(Mount { at, source: Source::Own(own), writable: false, host: HostMount::default() });
        }
    }

    /// `place`, when something can be mounted there.
    fn free_place(&self, place: &[u8]) -> Result<CanonicalPath, MountError> {
        if place.first() != Some(&b'/') || place.contains(&0) {
            return Err(MountError::Place);
        }
        let at = ROOT.join(place).ok_or(MountError::Place)?;
        if self.is_mount(&at) { Err(MountError::Taken) } else { Ok(at) }
    }

    /// Makes the table ready for a program of this name: something is at the
    /// root, and directories in memory have the names that mounts are at.
    pub(crate) fn complete(&mut self, program: &CStr) -> Result<(), Errno> {
        if self.list.iter().all(|mount| !mount.at.is_root()) {
            let root = Node::root(&Space::new(0), 0o555)?;
            self.list.push(Mount {
                at: ROOT.clone(),
                source: Source::Memory(root),
                writable: false,
                host: HostMount::default(),
            });
        }
        // The deepest first: what covers a path comes before what it covers.
        self.list.sort_by_key(|mount| Reverse(mount.at.len()));
        for mount in &mut self.list {
            if let Source::Own(own) = mount.source {
                mount.source = Source::Memory(own.make(program)?);
            }
        }
        for mount in self.list.iter().filter(|mount| !mount.at.is_root()) {
            let (above, _) = self.locate(&mount.at.parent())?;
            let above = self.get(above)?;
            let Source::Memory(root) = &above.source else { continue };
            let mut directory = Arc::clone(root);
            for name in components(mount.at.beneath(&above.at).unwrap_or_default()) {
                let new = Node::new(directory.space(), NodeKind::Directory(Default::default()), 0o755)?;
                match directory.insert(name, &new) {
                    Ok(()) => directory = new,
                    Err(Errno::EXIST) => directory = directory.lookup(name)?,
                    Err(errno) => return Err(errno),
                }
            }
        }
        Ok(())
    }

    pub(crate) fn get(&self, index: usize) -> Result<&Mount, Errno> {
        self.list.get(index).ok_or(Errno::NOENT)
    }

    /// In a complete table, the mount that a path is beneath, and the path from there, `.` when it is
    /// the mount itself.
    pub(crate) fn locate<'a>(&self, path: &'a CanonicalPath) -> Result<(usize, &'a [u8]), Errno> {
        let mut rests = self.list.iter().enumerate();
        rests.find_map(|(index, mount)| Some((index, path.beneath(&mount.at)?))).ok_or(Errno::NOENT)
    }

    /// Whether something is mounted below a path.
    pub(crate) fn has_mount_beneath(&self, path: &CanonicalPath) -> bool {
        self.list.iter().any(|mount| mount.at != *path && mount.at.beneath(path).is_some())
    }

    /// Whether something is mounted right there.
    pub(crate) fn is_mount(&self, path: &CanonicalPath) -> bool {
        self.list.iter().any(|mount| mount.at == *path)
    }

    /// Whether something is mounted at or below a path: then
    /// a walk may pass through it, there or not in the mount that covers it.
    pub(crate) fn leads_to_mount(&self, path: &CanonicalPath) -> bool {
        self.list.iter().any(|mount| mount.at.beneath(path).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn path(text: &str) -> CanonicalPath {
        ROOT.join(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_deepest_mount_covers() {
        let mut mounts = Mounts::new();
        mounts.add(b"/a/b", Path::new("/tmp"), true).unwrap();
        mounts.add(b"/a/b/c", Path::new("/tmp"), false).unwrap();
        assert_eq!(mounts.locate(&path("/")), Err(Errno::NOENT), "it is not complete");
        mounts.complete(c"").unwrap();
        let root = mounts.list.len() - 1;
        for (text, mount, rest) in [
            ("/", root, "."),
            ("/a", root, "a"),
            ("/a/x", root, "a/x"),
            ("/a/b", 1, "."),
            ("/a/b/x/y", 1, "x/y"),
            ("/a/b/c/d", 0, "d"),
        ] {
            assert_eq!(mounts.locate(&path(text)), Ok((mount, rest.as_bytes())), "{text}");
        }
        let Source::Memory(root) = &mounts.list[root].source else { panic!("the root is in memory") };
        let a = root.lookup(b"a").unwrap();
        assert!(a.lookup(b"b").unwrap().is_directory());
        assert!(root.lookup(b"x").is_err());
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
