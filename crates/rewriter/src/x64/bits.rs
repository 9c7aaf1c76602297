//! `bt`, `bts`, `btr`, `btc` with a bit offset in a register and memory:
//! [x64.rewrite.bits].
//!
//! The offset is signed and reaches far beyond the operand, by which no guard
//! would know the address. So the operand that holds the bit is found first,
//! and the bit in it by the form with two registers, which takes the offset
//! modulo the operand's size.

use super::{
    emit::{Code, Emitter},
    memory::frame_slot,
    mnemonic::ZF,
    program::{Form, LOCK, Operand},
    register::{NAMES32, NAMES64, NONE, Register, Set},
};
use crate::error::Reason;

/// Registers that may hold the address and the bits meanwhile.
const SCRATCH: [u8; 6] = [11, 10, 9, 8, 6, 7];

impl Emitter<'_, '_> {
    pub(super) fn bit_string(&mut self, code: &Code) -> Result<(), Reason> {
        let [offset, memory] = code.operands else { return Err(Reason::Operand) };
        if code.instruction.prefixes & LOCK != 0 {
            return Err(Reason::Unsupported("a locked bit string operation has no sandboxed form"));
        }
        if memory.segment.set != Set::None || memory.base.set == Set::Gpr32 || memory.index.set == Set::Gpr32 {
            return Err(Reason::Unsupported("a bit offset in a register reaches beyond the memory operand"));
        }
        // They leave the zero flag alone; finding the address does not.
        if code.instruction.live & u16::from(ZF) != 0 {
            return Err(Reason::FlagsLive);
        }
        let (names, extend, shift, scale, mov) = match offset.base.set {
            Set::Gpr32 => (NAMES32, "movslq\t", "5", "4", "movl\t"),
            Set::Gpr64 => (NAMES64, "movq\t", "6", "8", "movq\t"),
            _ => return Err(Reason::Unsupported("a 16-bit bit string operation has no sandboxed form")),
        };
        let mut free = SCRATCH.into_iter().filter(|&n| !offset.mentions(n) && !memory.mentions(n));
        let (Some(a), Some(b)) = (free.next(), free.next()) else { return Err(Reason::Operand) };
        let (address, bits) = (NAMES64[usize::from(a)], NAMES64[usize::from(b)]);
        let sized = names[usize::from(b)];
        let stem = code.mnemonic().trim_end_matches(['l', 'q']);

        self.line(&["movq\t%", address, ", ", &frame_slot(0)]);
        self.line(&["movq\t%", bits, ", ", &frame_slot(1)]);
        self.line(&["leaq\t", memory.text, ", %", address]);
        self.line(&[extend, offset.text, ", %", bits]);
        self.line(&["sarq\t$", shift, ", %", bits]);
        self.line(&["leaq\t(%", address, ",%", bits, ",", scale, "), %", address]);
        let place = Operand {
            form: Form::Address,
            indirect: false,
            scale: 1,
            segment: NONE,
            base: Register { set: Set::Gpr64, number: a },
            index: NONE,
            expression: "",
            decoration: "",
            text: "",
        };
        let operand = |this: &mut Self, store| match this.is_guarded(&place, store) {
            true => format!("%gs:(%{})", NAMES32[usize::from(a)]),
            false => format!("(%{address})"),
        };
        let from = operand(self, false);
        self.line(&[mov, &from, ", %", sized]);
        self.line(&[stem, if scale == "8" { "q" } else { "l" }, "\t", offset.text, ", %", sized]);
        if code.instruction.writes(1) {
            let to = operand(self, true);
            self.line(&[mov, "%", sized, ", ", &to]);
        }
        self.line(&["movq\t", &frame_slot(1), ", %", bits]);
        self.line(&["movq\t", &frame_slot(0), ", %", address]);
        Ok(())
    }
}
