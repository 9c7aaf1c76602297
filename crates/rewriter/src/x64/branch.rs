//! Branches, calls, returns and system calls: [x64.rewrite.branch],
//! [x64.rewrite.call], [x64.rewrite.return], [x64.rewrite.syscall].

use super::{
    dead::Dead,
    emit::{Code, Emitter},
    flow::is_local,
    mnemonic::{Class, FLAGS},
    program::{Form, Live, R11_ALL, R11_BYTE},
    register::{NAMES64, R11, RSP, Register, Set},
    units::RuntimeCall,
};
use crate::{error::Reason, expr::constant};
use lfi_abi::Returns;

impl Emitter<'_, '_> {
    pub(super) fn branch(&mut self, code: &Code) -> Result<(), Reason> {
        let text = code.statement.text;
        match (code.class(), code.instruction.target) {
            (Class::Return, _) => self.ret(code),
            (Class::Call, target) => {
                check_after_call(code)?;
                match (self.is_pushed_call(code), target) {
                    (true, _) => self.pushed_call(code)?,
                    (false, Some(_)) => self.direct_call(text),
                    (false, None) => {
                        let number = self.indirect_target(code, 0)?;
                        self.call_unit(number);
                    }
                }
                Ok(())
            }
            (Class::Jump, Some(_)) | (Class::Branch, Some(_)) => {
                self.line(&[text]);
                Ok(())
            }
            (Class::Jump, None) => {
                let live = code.instruction.live;
                if live & FLAGS != 0 {
                    return Err(Reason::FlagsLive);
                }
                let number = self.indirect_target(code, live)?;
                self.jump_unit(number);
                Ok(())
            }
            (Class::Loop, Some(_)) => {
                self.loop_down(code);
                Ok(())
            }
            (Class::Rcxz, Some(_)) => {
                self.jump_if_rcx_zero(code);
                Ok(())
            }
            _ => Err(Reason::BranchTarget),
        }
    }

    /// Whether a call pushes its return address and jumps. Where functions
    /// return by jumps, processors that remember return addresses for `ret`
    /// mispredict when calls only ever add to them. `%r11` must be free before the
    /// target is read, and a local routine may expect anything in it.
    fn is_pushed_call(&self, code: &Code) -> bool {
        let free = |register: &Register| register.set == Set::None || ![RSP, R11].contains(&register.number);
        self.options.returns == Returns::Jump
            && match (code.instruction.target, code.operands) {
                (Some(target), _) => !is_local(&self.program.symbols, target),
                (None, [operand]) => operand.segment.set == Set::None && free(&operand.base) && free(&operand.index),
                _ => false,
            }
    }

    /// Such a call. What follows is where the function returns to: the padding
    /// before it is not executed.
    fn pushed_call(&mut self, code: &Code) -> Result<(), Reason> {
        let back = self.new_label();
        self.line(&["leaq\t", &back, "(%rip), %r11"]);
        self.line(&["pushq\t%r11"]);
        if code.instruction.target.is_some() {
            self.line(&["jmp\t", code.operands[0].text]);
        } else {
            let number = self.indirect_target(code, 0)?;
            self.jump_unit(number);
        }
        self.directive_line(&[".p2align\t5"]);
        self.place(&back);
        self.set_after_label(true);
        Ok(())
    }

    /// The register that holds the target of an indirect branch; what is in
    /// memory is loaded into `%r11`, or when that is in use into a register of
    /// its address that is not needed any more.
    fn indirect_target(&mut self, code: &Code, live: Live) -> Result<u8, Reason> {
        let [operand] = code.operands else { return Err(Reason::Operand) };
        if !operand.indirect {
            return Err(Reason::BranchTarget);
        }
        match operand.form {
            Form::Register if operand.base.set == Set::Gpr64 && operand.base.number != RSP => Ok(operand.base.number),
            Form::Register | Form::Immediate | Form::Rounding => Err(Reason::BranchTarget),
            Form::Address if live & R11_ALL != 0 && operand.segment.set == Set::None => {
                let program = self.program;
                let dead = self.dead.get_or_insert_with(|| Dead::new(program));
                let number = dead.after_jump(program, code.index, operand).ok_or(Reason::R11Live)?;
                self.load(operand, NAMES64[usize::from(number)]);
                Ok(number)
            }
            Form::Address | Form::Expression => {
                self.load_r11(operand, live)?;
                Ok(R11)
            }
        }
    }

    fn ret(&mut self, code: &Code) -> Result<(), Reason> {
        let bytes = match code.operands {
            [] => 0,
            [bytes] if bytes.form == Form::Immediate => constant(bytes.expression).ok_or(Reason::Operand)?,
            _ => return Err(Reason::Operand),
        };
        self.line(&["popq\t%r11"]);
        if bytes != 0 {
            let bytes = u16::try_from(bytes).map_err(|_| Reason::Operand)?.to_string();
            self.stack_unit(&["leal\t", &bytes, "(%rsp), %esp"]);
        }
        self.return_unit();
        Ok(())
    }

    /// `loop`, whose 8-bit reach padding may exceed.
    fn loop_down(&mut self, code: &Code) {
        let target = code.operands[0].text;
        if code.instruction.live & FLAGS == 0 {
            self.line(&["decq\t%rcx"]);
            self.line(&["jne\t", target]);
            return;
        }
        let done = self.new_label();
        self.line(&["leaq\t-1(%rcx), %rcx"]);
        self.lock();
        self.line(&["jrcxz\t", &done]);
        self.line(&["jmp\t", target]);
        self.unlock();
        self.place(&done);
    }

    /// `jrcxz`, likewise.
    fn jump_if_rcx_zero(&mut self, code: &Code) {
        let target = code.operands[0].text;
        if code.instruction.live & FLAGS == 0 {
            self.line(&["testq\t%rcx, %rcx"]);
            self.line(&["je\t", target]);
            return;
        }
        let (yes, no) = (self.new_label(), self.new_label());
        self.lock();
        self.line(&["jrcxz\t", &yes]);
        self.line(&["jmp\t", &no]);
        self.place(&yes);
        self.line(&["jmp\t", target]);
        self.unlock();
        self.place(&no);
    }

    pub(super) fn syscall(&mut self, code: &Code) -> Result<(), Reason> {
        if !code.operands.is_empty() {
            return Err(Reason::Operand);
        }
        if code.instruction.live & FLAGS != 0 {
            return Err(Reason::FlagsLive);
        }
        self.runtime_call(RuntimeCall::Syscall);
        Ok(())
    }
}

/// What no callee leaves alone must not be read after the call.
fn check_after_call(code: &Code) -> Result<(), Reason> {
    if code.instruction.live & FLAGS != 0 {
        Err(Reason::FlagsFromCall)
    } else if code.instruction.live & R11_BYTE != 0 {
        // The rest alone is copied without being looked at: `setb %r11b; movl
        // %r11d, %eax` is how a byte is moved.
        Err(Reason::R11FromCall)
    } else {
        Ok(())
    }
}
