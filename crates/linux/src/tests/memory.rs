//! Mappings: what a program may do with its memory, and what not.

use super::*;
use lfi_abi::layout::{GUARD_SIZE, NULL_SIZE, RUNTIME_PAGE, SLOT_SIZE, USER_START};

const PAGE: u64 = 4096;
const RW: u64 = 3;
const ANONYMOUS: u64 = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
const FIXED: u64 = ANONYMOUS | libc::MAP_FIXED as u64;
const NO_FILE: u64 = u64::MAX;

fn fixture() -> Fixture {
    Fixture::new(Mounts::new())
}

fn map(f: &mut Fixture, len: u64) -> u64 {
    f.ok("mmap", &[0, len, RW, ANONYMOUS, NO_FILE, 0])
}

/// Every address of the slot and its guards belongs to some mapping, and no
/// page is writable and executable.
fn check_slot(f: &Fixture) {
    let mut next = f.base() - GUARD_SIZE;
    for line in std::fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        assert!(!rest.starts_with("rwx"), "{line}");
        if end > next && start < f.base() + SLOT_SIZE + NULL_SIZE {
            assert!(start <= next, "hole at {next:#x}");
            if start < f.base() + USER_START && start != f.base() + RUNTIME_PAGE {
                assert!(rest.starts_with("---p"), "{line}");
            }
            next = end;
        }
    }
    assert!(next >= f.base() + SLOT_SIZE + NULL_SIZE);
}

#[test]
fn fresh_memory_is_zero_and_usable() {
    let mut f = fixture();
    let (a, b) = (map(&mut f, 10_000), map(&mut f, PAGE));
    assert_eq!(f.get(a, 12_288), vec![0; 12_288]);
    f.thread.process.sandbox.write(a, &[1; 12_288]).unwrap();
    assert!(a >= b + PAGE || b >= a + 12_288);
    f.ok("munmap", &[a, 10_000]);
    assert!(f.thread.process.sandbox.read(a, &mut [0]).is_err());
    f.ok("munmap", &[a, 10_000]); // nothing there: fine
    check_slot(&f);
}

#[test]
fn refused_ranges() {
    let mut f = fixture();
    let base = f.base();
    let user = map(&mut f, PAGE);
    for (address, len) in [
        (base, PAGE),
        (base, SLOT_SIZE),
        (base + RUNTIME_PAGE, PAGE),
        (base + RUNTIME_PAGE - PAGE, 2 * PAGE),
        (base + USER_START - PAGE, 2 * PAGE),
        (base + USER_END - PAGE, 2 * PAGE),
        (base + USER_END, PAGE),
        (base + SLOT_SIZE, PAGE),
        (base - PAGE, PAGE),
        (0, PAGE),
        (user, u64::MAX),
        (user, u64::MAX - PAGE + 1),
        (user, SLOT_SIZE),
        (u64::MAX - PAGE + 1, PAGE),
        (user + 1, PAGE),
        (user, 0),
        (base + CODE, PAGE),
        (base + CODE - PAGE, 3 * PAGE),
    ] {
        for (name, arguments) in [
            ("mmap", vec![address, len, RW, FIXED, NO_FILE, 0]),
            ("munmap", vec![address, len]),
            ("madvise", vec![address, len, libc::MADV_DONTNEED as u64]),
            ("mprotect", vec![address, len, RW]),
            ("mremap", vec![address, len, PAGE, 1, 0]),
            ("mremap", vec![user, PAGE, len, 3, address]),
        ] {
            // Nothing to do is no error for these.
            if len == 0 && name.starts_with('m') && name != "mmap" && name != "munmap" && name != "mremap" {
                continue;
            }
            let result = f.call(name, &arguments);
            assert!(result.is_err(), "{name}({arguments:x?}) = {result:x?}");
        }
    }
    // The page is still there.
    f.thread.process.sandbox.write(user, &[1]).unwrap();
    f.thread.process.sandbox.read(base + CODE, &mut [0; 32]).unwrap();
    check_slot(&f);
}

#[test]
fn a_hint_outside_is_only_a_hint() {
    let mut f = fixture();
    for hint in [1, PAGE, f.base(), f.base() + SLOT_SIZE, u64::MAX, f.base() + CODE] {
        let at = f.ok("mmap", &[hint, PAGE, RW, ANONYMOUS, NO_FILE, 0]);
        assert!(at >= f.base() + USER_START && at < f.base() + USER_END && at != f.base() + CODE);
    }
    let free = f.base() + 0x5000_0000;
    assert_eq!(f.ok("mmap", &[free, PAGE, RW, ANONYMOUS, NO_FILE, 0]), free);
    assert_ne!(f.ok("mmap", &[free, PAGE, RW, ANONYMOUS, NO_FILE, 0]), free);
    let exists = ANONYMOUS | libc::MAP_FIXED_NOREPLACE as u64;
    f.fails(Errno::EXIST, "mmap", &[free, PAGE, RW, exists, NO_FILE, 0]);
    assert_eq!(f.ok("mmap", &[free, PAGE, RW, FIXED, NO_FILE, 0]), free);
}

#[test]
fn nothing_is_executable_at_the_programs_wish() {
    let mut f = fixture();
    let at = map(&mut f, PAGE);
    for protection in [4, 5, 6, 7] {
        f.fails(Errno::ACCESS, "mmap", &[0, PAGE, protection, ANONYMOUS, NO_FILE, 0]);
        f.fails(Errno::ACCESS, "mprotect", &[at, PAGE, protection]);
    }
    f.fails(Errno::INVAL, "mprotect", &[at, PAGE, 0x100]);
    f.fails(Errno::INVAL, "mmap", &[0, PAGE, RW, ANONYMOUS | 1 << 30, NO_FILE, 0]);
    f.fails(Errno::INVAL, "mmap", &[0, PAGE, RW, libc::MAP_ANONYMOUS as u64, NO_FILE, 0]);
    f.fails(Errno::INVAL, "mmap", &[0, 0, RW, ANONYMOUS, NO_FILE, 0]);
    f.fails(Errno::INVAL, "mmap", &[0, PAGE, RW, ANONYMOUS, NO_FILE, 1]);
    f.fails(Errno::NOMEM, "mmap", &[0, u64::MAX, RW, ANONYMOUS, NO_FILE, 0]);
    f.fails(Errno::NOMEM, "mmap", &[0, SLOT_SIZE, RW, ANONYMOUS, NO_FILE, 0]);
    let code = f.base() + CODE;
    f.fails(Errno::ACCESS, "mprotect", &[code, PAGE, RW]);
    f.fails(Errno::ACCESS, "munmap", &[code, PAGE]);
    check_slot(&f);
}

#[test]
fn protection_follows_the_pages() {
    let mut f = fixture();
    let at = map(&mut f, 3 * PAGE);
    f.ok("mprotect", &[at + PAGE, PAGE, 1]);
    f.thread.process.sandbox.write(at, &[1]).unwrap();
    assert!(f.thread.process.sandbox.write(at + PAGE, &[1]).is_err());
    f.ok("mprotect", &[at, 3 * PAGE, 0]);
    assert!(f.thread.process.sandbox.read(at, &mut [0]).is_err());
    f.ok("mprotect", &[at, 3 * PAGE, RW]);
    assert_eq!(f.get(at, 1), [1]);
    f.ok("munmap", &[at + PAGE, PAGE]);
    f.fails(Errno::NOMEM, "mprotect", &[at, 3 * PAGE, RW]);
    f.fails(Errno::NOMEM, "mprotect", &[f.base() + 0x7000_0000, PAGE, RW]);
}

#[test]
fn the_break_moves() {
    let mut f = fixture();
    let start = f.ok("brk", &[0]);
    assert_eq!(f.ok("brk", &[start + 100]), start + 100);
    f.thread.process.sandbox.write(start, &[1; 100]).unwrap();
    assert!(f.thread.process.sandbox.read(start + PAGE, &mut [0]).is_err(), "one page past the break");
    assert_eq!(f.ok("brk", &[start + 3 * PAGE]), start + 3 * PAGE);
    assert_eq!(f.get(start, 101)[99..], [1, 0]);
    assert_eq!(f.ok("brk", &[start]), start);
    assert!(f.thread.process.sandbox.read(start, &mut [0]).is_err());
    assert_eq!(f.ok("brk", &[start + PAGE]), start + PAGE);
    assert_eq!(f.get(start, 1), [0], "fresh again");
    // What cannot be granted changes nothing.
    for wish in [1, start - 1, f.base() + USER_END, f.base() + SLOT_SIZE, u64::MAX, start - PAGE] {
        assert_eq!(f.ok("brk", &[wish]), start + PAGE, "{wish:#x}");
    }
    // Something is in the way.
    f.ok("mmap", &[start + 2 * PAGE, PAGE, RW, FIXED, NO_FILE, 0]);
    assert_eq!(f.ok("brk", &[start + 4 * PAGE]), start + PAGE);
    check_slot(&f);
}

#[test]
fn mappings_grow_shrink_and_move() {
    let mut f = fixture();
    let at = map(&mut f, 4 * PAGE);
    f.thread.process.sandbox.write(at, &[7; 4 * PAGE as usize]).unwrap();
    assert_eq!(f.ok("mremap", &[at, 4 * PAGE, 2 * PAGE, 0, 0]), at);
    assert!(f.thread.process.sandbox.read(at + 2 * PAGE, &mut [0]).is_err());
    assert_eq!(f.ok("mremap", &[at, 2 * PAGE, 3 * PAGE, 0, 0]), at, "there is room");
    let blocker = at + 3 * PAGE;
    f.ok("mmap", &[blocker, PAGE, 1, FIXED, NO_FILE, 0]);
    f.fails(Errno::NOMEM, "mremap", &[at, 3 * PAGE, 5 * PAGE, 0, 0]);
    let moved = f.ok("mremap", &[at, 3 * PAGE, 5 * PAGE, 1, 0]);
    assert_ne!(moved, at);
    assert_eq!(f.get(moved, 2 * PAGE as usize), vec![7; 2 * PAGE as usize]);
    assert_eq!(f.get(moved + 2 * PAGE, 3 * PAGE as usize), vec![0; 3 * PAGE as usize]);
    assert!(f.thread.process.sandbox.read(at, &mut [0]).is_err());
    f.fails(Errno::FAULT, "mremap", &[at, PAGE, 2 * PAGE, 1, 0]);
    let to = f.base() + 0x6000_0000;
    assert_eq!(f.ok("mremap", &[moved, 5 * PAGE, PAGE, 3, to]), to);
    assert_eq!(f.get(to, 1), [7]);
    f.fails(Errno::INVAL, "mremap", &[to, PAGE, PAGE, 3, to]);
    f.fails(Errno::INVAL, "mremap", &[to, PAGE, 0, 1, 0]);
    f.fails(Errno::INVAL, "mremap", &[to, PAGE, PAGE, 8, 0]);
    f.fails(Errno::INVAL, "mremap", &[to, PAGE, PAGE, 2, to]);
    check_slot(&f);
}

#[test]
fn advice() {
    let mut f = fixture();
    let at = map(&mut f, PAGE);
    f.thread.process.sandbox.write(at, &[7]).unwrap();
    f.ok("madvise", &[at, PAGE, libc::MADV_WILLNEED as u64]);
    assert_eq!(f.get(at, 1), [7]);
    f.ok("madvise", &[at, PAGE, libc::MADV_DONTNEED as u64]);
    assert_eq!(f.get(at, 1), [0]);
    f.fails(Errno::INVAL, "madvise", &[at, PAGE, libc::MADV_REMOVE as u64]);
    f.fails(Errno::INVAL, "madvise", &[at, PAGE, libc::MADV_HWPOISON as u64]);
    f.fails(Errno::INVAL, "madvise", &[at, PAGE, 9999]);
    f.fails(Errno::ACCESS, "madvise", &[f.base() + CODE, PAGE, libc::MADV_DONTNEED as u64]);
}

#[test]
fn files_are_mapped() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), vec![5; 5000]).unwrap();
    let mut f = Fixture::at(dir.path());
    let fd = f.open("file", libc::O_RDWR).unwrap();
    let private = f.ok("mmap", &[0, 5000, RW, libc::MAP_PRIVATE as u64, fd, 0]);
    assert_eq!(f.get(private, 5001)[4999..], [5, 0]);
    f.thread.process.sandbox.write(private, &[6]).unwrap();
    let shared = f.ok("mmap", &[0, 5000, RW, libc::MAP_SHARED as u64, fd, PAGE]);
    assert_eq!(f.get(shared, 1), [5]);
    f.thread.process.sandbox.write(shared, &[7]).unwrap();
    f.ok("msync", &[shared, PAGE, libc::MS_SYNC as u64]);
    let host = std::fs::read(dir.path().join("file")).unwrap();
    assert_eq!((host[0], host[4096]), (5, 7));
    f.ok("munmap", &[private, 5000]);
    let root = f.open("/", libc::O_RDONLY).unwrap();
    f.fails(Errno::NODEV, "mmap", &[0, PAGE, 1, libc::MAP_PRIVATE as u64, root, 0]);
    f.fails(Errno::NODEV, "mmap", &[0, PAGE, 1, libc::MAP_PRIVATE as u64, 0, 0]);
    f.fails(Errno::BADF, "mmap", &[0, PAGE, 1, libc::MAP_PRIVATE as u64, 99, 0]);
    let reader = f.open("file", libc::O_RDONLY).unwrap();
    f.fails(Errno::ACCESS, "mmap", &[0, PAGE, RW, libc::MAP_SHARED as u64, reader, 0]);
    let writer = f.open("file", libc::O_WRONLY).unwrap();
    let target = map(&mut f, PAGE);
    f.thread.process.sandbox.write(target, &[9]).unwrap();
    let fixed = (libc::MAP_PRIVATE | libc::MAP_FIXED) as u64;
    f.fails(Errno::ACCESS, "mmap", &[target, PAGE, 1, fixed, writer, 0]);
    assert_eq!(f.get(target, 1), [9], "a failed mapping leaves what was there");
    check_slot(&f);
    drop(f);

    let mut mounts = Mounts::new();
    mounts.add(b"/", dir.path(), true).unwrap();
    let mut f = Fixture::with_returns(mounts, Returns::Ret);
    let fd = f.open("file", libc::O_RDWR).unwrap();
    f.fails(Errno::NODEV, "mmap", &[0, PAGE, RW, libc::MAP_SHARED as u64, fd, 0]);
    let copy = f.ok("mmap", &[0, 3 * PAGE, RW, libc::MAP_PRIVATE as u64, fd, PAGE]);
    assert_eq!(f.get(copy, PAGE as usize)[..905], [&[7], &[5; 903][..], &[0]].concat());
    f.fails(Errno::INVAL, "madvise", &[copy, PAGE, libc::MADV_DONTNEED as u64]);
    let constant = f.ok("mmap", &[0, PAGE, 1, libc::MAP_PRIVATE as u64, fd, 0]);
    assert!(f.thread.process.sandbox.write(constant, &[1]).is_err());
    let writer = f.open("file", libc::O_WRONLY).unwrap();
    f.fails(Errno::ACCESS, "mmap", &[constant, PAGE, 1, fixed, writer, 0]);
    // A file that shrinks takes no page away, written to or not.
    f.thread.process.sandbox.write(copy + PAGE, &[8]).unwrap();
    std::fs::File::options().write(true).open(dir.path().join("file")).unwrap().set_len(0).unwrap();
    assert_eq!((f.get(constant, 1), f.get(copy, 1), f.get(copy + PAGE, 1)), (vec![5], vec![7], vec![8]));
    check_slot(&f);
}

#[test]
fn mappings_run_out_before_those_of_the_host_do() {
    let mut f = fixture();
    let pages = 20_000;
    let at = map(&mut f, pages * PAGE);
    let split = (0..pages).step_by(2).find(|i| f.call("mprotect", &[at + i * PAGE, PAGE, 1]) == Err(Errno::NOMEM));
    assert!(split.is_some_and(|i| (2000..5000).contains(&i)), "{split:?}");
    f.fails(Errno::NOMEM, "munmap", &[at + 15_001 * PAGE, PAGE]);
    // What makes mappings fewer still works, and makes room.
    f.ok("munmap", &[at, pages * PAGE]);
    let moved = map(&mut f, 2 * PAGE);
    f.ok("mprotect", &[moved, PAGE, 1]);
    f.ok("mremap", &[moved, PAGE, PAGE, 3, at]);
    check_slot(&f);
}

#[test]
fn memory_runs_out_cleanly() {
    let mut f = fixture();
    let mut pieces = Vec::new();
    let errno = loop {
        match f.call("mmap", &[0, 512 << 20, RW, ANONYMOUS, NO_FILE, 0]) {
            Ok(at) => pieces.push(at),
            Err(errno) => break errno,
        }
    };
    assert_eq!(errno, Errno::NOMEM);
    assert_eq!(pieces.len(), 7, "4 GiB but for the rest");
    f.ok("munmap", &[pieces[3], 512 << 20]);
    assert_eq!(f.ok("mmap", &[0, 512 << 20, RW, ANONYMOUS, NO_FILE, 0]), pieces[3]);
    check_slot(&f);
}
