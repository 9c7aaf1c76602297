//! The stock tools: which ones, with which options, and how they are run.

use std::{
    env, fs,
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

/// The target as this driver names it.
pub(crate) const TARGET: &str = "x86_64-lfi-linux-musl";
/// The target as the stock compiler knows it.
const STOCK_TARGET: &str = "--target=x86_64-linux-musl";
/// The stock compiler, in order of preference; the first is known to fit.
const COMPILERS: [&str; 2] = ["clang-19", "clang"];
/// The linker, in order of preference.
const LINKERS: [&str; 2] = ["ld.lld-19", "ld.lld"];
/// Versions of the compiler whose assembler lays out bundles as needed.
const VERSIONS: std::ops::RangeInclusive<u32> = 14..=21;

/// What the scheme wants of every compilation and the user may still change.
const DEFAULTS: [&str; 2] = [
    "-D__LFI__=1",
    // Indirect calls reach multiples of 32 only. The rewriter aligns by itself
    // what needs it; this keeps the compiler's layout close to the final one.
    "-falign-functions=32",
];

/// What the scheme wants of every compilation, whatever the user says.
const FORCED: [&str; 6] = [
    // One module is one program: no access needs the general forms, which the
    // linker would relax to unsandboxed code.
    "-ftls-model=initial-exec",
    // The thread pointer costs a runtime call, so it is read once into a
    // register, not with each access.
    "-mno-tls-direct-seg-refs",
    // Else each protected function would make that call, twice.
    "-mstack-protector-guard=global",
    // `endbr64` is refused by the verifier and not needed under masked jumps.
    "-fcf-protection=none",
    "-fno-addrsig",
    "-fno-lto",
];

/// The tools of one invocation.
#[derive(Clone, Debug)]
pub(crate) struct Stock {
    compiler: PathBuf,
    linker: Option<String>,
    sysroot: PathBuf,
    /// Show each command on standard error.
    pub(crate) verbose: bool,
    /// Show each command, but run none.
    pub(crate) dry_run: bool,
}

impl Stock {
    /// Finds the stock compiler. One that is not of the usual name is asked
    /// for its version first.
    pub(crate) fn find(options: &Options) -> Result<Self> {
        let found = match &options.compiler {
            Some(name) => search(name),
            None => COMPILERS.iter().find_map(|name| search(name)),
        };
        let name = options.compiler.as_deref().unwrap_or(COMPILERS[0]);
        let compiler = found.ok_or_else(|| {
            Error::Start(name.to_owned(), io::Error::new(io::ErrorKind::NotFound, "the stock compiler is not there"))
        })?;
        let stock = Self {
            compiler,
            linker: options.linker.clone(),
            sysroot: options.sysroot(),
            verbose: false,
            dry_run: false,
        };
        if stock.compiler.file_name().is_none_or(|name| name != COMPILERS[0]) {
            stock.check_version()?;
        }
        Ok(stock)
    }

    fn check_version(&self) -> Result {
        let version = self.answer(&["-dumpversion"])?;
        let banner = self.answer(&["--version"])?;
        let major = version.trim().split('.').next().and_then(|major| major.parse().ok());
        if banner.contains("clang") && major.is_some_and(|major: u32| VERSIONS.contains(&major)) {
            return Ok(());
        }
        let found = banner.lines().next().unwrap_or("nothing").to_owned();
        Err(Error::Compiler { program: self.compiler.display().to_string(), found })
    }

    /// The path of the stock compiler.
    pub(crate) fn compiler(&self) -> &Path {
        &self.compiler
    }

    /// What identifies the stock compiler: when it changes, so does this.
    pub(crate) fn identity(&self) -> String {
        let path = self.compiler.canonicalize().unwrap_or_else(|_| self.compiler.clone());
        let state = fs::metadata(&path).map(|data| (data.len(), data.modified().ok()));
        format!("{} {state:?}", path.display())
    }

    /// Words that every run on a C-family source begins and ends with, around
    /// the user's.
    pub(crate) fn compile_words<'a>(&self, user: impl IntoIterator<Item = &'a String>) -> Vec<String> {
        let mut words = vec![STOCK_TARGET.to_owned(), format!("--sysroot={}", self.sysroot.display())];
        words.extend(DEFAULTS.map(str::to_owned));
        words.extend(user.into_iter().cloned());
        words.extend(FORCED.map(str::to_owned));
        words
    }

    /// Words that every run on assembly begins with.
    pub(crate) fn assemble_words(&self) -> Vec<String> {
        vec![STOCK_TARGET.to_owned(), "-c".to_owned(), "-x".to_owned(), "assembler".to_owned()]
    }

    /// Runs the compiler with `input` on its standard input (ours when
    /// `None`) and gives its standard output. What it says on standard error
    /// goes on to ours.
    pub(crate) fn compile(&self, words: &[String], input: Option<&[u8]>) -> Result<Vec<u8>> {
        let output = self.output(words, input, Stdio::inherit())?;
        Ok(output.stdout)
    }

    /// As [`Self::compile`], but what the compiler says comes second, and is
    /// shown only when it fails.
    pub(crate) fn compile_quietly(&self, words: &[String]) -> Result<(Vec<u8>, Vec<u8>)> {
        let output = self.output(words, None, Stdio::piped())?;
        Ok((output.stdout, output.stderr))
    }

    fn output(&self, words: &[String], input: Option<&[u8]>, stderr: Stdio) -> Result<Output> {
        let mut command = Command::new(&self.compiler);
        command.args(words).args(self.verbose.then_some("-v"));
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::inherit() });
        command.stdout(Stdio::piped()).stderr(stderr);
        if !self.show(&command) {
            return Ok(Output { status: ExitStatus::default(), stdout: Vec::new(), stderr: Vec::new() });
        }
        let name = self.compiler.display().to_string();
        let start = |error| Error::Start(name.clone(), error);
        let mut child = command.spawn().map_err(start)?;
        let stdin = child.stdin.take();
        let output = thread::scope(|scope| {
            // A compiler that fails early closes the pipe; its status tells.
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
        self.finish(Command::new(&self.compiler).args(words))
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

    /// The path of one of LLVM's tools, as `ar`: the one of the compiler's
    /// version when there is one.
    pub(crate) fn tool(&self, name: &str) -> Option<PathBuf> {
        let version = self.compiler.file_name()?.to_str()?.strip_prefix("clang");
        [format!("llvm-{name}{}", version.unwrap_or("")), format!("llvm-{name}")].iter().find_map(|name| search(name))
    }

    /// What the compiler answers to a question.
    pub(crate) fn answer(&self, words: &[&str]) -> Result<String> {
        let name = self.compiler.display().to_string();
        let output = Command::new(&self.compiler)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_no_clang_is_refused() {
        let options = |name: &str| Options { compiler: Some(name.to_owned()), ..Options::default() };
        assert!(matches!(Stock::find(&options("/no/such/compiler")), Err(Error::Start(..))));
        let error = Stock::find(&options("/bin/true")).unwrap_err();
        assert!(error.to_string().contains("needed is clang 14 to 21"), "{error}");
    }
}
