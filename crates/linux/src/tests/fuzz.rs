//! Random and adversarial system calls by several threads of one process and by
//! processes of one thread, and what is left of them on the host: nothing.
//!
//! They are made by a process of their own, so that its descriptors can be
//! counted and a crash is seen. Most arguments are of the kind that their name
//! in the table of calls says, so that calls get far. For longer than the tests
//! take: `cargo xtask syscalls MINUTES`.
#![allow(unsafe_code)] // a signal that ends what blocks

use super::{pointers::bad_addresses, *};
use crate::{
    fs::MAX_FILES,
    host::WriteSignalsBlocked,
    limits::Pairs,
    policy::Network,
    table::{Support, SystemCall},
};
use lfi_filetest::{Ground, descriptors};
use std::{
    fs,
    os::unix::{fs::MetadataExt, thread::JoinHandleExt},
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

const THREADS: u64 = 4;
/// How long, in seconds, and the seed: in the environment of the process that does it.
const SECONDS: &str = "LFI_FUZZ_SECONDS";
const SEED: &str = "LFI_FUZZ_SEED";
const DIRECTORY: &str = "LFI_FUZZ_DIRECTORY";

static STOP: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);

/// Not called: what ends the process, starts threads of the host, or waits for a
/// signal of its own is tested elsewhere.
const LEFT_OUT: &[&str] = &[
    "exit",
    "exit_group",
    "kill",
    "tkill",
    "tgkill",
    "clone",
    "clone3",
    "rt_sigreturn",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "pause",
    "rt_sigsuspend",
    "rt_sigtimedwait",
];
/// Would fill the disk if they were asked for as much as a number can say.
const MODERATE: &[&str] =
    &["sendfile", "copy_file_range", "splice", "fallocate", "write", "writev", "pwrite64", "pwritev", "pwritev2"];

#[test]
fn class_27_system_calls_leave_nothing_behind() {
    let calls = Ground::new().run("tests::fuzz::the_process_that_calls", DIRECTORY);
    println!("{calls} calls");
    assert!(calls.parse::<u64>().unwrap() > 1000, "{calls}");
}

#[test]
#[ignore = "started by the test above, in a process of its own"]
fn the_process_that_calls() {
    let setting = |name: &str| std::env::var(name).ok();
    let Some(dir) = setting(DIRECTORY).map(PathBuf::from) else { return };
    let time = Duration::from_secs(setting(SECONDS).map_or(2, |seconds| seconds.parse().unwrap()));
    let seed: u64 = setting(SEED).map_or_else(rand_seed, |seed| seed.parse().unwrap());
    println!("seed {seed}");
    end_blocking_calls_by_signal();
    // What the libraries keep open for good is open after a first process.
    drop(process(&dir));
    let before = descriptors();
    let mut f = process(&dir);
    let limits = f.thread.process.resources.all();
    let bad = bad_addresses(&f);
    let mut threads: Vec<_> = (0..THREADS).map(|_| (f.thread.sibling().unwrap(), bad.clone())).collect();
    // And some that have a process to themselves, which goes about its descriptors in another way.
    for returns in [Returns::Jump, Returns::Ret] {
        let alone = process_with(&dir, returns);
        let bad = bad_addresses(&alone);
        threads.push((alone.thread, bad));
    }
    let workers: Vec<_> = (1..)
        .zip(threads)
        .map(|(index, (thread, bad))| {
            let mut caller = Caller::new(thread, seed.wrapping_mul(index) | 1, bad);
            std::thread::spawn(move || {
                let _blocked = WriteSignalsBlocked::new();
                while !STOP.load(Ordering::Relaxed) {
                    caller.call();
                    CALLS.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let start = Instant::now();
    while workers.iter().any(|worker| !worker.is_finished()) {
        std::thread::sleep(Duration::from_millis(2));
        if start.elapsed() > time {
            STOP.store(true, Ordering::Relaxed);
        }
        assert!(start.elapsed() < time + Duration::from_secs(30), "a call waits and no signal ends it");
        for worker in &workers {
            // SAFETY: the thread has not been joined.
            unsafe { libc::pthread_kill(worker.as_pthread_t(), libc::SIGUSR2) };
        }
        keep_small(&dir.join("inside"));
    }
    for worker in workers {
        worker.join().unwrap();
    }

    f.thread.process.restore_limits(&limits);
    // No lock is held: everything that needs one comes back.
    let range = f.thread.process.sandbox.range(f.base() + SCRATCH, SCRATCH_SIZE).unwrap();
    f.thread.process.sandbox.map(range, Access::ReadWrite).unwrap();
    f.ok("close_range", &[0, u64::from(u32::MAX), 0]);
    let root = f.text("/");
    let memory = f.ok("mmap", &[0, 4096, 3, 0x22, u64::MAX, 0]);
    f.ok("munmap", &[memory, 4096]);
    f.ok("chdir", &[root]);
    f.open("/tmp", libc::O_DIRECTORY).unwrap();
    f.ok("pipe", &[root]);
    drop(f);
    assert_eq!(descriptors(), before);
    println!("calls: {}", CALLS.load(Ordering::Relaxed));
}

fn rand_seed() -> u64 {
    Instant::now().elapsed().as_nanos() as u64 ^ u64::from(std::process::id()) << 20 | 1
}

/// `SIGUSR2` does nothing but end what blocks (`EINTR`).
fn end_blocking_calls_by_signal() {
    extern "C" fn nothing(_: libc::c_int) {}
    // SAFETY: an action of zeros has an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = nothing as *const () as usize;
    action.sa_flags = libc::SA_ONSTACK;
    // SAFETY: the action is valid.
    assert_eq!(unsafe { libc::sigaction(libc::SIGUSR2, &raw const action, std::ptr::null_mut()) }, 0);
}

/// The disk stays empty however long it takes.
fn keep_small(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.metadata().is_ok_and(|data| data.is_file() && data.blocks() > 1 << 15) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn process(dir: &Path) -> Fixture {
    process_with(dir, Returns::Jump)
}

fn process_with(dir: &Path, returns: Returns) -> Fixture {
    let policy = Policy::new()
        .directory("/", dir.join("inside"), true)
        .unwrap()
        .directory("/ro", dir.join("read_only"), false)
        .unwrap()
        .memory("/tmp", 1 << 20)
        .unwrap()
        .devices(true)
        .process_files(true)
        .network(Network::Loopback);
    Fixture::with_policy(policy, returns)
}

const PATHS: &[&str] = &[
    "/",
    "file",
    "other",
    "sub",
    "sub/file",
    "sub/dir",
    "/tmp/file",
    "/tmp/dir",
    "/tmp/dir/file",
    "/tmp/link",
    "/ro/file",
    "/ro/new",
    "out",
    "in/file",
    "magic",
    "loop",
    "..",
    "sub/../../outside/secret",
    "/dev/null",
    "/dev/zero",
    "/dev/stdin",
    "/dev/fd/3",
    "/proc/self/maps",
    "/proc/self/fd",
    "/proc/self/exe",
    "socket",
    "fifo",
    "",
    "user.x",
];

/// A small generator (xorshift64*), so that failures repeat.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn choose(&mut self, from: &[u64]) -> u64 {
        from[(self.next() % from.len() as u64) as usize]
    }
}

/// A thread that makes calls.
struct Caller {
    thread: Thread,
    random: Random,
    rows: Vec<&'static SystemCall>,
    paths: Vec<u64>,
    wild: Vec<u64>,
    scratch: u64,
    /// What the process begins with.
    limits: Pairs,
}

impl Caller {
    fn new(thread: Thread, seed: u64, mut wild: Vec<u64>) -> Self {
        let base = thread.process.sandbox.base();
        let handled = |row: &&SystemCall| row.support == Support::Handled && row.numbers[0].is_some();
        let rows = system_calls().iter().filter(handled).filter(|row| !LEFT_OUT.contains(&row.name)).collect();
        wild.extend([0, 1, 2, 7, 8, 4096, 1 << 31, 1 << 32, i32::MAX as u64, i64::MAX as u64, u64::MAX]);
        wild.extend([base + CODE, base + USER_END - 1]);
        let (limits, scratch) = (thread.process.resources.all(), base + SCRATCH);
        let mut caller = Self { thread, random: Random(seed), rows, paths: Vec::new(), wild, scratch, limits };
        caller.refresh();
        caller
    }

    /// Memory for arguments, with paths at its start and structures of random
    /// plausible words behind them.
    fn refresh(&mut self) {
        let sandbox = &self.thread.process.sandbox;
        // Others may have unmapped it; what fails here, fails in the calls.
        let _ = sandbox.range(self.scratch, SCRATCH_SIZE).map(|range| sandbox.map(range, Access::ReadWrite));
        let mut at = self.scratch;
        self.paths.clear();
        for path in PATHS {
            let _ = sandbox.write(at, path.as_bytes());
            self.paths.push(at);
            at += 64;
        }
        for (index, words) in (0u64..).zip(self.structures()) {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
            let _ = self.thread.process.sandbox.write(self.structure(index), &bytes);
        }
        for index in 0..512 {
            let word = match self.random.next() % 4 {
                0 => self.random.next() % 16,
                1 => self.scratch + self.random.next() % SCRATCH_SIZE,
                2 => self.random.next() % 8192,
                _ => self.random.next() >> (self.random.next() % 64),
            };
            let _ = self.thread.process.sandbox.write(self.scratch + 8192 + index * 8, &word.to_ne_bytes());
        }
    }

    /// Structures that mean something: pieces, a message, how to open, times, addresses.
    fn structures(&self) -> [Vec<u64>; 6] {
        let data = self.scratch + 65536;
        let internet = u64::from(libc::AF_INET as u16) | 0x3412 << 16 | 0x0100_007f << 32;
        let unix = u64::from_ne_bytes(*b"\x01\0socket");
        let pieces = vec![data, 100, data + 4096, 5000, data, 0];
        let message = vec![0, 0, self.structure(0), 3, 0, 0, 0];
        [pieces, message, vec![0, 0, 0], vec![0, 1000, 0, 1000], vec![internet, 0], vec![unix, 0]]
    }

    fn structure(&self, index: u64) -> u64 {
        self.scratch + 4096 + index * 128
    }

    fn argument(&mut self, row: &SystemCall, name: &str) -> u64 {
        if self.random.next().is_multiple_of(16) && !MODERATE.contains(&row.name) {
            return if self.random.next().is_multiple_of(2) {
                self.random.next()
            } else {
                self.random.choose(&self.wild)
            };
        }
        let next = self.random.next();
        match name {
            "vector" => self.structure(0),
            "message" => self.structure(1),
            "how" if row.name == "openat2" => self.structure(2),
            "request" if row.name != "ioctl" => self.structure(3),
            "times" | "new" if next.is_multiple_of(2) => self.structure(3),
            "address" if row.arguments.contains(&"address_len") => self.structure(4 + next % 2),
            "address_len" if next.is_multiple_of(2) => 16,
            "domain" => self.random.choose(&[1, 2, 10]),
            "kind" => self.random.choose(&[1, 2, 5, 1 | 0o4000, 2 | 0o4000]),
            "protection" => next % 4,
            "flags" if row.name == "mmap" => self.random.choose(&[0x22, 0x21, 1, 2, 0x32]),
            "address" | "new_address" => self.random.choose(&[0, self.scratch, self.scratch + SCRATCH_SIZE]),
            "protocol" | "option" | "id" | "wish" => next % 3 / 2,
            "user" | "group" | "real" | "effective" | "saved" if next.is_multiple_of(2) => u64::MAX,
            "pid" => next % 2,
            "dir" | "new_dir" if !next.is_multiple_of(4) => CWD,
            "fd" | "dir" | "new_dir" | "in_fd" | "out_fd" | "other_fd" | "new_fd" | "first" => next % 24,
            "path" | "new_path" | "target" | "name" => self.random.choose(&self.paths),
            "flags" | "mode" | "operation" | "mask" | "events" => match next % 3 {
                0 => 0,
                1 => 1 << ((next >> 8) % 32),
                _ => (next >> 8) & (next >> 40),
            },
            "count" | "len" | "size" | "new_len" => match next % 4 {
                0 => (next >> 8) % 16,
                1 => self.random.choose(&[16, 24, 8, 128, 4096, 144]),
                _ => (next >> 8) % 65536,
            },
            "offset" => next % (1 << 20),
            "command" => next % 16 + 1024 * (next >> 8 & 1),
            "request" => 0x5401 + next % 0x60,
            "timeout" => next % 3,
            "clock" | "whence" | "how" | "who" | "which" | "level" | "resource" => next % 12,
            _ if next.is_multiple_of(5) => next >> 8 & 0xff,
            // An address: of structures for the most part.
            _ => self.scratch + 8192 + next % 4096 / 8 * 8,
        }
    }

    fn call(&mut self) {
        let row = self.rows[(self.random.next() % self.rows.len() as u64) as usize];
        let mut arguments = [0; 6];
        for (argument, name) in arguments.iter_mut().zip(row.arguments) {
            *argument = self.argument(row, name);
        }
        let Some(number) = row.numbers[0] else { return };
        let _ = dispatch(&mut self.thread, number.into(), &arguments);
        if self.random.next().is_multiple_of(64) {
            self.refresh();
            // The table does not fill up, and limits that the process has set do not stop all that comes.
            self.thread.process.restore_limits(&self.limits);
            for fd in 24..MAX_FILES as i32 {
                let _ = self.thread.process.files.close(fd);
            }
        }
    }
}
