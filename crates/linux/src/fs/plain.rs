//! The common case in few calls of the host: a path in which no link turns up,
//! to something in the mount of the host that it begins in.
//!
//! The kernel is told all that must hold (`openat2`: beneath, no links, no other
//! mount), so that there is nothing to look at before. What it refuses gets the
//! closer look of a walk, but for a name that is not there: a walk, too, would
//! find no more.

use super::{
    entry::admit,
    files::{File, FileKind},
    mounts::{HostMount, Mounts, Source},
    path::{CanonicalPath, names_directory},
    resolve::{BENEATH, Base, Last, NO_LINKS, Start, open_within},
    status::Status,
};
use crate::host::is_file_or_directory;
use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, statat},
    io::Errno,
};
use std::{
    ffi::CStr,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
};

/// A path as the kernel gets it: without `..`.
struct Place<'a> {
    root: &'a OwnedFd,
    rest: &'a CStr,
    /// There is nothing on the way that a link, or another directory, could be put
    /// in the place of. What the name itself stands for is another matter.
    is_one_name: bool,
    host: HostMount,
    writable: bool,
}

impl Place<'_> {
    fn open(&self, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        let more = if flags.contains(OFlags::PATH) { OFlags::NOFOLLOW } else { OFlags::NOFOLLOW | OFlags::NOCTTY };
        // One name that is no link leads nowhere else: the kernel need not look whether it does.
        let how = if self.is_one_name { NO_LINKS } else { BENEATH };
        open_within(self.root, self.rest, flags | more, mode, how | ResolveFlags::NO_XDEV)
    }

    /// The status of one name itself, in a call less. Where another mount of the host
    /// is there, that of its root: as a walk would have it.
    fn status_of_name(&self) -> Result<Stat, Errno> {
        statat(self.root, self.rest, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Whether opening this could do something to a device: that is not for what a
    /// program may open. The kernel opens none as a directory, nor where mounts
    /// say so.
    fn may_be_device(&self, flags: OFlags) -> bool {
        if self.host.no_devices || flags.intersects(OFlags::DIRECTORY | OFlags::PATH) {
            return false;
        }
        // No look follows a link to elsewhere.
        let found = match self.is_one_name {
            true => self.status_of_name(),
            false => self.open(OFlags::PATH, Mode::empty()).and_then(fstat),
        };
        let device = |kind| matches!(kind, FileType::CharacterDevice | FileType::BlockDevice);
        found.is_ok_and(|stat| device(FileType::from_raw_mode(stat.st_mode)))
    }
}

/// An error that a walk would come to, too; none for the others.
fn verdict<T>(errno: Errno) -> Result<Option<T>, Errno> {
    // A signal ends one call, not the first of two.
    if matches!(errno, Errno::NOENT | Errno::INTR) { Err(errno) } else { Ok(None) }
}

impl Mounts {
    /// Where the kernel is to look for `path`, which `text` spells from `start` on.
    #[inline(always)] // what it returns stays in registers
    fn place<'a>(&'a self, start: &'a Start, text: &[u8], path: &'a CanonicalPath) -> Option<Place<'a>> {
        let (index, rest) = self.locate(path).ok()?;
        let mount = self.get(index).ok()?;
        let Source::Host(root) = &mount.source else { return None };
        let held = if text.starts_with(b"/") { None } else { self.held(start) };
        let (root, rest, host) = match held {
            Some(Base::Host(root, host)) => (root, path.beneath(&start.path)?, host),
            _ => (&**root, rest, mount.host),
        };
        let is_one_name = !rest.contains(&b'/');
        let rest = path.terminated(rest)?;
        host.admitted.then_some(Place { root, rest, is_one_name, host, writable: mount.writable })
    }

    /// Opens what is there, or makes it. None is no verdict.
    pub(crate) fn open_plain(
        &self,
        start: &Start,
        text: &[u8],
        mut flags: OFlags,
        mode: Mode,
        terminal: bool,
    ) -> Result<Option<Arc<File>>, Errno> {
        let creates = flags.contains(OFlags::CREATE);
        if names_directory(text) {
            flags |= OFlags::DIRECTORY;
        }
        let reads = flags.intersection(OFlags::RWMODE) == OFlags::RDONLY && !flags.contains(OFlags::TRUNC) && !creates;
        let Some(path) = start.of(text).join(text) else { return Ok(None) };
        let Some(place) = self.place(start, text, &path) else { return Ok(None) };
        let refused = creates && flags.contains(OFlags::DIRECTORY);
        if refused || !(place.writable || reads) || place.may_be_device(flags) {
            return Ok(None);
        }
        let fd = match place.open(flags, if creates { mode } else { Mode::empty() }) {
            Ok(fd) => fd,
            Err(errno) => return verdict(errno),
        };
        let Place { host, writable, .. } = place;
        let kind = match flags.contains(OFlags::DIRECTORY) {
            true => FileKind::Directory(fd),
            // No device, whatever was there a moment ago, nor a link, which was not followed.
            false if !flags.contains(OFlags::PATH) && (host.no_devices || is_file_or_directory(fd.as_fd())) => {
                FileKind::Either(fd)
            }
            false => {
                let stat = fstat(&fd)?;
                admit(&stat, terminal)?;
                match FileType::from_raw_mode(stat.st_mode) {
                    FileType::Symlink => return Ok(None),
                    FileType::Directory => FileKind::Directory(fd),
                    _ => FileKind::Plain(fd),
                }
            }
        };
        Ok(Some(Arc::new(File { path: Some(path), host, ..File::new(kind, writable) })))
    }

    /// The status of what is there. None is no verdict.
    pub(crate) fn status_plain(&self, start: &Start, text: &[u8], last: Last) -> Result<Option<Status>, Errno> {
        let Some(path) = start.of(text).join(text) else { return Ok(None) };
        let Some(place) = self.place(start, text, &path) else { return Ok(None) };
        let found = match names_directory(text) {
            true => place.open(OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).and_then(fstat),
            false if place.is_one_name => place.status_of_name(),
            false => place.open(OFlags::PATH, Mode::empty()).and_then(fstat),
        };
        let stat = match found {
            Ok(stat) => stat,
            Err(errno) => return verdict(errno),
        };
        let link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
        Ok((!link || last == Last::Keep).then(|| stat.into()))
    }
}
