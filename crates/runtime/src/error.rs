//! What can go wrong outside a sandbox.

use crate::{OutOfRange, Signal};
use lfi_verifier::Violation;

/// Why the engine or a sandbox could not do something.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The processor or kernel lacks something; the field says what.
    Unsupported(&'static str),
    /// No slot is free.
    NoSlot,
    /// The sandbox would use more mappings of the host than it may: see
    /// [`crate::Config::mappings`].
    TooManyMappings,
    /// All sandboxes of the process together would use more mappings of the
    /// host than three quarters of the sysctl `vm.max_map_count`.
    MapCount {
        /// The sysctl's value when the engine was made.
        limit: usize,
        /// The least value with which there would have been room.
        needed: usize,
    },
    /// A system call of the host failed; the first field names it.
    Host(&'static str, std::io::Error),
    /// A signal has a handler without `SA_ONSTACK`, which would run on the
    /// sandbox's stack. The field is the signal's number.
    HandlerOnSandboxStack(i32),
    /// The thread runs on its alternate signal stack (it is in a handler).
    InSignalHandler,
    /// Something else is using the sandbox, which is exclusive or would have to be.
    Busy,
    /// An address from the sandbox is not the sandbox's own.
    OutOfRange,
    /// A range that must be made of whole pages is not.
    Unaligned,
    /// The range holds published or retired code.
    Code,
    /// The sandbox has code of another kind already.
    OtherKind,
    /// The code returns in another form than the sandbox's code may.
    OtherReturns,
    /// The code sees or changes state of the processor (AVX-512 registers, control
    /// words, ...) that no code in the sandbox did when a context was first
    /// entered, so that it was not cleared or kept.
    LateCode,
    /// The sandbox is stopped.
    Stopped,
    /// Memory in the range is not accessible.
    Fault,
    /// There is no snapshot to go back to.
    NoSnapshot,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unsupported(what) => write!(f, "not supported here: {what}"),
            Self::TooManyMappings => f.write_str("the budget of mappings is used up"),
            Self::MapCount { limit, needed } => write!(
                f,
                "the sandboxes need more mappings than three quarters of the sysctl vm.max_map_count, which is {limit}: at least {needed} is needed"
            ),
            Self::NoSlot => f.write_str("no sandbox slot is free"),
            Self::Host(call, error) => {
                write!(f, "{call}: {error}")?;
                if *call == "mmap" && error.raw_os_error() == Some(libc::ENOMEM) {
                    f.write_str(
                        " (if memory is left, the limit is the sysctl vm.max_map_count or the resource limit of address space)",
                    )?;
                }
                Ok(())
            }
            Self::HandlerOnSandboxStack(signal) => write!(
                f,
                "the handler of signal {signal} ({}) is installed without SA_ONSTACK and would run on a sandbox's stack",
                Signal::name_of(*signal)
            ),
            Self::InSignalHandler => f.write_str("a sandbox cannot be entered from a signal handler"),
            Self::Busy => f.write_str("something else is using the sandbox"),
            Self::OutOfRange => OutOfRange.fmt(f),
            Self::Unaligned => f.write_str("not a range of whole pages"),
            Self::Code => f.write_str("the range holds code"),
            Self::OtherKind => f.write_str("the sandbox has code of another kind"),
            Self::OtherReturns => f.write_str("the code returns in another form than this sandbox allows"),
            Self::LateCode => f.write_str(
                "code that changes more of the processor's state must be published before the sandbox is first entered",
            ),
            Self::Stopped => f.write_str("the sandbox is stopped"),
            Self::Fault => f.write_str("memory not accessible"),
            Self::NoSnapshot => f.write_str("no snapshot was taken of the sandbox"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Host(_, error) => Some(error),
            _ => None,
        }
    }
}

impl From<OutOfRange> for Error {
    fn from(_: OutOfRange) -> Self {
        Self::OutOfRange
    }
}

/// Why code was not published.
#[derive(Debug)]
#[non_exhaustive]
pub enum PublishError {
    /// The verifier refused it.
    Rejected(Violation),
    /// It could not be placed.
    Runtime(Error),
}

impl std::fmt::Display for PublishError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rejected(v) => write!(f, "slot offset {:#x}: {} [{}]", v.offset, v.rule.message(), v.rule.id()),
            Self::Runtime(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PublishError {}

impl From<Error> for PublishError {
    fn from(error: Error) -> Self {
        Self::Runtime(error)
    }
}

impl From<OutOfRange> for PublishError {
    fn from(_: OutOfRange) -> Self {
        Self::Runtime(Error::OutOfRange)
    }
}
