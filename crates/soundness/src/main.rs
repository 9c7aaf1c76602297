//! `cargo xtask soundness`: see `--help`.

use std::{io, path::PathBuf, process::ExitCode, time::Duration};

use lexopt::{Arg, Parser, ValueExt};
use lfi_soundness::{
    run::{PARTS, Plan, Progress, run},
    space::Depth,
};

const USAGE: &str = "\
usage: cargo xtask soundness [OPTION]...

Tries the encodings of x86-64 instructions and compares what the verifier
accepts with two independent decoders. Exit status: 0 all agree, 1 they do not,
2 could not run.

options:
  --full           the whole space, for hours; without, a part of a minute or two
  --threads N      (default: 1)
  --minutes N      stop after this time, with what was tried so far
  --state FILE     keep the progress in FILE, and go on from it";

fn main() -> ExitCode {
    let plan = match parse(Parser::from_env()) {
        Ok(Some(plan)) => plan,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("soundness: {error}");
            return ExitCode::from(2);
        }
    };
    match check(&plan) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("soundness: {error}");
            ExitCode::from(2)
        }
    }
}

/// The plan; none if help was asked for.
fn parse(mut parser: Parser) -> Result<Option<Plan>, lexopt::Error> {
    let mut plan = Plan { depth: Depth::Quick, threads: 1, limit: None, state: None };
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("full") => plan.depth = Depth::Full,
            Arg::Long("threads") => plan.threads = parser.value()?.parse()?,
            Arg::Long("minutes") => plan.limit = Some(Duration::from_secs(60 * parser.value()?.parse::<u64>()?)),
            Arg::Long("state") => plan.state = Some(PathBuf::from(parser.value()?)),
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(plan))
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
         stores {stores}, jumps {jumps}; {} comparisons; {} near misses, {} accepted; {} failures",
        progress.done,
        counts.tried,
        counts.questions,
        counts.compared,
        counts.misses[0],
        counts.misses[1],
        progress.failures.len()
    )
}
