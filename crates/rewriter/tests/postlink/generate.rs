//! Random programs: every sort of thing the post-linker moves or must not.

use std::fmt::Write;

/// A small generator of numbers (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % bound
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const FUNCTIONS: usize = 12;

/// A program that runs natively on Linux: it computes, writes all that it
/// computed to standard output and exits with 0. `%rbx` holds the address of
/// 64 KiB of memory below 4 GiB, `%r12` counts loops.
pub(crate) fn program(seed: u64, lines: bool) -> String {
    let mut random = Random::new(seed);
    let mut out = String::from(START);
    if lines {
        out.push_str(".file 1 \"/\" \"case.c\"\n");
    }
    for number in 0..FUNCTIONS {
        function(&mut random, number, lines, &mut out);
    }
    if lines {
        out.push_str(UNIT);
        for number in 0..FUNCTIONS {
            out.push_str(&format!(".byte 2\n.quad f{number}\n.quad .Lend{number}-f{number}\n"));
        }
        out.push_str(".byte 0\n.Lunit_end:\n");
    }
    out
}

/// Maps memory, clears registers, runs `f0`, prints registers and memory.
const START: &str = "
.data
.p2align 4
data: .quad 0x123456789abcdef, 0x1122334455667788, f1, f2
.text
.globl _start
.type _start,@function
.p2align 5
_start:
    movl $9, %eax
    movl $0x20000000, %edi
    movl $0x10000, %esi
    movl $3, %edx
    movl $0x32, %r10d
    movl $-1, %r8d
    xorl %r9d, %r9d
    syscall
    movl $0x20000000, %ebx
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %ebp, %ebp
    xorl %r11d, %r11d
    .bundle_lock align_to_end
    call f0
    .bundle_unlock
    movq %rax, (%rbx)
    movq %rdx, 8(%rbx)
    movq %rsi, 16(%rbx)
    movq %rdi, 24(%rbx)
    movq %r8, 32(%rbx)
    movups %xmm1, 48(%rbx)
    movl $1, %eax
    movl $1, %edi
    movq %rbx, %rsi
    movl $4096, %edx
    syscall
    xorl %edi, %edi
    movl $60, %eax
    syscall
.size _start, .-_start
";

/// Debugging information (DWARF 5): one unit, which has functions.
const UNIT: &str = "
.section .debug_line,\"\",@progbits
.Llines:
.section .debug_abbrev,\"\",@progbits
.byte 1, 0x11, 1, 0x10, 0x17, 0x11, 0x01, 0x12, 0x07, 0, 0
.byte 2, 0x2e, 0, 0x11, 0x01, 0x12, 0x07, 0, 0
.byte 0
.section .debug_info,\"\",@progbits
.long .Lunit_end-.Lunit
.Lunit:
.short 5
.byte 1, 8
.long .debug_abbrev
.byte 1
.long .Llines
.quad f0
.quad .Lend11-f0
";

fn function(random: &mut Random, number: usize, lines: bool, out: &mut String) {
    let w = &mut *out;
    macro_rules! line { ($($arg:tt)*) => { writeln!(w, $($arg)*).expect("write to a string") } }
    line!(".globl f{number}\n.type f{number},@function\n.p2align 5\nf{number}:\n.cfi_startproc");
    line!("pushq %r12\n.cfi_def_cfa_offset 16\nsubq $256, %rsp\n.cfi_def_cfa_offset 272");
    if lines {
        line!(".loc 1 {} 0 prologue_end", number * 1000 + 1);
    }
    let blocks = 2 + random.below(6);
    for block in 0..blocks {
        line!(".Lf{number}_{block}:");
        let looping = random.below(3) == 0;
        if looping {
            line!("movl ${}, %r12d\n.Lloop{number}_{block}:", 1 + random.below(5));
        }
        for step in 0..1 + random.below(30) {
            if lines && random.below(4) == 0 {
                line!(".loc 1 {}", number * 1000 + block * 50 + step + 2);
            }
            if random.below(25) == 0 {
                line!(".cfi_def_cfa_offset {}", 272 + 8 * random.below(4));
            }
            line!("{}", instruction(random));
        }
        if looping {
            line!("decl %r12d\njnz .Lloop{number}_{block}");
        }
        if random.below(3) == 0 {
            line!("{} .Lf{number}_{}", random.pick(&["jz", "jnz", "jc", "js", "jmp"]), block + 1);
        }
        if number + 1 < FUNCTIONS && random.below(4) == 0 {
            let target = number + 1 + random.below(FUNCTIONS - number - 1);
            match random.below(2) {
                0 => line!(".bundle_lock align_to_end\ncall f{target}\n.bundle_unlock"),
                _ => line!("call f{target}\n.p2align 5, 0x90"),
            }
        }
    }
    line!(".Lf{number}_{blocks}:\naddq $256, %rsp\n.cfi_def_cfa_offset 16\npopq %r12\n.cfi_def_cfa_offset 8");
    line!("ret\n.Lend{number}:\n.cfi_endproc\n.size f{number}, .-f{number}");
}

fn instruction(random: &mut Random) -> String {
    const R64: [&str; 7] = ["%rax", "%rcx", "%rdx", "%rsi", "%rdi", "%r8", "%r9"];
    const R32: [&str; 7] = ["%eax", "%ecx", "%edx", "%esi", "%edi", "%r8d", "%r9d"];
    const ALU: [&str; 6] = ["add", "sub", "xor", "and", "or", "mov"];
    let small = random.below(100);
    let large = random.below(1 << 30);
    let place = 8 * random.below(400);
    let op = random.pick(&ALU);
    match random.below(16) {
        0 | 1 => format!("{op}q {}, {}", random.pick(&R64), random.pick(&R64)),
        2 => format!("{op}l {}, {}", random.pick(&R32), random.pick(&R32)),
        3 => format!("{op}q ${small}, {}", random.pick(&R64)),
        4 => format!("{op}l ${large}, {}", random.pick(&R32)),
        5 => format!("movabsq ${large}{small:02}000, {}", random.pick(&R64)),
        6 => format!("leaq {small}({},{},4), {}", random.pick(&R64), random.pick(&R64), random.pick(&R64)),
        7 => format!("{op}q {}, %gs:{place}(%ebx)", random.pick(&R64)),
        8 => format!("{op}l %gs:{place}(%ebx), {}", random.pick(&R32)),
        9 => format!("movq {}, {}(%rsp)", random.pick(&R64), small & !7),
        10 => format!("{op}q data+{}(%rip), {}", small & 8, random.pick(&R64)),
        11 => format!("cmpl ${small}, data(%rip)\nsetc %gs:{place}(%ebx)"),
        12 => format!("movups data(%rip), %xmm1\npaddd %xmm1, %xmm1\nmovups %xmm1, %gs:{place}(%ebx)"),
        13 => format!("imulq ${large}, {}, {}", random.pick(&R64), random.pick(&R64)),
        14 => format!("shrq ${}, {}\nnop", 1 + small % 60, random.pick(&R64)),
        _ => format!(
            ".bundle_lock\nxorl %r11d, %r11d\naddq $32, %r11\n{op}q %r11, {}\n.bundle_unlock",
            random.pick(&R64)
        ),
    }
}
