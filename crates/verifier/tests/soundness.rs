//! What must not get through, class by class. Where a class says "every", the
//! encodings are enumerated and a verdict of "accepted" is held against what
//! `iced-x86` says that the instruction does.
//!
//! Further tests of the classes: cases (`x64/*.s`), near misses, robustness, the
//! ELF reader, and the decoder's own comparison inside the crate.

use iced_x86::{
    Code, Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind,
    Register, UsedMemory,
};
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

/// Calls `check` with many encodings of every opcode in every map: each register
/// and memory form, under the prefixes that could change what it means.
fn for_each_encoding(mut check: impl FnMut(&[u8])) {
    const FORMS: &[&[u8]] = &[
        &[0x00],       // (%rax)
        &[0x04, 0x24], // (%rsp)
        &[0x44, 0x64], // x(%rsp), no index; x(%rsp,%r12)
        &[0x04, 0x0c], // (%rsp,%rcx)
        &[0x84, 0x24], // far from %rsp
        &[0x04, 0x25], // absolute
        &[0x05],       // pc-relative
        &[0xc0],
        &[0xc4],
        &[0xc1],
    ];
    let mut tails = Vec::new();
    for reg in 0..8u8 {
        for form in FORMS {
            let mut tail = form.to_vec();
            tail[0] |= reg << 3;
            // A displacement that is near as 8 bits and far as 32.
            tail.extend([0x10, 0x7f, 0x7f, 0x7f, 0x10, 0x10, 0x10, 0x10]);
            tails.push(tail);
        }
    }
    let mut code = Vec::new();
    let mut try_all = |start: &[u8]| {
        for tail in &tails {
            code.clear();
            code.extend_from_slice(start);
            code.extend_from_slice(tail);
            check(&code);
        }
    };
    let prefixes: &[&[u8]] = &[
        &[],
        &[0x66],
        &[0xf2],
        &[0xf3],
        &[0x65],
        &[0x67],
        &[0x65, 0x67],
        &[0xf0],
        &[0x2e],
        &[0x65, 0x67, 0x66],
        &[0x64, 0x67],
        &[0x36],
    ];
    for prefix in prefixes {
        for rex in [&[][..], &[0x40], &[0x41], &[0x44], &[0x48], &[0x4a]] {
            for map in [&[][..], &[0x0f], &[0x0f, 0x38], &[0x0f, 0x3a]] {
                for opcode in 0..=255u8 {
                    try_all(&[prefix, rex, map, &[opcode]].concat());
                }
            }
        }
    }
    for (prefix, p2) in [(&[][..], 0x08), (&[], 0x49), (&[0x65, 0x67], 0x49)] {
        for map in [1, 2, 3, 5, 6] {
            // W, pp; no vvvv
            for p1 in [0x7c, 0x7d, 0x7e, 0x7f, 0xfc, 0xfd, 0xfe, 0xff] {
                for opcode in 0..=255u8 {
                    try_all(&[prefix, &[0x62, 0xf0 | map, p1, p2, opcode]].concat());
                }
            }
        }
    }
    for (prefix, seconds) in
        [(&[][..], &[0xe1u8, 0xe2, 0xe3, 0x42][..]), (&[0x65, 0x67], &[0xe1, 0xe2, 0xe3]), (&[0x65], &[0xe2])]
    {
        for second in seconds {
            // W, vvvv (unused, %rsp), L, pp
            for third in (0..=255u8).filter(|third| matches!((third >> 3 & 15, prefix.len()), (15, _) | (11, 0))) {
                for opcode in 0..=255u8 {
                    try_all(&[prefix, &[0xc4, *second, third, opcode]].concat());
                }
            }
        }
    }
}

/// Every enumerated encoding that is accepted in this kind, as the other decoder sees it.
fn for_each_accepted(kind: Kind, mut check: impl FnMut(&[u8], &Instruction)) -> usize {
    let mut count = 0;
    for_each_encoding(|code| {
        let instruction = Decoder::with_ip(64, code, u64::from(OFFSET), DecoderOptions::NONE).decode();
        // What follows the instruction is not enumerated.
        let length = if instruction.is_invalid() { code.len() } else { instruction.len() };
        if judge(&bundle(&code[..length.min(15)]), kind).is_ok() {
            count += 1;
            check(&code[..length], &instruction);
        }
    });
    count
}

fn written(access: OpAccess) -> bool {
    matches!(access, OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
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
            // XOP: with map 8 or more (below, it is `pop`).
            if second & 31 >= 8 {
                assert!(judge(&bundle(&[0x8f, second, third, 0x12, 0xc1]), Kind::Jumps).is_err());
            }
        }
    }
}

#[test]
fn class_02_every_destination_counts() {
    let mut factory = InstructionInfoFactory::new();
    let adjustments =
        [Code::Add_rm64_imm8, Code::Add_rm64_imm32, Code::Sub_rm64_imm8, Code::Sub_rm64_imm32, Code::Lea_r64_m];
    for kind in [Kind::Full, Kind::Stores] {
        let count = for_each_accepted(kind, |code, instruction| {
            let info = factory.info(instruction);
            let writes = info
                .used_registers()
                .iter()
                .any(|used| used.register().full_register() == Register::RSP && written(used.access()));
            let stack = instruction.is_stack_instruction() && instruction.stack_pointer_increment() != 0;
            let explicit = (0..instruction.op_count()).any(|n| {
                instruction.op_kind(n) == OpKind::Register
                    && instruction.op_register(n).full_register() == Register::RSP
                    && written(info.op_access(n))
            });
            if explicit {
                assert!(adjustments.contains(&instruction.code()), "{code:02x?} writes %rsp");
            } else {
                assert!(!writes || stack, "{code:02x?} writes %rsp");
            }
        });
        assert!(count > 100_000, "{count}");
    }
}

/// Whether an access as the other decoder sees it stays in the sandbox.
fn confined(code: &[u8], memory: &UsedMemory, instruction: &Instruction) -> bool {
    let prefixes =
        &code[..code.iter().position(|byte| !matches!(byte, 0x2e | 0x65..=0x67 | 0xf0 | 0xf2 | 0xf3)).unwrap()];
    let short = |register: Register| register == Register::None || register.is_gpr32() || register.is_vector_register();
    let guarded =
        memory.segment() == Register::GS && prefixes.contains(&0x67) && short(memory.base()) && short(memory.index());
    let size = memory.memory_size().size() as i64;
    let displacement = memory.displacement().cast_signed();
    let near_stack = memory.base() == Register::RSP
        && memory.index() == Register::None
        && matches!(memory.segment(), Register::SS | Register::CS)
        && -32768 < displacement
        && displacement + size < 32768;
    let in_slot = instruction.is_ip_rel_memory_operand()
        && memory.base() == Register::None
        && matches!(memory.segment(), Register::DS | Register::CS)
        && 0 <= displacement
        && displacement + size <= 1 << 32;
    guarded || near_stack || in_slot
}

#[test]
fn class_03_every_memory_operand_is_confined() {
    let mut factory = InstructionInfoFactory::new();
    for kind in [Kind::Full, Kind::Stores] {
        for_each_accepted(kind, |code, instruction| {
            for memory in factory.info(instruction).used_memory() {
                if memory.access() == OpAccess::NoMemAccess || kind == Kind::Stores && !written(memory.access()) {
                    continue;
                }
                assert!(confined(code, memory, instruction), "{code:02x?}: {memory:?} in kind {kind}");
            }
        });
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
fn class_08_every_transfer_of_control_is_known() {
    for_each_accepted(Kind::Jumps, |code, instruction| match instruction.flow_control() {
        FlowControl::Next => {}
        // They trap.
        FlowControl::Interrupt => assert_eq!(instruction.mnemonic(), Mnemonic::Int3),
        FlowControl::Exception => assert_eq!(instruction.code(), Code::Ud2),
        FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch | FlowControl::Call => {
            // 64-bit target, no prefix; where it goes is the target rule's business.
            assert_eq!(instruction.op_kind(0), OpKind::NearBranch64, "{code:02x?}");
            let target = instruction.near_branch64();
            assert!(target % 32 == 0 && target >> 32 == 0 || target >> 5 == u64::from(OFFSET) >> 5, "{code:02x?}");
        }
        other => panic!("{code:02x?}: {other:?}"),
    });
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

#[test]
fn class_08_an_instruction_start_in_another_decoding_only() {
    // At 2 stands `jmp`, inside the immediate of the first instruction.
    let mut code = [0x90; 64];
    code[..5].copy_from_slice(&[0xb8, 0x90, 0xeb, 0x00, 0x90]);
    code[32..34].copy_from_slice(&[0xeb, (2i8 - 34).cast_unsigned()]);
    assert_eq!(judge(&code, Kind::Full), Err(Rule::BranchTarget));
}

#[test]
fn class_09_no_segment_or_system_state() {
    const NEVER: &[Mnemonic] = &[
        Mnemonic::Syscall,
        Mnemonic::Sysenter,
        Mnemonic::Int,
        Mnemonic::Int1,
        Mnemonic::Wrfsbase,
        Mnemonic::Wrgsbase,
        Mnemonic::Rdfsbase,
        Mnemonic::Rdgsbase,
        Mnemonic::Swapgs,
        Mnemonic::Wrpkru,
        Mnemonic::Rdpkru,
        Mnemonic::Xrstor,
        Mnemonic::Xrstor64,
        Mnemonic::Xsave,
        Mnemonic::Xsave64,
        Mnemonic::Xsavec,
        Mnemonic::Xsaveopt,
        Mnemonic::Fxrstor,
        Mnemonic::Fxrstor64,
        Mnemonic::Fxsave,
        Mnemonic::Fxsave64,
        Mnemonic::Rdpid,
        Mnemonic::Rdtscp,
        Mnemonic::Sgdt,
        Mnemonic::Sidt,
        Mnemonic::Sldt,
        Mnemonic::Str,
        Mnemonic::Smsw,
        Mnemonic::Lar,
        Mnemonic::Lsl,
        Mnemonic::Verr,
        Mnemonic::Verw,
        Mnemonic::Popfq,
        Mnemonic::Clflush,
        Mnemonic::Clflushopt,
        Mnemonic::Clwb,
        Mnemonic::Cldemote,
        Mnemonic::Clzero,
        Mnemonic::Monitor,
        Mnemonic::Mwait,
        Mnemonic::Xbegin,
        Mnemonic::Rdsspq,
        Mnemonic::Incsspq,
        Mnemonic::Invlpg,
    ];
    let mut factory = InstructionInfoFactory::new();
    for_each_accepted(Kind::Jumps, |code, instruction| {
        assert!(!NEVER.contains(&instruction.mnemonic()), "{code:02x?}");
        assert!(!instruction.is_privileged() || instruction.code() == Code::Hlt, "{code:02x?}");
        assert!(
            !instruction.is_save_restore_instruction()
                || instruction.mnemonic() == Mnemonic::Fnsave
                || instruction.mnemonic() == Mnemonic::Frstor
        );
        assert_ne!(instruction.segment_prefix(), Register::FS, "{code:02x?}");
        for used in factory.info(instruction).used_registers() {
            let register = used.register();
            assert!(!register.is_cr() && !register.is_dr() && !register.is_tr() && !register.is_bnd());
            assert!(register != Register::FS && !(register.is_segment_register() && written(used.access())));
        }
        for operand in 0..instruction.op_count() {
            let is_segment = instruction.op_kind(operand) == OpKind::Register
                && instruction.op_register(operand).is_segment_register();
            assert!(!is_segment, "{code:02x?}");
        }
    });
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

/// Every enumerated access that lets a second adjustment follow did happen, as
/// the other decoder sees it, through `%rsp` and not below it.
#[test]
fn class_10_every_settling_access_is_certain() {
    let mut factory = InstructionInfoFactory::new();
    let mut count = 0;
    for_each_encoding(|code| {
        let instruction = Decoder::with_ip(64, code, u64::from(OFFSET), DecoderOptions::NONE).decode();
        if instruction.is_invalid() {
            return;
        }
        let adjust = [0x48, 0x83, 0xec, 8];
        let between = [&adjust[..], &code[..instruction.len()], &adjust].concat();
        if judge(&bundle(&between), Kind::Full).is_err() {
            return;
        }
        count += 1;
        let certain = |memory: &UsedMemory| {
            memory.base() == Register::RSP
                && memory.index() == Register::None
                && matches!(memory.segment(), Register::SS | Register::CS)
                && matches!(
                    memory.access(),
                    OpAccess::Read | OpAccess::Write | OpAccess::ReadWrite | OpAccess::ReadCondWrite
                )
        };
        assert!(factory.info(&instruction).used_memory().iter().any(certain), "{code:02x?}");
    });
    assert!(count > 1000);
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

#[test]
fn class_13_what_another_decoder_finds_invalid() {
    for options in [DecoderOptions::NONE, DecoderOptions::AMD] {
        let mut count = 0;
        for_each_encoding(|code| {
            let instruction = Decoder::with_ip(64, code, u64::from(OFFSET), options).decode();
            if instruction.is_invalid() {
                count += 1;
                // Whatever comes after it.
                let mut bundle = [0x50; 32];
                bundle[..code.len().min(15)].copy_from_slice(&code[..code.len().min(15)]);
                assert!(judge(&bundle, Kind::Jumps).is_err(), "{code:02x?}");
            }
        });
        assert!(count > 100_000);
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
