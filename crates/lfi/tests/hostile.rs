//! A hostile program (`tests/hostile`), which makes random and adversarial system calls from inside, by several
//! threads, and what it leaves behind on the host: nothing.
//!
//! A process of its own runs it again and again, so that a crash is seen and its descriptors can be counted. For longer
//! than the tests take: `cargo xtask syscalls --inside MINUTES`.

use lfi_filetest::{Ground, descriptors, program};
use lfi_linux::{Limits, Module, Network, Policy, Requirements, Setup, Thread, system_calls};
use lfi_runtime::{Config, Engine};
use std::{
    ffi::CString,
    fs,
    path::{Path, PathBuf},
    sync::mpsc::{RecvTimeoutError, channel},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long, in seconds, and the seed of one run: in the environment of the process that does it.
const SECONDS: &str = "LFI_FUZZ_SECONDS";
const SEED: &str = "LFI_FUZZ_SEED";
const DIRECTORY: &str = "LFI_FUZZ_DIRECTORY";

/// How long a program may live.
const LIFE: Duration = Duration::from_millis(400);
/// How long it may take to end it, on a loaded machine.
const END: Duration = Duration::from_secs(20);
/// Most memory that the host may need for all that, at a time and in the end, in KiB.
const MOST: u64 = 1 << 20;
const LEFT: u64 = 64 << 10;

#[test]
fn class_27_a_hostile_program_leaves_nothing_behind() {
    println!("calls: {}", Ground::new().run("the_process_that_runs_it", DIRECTORY));
}

/// The program in a form of return.
fn hostile(returns: &str) -> Module {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // The table of calls, for it to choose from.
    let include = repository.join("target/lfi/test-libraries/hostile");
    fs::create_dir_all(&include).unwrap();
    let lines = system_calls().iter().filter_map(|row| {
        let arguments: Vec<String> = row.arguments.iter().map(|name| format!(", \"{name}\"")).collect();
        Some(format!("CALL({}, \"{}\"{})\n", row.numbers[0]?, row.name, arguments.concat()))
    });
    fs::write(include.join("calls.h"), lines.collect::<String>()).unwrap();
    let options = ["-O2", &format!("--lfi-returns={returns}"), &format!("-I{}", include.display())];
    let file = program(&repository.join("tests/hostile/hostile.c"), &options);
    Module::new(&fs::read(file).unwrap(), Requirements::default()).unwrap()
}

/// One run.
#[derive(Clone, Debug)]
struct Run {
    seed: u64,
    threads: u32,
    wild: bool,
}

impl Run {
    /// What a seed stands for. In every fifth run there is one thread, where returns allow no more.
    fn new(seed: u64) -> Self {
        let threads = if seed.is_multiple_of(5) { 1 } else { 2 + (seed / 5 % 4) as u32 };
        Self { seed, threads, wild: seed.is_multiple_of(3) }
    }

    fn setup(&self, dir: &Path) -> Setup {
        let mut limits = Limits::default();
        (limits.threads, limits.descriptors, limits.memory) = (24, 64, 128 << 20);
        (limits.file_size, limits.time) = (1 << 20, Some(LIFE));
        let policy = Policy::new()
            .directory("/w", dir.join("inside"), true)
            .unwrap()
            .directory("/ro", dir.join("read_only"), false)
            .unwrap()
            .memory("/tmp", 1 << 20)
            .unwrap()
            .working_directory("/w")
            .unwrap()
            .devices(true)
            .process_files(true)
            .network(Network::Loopback)
            .limits(limits);
        let mode = if self.wild { "wild" } else { "tame" };
        let arguments = ["hostile", &self.seed.to_string(), &self.threads.to_string(), mode];
        let arguments = arguments.iter().map(|argument| CString::new(*argument).unwrap()).collect();
        Setup { arguments, policy, ..Setup::default() }
    }
}

/// A number of `/proc/self/status`.
fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

/// Waits until threads that end by themselves have done so.
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < END, "{what}: {:?}", descriptors());
        sleep(Duration::from_millis(1));
    }
}

#[test]
#[ignore = "started by the test above, in a process of its own"]
fn the_process_that_runs_it() {
    let setting = |name: &str| std::env::var(name).ok();
    let Some(dir) = setting(DIRECTORY).map(PathBuf::from) else { return };
    let time = Duration::from_secs(setting(SECONDS).map_or(4, |seconds| seconds.parse().unwrap()));
    let only: Option<u64> = setting(SEED).map(|seed| seed.parse().unwrap());
    let first = only.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        now.as_nanos() as u64 >> 10 & 0xffff_ffff
    });

    let mut config = Config::default();
    config.slots = 4;
    let engine = Engine::new(&config).unwrap();
    let (jump, ret) = (hostile("jump"), hostile("ret"));
    let run = |run: &Run| -> u64 {
        println!("LFI_FUZZ_SEED={} {run:?}", run.seed);
        let module = if run.threads == 1 && run.seed.is_multiple_of(2) { &ret } else { &jump };
        let mut thread = Thread::start(&engine, module, run.setup(&dir)).unwrap();
        let start = Instant::now();
        let ended = thread.run().unwrap();
        assert!(start.elapsed() < LIFE + END, "ended after {:?}", start.elapsed());
        let calls = thread.process().statistics().system_calls;
        println!("    {ended:?} after {calls} calls");
        calls
    };
    // A run that does not end is a failure, too.
    let (alive, watched) = channel();
    std::thread::spawn(move || {
        loop {
            match watched.recv_timeout(LIFE + 3 * END) {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
        eprintln!("it does not end");
        std::process::abort();
    });

    // What the libraries keep open for good is open after the first ones, in each form of return.
    run(&Run::new(1));
    run(&Run::new(10));
    let baseline = status("Threads");
    let (before, resident) = (descriptors(), status("VmRSS"));
    let (start, mut calls, mut runs) = (Instant::now(), 0, 0);
    while start.elapsed() < time {
        calls += run(&Run::new(only.unwrap_or(first + runs)));
        runs += 1;
        alive.send(()).unwrap();
        eventually("threads are left", || status("Threads") <= baseline);
        eventually("descriptors are left", || descriptors() == before);
        assert!(status("VmHWM") < MOST, "{} KiB", status("VmHWM"));
        assert!(status("VmRSS") < resident + LEFT, "{} KiB, before {resident}", status("VmRSS"));
    }
    println!("calls: {calls} in {runs} runs");
}
