//! Contexts, and entering a sandbox with one.
#![allow(unsafe_code)] // the frame that the assembly has the address of

use crate::{
    Error, Registers, Sandbox, Trap,
    arch::{CallResults, Frame, Reason},
    call::{CallbackArguments, CallbackResults, Held, Left, callback_index, callback_trap},
    stay::Stay,
    stop::Place,
};
use lfi_abi::Returns;
use std::{
    ptr::NonNull,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// The registers of one thread of sandboxed code, and its thread pointer.
///
/// A new context has all registers zero. To call into a sandbox set `rip` to a
/// bundle of published code and `rsp` to a stack.
pub struct Context {
    /// A box's. The assembly, the signal handler and callbacks hold its address,
    /// too, while nothing here borrows it.
    frame: NonNull<Frame>,
    /// How a call left the sandbox that has not returned.
    pub(crate) left: Option<Left>,
    /// Where a fault has interrupted it: in which sandbox, and the registers.
    pub(crate) interrupted: Option<(u64, Registers)>,
    /// It goes on there, and not at a bundle.
    pub(crate) resumes: bool,
    /// Keeps what `frame.nudged` points to.
    place: Option<Arc<Place>>,
}

// SAFETY: the frame is the context's alone; its pointers are used while it is entered only.
unsafe impl Send for Context {}
// SAFETY: nothing is changed through a shared context.
unsafe impl Sync for Context {}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: it came from a box, in `new`, and nobody is entered with it: that borrows the context.
        drop(unsafe { Box::from_raw(self.frame.as_ptr()) });
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("registers", self.registers()).finish_non_exhaustive()
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Context {
    /// A context with the same registers and thread pointer.
    fn clone(&self) -> Self {
        let mut context = Self::new();
        context.clone_from(self);
        context
    }

    fn clone_from(&mut self, other: &Self) {
        self.frame_mut().set_state(other.frame());
        (self.left, self.interrupted, self.resumes) = (None, None, false);
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
    /// Runtime call "callback": code in the sandbox has called the entry of the
    /// callback with this number. Arguments are [`Context::callback_arguments`];
    /// entering again, with [`Context::set_results`], returns to it.
    Callback(usize),
    /// A callback has abandoned the call that led to it: see [`crate::Answer`].
    /// The context cannot go on where it was.
    Abandoned,
    /// The sandbox was stopped: see [`crate::Interrupter`]; or the thread was nudged
    /// ([`crate::Nudger`]). [`Context::stay`] goes on.
    Stopped,
}

impl Context {
    /// A context with all registers zero.
    pub fn new() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let frame = Box::new(Frame::new(LAST.fetch_add(1, Ordering::Relaxed) + 1));
        Self { frame: NonNull::from(Box::leak(frame)), left: None, interrupted: None, resumes: false, place: None }
    }

    /// Tells this context from every other that the process ever has.
    #[inline]
    pub fn id(&self) -> u64 {
        self.frame().id
    }

    #[inline]
    pub(crate) fn frame(&self) -> &Frame {
        // SAFETY: valid until the context is dropped, and changed through a mutable one only.
        unsafe { self.frame.as_ref() }
    }

    #[inline]
    pub(crate) fn frame_mut(&mut self) -> &mut Frame {
        // SAFETY: as above.
        unsafe { self.frame.as_mut() }
    }

    /// Whoever nudges the thread at this place makes the context leave.
    pub(crate) fn set_place(&mut self, place: &Arc<Place>) {
        self.frame_mut().nudged = place.nudged();
        self.place = Some(Arc::clone(place));
    }

    /// No sandbox is lent to the context any more: before the next [`call`](crate::call) the host is asked whether
    /// it may enter.
    pub fn take_back(&mut self) {
        self.frame_mut().take_back();
    }

    /// The general registers as they were when the sandbox was left.
    #[inline]
    pub fn registers(&self) -> &Registers {
        &self.frame().registers
    }

    /// The general registers, to be changed before the sandbox is entered.
    #[inline]
    pub fn registers_mut(&mut self) -> &mut Registers {
        &mut self.frame_mut().registers
    }

    /// The thread pointer.
    pub fn thread_pointer(&self) -> u64 {
        self.frame().thread_pointer
    }

    /// Sets the thread pointer. Any value is safe.
    pub fn set_thread_pointer(&mut self, value: u64) {
        let frame = self.frame_mut();
        frame.thread_pointer = value;
        // A copy in the sandbox is now out of date.
        frame.take_back();
    }

    /// Answers system calls with these numbers with these values from now on,
    /// without leaving the sandbox and without telling the host; all others leave it. The first
    /// eight count, and numbers below 512.
    pub fn set_constants(&mut self, constants: impl IntoIterator<Item = (u64, u64)>) {
        self.frame_mut().set_constants(constants.into_iter());
    }

    /// The low 128 bits of vector register `index` (0 to 15) as they were when
    /// the sandbox was left.
    #[inline]
    pub fn xmm(&self, index: usize) -> u128 {
        self.frame().xmm(index)
    }

    /// Register `index` of the x87 stack (0 to 7, from its top) as it was when the
    /// sandbox was left: 80 bits in the first ten bytes, zero where it was empty.
    pub fn x87(&self, index: usize) -> [u8; 16] {
        self.frame().x87(index)
    }

    /// The results of a function that has returned after another exit.
    pub fn results(&self) -> CallResults {
        let registers = self.registers();
        let vectors = [self.xmm(0) as u64, self.xmm(1) as u64];
        CallResults { rax: registers.rax, rdx: registers.rdx, vectors }
    }

    /// Arguments of the callback that the sandbox was left for.
    pub fn callback_arguments(&self) -> CallbackArguments {
        let registers = self.registers();
        CallbackArguments {
            // The fourth as in a system call.
            integers: [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9],
            vectors: std::array::from_fn(|index| self.xmm(index) as u64),
            stack_pointer: registers.rsp,
        }
    }

    /// Sets what a callback returns with.
    pub fn set_results(&mut self, results: &CallbackResults) {
        self.frame_mut().set_results(results);
    }

    /// The trap of a callback that is not there, or whose arguments at `address`
    /// are not, after [`Exit::Callback`].
    pub fn callback_trap(&self, address: u64) -> Trap {
        Trap::new(callback_trap(address), *self.registers())
    }
}

/// What the assembly came back with.
fn exit(reason: Reason, frame: &Frame) -> Exit {
    match reason {
        Reason::SystemCall => Exit::SystemCall,
        Reason::Return => Exit::Return,
        Reason::Trap if frame.trap.is_stop() => Exit::Stopped,
        Reason::Trap => Exit::Trap(Trap::new(frame.trap, frame.registers)),
        Reason::Callback => match callback_index(frame.base, frame.registers.rip) {
            Some(index) => Exit::Callback(index),
            None => Exit::Trap(Trap::new(callback_trap(frame.registers.rip), frame.registers)),
        },
    }
}

impl Context {
    /// What it has left the sandbox for. After a fault it stands there, whichever sandbox the host thinks of now.
    pub(crate) fn exit(&mut self, reason: Reason) -> Exit {
        self.interrupted = (reason == Reason::Trap).then(|| (self.frame().sandbox, *self.registers()));
        exit(reason, self.frame())
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
    /// [`Error::InSignalHandler`] on an alternate signal stack, [`Error::Stopped`]
    /// when it is stopped, or a host error when the thread could not get one.
    pub fn enter(&self, context: &mut Context) -> Result<Exit, Error> {
        Ok(match Held::Shared(self).enter(context)? {
            Stay::Ends(exit) => exit,
            // What is still in the processor is saved here.
            Stay::Pauses(_) => Exit::SystemCall,
        })
    }

    /// Puts into the context's frame what it needs of the sandbox. Fails when that is stopped.
    #[inline]
    pub(crate) fn lend<'a>(&self, context: &'a mut Context) -> Result<&'a mut Frame, Error> {
        let frame = context.frame_mut();
        if frame.lent != self.control().version() {
            self.lend_anew(frame)?;
        }
        Ok(frame)
    }

    #[cold]
    fn lend_anew(&self, frame: &mut Frame) -> Result<(), Error> {
        let version = self.next_version();
        // After the version: whoever stops the sandbox now changes it again.
        if self.control().stopped().load(Ordering::SeqCst) {
            return Err(Error::Stopped);
        }
        frame.lent = version;
        frame.stopped = self.control().stopped().as_ptr();
        (frame.sandbox, frame.base) = (self.id(), self.base());
        frame.set_care(self.care());
        let callable = |may: bool| if may && frame.care.is_short() { version } else { 0 };
        frame.callable = [callable(true), callable(self.returns() == Returns::Jump)];
        match self.thread_pointer_copy() {
            Some(word) => {
                word.store(frame.thread_pointer, Ordering::Relaxed);
                frame.thread_pointer_copy = word.as_ptr();
            }
            None => frame.thread_pointer_copy = &raw mut frame.unused,
        }
        Ok(())
    }
}
