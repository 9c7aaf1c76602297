//! Descriptor numbers are the process's own.

use super::*;

#[test]
fn class_25_only_the_standard_ones_exist_at_first() {
    let mut f = Fixture::new(Mounts::new());
    let buffer = f.buffer(256);
    // This process has many descriptors open; none of their numbers means anything here.
    for fd in (3..2000u64).chain([1 << 20, u64::from(u32::MAX), i32::MAX as u64, (-1i64) as u64, (-100i64) as u64]) {
        for (name, arguments) in [
            ("read", [fd, buffer, 1]),
            ("write", [fd, buffer, 1]),
            ("close", [fd, 0, 0]),
            ("dup", [fd, 0, 0]),
            ("dup2", [fd, 1, 0]),
            ("fcntl", [fd, libc::F_GETFL as u64, 0]),
            ("fstat", [fd, buffer, 0]),
            ("lseek", [fd, 0, 0]),
            ("ioctl", [fd, 0x541b, buffer]),
            ("fsync", [fd, 0, 0]),
        ] {
            f.fails(Errno::BADF, name, &arguments);
        }
    }
}

#[test]
fn the_low_half_is_the_number() {
    let mut f = Fixture::new(Mounts::new());
    let buffer = f.buffer(8);
    assert_eq!(f.ok("write", &[0xffff_ffff_0000_0001, buffer, 1]), 1);
}

#[test]
fn class_25_the_lowest_free_number_is_used() {
    let mut f = Fixture::new(Mounts::new());
    assert_eq!(f.ok("dup", &[0]), 3);
    assert_eq!(f.ok("dup", &[0]), 4);
    f.ok("close", &[0]);
    assert_eq!(f.ok("dup", &[3]), 0);
    f.ok("close", &[3]);
    f.fails(Errno::BADF, "close", &[3]);
    assert_eq!(f.ok("fcntl", &[4, libc::F_DUPFD as u64, 100]), 100);
    f.fails(Errno::INVAL, "fcntl", &[4, libc::F_DUPFD as u64, 1024]);
    f.fails(Errno::INVAL, "fcntl", &[4, libc::F_DUPFD as u64, u64::MAX]);
}

#[test]
fn class_25_duplicates() {
    let mut f = Fixture::new(Mounts::new());
    assert_eq!(f.ok("dup2", &[1, 10]), 10);
    assert_eq!(f.ok("dup2", &[1, 1]), 1);
    f.fails(Errno::BADF, "dup2", &[5, 5]);
    f.fails(Errno::BADF, "dup2", &[1, 1024]);
    f.fails(Errno::BADF, "dup2", &[1, u64::MAX]);
    f.fails(Errno::INVAL, "dup3", &[1, 1, 0]);
    f.fails(Errno::INVAL, "dup3", &[1, 11, 1]);
    assert_eq!(f.ok("dup3", &[1, 11, libc::O_CLOEXEC as u64]), 11);
    assert_eq!(f.ok("fcntl", &[11, libc::F_GETFD as u64]), 1);
    assert_eq!(f.ok("fcntl", &[10, libc::F_GETFD as u64]), 0);
    f.ok("fcntl", &[10, libc::F_SETFD as u64, 1]);
    assert_eq!(f.ok("fcntl", &[10, libc::F_GETFD as u64]), 1);
    f.ok("close_range", &[10, u64::from(u32::MAX), 0]);
    f.fails(Errno::BADF, "close", &[11]);
    f.fails(Errno::INVAL, "close_range", &[2, 1, 0]);
    f.ok("write", &[1, 0, 0]);
}

#[test]
fn class_28_they_run_out_cleanly() {
    let mut f = Fixture::new(Mounts::new());
    for fd in 3..1024 {
        assert_eq!(f.ok("dup", &[0]), fd);
    }
    f.fails(Errno::MFILE, "dup", &[0]);
    let pair = f.buffer(8);
    f.fails(Errno::MFILE, "pipe", &[pair]);
    f.ok("close", &[500]);
    // Only one is free: no half of a pipe stays behind.
    f.fails(Errno::MFILE, "pipe", &[pair]);
    assert_eq!(f.ok("dup", &[0]), 500);
}

#[test]
fn class_25_the_hosts_are_closed_on_exec() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = Fixture::at(dir.path());
    let fd = f.open("new", libc::O_RDWR | libc::O_CREAT).unwrap();
    let pair = f.buffer(8);
    f.ok("pipe2", &[pair, 0]);
    let pipe = u64::from(f.get(pair, 1)[0]);
    for fd in [fd, pipe] {
        assert_eq!(f.ok("fcntl", &[fd, libc::F_GETFD as u64]), 0, "as the program sees it");
        let file = f.thread.process.files.get(fd as i32).unwrap();
        let flags = rustix::io::fcntl_getfd(file.fd().unwrap()).unwrap();
        assert!(flags.contains(rustix::io::FdFlags::CLOEXEC), "as the host has it");
    }
}

#[test]
fn status_flags() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = Fixture::at(dir.path());
    let fd = f.open("new", libc::O_RDWR | libc::O_CREAT).unwrap();
    f.ok("fcntl", &[fd, libc::F_SETFL as u64, (libc::O_APPEND | libc::O_CREAT) as u64]);
    let flags = f.ok("fcntl", &[fd, libc::F_GETFL as u64]) as i32;
    assert_eq!(flags & (libc::O_ACCMODE | libc::O_APPEND), libc::O_RDWR | libc::O_APPEND);
    f.fails(Errno::INVAL, "fcntl", &[fd, 9999, 0]);
}

/// `struct flock`.
fn record(kind: i32, start: u64, len: u64) -> Vec<u8> {
    [&(kind as u16).to_ne_bytes()[..], &[0; 6], &start.to_ne_bytes(), &len.to_ne_bytes(), &[0; 8]].concat()
}

#[test]
fn record_locks() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = Fixture::at(dir.path());
    let fd = f.open("new", libc::O_RDWR | libc::O_CREAT).unwrap();
    let write = f.put(&record(libc::F_WRLCK, 10, 5));
    f.ok("fcntl", &[fd, libc::F_SETLK as u64, write]);
    f.ok("fcntl", &[fd, libc::F_GETLK as u64, write]);
    assert_eq!(f.get(write, 2), (libc::F_UNLCK as u16).to_ne_bytes(), "no other process has it");
    let wrong = f.put(&record(99, 0, 0));
    f.fails(Errno::INVAL, "fcntl", &[fd, libc::F_SETLK as u64, wrong]);
    f.fails(Errno::FAULT, "fcntl", &[fd, libc::F_SETLK as u64, 8]);
}

#[test]
fn record_locks_of_a_program_are_one_owners() {
    let dir = tempfile::tempdir().unwrap();
    let (mut f, mut other) = (Fixture::at(dir.path()), Fixture::at(dir.path()));
    let flags = libc::O_RDWR | libc::O_CREAT;
    let (first, second) = (f.open("new", flags).unwrap(), f.open("new", flags).unwrap());
    let fd = other.open("new", flags).unwrap();
    let set = libc::F_SETLK as u64;
    // Descriptors of one program do not exclude each other, those of two do.
    let write = f.put(&record(libc::F_WRLCK, 10, 5));
    f.ok("fcntl", &[first, set, write]);
    f.ok("fcntl", &[second, set, write]);
    let wanted = other.put(&record(libc::F_RDLCK, 0, 0));
    other.fails(Errno::AGAIN, "fcntl", &[fd, set, wanted]);
    other.ok("fcntl", &[fd, libc::F_GETLK as u64, wanted]);
    assert_eq!(other.get(wanted, 28), record(libc::F_WRLCK, 10, 5)[..28], "and process 0");
    // Whichever asks for its end, and it counts from its own position.
    f.ok("lseek", &[second, 10, libc::SEEK_SET as u64]);
    let mut here = record(libc::F_UNLCK, 0, 5);
    here[2] = libc::SEEK_CUR as u8;
    let here = f.put(&here);
    f.ok("fcntl", &[second, set, here]);
    let wanted = other.put(&record(libc::F_RDLCK, 0, 0));
    other.ok("fcntl", &[fd, set, wanted]);
    f.fails(Errno::AGAIN, "fcntl", &[first, set, write]);
    // They end with the file.
    other.ok("close", &[fd]);
    f.ok("fcntl", &[first, set, write]);
    let reader = f.open("new", libc::O_RDONLY).unwrap();
    f.fails(Errno::BADF, "fcntl", &[reader, set, write]);
}

#[test]
fn record_locks_of_the_host_are_its_own() {
    use crate::host::{Lock, record_lock};
    use std::os::fd::AsFd;
    let dir = tempfile::tempdir().unwrap();
    let mut f = Fixture::at(dir.path());
    let fd = f.open("new", libc::O_RDWR | libc::O_CREAT).unwrap();
    let host = || std::fs::File::options().read(true).write(true).open(dir.path().join("new")).unwrap();
    let (locked, asking) = (host(), host());
    let whole = Lock { kind: libc::F_WRLCK as i16, whence: 0, start: 0, len: 0 };
    record_lock(locked.as_fd(), libc::F_SETLK, whole).unwrap();
    // The program is another owner, whom it excludes and who cannot end it.
    let (write, unlock) = (f.put(&record(libc::F_WRLCK, 0, 0)), f.put(&record(libc::F_UNLCK, 0, 0)));
    f.fails(Errno::AGAIN, "fcntl", &[fd, libc::F_SETLK as u64, write]);
    f.ok("fcntl", &[fd, libc::F_SETLK as u64, unlock]);
    let found = record_lock(asking.as_fd(), libc::F_OFD_GETLK, whole).unwrap();
    assert_eq!(i32::from(found.kind), libc::F_WRLCK);
    // Nor is it told which process of the host that is.
    for command in [libc::F_GETLK, libc::F_OFD_GETLK] {
        let wanted = f.put(&record(libc::F_WRLCK, 0, 0));
        f.ok("fcntl", &[fd, command as u64, wanted]);
        assert_eq!(f.get(wanted, 32), record(libc::F_WRLCK, 0, 0));
    }
}

#[test]
fn standard_streams_are_not_locked() {
    let mut f = Fixture::new(Mounts::new());
    let file = File::new(FileKind::Standard(tempfile::tempfile().unwrap().into()), true);
    let fd = f.thread.process.files.insert(Arc::new(file), 0, false).unwrap() as u64;
    let write = f.put(&record(libc::F_WRLCK, 0, 0));
    for command in [libc::F_SETLK, libc::F_OFD_SETLK] {
        f.fails(Errno::INVAL, "fcntl", &[fd, command as u64, write]);
    }
}

/// Another process, and the host, would wait for them.
#[test]
fn class_25_what_all_of_the_host_shares_is_not_locked() {
    let mut f = Fixture::with_policy(Policy::new().devices(true), Returns::Jump);
    let write = f.put(&record(libc::F_WRLCK, 0, 0));
    let null = f.open("/dev/null", libc::O_RDWR).unwrap();
    let counter = f.ok("eventfd2", &[0, 0]);
    let set = f.ok("epoll_create1", &[0]);
    for fd in [null, counter, set] {
        f.fails(Errno::INVAL, "flock", &[fd, (libc::LOCK_EX | libc::LOCK_NB) as u64]);
        for command in [libc::F_SETLK, libc::F_OFD_SETLK] {
            f.fails(Errno::INVAL, "fcntl", &[fd, command as u64, write]);
        }
    }
    let pair = f.buffer(8);
    f.ok("pipe", &[pair]);
    for fd in f.pair(pair) {
        f.ok("flock", &[fd, libc::LOCK_SH as u64]);
    }
}

#[test]
fn what_the_first_thread_had_alone_a_second_has_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = Fixture::at(dir.path());
    let fd = f.open("file", libc::O_RDWR | libc::O_CREAT).unwrap();
    let text = f.put(b"text");
    assert_eq!(f.ok("write", &[fd, text, 4]), 4);
    let mut second = f.thread.sibling().unwrap();
    std::mem::swap(&mut f.thread, &mut second);
    let buffer = f.buffer(8);
    assert_eq!(f.ok("pread64", &[fd, buffer, 8, 0]), 4);
    assert_eq!(f.get(buffer, 4), b"text");
    let other = f.open("other", libc::O_WRONLY | libc::O_CREAT).unwrap();
    f.ok("close", &[fd]);
    std::mem::swap(&mut f.thread, &mut second);
    f.fails(Errno::BADF, "pread64", &[fd, buffer, 8, 0]);
    f.fails(Errno::BADF, "close", &[fd]);
    assert_eq!(f.ok("write", &[other, text, 4]), 4);
}
