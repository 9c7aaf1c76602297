//! The stock tools: which ones, with which options, and how they are run.

mod assembler;
mod compiler;

use std::{
    env,
    io::{self, Write},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output, Stdio},
    thread,
};

use crate::{
    error::{Error, Result},
    options::Options,
};
use assembler::Assembler;
use compiler::Compiler;

/// The target as this driver names it.
pub(crate) const TARGET: &str = "x86_64-lfi-linux-musl";
/// The target as clang knows it.
const STOCK_TARGET: &str = "--target=x86_64-linux-musl";
/// The linker, in order of preference.
const LINKERS: [&str; 2] = ["ld.lld-19", "ld.lld"];
/// The tools of one invocation.
#[derive(Clone, Debug)]
pub(crate) struct Stock {
    compiler: Compiler,
    assembler: Assembler,
    linker: Option<String>,
    sysroot: PathBuf,
    /// Show each command on standard error.
    pub(crate) verbose: bool,
    /// Show each command, but run none.
    pub(crate) dry_run: bool,
}

impl Stock {
    /// Finds compiler and assembler. Those that are not of the usual names are
    /// asked what they are.
    pub(crate) fn find(options: &Options) -> Result<Self> {
        let compiler = Compiler::find(options)?;
        Ok(Self {
            assembler: Assembler::find(options, &compiler)?,
            compiler,
            linker: options.linker.clone(),
            sysroot: options.sysroot(),
            verbose: false,
            dry_run: false,
        })
    }

    /// The stock compiler.
    pub(crate) fn compiler(&self) -> &Compiler {
        &self.compiler
    }

    /// The stock assembler.
    pub(crate) fn assembler(&self) -> &Assembler {
        &self.assembler
    }

    /// Words that every run on a C-family source begins with, the user's among
    /// them.
    pub(crate) fn compile_words(&self, user: &[String]) -> Vec<String> {
        self.compiler.words(&self.sysroot, user)
    }

    /// Runs the assembler over `text`. `user` are a compiler driver's words for
    /// its assembler.
    pub(crate) fn assemble(&self, user: &[String], text: &[u8], output: &Path) -> Result {
        self.output(self.assembler.command(user, output), Some(text), Stdio::inherit()).map(drop)
    }

    /// Runs the compiler with `input` on its standard input (ours when
    /// `None`) and gives its standard output. What it says on standard error
    /// goes on to ours.
    pub(crate) fn compile(&self, words: &[String], input: Option<&[u8]>) -> Result<Vec<u8>> {
        let output = self.output(self.compilation(words), input, Stdio::inherit())?;
        Ok(output.stdout)
    }

    /// As [`Self::compile`], but what the compiler says comes second, and is
    /// shown only when it fails.
    pub(crate) fn compile_quietly(&self, words: &[String]) -> Result<(Vec<u8>, Vec<u8>)> {
        let output = self.output(self.compilation(words), None, Stdio::piped())?;
        Ok((output.stdout, output.stderr))
    }

    fn compilation(&self, words: &[String]) -> Command {
        let mut command = Command::new(&self.compiler.path);
        command.args(words).args(self.verbose.then_some("-v"));
        command
    }

    fn output(&self, mut command: Command, input: Option<&[u8]>, stderr: Stdio) -> Result<Output> {
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::inherit() });
        command.stdout(Stdio::piped()).stderr(stderr);
        if !self.show(&command) {
            return Ok(Output { status: ExitStatus::default(), stdout: Vec::new(), stderr: Vec::new() });
        }
        let name = command.get_program().to_string_lossy().into_owned();
        let start = |error| Error::Start(name.clone(), error);
        let mut child = command.spawn().map_err(start)?;
        let stdin = child.stdin.take();
        let output = thread::scope(|scope| {
            // A tool that fails early closes the pipe; its status tells.
            scope.spawn(move || input.zip(stdin).map(|(bytes, mut pipe)| pipe.write_all(bytes)));
            child.wait_with_output()
        })
        .map_err(start)?;
        if !output.status.success() {
            say(&output.stderr);
        }
        self.ended(name, output.status)?;
        Ok(output)
    }

    /// Runs the compiler with our own standard streams.
    pub(crate) fn run(&self, words: &[String]) -> Result {
        self.finish(Command::new(&self.compiler.path).args(words))
    }

    /// Runs the linker.
    pub(crate) fn link(&self, words: &[String]) -> Result {
        self.finish(Command::new(self.linker()).args(words))
    }

    /// The linker's path, or its name when it is nowhere to be found.
    pub(crate) fn linker(&self) -> PathBuf {
        match &self.linker {
            Some(name) => search(name).unwrap_or_else(|| name.into()),
            None => LINKERS.iter().find_map(|name| search(name)).unwrap_or_else(|| LINKERS[0].into()),
        }
    }

    /// The path of one of LLVM's tools, as `ar`: the one of the compiler's or
    /// the assembler's version when there is one.
    pub(crate) fn tool(&self, name: &str) -> Option<PathBuf> {
        let version = |path: &Path| Some(path.file_name()?.to_str()?.strip_prefix("clang")?.to_owned());
        let versions = [version(&self.compiler.path), version(&self.assembler.path), Some(String::new())];
        versions.into_iter().flatten().find_map(|version| search(&format!("llvm-{name}{version}")))
    }

    /// What the compiler answers to a question.
    pub(crate) fn answer(&self, words: &[&str]) -> Result<String> {
        let name = self.compiler.path.display().to_string();
        let output = Command::new(&self.compiler.path)
            .args(words)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| Error::Start(name.clone(), error))?;
        self.ended(name, output.status)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn finish(&self, command: &mut Command) -> Result {
        if !self.show(command) {
            return Ok(());
        }
        let name = command.get_program().to_string_lossy().into_owned();
        let status = command.status().map_err(|error| Error::Start(name.clone(), error))?;
        self.ended(name, status)
    }

    /// Shows a command if that is wanted; says whether to run it.
    fn show(&self, command: &Command) -> bool {
        if self.verbose || self.dry_run {
            crate::driver::say(format_args!(" {command:?}\n"));
        }
        !self.dry_run
    }

    fn ended(&self, program: String, status: ExitStatus) -> Result {
        if status.success() {
            return Ok(());
        }
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        Err(Error::Failed { program, status: u8::try_from(code).unwrap_or(1) })
    }
}

/// Passes on what a tool said on standard error. That it cannot be shown is
/// no reason to fail.
pub(crate) fn say(messages: &[u8]) {
    let _ = io::stderr().write_all(messages);
}

/// The path of a program: itself when it has a slash, else as `$PATH` says.
fn search(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Path::new(name).is_file().then(|| name.into());
    }
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}
