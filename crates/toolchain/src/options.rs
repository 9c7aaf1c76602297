//! The driver's own options: each as a flag and as an environment variable.

use std::{
    env,
    path::{Path, PathBuf},
};

use lfi_abi::{Kind, Returns};

use crate::error::{Error, Result};

/// What `--help` says of them.
pub(crate) const HELP: &str = "\
options of its own, each also from the environment (a flag wins):
  --lfi-kind=full|stores|jumps  which accesses are confined (LFI_KIND)
  --lfi-returns=jump|ret        how functions return (LFI_RETURNS)
  --lfi-compiler=NAME           the stock compiler, a clang or gcc: a name or a path; also
                                as --compiler=NAME (LFI_CC)
  --lfi-assembler=NAME          the assembler: a clang that knows bundles, or GNU as (LFI_AS)
  --lfi-sysroot=DIR             headers and libraries, as --sysroot (LFI_SYSROOT)
  --lfi-library                 link a library that a host loads and calls, not a program:
                                no main, and the functions of the given files are exported
  --lfi-emit=stock              with -c or -S: the stock compiler's assembly, not sandboxed
  --lfi-emit=native             native objects and programs, by the same compiler, flags and
                                C library: what a sandboxed build is compared with
from the environment only:
  LFI_LD                        the linker (ld.lld-19)
  LFI_CACHE_DIR                 keep the stock compiler's output there and use it again
  LFI_STATISTICS                a file to which a line is added for each source that is rewritten:
                                its lines, bytes, and the seconds that the rewriting took";

/// What the driver makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emit {
    /// What may run in a sandbox.
    #[default]
    Sandboxed,
    /// The stock compiler's assembly, in place of object files.
    Stock,
    /// Everything as it would be without the rewriter and the post-linker.
    Native,
}

/// The compilers that the driver knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// LLVM's.
    #[default]
    Clang,
    /// GNU's.
    Gcc,
}

/// How the driver works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which accesses are confined to the sandbox.
    pub kind: Kind,
    /// How functions return.
    pub returns: Returns,
    /// A sysroot, or a directory of sysroots by kind and form of return.
    pub sysroot: Option<PathBuf>,
    /// Which compiler is looked for when `compiler` names none.
    pub family: Family,
    /// The stock compiler, by name or path.
    pub compiler: Option<String>,
    /// The assembler, by name or path.
    pub assembler: Option<String>,
    /// The linker, when it is not the usual one.
    pub linker: Option<String>,
    /// Where the stock compiler's output is kept.
    pub cache: Option<PathBuf>,
    /// Where to say what the rewriter had to do.
    pub statistics: Option<PathBuf>,
    /// Link a library for a host to call, in place of a program.
    pub library: bool,
    /// What to make.
    pub emit: Emit,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kind: Kind::Full,
            returns: Returns::Jump,
            sysroot: None,
            family: Family::Clang,
            compiler: None,
            assembler: None,
            linker: None,
            cache: None,
            statistics: None,
            library: false,
            emit: Emit::Sandboxed,
        }
    }
}

impl Options {
    /// What the environment says. Empty variables are as unset ones.
    pub fn from_environment() -> Result<Self> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let mut options = Self {
            sysroot: variable("LFI_SYSROOT").map(PathBuf::from),
            compiler: variable("LFI_CC"),
            assembler: variable("LFI_AS"),
            linker: variable("LFI_LD"),
            cache: variable("LFI_CACHE_DIR").map(PathBuf::from),
            statistics: variable("LFI_STATISTICS").map(PathBuf::from),
            ..Self::default()
        };
        if let Some(value) = variable("LFI_KIND") {
            options.kind = value.parse().map_err(|error| Error::Usage(format!("LFI_KIND={value}: {error}")))?;
        }
        if let Some(value) = variable("LFI_RETURNS") {
            options.returns = value.parse().map_err(|error| Error::Usage(format!("LFI_RETURNS={value}: {error}")))?;
        }
        Ok(options)
    }

    /// Takes one flag; says whether it is one of ours.
    pub(crate) fn flag(&mut self, word: &str) -> Result<bool> {
        let rest = word
            .strip_prefix("--lfi-")
            .or_else(|| word.strip_prefix("--").filter(|rest| rest.starts_with("compiler=")));
        let Some(rest) = rest else { return Ok(false) };
        let (name, value) = rest.split_once('=').unwrap_or((rest, ""));
        let bad = |error: &dyn std::fmt::Display| Error::Usage(format!("{word}: {error}"));
        match name {
            "kind" => self.kind = value.parse().map_err(|error| bad(&error))?,
            "returns" => self.returns = value.parse().map_err(|error| bad(&error))?,
            "library" if value.is_empty() => self.library = true,
            "compiler" | "assembler" if value.is_empty() => return Err(bad(&"a name or a path is missing")),
            "compiler" => self.compiler = Some(value.to_owned()),
            "assembler" => self.assembler = Some(value.to_owned()),
            "sysroot" => self.sysroot = Some(value.into()),
            "emit" if value == "stock" => self.emit = Emit::Stock,
            "emit" if value == "native" => self.emit = Emit::Native,
            _ => return Err(bad(&"no such option; see --help")),
        }
        Ok(true)
    }

    /// Takes the name by which the driver was called: `...-gcc` looks for gcc.
    pub(crate) fn called(&mut self, program: &Path) {
        if program.file_name().is_some_and(|name| name.to_string_lossy().ends_with("gcc")) {
            self.family = Family::Gcc;
        }
    }

    /// The sysroot: the one named, or the one installed beside the driver
    /// (`bin/../sysroot`). A directory that holds one for each kind and form
    /// of return may be named instead. Not checked to exist.
    pub fn sysroot(&self) -> PathBuf {
        let pair = match self.emit {
            Emit::Native => "x64-native".to_owned(),
            Emit::Sandboxed | Emit::Stock => format!("x64-{}-{}", self.kind, self.returns),
        };
        match &self.sysroot {
            Some(dir) if dir.join(&pair).is_dir() => dir.join(pair),
            Some(dir) => dir.clone(),
            None => {
                let program = env::current_exe().and_then(|path| path.canonicalize()).unwrap_or_default();
                let root = program.parent().and_then(Path::parent).unwrap_or(Path::new("/"));
                root.join("sysroot").join(pair)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiler_and_assembler_are_named_apart() {
        let mut options = Options::default();
        options.called(Path::new("/bin/x86_64-lfi-linux-musl-clang"));
        assert_eq!(options.family, Family::Clang);
        options.called(Path::new("/bin/x86_64-lfi-linux-musl-gcc"));
        assert_eq!((options.family, &options.compiler), (Family::Gcc, &None));
        for (word, compiler, assembler) in [
            ("--compiler=gcc-12", Some("gcc-12"), None),
            ("--lfi-compiler=/bin/clang", Some("/bin/clang"), None),
            ("--lfi-assembler=as", None, Some("as")),
        ] {
            let mut options = Options::default();
            assert!(options.flag(word).unwrap());
            assert_eq!((options.compiler.as_deref(), options.assembler.as_deref()), (compiler, assembler), "{word}");
        }
        assert!(!Options::default().flag("--compiler-flag=x").unwrap());
        assert!(Options::default().flag("--lfi-compiler=").is_err());
    }
}
