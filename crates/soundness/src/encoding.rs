//! Random encodings of single instructions, over the whole encoding space but
//! more often such as the verifier may accept.

use crate::Source;

/// What selects a row of the processor's opcode maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    space: Space,
    map: u8,
    opcode: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    Legacy,
    Vex,
    Evex,
    Xop,
}

impl Form {
    /// Every opcode of every map: legacy maps 0 to 3, VEX maps 1 to 3, EVEX maps 1 to 6, XOP maps 8 to 10.
    pub fn all() -> impl Iterator<Item = Self> {
        let spaces = [(Space::Legacy, 0..=3), (Space::Vex, 1..=3), (Space::Evex, 1..=6), (Space::Xop, 8..=10)];
        spaces.into_iter().flat_map(|(space, maps)| {
            maps.flat_map(move |map| (0..=255).map(move |opcode| Self { space, map, opcode }))
        })
    }

    /// Any form, half of the time one of the one-byte opcodes or of `0f`.
    pub fn any(source: &mut Source) -> Self {
        let (space, map) = match source.byte() % 16 {
            0..=5 => (Space::Legacy, 0),
            6..=8 => (Space::Legacy, 1),
            9 => (Space::Legacy, 2 + source.byte() % 2),
            // XOP is of some older processors only.
            10 if source.chance(32) => (Space::Xop, 8 + source.byte() % 3),
            10..=12 => (Space::Vex, 1 + source.byte() % 3),
            _ => (Space::Evex, 1 + source.byte() % 6),
        };
        Self { space, map, opcode: source.byte() }
    }
}

/// The length of the longest instructions, in bytes.
pub(crate) const LONGEST: usize = 15;

const PREFIXES: [u8; 11] = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65];

/// Bytes that start with an encoding of this form. What follows it is random.
pub fn encoding(form: Form, source: &mut Source) -> Vec<u8> {
    let operands = operands(source);
    let mut bytes = Vec::with_capacity(32);
    // Guards where there may be a memory operand, and often nothing where there is none.
    match source.byte() % 16 {
        0..=9 if operands[0] < 0xc0 => bytes.extend([0x65, 0x67]),
        0 => bytes.push(source.pick(&PREFIXES)),
        1 => bytes.extend([source.pick(&PREFIXES), source.pick(&PREFIXES)]),
        _ => {}
    }
    // The registers' high bits are clear and vvvv unused more often than chance would have it.
    let biased = |source: &mut Source, usual: u8| if source.chance(128) { usual } else { source.byte() };
    match form.space {
        Space::Legacy => {
            bytes.extend_from_slice(source.pick(&[&[][..], &[], &[], &[0x66], &[0xf3], &[0xf2]]));
            if source.chance(112) {
                bytes.push(0x40 | source.byte() & 15);
            }
            bytes.extend_from_slice([&[][..], &[0x0f], &[0x0f, 0x38], &[0x0f, 0x3a]][usize::from(form.map)]);
        }
        Space::Vex if form.map == 1 && source.chance(96) => {
            bytes.extend([0xc5, biased(source, 0xf8) ^ source.byte() & 7]);
        }
        Space::Vex | Space::Xop => {
            let first = if form.space == Space::Vex { 0xc4 } else { 0x8f };
            bytes.extend([first, biased(source, 0xe0) & 0xe0 | form.map, biased(source, 0x78) ^ source.byte() & 0x87]);
        }
        Space::Evex => {
            let first = biased(source, 0xf0) & 0xf0 | form.map | u8::from(source.chance(4)) << 3;
            let second = biased(source, 0x7c) | 4 & !u8::from(source.chance(4)) << 2;
            let third = biased(source, 0x08) ^ source.byte() & 0xf7;
            bytes.extend([0x62, first, second ^ source.byte() & 0x83, third]);
        }
    }
    bytes.push(form.opcode);
    bytes.extend(operands);
    bytes
}

/// ModRM, SIB and displacement as if there were any, and more than enough for immediates.
fn operands(source: &mut Source) -> Vec<u8> {
    let modrm = match source.byte() % 4 {
        0 => source.byte() & 0xf8 | 4,
        _ => source.byte(),
    };
    let mut bytes = vec![modrm];
    let (mode, rm) = (modrm >> 6, modrm & 7);
    let mut absolute = rm == 5;
    if mode != 3 && rm == 4 {
        let sib = if source.chance(64) { 0x24 } else { source.byte() };
        absolute = sib & 7 == 5;
        bytes.push(sib);
    }
    match mode {
        1 => bytes.push(source.byte()),
        0 if absolute => bytes.extend(displacement(source)),
        2 => bytes.extend(displacement(source)),
        _ => {}
    }
    // Small immediates make branches stay near and adjustments small.
    let word = if source.chance(96) { source.word() } else { u64::from(source.byte()) };
    bytes.extend(word.to_le_bytes());
    bytes.resize(bytes.len().max(LONGEST), 0);
    bytes
}

fn displacement(source: &mut Source) -> [u8; 4] {
    let value = match source.byte() % 8 {
        0 => source.word() as i32,
        1 => i32::MAX - i32::from(source.byte()),
        2 => i32::MIN + i32::from(source.byte()),
        3 => 0x8000 - i32::from(source.byte()),
        4 => -0x8000 + i32::from(source.byte()),
        5 => source.word() as i32 >> 12,
        6 => 0x1_0000,
        _ => i32::from(source.byte().cast_signed()),
    };
    value.to_le_bytes()
}
