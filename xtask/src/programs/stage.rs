//! Where the commands of a program are called by their names, from a shell of
//! the host: natively, or each in a sandbox of its own.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::table::Program;
use crate::{
    cache,
    failure::{Context, Result},
    setup::Tools,
};

/// Variables that commands get besides those that a program names.
const VARIABLES: [&str; 8] = ["PATH", "HOME", "TMPDIR", "LC_ALL", "LANG", "TZ", "TERM", "POSIXLY_CORRECT"];

/// Seconds after which a shell is stopped.
const LIMIT: &str = "3600";

/// One build of a program with a way to call it.
pub(super) struct Stage {
    /// How its results are shown.
    pub(super) name: &'static str,
    /// The root of the build.
    pub(super) build: PathBuf,
    /// What the program sees when it is sandboxed.
    scratch: PathBuf,
    /// The directory of commands.
    bin: PathBuf,
}

impl Stage {
    /// Commands are the executables themselves.
    pub(super) fn native(program: &Program, scratch: &Path, build: &Path) -> Result<Self> {
        let stage = Self::new("native", scratch, build)?;
        program.copy_executables(build, &stage.bin)?;
        Ok(stage)
    }

    /// Commands are shell scripts around `lfi-run`: the program sees what is
    /// below `scratch`, under the same names, and what it needs besides.
    pub(super) fn sandboxed(program: &Program, tools: &Tools, scratch: &Path, build: &Path) -> Result<Self> {
        let stage = Self::new("sandboxed", scratch, build)?;
        let executables = stage.fresh("executables")?;
        let (run, root) = (tools.path("lfi-run"), scratch.display());
        let variables: String = VARIABLES
            .iter()
            .chain(program.variables)
            .map(|name| format!(" ${{{name}+--env \"{name}=${name}\"}}"))
            .collect();
        for name in program.copy_executables(build, &executables)? {
            let script = format!(
                "#!/bin/sh\n\
                 wd=$PWD\n\
                 # From the directory of the executable, so that its first argument is the name alone:\n\
                 # the one that it was called by, which tells programs of many commands what to do.\n\
                 cd '{dir}' || exit\n\
                 PWD=$wd\n\
                 called=${{0##*/}}\n\
                 [ -e \"$called\" ] || /bin/ln -s '{name}' \"$called\" 2> /dev/null\n\
                 exec '{run}' --dir '{root}={root}:rw' --wd \"$wd\" {grants}{variables} \"$called\" \"$@\"\n",
                dir = executables.display(),
                run = run.display(),
                grants = program.grants,
            );
            let command = stage.bin.join(name);
            fs::write(&command, script).at(&command)?;
            fs::set_permissions(&command, fs::Permissions::from_mode(0o755)).at(&command)?;
        }
        Ok(stage)
    }

    fn new(name: &'static str, scratch: &Path, build: &Path) -> Result<Self> {
        let mut stage = Self { name, scratch: scratch.to_owned(), build: build.to_owned(), bin: PathBuf::new() };
        stage.bin = stage.fresh("bin")?;
        Ok(stage)
    }

    /// An empty directory for this build alone.
    pub(super) fn fresh(&self, name: &str) -> Result<PathBuf> {
        empty(&self.scratch.join(format!("{name}-{}", self.name)))
    }

    /// A command that has the host's shell run `script` in `dir`, where it
    /// finds the commands before all others; `$BIN` is their directory.
    pub(super) fn shell(&self, script: &str, dir: &Path) -> Result<Command> {
        let temporary = self.fresh("tmp")?;
        let path = format!("{}:{}", self.bin.display(), env::var("PATH").unwrap_or_default());
        let mut command = Command::new("timeout");
        command.args(["--kill-after=10", LIMIT, "sh", "-c", script]).current_dir(dir);
        command.env_clear().env("PATH", path).env("HOME", &temporary).env("TMPDIR", &temporary);
        command.env("BIN", &self.bin).env("LC_ALL", "C").env("TZ", "UTC");
        Ok(command)
    }
}

/// Makes an empty directory.
pub(super) fn empty(dir: &Path) -> Result<PathBuf> {
    cache::remove(dir)?;
    fs::create_dir_all(dir).at(dir)?;
    Ok(dir.to_owned())
}
