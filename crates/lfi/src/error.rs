//! What can go wrong.

use lfi_linux::LoadError;
use lfi_runtime::{Error as RuntimeError, Registers, Signal};
use std::{fmt, io, path::PathBuf};

/// Why something could not be done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    File(PathBuf, io::Error),
    /// A module was refused.
    Load(LoadError),
    /// The module was not linked with `--lfi-library`.
    NotLibrary,
    /// The library exports no such function.
    NoFunction(String),
    /// A fault inside the sandbox, which is dead now.
    Fault(Box<Fault>),
    /// The library ended its process with this status: `exit()` in a library.
    /// The sandbox is dead.
    Exited(i32),
    /// The library killed its process with this signal: 6 after `abort()`. The
    /// sandbox is dead.
    Killed(i32),
    /// The sandbox died in an earlier call.
    Dead,
    /// A function was called in another sandbox than that which it belongs to.
    OtherSandbox,
    /// The sandbox's allocator, or the host's for what is to be copied out,
    /// has no more memory.
    OutOfMemory,
    /// Some of this memory is not the sandbox's own, or is not accessible.
    Memory {
        /// Where it begins.
        address: u64,
        /// How long it is, in bytes.
        len: usize,
    },
    /// The runtime could not do its part.
    Runtime(RuntimeError),
}

/// A fault inside a sandbox: a wild pointer, a division by zero, the end of the
/// stack.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What happened.
    pub signal: Signal,
    /// Virtual address of the instruction, as in the module's ELF file. It is
    /// outside the module when a jump went astray.
    pub pc: u64,
    /// The function it is in and how far from its start, when the module has
    /// a symbol for it.
    pub function: Option<(String, u64)>,
    /// Address of the access, where the processor reports it.
    pub address: Option<u64>,
    /// All general registers at the fault.
    pub registers: Registers,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.signal.name())?;
        match &self.function {
            // The name is the library's: it could hold anything.
            Some((name, offset)) => write!(f, " in {}+{offset:#x}", name.escape_debug())?,
            None => write!(f, " at {:#x}", self.pc)?,
        }
        self.address.map_or(Ok(()), |address| write!(f, ", access to {address:#x}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Load(error) => error.fmt(f),
            Self::NotLibrary => f.write_str("not a library: link with --lfi-library"),
            Self::NoFunction(name) => write!(f, "the library exports no function {name}"),
            Self::Fault(fault) => fault.fmt(f),
            Self::Exited(status) => write!(f, "the library exited with status {status}"),
            Self::Killed(signal) => write!(f, "the library killed itself with {}", Signal::name_of(*signal)),
            Self::Dead => f.write_str("the sandbox died in an earlier call"),
            Self::OtherSandbox => f.write_str("the function belongs to another sandbox"),
            Self::OutOfMemory => f.write_str("out of memory"),
            Self::Memory { address, len } => {
                write!(f, "{len} bytes at {address:#x} are not all accessible memory of the sandbox")
            }
            Self::Runtime(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl From<RuntimeError> for Error {
    fn from(error: RuntimeError) -> Self {
        Self::Runtime(error)
    }
}
