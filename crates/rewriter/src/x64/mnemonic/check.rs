//! Holds the table against an assembler and a decoder: every mnemonic assembles
//! with some operands, and for each such instruction flags, `%r11` and memory
//! are read and written as the row says.

use std::{
    collections::{HashMap, HashSet},
    io::Write,
    process::{Command, Stdio},
};

use iced_x86::{Decoder, InstructionInfoFactory, Mnemonic, OpAccess, Register, RflagsBits, UsedMemory};
use object::{Object, ObjectSection};

use super::{AF, ALL, CF, Class, OF, PF, SF, ZF, all};
use crate::x64::{
    parse::{Parsed, parse},
    program::{Form, Instruction, Item, Operand, R11_ALL, r11_parts},
    register,
};

/// Operands to try, one set a word. `A` is `%r11`, `B` another register, in the
/// size that follows; `M` is memory, `X`, `Y`, `Z` are vector registers.
const SHAPES: &str = "
    - Ab Aw Al Aq Aw:ax M %st(1) $1 1f
    $1,Ab $1,Aw $1,Al $1,Aq $1,M
    Bb,Ab Bw,Aw Bl,Al Bq,Aq Ab,Bb Aw,Bw Al,Bl Aq,Bq Bb,Al Bb,Aq Bb,Aw Bw,Al Bw,Aq Bl,Aq
    M,Ab M,Aw M,Al M,Aq Ab,M Aw,M Al,M Aq,M
    %cl,Ab %cl,Aw %cl,Al %cl,Aq %cl,M
    %xmm1,%xmm2 M,%xmm2 %xmm1,M %ymm1,%ymm2 M,%ymm2 %ymm1,M %xmm1,%ymm2 %ymm1,%xmm2
    %mm1,%mm2 M,%mm2 %mm1,M %xmm1,%mm2 %mm1,%xmm2
    Al,%xmm1 Aq,%xmm1 %xmm1,Al %xmm1,Aq %ymm1,Al Al,%mm1 Aq,%mm1 %mm1,Al %mm1,Aq $1,%xmm1 $1,%mm1
    %st(1),%st %st,%st(1) (%rsi),%es:(%rdi) %es:(%rdi),(%rsi)
    $1,Bw,Aw $1,Bl,Al $1,Bq,Aq $1,M,Aw $1,M,Al $1,M,Aq $1,Aw,M $1,Al,M $1,Aq,M
    %cl,Bw,Aw %cl,Bl,Al %cl,Bq,Aq %cl,Al,M %cl,Aq,M
    Bl,%edx,Al Bq,%rdx,Aq M,%edx,Al M,%rdx,Aq Bl,M,Al Bq,M,Aq
    $1,%xmm1,%xmm2 $1,M,%xmm2 $1,%xmm1,M $1,%xmm1,Al $1,%xmm1,Aq $1,Al,%xmm1 $1,Aq,%xmm1
    $1,%mm1,%mm2 $1,M,%mm1 $1,%mm1,Al $1,Al,%mm1
    $1,%ymm1,%ymm2 $1,M,%ymm2 $1,%ymm1,%xmm2 $1,%ymm1,M
    %xmm0,%xmm1,%xmm2 %xmm0,M,%xmm2 %xmm1,%xmm2,%xmm3 M,%xmm2,%xmm3 %xmm1,%xmm2,M
    %ymm1,%ymm2,%ymm3 M,%ymm2,%ymm3 %ymm1,%ymm2,M %xmm1,%ymm2,%ymm3 Al,%xmm1,%xmm2 Aq,%xmm1,%xmm2
    %xmm1,(%rdi,%xmm2),%xmm3 %ymm1,(%rdi,%ymm2),%ymm3 %xmm1,(%rdi,%ymm2),%xmm3 %ymm1,(%rdi,%xmm2),%ymm3
    $1,%xmm1,%xmm2,%xmm3 $1,M,%xmm2,%xmm3 $1,%ymm1,%ymm2,%ymm3 $1,M,%ymm2,%ymm3 $1,%xmm1,%ymm2,%ymm3
    $1,Al,%xmm1,%xmm2 $1,Aq,%xmm1,%xmm2
    %xmm1,%xmm2,%xmm3,%xmm4 %xmm1,M,%xmm3,%xmm4 %ymm1,%ymm2,%ymm3,%ymm4 %ymm1,M,%ymm3,%ymm4
    %k1,%k2 %k1,M M,%k1 %k1,Al %k1,Aq Al,%k1 Aq,%k1 $1,%k1,%k2 %k1,%k2,%k3
    %zmm1,%zmm2 M,%zmm2 %zmm1,M %zmm1,%zmm2,%zmm3 M,%zmm2,%zmm3 %zmm1,%xmm2 %zmm1,%ymm2 %xmm1,%zmm2 %ymm1,%zmm2
    %xmm17,%xmm18 M,%xmm18 %xmm17,M M,%xmm17,%xmm18 %xmm1,%k1 M,%k1 %ymm1,%k1 %zmm1,%k1 %k1,%xmm1 %k1,%zmm1
    M,%xmm2{%k1} %xmm1,M{%k1} M,%xmm2,%xmm3{%k1}{z} M,%ymm2{%k1}{z} %ymm1,M{%k1} M,%zmm2{%k1} %zmm1,M{%k1}
    M{1to2},%xmm3 M{1to4},%xmm2,%xmm3 M{1to8},%zmm2,%zmm3 M{1to16},%zmm2,%zmm3{%k1} M{1to16},%zmm2 M{1to8},%ymm2
    M,%xmm1,%k1 M,%zmm1,%k1 %xmm1,%xmm2,%k1 %zmm1,%zmm2,%k1{%k2} M{1to16},%zmm1,%k1{%k2} M{1to4},%xmm1,%k1
    $1,%xmm1,%k1 $1,M,%k1 $1,%xmm1,%xmm2,%k1 $1,M,%xmm2,%k1 $1,M,%zmm2,%k1{%k2} $1,M{1to8},%zmm2,%k1
    $1,%zmm1,%zmm2 $1,M,%zmm2 $1,%zmm1,%zmm2,%zmm3 $1,M,%zmm2,%zmm3 $1,%zmm1,M $1,%zmm1,M{%k1} $1,%ymm1,M{%k1}
    $1,%xmm1,%zmm2,%zmm3 $1,%ymm1,%zmm2,%zmm3 $1,M,%zmm2,%zmm3{%k1}{z} $1,M{1to8},%zmm2,%zmm3 $1,M{1to16},%zmm2
    {rn-sae},%zmm1,%zmm2 {sae},%zmm1,%zmm2 {rz-sae},%zmm1,%zmm2,%zmm3 {rn-sae},%xmm1,%xmm2,%xmm3 {sae},%xmm1,%xmm2,%xmm3
    {rn-sae},%xmm1,Al {rn-sae},%xmm1,Aq {sae},%xmm1,Al {sae},%xmm1,Aq Al,{rn-sae},%xmm1,%xmm2 Aq,{rn-sae},%xmm1,%xmm2
    $1,{sae},%zmm1,%zmm2 $1,{sae},%zmm1,%zmm2,%zmm3 $1,{sae},%xmm1,%xmm2,%xmm3 $1,{sae},%zmm1,%zmm2,%k1
    (%rdi,%xmm2),%xmm3{%k1} (%rdi,%ymm2),%ymm3{%k1} (%rdi,%zmm2),%zmm3{%k1} (%rdi,%ymm2),%zmm3{%k1} (%rdi,%zmm2),%ymm3{%k1}
    %xmm3,(%rdi,%xmm2){%k1} %zmm3,(%rdi,%zmm2){%k1} %zmm3,(%rdi,%ymm2){%k1} %ymm3,(%rdi,%zmm2){%k1}";

const AVX512: &str = "-mattr=+avx512f,+avx512cd,+avx512bw,+avx512dq,+avx512vl,+avx512vbmi,+avx512vbmi2,+avx512vnni,\
    +avx512bitalg,+avx512ifma,+avx512vpopcntdq,+avx512bf16,+avx512fp16,+gfni,+vaes,+vpclmulqdq";

fn operands(shape: &str) -> String {
    let mut text = shape.replace("M", "(%rdi)");
    for (short, long) in [
        ("Ab", "%r11b"),
        ("Aw:ax", "%ax"),
        ("Aw", "%r11w"),
        ("Al", "%r11d"),
        ("Aq", "%r11"),
        ("Bb", "%r9b"),
        ("Bw", "%r9w"),
        ("Bl", "%r9d"),
        ("Bq", "%r9"),
    ] {
        text = text.replace(short, long);
    }
    if text == "-" { String::new() } else { text }
}

/// The lines that the assembler accepts.
fn accepted(lines: &[String]) -> Vec<&String> {
    let mut child = Command::new("llvm-mc-19")
        .args([
            "-triple=x86_64",
            "-mattr=+avx2,+fma,+f16c,+aes,+pclmul,+sha,+bmi,+bmi2,+adx,+movbe",
            AVX512,
            "-filetype=null",
        ])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("llvm-mc-19");
    let mut input = child.stdin.take().expect("stdin");
    let text = lines.join("\n") + "\n1:\n";
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).expect("write"));
    let output = child.wait_with_output().expect("llvm-mc-19");
    writer.join().expect("writer");
    let rejected: HashSet<usize> = String::from_utf8_lossy(&output.stderr)
        .lines()
        .filter(|line| line.contains(": error: "))
        .filter_map(|line| line.strip_prefix("<stdin>:")?.split(':').next()?.parse().ok())
        .collect();
    lines.iter().enumerate().filter(|(i, _)| !rejected.contains(&(i + 1))).map(|(_, line)| line).collect()
}

/// The machine code of each line, in slots of 16 bytes.
fn assemble(lines: &[&String]) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("directory");
    let (source, object) = (dir.path().join("a.s"), dir.path().join("a.o"));
    let slots: Vec<_> = lines.iter().map(|line| format!("{line}\n1:\n.balign 16, 0xcc\n")).collect();
    std::fs::write(&source, slots.concat()).expect("write");
    let output = Command::new("clang-19")
        .args(["-c", "-w", "--target=x86_64-linux-musl", "-o"])
        .args([&object, &source])
        .output()
        .expect("clang-19");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let data = std::fs::read(&object).expect("object");
    let file = object::File::parse(&*data).expect("ELF");
    file.section_by_name(".text").expect(".text").data().expect("data").to_vec()
}

fn flags(bits: u32) -> u8 {
    [
        (RflagsBits::CF, CF),
        (RflagsBits::PF, PF),
        (RflagsBits::AF, AF),
        (RflagsBits::ZF, ZF),
        (RflagsBits::SF, SF),
        (RflagsBits::OF, OF),
    ]
    .iter()
    .filter(|(theirs, _)| bits & theirs != 0)
    .fold(0, |all, (_, ours)| all | ours)
}

fn may_read(access: OpAccess) -> bool {
    matches!(access, OpAccess::Read | OpAccess::CondRead | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
}

fn may_write(access: OpAccess) -> bool {
    matches!(access, OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
}

/// What is wrong with how an instruction is understood.
fn differences(
    instruction: &Instruction,
    operands: &[Operand],
    info: &iced_x86::InstructionInfo,
    code: &iced_x86::Instruction,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let row = instruction.row;
    let (reads, changes) = (flags(code.rflags_read()), flags(code.rflags_modified()));
    // These follow the ABI, not the manual.
    let abi = matches!(row.class, Class::Syscall | Class::Call);
    if reads & !(instruction.uses as u8) != 0 && !abi {
        wrong.push(format!("reads flags {reads:#x}"));
    }
    if instruction.kills as u8 & ALL & !changes != 0 && !abi {
        wrong.push(format!("changes only flags {changes:#x}"));
    }
    // Some shifts change nothing; the manuals do not agree on all that `fcomi` changes.
    let unsure = row.class == Class::Shift || is_fcomi(code.mnemonic());
    if changes & !(instruction.kills as u8) != 0 && !unsure {
        wrong.push(format!("also changes flags {changes:#x}"));
    }
    // `%r11`, and with it which operand is written how.
    let (mut used, mut killed) = (0, 0);
    for register in info.used_registers() {
        let parts = match register.register() {
            Register::R11L => r11_parts(register::Set::Gpr8),
            Register::R11W => r11_parts(register::Set::Gpr16),
            Register::R11D | Register::R11 => R11_ALL,
            _ => continue,
        };
        used |= if may_read(register.access()) { parts } else { 0 };
        killed |= if register.access() == OpAccess::Write { parts } else { 0 };
    }
    if !abi {
        if used & !instruction.uses != 0 {
            wrong.push(format!("reads %r11 {used:#x}"));
        }
        if instruction.kills & R11_ALL & !killed != 0 {
            wrong.push("does not overwrite %r11".into());
        }
    }
    // Memory.
    let explicit = operands.iter().position(|o| o.form == Form::Address);
    let string = matches!(row.class, Class::String(_));
    if let Some(index) = explicit.filter(|_| !string) {
        let of_rdi = |m: &&UsedMemory| m.base() == Register::RDI;
        let accesses: Vec<_> = info.used_memory().iter().filter(of_rdi).map(UsedMemory::access).collect();
        let none = matches!(row.class, Class::Lea | Class::Nop);
        if none != accesses.is_empty() && !is_prefetch(code.mnemonic()) {
            wrong.push(format!("memory is accessed: {accesses:?}"));
        }
        let store = accesses.iter().any(|&a| may_write(a));
        if store != (instruction.writes(index) && !none) {
            wrong.push(format!("memory is written: {store}"));
        }
        let certain = accesses
            .iter()
            .any(|a| matches!(a, OpAccess::Read | OpAccess::Write | OpAccess::ReadWrite | OpAccess::ReadCondWrite));
        if row.touches && !certain && !none {
            wrong.push("memory may not be touched".into());
        }
    }
    wrong
}

fn is_fcomi(mnemonic: Mnemonic) -> bool {
    use Mnemonic::{Fcomi, Fcomip, Fucomi, Fucomip};
    [Fcomi, Fcomip, Fucomi, Fucomip].contains(&mnemonic)
}

fn is_prefetch(mnemonic: Mnemonic) -> bool {
    use Mnemonic::{Prefetchnta, Prefetcht0, Prefetcht1, Prefetcht2, Prefetchw};
    [Prefetchnta, Prefetcht0, Prefetcht1, Prefetcht2, Prefetchw].contains(&mnemonic)
}

#[test]
fn rows_agree_with_assembler_and_decoder() {
    let names = all();
    let mut tries = Vec::new();
    for (name, _) in &names {
        for shape in SHAPES.split_ascii_whitespace() {
            let star = if matches!(name.as_str(), "jmp" | "jmpq" | "call" | "callq") && !shape.starts_with('1') {
                "*"
            } else {
                ""
            };
            tries.push(format!("{name}\t{star}{}", operands(shape)));
        }
    }
    let lines = accepted(&tries);
    let assembled: HashSet<&str> = lines.iter().filter_map(|line| line.split('\t').next()).collect();
    let missing: Vec<_> = names.iter().map(|(name, _)| name.as_str()).filter(|n| !assembled.contains(n)).collect();
    assert!(missing.is_empty(), "these do not assemble: {missing:?}");

    let code = assemble(&lines);
    let mut factory = InstructionInfoFactory::new();
    let mut wrong: HashMap<String, Vec<String>> = HashMap::new();
    for (line, bytes) in lines.iter().zip(code.chunks(16)) {
        // The assembler has put a `wait` before some.
        let bytes = if bytes[0] == 0x9b && bytes[1] != 0xcc { &bytes[1..] } else { bytes };
        let decoded = Decoder::new(64, bytes, 0).decode();
        if bytes[0] == 0x62 && decoded.is_invalid() {
            // A form of APX, which the verifier refuses.
            continue;
        }
        assert!(!decoded.is_invalid(), "{line}: {bytes:02x?}");
        let text = format!("{line}\n1:\n");
        let mut source = crate::source::Source::new(&text);
        let Parsed { program, problems, .. } = parse(&mut source, text.len());
        // What the assembler takes and this does not is an error for the user to see.
        if !problems.is_empty() {
            continue;
        }
        let Item::Instruction(instruction) = program.statements[0].item else { panic!("{line}") };
        let operands = instruction.operands(&program.operands);
        let found = differences(&instruction, operands, factory.info(&decoded), &decoded);
        if !found.is_empty() {
            wrong.entry(found.join("; ")).or_default().push((*line).clone());
        }
    }
    let report: Vec<_> = wrong.iter().map(|(what, lines)| format!("{what}: {}", lines.join(" | "))).collect();
    assert!(report.is_empty(), "{}", report.join("\n"));
}
