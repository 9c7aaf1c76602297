//! Instruction decoding, by the tables of [`super::row`] alone.
//!
//! The decoder sees one 32-byte bundle at a time, so that no instruction that
//! it returns can reach beyond it. It checks everything that concerns the
//! encoding: prefixes, fields that must have a value, register or memory form.
//! Where operands point and what they mean for the sandbox is judged by
//! [`super::memory`], [`super::stack`] and [`super::branch`].

use super::row::{self, Class, Immediate, Map, Row};
use crate::Rule;

/// Size of a bundle in bytes.
pub(super) const BUNDLE: usize = lfi_abi::x64::BUNDLE as usize;
/// No instruction is longer, in bytes (Intel SDM volume 2, 2.3.11).
const LONGEST: usize = 15;

/// The bytes of one bundle, with zeros after them: reading past the end is
/// harmless, because the length is checked last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bundle([u8; 72]);

impl Bundle {
    /// The bundle with these bytes (zeros follow if there are fewer).
    pub(super) fn new(code: &[u8]) -> Self {
        let mut bytes = [0; 72];
        for (to, from) in bytes.iter_mut().take(BUNDLE).zip(code) {
            *to = *from;
        }
        Self(bytes)
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.0[at & 63]
    }

    fn long(&self, at: usize) -> i32 {
        let at = at & 63;
        i32::from_le_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }

    /// Whether these bytes stand at `at`, before the bundle's end.
    pub(super) fn holds(&self, at: usize, bytes: &[u8]) -> bool {
        at <= BUNDLE && self.0[at..BUNDLE].starts_with(bytes)
    }
}

/// A set of prefixes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prefixes(u16);

impl Prefixes {
    /// `2e`: without meaning in 64-bit mode; padding.
    pub(super) const CS: u16 = 1;
    /// `65`
    pub(super) const GS: u16 = 2;
    /// `67`
    pub(super) const ADDRESS_SIZE: u16 = 4;
    /// `66`
    const OPERAND_SIZE: u16 = 8;
    /// `f0`
    const LOCK: u16 = 16;
    /// `f3`
    const REPEAT: u16 = 32;
    /// `f2`
    const REPEAT_NE: u16 = 64;

    pub(super) const fn has(self, bits: u16) -> bool {
        self.0 & bits != 0
    }
}

/// Number of `%rsp`.
pub(super) const RSP: u8 = 4;

/// Base or index of a memory operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// There is none.
    None,
    /// A general register (as index of a gather: a vector register).
    Register(u8),
    /// The address of the next instruction.
    Pc,
}

/// A memory operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) base: Part,
    pub(super) index: Part,
    pub(super) displacement: i32,
}

/// One decoded instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instruction {
    /// What the table says.
    pub(super) row: Row,
    /// Its length in bytes.
    pub(super) length: usize,
    pub(super) prefixes: Prefixes,
    /// Map 1 without `f2`, `f3`: the opcode stands for itself.
    pub(super) one_byte: bool,
    pub(super) opcode: u8,
    /// REX.W, VEX.W.
    pub(super) wide: bool,
    /// VEX.L.
    long: bool,
    /// Whether there is a REX prefix.
    pub(super) rex: bool,
    /// ModRM.reg, extended.
    pub(super) reg: u8,
    /// ModRM.rm, extended, if it is a register.
    pub(super) rm: Option<u8>,
    /// VEX.vvvv.
    pub(super) vvvv: u8,
    /// The register in the opcode, extended.
    pub(super) low: u8,
    /// The memory operand of ModRM.rm.
    pub(super) memory: Option<Memory>,
    /// The immediate, sign-extended; 0 when there is none or it has 8 bytes.
    pub(super) immediate: i32,
}

impl Instruction {
    /// Upper bound of the bytes accessed at the memory operand.
    pub(super) fn size(&self) -> i64 {
        self.row.size(self.wide, self.prefixes.has(Prefixes::OPERAND_SIZE), self.long)
    }
}

/// Fields of REX or VEX.
#[derive(Clone, Copy, Default)]
struct Extension {
    rex: bool,
    vex: bool,
    w: bool,
    r: u8,
    x: u8,
    b: u8,
    vvvv: u8,
    l: bool,
}

/// The instruction at `start`, which is less than [`BUNDLE`].
///
/// # Errors
/// Why it is not one that the table allows, whatever its operands point to.
pub(super) fn decode(bundle: &Bundle, start: usize) -> Result<Instruction, Rule> {
    let mut at = start;
    let (mut prefixes, mut repeated) = (Prefixes::default(), 0);
    loop {
        let bit = match bundle.byte(at) {
            0x2e => Prefixes::CS,
            0x65 => Prefixes::GS,
            0x66 => Prefixes::OPERAND_SIZE,
            0x67 => Prefixes::ADDRESS_SIZE,
            0xf0 => Prefixes::LOCK,
            0xf2 => Prefixes::REPEAT_NE,
            0xf3 => Prefixes::REPEAT,
            _ => break,
        };
        repeated |= prefixes.0 & bit;
        prefixes.0 |= bit;
        at += 1;
        if at - start >= LONGEST {
            return Err(Rule::Length);
        }
    }

    let (map, opcode, extension) = opcode(bundle, &mut at, prefixes)?;
    let mut row = row::find(map, opcode);
    if !row.allowed() {
        return Err(Rule::Instruction);
    }

    let (mut reg, mut rm, mut memory) = (0, None, None);
    if row.modrm() {
        let modrm = bundle.byte(at);
        at += 1;
        if row.is_group() {
            row = row::member(row, modrm);
            if !row.allowed() {
                return Err(Rule::Instruction);
            }
        }
        reg = modrm >> 3 & 7 | extension.r;
        if modrm >= 0xc0 {
            if !row.register_form(modrm & 7) {
                return Err(Rule::Instruction);
            }
            rm = Some(modrm & 7 | extension.b);
        } else {
            // A vector index needs a SIB byte (Intel SDM volume 2, 2.3.12).
            if !row.memory_form() || row.vsib() && modrm & 7 != 4 {
                return Err(Rule::Instruction);
            }
            let operand = operand(bundle, &mut at, modrm, extension, row.vsib());
            // The three vectors of a gather must differ (SDM, VPGATHERDD).
            let same = [Part::Register(reg), Part::Register(extension.vvvv)].contains(&operand.index);
            if row.vsib() && (same || reg == extension.vvvv) {
                return Err(Rule::Instruction);
            }
            memory = Some(operand);
        }
    }

    check_prefixes(row, map, prefixes, repeated, extension, memory.is_some())?;

    let immediate = match row.immediate() {
        Immediate::None => 0,
        Immediate::Byte => {
            at += 1;
            i32::from(bundle.byte(at - 1).cast_signed())
        }
        Immediate::ByPrefix | Immediate::Full if prefixes.has(Prefixes::OPERAND_SIZE) => {
            at += 2;
            bundle.long(at - 2) << 16 >> 16
        }
        Immediate::Full if extension.w => {
            at += 8;
            0
        }
        Immediate::Long | Immediate::ByPrefix | Immediate::Full => {
            at += 4;
            bundle.long(at - 4)
        }
    };

    let length = at - start;
    if at > BUNDLE {
        return Err(Rule::BundleBoundary);
    }
    if length > LONGEST {
        return Err(Rule::Length);
    }
    Ok(Instruction {
        row,
        length,
        prefixes,
        one_byte: map.0 < 2,
        opcode,
        wide: extension.w,
        long: extension.l,
        rex: extension.rex,
        reg,
        rm,
        vvvv: extension.vvvv,
        low: opcode & 7 | extension.b,
        memory,
        immediate,
    })
}

/// REX or VEX and the opcode.
fn opcode(bundle: &Bundle, at: &mut usize, prefixes: Prefixes) -> Result<(Map, u8, Extension), Rule> {
    let mut next = || {
        *at += 1;
        bundle.byte(*at - 1)
    };
    let bit = |byte: u8, n: u32, value: u8| if byte >> n & 1 != 0 { value } else { 0 };
    let mut extension = Extension::default();
    let first = next();
    if first == 0xc4 || first == 0xc5 {
        if prefixes.has(Prefixes::OPERAND_SIZE | Prefixes::LOCK | Prefixes::REPEAT | Prefixes::REPEAT_NE) {
            return Err(Rule::PrefixVex);
        }
        // R, X, B and vvvv are stored inverted (Intel SDM volume 2, 2.3.5).
        let (map, last) = if first == 0xc4 {
            let second = !next();
            let third = next();
            extension.x = bit(second, 6, 8);
            extension.b = bit(second, 5, 8);
            extension.w = third & 0x80 != 0;
            extension.r = bit(second, 7, 8);
            (!second & 31, third)
        } else {
            let second = next();
            extension.r = bit(!second, 7, 8);
            (1, second)
        };
        if !(1..=3).contains(&map) {
            return Err(Rule::PrefixVex);
        }
        extension.vex = true;
        extension.vvvv = !last >> 3 & 15;
        extension.l = last & 4 != 0;
        return Ok((Map::new(map + Map::VEX, last & 3), next(), extension));
    }
    let mut byte = first;
    if byte & 0xf0 == 0x40 {
        extension.rex = true;
        extension.w = byte & 8 != 0;
        extension.r = bit(byte, 2, 8);
        extension.x = bit(byte, 1, 8);
        extension.b = bit(byte, 0, 8);
        byte = next();
    }
    let map = match byte {
        0x0f => {
            byte = next();
            match byte {
                0x38 => {
                    byte = next();
                    Map::THREE_38
                }
                0x3a => {
                    byte = next();
                    Map::THREE_3A
                }
                _ => Map::TWO,
            }
        }
        _ => Map::ONE,
    };
    let mandatory = match (prefixes.has(Prefixes::REPEAT), prefixes.has(Prefixes::REPEAT_NE)) {
        // Which of the two counts depends on their order and on the opcode.
        (true, true) => return Err(Rule::PrefixRepeat),
        (true, false) => 2,
        (false, true) => 3,
        (false, false) => u8::from(prefixes.has(Prefixes::OPERAND_SIZE)),
    };
    Ok((Map::new(map, mandatory), byte, extension))
}

/// SIB byte and displacement.
fn operand(bundle: &Bundle, at: &mut usize, modrm: u8, extension: Extension, vsib: bool) -> Memory {
    let mode = modrm >> 6;
    let mut base = modrm & 7;
    let mut index = Part::None;
    let sib = base == 4;
    if sib {
        let sib = bundle.byte(*at);
        *at += 1;
        base = sib & 7;
        let number = sib >> 3 & 7 | extension.x;
        // Index 4 means none, but %r12 and vector registers have no such hole.
        if number != RSP || vsib {
            index = Part::Register(number);
        }
    }
    let absolute = mode == 0 && base == 5;
    let displacement = match mode {
        1 => {
            *at += 1;
            i32::from(bundle.byte(*at - 1).cast_signed())
        }
        0 if !absolute => 0,
        _ => {
            *at += 4;
            bundle.long(*at - 4)
        }
    };
    let base = match (absolute, sib) {
        (true, true) => Part::None,
        (true, false) => Part::Pc,
        (false, _) => Part::Register(base | extension.b),
    };
    Memory { base, index, displacement }
}

fn check_prefixes(
    row: Row,
    map: Map,
    prefixes: Prefixes,
    repeated: u16,
    extension: Extension,
    memory: bool,
) -> Result<(), Rule> {
    if extension.vex {
        // An unused vvvv must be all ones, stored; %xmm0 or %rax here.
        if !row.vvvv() && extension.vvvv != 0 || !row.l(extension.l) || !row.w(extension.w) {
            return Err(Rule::PrefixVex);
        }
    } else if extension.rex && !row.rex() || !row.w(extension.w) {
        return Err(Rule::PrefixRex);
    }
    if prefixes == Prefixes::default() {
        return Ok(());
    }
    if matches!(row.class(), Class::Branch | Class::Jump | Class::Call) {
        return Err(Rule::BranchPrefix);
    }
    if prefixes.has(Prefixes::OPERAND_SIZE) {
        // Beside f2 or f3 it is never mandatory; with REX.W it has no effect.
        if map.0 % 4 != 1 && !row.operand_size() || row.operand_size() && extension.w {
            return Err(Rule::PrefixOperandSize);
        }
        if repeated & Prefixes::OPERAND_SIZE != 0 && row.class() != Class::Nop {
            return Err(Rule::PrefixRepeated);
        }
    }
    if repeated & !(Prefixes::CS | Prefixes::GS | Prefixes::OPERAND_SIZE) != 0 {
        return Err(Rule::PrefixRepeated);
    }
    if prefixes.has(Prefixes::LOCK) && !(row.lock() && memory) {
        return Err(Rule::PrefixLock);
    }
    // Overrides address memory operands; where there is none they are not
    // padding that the layout uses, and two of them are ambiguous.
    let address = memory && !matches!(row.class(), Class::Nop | Class::Lea);
    if prefixes.has(Prefixes::GS) && (!address || prefixes.has(Prefixes::CS)) {
        return Err(Rule::PrefixSegment);
    }
    if prefixes.has(Prefixes::ADDRESS_SIZE) && !address {
        return Err(Rule::PrefixAddressSize);
    }
    Ok(())
}
