//! Runs a program natively and sandboxed on the same files and compares all
//! that can be seen of it: standard output, exit status, and the files it left.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use lfi_abi::{Kind, Returns};

use crate::{
    corpus::Program,
    failure::{Context, Failure, Result},
    limit,
    measure::{self, Cost, Events, Runner},
    setup::Tools,
};

/// What could be seen of a program's runs.
#[derive(Clone, PartialEq, Eq)]
struct Seen {
    runs: Vec<(Vec<u8>, Option<i32>)>,
    files: Files,
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
        if limit::expired(output.status) {
            return Err(Failure::wrong(format!("{command:?}: not done after {} s", measure::LIMIT.as_secs())));
        }
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
    Ok((Seen { runs, files: files(dir)? }, total))
}

/// Files by their names: permissions and contents.
pub(crate) type Files = BTreeMap<PathBuf, (u32, Vec<u8>)>;

/// All that is below `dir`.
pub(crate) fn files(dir: &Path) -> Result<Files> {
    let mut files = Files::new();
    collect(dir, dir, &mut files)?;
    Ok(files)
}

fn collect(root: &Path, dir: &Path, files: &mut Files) -> Result {
    for entry in fs::read_dir(dir).at(dir)? {
        let path = entry.at(dir)?.path();
        let metadata = fs::symlink_metadata(&path).at(&path)?;
        let kind = metadata.file_type();
        // A link may lead to nothing, and an absolute one says where the program thought that it was.
        let link = fs::read_link(&path).ok().filter(|target| target.is_relative());
        let content = match link {
            Some(target) => target.into_os_string().into_encoded_bytes(),
            None if kind.is_file() => fs::read(&path).at(&path)?,
            None => format!("{kind:?}").into_bytes(),
        };
        files.insert(path.strip_prefix(root).unwrap_or(&path).to_owned(), (metadata.permissions().mode(), content));
        if kind.is_dir() {
            collect(root, &path, files)?;
        }
    }
    Ok(())
}

/// The name of the first file that is not the same.
pub(crate) fn differing(a: &Files, b: &Files) -> String {
    let differs = a.keys().chain(b.keys()).find(|name| a.get(*name) != b.get(*name));
    differs.map_or("?".into(), |path| path.display().to_string())
}

/// Says where two outputs differ, if they do.
pub(crate) fn texts(native: &[u8], sandboxed: &[u8]) -> Option<String> {
    if native == sandboxed {
        return None;
    }
    let (a, b) = (String::from_utf8_lossy(native), String::from_utf8_lossy(sandboxed));
    for (line, (a, b)) in a.lines().zip(b.lines()).enumerate() {
        if a != b {
            return Some(format!("differs in line {}\n  native:    {a}\n  sandboxed: {b}", line + 1));
        }
    }
    Some(format!("is longer in one: {} and {} bytes", native.len(), sandboxed.len()))
}

/// Says where the first difference is.
fn difference(program: &Program, native: &Seen, sandboxed: &Seen) -> String {
    let name = &program.name;
    for (i, (a, b)) in native.runs.iter().zip(&sandboxed.runs).enumerate() {
        let arguments = program.runs[i].join(" ");
        if a.1 != b.1 {
            return format!("{name} {arguments}: exit status {:?} natively, {:?} in the sandbox", a.1, b.1);
        }
        if let Some(difference) = texts(&a.0, &b.0) {
            return format!("{name} {arguments}: output {difference}");
        }
    }
    format!("{name}: the file {} differs", differing(&native.files, &sandboxed.files))
}
