//! Speed of the verifier: `cargo bench -p lfi-verifier [-- FILE...]`.
//!
//! Without files, all programs that the toolchain, the tests and the demo left in `target`, and without those,
//! generated code. The output says which. The large input is all of them one after the other; where
//! that is less than 30 MB, over and over. Figures are MB (10^6 bytes) of code a second, the best of several runs.
//! `--only N` judges the largest program N times and does nothing else, for `perf stat`; `--only-all N` the large input.
#![allow(missing_docs)]

use std::{
    env, fs,
    hint::black_box,
    io::Read as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use lfi_abi::{Kind, Returns, Target};
use lfi_verifier::{Options, elf::Elf, verify, verify_part};

/// Slot offset of the code that is judged.
const OFFSET: u32 = 0x10_0000;
/// From this size on, in bytes, code is as large as clang's.
const LARGE: usize = 30_000_000;
/// The options that accept all programs whose kind is full.
const OPTIONS: Options = Options { target: Target::X64, kind: Kind::Full, returns: Returns::Ret };
/// What stands for a small library, in bytes.
const SMALL: usize = 100_000 / 32 * 32;

/// A region of code.
struct Input {
    name: String,
    code: Vec<u8>,
}

fn main() {
    let mut arguments: Vec<_> = env::args().skip(1).filter(|a| a != "--bench").collect();
    let only = arguments.iter().position(|a| a == "--only" || a == "--only-all").map(|at| {
        let option: Vec<_> = arguments.drain(at..(at + 2).min(arguments.len())).collect();
        (option[0] == "--only-all", option.get(1).and_then(|n| n.parse::<u32>().ok()).expect("a number of times"))
    });
    let files = if arguments.is_empty() { built() } else { arguments.into_iter().map(PathBuf::from).collect() };
    let mut inputs: Vec<Input> = Vec::new();
    for input in files.iter().filter_map(|file| read(file)) {
        if inputs.iter().all(|other| other.code != input.code) {
            inputs.push(input);
        }
    }
    inputs.sort_by_key(|input| input.code.len());
    let programs = inputs.len();
    let Some(largest) = inputs.last() else {
        let input = generated();
        report(&input.name, &input.code, input.code.len());
        return;
    };
    let all = inputs.iter().map(|input| &input.code[..]).collect::<Vec<_>>().concat();
    let times = LARGE.div_ceil(all.len());
    let large = all.repeat(times);
    if let Some((all, times)) = only {
        let code = if all { &large } else { &largest.code };
        (0..times).for_each(|_| assert!(verify(black_box(code), OFFSET, &OPTIONS).is_ok()));
        println!("{} bytes, {times} times", code.len());
        return;
    }
    report(&largest.name, &largest.code, largest.code.len());
    report(&format!("the first 100 KB of {}", largest.name), &largest.code, SMALL.min(largest.code.len()));
    let name = match times {
        1 => format!("{programs} programs, one after the other"),
        _ => format!("{programs} programs, one after the other, {times} times"),
    };
    report(&name, &large, large.len());
    parts(&large);
}

/// Programs that were built before.
fn built() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let mut found = Vec::new();
    let mut directories = vec![root];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                // Cargo's own, which are many.
                Ok(kind) if kind.is_dir() && !path.ends_with("debug") && !path.ends_with("release") => {
                    directories.push(path);
                }
                Ok(kind) if kind.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// The largest executable segment of a module; none when it is not one, or not of kind full.
fn read(path: &Path) -> Option<Input> {
    let mut start = [0; 4];
    fs::File::open(path).ok()?.read_exact(&mut start).ok()?;
    if start != *b"\x7fELF" {
        return None;
    }
    let file = fs::read(path).ok()?;
    let elf = Elf::parse(&file).ok()?;
    let segment = elf.segments().filter(|segment| segment.executable).max_by_key(|segment| segment.data.len())?;
    // Branches and pc-relative operands mean the same at any offset that is far from the slot's ends.
    let input = Input { name: path.display().to_string(), code: segment.data.to_vec() };
    verify(&input.code, OFFSET, &OPTIONS).ok().map(|_| input)
}

/// Code with the mixture that compilers make: loads and stores, arithmetic, branches near and far, calls.
fn generated() -> Input {
    const PIECES: &[&[u8]] = &[
        &[0x48, 0x89, 0xc3],
        &[0x65, 0x67, 0x48, 0x8b, 0x43, 0x18],
        &[0x48, 0x8b, 0x44, 0x24, 0x30],
        &[0x85, 0xc0],
        &[0x65, 0x67, 0x89, 0x54, 0x8b, 0x08],
        &[0x0f, 0xb6, 0xc0],
        &[0x31, 0xd2],
        &[0x48, 0x83, 0xc0, 0x01],
        &[0x66, 0x0f, 0x6f, 0xc1],
        &[0x74, 0xf8],
        &[0x0f, 0x85, 0xc0, 0xff, 0xff, 0xff],
    ];
    let mut code = Vec::new();
    let mut state = 1u32;
    while code.len() < 4 << 20 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let piece = PIECES[(state >> 16) as usize % PIECES.len()];
        let room = 32 - code.len() % 32;
        // Branches go to the start of a bundle, which is always a start.
        let mut piece = piece.to_vec();
        let within = code.len() % 32 + piece.len();
        if matches!(piece[0], 0x74 | 0x0f) && piece[1] != 0xb6 {
            let at = if piece[0] == 0x74 { 1 } else { 2 };
            piece[at] = 0u8.wrapping_sub((within % 32) as u8 + 32 * u8::from(within < 32 && at == 2));
        }
        if piece.len() > room || code.len() + piece.len() <= 64 && piece.len() == 6 {
            code.resize(code.len() + room, 0x90);
        } else {
            code.extend_from_slice(&piece);
        }
    }
    Input { name: "generated code".into(), code }
}

/// The shortest of several runs.
fn best(mut run: impl FnMut()) -> Duration {
    let start = Instant::now();
    let mut best = Duration::MAX;
    while start.elapsed() < Duration::from_millis(700) {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
    }
    best
}

/// The first `bytes` bytes of a region.
fn report(name: &str, code: &[u8], bytes: usize) {
    let judge = || verify_part(black_box(code), OFFSET, 0..bytes, &OPTIONS);
    let summary = judge().unwrap_or_else(|violation| panic!("{name}: {violation}"));
    let time = best(|| assert!(judge().is_ok()));
    line(name, bytes, time, summary.instructions);
}

fn line(name: &str, bytes: usize, time: Duration, instructions: u64) {
    let (mb, ms) = (bytes as f64 / 1e6, time.as_secs_f64() * 1e3);
    let ns = ms * 1e6 / instructions as f64;
    println!("{:8.1} MB/s  {mb:8.3} MB  {ms:8.3} ms  {ns:5.2} ns an instruction  {name}", mb / ms * 1e3);
}

/// One region, divided among threads.
fn parts(code: &[u8]) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = code.len().div_ceil(threads).next_multiple_of(32);
    let time = best(|| {
        std::thread::scope(|scope| {
            for start in (0..code.len()).step_by(size) {
                let part = start..code.len().min(start + size);
                scope.spawn(move || assert!(verify_part(code, OFFSET, part, &OPTIONS).is_ok()));
            }
        });
    });
    let instructions = verify(code, OFFSET, &OPTIONS).map_or(0, |summary| summary.instructions);
    line(&format!("the same, by {threads} threads"), code.len(), time, instructions);
}
