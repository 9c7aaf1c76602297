//! Instruction decoding, by the tables of [`super::row`] alone.
//!
//! The decoder sees one 32-byte bundle at a time, so that no instruction that
//! it returns can reach beyond it. It checks everything that concerns the
//! encoding: prefixes, fields that must have a value, register or memory form.
//! Where operands point and what they mean for the sandbox is judged by
//! [`super::memory`], [`super::stack`] and [`super::branch`].

use super::evex::{self, Evex};
use super::row::{self, Class, Map, Row};
use crate::Rule;

/// Size of a bundle in bytes.
pub(super) const BUNDLE: usize = lfi_abi::x64::BUNDLE as usize;
/// No instruction is longer, in bytes (Intel SDM volume 2, 2.3.11).
pub(super) const LONGEST: usize = 15;

/// Bytes that the decoder may look at from a bundle's first byte on. What is
/// behind the bundle has no influence on what is accepted: lengths are checked last.
const WINDOW: usize = 72;

/// The bytes of one bundle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bundle<'a>(&'a [u8; WINDOW]);

/// Bytes of a bundle with zeros after them.
#[derive(Debug)]
pub(super) struct Padded([u8; WINDOW]);

impl Padded {
    /// At most [`BUNDLE`] bytes from the start of `code`.
    pub(super) fn new(code: &[u8]) -> Self {
        let mut bytes = [0; WINDOW];
        match code.first_chunk::<BUNDLE>() {
            Some(bundle) => bytes[..BUNDLE].copy_from_slice(bundle),
            None => bytes[..code.len()].copy_from_slice(code),
        }
        Self(bytes)
    }

    pub(super) fn bundle(&self) -> Bundle<'_> {
        Bundle(&self.0)
    }
}

impl<'a> Bundle<'a> {
    /// The bundle at the start of `code`, in place if enough bytes follow it;
    /// else copied to `padded`.
    #[inline(always)]
    pub(super) fn new(code: &'a [u8], padded: &'a mut Option<Padded>) -> Self {
        match code.first_chunk() {
            Some(window) => Self(window),
            None => padded.insert(Padded::new(code)).bundle(),
        }
    }

    #[inline(always)]
    pub(super) fn byte(self, at: usize) -> u8 {
        self.0[at & 63]
    }

    /// The four bytes from `at` on.
    #[inline(always)]
    pub(super) fn long(self, at: usize) -> u32 {
        self.quad(at) as u32
    }

    /// The eight bytes from `at` on.
    #[inline(always)]
    pub(super) fn quad(self, at: usize) -> u64 {
        let at = at % 64;
        self.0[at..at + 8].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// Whether these bytes stand at `at`, before the bundle's end.
    pub(super) fn holds(self, at: usize, bytes: &[u8]) -> bool {
        at <= BUNDLE && self.0[at..BUNDLE].starts_with(bytes)
    }
}

/// A set of prefixes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prefixes(u8);

impl Prefixes {
    /// `2e`: without meaning in 64-bit mode; padding.
    pub(super) const CS: u8 = 1;
    /// `65`
    pub(super) const GS: u8 = 2;
    /// `67`
    pub(super) const ADDRESS_SIZE: u8 = 4;
    /// `66`
    pub(super) const OPERAND_SIZE: u8 = 8;
    /// `f0`
    const LOCK: u8 = 16;
    /// `f3`
    const REPEAT: u8 = 32;
    /// `f2`
    const REPEAT_NE: u8 = 64;
    /// What guards a memory operand.
    pub(super) const GUARD: u8 = Self::GS | Self::ADDRESS_SIZE;

    pub(super) const fn has(self, bits: u8) -> bool {
        self.0 & bits != 0
    }

    pub(super) const fn has_all(self, bits: u8) -> bool {
        self.0 & bits == bits
    }

    /// Whether there is one that VEX and EVEX do not go with.
    #[inline(always)]
    pub(super) const fn exclude_vex(self) -> bool {
        self.has(Self::OPERAND_SIZE | Self::LOCK | Self::REPEAT | Self::REPEAT_NE)
    }

    /// The mandatory prefix: 0 none, 1 `66`, 2 `f3`, 3 `f2`.
    fn mandatory(self) -> Result<u8, Rule> {
        match (self.has(Self::REPEAT), self.has(Self::REPEAT_NE)) {
            // Which of the two counts depends on their order and on the opcode.
            (true, true) => Err(Rule::PrefixRepeat),
            (true, false) => Ok(2),
            (false, true) => Ok(3),
            (false, false) => Ok(u8::from(self.has(Self::OPERAND_SIZE))),
        }
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
    /// Where in the bundle the next one starts.
    pub(super) end: usize,
    pub(super) prefixes: Prefixes,
    /// Map 1 without `f2`, `f3`: the opcode stands for itself.
    pub(super) one_byte: bool,
    pub(super) opcode: u8,
    /// Whether there is a REX prefix.
    pub(super) rex: bool,
    /// The bytes after the opcode, if [`Row::modrm`] says that they are ModRM and perhaps SIB.
    modrm: u8,
    sib: u8,
    pub(super) extension: Extension,
    displacement: Number,
    immediate: Number,
}

impl Instruction {
    /// REX.W, VEX.W.
    #[inline(always)]
    pub(super) fn wide(&self) -> bool {
        self.extension.w()
    }

    /// ModRM.reg, extended.
    #[inline(always)]
    pub(super) fn reg(&self) -> u8 {
        self.modrm >> 3 & 7 | self.extension.r()
    }

    /// ModRM.rm, extended: a register unless [`Self::has_memory`].
    #[inline(always)]
    pub(super) fn rm(&self) -> u8 {
        self.modrm & 7 | self.extension.b()
    }

    /// VEX.vvvv.
    #[inline(always)]
    pub(super) fn vvvv(&self) -> u8 {
        self.extension.vvvv
    }

    /// The register in the opcode, extended.
    #[inline(always)]
    pub(super) fn low(&self) -> u8 {
        self.opcode & 7 | self.extension.b()
    }

    /// Whether `%rsp` can be among the general registers that are written, by a quick look.
    #[inline(always)]
    pub(super) fn may_write_rsp(&self) -> bool {
        self.row.may_write_rsp(&SHAPES[usize::from(self.modrm)])
    }

    /// Whether ModRM.rm is memory.
    #[inline(always)]
    pub(super) fn has_memory(&self) -> bool {
        self.row.modrm() && self.modrm < 0xc0
    }

    /// Whether ModRM.rm is relative to the pc.
    #[inline(always)]
    pub(super) fn is_pc_relative(&self) -> bool {
        self.row.modrm() && self.modrm & 0xc7 == 5
    }

    /// The immediate, sign-extended; 0 when there is none or it has 8 bytes.
    #[inline(always)]
    pub(super) fn immediate(&self, bundle: Bundle<'_>) -> i32 {
        self.immediate.of(bundle)
    }

    /// The memory operand of ModRM.rm.
    #[inline(always)]
    pub(super) fn memory(&self, bundle: Bundle<'_>) -> Option<Memory> {
        if !self.has_memory() {
            return None;
        }
        let has_sib = self.modrm & 7 == 4;
        let base = if has_sib { self.sib } else { self.modrm } & 7;
        let base = match (self.modrm < 0x40 && base == 5, has_sib) {
            (true, true) => Part::None,
            (true, false) => Part::Pc,
            (false, _) => Part::Register(base | self.extension.b()),
        };
        let index = self.sib >> 3 & 7 | self.extension.x();
        // Index 4 means none, but %r12 and vector registers have no such hole.
        let mut part = if has_sib && index != RSP { Part::Register(index) } else { Part::None };
        let mut displacement = self.displacement.of(bundle);
        if has_sib && self.row.vsib() {
            part = Part::Register(index | self.extension.evex.high_vvvv());
        }
        if self.extension.evex.is_present() && self.displacement.size == 1 {
            displacement *= evex::SCALE;
        }
        Some(Memory { base, index: part, displacement })
    }

    /// Whether a mask register can keep the access from happening.
    pub(super) fn is_masked(&self) -> bool {
        self.extension.evex.mask() != 0
    }

    /// Upper bound of the bytes accessed at the memory operand.
    #[inline(always)]
    pub(super) fn size(&self) -> i64 {
        self.row.size(self.wide(), self.prefixes.has(Prefixes::OPERAND_SIZE), self.extension.length)
    }
}

/// The bit of [`Prefixes`] that each byte stands for; 0 for those that are no prefix.
static PREFIX_BITS: [u8; 256] = {
    let mut bits = [0; 256];
    bits[0x2e] = Prefixes::CS;
    bits[0x65] = Prefixes::GS;
    bits[0x66] = Prefixes::OPERAND_SIZE;
    bits[0x67] = Prefixes::ADDRESS_SIZE;
    bits[0xf0] = Prefixes::LOCK;
    bits[0xf2] = Prefixes::REPEAT_NE;
    bits[0xf3] = Prefixes::REPEAT;
    bits
};

/// A number behind the opcode: where it is, and how many bytes it has: 0, 1, 2, 4 or 8.
#[derive(Clone, Copy, Debug)]
struct Number {
    at: usize,
    size: u8,
}

impl Number {
    /// The number, sign-extended; 0 when it has 0 or 8 bytes.
    #[inline(always)]
    fn of(self, bundle: Bundle<'_>) -> i32 {
        let long = bundle.long(self.at).cast_signed();
        match self.size {
            1 => long << 24 >> 24,
            2 => long << 16 >> 16,
            4 => long,
            _ => 0,
        }
    }
}

/// What ModRM says by itself.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Bytes of ModRM and SIB.
    pub(super) head: u8,
    /// Bytes of the displacement. (SIB may say that there are four.)
    pub(super) displacement: u8,
    /// There is a SIB byte, in which base 5 means none, and a displacement of 4 bytes.
    maybe_absolute: bool,
    /// The bit of a row that allows this form.
    pub(super) form: u8,
    /// Bits of rows that write a register of which the low three bits are those of `%rsp`.
    pub(super) rsp: u32,
}

pub(super) static SHAPES: [Shape; 256] = {
    let none = Shape { head: 1, displacement: 0, maybe_absolute: false, form: 0, rsp: 0 };
    let mut shapes = [none; 256];
    let mut modrm = 0;
    while modrm < 256 {
        let (mode, reg, rm) = (modrm >> 6, modrm as u8 >> 3 & 7, modrm as u8 & 7);
        let sib = mode < 3 && rm == 4;
        shapes[modrm] = Shape {
            head: 1 + sib as u8,
            displacement: match mode {
                3 => 0,
                1 => 1,
                0 if rm != 5 => 0,
                _ => 4,
            },
            maybe_absolute: mode == 0 && sib,
            form: if mode == 3 { rm } else { row::MEMORY_BIT },
            rsp: row::general_writes(reg == RSP, mode == 3 && rm == RSP),
        };
        modrm += 1;
    }
    shapes
};

/// Fields of REX, VEX or EVEX.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extension {
    /// Whether it is VEX, XOP or EVEX.
    pub(super) extended: bool,
    pub(super) evex: Evex,
    /// W, R, X, B as REX has them in its low four bits.
    pub(super) wrxb: u8,
    /// Its low four bits.
    pub(super) vvvv: u8,
    /// L or L'L.
    pub(super) length: u8,
}

impl Extension {
    #[inline(always)]
    fn w(self) -> bool {
        self.wrxb & 8 != 0
    }
    /// 8 if R is set.
    #[inline(always)]
    fn r(self) -> u8 {
        self.wrxb << 1 & 8
    }
    /// 8 if X is set.
    #[inline(always)]
    pub(super) fn x(self) -> u8 {
        self.wrxb << 2 & 8
    }
    /// 8 if B is set.
    #[inline(always)]
    fn b(self) -> u8 {
        self.wrxb << 3 & 8
    }
}

/// The instruction at `start`, which is less than [`BUNDLE`].
///
/// The next instruction's place depends on all that is done here to find the length: as little
/// as possible, with branches only where they are mostly predicted.
///
/// # Errors
/// Why it is not one that the table allows, whatever its operands point to.
#[inline(always)]
pub(super) fn decode(bundle: Bundle<'_>, start: usize) -> Result<Instruction, Rule> {
    // Positions stay below 64, even at the end of the longest that there is: 14 prefixes, REX, three
    // bytes of opcode, ModRM, SIB, displacement, immediate.
    let mut at = start % BUNDLE;
    // The bytes from `at` on, from the opcode to SIB at least.
    let mut bytes = bundle.quad(at);
    let (mut prefixes, mut repeated, mut mandatory) = (Prefixes::default(), 0, 0);
    // The pair that guards a memory operand, at once.
    if bytes as u16 == 0x6765 {
        prefixes = Prefixes(Prefixes::GUARD);
        at += 2;
        bytes >>= 16;
    }
    if PREFIX_BITS[usize::from(bytes as u8)] != 0 {
        let mut bit = PREFIX_BITS[usize::from(bytes as u8)];
        while bit != 0 {
            repeated |= prefixes.0 & bit;
            prefixes.0 |= bit;
            at = (at + 1) % 64;
            if at >= start % BUNDLE + LONGEST {
                return Err(Rule::Length);
            }
            bit = PREFIX_BITS[usize::from(bundle.byte(at))];
        }
        bytes = bundle.quad(at);
        mandatory = prefixes.mandatory()?;
    }

    let rex = bytes & 0xf0 == 0x40;
    let wrxb = if rex { bytes as u8 & 15 } else { 0 };
    at += usize::from(rex);
    bytes >>= u32::from(rex) * 8;
    let mut opcode = bytes as u8;
    at += 1;
    bytes >>= 8;
    let mut extension = Extension { extended: false, evex: Evex::NONE, wrxb, vvvv: 0, length: 0 };
    let map;
    // Below map 8, what would be XOP is `pop`.
    if matches!(opcode, 0xc4 | 0xc5 | 0x62) || opcode == 0x8f && bytes & 0x18 != 0 {
        if rex {
            return Err(Rule::Instruction);
        }
        (map, extension) =
            if opcode == 0x62 { evex::prefix(bundle, at, prefixes)? } else { vex(bundle, at, opcode, prefixes)? };
        // The rest of the prefix, and the opcode.
        at += match opcode {
            0x62 => 4,
            0xc5 => 2,
            _ => 3,
        };
        opcode = bundle.byte(at - 1);
        bytes = bundle.quad(at);
    } else {
        let mut number = Map::ONE;
        if opcode == 0x0f {
            opcode = bytes as u8;
            at += 1;
            bytes >>= 8;
            number = Map::TWO;
            if opcode == 0x38 || opcode == 0x3a {
                number = if opcode == 0x38 { Map::THREE_38 } else { Map::THREE_3A };
                opcode = bytes as u8;
                at += 1;
                bytes >>= 8;
            }
        }
        map = Map::new(number, mandatory);
    }

    let (modrm, sib) = (bytes as u8, (bytes >> 8) as u8);
    let shape = &SHAPES[usize::from(modrm)];
    let row = row::find(map, opcode, modrm);
    if !row.allows(shape) {
        return Err(Rule::Instruction);
    }
    let mut displacement = Number { at: at + usize::from(shape.head), size: shape.displacement };
    if shape.maybe_absolute && sib & 7 == 5 {
        displacement.size = 4;
    }
    at += if row.modrm() { usize::from(shape.head + displacement.size) } else { 0 };
    let immediate = Number { at, size: row.immediate(extension.w(), prefixes.has(Prefixes::OPERAND_SIZE)) };
    at += usize::from(immediate.size);

    let instruction = Instruction {
        row,
        end: at,
        prefixes,
        one_byte: map.0 < 2,
        opcode,
        rex,
        modrm,
        sib,
        extension,
        displacement,
        immediate,
    };
    if at > BUNDLE {
        return Err(Rule::BundleBoundary);
    }
    if extension.extended {
        check_extended(instruction, bundle)?;
    } else if !row.rex(rex, extension.w()) {
        return Err(Rule::PrefixRex);
    }
    // Without prefixes none is too long.
    if prefixes != Prefixes::default() {
        check_prefixes(&instruction, map, repeated)?;
        if at > start % BUNDLE + LONGEST {
            return Err(Rule::Length);
        }
    }
    Ok(instruction)
}

/// The VEX or XOP prefix whose first byte is `first`; the others are at `at`.
#[inline(always)]
fn vex(bundle: Bundle<'_>, at: usize, first: u8, prefixes: Prefixes) -> Result<(Map, Extension), Rule> {
    if prefixes.exclude_vex() {
        return Err(Rule::PrefixVex);
    }
    // R, X, B and vvvv are stored inverted (Intel SDM volume 2, 2.3.5; AMD64 manual 3, 1.9).
    let second = bundle.byte(at);
    let (number, last, wrxb) = if first == 0xc5 {
        (1, second, !second >> 5 & 4)
    } else {
        let last = bundle.byte(at + 1);
        (second & 31, last, last >> 4 & 8 | !second >> 5)
    };
    let map = match (first, number) {
        (0xc4 | 0xc5, 1..=3) => Map::VEX + number,
        (0x8f, 8 | 9) => Map::XOP + number - 8,
        _ => return Err(Rule::PrefixVex),
    };
    let extension = Extension { extended: true, evex: Evex::NONE, wrxb, vvvv: !last >> 3 & 15, length: last >> 2 & 1 };
    Ok((Map::new(map, last & 3), extension))
}

/// Judges the fields of VEX, XOP or EVEX. (By value, so that the caller need not keep the instruction in memory.)
#[inline(never)]
fn check_extended(instruction: Instruction, bundle: Bundle<'_>) -> Result<(), Rule> {
    let instruction = &instruction;
    if instruction.extension.evex.is_present() {
        return evex::check(instruction, bundle);
    }
    let Instruction { row, extension, .. } = instruction;
    // An unused vvvv must be all ones, stored; %xmm0 or %rax here.
    let masks = masks_exist(instruction);
    if !masks || !row.vvvv() && extension.vvvv != 0 || !row.length(extension.length) || !row.rex(true, extension.w()) {
        return Err(Rule::PrefixVex);
    }
    if row.vsib() {
        let index = instruction.memory(bundle).map_or(Part::None, |memory| memory.index);
        let (first, second) = (instruction.reg(), instruction.vvvv());
        // A vector index needs a SIB byte (Intel SDM volume 2, 2.3.12). The three vectors of a gather must
        // differ (SDM, VPGATHERDD).
        if [Part::None, Part::Register(first), Part::Register(second)].contains(&index) || first == second {
            return Err(Rule::Instruction);
        }
    }
    Ok(())
}

/// Whether the registers that are masks are some of the eight.
pub(super) fn masks_exist(instruction: &Instruction) -> bool {
    let Instruction { row, extension, .. } = instruction;
    let rm = extension.x() | extension.b() == 0 && (!row.vvvv() || extension.vvvv < 8);
    (!row.reg_is_mask() || extension.r() == 0) && (!row.rm_is_mask() || instruction.has_memory() || rm)
}

/// Judges legacy prefixes, of which there is at least one.
#[inline(always)]
fn check_prefixes(instruction: &Instruction, map: Map, repeated: u8) -> Result<(), Rule> {
    let (row, prefixes) = (instruction.row, instruction.prefixes);
    // Overrides address memory operands; where there is none they are not
    // padding that the layout uses, and two of them are ambiguous.
    let memory = instruction.has_memory();
    let address = memory && !row.is(Class::NOP | Class::LEA);
    if prefixes.0 == Prefixes::GUARD && repeated == 0 && address {
        return Ok(());
    }
    if row.is(Class::BRANCH | Class::JUMP | Class::CALL) {
        return Err(Rule::BranchPrefix);
    }
    if prefixes.has(Prefixes::OPERAND_SIZE) {
        // Beside f2 or f3 it is never mandatory; with REX.W it has no effect.
        if map.0 % 4 != 1 && !row.operand_size() || row.operand_size() && instruction.wide() {
            return Err(Rule::PrefixOperandSize);
        }
        if repeated & Prefixes::OPERAND_SIZE != 0 && !row.is(Class::NOP) {
            return Err(Rule::PrefixRepeated);
        }
    }
    if repeated & !(Prefixes::CS | Prefixes::GS | Prefixes::OPERAND_SIZE) != 0 {
        return Err(Rule::PrefixRepeated);
    }
    if prefixes.has(Prefixes::LOCK) && !(row.lock() && memory) {
        return Err(Rule::PrefixLock);
    }
    if prefixes.has(Prefixes::GS) && (!address || prefixes.has(Prefixes::CS)) {
        return Err(Rule::PrefixSegment);
    }
    if prefixes.has(Prefixes::ADDRESS_SIZE) && !(address || row.is(Class::LEA)) {
        return Err(Rule::PrefixAddressSize);
    }
    Ok(())
}
