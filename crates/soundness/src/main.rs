//! `cargo xtask soundness`: see `--help`.

use std::{
    io,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use lexopt::{Arg, Parser, ValueExt};
use lfi_abi::{Returns, Target};
use lfi_soundness::{
    Source,
    hardware::{Checker, Failure, Tally},
    robust::KINDS,
    run::{PARTS, Plan, Progress, run},
    space::Depth,
};
use lfi_verifier::Options;

/// Encodings tried of each form, each time.
const TRIES: usize = 16;

const USAGE: &str = "\
usage: cargo xtask soundness [OPTION]...

Tries the encodings of x86-64 instructions and compares what the verifier
accepts with two independent decoders. Exit status: 0 all agree, 1 they do not,
2 could not run.

options:
  --full           the whole space, in half an hour; without, a part of it in half a minute
  --threads N      (default: 1)
  --minutes N      stop after this time, with what was tried so far
  --state FILE     keep the progress in FILE, and go on from it

  --execute        instead, run random accepted code on this processor, step by
                   step, for the minutes given (default: 1)
  --seed N         what is random starts from N (default: 0)";

/// What to do.
enum Command {
    /// `--help`
    Help,
    /// Compare with decoders.
    Compare(Plan),
    /// Run on the processor for a time, from a seed.
    Execute(Duration, u64),
}

fn main() -> ExitCode {
    let command = match parse(Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("soundness: {error}");
            return ExitCode::from(2);
        }
    };
    let result = match command {
        Command::Help => {
            println!("{USAGE}");
            Ok(true)
        }
        Command::Compare(plan) => check(&plan),
        Command::Execute(time, seed) => execute(time, seed),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("soundness: {error}");
            ExitCode::from(2)
        }
    }
}

fn parse(mut parser: Parser) -> Result<Command, lexopt::Error> {
    let (mut execute, mut seed) = (false, 0);
    let mut plan = Plan { depth: Depth::Quick, threads: 1, limit: None, state: None };
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("full") => plan.depth = Depth::Full,
            Arg::Long("threads") => plan.threads = parser.value()?.parse()?,
            Arg::Long("minutes") => plan.limit = Some(Duration::from_secs(60 * parser.value()?.parse::<u64>()?)),
            Arg::Long("state") => plan.state = Some(PathBuf::from(parser.value()?)),
            Arg::Long("execute") => execute = true,
            Arg::Long("seed") => seed = parser.value()?.parse()?,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            _ => return Err(argument.unexpected()),
        }
    }
    let minute = Duration::from_secs(60);
    Ok(if execute { Command::Execute(plan.limit.unwrap_or(minute), seed) } else { Command::Compare(plan) })
}

/// Runs accepted code by the rules of every kind and form of return, in turns.
fn execute(time: Duration, seed: u64) -> io::Result<bool> {
    let start = Instant::now();
    let mut total = Tally::default();
    for seed in seed.. {
        for kind in KINDS {
            for returns in [Returns::Jump, Returns::Ret] {
                let mut checker = Checker::new(Options { target: Target::X64, kind, returns })?;
                let result = checker.round(TRIES, &mut Source::seeded(seed));
                total += checker.tally();
                match result {
                    Ok(()) => {}
                    Err(Failure::Host(error)) => return Err(error),
                    Err(failure) => {
                        println!("FAILED seed {seed}: {failure}");
                        return Ok(false);
                    }
                }
            }
        }
        println!("{:.0} s: seeds up to {seed}; {total:?}", start.elapsed().as_secs_f64());
        if start.elapsed() >= time {
            break;
        }
    }
    Ok(true)
}

fn check(plan: &Plan) -> io::Result<bool> {
    let mut last = 0.0;
    let progress = run(plan, |progress, seconds| {
        // A line every ten seconds.
        if seconds - last >= 10.0 {
            last = seconds;
            println!("{:.0} s: {}", seconds, summary(progress));
        }
    })?;
    println!("{}", summary(&progress));
    for (what, example) in &progress.failures {
        println!("FAILED {what}\n    {example}");
    }
    Ok(progress.failures.is_empty())
}

fn summary(progress: &Progress) -> String {
    let counts = progress.counts;
    let [full, stores, jumps] = counts.accepted;
    format!(
        "part {} of {PARTS}; {} encodings tried, {} questions to the verifier; accepted in kind full {full}, \
         stores {stores}, jumps {jumps}; {} comparisons; {} near misses, {} accepted; {} opcodes omitted, {} sampled; \
         {} failures",
        progress.done,
        counts.tried,
        counts.questions,
        counts.compared,
        counts.misses[0],
        counts.misses[1],
        counts.omitted[0],
        counts.omitted[1],
        progress.failures.len()
    )
}
