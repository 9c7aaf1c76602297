//! Writes of the stack pointer: `[x64.stack.*]`.

use super::decode::{Instruction, Part, RSP};
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
pub(super) fn check(instruction: &Instruction) -> Result<Change, Rule> {
    if !writes(instruction) {
        return Ok(Change::None);
    }
    let amount = adjustment(instruction).ok_or(Rule::StackWrite)?;
    if (-DRIFT..=DRIFT).contains(&amount) { Ok(Change::Adjusted) } else { Err(Rule::StackDrift) }
}

/// Whether any explicit operand that is written is a part of `%rsp`.
fn writes(instruction: &Instruction) -> bool {
    let row = instruction.row;
    if row.class() == Class::Leave {
        return true;
    }
    // Without REX, 8-bit register 4 is %ah.
    if row.byte() && !instruction.rex {
        return false;
    }
    row.writes_reg() && instruction.reg == RSP
        || row.writes_rm() && instruction.rm == Some(RSP)
        || row.writes_vvvv() && instruction.vvvv == RSP
        || row.writes_opcode() && instruction.low == RSP
}

/// The constant that `addq $i,%rsp`, `subq $i,%rsp` or `leaq i(%rsp),%rsp` adds.
fn adjustment(instruction: &Instruction) -> Option<i64> {
    if !instruction.one_byte || !instruction.wide {
        return None;
    }
    match (instruction.opcode, instruction.reg & 7, instruction.memory) {
        (0x81 | 0x83, 0, None) => Some(i64::from(instruction.immediate)),
        (0x81 | 0x83, 5, None) => Some(-i64::from(instruction.immediate)),
        (0x8d, _, Some(memory)) if memory.base == Part::Register(RSP) && memory.index == Part::None => {
            Some(i64::from(memory.displacement))
        }
        _ => None,
    }
}
