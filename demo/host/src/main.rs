//! A host program that uses zlib twice: in a sandbox, and as a native shared
//! object. It checks that both do the same and prints what the sandbox costs,
//! for `cargo xtask demo`.
//!
//! ```text
//! lfi-demo-host zlib.lfi zlib.so DATA
//! ```

mod native;
mod sandboxed;

use std::{env, error::Error, fs, hint::black_box, time::Instant};

use native::Native;
use sandboxed::Sandboxed;

/// Rounds of each measurement; the medians are printed.
const ROUNDS: usize = 9;
/// Calls of a round, where one call is measured.
const CALLS: u32 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [sandboxed, native, data] = &arguments[..] else {
        return Err("usage: lfi-demo-host zlib.lfi zlib.so DATA".into());
    };
    let data = fs::read(data)?;
    let mut native = Native::load(native, data.len())?;
    let mut sandboxed = Sandboxed::load(sandboxed, &data)?;

    let packed = native.compress(&data)?;
    if sandboxed.compress(&data)? != packed {
        return Err("compressed data differ".into());
    }
    if sandboxed.uncompress(&packed)? != data || native.uncompress(&packed)? != data {
        return Err("decompressed data differ".into());
    }
    println!("size\t{}\t{}", data.len(), packed.len());

    let ratio = ratio(|| sandboxed.compress(&data).map(drop), || native.compress(&data).map(drop))?;
    println!("compress\t{ratio:.3}");
    let ratio = self::ratio(|| sandboxed.uncompress(&packed).map(drop), || native.uncompress(&packed).map(drop))?;
    println!("uncompress\t{ratio:.3}");
    let (inside, outside) = pair(
        || {
            for _ in 0..CALLS {
                black_box(sandboxed.flags()?);
            }
            Ok(())
        },
        || {
            for _ in 0..CALLS {
                black_box(native.flags());
            }
            Ok(())
        },
    )?;
    let nanoseconds = |seconds: f64| seconds * 1e9 / f64::from(CALLS);
    println!("call\t{:.1}\t{:.1}", nanoseconds(inside), nanoseconds(outside));

    // Last: it kills the sandbox, and not this program.
    println!("fault\t{}", sandboxed.fault());
    Ok(())
}

/// How much longer the first takes: the median over rounds in which both take turns.
fn ratio(first: impl FnMut() -> Outcome, second: impl FnMut() -> Outcome) -> Result<f64, Box<dyn Error>> {
    let rounds = rounds(first, second)?;
    Ok(median(rounds.into_iter().map(|(first, second)| first / second)))
}

/// Median times of two things that take turns, in seconds.
fn pair(first: impl FnMut() -> Outcome, second: impl FnMut() -> Outcome) -> Result<(f64, f64), Box<dyn Error>> {
    let rounds = rounds(first, second)?;
    Ok((median(rounds.iter().map(|r| r.0)), median(rounds.iter().map(|r| r.1))))
}

type Outcome = Result<(), Box<dyn Error>>;

fn rounds(
    mut first: impl FnMut() -> Outcome,
    mut second: impl FnMut() -> Outcome,
) -> Result<Vec<(f64, f64)>, Box<dyn Error>> {
    (0..ROUNDS).map(|_| Ok((seconds(&mut first)?, seconds(&mut second)?))).collect()
}

fn seconds(mut work: impl FnMut() -> Outcome) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
