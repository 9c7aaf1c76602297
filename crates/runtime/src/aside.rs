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
    arch::{Care, ExtendedState, Frame},
};
use lfi_abi::Returns;

/// What a context was doing: all of its registers.
#[derive(Clone, Debug)]
pub struct Aside {
    registers: Registers,
    extended: Box<ExtendedState>,
    /// What of it is the sandbox's own.
    care: Care,
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
        Aside { registers: frame.registers, extended, care: frame.care, interrupted }
    }

    /// The context goes on with what was put aside, where it stood then.
    pub fn take_up(&mut self, aside: Aside) {
        self.take_up_elsewhere(&aside, aside.registers);
        self.interrupted = aside.interrupted.map(|sandbox| (sandbox, aside.registers));
        self.resumes = true;
    }

    /// After [`Exit::Stopped`](crate::Exit::Stopped): goes on where the context is.
    pub fn stay(&mut self) {
        self.resumes = true;
    }

    /// The same, with other general registers: it goes on at a bundle, as after
    /// [`Self::registers_mut`].
    pub fn take_up_elsewhere(&mut self, aside: &Aside, registers: Registers) {
        *self.registers_mut() = registers;
        self.frame_mut().take_up(*aside.extended, aside.care);
    }
}

impl Sandbox {
    /// In an exclusive sandbox the masked address that a `ret` takes from the stack
    /// may have changed since the context was interrupted before it: it goes on
    /// with the push in front, whose register it still has (`spec/x64/units.md`).
    pub(crate) fn step_back(&self, frame: &mut Frame) {
        /// `pushq %r11; ret`, the end of the unit.
        const END: [u8; 3] = [0x41, 0x53, 0xc3];
        let mut code = [0; 3];
        let registers = &mut frame.registers;
        if self.returns() == Returns::Ret
            && self.read(registers.rip.wrapping_sub(2), &mut code).is_ok()
            && code[2] == END[2]
        {
            registers.rip = registers.rip.wrapping_sub(2);
            registers.rsp = registers.rsp.wrapping_add(8);
            // Never where it is not that unit.
            frame.resumes = code == END;
        }
    }
}
