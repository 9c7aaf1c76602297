//! Limits as the program sees and sets them.

use super::*;
use crate::{limits::Limits, signal::bit};
use std::{fs, time::Duration};

fn limited(dir: &Path, set: impl FnOnce(&mut Limits)) -> Fixture {
    let mut limits = Limits::default();
    set(&mut limits);
    let policy = Policy::new().directory("/", dir, true).unwrap().memory("/memory", 1 << 20).unwrap().limits(limits);
    Fixture::with_policy(policy, Returns::Jump)
}

impl Fixture {
    fn limit(&mut self, resource: u32) -> (u64, u64) {
        let buffer = self.buffer(16);
        self.ok("prlimit64", &[0, u64::from(resource), 0, buffer]);
        (self.get_u64(buffer), self.get_u64(buffer + 8))
    }

    fn set_limit(&mut self, resource: u32, soft: u64, hard: u64) -> Outcome {
        let buffer = self.put(&[soft, hard].map(u64::to_ne_bytes).concat());
        self.call("setrlimit", &[u64::from(resource), buffer])
    }

    /// Whether a signal has come since the last time.
    fn has_got(&mut self, signal: i32) -> bool {
        let tid = self.thread.tid;
        self.thread.process.pending.take(tid, bit(signal)).is_some()
    }
}

#[test]
fn limits_are_those_of_the_policy() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = limited(dir.path(), |limits| {
        limits.threads = 3;
        limits.memory = 64 << 20;
        limits.descriptors = 20;
        limits.cpu_time = Some(Duration::from_millis(2500));
        limits.file_size = 5000;
    });
    assert_eq!(f.limit(libc::RLIMIT_NPROC), (3, 3));
    assert_eq!(f.limit(libc::RLIMIT_AS), (64 << 20, 64 << 20));
    assert_eq!(f.limit(libc::RLIMIT_NOFILE), (20, 20));
    assert_eq!(f.limit(libc::RLIMIT_CPU), (3, 3));
    assert_eq!(f.limit(libc::RLIMIT_FSIZE), (5000, 5000));
    assert_eq!(f.limit(libc::RLIMIT_DATA), (libc::RLIM_INFINITY, libc::RLIM_INFINITY));
    assert_eq!(f.set_limit(libc::RLIMIT_NOFILE, 20, 20), Ok(0));
    assert_eq!(f.set_limit(libc::RLIMIT_NOFILE, 21, 21), Err(Errno::PERM));
    let buffer = f.buffer(16);
    f.fails(Errno::INVAL, "getrlimit", &[99, buffer]);
    f.fails(Errno::SRCH, "prlimit64", &[1, 7, 0, buffer]);
}

#[test]
fn processor_time_and_file_sizes_can_be_lowered_by_the_program() {
    let dir = tempfile::tempdir().unwrap();
    for resource in [libc::RLIMIT_CPU, libc::RLIMIT_FSIZE] {
        let mut f = limited(dir.path(), |_| {});
        let unlimited = libc::RLIM_INFINITY;
        assert_eq!(f.limit(resource), (unlimited, unlimited));
        assert_eq!(f.set_limit(resource, 10, 5), Err(Errno::INVAL));
        assert_eq!(f.set_limit(resource, 3000, 5000), Ok(0));
        assert_eq!(f.limit(resource), (3000, 5000));
        assert_eq!(f.set_limit(resource, 5000, 5000), Ok(0));
        assert_eq!(f.set_limit(resource, 4000, 5001), Err(Errno::PERM));
        assert_eq!(f.limit(resource), (5000, 5000));
        assert_eq!(f.set_limit(resource, 4000, 4000), Ok(0));
        assert_eq!(f.set_limit(resource, 4000, unlimited), Err(Errno::PERM));
        assert_eq!(f.limit(resource), (4000, 4000));
    }
}

#[test]
fn class_28_a_limit_of_the_host_is_not_raised() {
    let dir = tempfile::tempdir().unwrap();
    let most = Duration::from_millis(50);
    let mut f = limited(dir.path(), |limits| limits.cpu_time = Some(most));
    // Shown as a whole second, and no second is too much for the kernel.
    assert_eq!(f.limit(libc::RLIMIT_CPU), (1, 1));
    for (soft, hard) in [(0, 1), (1, 1), (0, 0)] {
        f.set_limit(libc::RLIMIT_CPU, soft, hard).unwrap();
        assert_eq!(f.thread.process.cpu_time.setting().hard(), Some(most), "{soft} {hard}");
    }
}

/// A program that sets its limits all the time does not overwrite those that its host sets meanwhile.
#[test]
fn class_28_a_limit_of_the_host_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = limited(dir.path(), |_| {});
    let Some(sibling) = f.thread.sibling() else { panic!("threads are allowed") };
    let most = Duration::from_secs(3600);
    let wish = f.put(&[10_000, libc::RLIM_INFINITY].map(u64::to_ne_bytes).concat());
    std::thread::scope(|scope| {
        let program = scope.spawn(|| {
            for soft in 10_000..60_000u64 {
                f.thread.process.sandbox.write(wish, &soft.to_ne_bytes()).unwrap();
                let _ = f.call("setrlimit", &[libc::RLIMIT_CPU.into(), wish]);
            }
        });
        while !program.is_finished() {
            sibling.process.set_cpu_limit(Some(most)).unwrap();
            assert_eq!(sibling.process.cpu_time.setting().hard(), Some(most));
            sibling.process.set_cpu_limit(None).unwrap();
        }
    });
}

#[test]
fn class_28_files_do_not_grow_beyond_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("large"), [7; 8000]).unwrap();
    for returns in [Returns::Jump, Returns::Ret] {
        let limits = Limits { file_size: 5000, ..Limits::default() };
        let policy = Policy::new().directory("/", dir.path(), true).unwrap().memory("/memory", 1 << 20).unwrap();
        let mut f = Fixture::with_policy(policy.limits(limits), returns);
        let data = f.put(&[1; 8000]);
        for name in ["/file", "/memory/file"] {
            let fd = f.open(name, libc::O_RDWR | libc::O_CREAT).unwrap();
            assert_eq!(f.ok("write", &[fd, data, 4000]), 4000);
            assert_eq!(f.ok("write", &[fd, data, 4000]), 1000, "what fits");
            assert!(!f.has_got(libc::SIGXFSZ));
            f.fails(Errno::FBIG, "write", &[fd, data, 1]);
            assert!(f.has_got(libc::SIGXFSZ));
            assert_eq!(f.ok("write", &[fd, data, 0]), 0);
            assert_eq!(f.ok("lseek", &[fd, 0, 1]), 5000);
            assert_eq!(f.ok("pwrite64", &[fd, data, 100, 4990]), 10);
            f.fails(Errno::FBIG, "pwrite64", &[fd, data, 100, 5000]);
            f.fails(Errno::FBIG, "ftruncate", &[fd, 5001]);
            f.fails(Errno::FBIG, "fallocate", &[fd, 0, 4000, 1001]);
            f.ok("ftruncate", &[fd, 100]);
            f.ok("fcntl", &[fd, libc::F_SETFL as u64, libc::O_APPEND as u64]);
            f.ok("lseek", &[fd, 0, 0]);
            assert_eq!(f.ok("write", &[fd, data, 8000]), 4900);
            assert_eq!(f.ok("lseek", &[fd, 0, 1]), 5000);
            assert!(f.has_got(libc::SIGXFSZ));
        }
        let (from, to) = (f.open("/large", libc::O_RDWR).unwrap(), f.open("/file", libc::O_RDWR).unwrap());
        assert_eq!(f.ok("pwrite64", &[from, data, 10, 0]), 10, "a part that is there already");
        f.fails(Errno::FBIG, "pwrite64", &[from, data, 10, 5000]);
        f.ok("lseek", &[to, 4000, 0]);
        assert_eq!(f.ok("copy_file_range", &[from, 0, to, 0, 5000, 0]), 1000);
        assert_eq!(f.ok("lseek", &[to, 0, 1]), 5000);
        f.fails(Errno::FBIG, "copy_file_range", &[from, 0, to, 0, 1, 0]);
        f.fails(Errno::INVAL, "sendfile", &[to, from, 0, 10]);
        assert!(f.has_got(libc::SIGXFSZ));
        assert_eq!(fs::metadata(dir.path().join("file")).unwrap().len(), 5000);
    }
}

#[test]
fn limits_can_be_lowered_by_the_program_and_are_obeyed() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = limited(dir.path(), |limits| {
        limits.threads = 3;
        limits.memory = 64 << 20;
        limits.descriptors = 20;
    });
    f.set_limit(libc::RLIMIT_NOFILE, 4, 10).unwrap();
    assert_eq!(f.limit(libc::RLIMIT_NOFILE), (4, 10));
    assert_eq!(f.ok("dup", &[0]), 3);
    f.fails(Errno::MFILE, "dup", &[0]);
    // Nothing is made that then has no number.
    assert_eq!(f.open("/new", libc::O_CREAT | libc::O_RDWR), Err(Errno::MFILE));
    assert!(!dir.path().join("new").exists());
    assert_eq!(f.set_limit(libc::RLIMIT_NOFILE, 4, 11), Err(Errno::PERM));
    assert_eq!(f.set_limit(libc::RLIMIT_NOFILE, 11, 10), Err(Errno::INVAL));
    f.set_limit(libc::RLIMIT_NOFILE, 10, 10).unwrap();
    assert_eq!(f.ok("dup2", &[0, 9]), 9);
    f.fails(Errno::BADF, "dup2", &[0, 10]);

    f.set_limit(libc::RLIMIT_NPROC, 1, 3).unwrap();
    assert_eq!(f.thread.process.threads.add(), Err(Errno::AGAIN));
    f.set_limit(libc::RLIMIT_NPROC, 2, 2).unwrap();
    f.thread.process.threads.add().unwrap();
    assert_eq!(f.thread.process.threads.add(), Err(Errno::AGAIN));

    const FLAGS: u64 = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
    const WRITE: u64 = (libc::PROT_READ | libc::PROT_WRITE) as u64;
    let mapped = f.thread.process.memory().mapped();
    f.set_limit(libc::RLIMIT_AS, mapped + (1 << 20), 64 << 20).unwrap();
    f.fails(Errno::NOMEM, "mmap", &[0, 2 << 20, 0, FLAGS, u64::MAX, 0]);
    f.ok("mmap", &[0, 1 << 20, 0, FLAGS, u64::MAX, 0]);
    f.fails(Errno::NOMEM, "mmap", &[0, 4096, 0, FLAGS, u64::MAX, 0]);
    f.set_limit(libc::RLIMIT_AS, 64 << 20, 64 << 20).unwrap();
    // The scratch memory is data, the stack is none.
    f.set_limit(libc::RLIMIT_DATA, SCRATCH_SIZE + 8192, libc::RLIM_INFINITY).unwrap();
    let at = f.ok("mmap", &[0, 3 * 4096, 0, FLAGS, u64::MAX, 0]);
    f.fails(Errno::NOMEM, "mmap", &[0, 3 * 4096, WRITE, FLAGS, u64::MAX, 0]);
    f.fails(Errno::NOMEM, "mprotect", &[at, 3 * 4096, WRITE]);
    f.ok("mprotect", &[at, 2 * 4096, WRITE]);
    f.fails(Errno::NOMEM, "mmap", &[0, 4096, WRITE, FLAGS, u64::MAX, 0]);
    let end = f.ok("brk", &[0]);
    assert_eq!(f.ok("brk", &[end + 4096]), end);
    f.ok("munmap", &[at, 4096]);
    assert_eq!(f.ok("brk", &[end + 4096]), end + 4096);
}

#[test]
fn class_28_no_limit_is_raised() {
    let dir = tempfile::tempdir().unwrap();
    let mut f = limited(dir.path(), |limits| {
        limits.threads = 3;
        limits.memory = 64 << 20;
        limits.descriptors = 20;
        limits.file_size = 5000;
        limits.cpu_time = Some(Duration::from_secs(100));
    });
    for resource in 0..=libc::RLIMIT_RTTIME {
        let (_, hard) = f.limit(resource);
        if hard != libc::RLIM_INFINITY {
            for (soft, more) in [(hard, hard + 1), (hard + 1, hard + 1), (0, libc::RLIM_INFINITY)] {
                assert_eq!(f.set_limit(resource, soft, more), Err(Errno::PERM), "{resource}");
            }
        }
        if hard > 0 {
            f.set_limit(resource, hard - 1, hard - 1).unwrap();
            assert_eq!(f.limit(resource), (hard - 1, hard - 1), "{resource}");
            assert_eq!(f.set_limit(resource, hard, hard), Err(Errno::PERM), "{resource}");
        }
    }
    assert_eq!(f.set_limit(libc::RLIMIT_RTTIME + 1, 0, 0), Err(Errno::INVAL));
}

#[test]
fn a_reset_gives_back_what_the_program_has_lowered() {
    let policy = Policy::new().limits(Limits { descriptors: 20, ..Limits::default() });
    let mut f = Fixture::with_policy(policy, Returns::Jump);
    for fd in 0..3 {
        // Files that are no standard streams cannot be kept.
        f.ok("close", &[fd]);
    }
    f.set_limit(libc::RLIMIT_NOFILE, 5, 10).unwrap();
    f.thread.take_snapshot(&Default::default()).unwrap();
    let all = [libc::RLIMIT_NOFILE, libc::RLIMIT_AS, libc::RLIMIT_DATA, libc::RLIMIT_FSIZE];
    let before = all.map(|resource| f.limit(resource));
    assert_eq!(before[0], (5, 10));
    for resource in all {
        f.set_limit(resource, 0, 0).unwrap();
    }
    f.fails(Errno::MFILE, "eventfd2", &[0, 0]);
    f.fails(Errno::NOMEM, "mmap", &[0, 4096, 3, 0x22, u64::MAX, 0]);
    f.thread.reset().unwrap();
    assert_eq!(all.map(|resource| f.limit(resource)), before);
    f.ok("eventfd2", &[0, 0]);
    f.ok("mmap", &[0, 4096, 3, 0x22, u64::MAX, 0]);
    f.ok("dup2", &[0, 4]);
    f.fails(Errno::BADF, "dup2", &[0, 5]);
}
