//! Accesses through the thread pointer: [x64.rewrite.thread].
//!
//! The thread pointer comes from a runtime call, which leaves it in `%rax` and
//! changes `%r11` besides; in an exclusive slot it lies in the runtime page.
//! Its first word is its own address, so `movq %fs:0, %rX` is all of it.

use lfi_abi::{Returns, layout};

use super::{
    emit::{Code, Emitter},
    memory::{check_access, frame_slot},
    mnemonic::Class,
    program::{Form, Operand, R11_ALL},
    register::{NAMES64, NONE, R11, RAX, RSP, Register, Set},
    units::RuntimeCall,
};
use crate::{error::Reason, expr::constant};

/// Numbers of segment registers.
pub(super) const FS: u8 = 4;
pub(super) const GS: u8 = 5;

impl Emitter<'_, '_> {
    /// Writes an instruction whose memory operand has the segment `%fs`.
    pub(super) fn thread_access(&mut self, code: &Code) -> Result<(), Reason> {
        let Some((index, _)) = code.thread_operand() else { return Err(Reason::Operand) };
        let operand = &code.operands[index];
        check_access(code)?;
        if operand.base.set == Set::Rip {
            return Err(Reason::Operand);
        }
        let r11_live = code.instruction.live_before() & R11_ALL != 0;
        if let Some(destination) = loaded_register(code, operand) {
            if destination == R11 {
                // Nothing reads it before.
                self.thread_pointer_to_r11();
            } else if r11_live && self.options.returns == Returns::Jump {
                self.spill_r11();
                self.thread_pointer_to(destination);
                self.reload_r11();
            } else {
                self.thread_pointer_to(destination);
            }
            let whole = operand.form == Form::Expression
                && constant(operand.expression) == Some(0)
                && code.class() == Class::Mov
                && code.operands.last().is_some_and(|o| o.is_register(destination));
            if !whole {
                self.access_from(code, index, destination)?;
            }
            return Ok(());
        }
        if code.operands.iter().any(|o| o.mentions(R11)) {
            return Err(Reason::R11Live);
        }
        if !r11_live {
            self.thread_pointer_to_r11();
            return self.access_from(code, index, R11);
        }
        if code.moves_rsp() {
            return Err(Reason::R11Live);
        }
        self.spill_r11();
        self.thread_pointer_to_r11();
        self.access_from(code, index, R11)?;
        self.reload_r11();
        Ok(())
    }

    /// Loads the thread pointer; changes `%r11` when it takes a runtime call.
    fn thread_pointer_to(&mut self, number: u8) {
        let name = NAMES64[usize::from(number)];
        match self.options.returns {
            Returns::Ret => self.load_thread_pointer(name),
            Returns::Jump if number == RAX => self.runtime_call(RuntimeCall::GetThreadPointer),
            Returns::Jump => {
                self.line(&["movq\t%rax, %", name]);
                self.runtime_call(RuntimeCall::GetThreadPointer);
                self.line(&["xchgq\t%rax, %", name]);
            }
        }
    }

    fn thread_pointer_to_r11(&mut self) {
        match self.options.returns {
            Returns::Ret => self.load_thread_pointer(NAMES64[usize::from(R11)]),
            Returns::Jump => {
                self.line(&["movq\t%rax, ", &frame_slot(0)]);
                self.runtime_call(RuntimeCall::GetThreadPointer);
                self.line(&["movq\t%rax, %r11"]);
                self.line(&["movq\t", &frame_slot(0), ", %rax"]);
            }
        }
    }

    /// From the runtime page of an exclusive slot.
    fn load_thread_pointer(&mut self, name: &str) {
        let field = format!("{:#x}", layout::RUNTIME_PAGE + layout::page::TP);
        self.line(&["movq\t%gs:", &field, "(,%eiz), %", name]);
    }

    /// The instruction, with a register that holds the thread pointer for `%fs:`.
    fn access_from(&mut self, code: &Code, index: usize, number: u8) -> Result<(), Reason> {
        let mut operand = code.operands[index];
        operand.segment = NONE;
        operand.form = Form::Address;
        let register = Register { set: Set::Gpr64, number };
        if self.needs_long_address(&operand) {
            let address = Operand { base: register, index: NONE, ..operand };
            self.load_address(&address, number);
            operand.expression = "";
        }
        if operand.base != NONE {
            if operand.base.set != Set::Gpr64 || operand.base.number == RSP {
                return Err(Reason::Operand);
            }
            if operand.index != NONE {
                let (base, name) = (NAMES64[usize::from(operand.base.number)], NAMES64[usize::from(number)]);
                self.line(&["leaq\t(%", name, ",%", base, "), %", name]);
            } else {
                operand.index = operand.base;
                operand.scale = 1;
            }
        }
        operand.base = register;
        self.access(code, index, &operand);
        Ok(())
    }
}

/// The general register that an instruction loads, all of it, from a thread-local
/// variable, if the address does not need that register.
pub(super) fn loaded_register(code: &Code, operand: &Operand) -> Option<u8> {
    let [_, destination] = code.operands else { return None };
    let free = destination.form == Form::Register
        && destination.base.is_whole()
        && code.instruction.only_writes_last()
        && !operand.mentions(destination.base.number);
    free.then_some(destination.base.number)
}
