//! Events of files (inotify(7)): the host's own, of what lies beneath its directories.
//!
//! A path is resolved as for opening, and the host watches what was found, by `/proc/self/fd/N`: nothing can be watched
//! that could not be opened to read, no device, and nothing of the kernel's own file systems. What a watch tells beyond what
//! listing and reading do: that others, on the host or in another sandbox, use a file (open, read, write it), and when. Names
//! in events are those of entries of the watched directory.
//!
//! Watches and those who wait for them are few for each user of the host: a process has a limit of both. The kernel is
//! asked what there is, since watches end by themselves, too, with their files.

use crate::{
    fs::{File, Last, host_path},
    process::{Process, lock},
    table::Outcome,
};
use rustix::{
    fs::{
        Stat,
        inotify::{self, CreateFlags, WatchFlags},
    },
    io::Errno,
};
use std::{
    os::fd::{AsFd, AsRawFd},
    sync::{Arc, Mutex, Weak},
};

/// Most descriptors of events that a process can have.
const MOST: usize = 4;

/// The descriptors of events of a process.
#[derive(Debug, Default)]
pub(crate) struct Notifiers(Mutex<Vec<Weak<File>>>);

impl Notifiers {
    /// Those that are open, and no others: nobody makes one, or adds a watch, meanwhile.
    fn with<T>(&self, then: impl FnOnce(&mut Vec<Weak<File>>) -> Result<T, Errno>) -> Result<T, Errno> {
        let mut list = lock(&self.0);
        list.retain(|notifier| notifier.strong_count() != 0);
        then(&mut list)
    }
}

pub(crate) fn inotify_init(process: &Process) -> Outcome {
    inotify_init1(process, 0)
}

pub(crate) fn inotify_init1(process: &Process, flags: u32) -> Outcome {
    let known = CreateFlags::CLOEXEC | CreateFlags::NONBLOCK;
    let flags = CreateFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    // Where nothing can be watched, none of the host's is taken.
    let most = if process.policy.limits.watches > 0 && process.files.mounts.has_host() { MOST } else { 0 };
    let notifier = process.files.notifiers.with(|open| {
        if open.len() >= most {
            return Err(Errno::MFILE);
        }
        let notifier = File::plain(inotify::init(flags | CreateFlags::CLOEXEC)?);
        open.push(Arc::downgrade(&notifier));
        Ok(notifier)
    })?;
    let number = process.files.insert(notifier, 0, flags.contains(CreateFlags::CLOEXEC))?;
    u64::try_from(number).map_err(|_| Errno::MFILE)
}

/// What a watch may be told to do.
const KNOWN: u32 = libc::IN_ALL_EVENTS
    | libc::IN_UNMOUNT
    | libc::IN_Q_OVERFLOW
    | libc::IN_IGNORED
    | libc::IN_ONLYDIR
    | libc::IN_DONT_FOLLOW
    | libc::IN_EXCL_UNLINK
    | libc::IN_MASK_CREATE
    | libc::IN_MASK_ADD
    | libc::IN_ISDIR
    | libc::IN_ONESHOT;

pub(crate) fn inotify_add_watch(process: &Process, fd: i32, path: u64, mask: u32) -> Outcome {
    let has = |flag: u32| mask & flag != 0;
    if mask == 0 || mask & !KNOWN != 0 || has(libc::IN_MASK_ADD) && has(libc::IN_MASK_CREATE) {
        return Err(Errno::INVAL);
    }
    let file = get(process, fd)?;
    let path = process.read_path(path)?;
    let last = if has(libc::IN_DONT_FOLLOW) { Last::Keep } else { Last::Follow };
    let (held, stat) = process.files.resolve(libc::AT_FDCWD, &path, last)?.hold_to_watch()?;
    if has(libc::IN_ONLYDIR) && stat.st_mode & libc::S_IFMT != libc::S_IFDIR {
        return Err(Errno::NOTDIR);
    }
    // The host follows its own link to what was found, which is what was to be watched.
    let flags = WatchFlags::from_bits_retain(mask & !(libc::IN_ONLYDIR | libc::IN_DONT_FOLLOW));
    let watch = process.files.notifiers.with(|open| {
        if !admits(open, &file, identity(&stat), process.policy.limits.watches)? {
            return Err(Errno::NOSPC);
        }
        inotify::add_watch(file.fd()?, host_path(held.as_fd()), flags)
    })?;
    u64::try_from(watch).map_err(|_| Errno::INVAL)
}

pub(crate) fn inotify_rm_watch(process: &Process, fd: i32, watch: i32) -> Outcome {
    inotify::remove_watch(get(process, fd)?.fd()?, watch)?;
    Ok(0)
}

/// The descriptor of events with this number.
fn get(process: &Process, fd: i32) -> Result<Arc<File>, Errno> {
    let file = process.files.get(fd)?;
    let known =
        process.files.notifiers.with(|open| Ok(open.iter().any(|other| other.as_ptr() == Arc::as_ptr(&file))))?;
    if known { Ok(file) } else { Err(Errno::INVAL) }
}

/// Whether `open` have less than `most` watches, or `file` has this one, which is only changed.
fn admits(open: &[Weak<File>], file: &Arc<File>, identity: Identity, most: usize) -> Result<bool, Errno> {
    let mut count = 0;
    for notifier in open.iter().filter_map(Weak::upgrade) {
        let watched = watched(&notifier)?;
        if Arc::ptr_eq(&notifier, file) && watched.contains(&identity) {
            return Ok(true);
        }
        count += watched.len();
    }
    Ok(count < most)
}

/// What the kernel knows a file by: inode, and the device of its file system.
type Identity = (u64, u64);

fn identity(stat: &Stat) -> Identity {
    let (major, minor) = (rustix::fs::major(stat.st_dev), rustix::fs::minor(stat.st_dev));
    (stat.st_ino, u64::from(major) << 20 | u64::from(minor))
}

/// What a descriptor of events watches: a line each of `/proc/self/fdinfo` (proc(5)).
fn watched(notifier: &File) -> Result<Vec<Identity>, Errno> {
    let path = format!("/proc/self/fdinfo/{}", notifier.fd()?.as_raw_fd());
    // Without it the host could not be told what to watch either.
    let text = std::fs::read_to_string(path).map_err(|_| Errno::NOSPC)?;
    let number = |line: &str, key: &str| {
        let found = line.split(' ').find_map(|field| field.strip_prefix(key)?.strip_prefix(':'));
        found.and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0)
    };
    let lines = text.lines().filter(|line| line.starts_with("inotify "));
    Ok(lines.map(|line| (number(line, "ino"), number(line, "sdev"))).collect())
}
