//! A library in its sandbox.

use crate::{
    Error, Fault, Func, Killed, Module, SandboxPtr, Setup,
    abi::ArgumentList,
    backtrace::Site,
    callback::Callbacks,
    control::TimeLimit,
    module::{ATTACH, DETACH, FREE, MALLOC},
};
use lfi_linux::{Process, Status, Stop, Thread};
use lfi_runtime::{Call, CallArguments, CallResults, Engine, Error as RuntimeError, HotPages, Registers};
use std::{
    marker::PhantomData,
    sync::atomic::{AtomicU64, Ordering},
};

/// A function finds its arguments on the stack at a multiple of this.
const STACK_ALIGNMENT: u64 = 16;

/// Size of the stacks of attached handles: what Rust gives its threads.
const ATTACHED_STACK: u64 = 2 << 20;

/// One instance of a library, with memory of its own. Dropping it gives all of
/// it back.
#[derive(Debug)]
pub struct Sandbox {
    pub(crate) thread: Thread,
    pub(crate) callbacks: Callbacks,
    module: Module,
    /// What tells this sandbox from every other of the process.
    id: u64,
    /// Virtual address 0 of the module.
    start: u64,
    /// The stack that calls begin with.
    pub(crate) stack: u64,
    /// The same, when the snapshot was taken: a callback that panicked has left its own.
    saved_stack: u64,
    malloc: u64,
    free: u64,
    /// How long a call may take.
    pub(crate) limit: Option<Box<TimeLimit>>,
    /// A call of this handle has said how the sandbox died.
    told: bool,
}

impl Sandbox {
    /// Loads a library, and runs its constructors. It sees no
    /// file, no environment and no standard stream of the host.
    ///
    /// # Errors
    /// When it does not come back from its start, or the engine has no room.
    pub fn new(engine: &Engine, module: &Module) -> Result<Self, Error> {
        Self::with(engine, module, Setup::default())
    }

    /// The same, with what it is given.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with(engine: &Engine, module: &Module, setup: Setup) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut thread = Thread::start(engine, module.pages(), setup)?;
        thread.prepare_calls()?;
        let start = thread.process().module_start();
        let mut sandbox = Self {
            thread,
            callbacks: Callbacks::default(),
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            start,
            stack: 0,
            saved_stack: 0,
            malloc: start.wrapping_add(module.function(MALLOC)?),
            free: start.wrapping_add(module.function(FREE)?),
            module: module.clone(),
            limit: None,
            told: false,
        };
        sandbox.run_own_threads();
        sandbox.run()?;
        sandbox.stack = call_stack(&sandbox.thread);
        Ok(sandbox)
    }

    /// Keeps what the sandbox is now, for [`Self::reset`]. What was kept before is
    /// forgotten. The library may have been called and prepared before.
    ///
    /// # Errors
    /// [`Error::Dead`]; [`Error::Runtime`] in a callback, when the library has files open, mapped or in memory, memory shared
    /// with the host or several threads, or the host has no memory: the sandbox is dead in the last case.
    pub fn take_snapshot(&mut self) -> Result<(), Error> {
        self.take_snapshot_like(&HotPages::default())
    }

    /// The same, for one of several instances that are used alike.
    pub(crate) fn take_snapshot_like(&mut self, hot: &HotPages) -> Result<(), Error> {
        if self.is_dead() {
            return Err(Error::Dead);
        }
        self.check_idle()?;
        self.thread.take_snapshot(hot)?;
        self.callbacks.save();
        self.saved_stack = self.stack;
        Ok(())
    }

    /// Makes the sandbox what it was when the snapshot was taken: all of its
    /// memory, its descriptors, signal actions, thread and callbacks. A dead sandbox lives
    /// again. Functions and pointers of that time are good, later ones are not.
    /// Random numbers that the library drew before are the same each time.
    ///
    /// # Errors
    /// [`Error::Runtime`] without a snapshot, or with that of another handle, in a callback, while others use the sandbox, or when a call of the
    /// host fails: the sandbox is dead in the last case.
    pub fn reset(&mut self) -> Result<(), Error> {
        self.check_idle()?;
        self.thread.reset()?;
        self.callbacks.restore();
        self.stack = self.saved_stack;
        self.told = false;
        Ok(())
    }

    /// Fails in a callback: the call that led to it is not over.
    fn check_idle(&self) -> Result<(), Error> {
        if self.callbacks.are_running() { Err(Error::Runtime(RuntimeError::Busy)) } else { Ok(()) }
    }

    /// Another handle of the same sandbox, for use by another thread: with a
    /// context, a stack of 2 MiB and thread-local values of its own, as a thread of the library has them. What is
    /// in memory they share. Functions and pointers of one handle are those of all.
    ///
    /// The sandbox lives as long as one of its handles. A handle that is
    /// dropped before ends like a thread, in the background.
    ///
    /// # Errors
    /// When the sandbox is exclusive (its module was built with
    /// `--lfi-returns=ret`), has as many threads as it may, is dead or dies.
    pub fn attach(&mut self) -> Result<Self, Error> {
        let function = |name| Ok::<_, Error>(self.start.wrapping_add(self.module.function(name)?));
        let (attach, detach) = (function(ATTACH)?, function(DETACH)?);
        self.thread.ask_for_thread()?;
        let made = self.func_at::<(u64,), i32, ()>(SandboxPtr::new(attach)).call(self, (ATTACHED_STACK,));
        let thread = self.thread.take_thread(detach);
        made?;
        let mut sandbox = self.parts().handle(thread.ok_or(Error::NoThread)?);
        sandbox.run()?;
        sandbox.stack = call_stack(&sandbox.thread);
        Ok(sandbox)
    }

    /// Runs the thread from its start until it comes back.
    fn run(&mut self) -> Result<(), Error> {
        let stop = self.thread.resume()?;
        self.go_on(stop)
    }

    /// Has the threads that the library makes run as handles, which can call
    /// callbacks.
    fn run_own_threads(&self) {
        let parts = self.parts();
        self.thread.set_runner(move |thread| {
            let mut sandbox = parts.handle(thread);
            if let Err(Error::Runtime(_)) = sandbox.run() {
                sandbox.thread.fail();
            }
        });
    }

    fn parts(&self) -> Parts {
        let (callbacks, module) = (self.callbacks.another(), self.module.clone());
        let (id, start, malloc, free) = (self.id, self.start, self.malloc, self.free);
        Parts { callbacks, module, id, start, malloc, free }
    }

    /// The exported function `name`, with the signature that C gives it:
    /// a tuple of arguments, and a result.
    ///
    /// # Errors
    /// [`Error::NoFunction`].
    pub fn func<A, R>(&self, name: &str) -> Result<Func<A, R>, Error> {
        let address = self.start.wrapping_add(self.module.function(name)?);
        Ok(self.func_at(SandboxPtr::<()>::new(address)))
    }

    /// The function that a pointer leads to, as one that the library returned.
    /// Any address is safe: a wrong one is a fault inside the sandbox.
    pub fn func_at<A, R, T>(&self, pointer: SandboxPtr<T>) -> Func<A, R> {
        Func { address: pointer.address(), sandbox: self.id, signature: PhantomData }
    }

    /// The module that it is an instance of.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Whether a call has killed it.
    #[inline]
    pub fn is_dead(&self) -> bool {
        self.thread.has_ended()
    }

    #[inline]
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn thread_mut(&mut self) -> &mut Thread {
        &mut self.thread
    }

    pub(crate) fn process(&self) -> &Process {
        self.thread.process()
    }

    /// The sandbox's `malloc`.
    pub(crate) fn malloc(&mut self, size: u64) -> Result<u64, Error> {
        self.func_at::<(u64,), u64, ()>(SandboxPtr::new(self.malloc)).call(self, (size,))
    }

    /// Gives memory back to the sandbox's `malloc`. Null is allowed.
    ///
    /// # Errors
    /// When the sandbox is dead, or dies of it: its heap is its own business.
    pub fn free<T>(&mut self, pointer: SandboxPtr<T>) -> Result<(), Error> {
        self.func_at::<(SandboxPtr<T>,), (), ()>(SandboxPtr::new(self.free)).call(self, (pointer,))
    }

    /// Calls what is at `function`. Always inlined: only then do arguments and
    /// results stay in registers.
    #[inline(always)]
    pub(crate) fn call(&mut self, function: u64, arguments: &ArgumentList) -> Result<CallResults, Error> {
        if self.limit.is_some() {
            // Copies here and below: what nobody has the address of stays in registers.
            return self.call_within_limit(function, &{ *arguments.registers() }, arguments.stack());
        }
        self.call_now(function, arguments.registers(), arguments.stack())
    }

    #[cold]
    fn call_within_limit(
        &mut self,
        function: u64,
        registers: &CallArguments,
        stack: &[u8],
    ) -> Result<CallResults, Error> {
        self.within_limit(|sandbox| sandbox.call_now(function, registers, stack))
    }

    #[inline(always)]
    fn call_now(&mut self, function: u64, registers: &CallArguments, stack: &[u8]) -> Result<CallResults, Error> {
        let stack_pointer = if stack.is_empty() { self.stack } else { self.push(stack)? };
        let mut call = Call { function, stack_pointer, arguments: *registers };
        match self.call_short(&mut call) {
            Some(results) => Ok(results),
            None => self.call_goes_on(&{ call }),
        }
    }

    /// The same, for a function that leaves its result in registers of the x87
    /// stack: gives the first two of these.
    pub(crate) fn call_for_x87(&mut self, function: u64, arguments: &ArgumentList) -> Result<[[u8; 16]; 2], Error> {
        self.within_limit(|sandbox| {
            let stack_pointer = sandbox.push(arguments.stack())?;
            // Not by the short way, which keeps no x87 registers.
            sandbox.call_slowly(&Call { function, stack_pointer, arguments: *arguments.registers() })?;
            Ok([0, 1].map(|index| sandbox.thread.context().x87(index)))
        })
    }

    /// Puts arguments on the stack.
    #[cold]
    fn push(&mut self, arguments: &[u8]) -> Result<u64, Error> {
        if self.is_dead() {
            return Err(self.gone());
        }
        let stack_pointer = self.stack_pointer_below(arguments);
        if !arguments.is_empty() {
            self.write_bytes(stack_pointer, arguments)?;
        }
        Ok(stack_pointer)
    }

    /// The stack pointer of a function that has these arguments on the stack.
    pub(crate) fn stack_pointer_below(&self, arguments: &[u8]) -> u64 {
        self.stack.wrapping_sub(arguments.len() as u64) & !(STACK_ALIGNMENT - 1)
    }

    /// A call by the short way has not returned, or not been made.
    #[cold]
    fn call_goes_on(&mut self, call: &Call) -> Result<CallResults, Error> {
        if !self.thread.has_left() && self.is_dead() {
            return Err(self.gone());
        }
        self.call_slowly(call)
    }

    fn call_slowly(&mut self, call: &Call) -> Result<CallResults, Error> {
        let stop = self.thread.call_goes_on(call)?;
        self.go_on(stop)?;
        Ok(self.thread.context().results())
    }

    /// Answers callbacks until the library has returned.
    fn go_on(&mut self, mut stop: Stop) -> Result<(), Error> {
        loop {
            stop = match stop {
                Stop::Returned => return Ok(()),
                Stop::Ended(status) => return Err(self.died(status)),
                Stop::Callback(number) => self.answer_callback(number)?,
                Stop::Abandoned => return Err(self.abandoned()),
            };
        }
    }

    /// A callback has panicked: the call that led to it will never be finished.
    pub(crate) fn abandon(&mut self) {
        self.told = true;
        self.thread.abandon();
    }

    /// Why a callback has abandoned a call.
    fn abandoned(&mut self) -> Error {
        self.process().ended().map_or(Error::OtherSandbox, |status| self.died(status))
    }

    /// A call finds the sandbox dead. The first one that does says why, if none
    /// has died of it.
    #[cold]
    fn gone(&mut self) -> Error {
        match self.thread.ended() {
            Some(status) if !self.told => self.died(status),
            _ => Error::Dead,
        }
    }

    fn died(&mut self, status: Status) -> Error {
        if !std::mem::replace(&mut self.told, true) {
            self.callbacks.note_end();
        }
        self.ended(status)
    }

    /// What a backtrace of a thread with these registers needs to know: callbacks are of this handle's thread.
    pub(crate) fn site<'a>(&'a self, registers: &'a Registers) -> Site<'a> {
        let own = *registers == *self.thread.context().registers();
        Site {
            sandbox: self.thread.process().sandbox(),
            registers,
            start: self.start,
            callbacks: if own { self.callbacks.running_at_end() } else { 0 },
        }
    }

    fn ended(&self, status: Status) -> Error {
        match status {
            Status::Exited(status) => Error::Exited(status),
            Status::Signalled(signal) => {
                let registers = self.process().registers_at_end().unwrap_or(*self.thread.context().registers());
                Error::Killed(Box::new(Killed::new(signal, &self.site(&registers), &self.module)))
            }
            Status::Interrupted => Error::Interrupted,
            Status::TimedOut => Error::TimedOut,
            Status::OutOfCpuTime => Error::OutOfCpuTime,
            Status::Trapped(trap) => {
                Error::Fault(Box::new(Fault::new(&trap, &self.site(&trap.registers), &self.module)))
            }
        }
    }
}

/// The stack of calls on a thread that has come back from its start: below the
/// start's own frame. It is the library's word, as safe as any other.
fn call_stack(thread: &Thread) -> u64 {
    thread.context().registers().rsp & !(STACK_ALIGNMENT - 1)
}

/// What all handles of a sandbox have.
struct Parts {
    callbacks: Callbacks,
    module: Module,
    id: u64,
    start: u64,
    malloc: u64,
    free: u64,
}

impl Parts {
    /// A handle for another thread of the same process.
    fn handle(&self, thread: Thread) -> Sandbox {
        let (callbacks, module) = (self.callbacks.another(), self.module.clone());
        let Self { id, start, malloc, free, .. } = *self;
        Sandbox {
            thread,
            callbacks,
            module,
            id,
            start,
            stack: 0,
            saved_stack: 0,
            malloc,
            free,
            limit: None,
            told: false,
        }
    }
}
