//! Contexts, and entering a sandbox with one.
#![allow(unsafe_code)] // the one call into the assembly of the context switch

use crate::{
    Error, Registers, Sandbox, Trap,
    arch::{self, CallArguments, CallResults, Frame, Reason},
    host,
};
use lfi_abi::Returns;
use std::sync::atomic::Ordering;

/// The registers of one thread of sandboxed code, and its thread pointer.
///
/// A new context has all registers zero. To call into a sandbox set `rip` to a
/// bundle of published code and `rsp` to a stack.
pub struct Context {
    // Boxed: the assembly and the signal handler hold its address.
    frame: Box<Frame>,
    /// How a call left the sandbox that has not returned.
    left: Option<Reason>,
}

// SAFETY: the raw pointer inside is set by `enter` for the time of the call only.
unsafe impl Send for Context {}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("registers", &self.frame.registers).finish_non_exhaustive()
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a context left the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Runtime call "system call": number and arguments are in the registers
    /// as the Linux ABI has them. Entering again returns from the call.
    SystemCall,
    /// Runtime call "return to host". Entering again goes on behind it.
    Return,
    /// A fault.
    Trap(Trap),
}

impl Context {
    /// A context with all registers zero.
    pub fn new() -> Self {
        Self { frame: Box::new(Frame::new()), left: None }
    }

    /// The general registers as they were when the sandbox was left.
    #[inline]
    pub fn registers(&self) -> &Registers {
        &self.frame.registers
    }

    /// The general registers, to be changed before the sandbox is entered.
    #[inline]
    pub fn registers_mut(&mut self) -> &mut Registers {
        &mut self.frame.registers
    }

    /// The thread pointer.
    pub fn thread_pointer(&self) -> u64 {
        self.frame.thread_pointer
    }

    /// Sets the thread pointer. Any value is safe.
    pub fn set_thread_pointer(&mut self, value: u64) {
        self.frame.thread_pointer = value;
        // A copy in the sandbox is now out of date.
        self.frame.lent = 0;
    }

    /// The low 128 bits of vector register `index` (0 to 15) as they were when
    /// the sandbox was left.
    #[inline]
    pub fn xmm(&self, index: usize) -> u128 {
        self.frame.xmm(index)
    }

    /// Register `index` of the x87 stack (0 to 7, from its top) as it was when the
    /// sandbox was left: 80 bits in the first ten bytes, zero where it was empty.
    pub fn x87(&self, index: usize) -> [u8; 16] {
        self.frame.x87(index)
    }

    /// The results of a function that has returned after another exit.
    pub fn results(&self) -> CallResults {
        let registers = self.registers();
        let vectors = [self.xmm(0) as u64, self.xmm(1) as u64];
        CallResults { rax: registers.rax, rdx: registers.rdx, vectors }
    }
}

/// What the assembly came back with.
fn exit(reason: Reason, frame: &Frame) -> Exit {
    match reason {
        Reason::SystemCall => Exit::SystemCall,
        Reason::Return => Exit::Return,
        Reason::Trap => Exit::Trap(Trap::new(frame.trap, frame.registers)),
    }
}

impl Sandbox {
    /// Runs `context` in this sandbox until it leaves.
    ///
    /// The registers of the context are loaded, `rip` rounded down to a bundle
    /// of the slot and `rsp` brought into the slot; no value of the host is in
    /// any register. On return the host's registers, control words and flags
    /// are as the C ABI demands.
    ///
    /// # Errors
    /// [`Error::Busy`] when the sandbox is exclusive and in use,
    /// [`Error::InSignalHandler`] on an alternate signal stack, or a host
    /// error when the thread could not get one.
    pub fn enter(&self, context: &mut Context) -> Result<Exit, Error> {
        host::signal::prepare_thread()?;
        let _inside = self.exclude()?;
        let frame = self.lend(context);
        // SAFETY: `self` keeps the slot alive and maps only verified code (or code whose verification the embedder
        // switched off); the copy's place is the frame's or the runtime page's; the thread was prepared; the engine
        // checked the processor.
        let reason = unsafe { arch::enter(frame) };
        Ok(exit(reason, frame))
    }

    /// Calls the function at `function` in this sandbox. Its stack pointer is
    /// the context's `rsp`, a multiple of 16, where it finds those of its
    /// arguments that are not in registers. All other registers are zero.
    ///
    /// When this is `None` the function has not returned, or has not been
    /// called yet: [`Self::call_goes_on`] says more.
    #[inline]
    pub fn call(&mut self, context: &mut Context, function: u64, arguments: &CallArguments) -> Option<CallResults> {
        self.call_short(context, function, arguments)
    }

    /// The same, for sandboxes that several contexts may be in. In an exclusive
    /// one this is always `None`.
    #[inline]
    pub fn call_shared(&self, context: &mut Context, function: u64, arguments: &CallArguments) -> Option<CallResults> {
        if self.returns() == Returns::Ret {
            context.left = None;
            return None;
        }
        self.call_short(context, function, arguments)
    }

    /// [`Self::call`], when nobody else uses the sandbox if it is exclusive.
    #[inline]
    fn call_short(&self, context: &mut Context, function: u64, arguments: &CallArguments) -> Option<CallResults> {
        let frame = self.lend(context);
        if !frame.care.is_short() {
            context.left = None;
            return None;
        }
        // SAFETY: as in `enter`. Without its entry page it
        // faults. What was lent has `after` as it must be, and every exit leaves it so.
        let (reason, results) = unsafe { arch::call(frame, function, arguments) };
        if reason == Some(Reason::Return) {
            return Some(results);
        }
        context.left = reason;
        None
    }

    /// What became of a call that gave `None`, with the same arguments. After
    /// [`Exit::Return`] the results are in the context. After another exit the
    /// context is as after [`Self::enter`], which goes on with it.
    ///
    /// # Errors
    /// As [`Self::enter`].
    #[cold]
    pub fn call_goes_on(&self, context: &mut Context, function: u64, arguments: &CallArguments) -> Result<Exit, Error> {
        if let Some(reason) = context.left.take() {
            return Ok(exit(reason, &context.frame));
        }
        // The short way does not do, or not yet on this thread.
        host::signal::prepare_thread()?;
        context.frame.set_call(function, arguments);
        self.enter(context)
    }

    /// Puts into the context's frame what it needs of the sandbox.
    #[inline]
    fn lend<'a>(&self, context: &'a mut Context) -> &'a mut Frame {
        let frame = &mut *context.frame;
        if frame.lent != self.version() {
            self.lend_anew(frame);
        }
        frame
    }

    #[cold]
    fn lend_anew(&self, frame: &mut Frame) {
        frame.lent = self.next_version();
        frame.base = self.base();
        frame.set_care(self.care());
        frame.after = frame.care;
        match self.thread_pointer_copy() {
            Some(word) => {
                word.store(frame.thread_pointer, Ordering::Relaxed);
                frame.thread_pointer_copy = word.as_ptr();
            }
            None => frame.thread_pointer_copy = &raw mut frame.unused,
        }
    }
}
