//! A process: one sandbox, and what its threads share.
//!
//! Each part has the lock that it needs, inside it or here, and no lock is held
//! over a call of the host that could block.

use crate::{
    audit::Auditor,
    call::signal::Actions,
    fs::Files,
    memory::Memory,
    policy::{Policy, Source},
    snapshot::Snapshot,
};
use lfi_abi::layout::MODULE_OFFSET;
use lfi_runtime::{Sandbox, Trap};
use std::{
    ffi::CString,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, atomic::AtomicU32},
    time::Instant,
};

/// What a program is started with.
#[derive(Debug, Default)]
pub struct Setup {
    /// Argument vector; the first is the program's name.
    pub arguments: Vec<CString>,
    /// What it is given.
    pub policy: Policy,
    /// Print every system call to standard error.
    pub trace: bool,
    /// Who is told about system calls.
    pub auditor: Option<Arc<dyn Auditor>>,
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

/// What the threads of a program share.
#[derive(Debug)]
pub struct Process {
    pub(crate) sandbox: Sandbox,
    pub(crate) memory: Mutex<Memory>,
    pub(crate) files: Files,
    pub(crate) policy: Policy,
    pub(crate) random: Source,
    pub(crate) actions: Mutex<Actions>,
    pub(crate) umask: AtomicU32,
    pub(crate) started: Instant,
    /// How it ended.
    pub(crate) ended: OnceLock<Status>,
    pub(crate) watch: Watch,
    /// What [`Thread::reset`](crate::Thread::reset) goes back to.
    pub(crate) snapshot: Option<Box<Snapshot>>,
}

/// Who sees the system calls of a process.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) trace: bool,
    pub(crate) auditor: Option<Arc<dyn Auditor>>,
}

impl Process {
    /// A process in whose sandbox `memory` is mapped.
    pub(crate) fn new(
        sandbox: Sandbox,
        memory: Memory,
        files: Files,
        policy: Policy,
        random: Source,
        watch: Watch,
    ) -> Self {
        Self {
            sandbox,
            memory: Mutex::new(memory),
            files,
            policy,
            random,
            actions: Mutex::default(),
            umask: AtomicU32::new(0o022),
            started: Instant::now(),
            ended: OnceLock::new(),
            watch,
            snapshot: None,
        }
    }

    /// The sandbox that the process lives in.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// What is mapped. Held while mappings change, so that what is written here
    /// is what is there.
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        lock(&self.memory)
    }

    /// Where virtual address 0 of its module is.
    pub fn module_start(&self) -> u64 {
        self.sandbox.base() + MODULE_OFFSET
    }

    /// Base of the sandbox's slot: addresses in traps are relative to it.
    pub fn base(&self) -> u64 {
        self.sandbox.base()
    }

    /// How it has ended: it cannot go on then.
    #[inline]
    pub fn ended(&self) -> Option<Status> {
        self.ended.get().copied()
    }

    /// Ends it. What ended it first counts.
    pub(crate) fn end(&self, status: Status) {
        let _ = self.ended.set(status);
    }
}

/// What a thread has of its process. That of an exclusive sandbox is the
/// thread's alone, and there is never a second one.
#[derive(Debug)]
pub(crate) enum Holder {
    Alone(Box<Process>),
    Shared(Arc<Process>),
}

impl Holder {
    /// The process, if nobody else has it.
    pub(crate) fn alone(&mut self) -> Option<&mut Process> {
        match self {
            Self::Alone(process) => Some(process),
            Self::Shared(process) => Arc::get_mut(process),
        }
    }
}

impl Deref for Holder {
    type Target = Process;

    #[inline]
    fn deref(&self) -> &Process {
        match self {
            Self::Alone(process) => process,
            Self::Shared(process) => process,
        }
    }
}

/// Locks what is consistent after every statement that could panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
