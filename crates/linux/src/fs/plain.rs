//! The common case in few calls of the host: a path in which no link turns up,
//! to something in the mount of the host that it begins in.
//!
//! The kernel is told all that must hold (`openat2`: beneath, no links, no other
//! mount), so that there is nothing to look at before. What it refuses gets the
//! closer look of a walk, but for a name that is not there: a walk, too, would
//! find no more.

use super::{
    entry::admit,
    files::FileKind,
    mounts::{HostMount, Mounts, Source},
    path::{CanonicalPath, names_directory},
    resolve::{Base, Last, Start, open_beneath},
    status::Status,
};
use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, fstat, statat},
    io::Errno,
};
use std::os::fd::OwnedFd;

/// What was opened.
pub(crate) struct Opened {
    pub(crate) kind: FileKind,
    pub(crate) writable: bool,
    pub(crate) path: CanonicalPath,
    pub(crate) host: HostMount,
}

/// A path as the kernel gets it.
struct Place<'a> {
    root: &'a OwnedFd,
    rest: &'a [u8],
    host: HostMount,
    writable: bool,
}

impl Place<'_> {
    fn open(&self, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        let more = if flags.contains(OFlags::PATH) { OFlags::NOFOLLOW } else { OFlags::NOFOLLOW | OFlags::NOCTTY };
        open_beneath(self.root, self.rest, flags | more, mode, ResolveFlags::NO_XDEV)
    }

    /// Whether opening this could do something to a device: that is not for what a
    /// program may open. The kernel opens none as a directory, nor where mounts
    /// say so.
    fn may_be_device(&self, flags: OFlags) -> bool {
        if self.host.no_devices || flags.intersects(OFlags::DIRECTORY | OFlags::PATH) {
            return false;
        }
        // No look follows a link to elsewhere: in one name there is none that could lead there.
        let found = match self.rest.contains(&b'/') {
            true => self.open(OFlags::PATH, Mode::empty()).and_then(fstat),
            false => statat(self.root, self.rest, AtFlags::SYMLINK_NOFOLLOW),
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
    fn place<'a>(&'a self, start: &'a Start, text: &[u8], path: &'a CanonicalPath) -> Option<Place<'a>> {
        let (index, rest) = self.locate(path).ok()?;
        let mount = self.get(index).ok()?;
        let Source::Host(root) = &mount.source else { return None };
        let at_mount = Place { root, rest, host: mount.host, writable: mount.writable };
        let held = if text.starts_with(b"/") { None } else { self.held(start) };
        let place = match held {
            Some(Base::Host(root, host)) => Place { root, rest: path.beneath(&start.path)?, host, ..at_mount },
            _ => at_mount,
        };
        place.host.admitted.then_some(place)
    }

    /// Opens what is there, or makes it. None is no verdict.
    pub(crate) fn open_plain(
        &self,
        start: &Start,
        text: &[u8],
        mut flags: OFlags,
        mode: Mode,
        terminal: bool,
    ) -> Result<Option<Opened>, Errno> {
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
            // No device, nor a link, which was not followed.
            false if host.no_devices && !flags.contains(OFlags::PATH) => FileKind::Either(fd),
            false => {
                // Whatever was there a moment ago.
                let stat = fstat(&fd)?;
                admit(&stat, terminal)?;
                match FileType::from_raw_mode(stat.st_mode) {
                    FileType::Symlink => return Ok(None),
                    FileType::Directory => FileKind::Directory(fd),
                    _ => FileKind::Plain(fd),
                }
            }
        };
        Ok(Some(Opened { kind, writable, path, host }))
    }

    /// The status of what is there. None is no verdict.
    pub(crate) fn status_plain(&self, start: &Start, text: &[u8], last: Last) -> Result<Option<Status>, Errno> {
        let Some(path) = start.of(text).join(text) else { return Ok(None) };
        let Some(place) = self.place(start, text, &path) else { return Ok(None) };
        let flags = if names_directory(text) { OFlags::PATH | OFlags::DIRECTORY } else { OFlags::PATH };
        let stat = match place.open(flags, Mode::empty()) {
            Ok(file) => fstat(&file)?,
            Err(errno) => return verdict(errno),
        };
        let link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
        Ok((!link || last == Last::Keep).then(|| stat.into()))
    }
}
