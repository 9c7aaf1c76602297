//! The stock compiler: which one, and the options that the scheme needs.

use std::{
    fs,
    io::{self, Write},
    ops::RangeInclusive,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{STOCK_TARGET, search};
use crate::{
    error::{Error, Result},
    options::{Family, Options},
};

/// The compilers of each family, in order of preference.
const CLANGS: [&str; 2] = [TRUSTED, "clang"];
const GCCS: [&str; 2] = ["gcc-12", "gcc"];
/// The one that is taken for what its name says; others are asked.
const TRUSTED: &str = "clang-19";
const TRUSTED_VERSION: u32 = 19;

/// Versions that make assembly which rewriter and assembler know.
const CLANG_VERSIONS: RangeInclusive<u32> = 14..=22;
const GCC_VERSIONS: RangeInclusive<u32> = 11..=14;

/// What the scheme wants of every compilation and the user may still change.
const DEFAULTS: [&str; 2] = [
    "-D__LFI__=1",
    // Indirect calls reach multiples of 32 only. The rewriter aligns by itself
    // what needs it; this keeps the compiler's layout close to the final one.
    "-falign-functions=32",
];

/// What the scheme wants of every compilation, whatever the user says.
const FORCED: [&str; 5] = [
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
    "-fno-lto",
];

const FORCED_CLANG: [&str; 1] = ["-fno-addrsig"];

const FORCED_GCC: [&str; 3] = [
    // Returns and calls change %r11 and the flags, also those of functions
    // that gcc has seen not to.
    "-fno-ipa-ra",
    // A jump through memory needs a register, which the rewriter does not
    // always find: gcc does.
    "-mindirect-branch-register",
    // Lists of views name the numbers of lines as gcc counts them; the rewriter
    // leaves these out, and clang's assembler does not know them.
    "-gno-variable-location-views",
];

/// clang's assembler does not take gcc's `.file 0`.
const DEBUG_GCC: &str = "-gdwarf-4";

/// A stock compiler that fits.
#[derive(Clone, Debug)]
pub(crate) struct Compiler {
    pub(crate) path: PathBuf,
    pub(crate) family: Family,
    /// The major version.
    pub(crate) version: u32,
    /// Headers of the compiler's own, where they must be named.
    headers: Option<PathBuf>,
}

impl Compiler {
    /// Finds the compiler that `options` name, or the usual one.
    pub(crate) fn find(options: &Options) -> Result<Self> {
        let usual = match options.family {
            Family::Clang => CLANGS,
            Family::Gcc => GCCS,
        };
        let found = match &options.compiler {
            Some(name) => search(name),
            None => usual.iter().find_map(|name| search(name)),
        };
        let Some(path) = found else {
            let program = options.compiler.as_deref().unwrap_or(usual[0]).to_owned();
            return Err(unfit(program, "not found".to_owned()));
        };
        if path.file_name().is_some_and(|name| name == TRUSTED) {
            return Ok(Self { path, family: Family::Clang, version: TRUSTED_VERSION, headers: None });
        }
        let program = path.display().to_string();
        let answer = ask(&path).map_err(|error| Error::Start(program.clone(), error))?;
        let Some((family, version)) = parse(&answer) else {
            return Err(unfit(program, "not a clang or gcc for x86-64".to_owned()));
        };
        let (name, versions) = match family {
            Family::Clang => ("clang", CLANG_VERSIONS),
            Family::Gcc => ("gcc", GCC_VERSIONS),
        };
        if !versions.contains(&version) {
            let age = if version < *versions.start() { "too old" } else { "newer than what this driver knows" };
            return Err(unfit(program, format!("{name} {version} is {age}")));
        }
        let headers = match family {
            Family::Clang => None,
            Family::Gcc => Some(headers(&path).map_err(|error| Error::Start(program, error))?),
        };
        Ok(Self { path, family, version, headers })
    }

    /// An error if the compiler is not clang, in which the sources of the sysroot
    /// are written.
    pub(crate) fn must_be_clang(&self) -> Result {
        match self.family {
            Family::Clang => Ok(()),
            Family::Gcc => Err(Error::Tool {
                program: self.path.display().to_string(),
                found: "gcc compiles programs, not the sysroot".to_owned(),
                needed: "clang".to_owned(),
            }),
        }
    }

    /// What identifies the compiler: when it changes, so does this.
    pub(crate) fn identity(&self) -> String {
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let state = fs::metadata(&path).map(|data| (data.len(), data.modified().ok()));
        format!("{} {state:?}", path.display())
    }

    /// Words of every run on a C-family source: the user's, and around them
    /// what the scheme wants. `sysroot` has the headers.
    pub(crate) fn words(&self, sysroot: &Path, user: &[String]) -> Vec<String> {
        let mut words = Vec::new();
        if self.family == Family::Clang {
            words.extend([STOCK_TARGET.to_owned(), format!("--sysroot={}", sysroot.display())]);
        }
        words.extend(DEFAULTS.map(str::to_owned));
        words.extend_from_slice(user);
        words.extend(FORCED.map(str::to_owned));
        match self.family {
            Family::Clang => words.extend(FORCED_CLANG.map(str::to_owned)),
            Family::Gcc => {
                words.extend(FORCED_GCC.map(str::to_owned));
                words.extend(debugs(user).then(|| DEBUG_GCC.to_owned()));
            }
        }
        // gcc knows one layout of a sysroot, which is not ours.
        if let Some(headers) = self.headers.as_ref().filter(|_| !user.iter().any(|word| word == "-nostdinc")) {
            words.push("-nostdinc".to_owned());
            for dir in [&sysroot.join("include"), headers] {
                words.extend(["-isystem".to_owned(), dir.display().to_string()]);
            }
        }
        words
    }
}

fn unfit(program: String, found: String) -> Error {
    let [(clang, last_clang), (gcc, last_gcc)] =
        [CLANG_VERSIONS, GCC_VERSIONS].map(|versions| (*versions.start(), *versions.end()));
    let needed =
        format!("clang {clang} to {last_clang}, or gcc {gcc} to {last_gcc} (--lfi-compiler or LFI_CC names one)");
    Error::Tool { program, found, needed }
}

/// Has a compiler preprocess the macros that say what it is.
fn ask(compiler: &Path) -> io::Result<String> {
    let mut child = Command::new(compiler)
        .args(["-E", "-P", "-x", "c", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // A program that does not read is no compiler, which its answer tells.
        let _ = pipe.write_all(b"__clang_major__ __GNUC__ __x86_64__\n");
    }
    Ok(String::from_utf8_lossy(&child.wait_with_output()?.stdout).into_owned())
}

/// Family and version, from what has become of the macros.
fn parse(answer: &str) -> Option<(Family, u32)> {
    let words: Vec<&str> = answer.split_whitespace().collect();
    let &[clang, gcc, machine] = words.as_slice() else { return None };
    match (clang.parse(), gcc.parse()) {
        // For any machine: it is told which one.
        (Ok(version), _) => Some((Family::Clang, version)),
        (_, Ok(version)) if machine == "1" => Some((Family::Gcc, version)),
        _ => None,
    }
}

/// Where gcc's own headers are.
fn headers(gcc: &Path) -> io::Result<PathBuf> {
    let output = Command::new(gcc).arg("-print-file-name=include").stderr(Stdio::null()).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().into())
}

/// Whether the user's words ask for debugging information: the last one that
/// says anything of it counts.
fn debugs(user: &[String]) -> bool {
    let level = user.iter().rev().find_map(|word| match word.as_str() {
        "-g0" => Some(false),
        "-g" | "-g1" | "-g2" | "-g3" => Some(true),
        word => (word.starts_with("-ggdb") || word.starts_with("-gdwarf")).then_some(true),
    });
    level.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str) -> String {
        let options = Options { compiler: Some(name.to_owned()), ..Options::default() };
        Compiler::find(&options).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_known_compiler_is_refused() {
        let missing = find("/no/such/compiler");
        assert!(missing.starts_with("/no/such/compiler: not found; needed is clang 14 to 22, or gcc"), "{missing}");
        let other = find("/bin/true");
        assert!(other.starts_with("/bin/true: not a clang or gcc for x86-64; needed is"), "{other}");
    }

    #[test]
    fn old_and_new_compilers_are_refused_by_version() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cc");
        for (answer, expected) in [
            ("13 4 1", "clang 13 is too old"),
            ("99 4 1", "clang 99 is newer than what this driver knows"),
            ("__clang_major__ 8 1", "gcc 8 is too old"),
            ("__clang_major__ 99 1", "gcc 99 is newer than what this driver knows"),
            ("__clang_major__ 12 __x86_64__", "not a clang or gcc for x86-64"),
        ] {
            fs::write(&path, format!("#!/bin/sh\ncat > /dev/null\necho {answer}\n")).unwrap();
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            let error = find(&path.to_string_lossy());
            assert!(error.contains(expected), "{answer}: {error}");
        }
    }

    #[test]
    fn the_last_option_on_debugging_counts() {
        let debugs = |words: &str| debugs(&words.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for words in ["-g", "-O2 -ggdb3", "-g0 -gdwarf-5", "-g -gno-column-info"] {
            assert!(debugs(words), "{words}");
        }
        for words in ["-O2", "-g -g0", "-gz", "-grecord-gcc-switches"] {
            assert!(!debugs(words), "{words}");
        }
    }
}
