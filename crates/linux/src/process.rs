//! A process: one sandbox, and what its threads share.
//!
//! Each part has the lock that it needs, inside it or here, and no lock is held
//! over a call of the host that could block.

use crate::{
    audit::Auditor,
    fs::Files,
    limits::{CpuTime, FileSize, LifeTime, Resources},
    memory::Memory,
    policy::{Policy, Source},
    queue::Queues,
    signal::{Actions, Pending, Timers},
    snapshot::Snapshot,
    thread::Thread,
    threads::Threads,
};
use lfi_abi::layout::MODULE_OFFSET;
use lfi_runtime::{Error, Interrupter as SandboxInterrupter, Registers, Sandbox, Trap};
use std::{
    ffi::CString,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU32},
    },
    time::{Duration, Instant},
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
    /// Its host stopped it.
    Interrupted,
    /// Its time was over.
    TimedOut,
    /// It has used the processor time that it may use.
    OutOfCpuTime,
}

impl Status {
    /// The exit status that a shell would show: 128 + signal for a killed one.
    pub fn code(self) -> i32 {
        match self {
            Self::Exited(code) => code,
            Self::Signalled(signal) => 128 + signal,
            Self::Trapped(trap) => 128 + trap.signal.number(),
            Self::Interrupted | Self::TimedOut | Self::OutOfCpuTime => 128 + libc::SIGKILL,
        }
    }
}

/// What a process uses, and has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Threads, with those that the host runs.
    pub threads: usize,
    /// Calls of its functions that the host has made.
    pub calls: u64,
    /// System calls that the layer has answered.
    pub system_calls: u64,
    /// Bytes of its address space that are mapped.
    pub memory: u64,
    /// Open descriptors.
    pub descriptors: usize,
}

/// What the threads of a program share.
#[derive(Debug)]
pub struct Process {
    pub(crate) sandbox: Sandbox,
    pub(crate) memory: Mutex<Memory>,
    pub(crate) files: Files,
    pub(crate) policy: Policy,
    pub(crate) random: Source,
    pub(crate) pending: Arc<Pending>,
    pub(crate) timers: Timers,
    pub(crate) queues: Queues,
    pub(crate) cpu_time: CpuTime,
    pub(crate) file_size: FileSize,
    pub(crate) resources: Resources,
    pub(crate) life_time: LifeTime,
    pub(crate) umask: AtomicU32,
    /// Registered for barriers between its threads, membarrier(2).
    pub(crate) barriers: AtomicBool,
    pub(crate) started: Instant,
    pub(crate) threads: Threads,
    pub(crate) interrupter: Interrupter,
    pub(crate) runner: Runner,
    pub(crate) watch: Watch,
    /// What [`Thread::reset`](crate::Thread::reset) goes back to.
    pub(crate) snapshot: Option<Box<Snapshot>>,
}

/// What runs the threads that the process makes; without it they are just resumed.
#[derive(Default)]
pub(crate) struct Runner(OnceLock<RunThread>);

type RunThread = Box<dyn Fn(Thread) + Send + Sync>;

impl Runner {
    pub(crate) fn set(&self, run: RunThread) {
        let _ = self.0.set(run);
    }

    pub(crate) fn get(&self) -> Option<&RunThread> {
        self.0.get()
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").finish_non_exhaustive()
    }
}

/// Who sees the system calls of a process.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) trace: bool,
    pub(crate) auditor: Option<Arc<dyn Auditor>>,
}

impl Watch {
    /// Whether somebody hears of every call.
    #[inline]
    pub(crate) fn sees_all(&self) -> bool {
        self.trace || self.auditor.is_some()
    }
}

impl Process {
    /// A process in whose sandbox `memory` is mapped.
    pub(crate) fn new(
        sandbox: Sandbox,
        mut memory: Memory,
        files: Files,
        policy: Policy,
        random: Source,
        watch: Watch,
    ) -> Result<Self, Error> {
        let (pending, limits) = (Arc::new(Pending::new(Actions::new(policy.ignored))), policy.limits);
        memory.limit = limits.memory;
        let interrupter = Interrupter { sandbox: sandbox.interrupter(), end: Arc::default() };
        Ok(Self {
            cpu_time: CpuTime::new(&sandbox, limits.cpu_time, &pending, &interrupter)?,
            file_size: FileSize::new(limits.file_size),
            resources: Resources::new(&limits),
            life_time: LifeTime::new(limits.time, &interrupter)?,
            interrupter,
            sandbox,
            memory: Mutex::new(memory),
            files,
            umask: AtomicU32::new(policy.umask.unwrap_or(0o022)),
            barriers: AtomicBool::new(false),
            policy,
            random,
            timers: Timers::new(&pending),
            queues: Queues::default(),
            pending,
            started: Instant::now(),
            threads: Threads::new(limits.threads),
            runner: Runner::default(),
            watch,
            snapshot: None,
        })
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
        if self.sandbox.is_stopped() { Some(self.interrupter.status()) } else { None }
    }

    /// Ends it: all of its threads leave. What ended it first counts.
    pub(crate) fn end(&self, status: Status) {
        self.interrupter.end(status);
    }

    /// The same, by a signal that a thread with these registers has sent or taken.
    pub(crate) fn end_by_signal(&self, signal: i32, registers: &Registers) {
        self.interrupter.end_at(Status::Signalled(signal), Some(*registers));
    }

    /// The registers of the thread whose signal has ended it.
    pub fn registers_at_end(&self) -> Option<Registers> {
        lock(&self.interrupter.end).and_then(|end| end.registers)
    }

    /// What stops it from another thread.
    pub fn interrupter(&self) -> &Interrupter {
        &self.interrupter
    }

    /// Sets how much processor time it may use from now on, as
    /// [`Limits::cpu_time`](crate::Limits) has it; `None`: as much as it wants.
    ///
    /// # Errors
    /// When the host cannot start the thread that watches the time.
    pub fn set_cpu_limit(&self, limit: Option<Duration>) -> Result<(), Error> {
        self.cpu_time.set_by_host(limit)
    }

    /// What it uses, and has done so far.
    pub fn statistics(&self) -> Statistics {
        let (threads, calls, system_calls) = self.threads.counts();
        let (memory, descriptors) = (self.memory().mapped(), self.files.count());
        Statistics { threads, calls, system_calls, memory, descriptors }
    }
}

/// Stops a process from any thread, also when it does not exist any more. A
/// cheap handle.
#[derive(Clone, Debug)]
pub struct Interrupter {
    sandbox: SandboxInterrupter,
    /// How the process ended, from just before the sandbox is stopped.
    end: Arc<Mutex<Option<End>>>,
}

/// The end of a process.
#[derive(Clone, Copy, Debug)]
struct End {
    status: Status,
    /// Of the thread that brought it about, where that is of interest and not in the status.
    registers: Option<Registers>,
}

impl Interrupter {
    /// Stops the process, with [`Status::Interrupted`] unless it has ended. Its
    /// threads leave the sandbox, and calls of the host that they wait in end
    /// early; this does not wait for that. Code of the host that one of them runs (a callback)
    /// runs on, and the thread stops when it comes back from there.
    pub fn interrupt(&self) {
        self.end(Status::Interrupted);
    }

    /// The same, since its time is over.
    pub fn time_out(&self) {
        self.end(Status::TimedOut);
    }

    pub(crate) fn end(&self, status: Status) {
        self.end_at(status, None);
    }

    fn end_at(&self, status: Status, registers: Option<Registers>) {
        lock(&self.end).get_or_insert(End { status, registers });
        self.sandbox.stop();
    }

    /// Whether the process has ended, however that came.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.sandbox.is_stopped()
    }

    /// Lets the process go on after it has ended.
    pub(crate) fn restart(&self, sandbox: &Sandbox) -> Result<(), Error> {
        if sandbox.is_stopped() {
            *lock(&self.end) = None;
            sandbox.restart()?;
        }
        Ok(())
    }

    fn status(&self) -> Status {
        lock(&self.end).map_or(Status::Interrupted, |end| end.status)
    }
}

/// Locks what is consistent after every statement that could panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
