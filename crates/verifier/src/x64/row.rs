//! Rows of the allow-list in packed form, and the lookup tables, built from the
//! text of [`super::table`] when the crate is compiled. A row that the notation
//! does not allow, or that a second row contradicts, is a compile error.

mod text;

use super::{decode::Shape, table::ROWS};
use lfi_abi::Kind;

/// What one opcode may be: a packed row of the table. The default is "refused".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row(u64);

/// Sets of the ways in which an instruction is treated beyond its operands.
pub(super) struct Class;

impl Class {
    /// Forms no access whatever its operand looks like; takes repeated `66`.
    pub(super) const NOP: u64 = 1 << 39;
    /// Forms an address.
    pub(super) const LEA: u64 = 1 << 40;
    /// Pushes or pops.
    pub(super) const STACK: u64 = 1 << 41;
    /// Accesses memory at `%rsi` and/or `%rdi`.
    pub(super) const STRING: u64 = 1 << 42;
    /// A conditional direct branch.
    pub(super) const BRANCH: u64 = 1 << 43;
    /// An unconditional direct jump.
    pub(super) const JUMP: u64 = 1 << 44;
    /// A direct call.
    pub(super) const CALL: u64 = 1 << 45;
    /// `leave`: writes `%rsp`.
    pub(super) const LEAVE: u64 = 1 << 46;
}

// Bits of a row. In a group all but GROUP and its number are 0.
const RM_SHIFT: u32 = 0; // 8 bits: ModRM.rm values of the register form
const MEMORY_FORM: u64 = 1 << MEMORY_BIT;
pub(super) const MEMORY_BIT: u8 = 8;
const REGISTER_FORM: u64 = 1 << 9;
const MODRM: u64 = 1 << 10;
const GROUP: u64 = 1 << 11;
const READS: u64 = 1 << 12;
const WRITES: u64 = 1 << 13;
const WRITES_REG: u64 = 1 << 14;
const WRITES_RM: u64 = 1 << 15;
const WRITES_VVVV: u64 = 1 << 16;
const WRITES_OPCODE: u64 = 1 << 17;
const BYTE: u64 = 1 << 18;
const OPERAND_SIZE: u64 = 1 << 19;
const LOCK: u64 = 1 << 20;
const MAYBE: u64 = 1 << 22;
const VSIB: u64 = 1 << 23;
const VVVV: u64 = 1 << 24;
// REX or VEX with W 0, 1.
const W0: u64 = 1 << W0_BIT;
const W0_BIT: u32 = 25;
const W1: u64 = 1 << 26;
// Vectors of 16, 32, 64 bytes.
const L0: u64 = 1 << L0_BIT;
const L0_BIT: u32 = 27;
const L1: u64 = 1 << 28;
const L2: u64 = 1 << 29;
const IMMEDIATE_SHIFT: u32 = 30; // bits 30 and 32: bytes of the immediate,
const SHORT_BY_PREFIX: u64 = 1 << 21; // but 2 with `66`,
const LONG_BY_W: u64 = 1 << 55; // but 8 with REX.W
const RM_MASK: u64 = 1 << 31; // ModRM.rm, as a register, and vvvv are mask registers
const SIZE_SHIFT: u32 = 33; // 3 bits: log2 of bytes
// The size in SIZE is the largest; smaller without REX.W, with `66`; or that of the shortest vector.
const HALF_WITHOUT_W: u64 = 1 << 36;
const QUARTER_WITH_66: u64 = 1 << 37;
const BY_LENGTH: u64 = 1 << 38;
// 39 to 46: `Class`
const SUMMARY_SHIFT: u32 = 47; // 8 bits
const GROUP_SHIFT: u32 = 56; // 8 bits, in groups; else:
const MASKING: u64 = 1 << 56;
const ZEROING: u64 = 1 << 57;
const BROADCAST: u64 = 1 << 58;
const ROUNDING: u64 = 1 << 59;
const SUPPRESSION: u64 = 1 << 60;
const REG_GENERAL: u64 = 1 << 61;
const REG_MASK: u64 = 1 << 62;
const RM_GENERAL: u64 = 1 << 63;

impl Row {
    pub(super) const REFUSED: Self = Self(0);

    const fn has(self, bits: u64) -> bool {
        self.0 & bits != 0
    }
    /// Whether the table has this row, and in this form if there is a ModRM byte.
    #[inline(always)]
    pub(super) const fn allows(self, shape: &Shape) -> bool {
        self.0 >> (shape.form & 15) & 1 != 0
    }
    /// Whether the table has this row with a memory operand, or without ModRM.
    pub(super) const fn allows_memory(self) -> bool {
        self.has(MEMORY_FORM)
    }
    /// Whether the table has this row for every value of ModRM.rm as a register, or without ModRM.
    pub(super) const fn allows_all_registers(self) -> bool {
        self.0 >> RM_SHIFT & 0xff == 0xff
    }
    /// Whether a ModRM byte follows the opcode.
    pub(super) const fn modrm(self) -> bool {
        self.has(MODRM)
    }
    /// Whether memory is read (explicit operand or string).
    pub(super) const fn reads(self) -> bool {
        self.has(READS)
    }
    /// Whether memory is written (explicit operand or string).
    pub(super) const fn writes(self) -> bool {
        self.has(WRITES)
    }
    /// Whether the access to memory happens whenever the instruction completes.
    pub(super) const fn always_touches(self) -> bool {
        self.has(READS | WRITES) && !self.has(MAYBE)
    }
    /// Upper bound of the bytes accessed at the memory operand, given W,
    /// whether there is a `66`, and L.
    pub(super) const fn size(self, wide: bool, short: bool, length: u8) -> i64 {
        let smaller = if !wide && short && self.has(QUARTER_WITH_66) {
            2
        } else if !wide && self.has(HALF_WITHOUT_W) {
            1
        } else {
            0
        };
        let longer = if self.has(BY_LENGTH) { length & 3 } else { 0 };
        1 << ((self.0 >> SIZE_SHIFT & 7) - smaller + longer as u64)
    }
    /// Whether `%rsp` can be among the general registers that are written, by a quick look.
    #[inline(always)]
    pub(super) const fn may_write_rsp(self, shape: &Shape) -> bool {
        self.has(shape.rsp as u64 | WRITES_VVVV | WRITES_OPCODE | Class::LEAVE)
    }
    /// Whether one of these general registers is written: ModRM.reg, ModRM.rm if it is a register,
    /// VEX.vvvv, the one in the opcode.
    pub(super) const fn writes_general(self, reg: bool, rm: bool, vvvv: bool, opcode: bool) -> bool {
        self.has(
            general_writes(reg, rm) as u64
                | if vvvv { WRITES_VVVV } else { 0 }
                | if opcode { WRITES_OPCODE } else { 0 },
        )
    }
    /// Whether the general registers written are 8-bit ones.
    pub(super) const fn byte(self) -> bool {
        self.has(BYTE)
    }
    /// Whether `66` is allowed as operand-size prefix.
    pub(super) const fn operand_size(self) -> bool {
        self.has(OPERAND_SIZE)
    }
    /// Whether `f0` is allowed on the memory form.
    pub(super) const fn lock(self) -> bool {
        self.has(LOCK)
    }
    /// Whether there may be REX (or VEX) with this value of W, or no REX.
    #[inline(always)]
    pub(super) const fn rex(self, rex: bool, w: bool) -> bool {
        !rex || self.0 >> (W0_BIT + w as u32) & 1 != 0
    }
    /// Whether VEX.L or EVEX.L'L may have this value.
    pub(super) const fn length(self, length: u8) -> bool {
        length < 3 && self.0 >> (L0_BIT + length as u32) & 1 != 0
    }
    /// Whether EVEX may have a mask register.
    pub(super) const fn masking(self) -> bool {
        self.has(MASKING)
    }
    /// Whether what the mask excludes may be set to zero.
    pub(super) const fn zeroing(self) -> bool {
        self.has(ZEROING)
    }
    /// Whether one element of memory may be taken for all.
    pub(super) const fn broadcast(self) -> bool {
        self.has(BROADCAST)
    }
    /// Whether EVEX may have a rounding mode.
    pub(super) const fn rounding(self) -> bool {
        self.has(ROUNDING)
    }
    /// Whether EVEX may suppress exceptions.
    pub(super) const fn suppression(self) -> bool {
        self.has(SUPPRESSION)
    }
    /// Whether ModRM.reg is a mask register.
    pub(super) const fn reg_is_mask(self) -> bool {
        self.has(REG_MASK)
    }
    /// Whether ModRM.reg is a vector register, if there is EVEX.
    pub(super) const fn reg_is_vector(self) -> bool {
        !self.has(REG_MASK | REG_GENERAL)
    }
    /// Whether ModRM.rm, as a register, and vvvv are mask registers.
    pub(super) const fn rm_is_mask(self) -> bool {
        self.has(RM_MASK)
    }
    /// Whether ModRM.rm, as a register, is a vector register, if there is EVEX.
    pub(super) const fn rm_is_vector(self) -> bool {
        !self.has(RM_MASK | RM_GENERAL)
    }
    /// Whether VEX.vvvv is an operand.
    pub(super) const fn vvvv(self) -> bool {
        self.has(VVVV)
    }
    /// Whether the memory operand has a vector as index.
    pub(super) const fn vsib(self) -> bool {
        self.has(VSIB)
    }
    /// Bytes of the immediate, given REX.W and whether there is a `66`.
    #[inline(always)]
    pub(super) const fn immediate(self, wide: bool, short: bool) -> u8 {
        let size = (self.0 >> IMMEDIATE_SHIFT & 5) as u8;
        if self.has(SHORT_BY_PREFIX | LONG_BY_W) {
            if self.has(SHORT_BY_PREFIX) && short {
                return 2;
            }
            if self.has(LONG_BY_W) && wide {
                return 8;
            }
        }
        size
    }
    /// Whether it is of one of these [`Class`]es.
    #[inline(always)]
    pub(super) const fn is(self, classes: u64) -> bool {
        self.has(classes)
    }
    /// The classes of instructions that these rows stand for together.
    pub(super) const fn summary(self) -> crate::Classes {
        crate::Classes::from_bits((self.0 >> SUMMARY_SHIFT) as u8)
    }
    /// Whether memory is accessed that the kind confines.
    #[inline(always)]
    pub(super) const fn confined(self, kind: Kind) -> bool {
        match kind {
            Kind::Full => self.reads() || self.writes(),
            Kind::Stores => self.writes(),
            Kind::Jumps => false,
        }
    }
}

/// The bits of rows that write ModRM.reg, or ModRM.rm as a register.
pub(super) const fn general_writes(reg: bool, rm: bool) -> u32 {
    (if reg { WRITES_REG } else { 0 } | if rm { WRITES_RM } else { 0 }) as u32
}

/// An opcode map with its mandatory prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Map(pub(super) u8);

impl Map {
    pub(super) const ONE: u8 = 0;
    pub(super) const TWO: u8 = 1;
    pub(super) const THREE_38: u8 = 2;
    pub(super) const THREE_3A: u8 = 3;
    /// VEX maps 1, 2, 3 follow the legacy ones.
    pub(super) const VEX: u8 = 3;
    /// EVEX maps 1, 2, 3, 5, 6 follow those, twice: for W 0 and 1.
    const EVEX: u8 = 7;
    /// XOP maps 8 and 9 follow those.
    pub(super) const XOP: u8 = 17;

    /// Map number and prefix number (0 none, 1 `66`, 2 `f3`, 3 `f2`).
    pub(super) const fn new(map: u8, prefix: u8) -> Self {
        Self(map * 4 + prefix)
    }

    /// A map of EVEX by its number, the number of its mandatory prefix and W.
    pub(super) const fn evex(number: u8, prefix: u8, w: u8) -> Option<Self> {
        let map = match number {
            1..=3 => number - 1,
            5 | 6 => number - 2,
            _ => return None,
        };
        Some(Self::new(Self::EVEX + 2 * map + w, prefix))
    }

    /// The map of EVEX for W 1 beside this one for W 0.
    const fn with_w1(self) -> Self {
        Self(self.0 + 4)
    }
}

const MAPS: usize = (7 + 2 * 5 + 2) * 4;
/// As many as GROUP_SHIFT has room for.
const GROUPS: usize = 256;

struct Tables {
    opcodes: [[Row; 256]; MAPS],
    /// By [`member`].
    groups: [[Row; 16]; GROUPS],
}

static TABLES: Tables = text::tables(ROWS.as_bytes());

/// The row of an opcode and, in a group, this ModRM byte.
#[inline(always)]
pub(super) fn find(map: Map, opcode: u8, modrm: u8) -> Row {
    match rows(map, opcode) {
        Rows::One(row) => row,
        Rows::Group(rows) => rows[member(modrm)],
    }
}

/// What an opcode may be: one row, or by [`member`] one of a group.
pub(super) enum Rows {
    One(Row),
    Group(&'static [Row; 16]),
}

#[inline(always)]
pub(super) const fn rows(map: Map, opcode: u8) -> Rows {
    let row = TABLES.opcodes[map.0 as usize][opcode as usize];
    if row.has(GROUP) { Rows::Group(&TABLES.groups[(row.0 >> GROUP_SHIFT) as usize]) } else { Rows::One(row) }
}

/// The number of the member that ModRM chooses in a group: by ModRM.reg, memory forms before register forms.
#[inline(always)]
pub(super) const fn member(modrm: u8) -> usize {
    (modrm >> 3 & 7) as usize + if modrm >= 0xc0 { 8 } else { 0 }
}
