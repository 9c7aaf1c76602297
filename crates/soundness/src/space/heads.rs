//! Heads of encodings: all that stands before the opcode.

use super::{Depth, Tails, is_sampled};

/// What stands before the opcode, and how much is tried after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    bytes: [u8; Self::LONGEST],
    length: u8,
    /// What is tried after the opcode.
    pub tails: Tails,
}

impl Head {
    /// Room for an opcode and the longest operands stays in a bundle.
    const LONGEST: usize = 16;

    fn new(parts: &[&[u8]], tails: Tails) -> Self {
        let mut head = Self { bytes: [0; Self::LONGEST], length: 0, tails };
        for byte in parts.iter().copied().flatten() {
            head.bytes[usize::from(head.length)] = *byte;
            head.length += 1;
        }
        head
    }

    /// A head with all operands where it is usual, or of the sample; else with some.
    fn sampled(parts: &[&[u8]], usual: bool) -> Self {
        let mut head = Self::new(parts, Tails::Some);
        if usual || is_sampled(head.bytes()) {
            head.tails = Tails::All;
        }
        head
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// The legacy prefixes.
const PREFIXES: [u8; 11] = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65];

/// Sequences that every test run tries.
const QUICK: [&[u8]; 28] = [
    &[],
    &[0x66],
    &[0x67],
    &[0xf0],
    &[0xf2],
    &[0xf3],
    &[0x2e],
    &[0x64],
    &[0x65],
    &[0x36],
    &[0x65, 0x67],
    &[0x64, 0x67],
    &[0x2e, 0x67],
    &[0x66, 0x66],
    &[0x66, 0xf3],
    &[0xf3, 0x66],
    &[0x66, 0xf2],
    &[0xf2, 0xf3],
    &[0xf0, 0x66],
    &[0xf0, 0xf2],
    &[0x65, 0x65],
    &[0x65, 0x67, 0x66],
    &[0x65, 0x67, 0xf2],
    &[0x65, 0x67, 0xf3],
    &[0x65, 0x67, 0xf0],
    &[0x65, 0x67, 0x2e],
    &[0x65, 0x67, 0x64],
    &[0x67, 0x64, 0x65],
];

/// The escape bytes of the legacy maps.
const MAPS: [&[u8]; 4] = [&[], &[0x0f], &[0x0f, 0x38], &[0x0f, 0x3a]];

/// `%gs:` with a 32-bit address.
const GUARD: &[u8] = &[0x65, 0x67];

/// All heads of the space, in a fixed order.
pub fn heads(depth: Depth) -> Vec<Head> {
    let mut heads = Vec::new();
    legacy(depth, &mut heads);
    misplaced_rex(depth, &mut heads);
    long(&mut heads);
    vex(depth, &mut heads);
    xop_and_rex2(depth, &mut heads);
    evex(depth, &mut heads);
    heads
}

/// None, one or two prefixes; three and four where two of them guard.
fn sequences() -> Vec<Vec<u8>> {
    let mut sequences = vec![vec![]];
    for first in PREFIXES {
        sequences.push(vec![first]);
        for second in PREFIXES {
            sequences.push(vec![first, second]);
        }
    }
    for extra in PREFIXES {
        for order in [[0x65, 0x67, extra], [0x65, extra, 0x67], [extra, 0x65, 0x67], [extra, 0x67, 0x65]] {
            sequences.push(order.into());
        }
        if matches!(extra, 0xf0 | 0xf2 | 0xf3 | 0x2e) {
            sequences.push(vec![0x65, 0x67, 0x66, extra]);
            sequences.push(vec![extra, 0x66, 0x65, 0x67]);
        }
    }
    sequences
}

/// Prefixes, REX or none, legacy maps.
fn legacy(depth: Depth, heads: &mut Vec<Head>) {
    let full = depth == Depth::Full;
    let sequences = if full { sequences() } else { QUICK.iter().map(|sequence| sequence.to_vec()).collect() };
    for sequence in &sequences {
        // One prefix, or those that guard, alone or before another one.
        let usual = sequence.len() < 2 || sequence.len() < 4 && sequence.starts_with(GUARD);
        for rex in [None].into_iter().chain((0x40..0x50).map(Some)) {
            if !full && !matches!(rex, None | Some(0x40 | 0x41 | 0x42 | 0x44 | 0x48 | 0x4f)) {
                continue;
            }
            for map in MAPS {
                let parts = [sequence, rex.as_slice(), map];
                heads.push(if full { Head::sampled(&parts, usual) } else { Head::new(&parts, Tails::Some) });
            }
        }
    }
}

/// REX before a prefix, and REX twice: the first one is ignored by processors.
fn misplaced_rex(depth: Depth, heads: &mut Vec<Head>) {
    let tails = if depth == Depth::Full { Tails::Some } else { Tails::Few };
    for rex in [0x40, 0x41, 0x44, 0x48, 0x4f] {
        for prefix in PREFIXES {
            for map in MAPS {
                heads.push(Head::new(&[&[rex, prefix], map], tails));
            }
        }
        for second in [0x40, 0x41, 0x44, 0x48, 0x4f] {
            for map in MAPS {
                heads.push(Head::new(&[&[rex, second], map], tails));
            }
        }
        for vector in [&[0xc5, 0xf8][..], &[0xc4, 0xe2, 0x79], &[0x62, 0xf1, 0x7c, 0x48]] {
            heads.push(Head::new(&[&[rex], vector], tails));
        }
    }
}

/// Padding up to and beyond the longest instruction.
fn long(heads: &mut Vec<Head>) {
    for padding in 2..=14 {
        for rest in [&[][..], &[0x0f], &[0x48], &[0x66]] {
            if padding + rest.len() <= Head::LONGEST {
                heads.push(Head::new(&[&[0x2e; 14][..padding], rest], Tails::Some));
            }
        }
    }
}

/// Prefixes before a VEX, EVEX or XOP prefix, of which most make it invalid.
fn before_vector(depth: Depth) -> Vec<Vec<u8>> {
    match depth {
        Depth::Quick => vec![vec![0x66], vec![0xf3], vec![0xf0], vec![0x64, 0x67], vec![0x65]],
        Depth::Full => sequences().into_iter().filter(|s| !s.is_empty() && s.len() <= 3 && s != GUARD).collect(),
    }
}

/// VEX with two and three bytes.
fn vex(depth: Depth, heads: &mut Vec<Head>) {
    let full = depth == Depth::Full;
    let whole = |parts: &[&[u8]], vvvv| {
        // Unused or register 0, 4 (%rsp) and 15.
        let usual = matches!(vvvv, 15 | 11 | 0);
        if full { Head::sampled(parts, usual) } else { Head::new(parts, Tails::Some) }
    };
    for second in 0..=255u8 {
        let vvvv = second >> 3 & 15;
        if full || matches!(vvvv, 15 | 11) {
            heads.extend([&[][..], GUARD].map(|prefix| whole(&[prefix, &[0xc5, second]], vvvv)));
        }
    }
    for (second, third) in (0..=255u8).flat_map(|second| (0..=255u8).map(move |third| (second, third))) {
        let (known, vvvv) = ((1..=3).contains(&(second & 31)), third >> 3 & 15);
        let usual = matches!(vvvv, 15 | 11) && matches!(second >> 5, 7 | 3);
        if known && (full || usual) {
            heads.extend([&[][..], GUARD].map(|prefix| whole(&[prefix, &[0xc4, second, third]], vvvv)));
        } else if full || usual && second >> 5 == 7 {
            heads.push(Head::new(&[&[0xc4, second, third]], Tails::Few));
        }
    }
    for sequence in before_vector(depth) {
        for third in (0..=255u8).filter(|third| matches!(third >> 3 & 15, 15 | 0)) {
            for second in [0xe1, 0xe2, 0xe3, 0x41] {
                let tails = if full { Tails::Some } else { Tails::Few };
                heads.push(Head::new(&[&sequence, &[0xc4, second, third]], tails));
            }
        }
    }
}

/// XOP (maps 8 and up; below, the byte is `pop`) and REX2.
fn xop_and_rex2(depth: Depth, heads: &mut Vec<Head>) {
    let full = depth == Depth::Full;
    for second in 0..=255u8 {
        for third in 0..=255u8 {
            let usual = matches!(third >> 3 & 15, 15 | 11) && matches!(second >> 5, 7 | 3);
            // Maps 8 to 10 have instructions.
            if matches!(second & 31, 8..=10) && (full || usual) {
                for prefix in [&[][..], GUARD] {
                    heads.push(Head::new(&[prefix, &[0x8f, second, third]], Tails::Some));
                }
            } else if full || usual {
                heads.push(Head::new(&[&[0x8f, second, third]], Tails::Few));
            }
        }
        heads.push(Head::new(&[&[0xd5, second]], if full { Tails::Some } else { Tails::Few }));
    }
}

/// EVEX. All its fields in every combination are too many: those that choose an
/// instruction (map, pp, W) are taken with those that choose its form (length,
/// broadcast, mask, zeroing) and with some register fields, then every value of
/// each byte by itself.
fn evex(depth: Depth, heads: &mut Vec<Head>) {
    let full = depth == Depth::Full;
    // R, X, B and R' stored inverted.
    let registers: &[u8] = if full { &[0xf0, 0x70, 0xb0, 0xd0, 0xe0, 0x00] } else { &[0xf0, 0x90] };
    // vvvv: unused or 0, 15, 4.
    let vvvvs: &[u8] = if full { &[0x78, 0x00, 0x58] } else { &[0x78] };
    // z and aaa.
    let masks: &[u8] = if full { &[0x00, 0x01, 0x07, 0x81, 0x80] } else { &[0x00, 0x01, 0x81] };
    for prefix in [&[][..], GUARD] {
        for map in 0..8 {
            // Maps 4 and 7 have no instructions yet.
            let tails = if matches!(map, 1..=3 | 5 | 6) { Tails::Some } else { Tails::Few };
            for register in registers {
                for choice in 0..8u8 {
                    for vvvv in vvvvs {
                        // W, vvvv, one, pp
                        let second = (choice & 4) << 5 | vvvv | 4 | choice & 3;
                        for form in 0..16u8 {
                            // L'L, b and V' inverted
                            let form = form << 3;
                            if !full && (form & 8 == 0 || form & 0x60 == 0x60) {
                                continue;
                            }
                            for mask in masks {
                                let bytes = [0x62, register | map, second, form | mask];
                                heads.push(Head::new(&[prefix, &bytes], tails));
                            }
                        }
                    }
                }
            }
        }
        // Each byte by itself, reserved bits included.
        for value in 0..=255u8 {
            for bytes in [[0x62, value, 0x7d, 0x48], [0x62, 0xf2, value, 0x49], [0x62, 0xf1, 0x7c, value]] {
                heads.push(Head::new(&[prefix, &bytes], if full { Tails::All } else { Tails::Few }));
            }
        }
    }
    for sequence in before_vector(depth) {
        for bytes in [[0x62, 0xf1, 0x7d, 0x48], [0x62, 0xf2, 0x7d, 0x49], [0x62, 0xf3, 0xfd, 0x28]] {
            heads.push(Head::new(&[&sequence, &bytes], Tails::Some));
        }
    }
}
