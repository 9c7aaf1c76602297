//! What starts at a place of a bundle: a unit, else an instruction.

use super::decode::{Bundle, Instruction, decode};
use super::unit::{self, Unit};
use crate::Rule;

/// What the pass takes as a whole.
#[derive(Debug)]
pub(super) enum Start {
    Unit(Unit),
    Instruction(Instruction),
}

/// What starts at `at`, which is less than the size of a bundle. Depends on
/// nothing but the bundle, so that every walk through it finds the same starts.
///
/// # Errors
/// Why there is no unit, nor an instruction that the table allows.
#[inline(always)]
pub(super) fn find(bundle: Bundle<'_>, at: usize) -> Result<Start, Rule> {
    let instruction = decode(bundle, at);
    // A unit's first instruction is in the table.
    if let Ok(first) = &instruction
        && unit::is_likely(bundle, at, first.end)
        && let Some(unit) = unit::find(bundle, at)
    {
        return Ok(Start::Unit(unit));
    }
    instruction.map(Start::Instruction)
}
