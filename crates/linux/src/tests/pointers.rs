//! Bad pointers, and everything else a hostile program passes.

use super::*;
use lfi_abi::layout::{RUNTIME_PAGE, SLOT_SIZE};
use std::sync::atomic::{AtomicBool, Ordering};

/// Addresses at which no program can have anything read or written.
pub(super) fn bad_addresses(f: &Fixture) -> Vec<u64> {
    let base = f.base();
    let host = &raw const *f as u64;
    vec![
        8,
        base,
        base + RUNTIME_PAGE,
        base + 0x8000_0000,
        base + SLOT_SIZE - 8,
        base + SLOT_SIZE,
        base - 8,
        host,
        u64::MAX - 7,
        1 << 63,
        0x8000_0000,
    ]
}

#[test]
fn class_26_bad_pointers_are_faults() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "contents").unwrap();
    let mut f = Fixture::at(dir.path());
    let fd = f.open("file", libc::O_RDWR).unwrap();
    let path = f.text("file");
    for bad in bad_addresses(&f) {
        for (name, arguments) in [
            ("read", vec![fd, bad, 8]),
            ("write", vec![fd, bad, 8]),
            ("readv", vec![fd, bad, 1]),
            ("writev", vec![fd, bad, 1]),
            ("pread64", vec![fd, bad, 8, 0]),
            ("open", vec![bad, 0]),
            ("stat", vec![bad, path]),
            ("stat", vec![path, bad]),
            ("fstat", vec![fd, bad]),
            ("statx", vec![CWD, path, 0, 0, bad]),
            ("getcwd", vec![bad, 100]),
            ("access", vec![bad, 0]),
            ("mkdir", vec![bad, 0]),
            ("rename", vec![path, bad]),
            ("clock_gettime", vec![0, bad]),
            ("nanosleep", vec![bad, 0]),
            ("uname", vec![bad]),
            ("getrandom", vec![bad, 8, 0]),
            ("rt_sigaction", vec![10, bad, 0, 8]),
            ("rt_sigaction", vec![10, 0, bad, 8]),
            ("rt_sigprocmask", vec![0, bad, 0, 8]),
            ("prlimit64", vec![0, 7, 0, bad]),
            ("pipe", vec![bad]),
            ("poll", vec![bad, 1, 0]),
            ("sysinfo", vec![bad]),
            ("getrusage", vec![0, bad]),
            ("ioctl", vec![fd, 0x541b, bad]),
            ("fcntl", vec![fd, libc::F_GETLK as u64, bad]),
            ("arch_prctl", vec![0x1003, bad]),
            ("futex", vec![bad, 0, 0, 0]),
        ] {
            f.fails(Errno::FAULT, name, &arguments);
        }
    }
    assert_eq!(std::fs::read(dir.path().join("file")).unwrap(), b"contents");
}

#[test]
fn class_26_read_only_memory_is_not_written() {
    let mut f = Fixture::new(Mounts::new());
    let code = f.base() + CODE;
    let zero = std::fs::File::open("/dev/zero").unwrap();
    let file = File::new(FileKind::Plain(zero.into()), false);
    let fd = f.thread.process.files.insert(Arc::new(file), 0, false).unwrap() as u64;
    f.fails(Errno::FAULT, "read", &[fd, code, 8]);
    f.fails(Errno::FAULT, "clock_gettime", &[0, code]);
    assert_eq!(f.get(code, 2), [0x90, 0x90]);
    // Across the end of what is mapped: the part that fits, as the kernel has it.
    let end = f.base() + SCRATCH + SCRATCH_SIZE;
    assert_eq!(f.ok("read", &[fd, end - 4, 8]), 4);
    f.fails(Errno::FAULT, "read", &[fd, end, 8]);
}

#[test]
fn class_27_unknown_calls_are_not_there() {
    let mut f = Fixture::new(Mounts::new());
    for number in [500, 1000, 9999, u64::MAX, 1 << 40, 335, 214] {
        assert_eq!(dispatch(&mut f.thread, number, &[0; 6]), Err(Errno::NOSYS), "{number}");
    }
    for name in ["clone", "fork", "execve", "ptrace", "io_uring_setup"] {
        f.fails(Errno::NOSYS, name, &[]);
    }
}

/// Structures are read once: what is checked is what is used, whatever another
/// thread writes there meanwhile.
#[test]
fn class_26_structures_that_change_while_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = Fixture::at(dir.path());
    let fd = f.open("file", libc::O_RDWR | libc::O_CREAT | libc::O_APPEND).unwrap();
    let good = f.put(&[b'x'; 16]);
    let secret = Box::new([b's'; 16]);
    let host = (&raw const *secret) as u64;
    let vector = f.put(&[good, 16].map(u64::to_ne_bytes).concat());
    let path = f.text("file\0/etc/passwd");
    let stop = AtomicBool::new(false);
    let sibling = f.thread.sibling().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let sandbox = &sibling.process.sandbox;
            let words = [(vector, good), (vector, host), (vector + 8, u64::MAX), (vector + 8, 16)];
            while !stop.load(Ordering::Relaxed) {
                for (at, word) in words {
                    sandbox.write(at, &word.to_ne_bytes()).unwrap();
                }
                sandbox.write(path + 4, b"/").unwrap();
                sandbox.write(path + 4, b"\0").unwrap();
            }
        });
        let mut written = 0;
        for _ in 0..20_000 {
            match f.call("writev", &[fd, vector, 1]) {
                Ok(len) => written += len,
                Err(errno) => assert!([Errno::FAULT, Errno::INVAL].contains(&errno), "{errno:?}"),
            }
            match f.call("open", &[path, 0]) {
                Ok(fd) => drop(f.ok("close", &[fd])),
                Err(errno) => assert_eq!(errno, Errno::NOTDIR),
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(written > 0);
    });
    let file = std::fs::read(dir.path().join("file")).unwrap();
    assert!(!file.is_empty() && !file.contains(&b's'));
}

#[test]
fn class_27_a_broken_pipe_ends_the_program_not_the_host() {
    let mut f = Fixture::new(Mounts::new());
    let pair = f.buffer(8);
    f.ok("socketpair", &[1, 1, 0, pair]);
    let [first, second] = f.pair(pair);
    f.ok("close", &[second]);
    let _blocked = crate::host::WriteSignalsBlocked::new();
    for (name, arguments) in [("write", [first, pair, 8, 0]), ("sendto", [first, pair, 8, 0])] {
        f.fails(Errno::PIPE, name, &arguments);
    }
    f.thread.take_signals(None);
    assert_eq!(f.thread.process.ended(), Some(crate::process::Status::Signalled(libc::SIGPIPE)));
}

/// Another thread takes the page of a futex away, and puts it back, while threads wait there and wake.
#[test]
fn class_26_the_page_of_a_futex_that_vanishes() {
    const PRIVATE: u64 = 128;
    const WAIT: u64 = PRIVATE;
    const WAKE: u64 = 1 | PRIVATE;
    const REQUEUE: u64 = 3 | PRIVATE;
    let mut f = Fixture::new(Mounts::new());
    let map = |f: &mut Fixture| f.ok("mmap", &[0, 8192, 3, 0x22, u64::MAX, 0]);
    let [word, other] = [map(&mut f), map(&mut f)];

    // One who waits is found when the page is not there any more.
    let mut waiter = f.thread.sibling().unwrap();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| call_by(&mut waiter, "futex", &[word, WAIT, 0, 0, 0, 0]));
        while f.ok("futex", &[word, REQUEUE, 0, 1, other, 0]) == 0 {
            std::thread::yield_now();
        }
        f.ok("munmap", &[word, 8192]);
        f.ok("munmap", &[other, 8192]);
        assert_eq!(f.ok("futex", &[other, WAKE, 1, 0, 0, 0]), 1);
        assert_eq!(waits.join().unwrap(), Ok(0));
    });
    f.fails(Errno::FAULT, "futex", &[word, WAIT, 0, 0, 0, 0]);

    let timeout = f.put(&[0u64, 20_000].map(u64::to_ne_bytes).concat());
    let (mut mapper, stop) = (f.thread.sibling().unwrap(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            const FIXED: u64 = 0x32;
            while !stop.load(Ordering::Relaxed) {
                assert_eq!(call_by(&mut mapper, "mmap", &[word, 8192, 3, FIXED, u64::MAX, 0]), Ok(word));
                assert_eq!(call_by(&mut mapper, "munmap", &[word, 8192, 0, 0, 0, 0]), Ok(0));
            }
        });
        let mut outcomes = std::collections::HashSet::new();
        let start = std::time::Instant::now();
        // Until the page was there and was not.
        while outcomes.len() < 2 || start.elapsed().as_millis() < 200 {
            for arguments in
                [[word, WAIT, 0, timeout, 0, 0], [word, WAKE, 1, 0, 0, 0], [word, REQUEUE, 1, 1, word + 4096, 0]]
            {
                let outcome = f.call("futex", &arguments);
                assert!(matches!(outcome, Ok(0) | Err(Errno::FAULT | Errno::TIMEDOUT)), "{arguments:x?}: {outcome:?}");
                if arguments[1] == WAIT {
                    outcomes.insert(outcome.err());
                }
            }
            assert!(start.elapsed().as_secs() < 20, "{outcomes:?}");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// A call by another thread than the fixture's.
fn call_by(thread: &mut Thread, name: &str, arguments: &[u64; 6]) -> Outcome {
    let row = system_calls().iter().find(|row| row.name == name).unwrap();
    dispatch(thread, row.numbers[0].unwrap().into(), arguments)
}
