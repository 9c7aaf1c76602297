//! The judge of bundles refuses what only looks like a unit, and knows units by
//! what they compute.
#![allow(missing_docs)]

use lfi_abi::{Kind, Returns};
use lfi_soundness::bundle::{Bundle, Walker};

const ADD_RAX: [u8; 9] = [0x65, 0x48, 0x03, 0x04, 0x25, 0, 0, 1, 0];
const ADD_RDI: [u8; 9] = [0x65, 0x48, 0x03, 0x3c, 0x25, 0, 0, 1, 0];
const ADD_RSP: [u8; 9] = [0x65, 0x48, 0x03, 0x24, 0x25, 0, 0, 1, 0];
const ADD_R11: [u8; 9] = [0x65, 0x4c, 0x03, 0x1c, 0x25, 0, 0, 1, 0];
const LOAD_R11: [u8; 9] = [0x65, 0x4c, 0x8b, 0x1c, 0x25, 0, 0, 1, 0];

/// Walks `parts`, nops after them; control may come to the first byte and to what follows.
fn walk(parts: &[&[u8]], kind: Kind, starts: u32) -> Result<(), &'static str> {
    let code = parts.concat();
    let mut bundle = [0x90; 32];
    bundle[..code.len()].copy_from_slice(&code);
    let starts = starts | 1 | u32::MAX << code.len();
    let bundle = Bundle { code: &bundle, offset: 0x20_0000, kind, returns: Returns::Ret, starts };
    Walker::default().walk(&bundle).map_err(|(_, what)| what)
}

#[test]
fn units_are_known_by_what_they_compute() {
    for parts in [
        &[&[0x83, 0xe0, 0xe0][..], &ADD_RAX, &[0xff, 0xe0]][..], // jmp
        &[&[0x83, 0xe0, 0xc0], &ADD_RAX, &[0xff, 0xd0]],         // aligned more: as good
        &[&[0x41, 0x83, 0xe3, 0xe0], &ADD_R11, &[0x41, 0x53], &[0xc3]],
        &[&[0x89, 0xcc], &ADD_RSP],
        &[&LOAD_R11, &[0x89, 0xcc], &[0x4a, 0x8d, 0x24, 0x1c]],
        &[&[0x89, 0xff], &ADD_RDI, &[0xf3, 0xab]],
    ] {
        for kind in [Kind::Full, Kind::Stores, Kind::Jumps] {
            assert_eq!(walk(parts, kind, 0), Ok(()), "{parts:02x?}");
        }
    }
}

#[test]
fn indirect_branches() {
    for parts in [
        &[&[0x83, 0xe0, 0xe0][..], &[0xff, 0xe0]][..],             // not rebased
        &[&ADD_RAX, &[0xff, 0xe0]],                                // not masked
        &[&[0x83, 0xe0, 0xf0], &ADD_RAX, &[0xff, 0xe0]],           // to a multiple of 16
        &[&[0x48, 0x83, 0xe0, 0xe0], &ADD_RAX, &[0xff, 0xe0]],     // 64 bits masked
        &[&[0x66, 0x83, 0xe0, 0xe0], &ADD_RAX, &[0xff, 0xe0]],     // 16
        &[&[0x83, 0xe0, 0xe0], &ADD_RAX, &[0xff, 0xe1]],           // another register
        &[&[0x83, 0xe0, 0xe0], &ADD_RAX, &[0xff, 0x20]],           // through memory
        &[&[0x83, 0xe0, 0xe0], &ADD_RAX, &ADD_RAX, &[0xff, 0xe0]], // twice
        &[&[0x83, 0xe0, 0xe0], &ADD_RAX, &[0xff, 0xc0], &[0xff, 0xe0]], // moved
        &[&[0x83, 0xe0, 0xe0], &ADD_RAX, &[0x50], &[0x90], &[0xc3]], // not at once
        &[&[0x83, 0xe0, 0xe0], &[0x48, 0x03, 0x04, 0x25, 0, 0, 1, 0], &[0xff, 0xe0]], // no %gs
    ] {
        for kind in [Kind::Full, Kind::Stores, Kind::Jumps] {
            assert!(walk(parts, kind, 0).is_err(), "{parts:02x?}");
        }
    }
    // With a start behind the mask.
    let parts: &[&[u8]] = &[&[0x83, 0xe0, 0xe0], &ADD_RAX, &[0xff, 0xe0]];
    assert_eq!(walk(parts, Kind::Jumps, 1 << 3), Err("control goes to no start"));
    assert_eq!(walk(parts, Kind::Jumps, 1 << 12), Err("control goes to no start"));
    // While %rsp is out of the slot.
    let dirty = [&[&[0x48, 0x83, 0xec, 8][..]], parts].concat();
    assert_eq!(walk(&dirty, Kind::Full, 0), Err("leaves with %rsp out of the slot"));
}

#[test]
fn stack_and_strings() {
    for parts in [
        &[&[0x89, 0xcc][..]][..],                                     // not rebased
        &[&[0x48, 0x89, 0xcc], &ADD_RSP],                             // 64 bits
        &[&[0x89, 0xcc], &ADD_RSP, &ADD_RSP],                         // twice
        &[&[0x89, 0xcc], &[0x50], &ADD_RSP],                          // used between
        &[&LOAD_R11, &[0x44, 0x89, 0xdc], &[0x4b, 0x8d, 0x24, 0x1b]], // b + b
        &[&LOAD_R11, &[0x89, 0xcc], &[0x4a, 0x8d, 0x64, 0x1c, 8]],    // with a displacement
        &[&[0x48, 0x83, 0xec, 8], &[0x48, 0x83, 0xec, 8], &[0x50]],   // two adjustments
        &[&[0x48, 0x83, 0xec, 8]],                                    // unsettled at the end
        &[&[0x89, 0xff], &ADD_RDI, &[0xf3, 0xa5]],                    // %rsi is not guarded
        &[&[0x48, 0x89, 0xff], &ADD_RDI, &[0xaa]],
        &[&[0x89, 0xff], &[0xaa]],
        &[&[0x89, 0xff], &ADD_RDI, &[0xab], &[0xab]], // %rdi has moved
    ] {
        assert!(walk(parts, Kind::Full, 0).is_err(), "{parts:02x?}");
    }
}
