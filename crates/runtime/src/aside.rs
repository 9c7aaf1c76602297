//! Putting aside what a context was doing, for something else that it does
//! first: a signal handler of the sandbox's own.
//!
//! A context that a fault made leave may stand anywhere: inside a unit, or with
//! a stack pointer that is a little outside the slot. It may go on there, and
//! only there: what was put aside stays in the host's memory, whole, and code in
//! the sandbox cannot change it. Whoever wants to go on elsewhere sets the
//! registers, as after any other exit, and enters at a bundle.

use crate::{
    Context, Registers, Sandbox,
    arch::{ExtendedState, Frame},
};
use lfi_abi::Returns;

/// What a context was doing: all of its registers.
#[derive(Clone, Debug)]
pub struct Aside {
    registers: Registers,
    extended: Box<ExtendedState>,
    /// In which sandbox it stood at an instruction, and not at the end of a runtime call.
    interrupted: Option<u64>,
}

impl Context {
    /// Whether a fault has interrupted the context, and it still stands there.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.is_some_and(|(sandbox, _)| self.stands_in(sandbox))
    }

    /// Whether it was interrupted in this sandbox, and its registers are those of that moment.
    pub(crate) fn stands_in(&self, sandbox: u64) -> bool {
        self.interrupted == Some((sandbox, *self.registers()))
    }

    /// Puts aside what the context is doing. Its vector and x87 registers are
    /// empty then, and its control words as after reset; the general registers
    /// are what they were.
    pub fn put_aside(&mut self) -> Aside {
        let interrupted = self.interrupted.map(|(sandbox, _)| sandbox).filter(|&sandbox| self.stands_in(sandbox));
        let frame = self.frame_mut();
        let extended = Box::new(std::mem::replace(&mut frame.extended, ExtendedState::INITIAL));
        Aside { registers: frame.registers, extended, interrupted }
    }

    /// The context goes on with what was put aside, where it stood then.
    pub fn take_up(&mut self, aside: Aside) {
        self.take_up_elsewhere(&aside, aside.registers);
        self.interrupted = aside.interrupted.map(|sandbox| (sandbox, aside.registers));
        self.resumes = true;
    }

    /// The same, with other general registers: it goes on at a bundle, as after
    /// [`Self::registers_mut`].
    pub fn take_up_elsewhere(&mut self, aside: &Aside, registers: Registers) {
        *self.registers_mut() = registers;
        self.frame_mut().extended = *aside.extended;
    }
}

impl Sandbox {
    /// Whether a context may go on where it was interrupted: in an exclusive sandbox
    /// not at a `ret`, whose masked address others have been able to change
    /// meanwhile.
    pub(crate) fn may_resume(&self, frame: &Frame) -> bool {
        const RET: u8 = 0xc3;
        let mut instruction = [RET];
        self.returns() == Returns::Jump
            || self.read(frame.registers.rip, &mut instruction).is_ok() && instruction != [RET]
    }
}
