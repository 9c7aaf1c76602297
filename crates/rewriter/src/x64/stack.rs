//! Writes of the stack pointer: [x64.rewrite.stack] and [x64.rewrite.drift].

use lfi_abi::{Returns, x64::DRIFT};

use super::{
    emit::{Code, Emitter},
    memory::{frame_slot, stack_reach},
    mnemonic::{Class, FLAGS},
    program::{Form, Item, Live, Operand, R11_ALL},
    register::{NAMES32, NAMES64, R11, RSP, Register, Set},
};
use crate::{error::Reason, expr::constant};

/// What an instruction does for a stack pointer that has drifted.
enum Settling {
    /// It accesses memory near it: an address out of bounds has faulted.
    Settles,
    Continues,
    /// It must not run before the stack pointer has settled.
    Stops,
}

impl Emitter<'_, '_> {
    /// An instruction that writes `%rsp` as an operand.
    pub(super) fn stack_write(&mut self, code: &Code) -> Result<(), Reason> {
        if let Some(distance) = adjustment(code)
            && distance.unsigned_abs() <= DRIFT.unsigned_abs()
        {
            self.write(code, code.mnemonic(), 0, None);
            if !self.settles(code.index) {
                self.settle(code.instruction.live);
            }
            return Ok(());
        }
        let live = code.instruction.live;
        match (code.class(), code.operands) {
            (_, operands) if operands.iter().any(|o| o.segment.set != Set::None) => Err(Reason::StackWrite),
            (Class::Mov, [from, to]) if to.is_register(RSP) => match from.form {
                Form::Register if from.base.set == Set::Gpr64 => self.write_rsp(from.base.number, live),
                Form::Register | Form::Immediate | Form::Rounding => Err(Reason::StackWrite),
                Form::Address | Form::Expression => {
                    self.load_r11(from, live)?;
                    self.write_rsp(R11, live)
                }
            },
            (Class::Add | Class::Sub | Class::And, [from, to]) if to.is_register(RSP) => {
                if live & FLAGS != 0 {
                    return Err(Reason::FlagsLive);
                }
                let name = match code.class() {
                    Class::Add => "addl\t",
                    Class::Sub => "subl\t",
                    _ => "andl\t",
                };
                match from.form {
                    Form::Immediate => self.stack_unit(&[name, "$", from.expression, ", %esp"]),
                    Form::Register if from.base.set == Set::Gpr64 => {
                        self.stack_unit(&[name, "%", NAMES32[usize::from(from.base.number)], ", %esp"]);
                    }
                    Form::Register | Form::Rounding => return Err(Reason::StackWrite),
                    Form::Address | Form::Expression => {
                        self.load_r11(from, live)?;
                        self.stack_unit(&[name, "%r11d, %esp"]);
                    }
                }
                Ok(())
            }
            (Class::Lea, [from, to]) if to.is_register(RSP) => self.lea_rsp(from, live),
            (Class::Pop, [to]) if to.is_register(RSP) => {
                if live & R11_ALL != 0 {
                    return Err(Reason::R11Live);
                }
                self.line(&["movq\t(%rsp), %r11"]);
                self.write_rsp(R11, live)
            }
            (Class::Xchg, [a, b]) => {
                let other = if a.is_register(RSP) { b } else { a };
                let both = a.is_register(RSP) != b.is_register(RSP);
                if !both || other.form != Form::Register || other.base.set != Set::Gpr64 {
                    return Err(Reason::StackWrite);
                }
                if code.instruction.live_before() & R11_ALL != 0 {
                    return Err(Reason::R11Live);
                }
                if live & FLAGS != 0 {
                    return Err(Reason::FlagsLive);
                }
                self.line(&["movq\t%rsp, %r11"]);
                self.write_rsp(other.base.number, live)?;
                self.line(&["movq\t%r11, %", NAMES64[usize::from(other.base.number)]]);
                Ok(())
            }
            _ => Err(Reason::StackWrite),
        }
    }

    /// `leave`
    pub(super) fn leave(&mut self, code: &Code) -> Result<(), Reason> {
        const RBP: u8 = 5;
        if !code.operands.is_empty() {
            return Err(Reason::Operand);
        }
        self.write_rsp(RBP, code.instruction.live)?;
        self.line(&["popq\t%rbp"]);
        Ok(())
    }

    /// `movq %reg, %rsp`
    fn write_rsp(&mut self, number: u8, live: Live) -> Result<(), Reason> {
        let name = NAMES32[usize::from(number)];
        let write = ["movl\t%", name, ", %esp"];
        self.unit_with(&write, number == R11, live)
    }

    /// `leaq address, %rsp`
    fn lea_rsp(&mut self, address: &Operand, live: Live) -> Result<(), Reason> {
        if address.base.set == Set::Rip {
            if live & R11_ALL != 0 {
                return Err(Reason::R11Live);
            }
            self.line(&["leaq\t", address.text, ", %r11"]);
            return self.write_rsp(R11, live);
        }
        let wide = |r: Register| matches!(r.set, Set::None | Set::Gpr64);
        if address.form != Form::Address || !wide(address.base) || !wide(address.index) {
            return Err(Reason::StackWrite);
        }
        self.unit_with(&["leal\t", address.text, ", %esp"], address.mentions(R11), live)
    }

    /// A unit around a `movl` or `leal` to `%esp`, of the kind that leaves alone what is live.
    fn unit_with(&mut self, write: &[&str], reads_r11: bool, live: Live) -> Result<(), Reason> {
        if live & FLAGS == 0 {
            self.stack_unit(write);
            Ok(())
        } else if live & R11_ALL == 0 && !reads_r11 {
            self.stack_unit_keeping_flags(write);
            Ok(())
        } else {
            Err(Reason::FlagsLive)
        }
    }

    /// Loads a memory operand into `%r11`, which is not live after it.
    pub(super) fn load_r11(&mut self, operand: &Operand, live: Live) -> Result<(), Reason> {
        if live & R11_ALL != 0 {
            return Err(Reason::R11Live);
        }
        if operand.segment.set != Set::None {
            return Err(Reason::Unsupported("a stack pointer or branch target in thread-local storage"));
        }
        self.load(operand, "r11");
        Ok(())
    }

    /// Loads a memory operand into a 64-bit register.
    pub(super) fn load(&mut self, operand: &Operand, register: &str) {
        if self.is_guarded(operand, false) {
            let text = self.guarded(operand);
            self.line(&["movq\t", &text, ", %", register]);
            self.text = text;
        } else {
            let text = operand.text.trim_start_matches('*').trim_ascii_start();
            self.line(&["movq\t", text, ", %", register]);
        }
    }

    pub(super) fn spill_r11(&mut self) {
        self.line(&["movq\t%r11, ", &frame_slot(1)]);
    }

    pub(super) fn reload_r11(&mut self) {
        self.line(&["movq\t", &frame_slot(1), ", %r11"]);
    }

    /// An access that settles the stack pointer.
    fn settle(&mut self, live: Live) {
        if live & R11_ALL == 0 {
            self.line(&["movq\t(%rsp), %r11"]);
        } else if live & FLAGS == 0 {
            self.line(&["testb\t%al, (%rsp)"]);
        } else {
            self.spill_r11();
            self.line(&["movq\t(%rsp), %r11"]);
            self.reload_r11();
        }
    }

    /// Whether the stack pointer settles after this statement, before control
    /// goes elsewhere or the stack pointer is written again.
    fn settles(&self, index: usize) -> bool {
        let program = self.program;
        // Statements of other sections may stand in between.
        let mut away = 0_u32;
        let mut home = None;
        for (i, statement) in program.statements.iter().enumerate().skip(index + 1) {
            match statement.item {
                Item::Section { from, to } => {
                    let home = *home.get_or_insert(from);
                    away = u32::from(to != home);
                }
                Item::Instruction(instruction) if away == 0 => {
                    let operands = instruction.operands(&program.operands);
                    let code = Code { index: i, statement, instruction: &instruction, operands };
                    match self.settling(&code) {
                        Settling::Settles => return true,
                        Settling::Continues => {}
                        Settling::Stops => return false,
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// What the sandboxed form of an instruction does for the stack pointer.
    fn settling(&self, code: &Code) -> Settling {
        match code.class() {
            // A return begins with a `pop`.
            Class::Call | Class::Return => return Settling::Settles,
            Class::Jump
            | Class::Branch
            | Class::Loop
            | Class::Rcxz
            | Class::Syscall
            | Class::Halt
            | Class::Leave
            | Class::String(_) => return Settling::Stops,
            Class::Lea | Class::Nop => {
                return if code.writes_rsp() { Settling::Stops } else { Settling::Continues };
            }
            _ if code.writes_rsp() => return Settling::Stops,
            _ => {}
        }
        let Some((index, _)) = code.memory_operand() else {
            let moves = matches!(code.class(), Class::Push | Class::Pop);
            return if moves { Settling::Settles } else { Settling::Continues };
        };
        if code.thread_operand().is_some() {
            // A runtime call is a transfer of control.
            return if self.options.returns == Returns::Jump { Settling::Stops } else { Settling::Continues };
        }
        if matches!(code.class(), Class::Push | Class::Pop) {
            return Settling::Settles;
        }
        match stack_reach(&code.operands[index]) {
            Some(0..) if code.instruction.row.touches => Settling::Settles,
            _ => Settling::Continues,
        }
    }
}

/// By how much an instruction changes `%rsp`, when that is a constant.
fn adjustment(code: &Code) -> Option<i64> {
    let [from, to] = code.operands else { return None };
    if !to.is_register(RSP) {
        return None;
    }
    match code.class() {
        Class::Add if from.form == Form::Immediate => constant(from.expression),
        Class::Sub if from.form == Form::Immediate => constant(from.expression)?.checked_neg(),
        Class::Lea
            if from.form == Form::Address
                && from.base.is(Set::Gpr64, RSP)
                && from.index.set == Set::None
                && from.segment.set == Set::None =>
        {
            constant(from.expression)
        }
        _ => None,
    }
}

impl Code<'_, '_> {
    /// Whether `%rsp` has another value after it.
    pub(super) fn moves_rsp(&self) -> bool {
        matches!(self.class(), Class::Push | Class::Pop)
    }
}
