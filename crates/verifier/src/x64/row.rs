//! Rows of the allow-list in packed form, and the lookup tables, built from the
//! text of [`super::table`] when the crate is compiled. A row that the notation
//! does not allow, or that a second row contradicts, is a compile error.

use super::table::ROWS;

/// What one opcode may be: a packed row of the table. The default is "refused".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row(u64);

/// How an instruction is treated beyond its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    /// By its operands alone.
    Plain,
    /// Forms no access whatever its operand looks like; takes repeated `66`.
    Nop,
    /// Forms an address.
    Lea,
    /// Pushes or pops.
    Stack,
    /// Accesses memory at `%rsi` and/or `%rdi`.
    String,
    /// A conditional direct branch.
    Branch,
    /// An unconditional direct jump.
    Jump,
    /// A direct call.
    Call,
    /// `leave`: writes `%rsp`.
    Leave,
}

/// Size of an immediate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Immediate {
    /// None.
    None,
    /// 1 byte.
    Byte,
    /// 4 bytes.
    Long,
    /// 2 bytes with the operand-size prefix, else 4.
    ByPrefix,
    /// 2, 4 or 8 bytes.
    Full,
}

// Bits of a row.
const VALID: u64 = 1 << 0;
const MODRM: u64 = 1 << 1;
const GROUP: u64 = 1 << 2;
const MEMORY_FORM: u64 = 1 << 3;
const REGISTER_FORM: u64 = 1 << 4;
const READS: u64 = 1 << 5;
const WRITES: u64 = 1 << 6;
const WRITES_REG: u64 = 1 << 7;
const WRITES_RM: u64 = 1 << 8;
const WRITES_VVVV: u64 = 1 << 9;
const WRITES_OPCODE: u64 = 1 << 10;
const BYTE: u64 = 1 << 11;
const OPERAND_SIZE: u64 = 1 << 12;
const LOCK: u64 = 1 << 13;
const NO_REX: u64 = 1 << 14;
const MAYBE: u64 = 1 << 15;
const VSIB: u64 = 1 << 16;
const VVVV: u64 = 1 << 17;
const W0: u64 = 1 << 18;
const W1: u64 = 1 << 19;
const L0: u64 = 1 << 20;
const L1: u64 = 1 << 21;
const IMMEDIATE_SHIFT: u32 = 22; // 3 bits
const SIZE_SHIFT: u32 = 25; // 3 bits: log2 of bytes
const CLASS_SHIFT: u32 = 28; // 4 bits
const RM_SHIFT: u32 = 32; // 8 bits: ModRM.rm values of the register form
const SUMMARY_SHIFT: u32 = 40; // 8 bits
const GROUP_SHIFT: u32 = 48; // 8 bits
// The size in SIZE is the largest; smaller without REX.W, with `66`, without VEX.L.
const HALF_WITHOUT_W: u64 = 1 << 56;
const QUARTER_WITH_66: u64 = 1 << 57;
const HALF_WITHOUT_L: u64 = 1 << 58;

impl Row {
    const REFUSED: Self = Self(0);

    const fn has(self, bits: u64) -> bool {
        self.0 & bits != 0
    }
    /// Whether the table has this row at all.
    pub(super) const fn allowed(self) -> bool {
        self.has(VALID)
    }
    /// Whether a ModRM byte follows the opcode.
    pub(super) const fn modrm(self) -> bool {
        self.has(MODRM)
    }
    /// Whether ModRM.reg selects the row.
    pub(super) const fn is_group(self) -> bool {
        self.has(GROUP)
    }
    /// Whether ModRM.rm may be memory.
    pub(super) const fn memory_form(self) -> bool {
        self.has(MEMORY_FORM)
    }
    /// Whether ModRM.rm may be the register with these low three bits.
    pub(super) const fn register_form(self, rm: u8) -> bool {
        self.has(REGISTER_FORM) && (self.0 >> RM_SHIFT) >> (rm & 7) & 1 != 0
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
    /// Upper bound of the bytes accessed at the memory operand, given REX.W or
    /// VEX.W, whether there is a `66`, and VEX.L.
    pub(super) const fn size(self, wide: bool, short: bool, long: bool) -> i64 {
        let smaller = if !wide && short && self.has(QUARTER_WITH_66) {
            2
        } else if !wide && self.has(HALF_WITHOUT_W) || !long && self.has(HALF_WITHOUT_L) {
            1
        } else {
            0
        };
        1 << ((self.0 >> SIZE_SHIFT & 7) - smaller)
    }
    /// Whether the general register ModRM.reg is written.
    pub(super) const fn writes_reg(self) -> bool {
        self.has(WRITES_REG)
    }
    /// Whether the general register ModRM.rm is written, if it is one.
    pub(super) const fn writes_rm(self) -> bool {
        self.has(WRITES_RM)
    }
    /// Whether the general register VEX.vvvv is written.
    pub(super) const fn writes_vvvv(self) -> bool {
        self.has(WRITES_VVVV)
    }
    /// Whether the general register in the opcode is written.
    pub(super) const fn writes_opcode(self) -> bool {
        self.has(WRITES_OPCODE)
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
    /// Whether a REX prefix is allowed.
    pub(super) const fn rex(self) -> bool {
        !self.has(NO_REX)
    }
    /// Whether REX.W or VEX.W may have this value.
    pub(super) const fn w(self, w: bool) -> bool {
        self.has(if w { W1 } else { W0 })
    }
    /// Whether VEX.L may have this value.
    pub(super) const fn l(self, l: bool) -> bool {
        self.has(if l { L1 } else { L0 })
    }
    /// Whether VEX.vvvv is an operand.
    pub(super) const fn vvvv(self) -> bool {
        self.has(VVVV)
    }
    /// Whether the memory operand has a vector as index.
    pub(super) const fn vsib(self) -> bool {
        self.has(VSIB)
    }
    /// Size of the immediate.
    pub(super) const fn immediate(self) -> Immediate {
        match self.0 >> IMMEDIATE_SHIFT & 7 {
            0 => Immediate::None,
            1 => Immediate::Byte,
            2 => Immediate::Long,
            3 => Immediate::ByPrefix,
            _ => Immediate::Full,
        }
    }
    /// How the instruction is treated.
    pub(super) const fn class(self) -> Class {
        match self.0 >> CLASS_SHIFT & 15 {
            0 => Class::Plain,
            1 => Class::Nop,
            2 => Class::Lea,
            3 => Class::Stack,
            4 => Class::String,
            5 => Class::Branch,
            6 => Class::Jump,
            7 => Class::Call,
            _ => Class::Leave,
        }
    }
    /// Bits of [`crate::Classes`].
    pub(super) const fn summary(self) -> u8 {
        (self.0 >> SUMMARY_SHIFT) as u8
    }
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

    /// Map number and prefix number (0 none, 1 `66`, 2 `f3`, 3 `f2`).
    pub(super) const fn new(map: u8, prefix: u8) -> Self {
        Self(map * 4 + prefix)
    }
}

const MAPS: usize = 7 * 4;
const GROUPS: usize = 96;

struct Tables {
    opcodes: [[Row; 256]; MAPS],
    /// By ModRM.reg: memory forms, then register forms.
    groups: [[Row; 16]; GROUPS],
}

static TABLES: Tables = build(ROWS.as_bytes());

/// The row of an opcode; a group still has to be [resolved](member).
pub(super) fn find(map: Map, opcode: u8) -> Row {
    TABLES.opcodes.get(usize::from(map.0)).map_or(Row::REFUSED, |rows| rows[usize::from(opcode)])
}

/// The row of a group for this ModRM byte.
pub(super) fn member(group: Row, modrm: u8) -> Row {
    let slot = usize::from(modrm >> 3 & 7) + if modrm >= 0xc0 { 8 } else { 0 };
    TABLES.groups.get((group.0 >> GROUP_SHIFT) as usize).map_or(Row::REFUSED, |rows| rows[slot])
}

// From here on everything runs at compile time only: indexing that fails is a
// compile error.

const fn build(text: &[u8]) -> Tables {
    let mut tables = Tables { opcodes: [[Row::REFUSED; 256]; MAPS], groups: [[Row::REFUSED; 16]; GROUPS] };
    let mut groups = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'\n' {
            at += 1;
        } else if text[at] == b'#' {
            while text[at] != b'\n' {
                at += 1;
            }
        } else {
            at = line(text, at, &mut tables, &mut groups);
        }
    }
    tables
}

/// The word at or after `at` on this line: its bounds (empty at the line's end).
const fn word(text: &[u8], mut at: usize) -> (usize, usize) {
    while text[at] == b' ' {
        at += 1;
    }
    let start = at;
    while text[at] != b' ' && text[at] != b'\n' {
        at += 1;
    }
    (start, at)
}

const fn is(text: &[u8], start: usize, end: usize, word: &str) -> bool {
    let word = word.as_bytes();
    if end - start != word.len() {
        return false;
    }
    let mut i = 0;
    while i < word.len() {
        if text[start + i] != word[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Reads one row and enters it; returns where the line ends.
const fn line(text: &[u8], at: usize, tables: &mut Tables, groups: &mut usize) -> usize {
    let (_, mnemonic_end) = word(text, at);
    let (map_start, map_end) = word(text, mnemonic_end);
    let (opcodes_start, opcodes_end) = word(text, map_end);
    let (map, vex) = map(text, map_start, map_end);
    let mut row = VALID | W0 | 0xff << RM_SHIFT;
    let mut end = opcodes_end;
    loop {
        let (start, word_end) = word(text, end);
        if start == word_end {
            break;
        }
        row = operand_or_flag(text, start, word_end, row, vex);
        end = word_end;
    }
    if row & (L0 | L1) == 0 {
        row |= L0 | L1;
    }
    enter(text, opcodes_start, opcodes_end, map, row, vex, tables, groups);
    end
}

/// `[v.][66.|f3.|f2.](1|0f|0f38|0f3a)`
const fn map(text: &[u8], mut at: usize, end: usize) -> (Map, bool) {
    let vex = text[at] == b'v';
    if vex {
        at += 2;
    }
    let mut prefix = 0;
    if end - at > 2 && text[at + 2] == b'.' {
        prefix = match (text[at], text[at + 1]) {
            (b'6', b'6') => 1,
            (b'f', b'3') => 2,
            (b'f', b'2') => 3,
            _ => panic!("unknown mandatory prefix"),
        };
        at += 3;
    }
    let number = if is(text, at, end, "1") {
        Map::ONE
    } else if is(text, at, end, "0f") {
        Map::TWO
    } else if is(text, at, end, "0f38") {
        Map::THREE_38
    } else if is(text, at, end, "0f3a") {
        Map::THREE_3A
    } else {
        panic!("unknown map")
    };
    (Map::new(if vex { number + Map::VEX } else { number }, prefix), vex)
}

const fn operand_or_flag(text: &[u8], start: usize, end: usize, row: u64, vex: bool) -> u64 {
    const WORDS: [(&str, u64); 26] = [
        ("T", MODRM | REGISTER_FORM),
        ("lock", LOCK),
        ("o", OPERAND_SIZE),
        ("w", W1),
        ("w1", W1),
        ("l0", L0),
        ("l1", L1),
        ("norex", NO_REX),
        ("maybe", MAYBE),
        ("nop", (Class::Nop as u64) << CLASS_SHIFT),
        ("lea", (Class::Lea as u64) << CLASS_SHIFT),
        ("stack", (Class::Stack as u64) << CLASS_SHIFT),
        ("string", (Class::String as u64) << CLASS_SHIFT),
        ("branch", (Class::Branch as u64) << CLASS_SHIFT | NO_REX),
        ("jump", (Class::Jump as u64) << CLASS_SHIFT | NO_REX),
        ("call", (Class::Call as u64) << CLASS_SHIFT | NO_REX),
        ("leave", (Class::Leave as u64) << CLASS_SHIFT),
        ("x87", summary(crate::Classes::X87)),
        ("mmx", summary(crate::Classes::MMX)),
        ("control", summary(crate::Classes::X87_CONTROL)),
        ("whole", summary(crate::Classes::X87_WHOLE)),
        ("mxcsr", summary(crate::Classes::MXCSR)),
        ("direction", summary(crate::Classes::DIRECTION)),
        ("avx", summary(crate::Classes::AVX)),
        ("Jb", (Immediate::Byte as u64) << IMMEDIATE_SHIFT),
        ("Jd", (Immediate::Long as u64) << IMMEDIATE_SHIFT),
    ];
    let mut i = 0;
    while i < WORDS.len() {
        if is(text, start, end, WORDS[i].0) {
            let row = row | WORDS[i].1;
            return if is(text, start, end, "w1") { row & !W0 } else { row };
        }
        i += 1;
    }
    if end - start > 3 && text[start] == b'r' && text[start + 1] == b'm' && text[start + 2] == b'=' {
        let mut row = row & !(0xff << RM_SHIFT);
        let mut at = start + 3;
        while at < end {
            row |= 1 << (RM_SHIFT + hex(text[at]) as u32);
            at += 1;
        }
        return row;
    }
    operand(text, start, end, row, vex)
}

const fn summary(classes: crate::Classes) -> u64 {
    (classes.bits() as u64) << SUMMARY_SHIFT
}

/// `[r:|w:|rw:|a:]` letter size
const fn operand(text: &[u8], start: usize, end: usize, mut row: u64, vex: bool) -> u64 {
    let (letter, size) = (text[end - 2], text[end - 1]);
    let access = end - 2;
    let read = access > start && text[start] == b'r';
    let write = access > start && text[access - 2] == b'w';
    let address = access > start && text[start] == b'a';
    if access > start && (text[access - 1] != b':' || !(read || write || address)) {
        panic!("unknown access")
    }
    let (log2, flags) = match size {
        b'b' => (0, 0),
        b'w' => (1, 0),
        b'd' => (2, 0),
        b'q' => (3, 0),
        b'v' => (3, OPERAND_SIZE | W1),
        b'y' => (3, W1),
        b'z' => (2, OPERAND_SIZE),
        b't' => (4, 0),
        b'x' | b'e' => (5, 0),
        b'c' => (6, 0),
        b's' => (7, 0),
        _ => panic!("unknown size"),
    };
    row |= flags;
    // Memory, or a register where the operand is one.
    let explicit_memory = matches!(letter, b'E' | b'M' | b'W' | b'Q' | b'S');
    let implicit_memory = matches!(letter, b'X' | b'Y');
    if explicit_memory || implicit_memory {
        if !(read || write || address) {
            panic!("memory needs an access")
        }
        row |= match size {
            b'v' => HALF_WITHOUT_W | QUARTER_WITH_66,
            b'y' => HALF_WITHOUT_W,
            b'x' => HALF_WITHOUT_L,
            _ => 0,
        };
        row |= log2 << SIZE_SHIFT | if read { READS } else { 0 } | if write { WRITES } else { 0 };
    }
    if explicit_memory {
        row |= MODRM | MEMORY_FORM;
    }
    if matches!(letter, b'E' | b'R' | b'W' | b'U' | b'Q' | b'N') {
        row |= MODRM | REGISTER_FORM;
    }
    if vex && matches!(letter, b'V' | b'H' | b'W' | b'U') {
        row |= summary(crate::Classes::AVX);
    }
    let general_write = match letter {
        b'E' | b'R' => WRITES_RM,
        b'G' => WRITES_REG,
        b'B' => WRITES_VVVV,
        b'Z' => WRITES_OPCODE,
        _ => 0,
    };
    if general_write != 0 && write {
        row |= general_write | if size == b'b' { BYTE } else { 0 };
    }
    match letter {
        b'B' | b'H' => row |= VVVV,
        b'S' => row |= VSIB,
        b'G' | b'V' | b'P' => row |= MODRM,
        b'I' => {
            let immediate = match size {
                b'b' => Immediate::Byte,
                b'd' => Immediate::Long,
                b'z' => Immediate::ByPrefix,
                b'v' => Immediate::Full,
                _ => panic!("unknown immediate"),
            };
            row |= (immediate as u64) << IMMEDIATE_SHIFT;
        }
        b'E' | b'M' | b'W' | b'Q' | b'X' | b'Y' | b'R' | b'U' | b'N' | b'Z' => {}
        _ => panic!("unknown operand"),
    }
    row
}

const fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => panic!("not a hexadecimal digit"),
    }
}

/// Enters a row at each of its opcodes.
#[expect(clippy::too_many_arguments, reason = "a step of one function, split for reading")]
const fn enter(
    text: &[u8],
    start: usize,
    end: usize,
    map: Map,
    row: u64,
    vex: bool,
    tables: &mut Tables,
    groups: &mut usize,
) {
    let mut opcodes_end = start;
    while opcodes_end < end && text[opcodes_end] != b'/' {
        opcodes_end += 1;
    }
    let mut at = start;
    while at < opcodes_end {
        let first = hex(text[at]) * 16 + hex(text[at + 1]);
        let mut last = first;
        at += 2;
        if at < opcodes_end && text[at] == b'-' {
            last = hex(text[at + 1]) * 16 + hex(text[at + 2]);
            at += 3;
        }
        if at < opcodes_end {
            assert!(text[at] == b',');
            at += 1;
        }
        let mut opcode = first;
        loop {
            put(text, opcodes_end, end, map, opcode, row, tables, groups);
            // `66` selects another map; a row that takes it as operand size stands in both.
            if !vex && row & OPERAND_SIZE != 0 && map.0.is_multiple_of(4) {
                put(text, opcodes_end, end, Map(map.0 + 1), opcode, row, tables, groups);
            }
            if opcode == last {
                break;
            }
            opcode += 1;
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "a step of one function, split for reading")]
const fn put(
    text: &[u8],
    mut at: usize,
    end: usize,
    map: Map,
    opcode: u8,
    row: u64,
    tables: &mut Tables,
    groups: &mut usize,
) {
    let place = &mut tables.opcodes[map.0 as usize][opcode as usize];
    if at == end {
        assert!(!place.allowed(), "two rows for one opcode");
        *place = Row(row);
        return;
    }
    if !place.allowed() {
        *place = Row(VALID | MODRM | GROUP | (*groups as u64) << GROUP_SHIFT);
        *groups += 1;
    }
    assert!(place.is_group(), "two rows for one opcode");
    let members = &mut tables.groups[(place.0 >> GROUP_SHIFT) as usize];
    assert!(row & MODRM != 0, "a group needs an operand in ModRM.rm");
    at += 1;
    let all = text[at] == b'*';
    let mut reg = 0;
    while reg < 8 {
        if all || contains(text, at, end, reg) {
            if row & MEMORY_FORM != 0 {
                assert!(!members[reg].allowed(), "two rows for one member of a group");
                members[reg] = Row(row);
            }
            if row & REGISTER_FORM != 0 {
                assert!(!members[reg + 8].allowed(), "two rows for one member of a group");
                members[reg + 8] = Row(row);
            }
        }
        reg += 1;
    }
}

const fn contains(text: &[u8], mut at: usize, end: usize, digit: usize) -> bool {
    while at < end {
        if hex(text[at]) as usize == digit {
            return true;
        }
        at += 1;
    }
    false
}
