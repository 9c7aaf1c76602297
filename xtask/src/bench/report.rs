//! What the suite found, as Markdown for people and as JSON with every round.

use std::{fs, process::Command};

use serde::Serialize;

use super::{
    rounds::{Measured, branch_misses, cycles, instructions},
    statistics::geometric_mean,
    workloads::GROUPS,
};
use crate::{
    failure::{Failure, Result},
    measure, ui,
};

/// What the programs ran on, without anything that names the machine.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    /// Of the run, in UTC: `2026-01-31`.
    pub(crate) date: String,
    processor: String,
    kernel: String,
    compiler: String,
    command: String,
    /// What counts as cycles: `cycles` or `time`.
    unit: &'static str,
}

/// A run of the suite.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) rounds: usize,
    pub(crate) programs: Vec<Measured>,
}

impl Machine {
    /// This machine, for a run by `command`.
    pub(crate) fn this(command: &str) -> Result<Self> {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |name: &str| {
            let value = cpu.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                (key.trim() == name).then(|| value.trim())
            });
            value.unwrap_or("?").to_owned()
        };
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let version = ui::run(Command::new("clang-19").arg("--version"))?;
        Ok(Self {
            date: ui::run(Command::new("date").args(["-u", "+%F"]))?.trim().to_owned(),
            processor: format!("{}, family {}, model {}", field("model name"), field("cpu family"), field("model")),
            kernel: kernel.split(['-', '\n']).next().unwrap_or_default().to_owned(),
            compiler: version.lines().next().unwrap_or_default().to_owned(),
            command: command.to_owned(),
            unit: measure::unit(),
        })
    }
}

impl Machine {
    /// A line that says what ran where.
    pub(crate) fn description(&self) -> String {
        let Self { processor, kernel, compiler, command, .. } = self;
        format!("`{command}` on {processor}; Linux {kernel}; {compiler}, -O2, musl.")
    }
}

impl Report {
    /// Everything, for machines.
    ///
    /// # Errors
    /// When a measured value is no number.
    pub(crate) fn json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Failure::wrong(format!("the results as JSON: {error}")))
    }

    /// Tables, for people.
    pub(crate) fn markdown(&self) -> String {
        let Machine { date, unit, .. } = &self.machine;
        let mut out = format!(
            "# Benchmark suite, {date}\n\n{}\n\n\
             All ratios are sandboxed / native: medians of the ratios of {} interleaved rounds on one processor, in user\n\
             mode; in brackets the least and the most. Whole processes: start, loading and verification are inside.\n\
             Builds are named by kind and form of return.\n",
            self.machine.description(),
            self.rounds
        );
        let median = |value: fn(&_) -> _| move |m: &Measured, build: &str| Some(m.ratio(build, value)?.median);
        out += &self.means(unit, median(cycles));
        out += &self.means("instructions", median(instructions));
        out += &self.means("size of .text", Measured::text_ratio);
        out += &self.table(&format!("Programs, {unit}"), "native, M", |m, build| match build {
            "native" => Some(format!("{:.0}", m.native(cycles)? / 1e6)),
            _ => m.ratio(build, cycles).map(|r| format!("{:.3} ({:.3}-{:.3})", r.median, r.least, r.most)),
        });
        out += &self.table("Programs, instructions", "native, M", |m, build| match build {
            "native" => Some(format!("{:.0}", m.native(instructions)? / 1e6)),
            _ => m.ratio(build, instructions).map(|r| format!("{:.3}", r.median)),
        });
        out += &self.table("Programs, mispredicted branches", "native, thousands", |m, build| match build {
            "native" => Some(format!("{:.0}", m.native(branch_misses)? / 1e3)),
            _ => m.ratio(build, branch_misses).map(|r| format!("{:.2}", r.median)),
        });
        out + &self.table("Programs, size of .text", "native, bytes", |m, build| match build {
            "native" => Some(m.builds.first()?.text.to_string()),
            _ => m.text_ratio(build).map(|ratio| format!("{ratio:.3}")),
        })
    }

    /// A table of geometric means by group and in total.
    fn means(&self, what: &str, ratio: impl Fn(&Measured, &str) -> Option<f64>) -> String {
        let mut out = self.head(&format!("Geometric means, {what}"), &["group", "programs"]);
        let groups = GROUPS.iter().map(|group| (group.name(), Some(group.name())));
        for (title, group) in groups.chain([("all", None)]) {
            let members: Vec<&Measured> =
                self.programs.iter().filter(|m| group.is_none_or(|group| m.group == group)).collect();
            out += &format!("| {title} | {} |", members.len());
            for build in self.sandboxed() {
                let ratios: Option<Vec<f64>> = members.iter().map(|m| ratio(m, build)).collect();
                let mean = ratios.and_then(|ratios| geometric_mean(&ratios));
                out += &format!(" {} |", mean.map_or("-".into(), |mean| format!("{mean:.3}")));
            }
            out.push('\n');
        }
        out
    }

    /// A table with one row for each program: `cell` is asked about `native`
    /// and then about each sandboxed build.
    fn table(&self, what: &str, native: &str, cell: impl Fn(&Measured, &str) -> Option<String>) -> String {
        let mut out = self.head(what, &["program", "group", native]);
        for program in &self.programs {
            out += &format!("| {} | {} |", program.name, program.group);
            for build in ["native"].into_iter().chain(self.sandboxed()) {
                out += &format!(" {} |", cell(program, build).unwrap_or("-".into()));
            }
            out.push('\n');
        }
        out
    }

    /// A heading and the head of a table.
    fn head(&self, what: &str, columns: &[&str]) -> String {
        let columns: Vec<&str> = columns.iter().copied().chain(self.sandboxed()).collect();
        format!("\n## {what}\n| {} |\n|{}\n", columns.join(" | "), " --- |".repeat(columns.len()))
    }

    /// Names of the sandboxed builds.
    fn sandboxed(&self) -> impl Iterator<Item = &str> {
        self.programs.first().into_iter().flat_map(|m| &m.builds).skip(1).map(|b| b.build.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bench::rounds::BuildRounds,
        measure::{Cost, Events},
    };

    fn report() -> Report {
        let cost = |cycles| {
            let events = Events { instructions: 2.0 * cycles, branch_misses: 5e3, kernel_cycles: 1.0 };
            Cost { cycles, events: Some(events) }
        };
        let program = |name: &str, group, sandboxed: f64| Measured {
            name: name.into(),
            group,
            builds: vec![
                BuildRounds { build: "native".into(), text: 1000, rounds: vec![cost(1e6), cost(2e6)] },
                BuildRounds {
                    build: "full-ret".into(),
                    text: 1400,
                    rounds: vec![cost(1e6 * sandboxed), cost(3e6 * sandboxed)],
                },
            ],
        };
        let machine = Machine {
            date: "2026-01-31".into(),
            processor: "P".into(),
            kernel: "6".into(),
            compiler: "C".into(),
            command: "cargo xtask bench".into(),
            unit: "cycles",
        };
        Report { machine, rounds: 2, programs: vec![program("a", "kernels", 1.0), program("b", "calls", 4.0)] }
    }

    #[test]
    fn tables_hold_means_and_programs() {
        let text = report().markdown();
        for line in [
            "| group | programs | full-ret |",
            "| kernels | 1 | 1.250 |",
            "| calls | 1 | 5.000 |",
            "| libraries | 0 | - |",
            "| all | 2 | 2.500 |",
            "| all | 2 | 1.400 |",
            "| a | kernels | 2 | 1.250 (1.000-1.500) |",
            "| b | calls | 3 | 5.000 |",
            "| a | kernels | 5 | 1.00 |",
            "| b | calls | 1000 | 1.400 |",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }

    #[test]
    fn json_holds_every_round() {
        let json: serde_json::Value = serde_json::from_str(&report().json().unwrap()).unwrap();
        let rounds = &json["programs"][1]["builds"][1]["rounds"];
        assert_eq!(rounds[1]["cycles"], 12e6);
        assert_eq!(rounds[1]["events"]["instructions"], 24e6);
        assert_eq!(json["machine"]["unit"], "cycles");
    }
}
