//! What must not get through, class by class: the cases that say most about
//! each. Over every encoding the classes 2, 3, 8, 9, 10 and 13 are checked by
//! `crates/soundness`, against two other decoders.
//!
//! Further tests of the classes: cases (`x64/*.s`), near misses, robustness, the
//! ELF reader, and the decoder's own comparison inside the crate.

use lfi_abi::{Kind, Returns, Target};
use lfi_verifier::{Classes, Options, Rule, verify};

const OFFSET: u32 = 0x10_0000;

fn judge(code: &[u8], kind: Kind) -> Result<(), Rule> {
    judge_at(code, OFFSET, kind)
}

fn judge_at(code: &[u8], offset: u32, kind: Kind) -> Result<(), Rule> {
    let options = Options { target: Target::X64, kind, returns: Returns::Jump };
    verify(code, offset, &options).map(|_| ()).map_err(|violation| violation.rule)
}

/// One bundle of `code`, then `push %rax`, which settles what `code` may have done to `%rsp`.
fn bundle(code: &[u8]) -> [u8; 32] {
    let mut bundle = [0x90; 32];
    bundle[..code.len()].copy_from_slice(code);
    bundle[code.len()] = 0x50;
    bundle
}

#[test]
fn class_01_future_and_foreign_encodings() {
    for second in 0..=255u8 {
        for third in 0..=255u8 {
            // EVEX with reserved bits (some of them mean more registers, one day) or unknown maps.
            if second & 8 != 0 || third & 4 == 0 || !matches!(second & 7, 1..=3 | 5 | 6) {
                for opcode in [0x10, 0x58, 0x6f, 0x89] {
                    let code = [0x62, second, third, 0x48, opcode, 0xc1];
                    assert!(judge(&bundle(&code), Kind::Jumps).is_err(), "{code:02x?}");
                }
            }
            // REX2
            let code = [0xd5, second, third, 0xc1, 0x90, 0x90];
            assert!(judge(&bundle(&code), Kind::Jumps).is_err(), "{code:02x?}");
            // XOP: maps 10 and up (below 8, it is `pop`).
            if second & 31 >= 10 {
                assert!(judge(&bundle(&[0x8f, second, third, 0x12, 0xc1]), Kind::Jumps).is_err());
            }
        }
    }
}

#[test]
fn class_03_bit_strings_and_implicit_operands() {
    for code in [
        &[0x48, 0x0f, 0xa3, 0x04, 0x24][..],         // btq %rax,(%rsp)
        &[0xf0, 0x0f, 0xab, 0x04, 0x24],             // lock btsl %eax,(%rsp)
        &[0x65, 0x67, 0x0f, 0xb3, 0x00],             // btrl %eax,%gs:(%eax)
        &[0x0f, 0xf7, 0xc1],                         // maskmovq
        &[0x65, 0x67, 0x66, 0x0f, 0xf7, 0xc1],       // %gs maskmovdqu
        &[0xc5, 0xf9, 0xf7, 0xc1],                   // vmaskmovdqu
        &[0xd7],                                     // xlat
        &[0x65, 0x67, 0xd7],                         // %gs xlat
        &[0x65, 0x67, 0x66, 0x0f, 0x38, 0xf8, 0x00], // movdir64b
        &[0x0f, 0x01, 0xfc],                         // clzero
        &[0xc4, 0xe2, 0x7b, 0x4b, 0x04, 0x24],       // tileloadd
        &[0xaa],                                     // stosb
        &[0x65, 0x67, 0xaa],                         // %gs stosb, 32-bit address
    ] {
        assert!(judge(&bundle(code), Kind::Full).is_err(), "{code:02x?}");
    }
}

#[test]
fn class_05_a_guard_is_not_separated_from_its_use() {
    // addq B,%rdi; stosb, with the truncation in the bundle before.
    let mut code = [0x90; 64];
    code[30..32].copy_from_slice(&[0x89, 0xff]);
    code[32..42].copy_from_slice(&[0x65, 0x48, 0x03, 0x3c, 0x25, 0, 0, 1, 0, 0xaa]);
    for kind in [Kind::Full, Kind::Stores] {
        assert!(judge(&code, kind).is_err());
    }
}

#[test]
fn class_07_widths_and_signs() {
    // A 64-bit move does not truncate: movq %rdi,%rdi; addq B,%rdi; stosb
    let mut code = vec![0x48, 0x89, 0xff, 0x65, 0x48, 0x03, 0x3c, 0x25, 0, 0, 1, 0, 0xaa];
    code.resize(32, 0x90);
    assert!(judge(&code, Kind::Full).is_err());
    // Displacements are signed: -32768(%rsp) as 8000ffff, and 0xffffff80(%rsp) as 80.
    assert_eq!(judge(&bundle(&[0x8b, 0x84, 0x24, 0x00, 0x80, 0xff, 0xff]), Kind::Full), Err(Rule::MemoryStack));
    assert_eq!(judge(&bundle(&[0x8b, 0x84, 0x24, 0x01, 0x80, 0xff, 0xff]), Kind::Full), Ok(()));
    assert_eq!(judge(&bundle(&[0x8b, 0x44, 0x24, 0x80]), Kind::Full), Ok(()));
    // An adjustment by -2^31, whose negation has no 32-bit value.
    assert_eq!(judge(&bundle(&[0x48, 0x81, 0xec, 0, 0, 0, 0x80]), Kind::Full), Err(Rule::StackDrift));
}

#[test]
fn class_08_targets() {
    // The middle of an instruction, before the start, past the end, around the slot.
    let jump_from_1 = |displacement: i32| {
        let mut code = [0x90; 32];
        code[..5].copy_from_slice(&[0xb8, 1, 0, 0, 0]);
        code[5] = 0xe9;
        code[6..10].copy_from_slice(&displacement.to_le_bytes());
        judge(&code, Kind::Full)
    };
    assert_eq!(jump_from_1(-10), Ok(()));
    assert_eq!(jump_from_1(-5), Ok(()));
    assert_eq!(jump_from_1(21), Ok(()));
    assert_eq!(jump_from_1(22), Ok(()), "the next bundle");
    assert_eq!(jump_from_1(-42), Ok(()), "the bundle before");
    for displacement in [-9, -8, -6, -4, -1, -11, 23, 53, -41, i32::MIN, i32::MAX, i32::MIN + 22] {
        assert_eq!(jump_from_1(displacement), Err(Rule::BranchTarget), "{displacement}");
    }
    // 16-bit targets: truncated by some processors.
    for code in [&[0x66, 0xe9, 0xfb, 0xff][..], &[0x66, 0xeb, 0xfd], &[0x66, 0x0f, 0x84, 0, 0], &[0x66, 0xe8, 0, 0]] {
        assert!(judge(&bundle(code), Kind::Jumps).is_err(), "{code:02x?}");
    }
}

/// Whatever the pass remembers of the bundles around it belongs to the right one: nops, but for one bundle
/// with a longer instruction, into which a jump from another one goes.
#[test]
fn class_08_targets_at_any_distance() {
    const MOV: [u8; 5] = [0xb8, 0, 0, 0, 0];
    for distance in [1, 2, 3, 127, 128, 129, 255, 256, 257, 510, 511, 512, 513, 514, 1023, 1024, 1025, 1536, 2048] {
        for (from, to) in [(0, distance), (distance, 0), (3, distance + 3), (distance + 3, 3)] {
            let mut code = vec![0x90; 32 * (distance + 7)];
            code[32 * to + 8..][..MOV.len()].copy_from_slice(&MOV);
            for (target, expected) in [(8, Ok(())), (10, Err(Rule::BranchTarget)), (13, Ok(()))] {
                let displacement = (32 * to + target) as i32 - (32 * from + 21) as i32;
                code[32 * from + 16] = 0xe9;
                code[32 * from + 17..][..4].copy_from_slice(&displacement.to_le_bytes());
                assert_eq!(judge(&code, Kind::Full), expected, "from bundle {from} to {to}, byte {target}");
            }
        }
    }
}

#[test]
fn class_08_an_instruction_start_in_another_decoding_only() {
    // At 2 stands `jmp`, inside the immediate of the first instruction.
    let mut code = [0x90; 64];
    code[..5].copy_from_slice(&[0xb8, 0x90, 0xeb, 0x00, 0x90]);
    code[32..34].copy_from_slice(&[0xeb, (2i8 - 34).cast_unsigned()]);
    assert_eq!(judge(&code, Kind::Full), Err(Rule::BranchTarget));
}

#[test]
fn class_10_adjustments_do_not_add_up() {
    let adjust: &[&[u8]] = &[
        &[0x48, 0x83, 0xec, 8],
        &[0x48, 0x83, 0xc4, 8],
        &[0x48, 0x81, 0xec, 0, 0x80, 0, 0],
        &[0x48, 0x8d, 0x64, 0x24, 8],
    ];
    for first in adjust {
        for second in adjust {
            let twice = [*first, second, &[0x50]].concat();
            assert_eq!(judge(&bundle(&twice), Kind::Full), Err(Rule::StackDrift), "{twice:02x?}");
            let settled = [*first, &[0x50], second, &[0x50]].concat();
            assert_eq!(judge(&bundle(&settled), Kind::Full), Ok(()), "{settled:02x?}");
        }
        // A loop of them, by any branch.
        for branch in [&[0xeb, 0xf0][..], &[0x75, 0xf0], &[0xe2, 0xf0], &[0xe3, 0xf0]] {
            let mut code = [0x90; 64];
            code[32..32 + first.len()].copy_from_slice(first);
            let at = 32 + first.len();
            code[at..at + 2].copy_from_slice(branch);
            code[at + 1] = (-(at as i8) - 2).cast_unsigned();
            assert_eq!(judge(&code, Kind::Full), Err(Rule::StackSettle));
        }
        // The end of the region, and of the bundle with the next one to go on.
        let mut code = [0x90; 64];
        code[64 - first.len()..].copy_from_slice(first);
        assert_eq!(judge(&code, Kind::Full), Err(Rule::StackSettle));
        code.rotate_left(32);
        assert_eq!(judge(&code, Kind::Full), Err(Rule::StackSettle));
    }
}

/// What leaves by a unit leaves clean, and of units only those that write `%rsp` or push settle it: an access
/// or the end of the region after them must not hide an adjustment before them.
#[test]
fn class_10_units_do_not_hide_an_adjustment() {
    const MASK: [u8; 13] = [0x41, 0x83, 0xe3, 0xe0, 0x65, 0x4c, 0x03, 0x1c, 0x25, 0, 0, 1, 0];
    const RUNTIME_CALL: [u8; 15] = [0x4c, 0x8d, 0x1d, 8, 0, 0, 0, 0x65, 0xff, 0x24, 0x25, 8, 0, 1, 0];
    let jump = [&MASK[..], &[0x41, 0xff, 0xe3]].concat();
    let call = [&MASK[..], &[0x41, 0xff, 0xd3]].concat();
    let ret = [&MASK[..], &[0x41, 0x53, 0xc3]].concat();
    let stack = [&[0x89, 0xcc][..], &[0x65, 0x48, 0x03, 0x24, 0x25, 0, 0, 1, 0]].concat();
    let string = [&[0x89, 0xff][..], &[0x65, 0x48, 0x03, 0x3c, 0x25, 0, 0, 1, 0], &[0xaa]].concat();
    let leaves = Err(Rule::StackSettle);
    for (unit, alone, again) in [
        (&jump[..], leaves, leaves),
        (&ret, leaves, leaves),
        (&RUNTIME_CALL, leaves, leaves),
        (&call, Ok(()), Ok(())),
        (&stack, Ok(()), Ok(())),
        (&string, Ok(()), Err(Rule::StackDrift)),
    ] {
        // `subq $8,%rsp`, the unit at the end of its bundle, and in the next one `push %rax`, or another adjustment before that.
        let mut code = [0x90; 64];
        let start = 32 - unit.len();
        code[start - 4..start].copy_from_slice(&[0x48, 0x83, 0xec, 8]);
        code[start..32].copy_from_slice(unit);
        for (next, expected) in [(&[0x50][..], alone), (&[0x48, 0x83, 0xec, 8, 0x50], again)] {
            code[32..32 + next.len()].copy_from_slice(next);
            for kind in [Kind::Full, Kind::Stores] {
                let options = Options { target: Target::X64, kind, returns: Returns::Ret };
                let verdict = verify(&code, OFFSET, &options).map(|_| ()).map_err(|violation| violation.rule);
                assert_eq!(verdict, expected, "{unit:02x?} {next:02x?}");
            }
        }
    }
}

#[test]
fn class_11_pc_relative_operands_stay_in_the_slot() {
    // movl x(%rip),%eax at the slot's start and end.
    let load = |displacement: i32| {
        let mut code = [0x90; 32];
        code[..2].copy_from_slice(&[0x8b, 0x05]);
        code[2..6].copy_from_slice(&displacement.to_le_bytes());
        code
    };
    assert_eq!(judge_at(&load(-6), 0, Kind::Full), Ok(()));
    assert_eq!(judge_at(&load(-7), 0, Kind::Full), Err(Rule::MemoryRip));
    let last = 0u32.wrapping_sub(32);
    assert_eq!(judge_at(&load(22), last, Kind::Full), Ok(()));
    assert_eq!(judge_at(&load(23), last, Kind::Full), Err(Rule::MemoryRip));
    assert_eq!(judge_at(&load(i32::MAX), last, Kind::Full), Err(Rule::MemoryRip));
    // A prefetch reads, for this purpose.
    assert_eq!(judge_at(&bundle(&[0x0f, 0x18, 0x0d, 0xf0, 0xff, 0xff, 0xff]), 0, Kind::Full), Err(Rule::MemoryRip));
}

#[test]
fn class_12_vacuous_regions() {
    let nops = [0x90; 64];
    for (code, offset) in [
        (&nops[..0], OFFSET),
        (&nops[..31], OFFSET),
        (&nops[..33], OFFSET),
        (&nops[..32], OFFSET + 1),
        (&nops[..32], OFFSET + 16),
        (&nops[..64], 0u32.wrapping_sub(32)),
    ] {
        assert_eq!(judge_at(code, offset, Kind::Jumps), Err(Rule::RegionBounds), "{} at {offset:#x}", code.len());
    }
    assert_eq!(judge_at(&nops[..32], 0u32.wrapping_sub(32), Kind::Jumps), Ok(()));
    for target in [Target::Arm64, Target::Riscv64] {
        let options = Options { target, kind: Kind::Jumps, returns: Returns::Jump };
        let violation = verify(&nops, OFFSET, &options).expect_err("no rules");
        assert_eq!(violation.rule, Rule::Target);
    }
}

/// What loads or shows MXCSR is in the summary in every encoding: the runtime may
/// leave the host's value in place for modules that are without.
#[test]
fn class_18_whoever_shows_mxcsr_is_in_the_summary() {
    for code in [
        &[0x0f, 0xae, 0x54, 0x24, 0x08][..],   // ldmxcsr 8(%rsp)
        &[0x0f, 0xae, 0x5c, 0x24, 0x08],       // stmxcsr 8(%rsp)
        &[0xc5, 0xf8, 0xae, 0x54, 0x24, 0x08], // vldmxcsr 8(%rsp)
        &[0xc5, 0xf8, 0xae, 0x5c, 0x24, 0x08], // vstmxcsr 8(%rsp)
    ] {
        let options = Options { target: Target::X64, kind: Kind::Full, returns: Returns::Jump };
        let summary = verify(&bundle(code), OFFSET, &options).expect("accepted");
        assert!(summary.classes.contains(Classes::MXCSR), "{code:02x?}");
    }
}
