//! Makes compiler output sandboxable.
//!
//! [`rewrite`] turns GNU assembly, as compilers and libraries have it, into
//! assembly that keeps the rules of the sandbox; [`postlink`] finishes linked
//! files. Neither is trusted: what they make is checked by the verifier before
//! it runs.
//!
//! The rewriter never lets through what it does not know. A statement is either
//! rewritten by a rule of `spec/x64/rewriting.md`, or an error with its place.

mod directive;
mod error;
mod expr;
mod macros;
pub mod postlink;
mod section;
mod source;
mod symbols;
mod x64;

pub use error::{Error, Errors, Reason};
use lfi_abi::{Kind, Returns, Target};
use std::borrow::Cow;

/// What to rewrite for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Instruction set of the source.
    pub target: Target,
    /// Which accesses are sandboxed.
    pub kind: Kind,
    /// How functions return.
    pub returns: Returns,
    /// What the output is for.
    pub assembler: Assembler,
}

impl Default for Options {
    /// Everything is sandboxed, any number of threads may run, clang assembles.
    fn default() -> Self {
        Self { target: Target::X64, kind: Kind::Full, returns: Returns::Jump, assembler: Assembler::Clang }
    }
}

/// The assembler that the output is for. Both know bundles; only clang's (up
/// to version 21) can put a call at the end of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assembler {
    /// clang's integrated assembler.
    Clang,
    /// GNU as with its option `-mindex-reg`: correct, with more padding.
    Gnu,
}

/// Rewrites one file of assembly. `file_name` is for messages; line markers in
/// the source take precedence.
///
/// Takes time and memory linear in the size of the source.
///
/// # Errors
/// The first statements that cannot be rewritten, with their places.
pub fn rewrite(source: &str, file_name: &str, options: &Options) -> Result<String, Errors> {
    if u32::try_from(source.len()).is_err() {
        return Err(refuse(file_name, "files of 4 GiB and more are not supported"));
    }
    match options.target {
        Target::X64 => x64::rewrite(source, file_name, options),
        Target::Arm64 | Target::Riscv64 => Err(refuse(file_name, "only x64 is supported so far")),
    }
}

/// [`rewrite`] for the bytes of a file. Comments may hold anything (clang shows
/// the characters of `.byte` in some); all else must be UTF-8.
///
/// # Errors
/// As [`rewrite`].
pub fn rewrite_bytes(source: &[u8], file_name: &str, options: &Options) -> Result<String, Errors> {
    let text = String::from_utf8_lossy(source);
    let out = rewrite(&text, file_name, options)?;
    // What is not UTF-8 has become this character; comments are gone.
    if matches!(text, Cow::Owned(_)) && out.contains(char::REPLACEMENT_CHARACTER) {
        return Err(refuse(file_name, "a statement is not UTF-8"));
    }
    Ok(out)
}

/// The error of a whole file.
fn refuse(file_name: &str, why: &'static str) -> Errors {
    let reason = Reason::Unsupported(why);
    Errors(vec![Error { file: file_name.to_owned(), line: 1, statement: String::new(), reason }])
}
