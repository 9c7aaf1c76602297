//! Events of files.

use super::*;
use crate::limits::Limits;
use std::{fs, os::unix::fs::symlink};

/// A process with the host's directory at `/`, one in memory at `/memory`, and so many watches.
fn watcher(dir: &Path, watches: usize) -> (Fixture, u64) {
    watcher_with(dir, watches, Returns::Jump)
}

fn watcher_with(dir: &Path, watches: usize, returns: Returns) -> (Fixture, u64) {
    let limits = Limits { watches, ..Limits::default() };
    let policy = Policy::new().directory("/", dir, true).unwrap().memory("/memory", 1 << 20).unwrap().limits(limits);
    let mut f = Fixture::with_policy(policy.process_files(true), returns);
    let fd = f.ok("inotify_init1", &[libc::IN_NONBLOCK as u64]);
    (f, fd)
}

impl Fixture {
    fn watch(&mut self, fd: u64, path: &str, mask: u32) -> Outcome {
        let path = self.text(path);
        self.call("inotify_add_watch", &[fd, path, mask.into()])
    }

    /// Watch, mask and name of all events that have come.
    fn events(&mut self, fd: u64) -> Vec<(u64, u32, String)> {
        let buffer = self.buffer(4096);
        let mut events = Vec::new();
        while let Ok(len) = self.call("read", &[fd, buffer, 4096]) {
            let bytes = self.get(buffer, len as usize);
            let mut rest = &bytes[..];
            while let Some((head, behind)) = rest.split_first_chunk::<16>() {
                let word = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap());
                let (name, more) = behind.split_at(word(12) as usize);
                let name = String::from_utf8(name.iter().copied().take_while(|&b| b != 0).collect()).unwrap();
                events.push((word(0).into(), word(4), name));
                rest = more;
            }
        }
        events
    }
}

#[test]
fn what_happens_in_a_directory_of_the_host_is_told() {
    [Returns::Jump, Returns::Ret].into_iter().for_each(is_told);
}

fn is_told(returns: Returns) {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("sub")).unwrap();
    let (mut f, fd) = watcher_with(dir.path(), 10, returns);
    let mask = libc::IN_CREATE | libc::IN_MODIFY | libc::IN_DELETE | libc::IN_ONLYDIR;
    let (root, sub) = (f.watch(fd, "/", mask).unwrap(), f.watch(fd, "sub", mask).unwrap());
    assert_ne!(root, sub);
    assert_eq!(f.watch(fd, "/sub/.", mask), Ok(sub), "the same one");
    fs::write(dir.path().join("new"), "text").unwrap();
    fs::remove_file(dir.path().join("new")).unwrap();
    fs::create_dir(dir.path().join("sub/deep")).unwrap();
    let event = |watch: u64, mask: u32, name: &str| (watch, mask, name.to_owned());
    let expected = [
        event(root, libc::IN_CREATE, "new"),
        event(root, libc::IN_MODIFY, "new"),
        event(root, libc::IN_DELETE, "new"),
        event(sub, libc::IN_CREATE | libc::IN_ISDIR, "deep"),
    ];
    assert_eq!(f.events(fd), expected);
    f.ok("inotify_rm_watch", &[fd, sub]);
    f.fails(Errno::INVAL, "inotify_rm_watch", &[fd, sub]);
    assert_eq!(f.events(fd), [event(sub, libc::IN_IGNORED, "")]);
    // Ready for who waits.
    let poll = f.put(&(fd | 1 << 32).to_ne_bytes());
    assert_eq!(f.ok("poll", &[poll, 1, 0]), 0);
    fs::write(dir.path().join("more"), "").unwrap();
    assert_eq!(f.ok("poll", &[poll, 1, 1000]), 1);
    let buffer = f.buffer(16);
    f.fails(Errno::INVAL, "read", &[fd, buffer, 15]);
    f.ok("ioctl", &[fd, 0x541b, buffer]);
    assert_eq!(f.get_u64(buffer) as u32, 32, "an event and a name");
    f.ok("close", &[fd]);
}

#[test]
fn a_watch_is_what_its_flags_say() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    symlink("file", dir.path().join("link")).unwrap();
    let (mut f, fd) = watcher(dir.path(), 10);
    let file = f.watch(fd, "file", libc::IN_MODIFY).unwrap();
    assert_eq!(f.watch(fd, "link", libc::IN_MODIFY), Ok(file));
    assert_ne!(f.watch(fd, "link", libc::IN_ATTRIB | libc::IN_DONT_FOLLOW), Ok(file), "the link itself");
    assert_eq!(f.watch(fd, "file", libc::IN_ATTRIB | libc::IN_MASK_CREATE), Err(Errno::EXIST));
    assert_eq!(f.watch(fd, "file", libc::IN_ATTRIB | libc::IN_MASK_ADD), Ok(file));
    fs::write(dir.path().join("file"), "x").unwrap();
    assert_eq!(f.events(fd), [(file, libc::IN_MODIFY, String::new())]);
    for (path, mask, errno) in [
        ("file", 0, Errno::INVAL),
        ("file", 1 << 12, Errno::INVAL),
        ("file", libc::IN_MODIFY | 1 << 27, Errno::INVAL),
        ("file", libc::IN_MODIFY | libc::IN_MASK_ADD | libc::IN_MASK_CREATE, Errno::INVAL),
        ("file", libc::IN_MODIFY | libc::IN_ONLYDIR, Errno::NOTDIR),
        ("file/", libc::IN_MODIFY, Errno::NOTDIR),
        ("nothing", libc::IN_MODIFY, Errno::NOENT),
        ("", libc::IN_MODIFY, Errno::NOENT),
    ] {
        assert_eq!(f.watch(fd, path, mask), Err(errno), "{path} {mask:#x}");
    }
    f.fails(Errno::FAULT, "inotify_add_watch", &[fd, 8, 2]);
    assert_eq!(f.watch(0, "file", libc::IN_MODIFY), Err(Errno::INVAL), "no descriptor of events");
    assert_eq!(f.watch(99, "file", libc::IN_MODIFY), Err(Errno::BADF));
    f.fails(Errno::INVAL, "inotify_init1", &[1]);
}

#[test]
fn class_24_nothing_outside_the_mounts_is_watched() {
    let dir = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "").unwrap();
    symlink(outside.path().join("secret"), dir.path().join("out")).unwrap();
    let (mut f, fd) = watcher(dir.path(), 10);
    let secret = outside.path().join("secret").display().to_string();
    for path in ["out", "../secret", &secret, "/proc/self/fd/0", "/proc/self/maps", "/memory", "/memory/file"] {
        let watched = f.watch(fd, path, libc::IN_ALL_EVENTS);
        assert!(matches!(watched, Err(Errno::NOENT | Errno::OPNOTSUPP)), "{path} {watched:?}");
    }
    // The link itself is in the mount.
    f.watch(fd, "out", libc::IN_ALL_EVENTS | libc::IN_DONT_FOLLOW).unwrap();
    fs::write(outside.path().join("secret"), "x").unwrap();
    assert_eq!(f.events(fd), []);
}

#[test]
fn class_24_devices_and_the_kernels_own_files_are_not_watched() {
    let policy = Policy::new().directory("/", "/", false).unwrap();
    let mut f = Fixture::with_policy(policy, Returns::Jump);
    let fd = f.ok("inotify_init", &[]);
    for path in ["/dev/null", "/dev/tty", "/proc/self/status", "/sys/kernel"] {
        assert_eq!(f.watch(fd, path, libc::IN_ALL_EVENTS), Err(Errno::ACCESS), "{path}");
    }
    f.watch(fd, "/tmp", libc::IN_DELETE_SELF).unwrap();
}

#[test]
fn class_28_watches_are_limited() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    let (mut f, fd) = watcher(dir.path(), 2);
    let other = f.ok("inotify_init1", &[0]);
    let a = f.watch(fd, "a", libc::IN_MODIFY).unwrap();
    f.watch(other, "b", libc::IN_MODIFY).unwrap();
    for instance in [fd, other] {
        assert_eq!(f.watch(instance, "c", libc::IN_MODIFY), Err(Errno::NOSPC));
    }
    assert_eq!(f.watch(fd, "b", libc::IN_MODIFY), Err(Errno::NOSPC), "the other one's");
    assert_eq!(f.watch(fd, "a", libc::IN_ATTRIB), Ok(a), "that one is changed");
    // One that has ended by itself counts no more.
    fs::remove_file(dir.path().join("a")).unwrap();
    f.watch(fd, "c", libc::IN_MODIFY).unwrap();
    assert_eq!(f.watch(fd, "/", libc::IN_MODIFY), Err(Errno::NOSPC));
    f.ok("close", &[other]);
    f.watch(fd, "/", libc::IN_MODIFY).unwrap();

    let more: Vec<_> = (0..3).map(|_| f.ok("inotify_init1", &[0])).collect();
    f.fails(Errno::MFILE, "inotify_init1", &[0]);
    f.ok("close", &[more[0]]);
    f.ok("inotify_init", &[]);
    f.fails(Errno::MFILE, "inotify_init", &[]);
    // Nor are any taken where there is nothing to watch.
    Fixture::new(Mounts::new()).fails(Errno::MFILE, "inotify_init", &[]);
    let none = Policy::new().directory("/", dir.path(), false).unwrap();
    let none = none.limits(Limits { watches: 0, ..Limits::default() });
    Fixture::with_policy(none, Returns::Jump).fails(Errno::MFILE, "inotify_init", &[]);
}
