//! Descriptor numbers are the process's own.

use super::*;

#[test]
fn only_the_standard_ones_exist_at_first() {
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
fn the_lowest_free_number_is_used() {
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
fn duplicates() {
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
fn they_run_out_cleanly() {
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
fn the_hosts_are_closed_on_exec() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = Fixture::at(dir.path());
    let fd = f.open("new", libc::O_RDWR | libc::O_CREAT).unwrap();
    let pair = f.buffer(8);
    f.ok("pipe2", &[pair, 0]);
    let pipe = u64::from(f.get(pair, 1)[0]);
    for fd in [fd, pipe] {
        assert_eq!(f.ok("fcntl", &[fd, libc::F_GETFD as u64]), 0, "as the program sees it");
        let file = f.process.files.get(fd as i32).unwrap();
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

#[test]
fn record_locks() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = Fixture::at(dir.path());
    let fd = f.open("new", libc::O_RDWR | libc::O_CREAT).unwrap();
    let lock = |kind: i32, start: u64, len: u64| {
        [&(kind as u16).to_ne_bytes()[..], &[0; 6], &start.to_ne_bytes(), &len.to_ne_bytes(), &[0; 8]].concat()
    };
    let write = f.put(&lock(libc::F_WRLCK, 10, 5));
    f.ok("fcntl", &[fd, libc::F_SETLK as u64, write]);
    f.ok("fcntl", &[fd, libc::F_GETLK as u64, write]);
    assert_eq!(f.get(write, 2), (libc::F_UNLCK as u16).to_ne_bytes(), "no other process has it");
    let wrong = f.put(&lock(99, 0, 0));
    f.fails(Errno::INVAL, "fcntl", &[fd, libc::F_SETLK as u64, wrong]);
    f.fails(Errno::FAULT, "fcntl", &[fd, libc::F_SETLK as u64, 8]);
}
