//! Random units, written down from `spec/x64/units.md`.

use crate::Source;
use lfi_abi::x64::{BASE_DISP, RUNTIME_CALLS};

/// Any unit. The second value says whether it must end its bundle.
pub fn unit(source: &mut Source) -> (Vec<u8>, bool) {
    match source.byte() % 16 {
        0..=3 => (branch(source), false),
        4 => (returning(), false),
        5..=9 => (stack(source), false),
        10..=13 => (string(source), false),
        _ => (runtime_call(source), true),
    }
}

const RSP: u8 = 4;

/// `op B,%rX` with this opcode.
fn base_operand(opcode: u8, x: u8) -> Vec<u8> {
    let rex = if x >= 8 { 0x4c } else { 0x48 };
    let mut bytes = vec![0x65, rex, opcode, 0x04 | (x & 7) << 3, 0x25];
    bytes.extend(BASE_DISP.to_le_bytes());
    bytes
}

fn add_base(x: u8) -> Vec<u8> {
    base_operand(0x03, x)
}

fn load_base() -> Vec<u8> {
    base_operand(0x8b, 11)
}

/// `andl $-32,%eX; addq B,%rX`
fn mask(x: u8) -> Vec<u8> {
    let mut bytes = if x >= 8 { vec![0x41] } else { vec![] };
    bytes.extend([0x83, 0xe0 | x & 7, 0xe0]);
    bytes.extend(add_base(x));
    bytes
}

fn branch(source: &mut Source) -> Vec<u8> {
    let x = source.pick(&[0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    let mut bytes = mask(x);
    if x >= 8 {
        bytes.push(0x41);
    }
    bytes.extend([0xff, source.pick(&[0xd0, 0xe0]) | x & 7]);
    bytes
}

fn returning() -> Vec<u8> {
    let mut bytes = mask(11);
    bytes.extend([0x41, 0x53, 0xc3]);
    bytes
}

fn stack(source: &mut Source) -> Vec<u8> {
    let by_lea = source.chance(96);
    let mut bytes = if by_lea { load_base() } else { vec![] };
    let immediate = source.word().to_le_bytes();
    match source.byte() % if by_lea { 2 } else { 6 } {
        0 => {
            let y = source.byte() & 15;
            let y = if by_lea && y == 11 { 10 } else { y };
            if y >= 8 {
                bytes.push(0x44);
            }
            bytes.extend([0x89, 0xc4 | (y & 7) << 3]);
        }
        1 => lea_to_esp(source, by_lea, &mut bytes),
        2 => bytes.extend([&[0xbc][..], &immediate[..4]].concat()),
        3 => {
            let y = source.byte() & 15;
            if y >= 8 {
                bytes.push(0x44);
            }
            bytes.extend([source.pick(&[0x01, 0x29, 0x21]), 0xc4 | (y & 7) << 3]);
        }
        4 => bytes.extend([0x83, source.pick(&[0xc4, 0xec, 0xe4]), immediate[0]]),
        _ => bytes.extend([&[0x81, source.pick(&[0xc4, 0xec, 0xe4])], &immediate[..4]].concat()),
    }
    bytes.extend(if by_lea { vec![0x4a, 0x8d, 0x24, 0x1c] } else { add_base(RSP) });
    bytes
}

/// `leal M,%esp` with a base register, maybe an index, and a displacement of 0 to 4 bytes.
fn lea_to_esp(source: &mut Source, no_r11: bool, bytes: &mut Vec<u8>) {
    let any = |source: &mut Source| match source.byte() & 15 {
        11 if no_r11 => 10,
        register => register,
    };
    let (base, index) = (any(source), any(source));
    let mode = source.byte() % 3;
    // Without a displacement base 5 means something else.
    let base = if mode == 0 && base & 7 == 5 { base ^ 1 } else { base };
    let rex = 0x40 | index >> 3 << 1 | base >> 3;
    if rex != 0x40 {
        bytes.push(rex);
    }
    bytes.extend([0x8d, mode << 6 | RSP << 3 | 4, source.byte() & 0xc0 | (index & 7) << 3 | base & 7]);
    let displacement = source.word().to_le_bytes();
    bytes.extend(&displacement[..[0, 1, 4][usize::from(mode)]]);
}

fn string(source: &mut Source) -> Vec<u8> {
    let (opcode, rdi, rsi) = source.pick(&[
        (0xa4, true, true),
        (0xa6, true, true),
        (0xaa, true, false),
        (0xac, false, true),
        (0xae, true, false),
    ]);
    let by_lea = source.chance(96);
    let mut bytes = if by_lea { load_base() } else { vec![] };
    for (used, x, mov, lea) in
        [(rdi, 7, [0x89, 0xff], [0x4a, 0x8d, 0x3c, 0x1f]), (rsi, 6, [0x89, 0xf6], [0x4a, 0x8d, 0x34, 0x1e])]
    {
        // Not every kind needs every guard.
        if used && !source.chance(32) {
            bytes.extend(mov);
            bytes.extend(if by_lea { lea.to_vec() } else { add_base(x) });
        }
    }
    let compares = matches!(opcode, 0xa6 | 0xae);
    match source.byte() % 3 {
        0 => {}
        1 if compares => bytes.push(0xf2),
        _ => bytes.push(0xf3),
    }
    match source.byte() % 4 {
        0 => bytes.push(opcode),
        1 => bytes.push(opcode | 1),
        2 => bytes.extend([0x66, opcode | 1]),
        _ => bytes.extend([0x48, opcode | 1]),
    }
    bytes
}

fn runtime_call(source: &mut Source) -> Vec<u8> {
    let mut bytes = vec![0x4c, 0x8d, 0x1d, 8, 0, 0, 0, 0x65, 0xff, 0x24, 0x25];
    bytes.extend(source.pick(&RUNTIME_CALLS).to_le_bytes());
    bytes
}
