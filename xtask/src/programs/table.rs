//! The programs: how they are built, what they are given, what is run.

mod compressors;
mod languages;
mod python;
mod sqlite;
mod tools;

use super::suite::Suite;
use crate::recipe::{Recipe, fits};

/// A program, or several from one package.
pub(super) struct Program {
    pub(super) name: &'static str,
    /// Whether `cargo xtask test` has time for it (without its test suite).
    pub(super) quick: bool,
    /// Debian packages that its build needs besides those of other commands.
    pub(super) packages: &'static [&'static str],
    pub(super) recipe: Recipe,
    /// The executables of the build, each of which is a command, with `*` for
    /// any characters.
    pub(super) executables: &'static [&'static str],
    /// What it needs besides its files, as options of `lfi-run`.
    pub(super) grants: &'static str,
    /// Variables that it gets when they are set.
    pub(super) variables: &'static [&'static str],
    /// Files to work on: where they are laid out, and which of the build they are.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// What the shell does before each of the lines.
    pub(super) before: &'static str,
    /// Lines for a shell of the host, run one after the other in one directory.
    pub(super) runs: &'static str,
    /// Lines that do something else in the sandbox.
    pub(super) differences: &'static [Difference],
    pub(super) suite: Option<Suite>,
}

/// What is known to go differently in a sandbox.
pub(super) struct Difference {
    /// A line or the name of a case, with at most one `*`.
    pub(super) what: &'static str,
    pub(super) why: &'static str,
}

/// A reason that many have.
const ONE_PROCESS: &str = "a sandbox is one process: it cannot start another, and sees no other";

/// The reason why something goes differently, if one is known.
pub(super) fn reason(differences: &'static [Difference], name: &str) -> Option<&'static str> {
    differences.iter().find(|difference| fits(difference.what, name)).map(|difference| difference.why)
}

/// Every program.
pub(super) const ALL: &[Program] = &[
    compressors::GZIP,
    compressors::BZIP2,
    compressors::ZSTD,
    tools::BUSYBOX,
    tools::COREUTILS,
    tools::JQ,
    sqlite::SQLITE,
    languages::LUA,
    languages::QUICKJS,
    languages::MICROPYTHON,
    python::PYTHON,
];
