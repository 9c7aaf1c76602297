//! What can go wrong.

use crate::{
    Backtrace, Module,
    backtrace::{Origin, Site, Snapshot, printable},
};
use lfi_abi::layout::NULL_SIZE;
use lfi_linux::LoadError;
use lfi_runtime::{Error as RuntimeError, Registers, Sandbox as RuntimeSandbox, Signal, Trap};
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
    /// The library killed its process with a signal: `abort()`. The sandbox is
    /// dead.
    Killed(Box<Killed>),
    /// An [`Interrupter`](crate::Interrupter) has stopped the sandbox, which is dead now.
    Interrupted,
    /// The call took longer than it may
    /// ([`Sandbox::set_time_limit`](crate::Sandbox::set_time_limit)), or the sandbox's time
    /// was over ([`Limits`](crate::Limits)). The sandbox is dead.
    TimedOut,
    /// The sandbox has used the processor time that it may use
    /// ([`Sandbox::set_cpu_limit`](crate::Sandbox::set_cpu_limit), [`Limits`](crate::Limits)). It is dead.
    OutOfCpuTime,
    /// The library has no room for another thread.
    NoThread,
    /// The sandbox died in an earlier call.
    Dead,
    /// All instances that a pool may have are in use.
    PoolExhausted,
    /// A function was called in another sandbox than that which it belongs to, or
    /// a callback put another sandbox in place of the one that it ran in.
    OtherSandbox,
    /// The sandbox has as many callbacks as it can have.
    TooManyCallbacks,
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
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fault {
    /// What the processor reported, in the kernel's terms.
    pub signal: Signal,
    /// What happened.
    pub cause: Cause,
    /// Virtual address of the instruction, as in the module's ELF file. It is
    /// outside the module when a jump went astray.
    pub pc: u64,
    /// The function it is in and how far from its start, when the module has
    /// a symbol for it.
    pub function: Option<(String, u64)>,
    /// Address of the access, where the processor reports it. The lower 32 bits
    /// are the library's, the upper ones say where its sandbox is: all accesses are there.
    pub address: Option<u64>,
    /// All general registers at the fault.
    pub registers: Registers,
    origin: Origin,
}

/// What sort of fault it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The stack is used up: an access beyond its end.
    StackOverflow,
    /// An access through a null pointer, or less than 64 KiB behind it.
    NullPointer,
    /// An access to memory that is not there, or that does not allow it.
    Memory,
    /// A jump or a call to where no code is.
    Jump,
    /// Division by zero, or its like.
    Arithmetic,
    /// An instruction that is there to fault: `__builtin_trap()`, a failed
    /// check, a function that must not return.
    Instruction,
    /// A breakpoint.
    Breakpoint,
}

/// Accesses by the stack pointer reach this far from it.
const STACK_REACH: u64 = 64 << 10;

impl Cause {
    /// Why a trap happened, in a sandbox that has not gone on since.
    pub fn of(trap: &Trap, sandbox: &RuntimeSandbox) -> Self {
        let is_there = |address| sandbox.read(address, &mut [0]).is_ok();
        match (trap.signal, trap.address) {
            (Signal::Fpe, _) => Self::Arithmetic,
            (Signal::Ill, _) => Self::Instruction,
            (Signal::Trap, _) => Self::Breakpoint,
            (_, Some(address)) if address == trap.pc => Self::Jump,
            (_, Some(address)) if address.wrapping_sub(sandbox.base()) < NULL_SIZE => Self::NullPointer,
            (_, Some(address))
                if !is_there(address)
                    && (address.abs_diff(trap.registers.rsp) < STACK_REACH || !is_there(trap.registers.rsp)) =>
            {
                Self::StackOverflow
            }
            _ => Self::Memory,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StackOverflow => "stack overflow",
            Self::NullPointer => "null pointer",
            Self::Memory => "invalid access",
            Self::Jump => "jump to what is no code",
            Self::Arithmetic => "arithmetic error",
            Self::Instruction => "trap instruction",
            Self::Breakpoint => "breakpoint",
        })
    }
}

impl Fault {
    pub(crate) fn new(trap: &Trap, site: &Site<'_>, module: &Module) -> Self {
        let pc = trap.pc.wrapping_sub(site.start);
        let snapshot = Snapshot::new(site, trap.pc);
        Self {
            signal: trap.signal,
            cause: Cause::of(trap, site.sandbox),
            pc,
            function: module.function_at(pc),
            address: trap.address,
            registers: trap.registers,
            origin: Origin { snapshot, module: module.clone() },
        }
    }

    /// The calls that led to it. What is needed was kept when it happened; names
    /// and lines are looked up now, which may take milliseconds.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let file = lfi_filetest::library_with("
    /// #     __attribute__((noinline)) static void put(char *to, char c) { *to = c; }
    /// #     int store(char *to) { put(to, 'x'); return 1; }", &["-O1", "-g"]);
    /// # let engine = lfi::Engine::new(&lfi::Config::default())?;
    /// # let mut sandbox = lfi::Sandbox::new(&engine, &lfi::Module::open(file)?)?;
    /// let store = sandbox.func::<(u64,), i32>("store")?;
    /// let Err(lfi::Error::Fault(fault)) = store.call(&mut sandbox, (16,)) else { panic!() };
    /// let backtrace = fault.backtrace();
    /// let functions = backtrace.frames().iter().map(|frame| frame.function.as_deref());
    /// assert_eq!(functions.collect::<Vec<_>>(), [Some("put"), Some("store")]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn backtrace(&self) -> Backtrace {
        self.origin.backtrace()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.signal.name())?;
        if self.cause == Cause::StackOverflow {
            write!(f, " ({})", self.cause)?;
        }
        match &self.function {
            Some((name, offset)) => write!(f, " in {}+{offset:#x}", printable(name))?,
            None => write!(f, " at {:#x}", self.pc)?,
        }
        self.address.map_or(Ok(()), |address| write!(f, ", access to {address:#x}"))
    }
}

/// How a library killed itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Killed {
    /// The number that Linux gives the signal: 6 after `abort()`.
    pub signal: i32,
    origin: Origin,
}

impl Killed {
    pub(crate) fn new(signal: i32, site: &Site<'_>, module: &Module) -> Self {
        let snapshot = Snapshot::new(site, site.registers.rip);
        Self { signal, origin: Origin { snapshot, module: module.clone() } }
    }

    /// The calls that led to it, as [`Fault::backtrace`]: of the thread that killed
    /// the library, whether this call's or another.
    pub fn backtrace(&self) -> Backtrace {
        self.origin.backtrace()
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
            Self::Killed(killed) => write!(f, "the library killed itself with {}", Signal::name_of(killed.signal)),
            Self::Interrupted => f.write_str("the sandbox was stopped"),
            Self::TimedOut => f.write_str("the call took longer than it may"),
            Self::OutOfCpuTime => f.write_str("the sandbox has used the processor time that it may use"),
            Self::NoThread => f.write_str("the library has no room for another thread"),
            Self::Dead => f.write_str("the sandbox died in an earlier call"),
            Self::PoolExhausted => f.write_str("all instances of the pool are in use"),
            Self::OtherSandbox => f.write_str("the function belongs to another sandbox"),
            Self::TooManyCallbacks => f.write_str("the sandbox has as many callbacks as it can have"),
            Self::OutOfMemory => f.write_str("out of memory"),
            Self::Memory { address, len } => {
                write!(f, "{len} bytes at {address:#x} are not all accessible memory of the sandbox")
            }
            Self::Runtime(error) => error.fmt(f),
        }
    }
}

impl Error {
    /// The calls that led to it, where the library came to its end by a fault or a signal.
    pub fn backtrace(&self) -> Option<Backtrace> {
        match self {
            Self::Fault(fault) => Some(fault.backtrace()),
            Self::Killed(killed) => Some(killed.backtrace()),
            _ => None,
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
