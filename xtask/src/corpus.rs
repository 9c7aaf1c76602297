//! The corpus, real programs that demo and test build, and how: sources, flags, and
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
    pub(crate) name: String,
    /// The sources.
    pub(crate) sources: Vec<PathBuf>,
    /// Compiler flags besides the level of optimisation.
    pub(crate) flags: Vec<String>,
    /// Linker flags.
    pub(crate) libraries: &'static [&'static str],
    /// Files to lay out in the directory that the program runs in.
    pub(crate) files: Vec<(String, PathBuf)>,
    /// Command lines (arguments only), run one after the other in one directory.
    pub(crate) runs: Vec<Vec<String>>,
    /// Whether they must succeed or fail; else they need only do what those of
    /// the native build do.
    pub(crate) succeeds: Option<bool>,
}

/// The Lua 5.4 interpreter on the demo's script.
pub(crate) fn lua(root: &Path) -> Result<Program> {
    let source = fetch::debian_source(&pins::LUA)?.join("src");
    Ok(Program {
        name: "lua".into(),
        sources: c_files(&source, &["luac.c"])?,
        flags: words("-std=gnu99 -DLUA_COMPAT_5_3 -DLUA_USE_POSIX"),
        libraries: &["-lm"],
        files: vec![("script.lua".into(), root.join("demo/script.lua"))],
        runs: vec![words("script.lua")],
        succeeds: None,
    })
}

/// The sqlite shell on the demo's script.
pub(crate) fn sqlite(root: &Path) -> Result<Program> {
    let source = fetch::sqlite()?;
    Ok(Program {
        name: "sqlite3".into(),
        sources: vec![source.join("sqlite3.c"), source.join("shell.c")],
        flags: words(
            "-DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DHAVE_READLINE=0 -DSQLITE_ENABLE_MATH_FUNCTIONS",
        ),
        libraries: &["-lm"],
        files: vec![("script.sql".into(), root.join("demo/script.sql"))],
        runs: vec![
            vec!["-batch".into(), ":memory:".into(), ".read script.sql".into()],
            vec!["-batch".into(), "file.db".into(), ".read script.sql".into()],
        ],
        succeeds: None,
    })
}

/// zlib with its `minigzip`: compresses the amalgamation of sqlite, and back.
pub(crate) fn zlib() -> Result<Program> {
    let source = fetch::debian_source(&pins::ZLIB)?;
    let mut sources = c_files(&source, &[])?;
    sources.push(source.join("test/minigzip.c"));
    Ok(Program {
        name: "minigzip".into(),
        flags: vec!["-DHAVE_UNISTD_H".into(), "-DHAVE_STDARG_H".into(), "-I".into(), source.display().to_string()],
        sources,
        libraries: &[],
        files: vec![("data".into(), fetch::sqlite()?.join("sqlite3.c"))],
        runs: vec![words("-9 data"), words("-c -d data.gz"), words("-c -1 -h data.gz")],
        succeeds: None,
    })
}

/// CoreMark-like code of our own.
pub(crate) fn kernels(root: &Path) -> Program {
    Program {
        name: "kernels".into(),
        sources: vec![root.join("bench/programs/kernels.c")],
        flags: Vec::new(),
        libraries: &[],
        files: Vec::new(),
        runs: vec![words("500")],
        succeeds: None,
    }
}

/// The small programs of a directory (`tests/c`), one each.
pub(crate) fn small(dir: &Path) -> Result<Vec<Program>> {
    let names = c_files(dir, &[])?;
    Ok(names
        .into_iter()
        .map(|source| Program {
            name: source.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            sources: vec![source],
            flags: words("-frounding-math -fasynchronous-unwind-tables"),
            libraries: &["-lm"],
            files: Vec::new(),
            runs: vec![vec!["first".into(), "second argument".into()]],
            succeeds: None,
        })
        .collect())
}

impl Program {
    /// Compiles and links with `compiler` (which gets `-c`, `-o` and the like
    /// as a C compiler does) at `level` (`-O2`) into `dir`; the executable's path.
    pub(crate) fn build(&self, compiler: &Command, level: &str, dir: &Path) -> Result<PathBuf> {
        cache::remove(dir)?;
        fs::create_dir_all(dir).at(dir)?;
        let objects: Vec<PathBuf> = (0..self.sources.len()).map(|i| dir.join(format!("{i}.o"))).collect();
        let jobs: Vec<(&PathBuf, &PathBuf)> = self.sources.iter().zip(&objects).collect();
        in_parallel(&jobs, |(source, object)| {
            let mut compile = again(compiler);
            compile.arg(level).args(&self.flags).args(["-w", "-c", "-o"]).arg(object).arg(source);
            ui::run(&mut compile).map(drop)
        })?;
        let executable = dir.join(&self.name);
        let mut link = again(compiler);
        link.arg("-o").arg(&executable).args(&objects).args(self.libraries);
        ui::run(&mut link)?;
        Ok(executable)
    }

    /// An empty directory `dir` with the files that the program works on.
    pub(crate) fn lay_out(&self, dir: &Path) -> Result {
        cache::remove(dir)?;
        fs::create_dir_all(dir).at(dir)?;
        for (name, from) in &self.files {
            let to = dir.join(name);
            cache::create_parent(&to)?;
            fs::copy(from, &to).at(from)?;
        }
        Ok(())
    }
}

/// A fresh command with the same program, arguments and environment.
pub(crate) fn again(command: &Command) -> Command {
    extended(Command::new(command.get_program()), command)
}

/// `outer` with the arguments of `inner` after its own, in its environment and
/// directory.
pub(crate) fn extended(mut outer: Command, inner: &Command) -> Command {
    outer.args(inner.get_args());
    in_environment_of(&mut outer, inner);
    if let Some(dir) = inner.get_current_dir() {
        outer.current_dir(dir);
    }
    outer
}

/// Gives `outer` the variables that `inner` sets, and takes those that it takes.
pub(crate) fn in_environment_of(outer: &mut Command, inner: &Command) {
    for (key, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(key, value),
            None => outer.env_remove(key),
        };
    }
}

/// Does all jobs, as many at once as there are processors. After a failure no
/// more are begun; the first failure is returned.
pub(crate) fn in_parallel<T: Sync>(jobs: &[T], work: impl Fn(&T) -> Result + Sync) -> Result {
    in_parallel_by(thread::available_parallelism().map_or(1, usize::from), jobs, work)
}

/// The same with so many at once.
pub(crate) fn in_parallel_by<T: Sync>(workers: usize, jobs: &[T], work: impl Fn(&T) -> Result + Sync) -> Result {
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<Failure>> = Mutex::new(None);
    let poisoned = || Failure::could_not("a worker panicked");
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(failure) = work(job) {
                        next.store(jobs.len(), Ordering::Relaxed);
                        if let Ok(mut first) = failed.lock() {
                            first.get_or_insert(failure);
                        }
                    }
                }
            });
        }
    });
    match failed.into_inner().map_err(|_| poisoned())? {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// The C files directly in a directory, sorted, without those in `except`.
pub(crate) fn c_files(dir: &Path, except: &[&str]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).at(dir)? {
        let path = entry.at(dir)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".c") && !except.contains(&name) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub(crate) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
