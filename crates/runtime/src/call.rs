//! Calls of functions in a sandbox, and of functions of the host from there.
#![allow(unsafe_code)] // the two ends of the assembly, which hands pointers through

use crate::{
    Context, Error, Exit, Sandbox,
    arch::{self, Call, CallResults, Called, Frame, RawTrap, Reason, Record, Verdict},
    host,
};
use lfi_abi::{
    layout::{CALLBACK_ENTRIES, CALLBACK_SIZE, CALLBACKS},
    x64::BUNDLE,
};
use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
};

/// A sandbox, as whoever calls its functions has it.
#[derive(Debug)]
pub enum Held<'a> {
    /// Nobody else uses it.
    Alone(&'a mut Sandbox),
    /// Other contexts may be inside. An exclusive sandbox is not called by [`call`] then.
    Shared(&'a Sandbox),
}

/// The host's side of a call: what holds the sandbox and the context, and answers
/// callbacks.
pub trait Host {
    /// What holds them.
    type Holder;

    /// The sandbox and the context of the call.
    fn parts(holder: &mut Self::Holder) -> (Held<'_>, &mut Context);

    /// Whether the context may enter. Asked only when something has changed: at the first
    /// call, after [`Context::take_back`], and when the sandbox is another or another state
    /// of the same.
    fn may_enter(_: &mut Self::Holder) -> bool {
        true
    }

    /// Answers the callback with this number (below [`CALLBACKS`]); `results` are zero. The sandbox
    /// is not inside meanwhile: the host may do with it what it wants, call
    /// functions with the same context included, if it keeps the stack above
    /// `arguments.stack_pointer` less the scratch zone.
    ///
    /// A panic ends the call; [`Context::resume_panic`] goes on with it.
    fn callback(
        holder: &mut Self::Holder,
        number: usize,
        arguments: &CallbackArguments,
        results: &mut CallbackResults,
    ) -> Answer;

    /// [`Self::callback`] has panicked, for the context with this identity, which may
    /// be the holder's no more.
    fn panicked(_: &mut Self::Holder, _context: u64) {}
}

/// What a callback says.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// It returns with the results that were filled in.
    Return,
    /// It is not there, or its arguments at this address are not: the code that called it has trapped.
    Trap(u64),
    /// The call that led to it comes back without having returned.
    Abandon,
}

/// Results of a callback. What is not among those of its signature stays zero.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct CallbackResults {
    /// Those that are in general and vector registers.
    pub registers: CallResults,
    /// `st(0)` and `st(1)`: 80 bits in the first ten bytes.
    pub(crate) x87: [[u8; 16]; 2],
    /// How many of these are results; the others are whatever was on the stack.
    pub(crate) x87_used: usize,
}

impl CallbackResults {
    /// Room for so many results on the x87 stack, at most two: 80 bits in the first ten bytes of each, zero.
    pub fn put_on_x87(&mut self, count: usize) -> &mut [[u8; 16]] {
        (self.x87, self.x87_used) = ([[0; 16]; 2], count.min(2));
        &mut self.x87[..self.x87_used]
    }

    /// The results on the x87 stack.
    pub(crate) fn on_x87(&self) -> &[[u8; 16]] {
        &self.x87[..self.x87_used]
    }
}

/// Arguments of a callback: what is in the registers that the psABI has for
/// arguments. Nobody says which of them mean something.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CallbackArguments {
    /// `rdi`, `rsi`, `rdx`, `rcx`, `r8`, `r9`.
    pub integers: [u64; 6],
    /// The low halves of vector registers 0 to 7.
    pub vectors: [u64; 8],
    /// The sandbox's stack pointer. Arguments that are not in registers are
    /// behind the return address there; it is an address of the slot, or less than 32 KiB outside.
    pub stack_pointer: u64,
}

/// How a call came back that has not returned.
#[derive(Debug)]
pub(crate) enum Left {
    By(Reason),
    Abandoned,
    /// A callback has panicked.
    Panicked(Payload),
}

impl Held<'_> {
    /// The sandbox, and which of the context's versions counts for it.
    #[inline]
    pub(crate) fn parts(&self) -> (&Sandbox, usize) {
        match self {
            Self::Alone(sandbox) => (sandbox, 0),
            Self::Shared(sandbox) => (sandbox, 1),
        }
    }

    /// The context's frame, when it is fit to be entered by the short way.
    #[inline]
    fn lent<'a>(&self, context: &'a mut Context) -> Option<&'a mut Frame> {
        let (sandbox, how) = self.parts();
        let frame = context.frame_mut();
        (frame.callable[how] == sandbox.control().version()).then_some(frame)
    }
}

/// Makes the context fit to be entered by the short way, if it can be.
#[cold]
fn lend<H: Host>(holder: &mut H::Holder) -> Option<*mut Frame> {
    // Nothing has become of a call that is not made.
    H::parts(holder).1.left = None;
    if !H::may_enter(holder) {
        return None;
    }
    let (held, context) = H::parts(holder);
    held.parts().0.lend(context).ok()?;
    held.lent(context).map(|frame| &raw mut *frame)
}

/// Makes a call in the host's sandbox.
///
/// When this is `None` the function has not returned, or has not been
/// called yet: [`Sandbox::call_goes_on`] says more. In the first case `call` is
/// changed.
///
/// Always inlined, down to the assembly: only then do arguments and results stay in registers.
#[inline(always)]
pub fn call<H: Host>(holder: &mut H::Holder, call: &mut Call) -> Option<CallResults> {
    let (held, context) = H::parts(holder);
    let frame = match held.lent(context) {
        Some(frame) => &raw mut *frame,
        None => lend::<H>(holder)?,
    };
    // SAFETY: as in `enter`; nobody else uses the sandbox if it is exclusive. Without its entry page it faults.
    // `holder` is borrowed mutably, nothing that was borrowed from it is used below, and `dispatch` checks the frame.
    match unsafe { arch::call(frame, call, dispatch::<H>, holder) } {
        Ok(results) => Some(results),
        Err(called) => {
            came_back(H::parts(holder).1, called);
            None
        }
    }
}

#[cold]
fn came_back(context: &mut Context, called: Called) {
    context.left = match called {
        Called::Unprepared => None,
        Called::Left(reason) => Some(Left::By(reason)),
        Called::Abandoned(0) => Some(Left::Abandoned),
        Called::Abandoned(payload) => {
            // SAFETY: `dispatch` has made it of a box, and nobody else gets it.
            let payload = unsafe { Box::from_raw(payload as *mut Payload) };
            Some(Left::Panicked(*payload))
        }
    };
}

/// What a panic carries.
type Payload = Box<dyn Any + Send>;

/// Answers a callback of a stay that `call` began.
///
/// # Safety
/// `record` is the assembly's, `holder` and `frame` are those of `call`.
unsafe extern "C" fn dispatch<H: Host>(record: *mut Record, holder: *mut H::Holder, frame: *mut Frame) -> Verdict {
    // SAFETY: it is on the stack below, and the assembly does not look at it now.
    let record = unsafe { &mut *record };
    // SAFETY: `call` has it borrowed mutably, and waits.
    let holder = unsafe { &mut *holder };
    // SAFETY: the frame of the context that has been inside until now.
    let frame = unsafe { &*frame };
    let (id, base) = (frame.id, frame.base);
    match panic::catch_unwind(AssertUnwindSafe(|| answer::<H>(record, id, base, holder))) {
        Ok(verdict) => verdict,
        Err(payload) => {
            H::panicked(holder, id);
            let payload: *mut Payload = Box::into_raw(Box::new(payload));
            record.parts().1.registers.rax = payload as u64;
            Verdict::Abandon
        }
    }
}

/// The sandbox goes on with the same context in the same slot, or not at all: a
/// host may have replaced both in a callback.
#[inline]
fn answer<H: Host>(record: &mut Record, id: u64, base: u64, holder: &mut H::Holder) -> Verdict {
    let site = record.site();
    let (arguments, results) = record.parts();
    // The rest counts only as far as these say.
    (results.registers, results.x87_used) = (CallResults::default(), 0);
    let answer = match callback_index(base, site) {
        Some(number) => H::callback(holder, number, arguments, results),
        None => Answer::Trap(entry(site)),
    };
    let (held, context) = H::parts(holder);
    let is_same = |context: &Context| context.id() == id && context.frame().base == base;
    match answer {
        Answer::Return if is_same(context) && held.lent(context).is_some() => return Verdict::GoOn,
        Answer::Trap(address) if is_same(context) => {
            record.set_trap(context.frame_mut(), callback_trap(address), entry(record.site()));
            return Verdict::Trap;
        }
        Answer::Return if context.id() == id && lend::<H>(holder).is_some() && is_same(H::parts(holder).1) => {
            return Verdict::GoOn;
        }
        _ => {}
    }
    record.parts().1.registers.rax = 0;
    Verdict::Abandon
}

/// Where the runtime call of a callback stands.
fn entry(site: u64) -> u64 {
    site.wrapping_sub(BUNDLE)
}

/// Which callback was called, by where its code goes on. `None` when this was not
/// one of the entries: code in a sandbox may have the runtime call anywhere.
#[inline]
pub(crate) fn callback_index(base: u64, site: u64) -> Option<usize> {
    let offset = site.wrapping_sub(base + CALLBACK_ENTRIES);
    let number = offset / CALLBACK_SIZE;
    (number < CALLBACKS && offset % CALLBACK_SIZE == BUNDLE).then_some(number as usize)
}

/// What the kernel would say of a call of code that may not be executed.
pub(crate) fn callback_trap(address: u64) -> RawTrap {
    /// `SEGV_ACCERR`.
    const NO_ACCESS: i32 = 2;
    RawTrap { signal: libc::SIGSEGV, code: NO_ACCESS, address }
}

impl Context {
    /// Whether a [`call`] that gave `None` was made: something became of it.
    pub fn has_left(&self) -> bool {
        self.left.is_some()
    }

    /// Goes on with the panic of a callback that has ended a [`call`], if one has.
    ///
    /// # Panics
    /// In that case.
    pub fn resume_panic(&mut self) {
        self.left = match self.left.take() {
            Some(Left::Panicked(payload)) => panic::resume_unwind(payload),
            left => left,
        };
    }
}

impl Sandbox {
    /// What became of a [`call`] that gave `None`, as that has left it. After
    /// [`Exit::Return`] the results are in the context. After another exit the
    /// context is as after [`Self::enter`], which goes on with it.
    ///
    /// # Errors
    /// As [`Self::enter`].
    ///
    /// # Panics
    /// As [`Context::resume_panic`].
    #[cold]
    pub fn call_goes_on(&self, context: &mut Context, call: &Call) -> Result<Exit, Error> {
        context.resume_panic();
        match context.left.take() {
            Some(Left::By(reason)) => return Ok(context.exit(reason)),
            Some(_) => return Ok(Exit::Abandoned),
            None => {}
        }
        // The short way does not do, or not yet on this thread.
        host::signal::prepare_thread()?;
        context.frame_mut().set_call(call);
        self.enter(context)
    }
}
