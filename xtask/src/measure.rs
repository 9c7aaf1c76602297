//! What a process costs: events that the processor counts in `perf stat`, where
//! it can, else the processor time that the kernel booked.

use std::{
    fs,
    ops::AddAssign,
    path::Path,
    process::{Command, Output, Stdio},
    sync::OnceLock,
    time::Duration,
};

use serde::Serialize;

use crate::{
    corpus::extended,
    failure::{Context, Failure, Result},
    limit,
};

/// Costs of one run. The kernel's side is counted apart; in a sandbox the
/// emulation of system calls is on the user's side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Cost {
    /// Cycles in user mode; or nanoseconds of processor time, see [`unit`].
    pub(crate) cycles: f64,
    /// Events that only the processor counts.
    pub(crate) events: Option<Events>,
}

/// Counts of `perf stat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Events {
    /// Instructions in user mode.
    pub(crate) instructions: f64,
    /// Mispredicted branches in user mode.
    pub(crate) branch_misses: f64,
    /// Cycles in the kernel.
    pub(crate) kernel_cycles: f64,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.cycles += other.cycles;
        self.events = self.events.zip(other.events).map(|(a, b)| Events {
            instructions: a.instructions + b.instructions,
            branch_misses: a.branch_misses + b.branch_misses,
            kernel_cycles: a.kernel_cycles + b.kernel_cycles,
        });
    }
}

/// Name of what [`Cost::cycles`] counts on this machine.
pub(crate) fn unit() -> &'static str {
    if perf_works() { "cycles" } else { "time" }
}

/// A way to run a program: its output, and what it cost.
pub(crate) type Runner = fn(&Command, &Path) -> Result<(Output, Cost)>;

/// How long a program may take that is not measured: far longer than any does on a loaded machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(300);

/// Runs a program to its end, or for [`LIMIT`], for what it does alone. On a loaded machine `perf stat` has been seen to end with 0 where
/// the program did not.
pub(crate) fn unmeasured(program: &Command, _scratch: &Path) -> Result<(Output, Cost)> {
    let output = output(limit::within(LIMIT), program)?;
    Ok((output, Cost::default()))
}

const EVENTS: [&str; 4] = ["cycles:u", "instructions:u", "branch-misses:u", "cycles:k"];

/// Runs a program to its end on one processor and measures it. Its output
/// comes back as if it had been run by itself.
pub(crate) fn run(program: &Command, scratch: &Path) -> Result<(Output, Cost)> {
    if !perf_works() {
        return timed(program);
    }
    let counts = scratch.join("counts");
    let mut measured = pinned();
    measured.args(["perf", "stat", "-x,", "-e", &EVENTS.join(","), "-o"]).arg(&counts).arg("--");
    let output = output(measured, program)?;
    let text = fs::read_to_string(&counts).at(&counts)?;
    let [cycles, instructions, branch_misses, kernel_cycles] = parse(&text)?;
    Ok((output, Cost { cycles, events: Some(Events { instructions, branch_misses, kernel_cycles }) }))
}

/// The counts of [`EVENTS`] in the output of `perf stat -x,`.
fn parse(text: &str) -> Result<[f64; EVENTS.len()]> {
    let mut counts = [0.0; EVENTS.len()];
    for (event, count) in EVENTS.iter().zip(&mut counts) {
        *count = text
            .lines()
            .map(|line| line.split(',').collect::<Vec<_>>())
            .find(|fields| fields.get(2) == Some(event))
            .and_then(|fields| fields[0].parse().ok())
            .ok_or_else(|| Failure::could_not(format!("perf stat counted no {event}:\n{text}")))?;
    }
    Ok(counts)
}

fn timed(program: &Command) -> Result<(Output, Cost)> {
    let before = children_time()?;
    let output = output(pinned(), program)?;
    Ok((output, Cost { cycles: (children_time()? - before) * 1e9, events: None }))
}

/// Seconds in user mode of all children that ended, from `/proc/self/stat`
/// field 16 (proc(5)), at 100 ticks a second.
fn children_time() -> Result<f64> {
    let path = Path::new("/proc/self/stat");
    let text = fs::read_to_string(path).at(path)?;
    let field = text.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(13));
    let ticks: f64 = field
        .and_then(|ticks| ticks.parse().ok())
        .ok_or_else(|| Failure::could_not(format!("{}: no field 16", path.display())))?;
    Ok(ticks / 100.0)
}

fn perf_works() -> bool {
    static WORKS: OnceLock<bool> = OnceLock::new();
    *WORKS.get_or_init(|| {
        Command::new("perf")
            .args(["stat", "-x,", "-e", &EVENTS.join(","), "true"])
            .output()
            .is_ok_and(|o| o.status.success() && parse(&String::from_utf8_lossy(&o.stderr)).is_ok())
    })
}

/// A command that runs what is appended on the last processor that this
/// process may use (the first one has most of the interrupts).
fn pinned() -> Command {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let processor = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .and_then(|list| list.trim().rsplit([',', '-']).next())
        .unwrap_or("0");
    let mut command = Command::new("taskset");
    command.args(["-c", processor]);
    command
}

fn output(mut outer: Command, program: &Command) -> Result<Output> {
    outer.arg(program.get_program());
    extended(outer, program)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::could_not(format!("{}: {error}", program.get_program().display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_found_by_name() {
        let text = "# started on Mon\n\n435,,cycles:u,1,100.00,,\n88,,instructions:u,1,100.00,0.3,insn per cycle\n\
                    7,,branch-misses:u,1,100.00,,\n<not counted>,,cycles:k,0,0.00,,\n";
        assert!(parse(text).is_err());
        assert_eq!(parse(&text.replace("<not counted>", "9")).unwrap(), [435.0, 88.0, 7.0, 9.0]);
    }

    #[test]
    fn costs_add_up() {
        let events = Events { instructions: 2.0, branch_misses: 3.0, kernel_cycles: 4.0 };
        let mut sum = Cost { cycles: 1.0, events: Some(events) };
        sum += sum;
        let events = Events { instructions: 4.0, branch_misses: 6.0, kernel_cycles: 8.0 };
        assert_eq!(sum, Cost { cycles: 2.0, events: Some(events) });
        sum += Cost { cycles: 1.0, events: None };
        assert_eq!(sum, Cost { cycles: 3.0, events: None });
    }
}
