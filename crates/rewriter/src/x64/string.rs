//! String instructions: [x64.rewrite.string].

use lfi_abi::Kind;

use super::{
    emit::{Code, Emitter},
    mnemonic::{FLAGS, StringOp},
    program::{Form, Operand, R11_ALL, REP, REPNE},
    register::{RAX, Register, Set},
    thread::GS,
};
use crate::error::Reason;

const RSI: u8 = 6;
const RDI: u8 = 7;

impl Emitter<'_, '_> {
    pub(super) fn string(&mut self, code: &Code, op: StringOp) -> Result<(), Reason> {
        check_operands(code.operands)?;
        let size = match code.mnemonic().as_bytes() {
            // `movsd`, `cmpsd`
            [.., b'd' | b'D'] => "l",
            [.., b'b' | b'B'] => "b",
            [.., b'w' | b'W'] => "w",
            [.., b'q' | b'Q'] => "q",
            _ => "l",
        };
        let name = match op {
            StringOp::Movs => "movs",
            StringOp::Cmps => "cmps",
            StringOp::Stos => "stos",
            StringOp::Scas => "scas",
            StringOp::Lods => "lods",
        };
        let prefix = match code.instruction.prefixes {
            REP => "rep ",
            REPNE => "repne ",
            _ => "",
        };
        let instruction = [prefix, name, size];
        let guard: &[&str] = match (self.options.kind, op) {
            (Kind::Jumps, _) => &[],
            (Kind::Full | Kind::Stores, StringOp::Stos) => &["di"],
            (Kind::Stores, StringOp::Movs) => &["di"],
            (Kind::Stores, _) => &[],
            (Kind::Full, StringOp::Scas) => &["di"],
            (Kind::Full, StringOp::Lods) => &["si"],
            (Kind::Full, StringOp::Movs | StringOp::Cmps) => &["di", "si"],
        };
        let live = code.instruction.live_before();
        if guard.is_empty() {
            self.line(&instruction);
        } else if live & R11_ALL == 0 {
            self.string_unit(guard, true, &instruction);
        } else if live & FLAGS == 0 {
            self.string_unit(guard, false, &instruction);
        } else {
            self.spill_r11();
            self.string_unit(guard, true, &instruction);
            self.reload_r11();
        }
        Ok(())
    }
}

/// Operands may be written, but are always the same ones.
fn check_operands(operands: &[Operand]) -> Result<(), Reason> {
    for operand in operands {
        let accumulator = Register { set: operand.base.set, number: RAX };
        let known = match operand.form {
            Form::Register => operand.base == accumulator,
            Form::Address => {
                operand.expression.is_empty()
                    && operand.index.set == Set::None
                    && operand.segment.number != GS
                    && operand.segment.number != super::thread::FS
                    && [RSI, RDI].iter().any(|&number| operand.base.is(Set::Gpr64, number))
            }
            Form::Immediate | Form::Expression | Form::Rounding => false,
        };
        if !known {
            return Err(Reason::Operand);
        }
    }
    Ok(())
}
