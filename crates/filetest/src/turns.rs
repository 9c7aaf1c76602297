//! Micro benchmarks whose parts take turns: what disturbs the machine disturbs
//! all of them, so that ratios hold.

use perf_event::{Builder, Counter, Group, events::Hardware};
use std::time::Instant;

/// One thing to measure: its name, how many operations one go of the closure
/// is, and the closure.
pub struct Part<'a> {
    name: &'a str,
    operations: f64,
    work: Box<dyn FnMut() + 'a>,
}

impl std::fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.operations)
    }
}

/// A part of which one go is that many operations.
pub fn part<'a>(name: &'a str, operations: f64, work: impl FnMut() + 'a) -> Part<'a> {
    Part { name, operations, work: Box::new(work) }
}

/// What one operation takes: medians.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Nanoseconds.
    pub time: f64,
    /// Cycles and instructions outside the kernel, where the processor's counters are to be had.
    pub counts: Option<[f64; 2]>,
}

/// Runs all parts by turns, `rounds` times after one that does not count, and
/// gives what one operation of each costs.
pub fn take_turns(rounds: usize, mut parts: Vec<Part<'_>>) -> Vec<Cost> {
    let mut counters = Counters::new();
    let mut samples = vec![Vec::new(); parts.len()];
    for round in 0..=rounds {
        for (part, samples) in parts.iter_mut().zip(&mut samples) {
            let before = counters.as_mut().and_then(Counters::read);
            let start = Instant::now();
            (part.work)();
            let time = start.elapsed().as_secs_f64() * 1e9 / part.operations;
            let after = counters.as_mut().and_then(Counters::read);
            if round > 0 {
                let each = |(before, after): (u64, u64)| (after - before) as f64 / part.operations;
                let [cycles, instructions] = match before.zip(after) {
                    Some((before, after)) => [0, 1].map(|n| each((before[n], after[n]))),
                    None => [f64::NAN; 2],
                };
                samples.push([time, cycles, instructions]);
            }
        }
    }
    samples.iter().map(|samples| Cost::new(samples)).collect()
}

impl Cost {
    fn new(samples: &[[f64; 3]]) -> Self {
        let [time, cycles, instructions] =
            [0, 1, 2].map(|n| median(&mut samples.iter().map(|sample| sample[n]).collect::<Vec<_>>()));
        Self { time, counts: (!cycles.is_nan()).then_some([cycles, instructions]) }
    }
}

/// Cycles and instructions of this thread.
struct Counters {
    group: Group,
    counters: [Counter; 2],
}

impl Counters {
    fn new() -> Option<Self> {
        let mut group = Group::new().ok()?;
        let mut add = |event| group.add(&Builder::new(event)).ok();
        let counters = [add(Hardware::CPU_CYCLES)?, add(Hardware::INSTRUCTIONS)?];
        group.enable().ok()?;
        Some(Self { group, counters })
    }

    fn read(&mut self) -> Option<[u64; 2]> {
        let counts = self.group.read().ok()?;
        Some([0, 1].map(|n| counts[&self.counters[n]]))
    }
}

/// Runs the parts and prints a line for each: what an operation costs, and ratio to
/// the first part. Does nothing when the command line has words and none of them is
/// in the title.
pub fn compare(title: &str, rounds: usize, parts: Vec<Part<'_>>) {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if !words.is_empty() && !words.iter().any(|word| title.contains(word)) {
        return;
    }
    let names: Vec<String> = parts.iter().map(|part| part.name.to_owned()).collect();
    let costs = take_turns(rounds, parts);
    println!("{title}");
    for (name, cost) in names.iter().zip(&costs) {
        let [cycles, instructions] = cost.counts.unwrap_or([f64::NAN; 2]);
        println!(
            "  {name:<44} {:>10.1} ns {:>7.2}x {cycles:>9.1} cycles {instructions:>9.1} instructions",
            cost.time,
            cost.time / costs[0].time
        );
    }
}

/// The median time of `timed`, in nanoseconds, without that of `before`, which
/// precedes it each time. A tenth of the rounds at the start does not count.
pub fn time_after<S>(
    rounds: usize,
    state: &mut S,
    mut before: impl FnMut(&mut S),
    mut timed: impl FnMut(&mut S),
) -> f64 {
    let mut times = Vec::new();
    for round in 0..rounds + rounds / 10 {
        before(state);
        let start = Instant::now();
        timed(state);
        let time = start.elapsed();
        if round >= rounds / 10 {
            times.push(time.as_secs_f64() * 1e9);
        }
    }
    median(&mut times)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_runs_in_each_round_and_times_are_per_operation() {
        let (mut first, mut second) = (0, 0);
        let costs = take_turns(
            3,
            vec![part("first", 1.0, || first += 1), {
                part("second", 1e6, || {
                    second += 1;
                    std::thread::sleep(std::time::Duration::from_millis(1));
                })
            }],
        );
        assert_eq!((first, second), (4, 4));
        assert!(costs[1].time >= 1.0, "a million operations in at least a millisecond: {} ns each", costs[1].time);
    }

    #[test]
    fn medians() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&mut []).is_nan());
    }
}
