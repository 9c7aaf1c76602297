//! What a process costs: cycles and instructions from `perf stat` where the
//! machine counts them, else the processor time that the kernel booked.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

use crate::failure::{Context, Failure, Result};

/// Costs of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Cycles; or nanoseconds of processor time, see [`unit`].
    pub(crate) cycles: f64,
    /// Instructions, when they can be counted.
    pub(crate) instructions: Option<f64>,
}

/// Name of what [`Cost::cycles`] counts on this machine.
pub(crate) fn unit() -> &'static str {
    if perf_works() { "cycles" } else { "time" }
}

/// Runs a program to its end and measures it, user and kernel side together.
/// Its output comes back as if it had been run by itself.
pub(crate) fn run(program: &Command, scratch: &Path) -> Result<(Output, Cost)> {
    let counts = scratch.join("counts");
    if !perf_works() {
        return timed(program);
    }
    let mut measured = Command::new("perf");
    measured.args(["stat", "-x,", "-e", "cycles,instructions", "-o"]).arg(&counts).arg("--");
    extend(&mut measured, program);
    let output = output(&mut measured)?;
    let text = fs::read_to_string(&counts).at(&counts)?;
    let count = |event: &str| {
        text.lines()
            .find(|line| line.split(',').nth(2).is_some_and(|name| name.starts_with(event)))
            .and_then(|line| line.split(',').next()?.parse::<f64>().ok())
    };
    let cycles = count("cycles").ok_or_else(|| Failure::could_not(format!("perf stat counted no cycles:\n{text}")))?;
    Ok((output, Cost { cycles, instructions: count("instructions") }))
}

/// The median; of an even number of values the mean of the middle two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

fn timed(program: &Command) -> Result<(Output, Cost)> {
    let before = children_time()?;
    let mut plain = Command::new(program.get_program());
    copy(&mut plain, program);
    let output = output(&mut plain)?;
    Ok((output, Cost { cycles: (children_time()? - before) * 1e9, instructions: None }))
}

/// Seconds of processor time of all children that ended, from
/// `/proc/self/stat` fields 16 and 17 (proc(5)), at 100 ticks a second.
fn children_time() -> Result<f64> {
    let path = Path::new("/proc/self/stat");
    let text = fs::read_to_string(path).at(path)?;
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks: f64 = [13, 14].iter().filter_map(|&i| fields.get(i)?.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

fn perf_works() -> bool {
    static WORKS: OnceLock<bool> = OnceLock::new();
    *WORKS.get_or_init(|| {
        Command::new("perf")
            .args(["stat", "-x,", "-e", "cycles,instructions", "true"])
            .output()
            .is_ok_and(|o| o.status.success() && !String::from_utf8_lossy(&o.stderr).contains("not supported"))
    })
}

fn extend(outer: &mut Command, program: &Command) {
    outer.arg(program.get_program());
    copy(outer, program);
}

fn copy(to: &mut Command, from: &Command) {
    to.args(from.get_args());
    for (key, value) in from.get_envs() {
        match value {
            Some(value) => to.env(key, value),
            None => to.env_remove(key),
        };
    }
    if let Some(dir) = from.get_current_dir() {
        to.current_dir(dir);
    }
}

fn output(command: &mut Command) -> Result<Output> {
    command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::could_not(format!("{}: {error}", command.get_program().to_string_lossy())))
}
