//! Speed of the verifier: `cargo bench -p lfi-verifier [-- FILE...]`.
//!
//! Without files, the programs that `cargo xtask demo` or `test` left in
//! `target/lfi`, and without those, generated code. The output says which.
//! Figures are MB (10^6 bytes) of code a second on one core, the best of
//! several runs.
#![allow(missing_docs)]

use std::{
    env, fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use lfi_abi::{Kind, Returns, Target};
use lfi_verifier::{Options, elf::Elf, verify, verify_part};

/// Slot offset of the code that is judged.
const OFFSET: u32 = 0x10_0000;
/// What stands for a program of clang's size, in bytes.
const LARGE: usize = 64 << 20;
/// What stands for a small library, in bytes.
const SMALL: usize = 100_000 / 32 * 32;

/// A region of code and how it is to be judged.
struct Input {
    name: String,
    code: Vec<u8>,
    options: Options,
}

fn main() {
    let files: Vec<PathBuf> = env::args_os().skip(1).filter(|a| a != "--bench").map(PathBuf::from).collect();
    let files = if files.is_empty() { built() } else { files };
    let mut inputs: Vec<_> = files.iter().filter_map(|file| read(file)).collect();
    if inputs.is_empty() {
        inputs.push(generated());
    }
    for input in &inputs {
        report(&input.name, &input.code, &input.options, input.code.len());
    }
    let Some(largest) = inputs.iter().max_by_key(|input| input.code.len()) else { return };
    if largest.code.len() > SMALL {
        report(&format!("the first 100 KB of {}", largest.name), &largest.code, &largest.options, SMALL);
    }
    let large = largest.code.repeat(LARGE.div_ceil(largest.code.len()));
    report(&format!("{} over and over, 64 MB", largest.name), &large, &largest.options, large.len());
    parts(&large, &largest.options);
}

/// Programs that the toolchain's tests have left.
fn built() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/lfi");
    let mut found = Vec::new();
    let mut directories = vec![root];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.file_name().and_then(|name| name.to_str()) {
                Some("sqlite3" | "lua") if path.is_file() => found.push(path),
                Some("sysroot") => {}
                _ if path.is_dir() => directories.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// The largest executable segment of a module; none when it is not one.
fn read(path: &Path) -> Option<Input> {
    let file = fs::read(path).ok()?;
    let elf = Elf::parse(&file).ok()?;
    let note = elf.note().ok()?;
    let segment = elf.segments().filter(|segment| segment.executable).max_by_key(|segment| segment.data.len())?;
    let options = Options { target: elf.target(), kind: note.kind, returns: note.returns };
    // Branches and pc-relative operands mean the same at any offset that is far from the slot's ends.
    let input = Input { name: path.display().to_string(), code: segment.data.to_vec(), options };
    verify(&input.code, OFFSET, &options).ok().map(|_| input)
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
    let options = Options { target: Target::X64, kind: Kind::Full, returns: Returns::Jump };
    Input { name: "generated code".into(), code, options }
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
fn report(name: &str, code: &[u8], options: &Options, bytes: usize) {
    let summary =
        verify_part(code, OFFSET, 0..bytes, options).unwrap_or_else(|violation| panic!("{name}: {violation}"));
    let time = best(|| assert!(verify_part(black_box(code), OFFSET, 0..bytes, options).is_ok()));
    line(name, bytes, time, summary.instructions);
}

fn line(name: &str, bytes: usize, time: Duration, instructions: u64) {
    let (mb, ms) = (bytes as f64 / 1e6, time.as_secs_f64() * 1e3);
    let ns = ms * 1e6 / instructions as f64;
    println!("{:8.1} MB/s  {mb:8.3} MB  {ms:8.3} ms  {ns:5.2} ns an instruction  {name}", mb / ms * 1e3);
}

/// One region, divided among threads.
fn parts(code: &[u8], options: &Options) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = code.len().div_ceil(threads).next_multiple_of(32);
    let time = best(|| {
        std::thread::scope(|scope| {
            for start in (0..code.len()).step_by(size) {
                let part = start..code.len().min(start + size);
                scope.spawn(move || assert!(verify_part(code, OFFSET, part, options).is_ok()));
            }
        });
    });
    let instructions = verify(code, OFFSET, options).map_or(0, |summary| summary.instructions);
    line(&format!("the same, by {threads} threads"), code.len(), time, instructions);
}
