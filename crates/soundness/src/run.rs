//! The whole check, in parts: on several threads, with its progress in a file.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Source,
    check::{Checker, Counts},
    near::Misses,
    space::{Depth, Shard, for_each_encoding},
};

/// What to check and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How much of the space.
    pub depth: Depth,
    /// How many parts at the same time.
    pub threads: usize,
    /// After this time no further part is begun.
    pub limit: Option<Duration>,
    /// Where the progress is kept, to go on from later.
    pub state: Option<PathBuf>,
}

/// How far the check is, and what it found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Parts of [`PARTS`] that are done. Each is an even sample of the space.
    pub done: usize,
    /// Counts of these parts.
    pub counts: Counts,
    /// What is wrong, each with an encoding that shows it.
    pub failures: BTreeMap<String, String>,
}

/// The number of parts.
pub const PARTS: usize = 2048;

/// Runs the check; `report` is called now and then with the progress and the seconds of this run.
///
/// # Errors
/// The state file cannot be used.
pub fn run(plan: &Plan, mut report: impl FnMut(&Progress, f64)) -> io::Result<Progress> {
    let start = Instant::now();
    let mut progress = match &plan.state {
        Some(path) if path.exists() => load(path, plan.depth)?,
        _ => Progress::default(),
    };
    while progress.done < PARTS && plan.limit.is_none_or(|limit| start.elapsed() < limit) {
        let next = progress.done..PARTS.min(progress.done + plan.threads.max(1));
        let checkers: Vec<(Counts, BTreeMap<String, String>)> = thread::scope(|scope| {
            let threads: Vec<_> = next.clone().map(|index| scope.spawn(move || part(plan.depth, index))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no part panics")).collect()
        });
        for (counts, failures) in checkers {
            progress.counts.add(&counts);
            progress.failures.extend(failures);
        }
        progress.done = next.end;
        // After a failure the next run begins again with the part that found it.
        if let Some(path) = plan.state.as_ref().filter(|_| progress.failures.is_empty()) {
            save(path, plan.depth, &progress)?;
        }
        report(&progress, start.elapsed().as_secs_f64());
    }
    Ok(progress)
}

/// Random bundles in each part.
const MIXTURES: usize = 5_000;

/// Checks one part: its encodings, one unit changed in every small way, random bundles.
fn part(depth: Depth, index: usize) -> (Counts, BTreeMap<String, String>) {
    let mut checker = Checker::default();
    let omitted = for_each_encoding(depth, Shard { index, count: PARTS }, |bytes| checker.check(bytes));
    checker.omitted(&omitted);
    // The tests do it for themselves in the quick depth.
    if depth == Depth::Full {
        let mut misses = Misses::default();
        let mut source = Source::seeded(index as u64);
        misses.unit(&mut source);
        for _ in 0..MIXTURES {
            misses.mixture(&mut source);
        }
        checker.counts.misses = [misses.tried, misses.accepted];
        checker.failures.extend(misses.failures);
    }
    (checker.counts, checker.failures)
}

fn name(depth: Depth) -> &'static str {
    match depth {
        Depth::Quick => "quick",
        Depth::Full => "full",
    }
}

/// `depth done tried questions full stores jumps compared`, near misses tried and accepted, opcodes omitted and sampled
fn save(path: &Path, depth: Depth, progress: &Progress) -> io::Result<()> {
    let Counts { tried, questions, accepted: [full, stores, jumps], compared, misses: [near, taken], omitted } =
        progress.counts;
    let [left_out, sampled] = omitted;
    let counts = format!("{tried} {questions} {full} {stores} {jumps} {compared} {near} {taken} {left_out} {sampled}");
    let line = format!("{} {} {counts}\n", name(depth), progress.done);
    // Whole or not at all: a run may be stopped at any time.
    let new = path.with_extension("new");
    fs::write(&new, line)?;
    fs::rename(&new, path)
}

fn load(path: &Path, depth: Depth) -> io::Result<Progress> {
    let line = fs::read_to_string(path)?;
    let mut words = line.split_whitespace();
    let same = words.next() == Some(name(depth));
    let numbers: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
    match numbers[..] {
        [done, tried, questions, full, stores, jumps, compared, near, taken, left_out, sampled] if same => {
            Ok(Progress {
                done: usize::try_from(done).map_err(io::Error::other)?,
                counts: Counts {
                    tried,
                    questions,
                    accepted: [full, stores, jumps],
                    compared,
                    misses: [near, taken],
                    omitted: [left_out, sampled],
                },
                failures: BTreeMap::new(),
            })
        }
        _ => Err(io::Error::other("not the state of such a check")),
    }
}
