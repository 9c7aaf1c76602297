//! A process: one sandbox, one context, and what system calls change.
//!
//! A program runs to its end ([`Process::run`]). A library is started, comes
//! back, and is then called: its host prepares the context and lets it go on
//! ([`Process::resume`]), again and again.

use crate::{
    call::signal::Signals,
    fs::{Files, Mounts},
    host::WriteSignalsBlocked,
    load::{self, LoadError, Module, Policy},
    memory::Memory,
    table, trace,
};
use lfi_abi::layout::MODULE_OFFSET;
use lfi_runtime::{Context, Engine, Error, Exit, Sandbox, Trap};
use std::{ffi::CString, time::Instant};

/// Size of the buffer that bulk data passes through: the largest piece of `call/file.rs`.
const BUFFER: usize = 1 << 20;

/// What a program is started with.
#[derive(Debug, Default)]
pub struct Setup {
    /// Argument vector; the first is the program's name.
    pub arguments: Vec<CString>,
    /// Environment, each `NAME=value`.
    pub environment: Vec<CString>,
    /// The directories it sees.
    pub mounts: Mounts,
    /// Working directory, absolute, as the sandbox names it; `/` by default.
    pub directory: Option<CString>,
    /// Give it the host's standard input, output and error. Without them it
    /// reads nothing, and what it writes is dropped.
    pub standard_streams: bool,
    /// Print every system call to standard error.
    pub trace: bool,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It exited with this status (0 to 255).
    Exited(i32),
    /// It sent itself a signal that kills; the field is the signal's number.
    Signalled(i32),
    /// A fault killed it.
    Trapped(Trap),
}

impl Status {
    /// The exit status that a shell would show: 128 + signal for a killed one.
    pub fn code(self) -> i32 {
        match self {
            Self::Exited(code) => code,
            Self::Signalled(signal) => 128 + signal,
            Self::Trapped(trap) => 128 + trap.signal.number(),
        }
    }
}

/// Why sandboxed code stopped running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It came back to its host: a call has ended.
    Returned,
    /// The process has ended, and cannot go on.
    Ended(Status),
}

/// A running program. Dropping it gives back everything it held.
#[derive(Debug)]
pub struct Process {
    pub(crate) sandbox: Sandbox,
    pub(crate) context: Context,
    pub(crate) memory: Memory,
    pub(crate) files: Files,
    pub(crate) signals: Signals,
    pub(crate) umask: u32,
    pub(crate) started: Instant,
    /// Set by the calls that end the program.
    pub(crate) ended: Option<Status>,
    pub(crate) trace: bool,
    /// Where bulk data passes through.
    pub(crate) buffer: Vec<u8>,
}

impl Process {
    /// Loads a program, verified as `policy` demands, ready to run.
    ///
    /// # Errors
    /// When the module is refused, or the host lacks something.
    pub fn new(engine: &Engine, module: &Module<'_>, policy: Policy, setup: Setup) -> Result<Self, LoadError> {
        let sandbox = engine.sandbox(module.note().returns).map_err(LoadError::Runtime)?;
        let files = Files::new(setup.mounts, setup.directory.as_deref(), setup.standard_streams)
            .map_err(LoadError::Directory)?;
        let (memory, context) = load::load(&sandbox, module, policy, &setup.arguments, &setup.environment)?;
        // All that it will need: later there may be no memory, and no way to say so.
        let mut buffer = Vec::new();
        buffer
            .try_reserve_exact(BUFFER)
            .map_err(|_| LoadError::Runtime(Error::Host("malloc", std::io::Error::from_raw_os_error(libc::ENOMEM))))?;
        Ok(Self {
            sandbox,
            context,
            memory,
            files,
            signals: Signals::default(),
            umask: 0o022,
            started: Instant::now(),
            ended: None,
            trace: setup.trace,
            buffer,
        })
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// When the host cannot enter the sandbox; nothing that the program does
    /// is an error here.
    pub fn run(&mut self) -> Result<Status, Error> {
        match self.resume()? {
            Stop::Ended(status) => Ok(status),
            // The layer gave the program no code that returns to the host; it did so by itself.
            Stop::Returned => {
                let low = self.context.registers().rax & 0xff;
                Ok(Status::Exited(low as i32))
            }
        }
    }

    /// Runs the context until it returns to the host or the process ends. A
    /// process that has ended stays so: it is not entered again.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn resume(&mut self) -> Result<Stop, Error> {
        let _blocked = WriteSignalsBlocked::new();
        loop {
            if let Some(status) = self.ended {
                return Ok(Stop::Ended(status));
            }
            let exit = self.sandbox.enter(&mut self.context)?;
            if let Some(stop) = self.deal_with(exit) {
                return Ok(stop);
            }
        }
    }

    /// Deals with an exit of a context that nobody has run but the caller.
    pub(crate) fn answer(&mut self, exit: Exit) -> Option<Stop> {
        let _blocked = WriteSignalsBlocked::new();
        self.deal_with(exit)
    }

    /// Answers a system call, or says why the context stops.
    fn deal_with(&mut self, exit: Exit) -> Option<Stop> {
        match exit {
            Exit::SystemCall => self.system_call(),
            Exit::Return => return Some(Stop::Returned),
            Exit::Trap(trap) => self.ended = Some(Status::Trapped(trap)),
        }
        None
    }

    /// The sandbox that the process lives in.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The registers as the process left them.
    #[inline]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The registers that the process goes on with. All values are safe.
    #[inline]
    pub fn context_mut(&mut self) -> &mut Context {
        &mut self.context
    }

    /// Whether it has ended: it cannot go on then.
    #[inline]
    pub fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Where virtual address 0 of its module is.
    pub fn module_start(&self) -> u64 {
        self.sandbox.base() + MODULE_OFFSET
    }

    /// Base of the sandbox's slot: addresses in traps are relative to it.
    pub fn base(&self) -> u64 {
        self.sandbox.base()
    }

    fn system_call(&mut self) {
        let registers = self.context.registers();
        // The kernel looks at the low half only.
        let number = registers.rax & 0xffff_ffff;
        let arguments = [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9];
        // Before the call, which may change what the arguments point to.
        let line = self.trace.then(|| trace::call(self, number, &arguments));
        let result = table::dispatch(self, number, &arguments);
        if let Some(line) = line {
            trace::print(&line, (self.ended.is_none()).then_some(result));
        }
        // Errors are small negative numbers (syscalls(2)).
        self.context.registers_mut().rax = match result {
            Ok(value) => value,
            Err(errno) => i64::from(-errno.raw_os_error()).cast_unsigned(),
        };
    }
}
