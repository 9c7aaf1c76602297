//! The real programs that demo and test build, and how: sources, flags, and
//! command lines to run them on data whose output is compared.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    cache,
    failure::{Context, Failure, Result},
    fetch::{self, pins},
    ui,
};

/// A program: C sources that make one executable.
pub(crate) struct Program {
    /// Name of the executable.
    pub(crate) name: &'static str,
    /// The sources.
    pub(crate) sources: Vec<PathBuf>,
    /// Compiler flags besides the level of optimisation.
    pub(crate) flags: Vec<String>,
    /// Linker flags.
    pub(crate) libraries: &'static [&'static str],
    /// Files to lay out in the directory that the program runs in.
    pub(crate) files: Vec<(&'static str, PathBuf)>,
    /// Command lines (arguments only). `None`: nothing that should be run.
    pub(crate) runs: Vec<Vec<String>>,
}

/// The Lua 5.4 interpreter on the demo's script.
pub(crate) fn lua(root: &Path) -> Result<Program> {
    let source = fetch::debian_source(&pins::LUA)?.join("src");
    Ok(Program {
        name: "lua",
        sources: c_files(&source, &["luac.c"])?,
        flags: words("-std=gnu99 -DLUA_COMPAT_5_3 -DLUA_USE_POSIX"),
        libraries: &["-lm"],
        files: vec![("script.lua", root.join("demo/script.lua"))],
        runs: vec![words("script.lua")],
    })
}

/// The sqlite shell on the demo's script.
pub(crate) fn sqlite(root: &Path) -> Result<Program> {
    let source = fetch::sqlite()?;
    Ok(Program {
        name: "sqlite3",
        sources: vec![source.join("sqlite3.c"), source.join("shell.c")],
        flags: words("-DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DHAVE_READLINE=0 -DSQLITE_ENABLE_MATH_FUNCTIONS"),
        libraries: &["-lm"],
        files: vec![("script.sql", root.join("demo/script.sql"))],
        runs: vec![
            vec!["-batch".into(), ":memory:".into(), ".read script.sql".into()],
            vec!["-batch".into(), "file.db".into(), ".read script.sql".into()],
        ],
    })
}

/// zlib with its `minigzip`: compresses the amalgamation of sqlite, and back.
pub(crate) fn zlib() -> Result<Program> {
    let source = fetch::debian_source(&pins::ZLIB)?;
    let mut sources = c_files(&source, &[])?;
    sources.push(source.join("test/minigzip.c"));
    Ok(Program {
        name: "minigzip",
        flags: vec!["-DHAVE_UNISTD_H".into(), "-DHAVE_STDARG_H".into(), "-I".into(), source.display().to_string()],
        sources,
        libraries: &[],
        files: vec![("data", fetch::sqlite()?.join("sqlite3.c"))],
        runs: vec![words("-9 data"), words("-c -d data.gz"), words("-c -1 -h data.gz")],
    })
}

/// CoreMark-like code of our own.
pub(crate) fn kernels(root: &Path) -> Program {
    Program {
        name: "kernels",
        sources: vec![root.join("bench/programs/kernels.c")],
        flags: Vec::new(),
        libraries: &[],
        files: Vec::new(),
        runs: vec![words("500")],
    }
}

/// The small programs of `tests/c`, one each.
pub(crate) fn small(root: &Path) -> Result<Vec<Program>> {
    let names = c_files(&root.join("tests/c"), &[])?;
    Ok(names
        .into_iter()
        .map(|source| Program {
            name: match source.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default() {
                "backtrace" => "backtrace",
                "control" => "control",
                "arithmetic" => "arithmetic",
                "memory" => "memory",
                "files" => "files",
                "environment" => "environment",
                _ => "other",
            },
            sources: vec![source],
            flags: words("-frounding-math -fasynchronous-unwind-tables"),
            libraries: &["-lm"],
            files: Vec::new(),
            runs: vec![vec!["first".into(), "second argument".into()]],
        })
        .collect())
}
