//! The decoder and its table against `iced-x86`: whatever the table allows must
//! be, there, a valid instruction of the same length with the same operands,
//! that accesses no more, and of an instruction set that we mean to allow.

use super::{super::decode::*, super::row::Class, super::stack, hex};
use crate::{Classes, x64::decode::Part};
use iced_x86::{
    Code, CpuidFeature, Decoder, DecoderOptions, EncodingKind, FlowControl, Instruction as Iced, InstructionInfo,
    InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register,
};
use std::{collections::BTreeSet, format, string::String, vec::Vec};

/// Instruction sets that the allow-list is made of.
const FEATURES: &[CpuidFeature] = &[
    CpuidFeature::INTEL8086,
    CpuidFeature::INTEL186,
    CpuidFeature::INTEL286,
    CpuidFeature::INTEL386,
    CpuidFeature::INTEL486,
    CpuidFeature::X64,
    CpuidFeature::ADX,
    CpuidFeature::AES,
    CpuidFeature::AVX,
    CpuidFeature::AVX2,
    CpuidFeature::AVX_VNNI,
    CpuidFeature::AVX512F,
    CpuidFeature::AVX512BW,
    CpuidFeature::AVX512CD,
    CpuidFeature::AVX512DQ,
    CpuidFeature::AVX512VL,
    CpuidFeature::AVX512_BF16,
    CpuidFeature::AVX512_BITALG,
    CpuidFeature::AVX512_FP16,
    CpuidFeature::AVX512_IFMA,
    CpuidFeature::AVX512_VBMI,
    CpuidFeature::AVX512_VBMI2,
    CpuidFeature::AVX512_VNNI,
    CpuidFeature::AVX512_VPOPCNTDQ,
    CpuidFeature::BMI1,
    CpuidFeature::BMI2,
    CpuidFeature::CET_IBT,
    CpuidFeature::CMOV,
    CpuidFeature::CMPXCHG16B,
    CpuidFeature::CPUID,
    CpuidFeature::CX8,
    CpuidFeature::F16C,
    CpuidFeature::FMA,
    CpuidFeature::FMA4,
    CpuidFeature::FPU,
    CpuidFeature::FPU287,
    CpuidFeature::FPU387,
    CpuidFeature::GFNI,
    CpuidFeature::LZCNT,
    CpuidFeature::MMX,
    CpuidFeature::MOVBE,
    CpuidFeature::MULTIBYTENOP,
    CpuidFeature::PAUSE,
    CpuidFeature::PCLMULQDQ,
    CpuidFeature::POPCNT,
    CpuidFeature::PREFETCHW,
    CpuidFeature::RDRAND,
    CpuidFeature::RDSEED,
    CpuidFeature::SHA,
    CpuidFeature::SSE,
    CpuidFeature::SSE2,
    CpuidFeature::SSE3,
    CpuidFeature::SSE4_1,
    CpuidFeature::SSE4_2,
    CpuidFeature::SSSE3,
    CpuidFeature::TSC,
    CpuidFeature::VAES,
    CpuidFeature::VPCLMULQDQ,
    CpuidFeature::XOP,
    CpuidFeature::XSAVE,
];

/// Legacy prefixes before REX.
const PREFIXES: &[&[u8]] = &[
    &[],
    &[0x66],
    &[0xf3],
    &[0xf2],
    &[0xf0],
    &[0x65, 0x67],
    &[0x67],
    &[0x65],
    &[0x2e],
    &[0x66, 0x66],
    &[0x66, 0xf3],
    &[0x66, 0xf2],
    &[0xf2, 0x66],
    &[0xf2, 0xf3],
    &[0xf3, 0xf3],
    &[0x66, 0xf0],
    &[0xf2, 0xf0],
    &[0x67, 0x65, 0x66],
];
const REXES: &[&[u8]] = &[&[], &[0x40], &[0x41], &[0x44], &[0x42], &[0x48], &[0x4d], &[0x4f]];

/// ModRM, SIB and what follows: every register form, and memory forms for each
/// value of ModRM.reg.
fn tails() -> Vec<Vec<u8>> {
    const FORMS: &[&[u8]] = &[
        &[0x00],             // (%rax)
        &[0x05],             // x(%rip)
        &[0x04, 0x24],       // (%rsp)
        &[0x04, 0x25],       // absolute
        &[0x04, 0x65],       // x(,%riz,2): no base, no index
        &[0x04, 0xe4],       // (%rsp), scale without index; (%rsp,%r12,8)
        &[0x44, 0x24, 0x70], // 112(%rsp)
        &[0x84, 0x24],       // x(%rsp)
        &[0x84, 0x4c],       // x(%rsp,%rcx,2)
        &[0x45, 0x80],       // -128(%rbp)
        &[0x82],             // x(%rdx)
    ];
    let mut tails = Vec::new();
    for reg in 0..8u8 {
        for form in FORMS {
            let mut tail = form.to_vec();
            tail[0] |= reg << 3;
            tails.push(tail);
        }
        for rm in 0..8 {
            tails.push([0xc0 | reg << 3 | rm].into());
        }
    }
    for tail in &mut tails {
        // Displacement and immediate: 0x40506030, 0x18283848, ... and 0x8
        tail.extend([0x30, 0x60, 0x50, 0x40, 0x48, 0x38, 0x28, 0x18, 8, 8, 8, 8]);
    }
    tails
}

/// Calls `check` with every encoding of the systematic set that `decode` accepts.
fn for_each_legacy(mut check: impl FnMut(&[u8], &Instruction)) {
    let tails = tails();
    let mut code = Vec::new();
    for prefixes in PREFIXES {
        for rex in REXES {
            for map in [&[][..], &[0x0f], &[0x0f, 0x38], &[0x0f, 0x3a]] {
                for opcode in 0..=255u8 {
                    for (n, tail) in tails.iter().enumerate() {
                        code.clear();
                        for part in [prefixes, rex, map, &[opcode], &tail[..]] {
                            code.extend_from_slice(part);
                        }
                        match decode(Padded::new(&code).bundle(), 0) {
                            Ok(instruction) => check(&code, &instruction),
                            // Not even one form: the others need not be tried.
                            Err(_) if n == 0 && !any_form(&code, &tails, tail.len()) => break,
                            Err(_) => {}
                        }
                    }
                }
            }
        }
    }
}

/// Whether any other tail is accepted (a quick scan, so that most opcodes cost little).
fn any_form(code: &[u8], tails: &[Vec<u8>], length: usize) -> bool {
    let mut code = code.to_vec();
    let start = code.len() - length;
    tails.iter().any(|tail| {
        code.truncate(start);
        code.extend_from_slice(tail);
        decode(Padded::new(&code).bundle(), 0).is_ok()
    })
}

fn for_each_vex(mut check: impl FnMut(&[u8], &Instruction)) {
    let tails = tails();
    let mut code = Vec::new();
    // R, X, B stored inverted; W, vvvv, L and pp.
    for rxb in [0xe0u8, 0x60, 0xc0, 0xa0, 0x00] {
        for (first, map) in (0..8).map(|map| (0xc4, map)).chain([8, 9, 10, 16, 24].map(|map| (0x8f, map))) {
            for last in 0..=255u8 {
                // vvvv: none or 0, %rsp, 15
                if !matches!(last >> 3 & 15, 15 | 11 | 0) {
                    continue;
                }
                for opcode in 0..=255u8 {
                    for (n, tail) in tails.iter().enumerate() {
                        code.clear();
                        code.extend([first, rxb | map, last, opcode]);
                        code.extend_from_slice(tail);
                        match decode(Padded::new(&code).bundle(), 0) {
                            Ok(instruction) => check(&code, &instruction),
                            Err(_) if n == 0 && !any_form(&code, &tails, tail.len()) => break,
                            Err(_) => {}
                        }
                    }
                }
            }
        }
    }
    for second in 0..=255u8 {
        for opcode in 0..=255u8 {
            for tail in &tails {
                code.clear();
                code.extend([0xc5, second, opcode]);
                code.extend_from_slice(tail);
                if let Ok(instruction) = decode(Padded::new(&code).bundle(), 0) {
                    check(&code, &instruction);
                }
            }
        }
    }
}

/// For each map, mandatory prefix, W and opcode: P0 and P1 with every register 0.
fn for_each_evex_opcode(mut call: impl FnMut([u8; 2], u8)) {
    for map in [1, 2, 3, 5, 6] {
        for prefix_and_w in [0, 1, 2, 3, 0x80, 0x81, 0x82, 0x83] {
            for opcode in 0..=255u8 {
                call([0xf0 | map, 0x7c | prefix_and_w], opcode);
            }
        }
    }
}

/// Memory forms with and without vectors as index, and register forms, in number
/// fewer than `tails`, for there is more before them.
fn evex_tails() -> Vec<Vec<u8>> {
    const FORMS: &[&[u8]] = &[
        &[0x00],             // (%rax)
        &[0x05],             // x(%rip)
        &[0x04, 0x24],       // (%rsp), or with vector 4
        &[0x44, 0x24, 0x80], // -128 times something (%rsp)
        &[0x44, 0x1d, 0x7f], // 127 times something (%rbp,%rbx) or with vector 3
        &[0x84, 0x24],       // x(%rsp)
        &[0x04, 0x05],       // x(,%rax), or vector 0
        &[0xc0],
        &[0xc4],
    ];
    let mut tails = Vec::new();
    for reg in 0..8u8 {
        for form in FORMS {
            let mut tail = form.to_vec();
            tail[0] |= reg << 3;
            tail.extend([0x30, 0x60, 0x50, 0x40, 0x48, 0x38, 0x28, 0x18]);
            tails.push(tail);
        }
    }
    tails
}

fn for_each_evex(mut check: impl FnMut(&[u8], &Instruction)) {
    let tails = evex_tails();
    for_each_evex_opcode(|[p0, p1], opcode| {
        let any = |p2: u8| {
            tails.iter().any(|tail| {
                let code = [&[0x62, p0, p1, p2, opcode], &tail[..]].concat();
                decode(Padded::new(&code).bundle(), 0).is_ok()
            })
        };
        // No length, with or without a mask, in no form.
        if ![0x08, 0x28, 0x48, 0x09].into_iter().any(any) {
            return;
        }
        // R, X, B, R4; vvvv: none or 0, %rsp, 15; a reserved bit each.
        for flip0 in [0, 0x80, 0x40, 0x20, 0x10, 0xf0, 0x08] {
            for flip1 in [0, 0x20, 0x78, 0x04] {
                // z, L'L, b, V4, the mask register.
                for p2 in (0..=255u8).filter(|p2| matches!(p2 & 7, 0 | 3)) {
                    for tail in &tails {
                        let code = [&[0x62, p0 ^ flip0, p1 ^ flip1, p2, opcode], &tail[..]].concat();
                        if let Ok(instruction) = decode(Padded::new(&code).bundle(), 0) {
                            check(&code, &instruction);
                        }
                    }
                }
            }
        }
    });
}

/// Where the two decoders differ on an instruction that ours accepts.
fn difference(code: &[u8], ours: &Instruction, factory: &mut InstructionInfoFactory) -> Option<String> {
    for options in [DecoderOptions::NONE, DecoderOptions::AMD] {
        let theirs = Decoder::with_ip(64, code, 0, options).decode();
        if theirs.is_invalid() {
            return Some("not valid".into());
        }
        if theirs.len() != ours.end {
            return Some(format!("length {} instead of {}", ours.end, theirs.len()));
        }
        if let Some(difference) = operands(ours, Padded::new(code).bundle(), &theirs, factory) {
            return Some(difference);
        }
    }
    None
}

/// The classes of the summary that an instruction belongs to.
fn touched_state(theirs: &Iced, info: &InstructionInfo) -> Classes {
    let uses = |kind: fn(Register) -> bool| info.used_registers().iter().any(|used| kind(used.register()));
    let wide = |r: Register| r.is_k() || r.is_vector_register() && r.number() > 15;
    let code = theirs.mnemonic();
    // `fnsave` and `frstor` are said to use MMX registers, too.
    let x87 = theirs.cpuid_features().contains(&CpuidFeature::FPU) || uses(Register::is_st);
    [
        (x87, Classes::X87),
        (!x87 && uses(Register::is_mm) || code == Mnemonic::Emms, Classes::MMX),
        (theirs.encoding() == EncodingKind::EVEX || uses(wide), Classes::AVX512),
        (theirs.encoding() == EncodingKind::VEX && uses(Register::is_vector_register), Classes::AVX),
        (code == Mnemonic::Std, Classes::DIRECTION),
        (
            matches!(code, Mnemonic::Ldmxcsr | Mnemonic::Stmxcsr | Mnemonic::Vldmxcsr | Mnemonic::Vstmxcsr),
            Classes::MXCSR,
        ),
        (
            matches!(code, Mnemonic::Fldenv | Mnemonic::Fnstenv | Mnemonic::Frstor | Mnemonic::Fnsave),
            Classes::X87_WHOLE,
        ),
        (
            matches!(
                code,
                Mnemonic::Fldcw
                    | Mnemonic::Fldenv
                    | Mnemonic::Frstor
                    | Mnemonic::Fninit
                    | Mnemonic::Fnclex
                    | Mnemonic::Fnstsw
            ),
            Classes::X87_CONTROL,
        ),
    ]
    .into_iter()
    .filter(|(touched, _)| *touched)
    .fold(Classes::NONE, |all, (_, class)| all | class)
}

fn operands(
    ours: &Instruction,
    bundle: Bundle<'_>,
    theirs: &Iced,
    factory: &mut InstructionInfoFactory,
) -> Option<String> {
    if let Some(feature) = theirs.cpuid_features().iter().find(|feature| !FEATURES.contains(feature)) {
        return Some(format!("of instruction set {feature:?}"));
    }
    let class = |classes| ours.row.is(classes);
    let flow = match theirs.flow_control() {
        FlowControl::Next => !class(Class::BRANCH | Class::JUMP | Class::CALL),
        FlowControl::ConditionalBranch => class(Class::BRANCH),
        FlowControl::UnconditionalBranch => class(Class::JUMP),
        FlowControl::Call => class(Class::CALL),
        // They trap.
        FlowControl::Interrupt | FlowControl::Exception => matches!(theirs.code(), Code::Int3 | Code::Ud2),
        _ => false,
    };
    if !flow {
        return Some(format!("flow {:?}", theirs.flow_control()));
    }
    if theirs.is_privileged() && theirs.code() != Code::Hlt {
        return Some("privileged".into());
    }
    if class(Class::BRANCH | Class::JUMP | Class::CALL) {
        let target = ours.end as u64 as i64 + i64::from(ours.immediate(bundle));
        if theirs.near_branch_target().cast_signed() != target {
            return Some(format!("target {target:#x}"));
        }
    }

    let info = factory.info(theirs);
    let state = touched_state(theirs, info);
    if !ours.row.summary().contains(state) {
        return Some(format!("processor state {:?}", state.names().collect::<Vec<_>>()));
    }
    let is_written =
        |access| !matches!(access, OpAccess::None | OpAccess::Read | OpAccess::CondRead | OpAccess::NoMemAccess);
    let is_read =
        |access| matches!(access, OpAccess::Read | OpAccess::CondRead | OpAccess::ReadWrite | OpAccess::ReadCondWrite);
    for register in info.used_registers() {
        let written = is_written(register.access());
        let full = register.register().full_register();
        if written && register.register().is_segment_register() {
            return Some("segment register written".into());
        }
        let moves = class(Class::STACK | Class::CALL);
        if written && full == Register::RSP && stack::check(ours, bundle) == Ok(stack::Change::None) && !moves {
            return Some("%rsp written".into());
        }
    }
    // A direction the checks do not need, but a wrong row shows.
    let rsp =
        info.used_registers().iter().any(|r| r.register().full_register() == Register::RSP && is_written(r.access()));
    if !rsp && stack::check(ours, bundle) != Ok(stack::Change::None) {
        return Some("%rsp not written".into());
    }

    let explicit = (0..theirs.op_count()).find(|n| theirs.op_kind(*n) == OpKind::Memory);
    if explicit.is_some() != ours.memory(bundle).is_some() {
        return Some(format!("memory operand {:?}", ours.memory(bundle)));
    }
    if let Some(memory) = ours.memory(bundle) {
        let plain = |part| match part {
            Part::None | Part::Pc => Register::None,
            Part::Register(n) => Register::RAX + u32::from(n),
        };
        let short = |register: Register| {
            if register.is_gpr() { register.full_register() } else { Register::None }
        };
        if memory.base == Part::Pc {
            if !theirs.is_ip_rel_memory_operand() {
                return Some("not pc-relative".into());
            }
        } else if short(theirs.memory_base()) != plain(memory.base) || theirs.is_ip_rel_memory_operand() {
            return Some(format!("base {:?}", theirs.memory_base()));
        }
        if ours.row.vsib() != theirs.is_vsib() {
            return Some("vector index".into());
        }
        if ours.row.vsib() {
            let number = theirs.memory_index().number() as u8;
            if memory.index != Part::Register(number) {
                return Some(format!("index {:?}", theirs.memory_index()));
            }
        } else if short(theirs.memory_index()) != plain(memory.index) {
            return Some(format!("index {:?}", theirs.memory_index()));
        }
        let displacement = theirs.memory_displacement64() as u32 as i32;
        // Under EVEX ours is the farthest that 8 bits could mean.
        let scaled = ours.extension.evex.is_present() && theirs.memory_displ_size() == 1;
        let agrees = if scaled {
            memory.displacement.signum() == displacement.signum() && memory.displacement.abs() >= displacement.abs()
        } else {
            memory.displacement == displacement
        };
        if memory.base != Part::Pc && !agrees {
            return Some(format!("displacement {:#x}", theirs.memory_displacement64()));
        }
        let segment = if ours.prefixes.has(Prefixes::GS) { Register::GS } else { Register::None };
        let prefix = if theirs.segment_prefix() == Register::GS { Register::GS } else { Register::None };
        if !class(Class::LEA) && !class(Class::NOP) && segment != prefix {
            return Some(format!("segment {:?}", theirs.memory_segment()));
        }
    }

    let (mut reads, mut writes, mut conditional) = (false, false, false);
    for memory in info.used_memory() {
        // The stack slot itself. The operand of `pop m` is told apart by its access.
        let slot = match theirs.code() {
            Code::Pop_rm64 => memory.access() == OpAccess::Read,
            Code::Push_rm64 => memory.access() == OpAccess::Write,
            _ => class(Class::STACK | Class::CALL | Class::LEAVE),
        };
        if slot {
            continue;
        }
        reads |= is_read(memory.access());
        writes |= is_written(memory.access());
        conditional |= matches!(memory.access(), OpAccess::CondRead | OpAccess::CondWrite);
        let size = memory.memory_size().size() as i64;
        if size > ours.size() {
            return Some(format!("size {size}"));
        }
    }
    // A string instruction's operands, and nothing else without a ModRM byte.
    let string = info.used_memory().iter().any(|m| matches!(m.base(), Register::RDI | Register::RSI));
    if (reads || writes) && explicit.is_none() && !(class(Class::STRING) && string) {
        return Some("implicit memory operand".into());
    }
    if reads && !(ours.row.reads() || prefetches(theirs)) || writes && !ours.row.writes() {
        return Some(format!("access: reads {reads}, writes {writes}"));
    }
    if writes != ours.row.writes() && explicit.is_some() {
        return Some(format!("access: writes {writes}, the row says otherwise"));
    }
    if ours.row.always_touches()
        && !ours.is_masked()
        && !class(Class::STRING)
        && ours.memory(bundle).is_some()
        && (conditional || !(reads || writes))
    {
        return Some("access is not certain".into());
    }
    None
}

fn prefetches(instruction: &Iced) -> bool {
    matches!(instruction.mnemonic(), iced_x86::Mnemonic::Prefetchw)
}

/// Collects differences, by opcode, and fails with all of them.
fn compare(each: impl FnOnce(&mut dyn FnMut(&[u8], &Instruction))) -> usize {
    let mut factory = InstructionInfoFactory::new();
    let (mut count, mut seen, mut report) = (0, BTreeSet::new(), Vec::new());
    each(&mut |code, ours| {
        count += 1;
        if let Some(difference) = difference(code, ours, &mut factory) {
            let theirs = Decoder::with_ip(64, code, 0, DecoderOptions::NONE).decode();
            if seen.insert((theirs.code() as usize, difference.clone())) {
                report.push(format!("{:?} {}: {difference}", theirs.code(), hex(&code[..ours.end])));
            }
        }
    });
    assert!(report.is_empty(), "{} differences:\n{}", report.len(), report.join("\n"));
    count
}

/// Instructions of the allowed sets that no accepted encoding stands for: each is
/// left out on purpose.
#[test]
fn what_is_left_out() {
    let (mut valid, mut accepted) = (BTreeSet::new(), BTreeSet::new());
    let mut look = |code: &[u8]| {
        let theirs = Decoder::with_ip(64, code, 0, DecoderOptions::NONE).decode();
        if theirs.is_invalid() || !theirs.cpuid_features().iter().all(|feature| FEATURES.contains(feature)) {
            return;
        }
        let name = format!("{:?}", theirs.code());
        if decode(Padded::new(code).bundle(), 0).is_ok() {
            accepted.insert(name);
        } else {
            valid.insert(name);
        }
    };
    let tails = tails();
    for prefixes in [&[][..], &[0x66], &[0xf3], &[0xf2], &[0x66, 0xf3], &[0x66, 0xf2], &[0x67], &[0xf0]] {
        for rex in [&[][..], &[0x48]] {
            for map in [&[][..], &[0x0f], &[0x0f, 0x38], &[0x0f, 0x3a]] {
                for opcode in 0..=255u8 {
                    for tail in &tails {
                        look(&[prefixes, rex, map, &[opcode], tail].concat());
                    }
                }
            }
        }
    }
    for (first, map) in [(0xc4, 1u8), (0xc4, 2), (0xc4, 3), (0x8f, 8), (0x8f, 9), (0x8f, 10)] {
        for last in (0..=255u8).filter(|last| matches!(last >> 3 & 15, 15 | 0)) {
            for opcode in 0..=255u8 {
                for tail in &tails {
                    look(&[&[first, 0xe0 | map, last, opcode], &tail[..]].concat());
                }
            }
        }
    }
    for_each_evex_opcode(|[p0, p1], opcode| {
        for p2 in [0x08, 0x28, 0x48, 0x09, 0x29, 0x49] {
            for tail in &tails {
                look(&[&[0x62, p0, p1, p2, opcode], &tail[..]].concat());
            }
        }
    });
    let left_out: Vec<_> = valid.difference(&accepted).cloned().collect();
    let expected: Vec<_> = include_str!("left_out.txt").lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(left_out, expected, "\n{}", left_out.join("\n"));
}

#[test]
fn legacy_encodings_agree() {
    assert!(compare(|check| for_each_legacy(check)) > 500_000);
}

#[test]
fn vex_encodings_agree() {
    assert!(compare(|check| for_each_vex(check)) > 500_000);
}

#[test]
fn evex_encodings_agree() {
    assert!(compare(|check| for_each_evex(check)) > 500_000);
}
