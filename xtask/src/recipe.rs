//! Building a package as its users do: its own build system, in a copy of its
//! sources, with our driver as the compiler.
//!
//! Scripts are what a user would type. `$CC` is the compiler with its options,
//! `$LEVEL` the level of optimisation, `$HOST`, `$AR`, `$RANLIB` what goes with
//! the compiler.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use crate::{
    cache,
    corpus::in_environment_of,
    failure::{Context, Failure, Result},
    fetch::{self, pins::Source},
    setup::{self, Tools},
    ui,
};

/// How a package is built.
pub(crate) struct Recipe {
    /// Directories of the build (the first is its root) and what is copied there.
    pub(crate) sources: &'static [(&'static str, Origin)],
    /// A shell script that builds it in its root.
    pub(crate) script: &'static str,
}

/// Where sources come from.
pub(crate) enum Origin {
    Debian(&'static Source),
    /// sqlite's amalgamation.
    Amalgamation,
    /// A directory of this repository.
    Own(&'static str),
}

impl Origin {
    fn fetch(&self) -> Result<PathBuf> {
        match self {
            Self::Debian(source) => fetch::debian_source(source),
            Self::Amalgamation => fetch::sqlite(),
            Self::Own(dir) => Ok(setup::repository().join(dir)),
        }
    }
}

impl Recipe {
    /// What tells it from others: the sources, and the script.
    pub(crate) fn identity(&self) -> Result<String> {
        let mut key = cache::Key::new().bytes(self.script.as_bytes());
        for (below, origin) in self.sources {
            let sources = origin.fetch()?;
            key = key.bytes(below.as_bytes()).bytes(sources.as_os_str().as_encoded_bytes());
            // The others are named by what they are.
            if let Origin::Own(_) = origin {
                key = key.tree(&sources)?;
            }
        }
        Ok(key.text())
    }

    /// Builds it at `dir`, with nothing left there of earlier builds.
    pub(crate) fn build(&self, tools: &Tools, driver: &Command, level: &str, dir: &Path) -> Result {
        cache::remove(dir)?;
        for (below, origin) in self.sources {
            copy_tree(&origin.fetch()?, &dir.join(below))?;
        }
        // Makefiles take the compiler as words in a variable.
        let words = driver.get_args().map(|word| word.to_string_lossy().into_owned());
        let compiler: Vec<String> = std::iter::once("lfi-cc".to_owned()).chain(words).collect();
        let jobs = thread::available_parallelism().map_or(1, usize::from);
        let mut script = Command::new("sh");
        in_environment_of(&mut script, driver);
        script.arg("-ec").arg(self.script).current_dir(dir);
        script.env("PATH", format!("{}:{}", tools.path("").display(), std::env::var("PATH").unwrap_or_default()));
        script.env("CC", compiler.join(" ")).env("LEVEL", level).env("MAKEFLAGS", format!("-j{jobs}"));
        script.env("HOST", "x86_64-lfi-linux-musl");
        script.env("AR", "x86_64-lfi-linux-musl-ar").env("RANLIB", "x86_64-lfi-linux-musl-ranlib");
        ui::run(&mut script).map(drop)
    }
}

/// Copies what is in a directory, with times and permissions.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> Result {
    fs::create_dir_all(to).at(to)?;
    ui::run(Command::new("cp").arg("-a").arg(from.join(".")).arg(to)).map(drop)
}

/// The files that `pattern`, with at most one `*` in its last component, names below `dir`.
pub(crate) fn matching(dir: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let path = dir.join(pattern);
    let (parent, name) = (path.parent().unwrap_or(dir), path.file_name().unwrap_or_default().to_string_lossy());
    let mut found = Vec::new();
    for entry in fs::read_dir(parent).at(parent)? {
        let entry = entry.at(parent)?.path();
        if entry.is_file() && fits(&name, &entry.file_name().unwrap_or_default().to_string_lossy()) {
            found.push(entry);
        }
    }
    found.sort();
    if found.is_empty() { Err(Failure::could_not(format!("{}: no such file", path.display()))) } else { Ok(found) }
}

/// Whether a name fits a pattern with at most one `*` for any characters.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
        None => name == pattern,
    }
}

/// Files that builds leave, with where they are to be laid out: `pattern`s of
/// the files in `dir`, each with the directory for what it names.
pub(crate) fn files(dir: &Path, patterns: &[(&str, &str)]) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for (to, pattern) in patterns {
        for from in matching(dir, pattern)? {
            let name = from.file_name().unwrap_or_default();
            files.push((Path::new(to).join(name).to_string_lossy().into_owned(), from));
        }
    }
    Ok(files)
}

/// The size of an executable's `.text`.
pub(crate) fn code_size(executable: &Path) -> Result<u64> {
    let output = ui::run(Command::new("llvm-size-19").arg("--format=sysv").arg(executable))?;
    let size = output.lines().find_map(|line| line.strip_prefix(".text")?.split_whitespace().next()?.parse().ok());
    size.ok_or_else(|| Failure::could_not(format!("{}: no .text", executable.display())))
}
