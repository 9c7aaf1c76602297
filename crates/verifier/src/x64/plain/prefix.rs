//! The prefixes of plain instructions, as whole sequences.

use super::table::{GUARD, PREFIX};
use crate::x64::decode::BUNDLE;

/// The longest run of prefixes that is told apart, in bytes; longer ones count as this.
const LONGEST_RUN: u32 = 7;

/// A usual sequence of prefixes, and what it means.
#[derive(Clone, Copy)]
pub(super) struct Sequence {
    /// The bytes, the first one lowest, with zeros above.
    bytes: u64,
    /// The circumstances that they are.
    found: u16,
    /// Where the opcodes start for this mandatory prefix (or `66` as operand size).
    map: u16,
    /// Whether they guard a memory operand.
    guard: bool,
}

/// All of them, each in its [`slot`]. Padding is `2e`, or `65` where there is a guard.
static SEQUENCES: [Sequence; 128] = {
    const TAILS: [&[u8]; 4] = [&[], &[0x66], &[0xf3], &[0xf2]];
    let mut sequences = [Sequence::NONE; 128];
    let mut padding = 0;
    while padding <= 5 {
        let mut mandatory = 0;
        while mandatory < TAILS.len() {
            let tail = TAILS[mandatory];
            let plain = Sequence { map: 512 * mandatory as u16, ..Sequence::NONE };
            enter(&mut sequences, plain.then(&[0x2e], padding).then(tail, 1));
            if 1 <= padding && padding <= 4 {
                let guarded = Sequence { guard: true, ..plain };
                enter(&mut sequences, guarded.then(&[0x65], padding).then(&[0x67], 1).then(tail, 1));
            }
            mandatory += 1;
        }
        // Long nops.
        if 1 <= padding && padding <= 4 {
            let nop = Sequence { map: 512, ..Sequence::NONE };
            enter(&mut sequences, nop.then(&[0x66], 1).then(&[0x2e], padding));
        }
        padding += 1;
    }
    sequences
};

impl Sequence {
    const NONE: Self = Self { bytes: 0, found: 0, map: 0, guard: false };

    /// With these bytes behind it, so many times.
    const fn then(mut self, bytes: &[u8], times: usize) -> Self {
        let mut at = 0;
        while at < bytes.len() * times {
            let length = (u64::BITS - self.bytes.leading_zeros()).div_ceil(8);
            assert!(length + 1 < LONGEST_RUN, "a sequence that runs into another");
            self.bytes |= (bytes[at % bytes.len()] as u64) << (8 * length);
            at += 1;
        }
        self
    }
}

const fn enter(sequences: &mut [Sequence; 128], mut sequence: Sequence) {
    let prefix = if sequence.bytes == 0 { 0 } else { PREFIX };
    let guard = if sequence.guard { GUARD } else { 0 };
    sequence.found = prefix | guard;
    let place = &mut sequences[slot(sequence.bytes)];
    assert!(place.bytes == 0, "two sequences in one slot");
    *place = sequence;
}

/// Where a sequence would be: a hash for which no two of them meet.
#[inline(always)]
const fn slot(bytes: u64) -> usize {
    (bytes.wrapping_mul(0x1bf9_1b5b_ba6b_1c19) >> 57) as usize
}

/// So many of the first bytes.
static FIRST: [u64; 8] = {
    let mut masks = [0; 8];
    let mut count = 1;
    while count < 8 {
        masks[count] = masks[count - 1] << 8 | 0xff;
        count += 1;
    }
    masks
};

/// What the prefixes of an instruction mean.
pub(super) struct Found {
    /// Whether they are one of the usual sequences.
    pub(super) known: bool,
    /// The circumstances that they are.
    pub(super) found: u16,
    /// Whether they guard a memory operand.
    pub(super) guard: bool,
    map: u16,
}

impl Found {
    /// Where the opcodes start that they choose.
    #[inline(always)]
    pub(super) fn map(&self) -> usize {
        usize::from(self.map)
    }
}

/// The sequence of the first `count` of these bytes.
#[inline(always)]
pub(super) fn find(bytes: u64, count: usize) -> Found {
    let bytes = bytes & FIRST[count % 8];
    let Sequence { bytes: key, found, map, guard } = SEQUENCES[slot(bytes)];
    Found { known: key == bytes, found, guard, map }
}

/// The number of prefixes from place `at` of a bundle on, of which `positions` has all.
#[inline(always)]
pub(super) fn count(positions: u32, at: usize) -> usize {
    (!positions >> at | 1 << LONGEST_RUN).trailing_zeros() as usize
}

/// Whether a byte can be a prefix: `2e`, `40` to `4f`, `64` to `67`, `f0` to `f3`.
const fn is_prefix(byte: u8) -> bool {
    (byte == 0x2e) | (byte & 0xf0 == 0x40) | (byte & 0xfc == 0x64) | (byte & 0xfc == 0xf0)
}

/// Bit n: byte n of the bundle at `at` in `code` [can be a prefix](is_prefix). None, if there is no bundle.
#[inline(always)]
pub(in crate::x64) fn positions(code: &[u8], at: usize) -> u32 {
    let Some(bundle) = code.get(at..).and_then(|rest| rest.first_chunk::<BUNDLE>()) else { return 0 };
    // In this form compilers find vector instructions for it.
    let mut are = [0; BUNDLE];
    for (is, byte) in are.iter_mut().zip(bundle) {
        *is = u8::from(is_prefix(*byte));
    }
    let (words, _) = are.as_chunks();
    // The low bits of eight bytes, gathered in the top byte.
    let gather = |word: &[u8; 8]| (u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32;
    words.iter().rev().fold(0, |bits, word| bits << 8 | gather(word))
}
