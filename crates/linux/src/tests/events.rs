//! Counters, timers, sets of descriptors; copies between files; attributes;
//! files without a name.

use super::*;

/// `struct epoll_event`.
fn event(events: i32, data: u64) -> Vec<u8> {
    [&events.to_ne_bytes()[..], &data.to_ne_bytes()].concat()
}

#[test]
fn counters() {
    let mut f = Fixture::new(Mounts::new());
    let fd = f.ok("eventfd2", &[3, libc::EFD_NONBLOCK as u64]);
    let word = f.put(&4u64.to_ne_bytes());
    assert_eq!(f.ok("write", &[fd, word, 8]), 8);
    assert_eq!(f.ok("read", &[fd, word, 8]), 8);
    assert_eq!(f.get_u64(word), 7);
    f.fails(Errno::AGAIN, "read", &[fd, word, 8]);
    f.fails(Errno::INVAL, "eventfd2", &[0, 1 << 20]);
}

#[test]
fn timers() {
    let mut f = Fixture::new(Mounts::new());
    let fd = f.ok("timerfd_create", &[libc::CLOCK_MONOTONIC as u64, 0]);
    let soon = f.put(&[0u64, 0, 0, 1_000_000].map(u64::to_ne_bytes).concat());
    f.ok("timerfd_settime", &[fd, 0, soon, 0]);
    let word = f.buffer(32);
    assert_eq!(f.ok("read", &[fd, word, 8]), 8);
    assert_eq!(f.get_u64(word), 1);
    f.ok("timerfd_gettime", &[fd, word]);
    assert_eq!(f.get(word, 32), [0; 32]);
    f.fails(Errno::INVAL, "timerfd_settime", &[0, 0, soon, 0]);
    f.fails(Errno::INVAL, "timerfd_settime", &[fd, 1 << 20, soon, 0]);
    f.fails(Errno::INVAL, "timerfd_create", &[libc::CLOCK_THREAD_CPUTIME_ID as u64, 0]);
    f.fails(Errno::FAULT, "timerfd_gettime", &[fd, 8]);
}

#[test]
fn sets_of_descriptors() {
    let mut f = Fixture::new(Mounts::new());
    let (outer, set) = (f.ok("epoll_create1", &[0]), f.ok("epoll_create", &[1]));
    let pair = f.buffer(8);
    f.ok("pipe", &[pair]);
    let [reader, writer] = f.pair(pair);
    let (add, change, delete) = (libc::EPOLL_CTL_ADD as u64, libc::EPOLL_CTL_MOD as u64, libc::EPOLL_CTL_DEL as u64);
    // What the program put there comes back, whatever it is.
    let (input, inner) = (f.put(&event(libc::EPOLLIN, u64::MAX - 5)), f.put(&event(libc::EPOLLIN, 7)));
    f.ok("epoll_ctl", &[set, add, reader, input]);
    f.fails(Errno::EXIST, "epoll_ctl", &[set, add, reader, input]);
    f.ok("epoll_ctl", &[outer, add, set, inner]);
    f.fails(Errno::LOOP, "epoll_ctl", &[set, add, outer, inner]);
    f.fails(Errno::BADF, "epoll_ctl", &[set, add, 99, input]);
    f.fails(Errno::INVAL, "epoll_ctl", &[set, 9, reader, input]);
    f.fails(Errno::INVAL, "epoll_ctl", &[reader, add, writer, input]);
    f.fails(Errno::FAULT, "epoll_ctl", &[set, add, writer, 8]);
    let root = f.open("/", libc::O_DIRECTORY).unwrap();
    f.fails(Errno::PERM, "epoll_ctl", &[set, add, root, input]);
    let found = f.buffer(120);
    assert_eq!(f.ok("epoll_wait", &[outer, found, 10, 0]), 0);
    f.ok("write", &[writer, found, 1]);
    assert_eq!(f.ok("epoll_wait", &[outer, found, 10, u64::MAX]), 1);
    assert_eq!(f.get(found, 12), event(libc::EPOLLIN, 7));
    assert_eq!(f.ok("epoll_pwait", &[set, found, 1, u64::MAX, 0, 0]), 1);
    assert_eq!(f.get(found, 12), event(libc::EPOLLIN, u64::MAX - 5));
    f.fails(Errno::INVAL, "epoll_wait", &[set, found, 0, 0]);
    f.fails(Errno::INVAL, "epoll_wait", &[set, found, 1 << 31, 0]);
    f.fails(Errno::FAULT, "epoll_wait", &[set, 8, 10, 0]);
    let output = f.put(&event(libc::EPOLLOUT, 0));
    f.ok("epoll_ctl", &[set, change, reader, output]);
    assert_eq!(f.ok("epoll_wait", &[set, found, 10, 0]), 0);
    f.ok("epoll_ctl", &[set, delete, reader, 0]);
    f.fails(Errno::NOENT, "epoll_ctl", &[set, delete, reader, 0]);
    // A descriptor that is closed is not in there any more.
    f.ok("epoll_ctl", &[set, add, reader, input]);
    f.ok("close", &[reader]);
    let zero = f.put(&[0; 16]);
    assert_eq!(f.ok("epoll_pwait2", &[set, found, 10, zero, 0, 0]), 0);
}

#[test]
fn copies_of_a_descriptor_are_in_a_set_by_themselves() {
    let mut f = Fixture::new(Mounts::new());
    let set = f.ok("epoll_create1", &[0]);
    let pair = f.buffer(8);
    f.ok("pipe", &[pair]);
    let [reader, writer] = f.pair(pair);
    let copy = f.ok("dup", &[reader]);
    let (add, change, delete) = (libc::EPOLL_CTL_ADD as u64, libc::EPOLL_CTL_MOD as u64, libc::EPOLL_CTL_DEL as u64);
    let [first, second, third] = [1, 2, 3].map(|data| f.put(&event(libc::EPOLLIN, data)));
    let found = f.buffer(36);
    let data = |f: &mut Fixture, set| {
        let count = f.ok("epoll_wait", &[set, found, 3, 0]);
        let mut data: Vec<u64> = (0..count).map(|n| f.get_u64(found + 12 * n + 4)).collect();
        data.sort_unstable();
        data
    };
    f.ok("epoll_ctl", &[set, add, reader, first]);
    f.fails(Errno::NOENT, "epoll_ctl", &[set, change, copy, second]);
    f.ok("epoll_ctl", &[set, add, copy, second]);
    f.fails(Errno::EXIST, "epoll_ctl", &[set, add, copy, second]);
    f.ok("write", &[writer, found, 1]);
    assert_eq!(data(&mut f, set), [1, 2]);
    f.ok("epoll_ctl", &[set, change, copy, third]);
    assert_eq!(data(&mut f, set), [1, 3]);
    f.ok("epoll_ctl", &[set, delete, reader, 0]);
    assert_eq!(data(&mut f, set), [3]);
    f.ok("epoll_ctl", &[set, add, reader, first]);
    assert_eq!(data(&mut f, set), [1, 3]);
    // Other sets know nothing of it, and one that is closed is forgotten.
    for _ in 0..3 {
        let other = f.ok("epoll_create1", &[0]);
        f.ok("epoll_ctl", &[other, add, copy, second]);
        assert_eq!(data(&mut f, other), [2]);
        f.ok("close", &[other]);
    }
    // As long as one of them is open the file is, and both are in the set.
    f.ok("close", &[reader]);
    assert_eq!(data(&mut f, set), [1, 3]);
    f.ok("close", &[copy]);
    assert_eq!(data(&mut f, set), []);
    f.fails(Errno::PIPE, "write", &[writer, found, 1]);
}

#[test]
fn copies_stay_in_the_kernel() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = Fixture::with_policy(
        Policy::new().directory("/", dir.path(), true).unwrap().memory("/tmp", 8192).unwrap().devices(true),
        Returns::Jump,
    );
    std::fs::write(dir.path().join("file"), [7; 6000]).unwrap();
    let (input, new) = (f.open("/file", libc::O_RDONLY).unwrap(), libc::O_RDWR | libc::O_CREAT);
    let (output, small) = (f.open("/copy", new).unwrap(), f.open("/tmp/copy", new).unwrap());
    let offset = f.put(&1000u64.to_ne_bytes());
    assert_eq!(f.ok("sendfile", &[output, input, offset, 1 << 40]), 5000);
    assert_eq!(f.get_u64(offset), 6000);
    assert_eq!(f.ok("copy_file_range", &[input, 0, output, 0, 6000, 0]), 6000);
    assert_eq!(std::fs::read(dir.path().join("copy")).unwrap(), [7; 11000]);
    f.ok("lseek", &[input, 0, 0]);
    assert_eq!(f.ok("sendfile", &[small, input, 0, 6000]), 6000);
    let offset = f.put(&0u64.to_ne_bytes());
    f.fails(Errno::NOSPC, "sendfile", &[small, input, offset, 6000]);
    f.fails(Errno::INVAL, "copy_file_range", &[input, 0, output, 0, 1, 1]);
    let negative = f.put(&u64::MAX.to_ne_bytes());
    f.fails(Errno::INVAL, "sendfile", &[output, input, negative, 1]);
    let pair = f.buffer(16);
    f.ok("pipe", &[pair]);
    let [reader, writer] = f.pair(pair);
    let offset = f.put(&0u64.to_ne_bytes());
    assert_eq!(f.ok("splice", &[input, offset, writer, 0, 100, 0]), 100);
    f.ok("pipe", &[pair]);
    let [other, into] = f.pair(pair);
    assert_eq!(f.ok("tee", &[reader, into, 50, 0]), 50);
    assert_eq!(f.ok("splice", &[other, 0, output, 0, 50, 0]), 50);
    // Waiting for a pipe would hold up all who write the file.
    f.fails(Errno::INVAL, "splice", &[reader, 0, small, 0, 50, 0]);
    let random = f.open("/dev/urandom", libc::O_RDONLY).unwrap();
    f.fails(Errno::INVAL, "splice", &[random, 0, writer, 0, 50, 0]);
    f.fails(Errno::INVAL, "sendfile", &[output, reader, 0, 50]);
    f.fails(Errno::INVAL, "splice", &[reader, 0, output, 0, 50, 1 << 20]);
}

#[test]
fn attributes_of_users_only() {
    // Not every file system has attributes; that of the build directory is likely to.
    let dir = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    let mut mounts = Mounts::new();
    mounts.add(b"/", dir.path(), true).unwrap();
    mounts.add(b"/ro", dir.path(), false).unwrap();
    mounts.add_memory(b"/tmp", 4096).unwrap();
    let mut f = Fixture::new(mounts);
    std::fs::write(dir.path().join("file"), "").unwrap();
    let has = rustix::fs::setxattr(dir.path().join("file"), "user.host", b"1", rustix::fs::XattrFlags::empty());
    let (path, read_only, name, value) = (f.text("/file"), f.text("/ro/file"), f.text("user.one"), f.put(b"value"));
    let trusted = f.text("trusted.x");
    let buffer = f.buffer(64);
    f.fails(Errno::OPNOTSUPP, "setxattr", &[path, trusted, value, 5, 0]);
    f.fails(Errno::OPNOTSUPP, "getxattr", &[path, trusted, buffer, 64]);
    f.fails(Errno::ROFS, "setxattr", &[read_only, name, value, 5, 0]);
    f.fails(Errno::TOOBIG, "setxattr", &[path, name, value, 1 << 40, 0]);
    f.fails(Errno::INVAL, "setxattr", &[path, name, value, 5, 99]);
    let fd = f.open("/tmp/file", libc::O_RDWR | libc::O_CREAT).unwrap();
    f.fails(Errno::OPNOTSUPP, "fsetxattr", &[fd, name, value, 5, 0]);
    let refused = has.err();
    if let Some(errno) = refused {
        f.fails(errno, "setxattr", &[path, name, value, 5, 0]);
        return;
    }
    f.ok("setxattr", &[path, name, value, 5, 0]);
    assert_eq!(f.ok("lgetxattr", &[read_only, name, 0, 0]), 5);
    assert_eq!(f.ok("getxattr", &[path, name, buffer, 64]), 5);
    assert_eq!(f.get(buffer, 5), b"value");
    f.fails(Errno::RANGE, "getxattr", &[path, name, buffer, 4]);
    let fd = f.open("/file", libc::O_RDONLY).unwrap();
    let len = f.ok("flistxattr", &[fd, buffer, 64]);
    let list = f.get(buffer, len as usize);
    assert!(list.split(|&b| b == 0).any(|name| name == b"user.one"));
    f.ok("fremovexattr", &[fd, name]);
    f.fails(Errno::NODATA, "lremovexattr", &[path, name]);
}

#[test]
fn class_28_files_without_a_name() {
    let mut f = Fixture::new(Mounts::new());
    let name = f.text("name");
    let fd = f.ok("memfd_create", &[name, 2]);
    let text = f.put(b"text");
    f.ok("write", &[fd, text, 4]);
    let map = f.ok("mmap", &[0, 4096, 3, libc::MAP_SHARED as u64, fd, 0]);
    assert_eq!(f.get(map, 4), b"text");
    f.fails(Errno::NOSPC, "ftruncate", &[fd, 1 << 40]);
    // One that cannot shrink could not give back what it grows by.
    f.ok("fcntl", &[fd, libc::F_ADD_SEALS as u64, libc::F_SEAL_SHRINK as u64]);
    assert_eq!(f.ok("fcntl", &[fd, libc::F_GET_SEALS as u64]), (libc::F_SEAL_SHRINK | libc::F_SEAL_GROW) as u64);
    f.fails(Errno::PERM, "ftruncate", &[fd, 8192]);
    f.fails(Errno::PERM, "ftruncate", &[fd, 1]);
    f.fails(Errno::INVAL, "fcntl", &[0, libc::F_GET_SEALS as u64]);
    f.fails(Errno::INVAL, "memfd_create", &[name, 1 << 20]);
    let unsealable = f.ok("memfd_create", &[name, 0]);
    f.fails(Errno::PERM, "fcntl", &[unsealable, libc::F_ADD_SEALS as u64, libc::F_SEAL_WRITE as u64]);
}

#[test]
fn what_is_the_hosts_stays_as_it_is() {
    let mut f = Fixture::new(Mounts::new());
    let (user, buffer) = (u64::from(rustix::process::getuid().as_raw()), f.buffer(64));
    f.ok("setuid", &[user]);
    f.ok("setresuid", &[u64::MAX, user, user]);
    f.fails(Errno::PERM, "setuid", &[user + 1]);
    f.fails(Errno::PERM, "setreuid", &[user + 1, u64::MAX]);
    f.fails(Errno::INVAL, "setuid", &[u64::MAX]);
    f.fails(Errno::PERM, "setgroups", &[0, 0]);
    let header = f.put(&[0x2008_0522u32, 0].map(u32::to_ne_bytes).concat());
    f.ok("capget", &[header, buffer]);
    assert_eq!(f.get(buffer, 24), [0; 24]);
    f.ok("capset", &[header, buffer]);
    let all = f.put(&[0xff; 24]);
    f.fails(Errno::PERM, "capset", &[header, all]);
    assert_eq!(f.ok("getpriority", &[0, 0]), 20);
    f.ok("setpriority", &[0, 0, 0]);
    f.fails(Errno::ACCESS, "setpriority", &[0, 0, u64::MAX]);
    f.fails(Errno::SRCH, "getpriority", &[0, 1]);
    let priority = f.put(&1u32.to_ne_bytes());
    f.fails(Errno::PERM, "sched_setscheduler", &[0, libc::SCHED_FIFO as u64, priority]);
    f.fails(Errno::PERM, "sched_setparam", &[0, priority]);
    assert_eq!(f.ok("sched_get_priority_max", &[libc::SCHED_RR as u64]), 99);
    f.fails(Errno::INVAL, "sched_get_priority_max", &[77]);
    assert_eq!(f.ok("personality", &[0xffff_ffff]), 0);
}

#[test]
fn a_mask_for_the_time_of_a_call() {
    let mut f = Fixture::new(Mounts::new());
    let pid = f.ok("getpid", &[]);
    let (blocked, empty, now) = (f.put(&(1u64 << (libc::SIGUSR1 - 1)).to_ne_bytes()), f.put(&[0; 8]), f.put(&[0; 16]));
    f.ok("rt_sigprocmask", &[libc::SIG_BLOCK as u64, blocked, 0, 8]);
    f.ok("kill", &[pid, libc::SIGUSR1 as u64]);
    let (set, found) = (f.ok("epoll_create1", &[0]), f.buffer(12));
    let with_size = f.put(&[empty, 8].map(u64::to_ne_bytes).concat());
    assert_eq!(f.ok("ppoll", &[0, 0, now, blocked, 8]), 0);
    for (name, arguments) in [
        ("ppoll", [0, 0, now, empty, 8, 0]),
        ("pselect6", [0, 0, 0, 0, now, with_size]),
        ("epoll_pwait", [set, found, 1, 0, empty, 8]),
        ("epoll_pwait2", [set, found, 1, now, empty, 8]),
    ] {
        f.fails(Errno::INTR, name, &arguments);
        // As after a call, when the signal has been taken.
        let mask = f.thread.signals.restore.take().unwrap();
        f.thread.set_mask(mask);
    }
    f.fails(Errno::INVAL, "ppoll", &[0, 0, now, empty, 4]);
}

/// Copies that the layer makes for sets of events are not without end.
#[test]
fn class_28_copies_in_sets_of_events_have_a_limit() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let mut f = Fixture::new(Mounts::new());
    let (set, event) = (f.ok("epoll_create1", &[0]), f.put(&[0; 12]));
    let before = open();
    for _ in 0..4 {
        let file = f.ok("eventfd2", &[0, 0]);
        let numbers: Vec<_> = std::iter::from_fn(|| f.call("dup", &[file]).ok()).collect();
        for &number in &numbers {
            if let Err(errno) = f.call("epoll_ctl", &[set, libc::EPOLL_CTL_ADD as u64, number, event]) {
                assert_eq!(errno, Errno::NOSPC);
            }
        }
        for &number in &numbers {
            f.ok("close", &[number]);
        }
    }
    let limit = f.thread.process.files.limit();
    // Tests of other threads have some, too.
    assert!(open() - before < limit + limit / 2, "{}", open() - before);
}
