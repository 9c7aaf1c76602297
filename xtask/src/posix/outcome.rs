//! What came of a test, as the suite's result codes say it.

use std::{fmt, os::unix::process::ExitStatusExt, process::ExitStatus};

use crate::limit;

/// The result of one build of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Pass,
    Fail,
    /// Something that it needs did not work.
    Unresolved,
    /// It is about an option of POSIX that is not there.
    Unsupported,
    Untested,
    /// It took longer than the limit.
    Hung,
    Signal(i32),
    /// No code of the suite's.
    Status(i32),
    NotBuilt,
}

impl From<ExitStatus> for Outcome {
    /// `status` is that of timeout(1), which ends as the program does. `lfi-run` shows a signal as a shell does.
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            _ if limit::expired(status) => Self::Hung,
            (Some(0), _) => Self::Pass,
            (Some(1), _) => Self::Fail,
            (Some(2), _) => Self::Unresolved,
            (Some(4), _) => Self::Unsupported,
            (Some(5), _) => Self::Untested,
            (Some(code), _) if code > 128 => Self::Signal(code - 128),
            (Some(code), _) => Self::Status(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.pad("pass"),
            Self::Fail => f.pad("fail"),
            Self::Unresolved => f.pad("unresolved"),
            Self::Unsupported => f.pad("unsupported"),
            Self::Untested => f.pad("untested"),
            Self::Hung => f.pad("hung"),
            Self::Signal(signal) => f.pad(&format!("signal {signal}")),
            Self::Status(status) => f.pad(&format!("status {status}")),
            Self::NotBuilt => f.pad("not built"),
        }
    }
}

/// What came of a test, natively and in the sandbox.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) native: Outcome,
    pub(super) sandboxed: Outcome,
}

impl Pair {
    /// The sandboxed test came to another result, and not to a better one.
    pub(super) fn differs(&self) -> bool {
        self.sandboxed != self.native && self.sandboxed != Outcome::Pass
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} natively, {} in the sandbox", self.native, self.sandboxed)
    }
}
