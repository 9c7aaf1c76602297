//! Micro benchmarks whose parts take turns: what disturbs the machine disturbs
//! all of them, so that ratios hold.

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

/// Runs all parts by turns, `rounds` times after one that does not count, and
/// gives the median time of one operation of each, in nanoseconds.
pub fn take_turns(rounds: usize, mut parts: Vec<Part<'_>>) -> Vec<f64> {
    let mut times = vec![Vec::new(); parts.len()];
    for round in 0..=rounds {
        for (part, times) in parts.iter_mut().zip(&mut times) {
            let start = Instant::now();
            (part.work)();
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e9 / part.operations);
            }
        }
    }
    times.iter_mut().map(|times| median(times)).collect()
}

/// Runs the parts and prints a line for each: time of an operation, and ratio to
/// the first part.
pub fn compare(title: &str, rounds: usize, parts: Vec<Part<'_>>) {
    let names: Vec<String> = parts.iter().map(|part| part.name.to_owned()).collect();
    let times = take_turns(rounds, parts);
    println!("{title}");
    for (name, time) in names.iter().zip(&times) {
        println!("  {name:<44} {time:>12.1} ns {:>8.2}x", time / times[0]);
    }
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
        let times = take_turns(
            3,
            vec![part("first", 1.0, || first += 1), {
                part("second", 1e6, || {
                    second += 1;
                    std::thread::sleep(std::time::Duration::from_millis(1));
                })
            }],
        );
        assert_eq!((first, second), (4, 4));
        assert!(times[1] >= 1.0, "a million operations in at least a millisecond: {} ns each", times[1]);
    }

    #[test]
    fn medians() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&mut []).is_nan());
    }
}
