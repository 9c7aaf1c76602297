//! Why a command ended early: a sentence for a person, and the exit status.

use std::{fmt, io, path::Path};

/// What every fallible function of xtask returns.
pub(crate) type Result<T = ()> = std::result::Result<T, Failure>;

/// A failed command. Displayed as one message.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    message: String,
    status: u8,
}

impl Failure {
    /// Something that was tried gave the wrong result: exit status 1.
    pub(crate) fn wrong(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: 1 }
    }

    /// It could not be tried: exit status 2.
    pub(crate) fn could_not(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: 2 }
    }

    /// The exit status of the process.
    pub(crate) fn status(&self) -> u8 {
        self.status
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Adds what was being done to an I/O error.
pub(crate) trait Context<T> {
    /// `path: error`.
    fn at(self, path: &Path) -> Result<T>;
}

impl<T> Context<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T> {
        self.map_err(|error| Failure::could_not(format!("{}: {error}", path.display())))
    }
}
