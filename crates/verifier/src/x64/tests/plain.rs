//! What the quick look accepts is what the rules accept, with the same summary.

use super::super::{decode::BUNDLE, exact, plain};
use super::hex;
use crate::{Options, verify};
use lfi_abi::{Kind, Returns, Target};
use std::vec::Vec;

const KINDS: [Kind; 3] = [Kind::Full, Kind::Stores, Kind::Jumps];
const OFFSET: u32 = 0x10_0000;

/// xorshift64*: the same numbers every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.next() as usize % choices.len()]
    }
}

/// Asserts that the quick verdict on a region is the exact one, and returns whether it is accepted.
fn agree(code: &[u8], offset: u32, kind: Kind) -> bool {
    let options = Options { target: Target::X64, kind, returns: Returns::Ret };
    let quick = verify(code, offset, &options);
    assert_eq!(quick, exact(code, offset, 0..code.len(), &options), "{kind} {}", hex(code));
    quick.is_ok()
}

/// Whether there is a plain instruction at the start of the bundle.
fn is_plain(code: &[u8], kind: Kind) -> bool {
    let padded = super::super::decode::Padded::new(code);
    let prefixes = plain::positions(code, 0);
    plain::find(padded.bundle(), prefixes, 0, i64::from(OFFSET), plain::unconfined(kind)).is_some()
}

/// A bundle with an instruction of this opcode and ModRM, and nops.
fn instruction(random: &mut Random, two: bool, opcode: u8, modrm: u8) -> [u8; BUNDLE] {
    const PREFIXES: &[&[u8]] = &[
        &[],
        &[],
        &[0x65, 0x67],
        &[0x66],
        &[0xf3],
        &[0xf2],
        &[0x2e],
        &[0x65, 0x65, 0x67],
        &[0x65, 0x67, 0x66],
        &[0x65, 0x67, 0xf3],
        &[0x65, 0x67, 0xf2],
        &[0x66, 0x2e],
        &[0x2e, 0x2e, 0x66],
        &[0x65],
        &[0x67],
        &[0x67, 0x65],
        &[0xf0],
        &[0x65, 0x67, 0xf0],
        &[0x66, 0x66],
        &[0x66, 0xf2],
        &[0x2e, 0x65, 0x67],
        &[0x64],
        &[0x2e; 5],
        &[0x2e; 8],
        &[0x2e; 14],
    ];
    const REX: &[&[u8]] = &[&[], &[], &[0x48], &[0x40], &[0x41], &[0x42], &[0x44], &[0x4c], &[0x4f], &[0x48, 0x48]];
    const SIB: &[u8] = &[0x24, 0x25, 0x64, 0x88, 0x04, 0x05, 0x2c, 0xe5];
    const FILL: &[u8] = &[0, 0x10, 0x7f, 0x80, 0xff, 0x90];
    let head = [random.of(PREFIXES), random.of(REX), if two { &[0x0f][..] } else { &[] }, &[opcode, modrm]].concat();
    let mut bundle = [0x90; BUNDLE];
    let sib = head.len();
    bundle[..sib].copy_from_slice(&head);
    bundle[sib] = random.of(SIB);
    for byte in &mut bundle[sib + 1..sib + 5] {
        *byte = random.of(FILL);
    }
    // Small displacements, as often as large ones.
    if random.next().is_multiple_of(2) {
        let sign = random.of(&[0, 0xff]);
        bundle[sib + 3..sib + 5].fill(sign);
    }
    bundle
}

#[test]
fn every_opcode_and_modrm() {
    let mut random = Random(1);
    let (mut found, mut accepted) = (0, 0);
    for two in [false, true] {
        for opcode in 0..=255 {
            for modrm in 0..=255 {
                for n in 0..24 {
                    let code = instruction(&mut random, two, opcode, modrm);
                    let kind = KINDS[n % 3];
                    let is_accepted = agree(&code, random.of(&[OFFSET, 0, 0xffff_ffe0]), kind);
                    accepted += u32::from(is_accepted);
                    found += u32::from(is_accepted && is_plain(&code, kind));
                }
            }
        }
    }
    assert!(found > 90_000 && accepted > found, "{found} of {accepted}");
}

/// Instructions one after the other, also across the ends of bundles, and with single bytes changed.
#[test]
fn mutated_code() {
    let mut random = Random(2);
    // Branches, adjustments of %rsp that are settled and one that is not, a unit.
    const OTHERS: [&[u8]; 6] = [
        &[0x75, 0],
        &[0x0f, 0x84, 0xf9, 0xff, 0xff, 0xff],
        &[0x48, 0x83, 0xec, 8, 0x85, 0xc0, 0x48, 0x89, 0x04, 0x24],
        &[0x48, 0x83, 0xec, 8, 0x50],
        &[0x48, 0x8d, 0x64, 0x24, 8],
        &[0x89, 0xec, 0x65, 0x48, 0x03, 0x24, 0x25, 0, 0, 1, 0],
    ];
    let mut pool = OTHERS.map(Vec::from).to_vec();
    while pool.len() < 4000 {
        let (two, opcode, modrm) = (random.next().is_multiple_of(2), random.next() as u8, random.next() as u8);
        let code = instruction(&mut random, two, opcode, modrm);
        if is_plain(&code, Kind::Full)
            && agree(&code, OFFSET, Kind::Full)
            && let Some(length) = (1..16).find(|&length| code[length..].iter().all(|&byte| byte == 0x90))
        {
            pool.push(code[..length].to_vec());
        }
    }
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut code = Vec::new();
        while code.len() < 4 * BUNDLE {
            let index =
                if random.next().is_multiple_of(4) { random.next() % 5 } else { random.next() % pool.len() as u64 };
            let piece = &pool[index as usize];
            if code.len() % BUNDLE + piece.len() > BUNDLE && !random.next().is_multiple_of(256) {
                code.resize(code.len().next_multiple_of(BUNDLE), 0x90);
            }
            code.extend_from_slice(piece);
        }
        code.truncate(4 * BUNDLE);
        let kind = random.of(&KINDS);
        accepted += u32::from(agree(&code, OFFSET, kind));
        for _ in 0..8 {
            let mut changed = code.clone();
            let at = random.next() as usize % changed.len();
            changed[at] = random.next() as u8;
            accepted += u32::from(agree(&changed, OFFSET, kind));
        }
    }
    assert!(accepted > 20_000, "{accepted}");
}

/// A branch reaches a unit's first byte and what follows it, also where each instruction in it would be accepted by itself.
#[test]
fn branches_into_units() {
    const UNITS: [&[u8]; 4] = [
        &[0x89, 0xff, 0x65, 0x48, 0x03, 0x3c, 0x25, 0, 0, 1, 0, 0xae],
        &[0x89, 0xf6, 0x65, 0x48, 0x03, 0x34, 0x25, 0, 0, 1, 0, 0x66, 0xad],
        &[0x65, 0x4c, 0x8b, 0x1c, 0x25, 0, 0, 1, 0, 0x89, 0xf6, 0x4a, 0x8d, 0x34, 0x1e, 0xac],
        &[0x89, 0xcc, 0x65, 0x48, 0x03, 0x24, 0x25, 0, 0, 1, 0],
    ];
    for unit in UNITS {
        for target in 0..=unit.len() {
            let code = &mut [0x90; BUNDLE];
            code[..2].copy_from_slice(&[0xeb, target as u8]);
            code[2..2 + unit.len()].copy_from_slice(unit);
            for kind in KINDS {
                assert_eq!(agree(code, OFFSET, kind), [0, unit.len()].contains(&target), "{target} {}", hex(code));
            }
        }
    }
}

/// What is plain while the pass is clean need not be so after an adjustment of `%rsp`, nor is it skipped when something else
/// settles that.
#[test]
fn adjustments_before_plain_instructions() {
    // A vector store, a call unit, a stack unit.
    const SETTLING: [&[u8]; 3] = [
        &[0xc5, 0xf8, 0x11, 0x04, 0x24],
        &[0x83, 0xe0, 0xe0, 0x65, 0x48, 0x03, 0x04, 0x25, 0, 0, 1, 0, 0xff, 0xd0],
        &[0x89, 0xcc, 0x65, 0x48, 0x03, 0x24, 0x25, 0, 0, 1, 0],
    ];
    // `testl %eax,%eax` and a load through `%rsp`, then branches.
    const BETWEEN: [(&[u8], bool); 5] = [
        (&[0x85, 0xc0], true),
        (&[0x8b, 0x04, 0x24], true),
        (&[0x75, 0], false),
        (&[0xeb, 0], false),
        (&[0xe3, 0], false),
    ];
    for settling in SETTLING {
        for (between, expected) in BETWEEN {
            let code = &mut [0x90; BUNDLE];
            let pieces = [&[0x48, 0x83, 0xec, 8], between, settling].concat();
            code[..pieces.len()].copy_from_slice(&pieces);
            for kind in [Kind::Full, Kind::Stores] {
                assert_eq!(agree(code, OFFSET, kind), expected, "{}", hex(code));
            }
        }
    }
}
