//! Runs a program natively and sandboxed on the same files and compares all
//! that can be seen of it: standard output, exit status, and the files it left.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use lfi_abi::{Kind, Returns};

use crate::{
    failure::{Context, Failure, Result},
    measure::{self, Cost, Events, Runner},
    programs::Program,
    setup::Tools,
};

/// What could be seen of a program's runs.
#[derive(Clone, PartialEq, Eq)]
struct Seen {
    runs: Vec<(Vec<u8>, Option<i32>)>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

/// One build of a program.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    /// The executable.
    pub(crate) executable: PathBuf,
    /// The kind of sandbox and form of return it is built for; none: native.
    pub(crate) sandbox: Option<(Kind, Returns)>,
    /// Its sandbox is at address 0.
    pub(crate) at_zero: bool,
}

impl Build {
    /// One that runs wherever there is room.
    pub(crate) fn new(executable: PathBuf, sandbox: Option<(Kind, Returns)>) -> Self {
        Self { executable, sandbox, at_zero: false }
    }

    /// `native`, `full-jump`, `full-jump-zero`, ...
    pub(crate) fn name(&self) -> String {
        let place = if self.at_zero { "-zero" } else { "" };
        self.sandbox.map_or("native".into(), |(kind, returns)| format!("{kind}-{returns}{place}"))
    }

    /// The command that runs it with `dir` as its directory of files.
    fn command(&self, tools: &Tools, dir: &Path) -> Command {
        let Some((kind, _)) = self.sandbox else {
            let mut command = Command::new("env");
            command.args(["-i", "LFI_TEST=given"]).arg(&self.executable).current_dir(dir);
            return command;
        };
        let mut command = tools.command("lfi-run");
        command.arg("--dir").arg(format!("/w={}:rw", dir.display()));
        // By itself `lfi-run` takes kind full only.
        command.arg("--kind").arg(kind.name());
        command.arg("--base").arg(if self.at_zero { "zero" } else { "random" });
        command.args(["--wd", "/w", "--env", "LFI_TEST=given"]).arg(&self.executable);
        command
    }
}

/// Runs each build of `program` once in a fresh directory below `scratch`, in this order, and fails when one
/// of them differs from the native build, which is the first. What each costs.
pub(crate) fn run(tools: &Tools, program: &Program, builds: &[Build], scratch: &Path) -> Result<Vec<Cost>> {
    run_by(measure::run, tools, program, builds, scratch)
}

/// The same without measuring.
pub(crate) fn check(tools: &Tools, program: &Program, builds: &[Build], scratch: &Path) -> Result {
    run_by(measure::unmeasured, tools, program, builds, scratch).map(drop)
}

fn run_by(runner: Runner, tools: &Tools, program: &Program, builds: &[Build], scratch: &Path) -> Result<Vec<Cost>> {
    let mut costs = Vec::new();
    let mut native: Option<Seen> = None;
    for build in builds {
        let dir = scratch.join(build.name());
        let (seen, cost) = observe(runner, program, &dir, &|| build.command(tools, &dir))?;
        costs.push(cost);
        let native = native.get_or_insert_with(|| seen.clone());
        if *native != seen {
            return Err(Failure::wrong(difference(program, native, &seen)));
        }
    }
    Ok(costs)
}

fn observe(runner: Runner, program: &Program, dir: &Path, command: &dyn Fn() -> Command) -> Result<(Seen, Cost)> {
    program.lay_out(dir)?;
    let mut runs = Vec::new();
    let mut total = Cost { cycles: 0.0, events: Some(Events::default()) };
    for arguments in &program.runs {
        let mut command = command();
        command.args(arguments);
        let (output, cost) = runner(&command, dir.parent().unwrap_or(dir))?;
        let unexpected = program.succeeds.is_some_and(|expected| output.status.success() != expected);
        if unexpected || output.status.code().is_none_or(|code| code >= 126) {
            return Err(Failure::wrong(format!(
                "{command:?}: {}\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            )));
        }
        runs.push((output.stdout, output.status.code()));
        total += cost;
    }
    let mut files = BTreeMap::new();
    collect(dir, dir, &mut files)?;
    Ok((Seen { runs, files }, total))
}

fn collect(root: &Path, dir: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result {
    for entry in fs::read_dir(dir).at(dir)? {
        let path = entry.at(dir)?.path();
        let kind = fs::symlink_metadata(&path).at(&path)?.file_type();
        if kind.is_dir() {
            collect(root, &path, files)?;
            continue;
        }
        // A link may lead to nothing, and an absolute one says where the program thought that it was.
        let content = if kind.is_file() { fs::read(&path).at(&path)? } else { format!("{kind:?}").into_bytes() };
        files.insert(path.strip_prefix(root).unwrap_or(&path).to_owned(), content);
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
