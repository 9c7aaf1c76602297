//! The stock assembler: a program of its own where the compiler cannot lay out
//! bundles.

use std::{
    io::{self, Write},
    ops::RangeInclusive,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use lfi_rewriter::Assembler as Dialect;

use super::{STOCK_TARGET, compiler::Compiler, search};
use crate::{
    error::{Error, Result},
    options::{Family, Options},
};

/// Versions of clang whose assembler lays out bundles as needed.
const CLANG_VERSIONS: RangeInclusive<u32> = 14..=21;

/// What is looked for when the compiler cannot assemble, in order of
/// preference: GNU as lays out more padding.
const ASSEMBLERS: [&str; 6] = [TRUSTED, "clang-18", "clang-17", "clang-16", "clang", "as"];
/// The one that is taken for what its name says; others are asked and tried.
const TRUSTED: &str = "clang-19";

/// What an assembler must take.
const TRIAL: &[u8] = b"\t.bundle_align_mode 5\n\t.bundle_lock\n\tnop\n\t.bundle_unlock\n";

/// A stock assembler that fits.
#[derive(Clone, Debug)]
pub(crate) struct Assembler {
    pub(crate) path: PathBuf,
    dialect: Dialect,
}

impl Assembler {
    /// The assembler that `options` name; else `compiler`, when it can do it;
    /// else the first usual one that fits.
    pub(crate) fn find(options: &Options, compiler: &Compiler) -> Result<Self> {
        if let Some(name) = &options.assembler {
            let path = search(name).ok_or_else(|| unfit(name.clone(), "not found".to_owned()))?;
            return Self::examine(path);
        }
        if compiler.family == Family::Clang && CLANG_VERSIONS.contains(&compiler.version) {
            return Ok(Self { path: compiler.path.clone(), dialect: Dialect::Clang });
        }
        let usual = ASSEMBLERS.iter().filter_map(|name| search(name));
        usual.map(Self::examine).find_map(Result::ok).ok_or_else(|| {
            let program = compiler.path.display().to_string();
            unfit(program, "the code it compiles needs an assembler besides, and none was found".to_owned())
        })
    }

    /// Finds out what an assembler is and whether it can do what is needed.
    fn examine(path: PathBuf) -> Result<Self> {
        if path.file_name().is_some_and(|name| name == TRUSTED) {
            return Ok(Self { path, dialect: Dialect::Clang });
        }
        let program = path.display().to_string();
        let start = |error| Error::Start(program.clone(), error);
        let banner = Command::new(&path).arg("--version").stderr(Stdio::null()).output().map_err(start)?;
        let banner = String::from_utf8_lossy(&banner.stdout).into_owned();
        let Some(dialect) = dialect(&banner) else {
            return Err(unfit(program, "neither clang nor GNU as".to_owned()));
        };
        let assembler = Self { path, dialect };
        let tried = assembler.attempt().map_err(start)?;
        if tried.status.success() {
            return Ok(assembler);
        }
        let name = banner.lines().next().unwrap_or_default().to_owned();
        Err(unfit(program, format!("{name} does not assemble `.bundle_align_mode`")))
    }

    /// Assembles a bundle.
    fn attempt(&self) -> io::Result<Output> {
        let mut command = self.command(&[], Path::new("/dev/null"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            // One that does not read fails, which its status tells.
            let _ = pipe.write_all(TRIAL);
        }
        child.wait_with_output()
    }

    /// What it is written for.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The command that assembles its standard input into `output`. `user` are
    /// a compiler driver's words (`-Wa,...`, `-Xassembler ...`, `-gz`).
    pub(crate) fn command(&self, user: &[String], output: &Path) -> Command {
        let mut command = Command::new(&self.path);
        match self.dialect {
            Dialect::Clang => {
                command.args([STOCK_TARGET, "-c", "-x", "assembler"]).args(user).arg("-o").arg(output).arg("-")
            }
            Dialect::Gnu => command.args(["--64", "-mindex-reg"]).args(plain(user)).arg("-o").arg(output).arg("--"),
        };
        command
    }
}

fn unfit(program: String, found: String) -> Error {
    let (first, last) = (CLANG_VERSIONS.start(), CLANG_VERSIONS.end());
    let needed = format!(
        "an assembler that knows `.bundle_align_mode`: clang {first} to {last}, or GNU as (--lfi-assembler or LFI_AS names one)"
    );
    Error::Tool { program, found, needed }
}

fn dialect(banner: &str) -> Option<Dialect> {
    if banner.starts_with("GNU assembler") {
        Some(Dialect::Gnu)
    } else if banner.contains("clang version") {
        Some(Dialect::Clang)
    } else {
        None
    }
}

/// A compiler driver's words for its assembler as the assembler wants them.
fn plain(user: &[String]) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = user.iter();
    while let Some(word) = rest.next() {
        if let Some(list) = word.strip_prefix("-Wa,") {
            words.extend(list.split(',').map(str::to_owned));
        } else if word == "-Xassembler" {
            words.extend(rest.next().cloned());
        } else if let Some(format) = word.strip_prefix("-gz") {
            words.push(format!("--compress-debug-sections{format}"));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_gnu_as() {
        let words = ["-Wa,--noexecstack,-L", "-gz=zlib", "-Xassembler", "-W"].map(str::to_owned);
        assert_eq!(plain(&words), ["--noexecstack", "-L", "--compress-debug-sections=zlib", "-W"]);
    }

    #[test]
    fn what_cannot_lay_out_bundles_is_refused() {
        let compiler = Compiler::find(&Options::default()).unwrap();
        let find = |name: &str| {
            let options = Options { assembler: Some(name.to_owned()), ..Options::default() };
            Assembler::find(&options, &compiler)
        };
        assert_eq!(find("as").unwrap().dialect(), Dialect::Gnu);
        let error = find("/bin/true").unwrap_err().to_string();
        assert!(error.starts_with("/bin/true: neither clang nor GNU as; needed is an assembler that knows"), "{error}");
        // As a clang that has lost them says.
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("clang");
        std::fs::write(&path, "#!/bin/sh\n[ \"$1\" = --version ] && echo clang version 22.0\n").unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let error = find(&path.to_string_lossy()).unwrap_err().to_string();
        assert!(error.contains("clang version 22.0 does not assemble `.bundle_align_mode`"), "{error}");
    }
}
