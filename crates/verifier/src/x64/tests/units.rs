//! Units are found wherever they stand: the quick look before the search misses none.

use super::super::{decode::Padded, start, unit};
use std::vec::Vec;

/// The parts that units are made of, and what is nearly one.
const PIECES: &[&[u8]] = &[
    &[0x83, 0xe0, 0xe0],
    &[0x41, 0x83, 0xe3, 0xe0],
    &[0x65, 0x48, 0x03, 0x04, 0x25, 0, 0, 1, 0],
    &[0x65, 0x4c, 0x03, 0x1c, 0x25, 0, 0, 1, 0],
    &[0x65, 0x48, 0x03, 0x24, 0x25, 0, 0, 1, 0],
    &[0x65, 0x48, 0x03, 0x3c, 0x25, 0, 0, 1, 0],
    &[0x65, 0x48, 0x03, 0x34, 0x25, 0, 0, 1, 0],
    &[0x65, 0x4c, 0x8b, 0x1c, 0x25, 0, 0, 1, 0],
    &[0xff, 0xe0],
    &[0xff, 0xd0],
    &[0x41, 0xff, 0xe3],
    &[0x41, 0x53, 0xc3],
    &[0x89, 0xff],
    &[0x89, 0xf6],
    &[0x4a, 0x8d, 0x3c, 0x1f],
    &[0x4a, 0x8d, 0x34, 0x1e],
    &[0x4a, 0x8d, 0x24, 0x1c],
    &[0x89, 0xcc],
    &[0x44, 0x89, 0xcc],
    &[0x01, 0xcc],
    &[0x29, 0xcc],
    &[0x21, 0xcc],
    &[0xbc, 1, 2, 3, 4],
    &[0x83, 0xe4, 0xf0],
    &[0x81, 0xec, 0, 0, 1, 0],
    &[0x8d, 0x24, 0x88],
    &[0x8d, 0x64, 0x24, 8],
    &[0x43, 0x8d, 0xa4, 0x78, 1, 2, 3, 4],
    &[0x8d, 0x24, 0x25, 1, 2, 3, 4],
    &[0xf3, 0xa4],
    &[0x48, 0xab],
    &[0x66, 0xf2, 0xaf],
    &[0x4c, 0x8d, 0x1d, 8, 0, 0, 0],
    &[0x65, 0xff, 0x24, 0x25, 8, 0, 1, 0],
];

#[test]
fn the_quick_look_misses_none() {
    let mut found = 0;
    let mut look = |code: &[u8]| {
        let padded = Padded::new(code);
        for at in 0..code.len().min(32) {
            if let Some(unit) = unit::find(padded.bundle(), at) {
                found += 1;
                let start = start::find(padded.bundle(), at);
                assert!(matches!(start, Ok(start::Start::Unit(it)) if it.end == unit.end), "{code:02x?} at {at}");
            }
        }
    };
    for first in PIECES {
        for second in PIECES {
            for third in PIECES {
                let code = [*first, second, third].concat();
                look(&code);
                // At the end of the bundle.
                let nops: Vec<u8> = core::iter::repeat_n(0x90, 32usize.saturating_sub(code.len())).collect();
                look(&[&nops, &code[..]].concat());
                for fourth in [&[0x83, 0xe0, 0xe0][..], &[0xf3, 0x48, 0xa5], &[0xa6]] {
                    look(&[&code[..], fourth].concat());
                }
            }
        }
    }
    assert!(found > 5_000, "{found}");
}
