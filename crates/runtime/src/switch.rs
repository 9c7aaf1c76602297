//! Contexts, and entering a sandbox with one.
#![allow(unsafe_code)] // the one call into the assembly of the context switch

use crate::{
    Error, Registers, Sandbox, Trap,
    arch::{self, Frame, Reason},
    host,
};
use lfi_abi::layout;

/// The registers of one thread of sandboxed code, and its thread pointer.
///
/// A new context has all registers zero. To call into a sandbox set `rip` to a
/// bundle of published code and `rsp` to a stack.
pub struct Context {
    // Boxed: the assembly and the signal handler hold its address.
    frame: Box<Frame>,
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
        Self { frame: Box::new(Frame::new()) }
    }

    /// The general registers as they were when the sandbox was left.
    pub fn registers(&self) -> &Registers {
        &self.frame.registers
    }

    /// The general registers, to be changed before the sandbox is entered.
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
    }

    /// The low 128 bits of vector register `index` (0 to 15) as they were when
    /// the sandbox was left.
    pub fn xmm(&self, index: usize) -> u128 {
        self.frame.xmm(index)
    }

    /// Sets vector register `index` (0 to 15) to 128 bits; what is above them
    /// becomes zero.
    pub fn set_xmm(&mut self, index: usize, value: u128) {
        self.frame.set_xmm(index, value);
    }

    /// Clears x87 and vector registers.
    pub fn clear_extended(&mut self) {
        self.frame.clear_extended();
    }
}

/// What the assembly came back with.
#[inline]
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

    /// Calls the function at `function` in this sandbox, with the context's
    /// registers as arguments: `rdi`, `rsi`, `rdx`, `rcx`, `r8`, `r9`, vector
    /// registers 0 to 7 with their number in `rax`, and what is at `rsp` (a
    /// multiple of 16) and above. All other registers are zero; so are the
    /// vector registers when `rax` is.
    ///
    /// After [`Exit::Return`] the results are in `rax`, `rdx` and vector
    /// registers 0 and 1; the context's other registers are unspecified, and
    /// its next call starts from its stack pointer again if that is set. After
    /// another exit the context is as after [`Self::enter`], which goes on
    /// with it.
    ///
    /// # Errors
    /// As [`Self::enter`].
    #[inline]
    pub fn call(&mut self, context: &mut Context, function: u64) -> Result<Exit, Error> {
        context.frame.registers.r10 = function;
        let frame = self.lend(context);
        if frame.care.is_short() {
            // SAFETY: as in `enter`. Nobody else uses the sandbox: it is borrowed mutably. Without its entry page it
            // faults.
            if let Some(reason) = unsafe { arch::call(frame) } {
                return Ok(exit(reason, frame));
            }
        }
        self.call_the_long_way(context)
    }

    /// A call where the short way does not do, or not yet on this thread.
    #[cold]
    fn call_the_long_way(&mut self, context: &mut Context) -> Result<Exit, Error> {
        host::signal::prepare_thread()?;
        context.frame.registers.rip = layout::ENTRY_PAGE;
        self.enter(context)
    }

    /// Puts into the context's frame what it needs of the sandbox.
    #[inline]
    fn lend<'a>(&self, context: &'a mut Context) -> &'a mut Frame {
        let frame = &mut *context.frame;
        frame.base = self.base();
        frame.care = self.care();
        frame.thread_pointer_copy = self.thread_pointer_copy().unwrap_or(&raw mut frame.unused);
        frame
    }
}
