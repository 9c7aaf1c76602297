//! The EVEX prefix (Intel SDM volume 2, 2.7): `62`, three bytes P0, P1, P2, the opcode.
//!
//! ```text
//! P0: R' X' B' R4' 0 map    P1: W vvvv' 1 pp    P2: z L'L b V4' aaa      (' stored inverted)
//! ```
//!
//! A displacement of 8 bits counts in units that depend on the operand. The
//! largest, 64 bytes, is taken for all of them: what is known about such an operand
//! is then its direction and a limit, which is all that the rules ask for.

use super::decode::{Bundle, Extension, Instruction, Part, Prefixes, masks_exist};
use super::row::Map;
use crate::Rule;

/// By how much a displacement of 8 bits is multiplied, at most.
pub(super) const SCALE: i32 = 64;

/// The fields that only EVEX has, packed: P2, R4 and V4, and whether there is EVEX at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evex(u16);

impl Evex {
    /// There is no EVEX prefix.
    pub(super) const NONE: Self = Self(0);
    const HIGH_REG: u16 = 1 << 8;
    const HIGH_VVVV: u16 = 1 << 9;
    const PRESENT: u16 = 1 << 10;

    fn new(p0: u8, p2: u8) -> Self {
        let bit = |stored: u8, bit: u16| if stored == 0 { bit } else { 0 };
        Self(u16::from(p2) | bit(p0 & 0x10, Self::HIGH_REG) | bit(p2 & 8, Self::HIGH_VVVV) | Self::PRESENT)
    }

    /// Whether there is an EVEX prefix.
    #[inline(always)]
    pub(super) fn is_present(self) -> bool {
        self.0 != 0
    }

    /// The mask register; 0 is none.
    pub(super) fn mask(self) -> u16 {
        self.0 & 7
    }

    fn zeroing(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// Broadcast of a memory operand; rounding or suppression of exceptions without one.
    fn broadcast(self) -> bool {
        self.0 & 0x10 != 0
    }

    /// 16 where ModRM.reg is one of the upper registers.
    fn high_reg(self) -> u8 {
        u8::from(self.0 & Self::HIGH_REG != 0) << 4
    }

    /// 16 where vvvv, or the vector index of a gather or scatter, is one of the upper registers.
    pub(super) fn high_vvvv(self) -> u8 {
        u8::from(self.0 & Self::HIGH_VVVV != 0) << 4
    }
}

/// The prefix, whose bytes but the first are at `at`.
pub(super) fn prefix(bundle: Bundle<'_>, at: usize, prefixes: Prefixes) -> Result<(Map, Extension), Rule> {
    let (p0, p1, p2) = (bundle.byte(at), bundle.byte(at + 1), bundle.byte(at + 2));
    if prefixes.exclude_vex() || p0 & 8 != 0 || p1 & 4 == 0 {
        return Err(Rule::PrefixEvex);
    }
    let map = Map::evex(p0 & 7, p1 & 3, p1 >> 7).ok_or(Rule::PrefixEvex)?;
    let extension = Extension {
        extended: true,
        evex: Evex::new(p0, p2),
        wrxb: p1 >> 4 & 8 | !p0 >> 5,
        vvvv: !p1 >> 3 & 15,
        length: p2 >> 5 & 3,
    };
    Ok((map, extension))
}

/// Judges the fields of EVEX, which there is.
pub(super) fn check(instruction: &Instruction, bundle: Bundle<'_>) -> Result<(), Rule> {
    let (row, extension, evex) = (instruction.row, instruction.extension, instruction.extension.evex);
    let memory = instruction.has_memory();
    let reg = instruction.reg() | evex.high_reg();
    let index = instruction.memory(bundle).map_or(Part::None, |memory| memory.index);

    // Only vectors have an upper sixteen; an unused vvvv must be all ones, stored.
    let registers = (row.reg_is_vector() || reg < 16)
        && (memory || row.rm_is_vector() || extension.x() == 0)
        && (row.vvvv() || extension.vvvv == 0 && (row.vsib() || evex.high_vvvv() == 0));
    let length = match (evex.broadcast(), memory) {
        (true, true) => row.broadcast() && row.length(extension.length),
        // A rounding mode, or 0, as assemblers have it: the operands are scalars or have 64 bytes.
        (true, false) => row.rounding() || row.suppression() && extension.length == 0,
        (false, _) => row.length(extension.length),
    };
    let zeroing = !evex.zeroing() || evex.mask() != 0 && row.zeroing() && !(memory && row.writes());
    let masking = evex.mask() == 0 || row.masking();
    if !(masks_exist(instruction) && registers && length && masking && zeroing) {
        return Err(Rule::PrefixEvex);
    }
    // Gathers and scatters have a mask, and the destination of a gather is not its index (SDM, VGATHERDPS).
    let same = row.reads() && index == Part::Register(reg);
    if row.vsib() && (evex.mask() == 0 || index == Part::None || same) {
        return Err(Rule::Instruction);
    }
    Ok(())
}
