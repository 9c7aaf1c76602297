//! Random assembly: what compilers write, what people write by hand, and what
//! neither should.

use crate::Source;

const LONG: [&str; 17] = [
    "eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d",
    "r15d", "eax",
];
const QUAD: [&str; 17] = [
    "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rsp",
];
const WORD: [&str; 8] = ["ax", "bx", "cx", "dx", "sp", "r8w", "r11w", "bp"];
const BYTE: [&str; 9] = ["al", "bl", "ah", "bh", "spl", "r11b", "sil", "cl", "dl"];

/// Instructions with two operands, by operand size: mnemonics take a suffix.
const TWO: [&str; 14] =
    ["mov", "add", "sub", "and", "or", "xor", "mov", "adc", "cmp", "test", "xchg", "xadd", "cmpxchg", "mov"];
const ONE: [&str; 9] = ["inc", "dec", "neg", "not", "mul", "div", "push", "pop", "imul"];
const SHIFTS: [&str; 6] = ["shl", "shr", "sar", "rol", "rcr", "bt"];
const BITS: [&str; 4] = ["bt", "bts", "btr", "btc"];
const CONDITIONS: [&str; 8] = ["e", "ne", "b", "ae", "l", "g", "s", "p"];
const VECTOR: [&str; 12] =
    ["movaps", "movups", "movdqa", "addps", "mulsd", "pxor", "paddd", "pshufb", "movss", "cvtss2sd", "ucomisd", "movq"];
const VECTOR_THREE: [&str; 6] = ["vaddps", "vpxor", "vmulsd", "vpaddd", "vandnps", "vfmadd213ps"];
const STRING: [&str; 10] = ["movsb", "movsq", "stosb", "stosl", "cmpsb", "scasb", "lodsq", "movsw", "stosq", "scasw"];
const PREFIXES: [&str; 6] = ["lock ", "rep ", "repne ", "data16 ", "repe ", "cs "];
const PLAIN: [&str; 24] = [
    "ret",
    "leave",
    "cltq",
    "cqto",
    "nop",
    "cpuid",
    "rdtsc",
    "pause",
    "mfence",
    "ud2",
    "int3",
    "syscall",
    "cld",
    "std",
    "emms",
    "fld1",
    "fstp %st(0)",
    "vzeroupper",
    "pushfq",
    "sahf",
    "lahf",
    "hlt",
    "ret $8",
    "fchs",
];
const X87: [&str; 8] = ["fldl", "fstpl", "fadds", "fildq", "fistpl", "fldt", "fldcw", "fnstcw"];
const REFUSED: [&str; 12] = [
    "popfq",
    "xlatb",
    "int $0x80",
    "wrgsbase %rax",
    "mov %rax, %fs",
    "enter $8, $0",
    "ljmp *(%rax)",
    "in %dx, %al",
    "maskmovdqu %xmm0, %xmm1",
    "clflush (%rax)",
    "xsave (%rax)",
    "xbegin 1f",
];
const DIRECTIVES: [&str; 16] = [
    ".p2align 4",
    ".p2align 5",
    ".p2align 3,0x90",
    ".text",
    ".section .text.hot,\"ax\",@progbits",
    ".data\n\t.quad f0\n\t.text",
    ".byte 0x90",
    ".byte 0xf3,0xc3",
    ".p2align 2",
    ".set a0,f0",
    ".align 16",
    ".loc 1 1",
    ".globl f1",
    ".type f0,@function",
    ".hidden f0",
    ".section .rodata\n\t.long .L1-.L0\n\t.text",
];

/// A text of some statements.
pub fn generate(source: &mut Source) -> String {
    let mut text = String::from("\t.text\n\t.globl f0\nf0:\n");
    let count = 1 + source.below(40);
    let labels = 1 + source.below(6);
    for number in 0..count {
        if source.is_empty() {
            break;
        }
        // Each label once, early ones at first.
        if number % 4 == 0 && number / 4 < labels {
            text += &format!(".L{}:\n", number / 4);
        }
        text += "\t";
        text += &statement(source, labels);
        text += "\n";
    }
    for label in count.div_ceil(4).min(labels)..labels {
        text += &format!(".L{label}:\n");
    }
    text + "\tret\n"
}

fn statement(source: &mut Source, labels: usize) -> String {
    let prefix = if source.chance(10) { source.pick(&PREFIXES) } else { "" };
    let body = match source.byte() % 32 {
        0..=8 => two(source),
        9..=10 => one(source),
        11 => shift(source),
        12..=13 => stack(source),
        14 => format!("lea{} {}, {}", "q", memory(source), register(source, &QUAD)),
        15 => format!("leal {}, {}", memory(source), register(source, &LONG)),
        16..=18 => branch(source, labels),
        19 => format!("cmov{}q {}, {}", source.pick(&CONDITIONS), either(source, &QUAD), register(source, &QUAD)),
        20 => format!("set{} {}", source.pick(&CONDITIONS), either(source, &BYTE)),
        21..=22 => format!("{} {}, %xmm{}", source.pick(&VECTOR), vector(source, "xmm"), source.byte() % 16),
        23 => {
            let (second, last) = (source.byte() % 16, source.byte() % 16);
            format!("{} {}, %ymm{second}, %ymm{last}", source.pick(&VECTOR_THREE), vector(source, "ymm"))
        }
        24 => format!(
            "{} %xmm{}, {}",
            source.pick(&["movups", "movdqa", "movss", "movq", "movhps"]),
            source.byte() % 16,
            memory(source)
        ),
        25 => source.pick(&STRING).to_owned(),
        26 => source.pick(&PLAIN).to_owned(),
        27 => format!("{} {}", source.pick(&X87), memory(source)),
        28 => format!("{}q {}, {}", source.pick(&BITS), register(source, &QUAD), either(source, &QUAD)),
        29 => {
            format!("mov{} {}, {}", source.pick(&["zbl", "sbq", "slq", "zwl"]), memory(source), register(source, &QUAD))
        }
        30 => source.pick(&DIRECTIVES).to_owned(),
        _ if source.chance(16) => source.pick(&REFUSED).to_owned(),
        _ => format!("vpgatherdd %ymm1, {}(%rax,%ymm2,4), %ymm{}", source.byte(), source.byte() % 16),
    };
    // Flags of long ago do not survive what becomes of most instructions.
    let compared =
        (body.starts_with('j') && !body.starts_with("jmp")) || body.starts_with("set") || body.starts_with("cmov");
    let body = if compared && source.chance(224) { format!("cmpq %rbx, %rax\n\t{body}") } else { body };
    // Prefixes belong to instructions.
    if body.starts_with('.') { body } else { format!("{prefix}{body}") }
}

fn register(source: &mut Source, names: &[&str]) -> String {
    format!("%{}", source.pick(names))
}

fn either(source: &mut Source, names: &[&str]) -> String {
    if source.chance(128) { memory(source) } else { register(source, names) }
}

fn vector(source: &mut Source, kind: &str) -> String {
    if source.chance(128) { memory(source) } else { format!("%{kind}{}", source.byte() % 16) }
}

fn immediate(source: &mut Source) -> String {
    match source.byte() % 8 {
        0 => format!("${}", source.word() as i32),
        1 => "$-32".to_owned(),
        2 => "$0x8000".to_owned(),
        3 => "$f0".to_owned(),
        _ => format!("${}", source.byte().cast_signed()),
    }
}

fn memory(source: &mut Source) -> String {
    let distance = match source.byte() % 8 {
        0 => i64::from(source.word() as i32),
        1 => 0x7ff8,
        2 => -0x8000,
        3 => 0,
        _ => i64::from(source.byte().cast_signed()),
    };
    let base = source.pick(&QUAD);
    let index = source.pick(&QUAD);
    let scale = 1 << (source.byte() % 4);
    let segment = match source.byte() {
        0..=7 => "%fs:",
        8..=11 => "%gs:",
        12..=15 => "%ds:",
        _ => "",
    };
    segment.to_owned()
        + &match source.byte() % 16 {
            0..=4 => format!("{distance}(%{base})"),
            5..=7 => format!("{distance}(%rsp)"),
            8..=10 => format!("{distance}(%{base},%{index},{scale})"),
            11 => format!("{distance}(,%{index},{scale})"),
            12 => "f0(%rip)".to_owned(),
            13 => "f1@GOTPCREL(%rip)".to_owned(),
            14 => format!("{distance}(%{})", source.pick(&LONG)),
            _ => format!("{}", source.byte()),
        }
}

fn two(source: &mut Source) -> String {
    let mnemonic = source.pick(&TWO);
    let (suffix, names): (_, &[&str]) =
        source.pick(&[("q", &QUAD[..]), ("q", &QUAD), ("l", &LONG), ("l", &LONG), ("w", &WORD), ("b", &BYTE)]);
    let (from, to) = match source.byte() % 8 {
        0..=2 => (register(source, names), register(source, names)),
        3..=4 => (memory(source), register(source, names)),
        5 => (register(source, names), memory(source)),
        6 => (immediate(source), register(source, names)),
        _ => (immediate(source), memory(source)),
    };
    format!("{mnemonic}{suffix} {from}, {to}")
}

fn one(source: &mut Source) -> String {
    let mnemonic = source.pick(&ONE);
    let (suffix, names): (_, &[&str]) = source.pick(&[("q", &QUAD[..]), ("l", &LONG), ("w", &WORD), ("b", &BYTE)]);
    format!("{mnemonic}{suffix} {}", either(source, names))
}

fn shift(source: &mut Source) -> String {
    let count = if source.chance(128) { "%cl".to_owned() } else { format!("${}", source.byte() % 64) };
    format!("{}q {count}, {}", source.pick(&SHIFTS), either(source, &QUAD))
}

fn stack(source: &mut Source) -> String {
    match source.byte() % 10 {
        0..=1 => format!("subq {}, %rsp", immediate(source)),
        2..=3 => format!("addq {}, %rsp", immediate(source)),
        4 => format!("andq {}, %rsp", immediate(source)),
        5 => format!("leaq {}, %rsp", memory(source)),
        6 => format!("movq {}, %rsp", register(source, &QUAD)),
        7 => format!("pushq {}", either(source, &QUAD)),
        8 => format!("popq {}", either(source, &QUAD)),
        _ => format!("subq {}, %rsp", register(source, &QUAD)),
    }
}

fn branch(source: &mut Source, labels: usize) -> String {
    let label = source.below(labels);
    match source.byte() % 10 {
        0..=1 => format!("jmp .L{label}"),
        2..=4 => format!("j{} .L{label}", source.pick(&CONDITIONS)),
        5 => format!("call {}", source.pick(&["f0", "f1", "f1@PLT", "*f1@GOTPCREL(%rip)"])),
        6 => format!("call *{}", either(source, &QUAD)),
        7 => format!("jmp *{}", either(source, &QUAD)),
        8 => source.pick(&["jmp f1", "jmp f1@PLT", "je f1", "loop .L0", "jrcxz .L0"]).to_owned(),
        _ => "ret".to_owned(),
    }
}
