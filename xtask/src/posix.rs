//! `cargo xtask posix`: the Open POSIX Test Suite, whose sandboxed tests must
//! come to the results that their native builds come to.
//!
//! The tests run without privileges, some at once. Where a result is a surprise, both builds run again by themselves,
//! since many tests measure time. What is known to differ, and why, stands in `posix/differences.txt`: a difference that
//! is not in it is a failure, and so is an entry that is not true.

mod differences;
mod outcome;
mod run;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::{
    corpus,
    failure::{Context, Failure, Result},
    fetch::{self, pins},
    setup::{self, Tools},
    suite::Tally,
    ui,
};
use differences::Differences;
use outcome::{Outcome, Pair};
use run::Bench;

/// How often what is a surprise is tried again.
const TRIES: usize = 2;
/// How many run at once: most of them sleep.
const AT_ONCE: usize = 4;
/// Where the tests are in the suite; those of `stress` run for minutes, those of `functional/threads` are about real-time
/// scheduling, which nobody may have, and scripts only say why there is no test.
const PLACES: [&str; 5] = [
    "conformance/interfaces",
    "conformance/behavior",
    "functional/mqueues",
    "functional/semaphores",
    "functional/timers",
];

/// What tests include.
const PARTS: [&str; 3] = ["testfrmw", "threads_scenarii", "coverage"];
/// What takes time in a test, or is not there in a sandbox.
const SLOW: [&str; 6] = ["fork", "sleep", "alarm", "timer_", "mq_", "time("];
/// Waits for itself for ever, with this C library.
const HANGS: &str = "interfaces/pthread_rwlock_wrlock/3-1";
/// Its native result is one of two, by which of two processes is quicker: it has no queue, and looks for the error of another call.
const CHANCE: &str = "interfaces/mq_receive/13-1";
/// Of the others each so manieth is in `cargo xtask test`.
const STEP: usize = 6;

/// A test: one C file.
struct Test {
    /// `interfaces/fork/1-1`.
    name: String,
    source: PathBuf,
    /// It waits for nothing.
    quick: bool,
}

/// Runs the tests whose names start with one of `names`, or all, and prints a table.
pub(crate) fn run(names: &[&str]) -> Result {
    let tools = setup::tools()?;
    let all = tests()?;
    let differences = Differences::read()?;
    if let Some(name) = differences.unknown(|name| all.iter().any(|test| test.name == name)).first() {
        return Err(Failure::could_not(format!("differences.txt: there is no test {name}")));
    }
    let wanted = |test: &Test| names.is_empty() || names.iter().any(|start| test.name.starts_with(start));
    let tests: Vec<Test> = all.into_iter().filter(wanted).collect();
    let results = results(&tools, &tests, &differences)?;
    print(&results, &differences);
    let surprises = results.iter().filter(|(name, pair)| differences.is_surprised(name, pair)).count();
    if surprises > 0 { Err(Failure::wrong(format!("{surprises} surprises (above)"))) } else { Ok(()) }
}

/// Some of the quick ones.
pub(crate) fn part(tools: &Tools, tally: &mut Tally) -> Result {
    let tests: Vec<Test> = tests()?.into_iter().filter(|test| test.quick).step_by(STEP).collect();
    let differences = Differences::read()?;
    for (name, pair) in results(tools, &tests, &differences)? {
        let surprise = differences.is_surprised(&name, &pair).then(|| Failure::wrong(pair.to_string()));
        tally.case(&name, surprise.map_or(Ok(()), Err));
    }
    Ok(())
}

/// All tests that are programs. Those without `main` are about headers, which are the same in a sandbox.
fn tests() -> Result<Vec<Test>> {
    let root = fetch::debian_source(&pins::POSIX)?;
    let mut tests = Vec::new();
    for place in PLACES {
        collect(&root.join(place), place.trim_start_matches("conformance/"), &mut tests)?;
    }
    tests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tests)
}

fn collect(dir: &Path, name: &str, tests: &mut Vec<Test>) -> Result {
    for entry in fs::read_dir(dir).at(dir)? {
        let path = entry.at(dir)?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{name}/{stem}");
        if path.is_dir() {
            collect(&path, &name, tests)?;
        } else if path.extension().is_some_and(|extension| extension == "c") && !PARTS.contains(&&*stem) {
            // Some of the texts are not UTF-8.
            let text = String::from_utf8_lossy(&fs::read(&path).at(&path)?).into_owned();
            if name != CHANCE && (text.contains("main(") || text.contains("main (")) {
                let quick = name != HANGS && !SLOW.iter().any(|word| text.contains(word));
                tests.push(Test { name, source: path, quick });
            }
        }
    }
    Ok(())
}

/// What came of each test.
fn results(tools: &Tools, tests: &[Test], differences: &Differences) -> Result<BTreeMap<String, Pair>> {
    let bench = Bench::new(tools)?;
    ui::step(&format!("building {} tests", tests.len()), || corpus::in_parallel(tests, |test| bench.build(test)))?;
    let results = Mutex::new(BTreeMap::new());
    ui::step("running them beside their native builds", || {
        corpus::in_parallel_by(AT_ONCE, tests, |test| {
            let pair = bench.run(test)?;
            results.lock().unwrap_or_else(PoisonError::into_inner).insert(test.name.clone(), pair);
            Ok(())
        })
    })?;
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    ui::step("running again what is a surprise", || {
        for test in tests {
            for _ in 0..TRIES {
                if results.get(&test.name).is_some_and(|pair| differences.is_surprised(&test.name, pair)) {
                    results.insert(test.name.clone(), bench.run(test)?);
                }
            }
        }
        Ok(())
    })?;
    Ok(results)
}

/// A table of outcomes, then what differs, by reason.
fn print(results: &BTreeMap<String, Pair>, differences: &Differences) {
    let mut counts: BTreeMap<Outcome, (usize, usize)> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, pair) in results {
        counts.entry(pair.native).or_default().0 += 1;
        counts.entry(pair.sandboxed).or_default().1 += 1;
        let reason = match (pair.differs(), differences.reason(name)) {
            (true, reason) => reason.unwrap_or("NOT KNOWN"),
            (false, Some(_)) => "NOT TRUE ANY MORE",
            (false, None) => continue,
        };
        reasons.entry(reason).or_default().push(format!("    {name}: {pair}"));
    }
    for (reason, lines) in &reasons {
        println!("{reason}: {}\n{}", lines.len(), lines.join("\n"));
    }
    println!("{:<12} {:>7} {:>9}", "outcome", "native", "sandboxed");
    for (outcome, (native, sandboxed)) in &counts {
        println!("{outcome:<12} {native:>7} {sandboxed:>9}");
    }
    let same = results.values().filter(|pair| pair.native == pair.sandboxed).count();
    let differ = results.values().filter(|pair| pair.differs()).count();
    println!("tests: {}, of which {same} have the same result and {differ} a worse one", results.len());
}
