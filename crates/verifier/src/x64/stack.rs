//! Writes of the stack pointer: `[x64.stack.*]`.

use super::decode::{Bundle, Instruction, Part, Prefixes, RSP};
use super::row::Class;
use crate::Rule;
use lfi_abi::x64::DRIFT;

/// How an instruction outside units changes `%rsp`, beyond pushing and popping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Not at all.
    None,
    /// By a constant of at most [`DRIFT`] in either direction.
    Adjusted,
}

/// Judges the write of `%rsp` by an instruction outside units, if it is one.
#[inline(always)]
pub(super) fn check(instruction: &Instruction, bundle: Bundle<'_>) -> Result<Change, Rule> {
    if !writes(instruction) {
        return Ok(Change::None);
    }
    let amount = adjustment(instruction, bundle).ok_or(Rule::StackWrite)?;
    if (-DRIFT..=DRIFT).contains(&amount) { Ok(Change::Adjusted) } else { Err(Rule::StackDrift) }
}

/// Whether any explicit operand that is written is a part of `%rsp`.
#[inline(always)]
fn writes(instruction: &Instruction) -> bool {
    let row = instruction.row;
    if !instruction.may_write_rsp() {
        return false;
    }
    let rm = instruction.rm() == RSP && !instruction.has_memory();
    let writes = row.writes_general(instruction.reg() == RSP, rm, instruction.vvvv() == RSP, instruction.low() == RSP);
    // Without REX, 8-bit register 4 is %ah.
    writes && (instruction.rex || !row.byte()) || row.is(Class::LEAVE)
}

/// The constant that `addq $i,%rsp`, `subq $i,%rsp` or `leaq i(%rsp),%rsp` adds.
#[inline(always)]
fn adjustment(instruction: &Instruction, bundle: Bundle<'_>) -> Option<i64> {
    // With a 32-bit address size `lea` takes the low half alone.
    if !instruction.one_byte || !instruction.wide() || instruction.prefixes.has(Prefixes::ADDRESS_SIZE) {
        return None;
    }
    match (instruction.opcode, instruction.reg() & 7, instruction.memory(bundle)) {
        (0x81 | 0x83, 0, None) => Some(i64::from(instruction.immediate(bundle))),
        (0x81 | 0x83, 5, None) => Some(-i64::from(instruction.immediate(bundle))),
        (0x8d, _, Some(memory)) if memory.base == Part::Register(RSP) && memory.index == Part::None => {
            Some(i64::from(memory.displacement))
        }
        _ => None,
    }
}
