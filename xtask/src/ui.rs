//! Progress lines and the one way to run another program.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::failure::{Failure, Result};

/// One line of progress, on standard error.
pub(crate) fn say(line: impl AsRef<str>) {
    eprintln!("lfi: {}", line.as_ref());
}

/// Runs a step: says what begins, and how long it took when that is noticeable.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say(format!("{what} ..."));
    let start = Instant::now();
    let result = work()?;
    let took = start.elapsed();
    if took > Duration::from_secs(2) {
        say(format!("{what}: {:.1} s", took.as_secs_f64()));
    }
    Ok(result)
}

/// Runs a program to its end. Its output is shown only when it fails.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| Failure::could_not(format!("{name}: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut message = format!("{command:?}\n");
    for stream in [&output.stdout, &output.stderr] {
        // The end of a log is where the reason is.
        let text = String::from_utf8_lossy(stream);
        let lines: Vec<&str> = text.lines().collect();
        for line in &lines[lines.len().saturating_sub(40)..] {
            message.push_str("    ");
            message.push_str(line);
            message.push('\n');
        }
    }
    message.push_str(&format!("{name}: {}", output.status));
    Err(Failure::could_not(message))
}
