//! Rounds: every build of a program once, by turns, again and again.

use std::{fs, path::Path, process::Command};

use serde::Serialize;

use super::statistics::{Spread, spread};
use crate::{
    compare::{self, Build},
    corpus::Program,
    failure::{Context, Failure, Result},
    measure::{Cost, Events},
    setup::Tools,
    ui,
};

/// All that was measured of a program.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) group: &'static str,
    /// The native build first.
    pub(crate) builds: Vec<BuildRounds>,
}

/// All that was measured of a build.
#[derive(Debug, Serialize)]
pub(crate) struct BuildRounds {
    /// `native`, `full-jump`, ...
    pub(crate) build: String,
    /// Size of section `.text`, in bytes.
    pub(crate) text: u64,
    /// The costs of each round.
    pub(crate) rounds: Vec<Cost>,
}

impl Measured {
    /// The ratio of a build to the native build in each round.
    pub(crate) fn ratio(&self, build: &str, value: impl Fn(&Cost) -> Option<f64>) -> Option<Spread> {
        let native = self.builds.first()?;
        let build = self.builds.iter().find(|b| b.build == build)?;
        let ratios: Option<Vec<f64>> =
            build.rounds.iter().zip(&native.rounds).map(|(a, b)| Some(value(a)? / value(b)?)).collect();
        spread(&ratios?)
    }

    /// The median of what the native build costs.
    pub(crate) fn native(&self, value: impl Fn(&Cost) -> Option<f64>) -> Option<f64> {
        let values: Option<Vec<f64>> = self.builds.first()?.rounds.iter().map(value).collect();
        Some(spread(&values?)?.median)
    }

    /// The ratio of the sizes of `.text`.
    pub(crate) fn text_ratio(&self, build: &str) -> Option<f64> {
        let build = self.builds.iter().find(|b| b.build == build)?;
        Some(build.text as f64 / self.builds.first()?.text as f64)
    }
}

/// Cycles of a run, or its time.
pub(crate) fn cycles(cost: &Cost) -> Option<f64> {
    Some(cost.cycles)
}

/// Instructions of a run, where they were counted.
pub(crate) fn instructions(cost: &Cost) -> Option<f64> {
    cost.events.map(|Events { instructions, .. }| instructions)
}

/// Mispredicted branches of a run, where they were counted.
pub(crate) fn branch_misses(cost: &Cost) -> Option<f64> {
    cost.events.map(|Events { branch_misses, .. }| branch_misses)
}

/// Runs all builds of a program (the native one is the first) by turns. Each
/// must do what the native one does.
pub(crate) fn run(
    tools: &Tools,
    program: &Program,
    builds: &[Build],
    rounds: usize,
    scratch: &Path,
) -> Result<Vec<BuildRounds>> {
    fs::create_dir_all(scratch).at(scratch)?;
    let mut results: Vec<BuildRounds> = builds
        .iter()
        .map(|build| Ok(BuildRounds { build: build.name(), text: text_size(&build.executable)?, rounds: Vec::new() }))
        .collect::<Result<_>>()?;
    let times = if rounds == 1 { "once".into() } else { format!("{rounds} times") };
    ui::step(&format!("running {}, native and sandboxed by turns, {times}", program.name), || {
        for _ in 0..rounds {
            for (cost, result) in compare::run(tools, program, builds, scratch)?.into_iter().zip(&mut results) {
                result.rounds.push(cost);
            }
        }
        Ok(())
    })?;
    Ok(results)
}

fn text_size(executable: &Path) -> Result<u64> {
    let sizes = ui::run(Command::new("llvm-size-19").arg("-A").arg(executable))?;
    sizes
        .lines()
        .find_map(|line| line.strip_prefix(".text ")?.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| Failure::wrong(format!("{}: no .text", executable.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_the_same_round() {
        let cost = |cycles| Cost { cycles, events: None };
        let build = |build: &str, text, rounds: [f64; 3]| BuildRounds {
            build: build.into(),
            text,
            rounds: rounds.map(cost).into(),
        };
        let measured = Measured {
            name: "a".into(),
            group: "b",
            builds: vec![build("native", 100, [1.0, 2.0, 4.0]), build("full-ret", 150, [2.0, 2.0, 6.0])],
        };
        assert_eq!(measured.ratio("full-ret", cycles), Some(Spread { median: 1.5, least: 1.0, most: 2.0 }));
        assert_eq!(measured.ratio("full-ret", instructions), None);
        assert_eq!(measured.ratio("full-jump", cycles), None);
        assert_eq!(measured.text_ratio("full-ret"), Some(1.5));
    }
}
