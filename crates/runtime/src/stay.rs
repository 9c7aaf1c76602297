//! Stays in a sandbox that system calls interrupt.
//!
//! A system call is answered by code of the host that is known, and that computes
//! nothing in the x87 unit (only `long double` is computed there). So that unit, which takes longer to save than
//! all the rest, is left as the sandbox has it: the stay *pauses*. Nothing that could
//! see it gets there in between (`spec/x64/runtime-calls.md`, [x64.exit.pause]):
//!
//! - The [`Pause`] borrows the context: nobody puts it aside, copies it or enters with it.
//! - Whatever becomes of the pause but [`Held::go_on`], a panic included, drops it, which saves the unit
//!   and gives the host its own. (The hook of a panic runs before that: what is run in a pause does not panic.)
//! - It stays on its thread. Handlers of signals get a fresh unit from the kernel, and threads that the kernel
//!   runs meanwhile their own. A thread that is started in a pause would inherit the sandbox's: the one that can be, the watch,
//!   begins with a fresh one.
//!
//! MXCSR is the host's in a pause: every computation depends on it.
#![allow(unsafe_code)] // the assembly that enters

use crate::{
    Context, Error, Exit, Held, Registers,
    arch::{self, Care, Reason},
    host,
    sandbox::Exclusion,
};
use std::{marker::PhantomData, mem::ManuallyDrop, ptr};

/// What became of a stay.
#[derive(Debug)]
pub enum Stay<'c> {
    /// It pauses for a system call ([`Exit::SystemCall`]).
    Pauses(Pause<'c>),
    /// The context has left for something else.
    Ends(Exit),
}

/// A stay that pauses for a system call. [`Held::go_on`] goes on with it.
///
/// While it lives, the thread's x87 unit is the sandbox's, with what is on its stack and in its control word. Who keeps one
/// runs nothing that could use it, but in threads and handlers of signals: no code of others but the C library's and the allocator's,
/// no other stay in a sandbox, and nothing that starts a thread for others, which would inherit it. Dropping the pause puts
/// the unit away; one that is forgotten leaves it to the host.
#[derive(Debug)]
pub struct Pause<'c> {
    context: &'c mut Context,
    /// The unit is this thread's.
    _here: PhantomData<*const ()>,
}

impl<'c> Pause<'c> {
    /// The general registers as they were when the sandbox was left.
    #[inline]
    pub fn registers(&self) -> &Registers {
        self.context.registers()
    }

    /// The x87 unit becomes the host's.
    fn put_away(&mut self) {
        let frame = self.context.frame_mut();
        if frame.care.has_x87() {
            // SAFETY: the stay pauses, and what the pause's holder runs leaves the unit alone.
            unsafe { arch::save_x87(frame) };
        }
    }

    /// The context, whose x87 unit has been put away.
    fn end(mut self) -> &'c mut Context {
        self.put_away();
        self.into_context()
    }

    /// The context, whose x87 unit the caller sees to.
    #[inline(always)]
    fn into_context(self) -> &'c mut Context {
        let pause = ManuallyDrop::new(self);
        // SAFETY: the pause is neither used nor dropped any more.
        unsafe { ptr::read(&raw const pause.context) }
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.put_away();
    }
}

impl Held<'_> {
    /// Runs `context` in this sandbox until a system call interrupts it or it leaves otherwise, as [`Sandbox::enter`]
    /// does.
    ///
    /// # Errors
    /// As [`Sandbox::enter`].
    #[inline(always)]
    pub fn enter<'c>(self, context: &'c mut Context) -> Result<Stay<'c>, Error> {
        let (sandbox, _) = self.parts();
        host::signal::prepare_thread()?;
        let claim = self.claim()?;
        // Nobody has changed the registers since: then they are still those of accepted code.
        let resumes = std::mem::take(&mut context.resumes) && context.stands_in(sandbox.id());
        let frame = sandbox.lend(context)?;
        frame.resumes = resumes;
        if resumes {
            sandbox.step_back(frame);
        }
        // SAFETY: the thread was prepared, and all is taken care of.
        Ok(unsafe { run(claim, context, Care::ALL) })
    }

    /// Goes on with a stay that pauses, in the sandbox that it is in: its system call returns `result`.
    ///
    /// # Errors
    /// As [`Sandbox::enter`].
    #[inline(always)]
    pub fn go_on<'c>(self, pause: Pause<'c>, result: u64) -> Result<Stay<'c>, Error> {
        let frame = pause.context.frame_mut();
        frame.registers.rax = result;
        frame.resumes = false;
        // First: code may be published in an exclusive sandbox until it is claimed.
        let claim = self.claim()?;
        if frame.lent != self.parts().0.control().version() {
            drop(claim);
            return self.go_on_anew(pause);
        }
        // SAFETY: the thread was prepared when the stay began, and has been in no other meanwhile; the unit is as the
        // context has left it.
        Ok(unsafe { run(claim, pause.into_context(), Care::WITHOUT_X87) })
    }

    /// The same, when something about the sandbox has changed, or it is another.
    #[cold]
    fn go_on_anew<'c>(self, pause: Pause<'c>) -> Result<Stay<'c>, Error> {
        self.enter(pause.end())
    }

    /// The use of the sandbox by a context inside. Who has it alone need not ask.
    #[inline(always)]
    fn claim(&self) -> Result<Option<Exclusion<'_>>, Error> {
        match self {
            Self::Alone(_) => Ok(None),
            Self::Shared(sandbox) => sandbox.exclude().map(Some),
        }
    }
}

/// Enters with a context, and gives the sandbox back when it has left.
///
/// # Safety
/// The sandbox is claimed, and has lent itself to the context. What `care` leaves out is still
/// in the processor, as the context has left it. The thread has been prepared, and is not on its alternate signal stack.
#[inline(always)]
unsafe fn run<'c>(claim: Option<Exclusion<'_>>, context: &'c mut Context, care: Care) -> Stay<'c> {
    // SAFETY: whoever holds the sandbox keeps the slot alive and maps only verified code (or code whose verification
    // the embedder switched off); the copy's place is the frame's or the runtime page's; the engine checked the processor.
    let reason = unsafe { arch::enter(context.frame_mut(), care) };
    drop(claim);
    if reason == Reason::SystemCall {
        context.interrupted = None;
        return Stay::Pauses(Pause { context, _here: PhantomData });
    }
    Stay::Ends(context.exit(reason))
}
