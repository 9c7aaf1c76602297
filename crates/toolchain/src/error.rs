//! Why the driver or the sysroot builder stopped.

use std::{fmt, io, path::PathBuf};

use lfi_rewriter::postlink::PostlinkError;

/// What every fallible function of this crate returns.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Why the driver or the sysroot builder stopped.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A command line that cannot be carried out.
    Usage(String),
    /// An option that asks for what a sandbox cannot give.
    Unsupported {
        /// The option as it was written.
        option: String,
        /// What to do instead.
        why: &'static str,
    },
    /// A file could not be read or written.
    Io(PathBuf, io::Error),
    /// A program could not be started.
    Start(String, io::Error),
    /// A program that has said itself what is wrong ended with this status.
    Failed {
        /// The program.
        program: String,
        /// Its exit status; 128 and the signal's number when it was killed.
        status: u8,
    },
    /// A compiler or an assembler that cannot be used, and what is needed.
    Tool {
        /// The program.
        program: String,
        /// What is wrong with it.
        found: String,
        /// What would do.
        needed: String,
    },
    /// There is no sysroot for these options.
    NoSysroot(PathBuf),
    /// Assembly that cannot be sandboxed; each line names file, line and reason.
    Rewrite(String),
    /// An input of the link that was not built by this toolchain, or otherwise.
    Foreign {
        /// The file, or `archive(member)`.
        input: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The linked program cannot be laid out.
    Postlink(PathBuf, PostlinkError),
}

impl Error {
    /// The exit status of the tool: 1 when the input was refused, 2 when the
    /// tool could not do its work; that of a program that failed is passed on.
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Unsupported { .. } | Self::Rewrite(_) | Self::Foreign { .. } => 1,
            Self::Io(..) | Self::Start(..) | Self::Tool { .. } | Self::NoSysroot(_) => 2,
            Self::Failed { status, .. } => *status,
            Self::Postlink(_, error) => {
                if error.is_refusal() {
                    1
                } else {
                    2
                }
            }
        }
    }

    /// Whether everything there is to say has been said already.
    pub fn is_silent(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Rewrite(message) => f.write_str(message),
            Self::Unsupported { option, why } => write!(f, "{option}: {why}"),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Start(program, error) => write!(f, "{program}: {error}"),
            Self::Failed { program, status } => write!(f, "{program} failed with status {status}"),
            Self::Tool { program, found, needed } => write!(f, "{program}: {found}; needed is {needed}"),
            Self::NoSysroot(path) => {
                write!(f, "{}: no sysroot there; `cargo xtask toolchain --all` builds them", path.display())
            }
            Self::Foreign { input, problem } => write!(f, "{input}: {problem}"),
            Self::Postlink(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(_, error) | Self::Start(_, error) => Some(error),
            Self::Postlink(_, error) => Some(error),
            _ => None,
        }
    }
}

/// Adds the path to an I/O error.
pub(crate) trait At<T> {
    /// `path: error`.
    fn at(self, path: impl Into<PathBuf>) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T> {
        self.map_err(|error| Error::Io(path.into(), error))
    }
}
