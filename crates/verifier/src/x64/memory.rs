//! Memory operands: `[x64.memory.*]`, `[x64.string.guard]`.

use super::decode::{Bundle, Instruction, Part, Prefixes, RSP};
use super::row::Class;
use crate::Rule;
use lfi_abi::{Kind, layout::SLOT_SIZE, x64::DRIFT};

/// Judges the accesses of an instruction outside units, which stands in this
/// bundle; the next one starts at slot offset `next`.
#[inline(always)]
pub(super) fn check(
    instruction: &Instruction,
    bundle: Bundle<'_>,
    kind: Kind,
    next: impl FnOnce() -> i64,
) -> Result<(), Rule> {
    if !instruction.row.confined(kind) {
        // Not an access, or one that may go anywhere. `%fs` has no prefix in
        // the decoder, so that even these never show the host's thread state.
        return Ok(());
    }
    if instruction.row.is(Class::STRING) {
        return Err(Rule::StringGuard);
    }
    if !instruction.has_memory() {
        return Ok(());
    }
    // `%gs:` and a 32-bit effective address: base + (something below 4 GiB).
    // Relative to the pc it would be, too; nobody needs it.
    let prefixes = instruction.prefixes;
    if prefixes.has_all(Prefixes::GUARD) && !instruction.is_pc_relative() {
        return Ok(());
    }
    if instruction.row.vsib() {
        return Err(Rule::MemoryVector);
    }
    if prefixes.has(Prefixes::GUARD) {
        return Err(Rule::MemoryGuard);
    }
    let Some(memory) = instruction.memory(bundle) else { return Ok(()) };
    let size = instruction.size();
    match memory.base {
        Part::Register(RSP) if memory.index == Part::None => {
            // %rsp is at most DRIFT out of the slot: the access stays in the guards.
            let first = i64::from(memory.displacement);
            if -DRIFT < first && first + size < DRIFT { Ok(()) } else { Err(Rule::MemoryStack) }
        }
        Part::Pc => {
            let first = next() + i64::from(memory.displacement);
            let inside = 0 <= first && first + size <= SLOT_SIZE.cast_signed();
            if inside { Ok(()) } else { Err(Rule::MemoryRip) }
        }
        _ => Err(Rule::MemoryGuard),
    }
}

/// Whether the instruction, once completed, proves that `%rsp` is in the slot:
/// it accessed memory within reach above `%rsp`, and the guards are unmapped.
#[inline(always)]
pub(super) fn proves_stack(instruction: &Instruction, bundle: Bundle<'_>) -> bool {
    let row = instruction.row;
    instruction.memory(bundle).is_some_and(|memory| {
        memory.base == Part::Register(RSP)
            && memory.index == Part::None
            && (0..DRIFT).contains(&i64::from(memory.displacement))
            && row.always_touches()
            && !instruction.is_masked()
            && !row.vsib()
            && !instruction.prefixes.has(Prefixes::GUARD)
    })
}
