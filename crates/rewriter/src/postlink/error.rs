//! Why a file was not processed.

use std::{fmt, io};

use lfi_abi::note::NoteError;

/// Why a file was not processed. Whatever the reason, the file is unchanged.
#[derive(Debug)]
#[non_exhaustive]
pub enum PostlinkError {
    /// The file could not be read or replaced.
    Io(io::Error),
    /// The file is broken: the part (a section, a header) and what is wrong there.
    Broken {
        /// The section or header.
        part: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A sound ELF file, but not of a sort that LFI modules are.
    NotAModule(&'static str),
    /// The file carries no note of ours.
    NoNote,
    /// A note that this version cannot use.
    Note(NoteError),
    /// Two object files were built to different rules.
    NotesDisagree {
        /// The field: `kind`, `returns`, `target`.
        field: &'static str,
        /// Its value in the first note.
        first: &'static str,
        /// Its value in another one.
        other: &'static str,
    },
    /// A module that was linked in a way the post-linker cannot work with.
    Linking {
        /// The section or segment.
        part: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Code that is not what the rewriter and the assembler produce.
    Code {
        /// Its address in the file.
        address: u64,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl PostlinkError {
    /// Whether the file was refused for what it is, rather than unreadable or broken.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Io(_) | Self::Broken { .. })
    }

    pub(super) fn broken(part: impl Into<String>, problem: impl ToString) -> Self {
        Self::Broken { part: part.into(), problem: problem.to_string() }
    }

    pub(super) fn linking(part: impl Into<String>, problem: &'static str) -> Self {
        Self::Linking { part: part.into(), problem }
    }
}

impl fmt::Display for PostlinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Broken { part, problem } => write!(f, "broken file: {part}: {problem}"),
            Self::NotAModule(what) => write!(f, "not an LFI module: {what}"),
            Self::NoNote => f.write_str("not built by the LFI toolchain: no .note.lfi"),
            Self::Note(error) => write!(f, ".note.lfi: {error}"),
            Self::NotesDisagree { field, first, other } => {
                write!(f, "object files disagree: {field} is {first} in one and {other} in another")
            }
            Self::Linking { part, problem } => write!(f, "{part}: {problem}"),
            Self::Code { address, problem } => write!(f, "{address:#x}: {problem}"),
        }
    }
}

impl std::error::Error for PostlinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Note(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for PostlinkError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
