//! Command lines of ours: what both builds do with them.

use std::{
    fs::{self, File},
    path::Path,
    process::{Output, Stdio},
    time::{Duration, SystemTime},
};

use super::{
    stage::{Stage, empty},
    suite::unexplained,
    table::{Program, reason},
};
use crate::{
    cache,
    compare::{self, Files},
    failure::{Context, Failure, Result},
    recipe, ui,
};

/// When the files were last changed, after 1970 began.
const AGE: Duration = Duration::from_secs(1_000_000_000);

/// What could be seen of one command line.
#[derive(PartialEq, Eq)]
struct Seen {
    output: Output,
    /// The files that are there when it has ended.
    files: Files,
}

/// Has both builds run the command lines, and compares standard output,
/// standard error, exit status, and files. How many were equal, of how many.
pub(super) fn check(program: &Program, stages: &[Stage; 2], scratch: &Path) -> Result<(usize, usize)> {
    let lines: Vec<&str> = program.runs.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    // In the same directory, since its name is in messages.
    let dir = scratch.join("run");
    let [native, sandboxed] = [&stages[0], &stages[1]].map(|stage| observe(program, &lines, stage, &stages[0], &dir));
    let (native, sandboxed) = (native?, sandboxed?);
    let mut equal = 0;
    let mut bad = Vec::new();
    for ((line, native), sandboxed) in lines.iter().zip(&native).zip(&sandboxed) {
        if native == sandboxed {
            equal += 1;
            continue;
        }
        let difference = format!("{}: {line}: {}", program.name, difference(native, sandboxed));
        match reason(program.differences, line) {
            Some(reason) => ui::say(format!("{difference}\n  {reason}")),
            None => bad.push(difference),
        }
    }
    unexplained(&bad)?;
    Ok((equal, lines.len()))
}

fn observe(program: &Program, lines: &[&str], stage: &Stage, files: &Stage, dir: &Path) -> Result<Vec<Seen>> {
    empty(dir)?;
    for (name, from) in recipe::files(&files.build, program.files)? {
        let to = dir.join(name);
        cache::create_parent(&to)?;
        fs::copy(&from, &to).at(&from)?;
        // Compressed files say how old theirs are.
        File::open(&to).and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH + AGE)).at(&to)?;
    }
    let mut seen = Vec::new();
    for line in lines {
        let output = stage
            .shell(&format!("{}\n{line}", program.before), dir)?
            .stdin(Stdio::null())
            .output()
            .at(Path::new("timeout"))?;
        // What a shell says of a command that is not there, or that could not be run.
        if matches!(output.status.code(), None | Some(124..=127)) {
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Failure::wrong(format!("{line}: {}, {}\n{message}", stage.name, output.status)));
        }
        seen.push(Seen { output, files: compare::files(dir)? });
    }
    Ok(seen)
}

/// The first thing that is not the same.
fn difference(native: &Seen, sandboxed: &Seen) -> String {
    let (a, b) = (&native.output, &sandboxed.output);
    if a.status != b.status {
        let message = String::from_utf8_lossy(&b.stderr);
        return format!("{} natively, {} in the sandbox\n{message}", a.status, b.status);
    }
    for (name, a, b) in [("output", &a.stdout, &b.stdout), ("standard error", &a.stderr, &b.stderr)] {
        if let Some(difference) = compare::texts(a, b) {
            return format!("{name} {difference}");
        }
    }
    format!("the file {} differs", compare::differing(&native.files, &sandboxed.files))
}
