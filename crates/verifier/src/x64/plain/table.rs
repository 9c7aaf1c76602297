//! Tables of [plain](super) instructions, made from the rows when the crate is compiled.

use crate::Classes;
use crate::x64::decode::{RSP, SHAPES};
use crate::x64::row::{self, Class, Map, Row, Rows};

// The circumstances. Those that have to do with REX have the places of its bits.
/// ModRM.rm is a register, and would be `%rsp` but for REX.B.
const RM_IS_RSP: u16 = REX_B as u16;
/// ModRM.reg would be `%rsp` as a general register, but for REX.R.
const REG_IS_RSP: u16 = REX_R as u16;
/// There is REX.W.
const WIDE: u16 = REX_W as u16;
/// There is REX.
const REX: u16 = 0x40;
/// Any that is too rare for a bit of its own; in every entry.
pub(super) const ODD: u16 = 1 << 1;
/// ModRM.rm is memory, ...
const MEMORY: u16 = 1 << 4;
/// ... or a register.
const REGISTER: u16 = 1 << 5;
/// The memory operand may not be read unseen if reads are confined, ...
pub(super) const READ: u16 = 1 << 7;
/// ... or written if writes are.
pub(super) const WRITE: u16 = 1 << 8;
/// There are the prefixes that guard a memory operand.
pub(super) const GUARD: u16 = 1 << 9;
/// There is a prefix other than REX.
pub(super) const PREFIX: u16 = 1 << 10;
const ALL: u16 = (1 << 11) - 1;

/// No operand of these instructions is larger, in bytes.
pub(super) const LARGEST: i64 = 128;

const REX_W: u8 = 8;
pub(super) const REX_R: u8 = 4;
pub(super) const REX_X: u8 = 2;
pub(super) const REX_B: u8 = 1;

const fn when(condition: bool, bits: u16) -> u16 {
    if condition { bits } else { 0 }
}

/// What is known of an opcode, or of a member of its group.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// The circumstances in which it is not plain.
    pub(super) not_if: u16,
    /// Whether it is a direct branch.
    pub(super) branch: bool,
    pub(super) classes: Classes,
}

impl Entry {
    /// Never plain.
    const NEVER: Self = Self { not_if: ALL, branch: false, classes: Classes::NONE };

    /// The entry of a row, for this mandatory prefix and opcode.
    const fn new(row: Row, prefix: u8, opcode: u8) -> Self {
        let only_wide = row.rex(true, true) && !row.rex(true, false);
        let opcode_is_rsp = opcode & 7 == RSP && row.writes_general(false, false, false, true);
        if row.is(Class::STRING | Class::LEAVE) || only_wide || opcode_is_rsp {
            return Self::NEVER;
        }
        assert!(row.size(true, false, 0) <= LARGEST);
        let branch = row.is(Class::BRANCH | Class::JUMP | Class::CALL);
        // With `66`, W is refused; without, it may make the immediate longer.
        let not_wide = prefix == 1 && row.operand_size() || row.immediate(true, false) == 8;
        let not_if = ODD
            | when(!row.allows_memory(), MEMORY)
            | when(!row.allows_all_registers(), REGISTER)
            | when(row.writes_general(true, false, false, false), REG_IS_RSP)
            | when(row.writes_general(false, true, false, false), RM_IS_RSP)
            | when(row.reads(), READ)
            | when(row.writes(), WRITE)
            | when(!row.modrm() || row.is(Class::NOP | Class::LEA), GUARD)
            | when(branch, PREFIX)
            | when(!row.rex(true, false), REX)
            | when(!row.rex(true, true) || not_wide, WIDE);
        Self { not_if, branch, classes: row.summary() }
    }

    const fn is(self, other: Self) -> bool {
        self.not_if == other.not_if && self.branch == other.branch && self.classes.bits() == other.classes.bits()
    }
}

/// What a row says of the length: 15 if there is ModRM, and above that the bytes of the immediate.
const fn length(row: Row, prefix: u8) -> u8 {
    (if row.modrm() { 15 } else { 0 }) | (1 + row.immediate(false, prefix == 1)) << 4
}

/// The lengths of rows by map (1, `0f`) and opcode. Prefixes and groups do not change them: where they would, instructions
/// of another length than the first row's are not plain.
pub(super) static LENGTHS: [u8; 512] = {
    let mut lengths = [0; 512];
    let mut at = 2048;
    while at > 0 {
        at -= 1;
        let (prefix, map, opcode) = ((at / 512) as u8, (at / 256 % 2) as u8, at as u8);
        match row::rows(Map::new(map, prefix), opcode) {
            Rows::One(Row::REFUSED) => {}
            Rows::One(row) => lengths[at % 512] = length(row, prefix),
            Rows::Group(rows) => {
                let mut member = 16;
                while member > 0 {
                    member -= 1;
                    if !matches!(rows[member], Row::REFUSED) {
                        lengths[at % 512] = length(rows[member], prefix);
                    }
                }
            }
        }
    }
    lengths
};

/// ModRM chooses among 16 entries.
pub(super) const GROUP: u16 = 15 << 12;

pub(super) struct Tables {
    /// By mandatory prefix, map (1, `0f`) and opcode: the place of the entry, or with [`GROUP`] of 16.
    pub(super) opcodes: [u16; 2048],
    pub(super) entries: [Entry; 1024],
}

pub(super) static TABLES: Tables = {
    let mut tables = Tables { opcodes: [0; 2048], entries: [Entry::NEVER; 1024] };
    // The first entry is that of all opcodes without row.
    let mut used = 1;
    let mut at = 0;
    while at < 2048 {
        let (prefix, map, opcode) = ((at / 512) as u8, (at / 256 % 2) as u8, at as u8);
        let usual = LENGTHS[at % 512];
        tables.opcodes[at] = match row::rows(Map::new(map, prefix), opcode) {
            Rows::One(row) => {
                let entry = if length(row, prefix) == usual { Entry::new(row, prefix, opcode) } else { Entry::NEVER };
                let mut place = 0;
                while place < used && !tables.entries[place].is(entry) {
                    place += 1;
                }
                if place == used {
                    tables.entries[used] = entry;
                    used += 1;
                }
                place as u16
            }
            Rows::Group(rows) => {
                let first = used;
                while used < first + 16 {
                    let row = rows[used - first];
                    if length(row, prefix) == usual {
                        tables.entries[used] = Entry::new(row, prefix, opcode);
                    }
                    used += 1;
                }
                first as u16 | GROUP
            }
        };
        at += 1;
    }
    tables
};

/// What ModRM says.
#[derive(Clone, Copy)]
pub(super) struct ModRm {
    /// The circumstances, without and with a guard.
    pub(super) found: [u16; 2],
    /// Which member of a [`GROUP`], at its place.
    pub(super) member: u16,
    /// Bytes of ModRM, SIB and displacement. (SIB may say that there are more.)
    pub(super) size: u8,
}

pub(super) static MODRM: [ModRm; 256] = {
    let mut all = [ModRm { found: [0; 2], member: 0, size: 0 }; 256];
    let mut modrm = 0;
    while modrm < 256 {
        let (reg, rm, memory, pc_relative) = (modrm as u8 >> 3 & 7, modrm as u8 & 7, modrm < 0xc0, modrm & 0xc7 == 5);
        let any = when(reg == RSP, REG_IS_RSP) | if memory { MEMORY } else { REGISTER | when(rm == RSP, RM_IS_RSP) };
        all[modrm] = ModRm {
            found: [
                any | when(memory, READ | WRITE),
                any | GUARD | when(pc_relative, READ | WRITE) | when(!memory, ODD),
            ],
            member: (row::member(modrm as u8) as u16) << 12,
            size: SHAPES[modrm].head + SHAPES[modrm].displacement,
        };
        modrm += 1;
    }
    all
};
