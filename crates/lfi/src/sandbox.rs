//! A library in its sandbox.

use crate::{
    Error, Fault, Func, Module, Policy, SandboxPtr, Setup,
    abi::ArgumentList,
    module::{FREE, MALLOC},
};
use lfi_linux::{Process, Status, Stop};
use lfi_runtime::{Context, Engine};
use std::{
    marker::PhantomData,
    sync::atomic::{AtomicU64, Ordering},
};

/// Values of the stack are 8 bytes, and a function finds it 16-byte aligned
/// above its return address.
const WORD: u64 = 8;
const STACK_ALIGNMENT: u64 = 16;

/// One instance of a library, with memory of its own. Dropping it gives all of
/// it back.
#[derive(Debug)]
pub struct Sandbox {
    process: Process,
    module: Module,
    /// What tells this sandbox from every other of the process.
    id: u64,
    /// Virtual address 0 of the module.
    start: u64,
    /// Where functions return to.
    return_address: u64,
    /// The stack that calls begin with.
    stack: u64,
    malloc: u64,
    free: u64,
}

impl Sandbox {
    /// Verifies and loads a library, and runs its constructors. It sees no
    /// file, no environment and no standard stream of the host.
    ///
    /// # Errors
    /// When it is refused, does not come back from its start, or the engine has
    /// no room.
    pub fn new(engine: &Engine, module: &Module) -> Result<Self, Error> {
        Self::with(engine, module, Policy::default(), Setup::default())
    }

    /// The same, with what is demanded of the library and what it is given.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with(engine: &Engine, module: &Module, policy: Policy, setup: Setup) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut process = Process::new(engine, &module.parse()?, policy, setup)?;
        let return_address = process.publish_return()?;
        let start = process.module_start();
        let mut sandbox = Self {
            process,
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            start,
            return_address,
            stack: 0,
            malloc: start.wrapping_add(module.function(MALLOC)?),
            free: start.wrapping_add(module.function(FREE)?),
            module: module.clone(),
        };
        sandbox.resume()?;
        // Below the start's own frame.
        sandbox.stack = sandbox.process.context().registers().rsp;
        Ok(sandbox)
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
    pub fn is_dead(&self) -> bool {
        self.process.has_ended()
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
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

    /// Calls what is at `function`. The context holds the results.
    pub(crate) fn call(&mut self, function: u64, arguments: &ArgumentList) -> Result<&Context, Error> {
        if self.is_dead() {
            return Err(Error::Dead);
        }
        let bytes: Vec<u8> = arguments.stack(self.return_address).flat_map(u64::to_le_bytes).collect();
        let on_stack = (arguments.stack_len() as u64 - 1) * WORD;
        // The start's stack pointer is the library's word: what is wrong with it is found when it is written to.
        let top = self.stack.wrapping_sub(on_stack) & !(STACK_ALIGNMENT - 1);
        let stack_pointer = top.wrapping_sub(WORD);
        self.write_bytes(stack_pointer, &bytes)?;
        let context = self.process.context_mut();
        arguments.load(context);
        context.registers_mut().rip = function;
        context.registers_mut().rsp = stack_pointer;
        self.resume()?;
        Ok(self.process.context())
    }

    /// Lets the library run until it comes back.
    fn resume(&mut self) -> Result<(), Error> {
        match self.process.resume()? {
            Stop::Returned => Ok(()),
            Stop::Ended(Status::Exited(status)) => Err(Error::Exited(status)),
            Stop::Ended(Status::Signalled(signal)) => Err(Error::Killed(signal)),
            Stop::Ended(Status::Trapped(trap)) => {
                let pc = trap.pc.wrapping_sub(self.start);
                let function = self.module.function_at(pc);
                let (signal, address, registers) = (trap.signal, trap.address, trap.registers);
                Err(Error::Fault(Box::new(Fault { signal, pc, function, address, registers })))
            }
        }
    }
}
