//! Memory operands: `[x64.memory.*]`, `[x64.string.guard]`.

use super::decode::{Instruction, Memory, Part, Prefixes, RSP};
use super::row::Class;
use crate::Rule;
use lfi_abi::{Kind, layout::SLOT_SIZE, x64::DRIFT};

/// Whether the kind confines the memory accesses of this instruction.
fn confined(instruction: &Instruction, kind: Kind) -> bool {
    let row = instruction.row;
    match kind {
        Kind::Full => row.reads() || row.writes(),
        Kind::Stores => row.writes(),
        Kind::Jumps => false,
    }
}

/// Judges the accesses of an instruction outside units, whose next one starts
/// at slot offset `next`.
pub(super) fn check(instruction: &Instruction, kind: Kind, next: i64) -> Result<(), Rule> {
    if !confined(instruction, kind) {
        // Not an access, or one that may go anywhere. `%fs` has no prefix in
        // the decoder, so that even these never show the host's thread state.
        return Ok(());
    }
    if instruction.row.class() == Class::String {
        return Err(Rule::StringGuard);
    }
    let Some(memory) = &instruction.memory else { return Ok(()) };
    if is_guarded(instruction, memory) {
        return Ok(());
    }
    if instruction.row.vsib() {
        return Err(Rule::MemoryVector);
    }
    if instruction.prefixes.has(Prefixes::GS | Prefixes::ADDRESS_SIZE) {
        return Err(Rule::MemoryGuard);
    }
    let size = instruction.size();
    match memory.base {
        Part::Register(RSP) if memory.index == Part::None => {
            // %rsp is at most DRIFT out of the slot: the access stays in the guards.
            let first = i64::from(memory.displacement);
            if -DRIFT < first && first + size < DRIFT { Ok(()) } else { Err(Rule::MemoryStack) }
        }
        Part::Pc => {
            let first = next + i64::from(memory.displacement);
            let inside = 0 <= first && first + size <= SLOT_SIZE.cast_signed();
            if inside { Ok(()) } else { Err(Rule::MemoryRip) }
        }
        _ => Err(Rule::MemoryGuard),
    }
}

/// `%gs:` and a 32-bit effective address: base + (something below 4 GiB).
/// Relative to the pc it would be, too; nobody needs it.
fn is_guarded(instruction: &Instruction, memory: &Memory) -> bool {
    instruction.prefixes.has(Prefixes::GS)
        && instruction.prefixes.has(Prefixes::ADDRESS_SIZE)
        && memory.base != Part::Pc
}

/// Whether the instruction, once completed, proves that `%rsp` is in the slot:
/// it accessed memory within reach above `%rsp`, and the guards are unmapped.
pub(super) fn proves_stack(instruction: &Instruction) -> bool {
    let row = instruction.row;
    instruction.memory.is_some_and(|memory| {
        memory.base == Part::Register(RSP)
            && memory.index == Part::None
            && (0..DRIFT).contains(&i64::from(memory.displacement))
            && row.always_touches()
            && !row.vsib()
            && !instruction.prefixes.has(Prefixes::GS | Prefixes::ADDRESS_SIZE)
    })
}
