//! Runs a program natively and sandboxed on the same files and compares all
//! that can be seen of it: standard output, exit status, and the files it left.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use lfi_abi::Kind;

use crate::{
    failure::{Context, Failure, Result},
    measure::{self, Cost},
    programs::Program,
    setup::Tools,
};

/// What could be seen of a program's runs.
#[derive(PartialEq, Eq)]
struct Seen {
    runs: Vec<(Vec<u8>, Option<i32>)>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

/// Costs of all runs of a program together, native and sandboxed.
pub(crate) struct Costs {
    pub(crate) native: Cost,
    pub(crate) sandboxed: Cost,
}

/// Runs `native` and `sandboxed` (two builds of `program`, one of them for a kind of sandbox) once each in fresh
/// directories below `scratch`, by turns, and fails when they differ.
pub(crate) fn run(
    tools: &Tools,
    program: &Program,
    native: &Path,
    (sandboxed, kind): (&Path, Kind),
    scratch: &Path,
) -> Result<Costs> {
    let plain = |dir: &Path| {
        let mut command = pinned(native);
        command.current_dir(dir).env_clear().env("LFI_TEST", "given").env("PATH", "/usr/bin:/bin");
        command
    };
    let inside = |dir: &Path| {
        let mut command = pinned(&tools.path("lfi-run"));
        command.arg("--dir").arg(format!("/w={}:rw", dir.display()));
        // By itself `lfi-run` takes kind full only.
        command.arg("--kind").arg(kind.name());
        command.args(["--wd", "/w", "--env", "LFI_TEST=given"]).arg(sandboxed);
        command
    };
    let (native_seen, native) = observe(program, &scratch.join("native"), plain)?;
    let (sandboxed_seen, sandboxed) = observe(program, &scratch.join("sandboxed"), inside)?;
    if native_seen == sandboxed_seen {
        return Ok(Costs { native, sandboxed });
    }
    Err(Failure::wrong(difference(program, &native_seen, &sandboxed_seen)))
}

fn pinned(executable: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(executable);
    command
}

fn observe(program: &Program, dir: &Path, command: impl Fn(&Path) -> Command) -> Result<(Seen, Cost)> {
    program.lay_out(dir)?;
    let mut runs = Vec::new();
    let mut total = Cost { cycles: 0.0, instructions: Some(0.0) };
    for arguments in &program.runs {
        let mut command = command(dir);
        command.args(arguments);
        let (output, cost) = measure::run(&command, dir.parent().unwrap_or(dir))?;
        if output.status.code().is_none_or(|code| code >= 126) {
            return Err(Failure::wrong(format!(
                "{command:?}: {}\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            )));
        }
        runs.push((output.stdout, output.status.code()));
        total.cycles += cost.cycles;
        total.instructions = total.instructions.zip(cost.instructions).map(|(sum, one)| sum + one);
    }
    let mut files = BTreeMap::new();
    collect(dir, dir, &mut files)?;
    Ok((Seen { runs, files }, total))
}

fn collect(root: &Path, dir: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result {
    for entry in fs::read_dir(dir).at(dir)? {
        let path = entry.at(dir)?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let content = fs::read(&path).at(&path)?;
            files.insert(path.strip_prefix(root).unwrap_or(&path).to_owned(), content);
        }
    }
    Ok(())
}

/// Says where the first difference is.
fn difference(program: &Program, native: &Seen, sandboxed: &Seen) -> String {
    let name = &program.name;
    for (i, (a, b)) in native.runs.iter().zip(&sandboxed.runs).enumerate() {
        let arguments = program.runs[i].join(" ");
        if a.1 != b.1 {
            return format!("{name} {arguments}: exit status {:?} natively, {:?} in the sandbox", a.1, b.1);
        }
        let (a, b) = (String::from_utf8_lossy(&a.0), String::from_utf8_lossy(&b.0));
        for (line, (a, b)) in a.lines().zip(b.lines()).enumerate() {
            if a != b {
                return format!(
                    "{name} {arguments}: output differs in line {}\n  native:    {a}\n  sandboxed: {b}",
                    line + 1
                );
            }
        }
        if a != b {
            return format!("{name} {arguments}: one output is longer: {} and {} bytes", a.len(), b.len());
        }
    }
    let differs =
        native.files.keys().chain(sandboxed.files.keys()).find(|k| native.files.get(*k) != sandboxed.files.get(*k));
    format!("{name}: the file {} differs", differs.map_or("?".into(), |path| path.display().to_string()))
}
