//! The notation of [`super::super::table`], read. All of this runs at compile time only: indexing
//! that fails is a compile error.

use super::*;

/// The tables of these rows.
pub(super) const fn tables(text: &[u8]) -> Tables {
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
    let (map, encoding) = map(text, map_start, map_end);
    let mut row = W0 | 0xff << RM_SHIFT;
    let mut end = opcodes_end;
    loop {
        let (start, word_end) = word(text, end);
        if start == word_end {
            break;
        }
        row = operand_or_flag(text, start, word_end, row, encoding);
        end = word_end;
    }
    if row & (L0 | L1 | L2) == 0 {
        row |= L0 | L1 | L2;
    }
    if row & MODRM == 0 {
        // Whatever would be in its place.
        row |= MEMORY_FORM;
    } else if row & REGISTER_FORM == 0 {
        row &= !(0xff << RM_SHIFT);
    }
    enter(text, opcodes_start, opcodes_end, map, row, encoding, tables, groups);
    end
}

/// How an instruction is encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Legacy,
    /// XOP is VEX with another first byte and other maps.
    Vex,
    Evex,
}

/// `[v.|e.|x.][66.|f3.|f2.](1|0f|0f38|0f3a|5|6|8|9)`
const fn map(text: &[u8], mut at: usize, end: usize) -> (Map, Encoding) {
    let encoding = match text[at] {
        b'v' | b'x' => Encoding::Vex,
        b'e' => Encoding::Evex,
        _ => Encoding::Legacy,
    };
    if !matches!(encoding, Encoding::Legacy) {
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
    } else if is(text, at, end, "5") {
        5
    } else if is(text, at, end, "6") {
        6
    } else if is(text, at, end, "8") {
        Map::XOP
    } else if is(text, at, end, "9") {
        Map::XOP + 1
    } else {
        panic!("unknown map")
    };
    let map = match encoding {
        Encoding::Legacy if number < 4 => Map::new(number, prefix),
        Encoding::Vex if number < 4 => Map::new(number + Map::VEX, prefix),
        Encoding::Vex if number >= Map::XOP => Map::new(number, prefix),
        Encoding::Evex => Map::evex(number, prefix, 0).expect("a map of EVEX"),
        _ => panic!("a map of other encodings"),
    };
    (map, encoding)
}

const fn operand_or_flag(text: &[u8], start: usize, end: usize, row: u64, encoding: Encoding) -> u64 {
    const WORDS: [(&str, u64); 31] = [
        ("T", MODRM | REGISTER_FORM),
        ("lock", LOCK),
        ("o", OPERAND_SIZE),
        ("w", W1),
        ("w1", W1),
        ("l0", L0),
        ("l1", L1),
        ("l2", L2),
        ("k", MASKING),
        ("kz", MASKING | ZEROING),
        ("bc", BROADCAST),
        ("er", ROUNDING),
        ("sae", SUPPRESSION),
        ("maybe", MAYBE),
        ("nop", Class::NOP),
        ("lea", Class::LEA),
        ("stack", Class::STACK),
        ("string", Class::STRING),
        ("branch", Class::BRANCH),
        ("jump", Class::JUMP),
        ("call", Class::CALL),
        ("leave", Class::LEAVE),
        ("x87", summary(crate::Classes::X87)),
        ("mmx", summary(crate::Classes::MMX)),
        ("control", summary(crate::Classes::X87_CONTROL)),
        ("whole", summary(crate::Classes::X87_WHOLE)),
        ("mxcsr", summary(crate::Classes::MXCSR)),
        ("direction", summary(crate::Classes::DIRECTION)),
        ("avx", summary(crate::Classes::AVX)),
        ("Jb", 1 << IMMEDIATE_SHIFT),
        ("Jd", 4 << IMMEDIATE_SHIFT),
    ];
    let mut i = 0;
    while i < WORDS.len() {
        if is(text, start, end, WORDS[i].0) {
            let row = row | WORDS[i].1;
            let only_w1 = is(text, start, end, "w1");
            return if only_w1 || row & (Class::BRANCH | Class::JUMP | Class::CALL) != 0 { row & !W0 } else { row };
        }
        i += 1;
    }
    if is(text, start, end, "norex") {
        return row & !W0;
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
    operand(text, start, end, row, encoding)
}

const fn summary(classes: crate::Classes) -> u64 {
    (classes.bits() as u64) << SUMMARY_SHIFT
}

/// `[r:|w:|rw:|a:]` letter size
const fn operand(text: &[u8], start: usize, end: usize, mut row: u64, encoding: Encoding) -> u64 {
    const MASK: u64 = MODRM | summary(crate::Classes::AVX512);
    if is(text, start, end, "K") {
        return row | MASK | REG_MASK;
    }
    if is(text, start, end, "L") {
        return row | MASK | REGISTER_FORM | RM_MASK;
    }
    if is(text, start, end, "C") {
        return row | VVVV;
    }
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
        b'i' => (1, 0),
        b'r' => (2, 0),
        b'h' => (3, 0),
        b'x' => (4, 0),
        b'e' => (5, 0),
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
            b'i' | b'r' | b'h' | b'x' => BY_LENGTH,
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
    if matches!(letter, b'V' | b'H' | b'W' | b'U') {
        row |= match encoding {
            Encoding::Legacy => 0,
            Encoding::Vex => summary(crate::Classes::AVX),
            Encoding::Evex => summary(crate::Classes::AVX512),
        };
    }
    let general_write = match letter {
        b'E' | b'R' => WRITES_RM,
        b'G' => WRITES_REG,
        b'B' => WRITES_VVVV,
        b'Z' => WRITES_OPCODE,
        _ => 0,
    };
    if general_write != 0 && write {
        // Where there is no REX, 8-bit register 4 is %ah; that is so in legacy encodings alone.
        assert!(size != b'b' || matches!(encoding, Encoding::Legacy), "a byte register without REX");
        row |= general_write | if size == b'b' { BYTE } else { 0 };
    }
    match letter {
        b'B' | b'H' => row |= VVVV,
        b'S' => row |= VSIB,
        b'G' => row |= MODRM | REG_GENERAL,
        b'V' | b'P' => row |= MODRM,
        b'I' => {
            row |= match size {
                b'b' => 1 << IMMEDIATE_SHIFT,
                b'd' => 4 << IMMEDIATE_SHIFT,
                b'z' => 4 << IMMEDIATE_SHIFT | SHORT_BY_PREFIX,
                b'v' => 4 << IMMEDIATE_SHIFT | SHORT_BY_PREFIX | LONG_BY_W,
                _ => panic!("unknown immediate"),
            };
        }
        b'E' | b'R' => row |= RM_GENERAL,
        b'M' | b'W' | b'Q' | b'X' | b'Y' | b'U' | b'N' | b'Z' => {}
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
    encoding: Encoding,
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
            // W of EVEX and `66` select another map; what takes both values, or `66` as operand size, stands in both.
            let evex = matches!(encoding, Encoding::Evex);
            if !evex || row & W0 != 0 {
                put(text, opcodes_end, end, map, opcode, row, tables, groups);
            }
            if evex && row & W1 != 0 {
                put(text, opcodes_end, end, map.with_w1(), opcode, row, tables, groups);
            }
            let legacy = matches!(encoding, Encoding::Legacy);
            if legacy && row & OPERAND_SIZE != 0 && map.0.is_multiple_of(4) {
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
        assert!(place.0 == 0, "two rows for one opcode");
        *place = Row(row);
        return;
    }
    if place.0 == 0 {
        *place = Row(GROUP | (*groups as u64) << GROUP_SHIFT);
        *groups += 1;
    }
    assert!(place.has(GROUP), "two rows for one opcode");
    let members = &mut tables.groups[(place.0 >> GROUP_SHIFT) as usize];
    assert!(row & MODRM != 0, "a group needs an operand in ModRM.rm");
    at += 1;
    let all = text[at] == b'*';
    let mut reg = 0;
    while reg < 8 {
        if all || contains(text, at, end, reg) {
            if row & MEMORY_FORM != 0 {
                assert!(members[reg].0 == 0, "two rows for one member of a group");
                members[reg] = Row(row);
            }
            if row & REGISTER_FORM != 0 {
                assert!(members[reg + 8].0 == 0, "two rows for one member of a group");
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
