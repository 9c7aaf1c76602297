//! Calls of functions in a sandbox: the short way in and out.
//!
//! A function call keeps less than a system call does: of the sandbox's
//! registers only the results matter afterwards, and of the host's state only
//! what the code in the sandbox can have changed (`Care`) is put back. So the
//! general state of `switch.rs` is neither saved nor loaded, unless the
//! sandbox leaves in another way than by returning.
//!
//! The sandbox is entered at its entry page, which calls the function in `%r10`
//! by the kind of branch that fits its form of return, so that predictors of
//! return addresses are right on both sides:
//!
//! ```text
//!   jump   leaq 1f(%rip), %r11; pushq %r11; [mask %r10; jmpq *%r10]
//!   ret    [mask %r10; callq *%r10]
//!          .p2align 5
//!   1:     runtime call "return to host"
//! ```
//!
//! The host's stack is as in `switch.rs`; MXCSR and the x87 control word are
//! stored there when the sandbox can change them. Arguments and results stay in
//! registers; the frame's are not touched.

use super::{
    frame::{Care, Frame, Reason},
    switch::{LEFT_BY_RETURN, REGISTERS, reason},
};
use lfi_abi::{
    Returns,
    layout::{ENTRY_PAGE, RUNTIME_PAGE, page},
};
use std::{
    arch::{asm, global_asm},
    mem::offset_of,
};

/// `call` did nothing: the thread has not been prepared, or is on its alternate
/// signal stack.
const UNPREPARED: u32 = 3;

// r11 = frame, r10 = function; rdi, rsi, rdx, rcx, r8, r9 = arguments, xmm0 to
// xmm7 as well in the second form, with their number in rax
// -> ecx = why it came back; rax, rdx, xmm0, xmm1 = results.
// Callee-saved registers are preserved, all others are not.
global_asm!(
    ".pushsection .text.lfi_runtime_call,\"ax\",@progbits",
    ".macro lfi_runtime_x64_enter_call name, first_vector:vararg",
    ".p2align 6",
    ".hidden \\name",
    ".globl \\name",
    ".type \\name,@function",
    "\\name:",
    ".cfi_startproc",
    ".irp register, rbp,rbx,r12,r13,r14,r15",
    "pushq %\\register",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset %\\register, 0",
    ".endr",
    "subq $8, %rsp",
    ".cfi_adjust_cfa_offset 8",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rbx",
    "movq %rsp, {host_rsp}(%r11)",
    // The thread has an alternate signal stack, and this is not it: a fault would
    // overwrite it.
    "movq %rsp, %r13",
    "subq %fs:16(%rbx), %r13",
    "cmpq %fs:24(%rbx), %r13",
    "jae 9f",
    // %gs: as a rule it is still as the last call left it.
    "movq {base}(%r11), %rbp",
    "rdgsbaseq %r12",
    "cmpq %rbp, %r12",
    "jne 6f",
    "1:",
    // This frame is the current one.
    "movq %r11, %fs:(%rbx)",
    "cmpb $0, {care}(%r11)",
    "jne 7f",
    "2:",
    // Vector registers: the low halves of arguments, and nothing of the host's.
    ".irp i, \\first_vector",
    "vmovq %xmm\\i, %xmm\\i",
    ".endr",
    ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
    ".ifc \\first_vector,",
    "vpxor %xmm\\i, %xmm\\i, %xmm\\i",
    ".else",
    ".if \\i > 7",
    "vpxor %xmm\\i, %xmm\\i, %xmm\\i",
    ".endif",
    ".endif",
    ".endr",
    // Where to go, and the stack: both inside the slot whatever the frame says.
    "movl {rsp}(%r11), %esp",
    "addq %rbp, %rsp",
    "leaq {entry}(%rbp), %r11",
    ".irp register, ebx,ebp,r12d,r13d,r14d,r15d",
    "xorl %\\register, %\\register",
    ".endr",
    "jmpq *%r11",
    // %gs: keep the host's base, unless it is one that we left there.
    "6:",
    "cmpq %fs:8(%rbx), %r12",
    "je 5f",
    "movq %r12, {host_gs}(%r11)",
    "movb $1, {after}(%r11)",
    "wrgsbaseq %rbp",
    "jmp 1b",
    "5:",
    "movq %rbp, %fs:8(%rbx)",
    "wrgsbaseq %rbp",
    "jmp 1b",
    // What this sandbox's code can see or change.
    "7:",
    "testb ${x87_control}, {care}(%r11)",
    "je 4f",
    "fnstcw 4(%rsp)",
    // The status word tells what the host has computed.
    "fnstsw 6(%rsp)",
    "cmpw $0, 6(%rsp)",
    "je 8f",
    "fninit",
    "8:",
    "fldcw {legacy}(%r11)",
    "4:",
    "testb ${mxcsr}, {care}(%r11)",
    "je 4f",
    "stmxcsr (%rsp)",
    "ldmxcsr {legacy}+24(%r11)",
    "4:",
    "testb ${wide}, {care}(%r11)",
    "je 2b",
    ".irp i, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "vpxord %zmm\\i, %zmm\\i, %zmm\\i",
    ".endr",
    ".irp i, 0,1,2,3,4,5,6,7",
    "kxorq %k\\i, %k\\i, %k\\i",
    ".endr",
    "jmp 2b",
    "9:",
    "movl ${unprepared}, %ecx",
    "jmp lfi_runtime_x64_call_end",
    ".cfi_endproc",
    ".size \\name, . - \\name",
    ".endm",
    "lfi_runtime_x64_enter_call lfi_runtime_x64_call",
    "lfi_runtime_x64_enter_call lfi_runtime_x64_call_with_vectors, 0,1,2,3,4,5,6,7",
    ".purgem lfi_runtime_x64_enter_call",
    // The function has returned. rcx = frame.
    ".p2align 6",
    ".hidden lfi_runtime_x64_called_return",
    ".globl lfi_runtime_x64_called_return",
    ".type lfi_runtime_x64_called_return,@function",
    "lfi_runtime_x64_called_return:",
    ".cfi_startproc",
    ".cfi_def_cfa %rsp, 64",
    ".cfi_offset %rbp, -16",
    ".cfi_offset %rbx, -24",
    ".cfi_offset %r12, -32",
    ".cfi_offset %r13, -40",
    ".cfi_offset %r14, -48",
    ".cfi_offset %r15, -56",
    "movq {host_rsp}(%rcx), %rsp",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rsi",
    "movq $0, %fs:(%rsi)",
    // No upper halves that would slow the host down.
    "vzeroupper",
    "cmpb $0, {after}(%rcx)",
    "jne 7f",
    "1:",
    "movl ${returned}, %ecx",
    "lfi_runtime_x64_call_end:",
    ".cfi_remember_state",
    "addq $8, %rsp",
    ".cfi_adjust_cfa_offset -8",
    ".irp register, r15,r14,r13,r12,rbx,rbp",
    "popq %\\register",
    ".cfi_adjust_cfa_offset -8",
    ".cfi_restore %\\register",
    ".endr",
    "retq",
    ".cfi_restore_state",
    "7:",
    "movb {care}(%rcx), %sil",
    "movb %sil, {after}(%rcx)",
    "movq {host_gs}(%rcx), %rdi",
    "testq %rdi, %rdi",
    "je 4f",
    "movq $0, {host_gs}(%rcx)",
    "wrgsbaseq %rdi",
    "4:",
    "testb ${direction}, %sil",
    "je 4f",
    "cld",
    "4:",
    "testb ${mxcsr}, %sil",
    "je 4f",
    "stmxcsr {legacy}+24(%rcx)",
    "ldmxcsr (%rsp)",
    "4:",
    "testb ${x87}, %sil",
    "je 1b",
    "testb ${x87_control}, %sil",
    "je 4f",
    "fnstcw {legacy}(%rcx)",
    "4:",
    // An exception that the sandbox has left behind must not strike the host as
    // soon as that unmasks it.
    "fnstsw 6(%rsp)",
    "cmpb $0, 6(%rsp)",
    "je 4f",
    "fnclex",
    "4:",
    "emms",
    "testb ${x87_control}, %sil",
    "je 1b",
    "fldcw 4(%rsp)",
    "jmp 1b",
    ".cfi_endproc",
    ".size lfi_runtime_x64_called_return, . - lfi_runtime_x64_called_return",
    ".popsection",
    entry = const ENTRY_PAGE,
    unprepared = const UNPREPARED,
    returned = const LEFT_BY_RETURN,
    x87 = const Care::X87,
    x87_control = const Care::X87_CONTROL,
    mxcsr = const Care::MXCSR,
    direction = const Care::DIRECTION,
    wide = const Care::WIDE,
    legacy = const offset_of!(Frame, extended.legacy),
    care = const offset_of!(Frame, care),
    after = const offset_of!(Frame, after),
    host_rsp = const offset_of!(Frame, host_rsp),
    host_gs = const offset_of!(Frame, host_gs),
    base = const offset_of!(Frame, base),
    rsp = const REGISTERS + 56,
    options(att_syntax)
);

unsafe extern "C" {
    fn lfi_runtime_x64_call();
    fn lfi_runtime_x64_call_with_vectors();
}

/// Arguments of a call that travel in registers, as the psABI has them.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallArguments {
    /// `rdi`, `rsi`, `rdx`, `rcx`, `r8`, `r9`.
    pub integers: [u64; 6],
    /// The low halves of vector registers 0 to 7.
    pub vectors: [u64; 8],
    /// How many of these are used. Variadic functions are told.
    pub vectors_used: usize,
}

/// Results of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallResults {
    /// `rax`.
    pub rax: u64,
    /// `rdx`.
    pub rdx: u64,
    /// The low halves of vector registers 0 and 1.
    pub vectors: [u64; 2],
}

/// Calls the function at `function`, on the stack that the frame's `rsp` says.
/// Nothing is done when the thread has not been prepared or is on its
/// alternate signal stack. The results mean something when the function has returned.
///
/// # Safety
/// As `enter`; the slot has its entry page, its code is short
/// ([`Care::is_short`]), and `frame.care` and `frame.after` are equal.
#[inline]
pub(crate) unsafe fn call(
    frame: &mut Frame,
    function: u64,
    arguments: &CallArguments,
) -> (Option<Reason>, CallResults) {
    let [rdi, rsi, mut rdx, mut rcx, r8, r9] = arguments.integers;
    let mut rax = arguments.vectors_used as u64;
    let [mut xmm0, mut xmm1, x2, x3, x4, x5, x6, x7] = arguments.vectors.map(f64::from_bits);
    macro_rules! call {
        ($form:ident) => {
            // SAFETY: as promised by the caller. All that a C function may change is an output or clobbered.
            unsafe {
                asm!(
                    "call {form}",
                    form = sym $form,
                    inout("rax") rax,
                    inout("rdx") rdx,
                    inout("rcx") rcx,
                    inout("rdi") rdi => _,
                    inout("rsi") rsi => _,
                    inout("r8") r8 => _,
                    inout("r9") r9 => _,
                    inout("r10") function => _,
                    inout("r11") &raw mut *frame => _,
                    inout("xmm0") xmm0,
                    inout("xmm1") xmm1,
                    inout("xmm2") x2 => _,
                    inout("xmm3") x3 => _,
                    inout("xmm4") x4 => _,
                    inout("xmm5") x5 => _,
                    inout("xmm6") x6 => _,
                    inout("xmm7") x7 => _,
                    clobber_abi("C"),
                );
            }
        };
    }
    // Without arguments in vector registers these are cleared in either form.
    match arguments.vectors_used {
        0 => call!(lfi_runtime_x64_call),
        _ => call!(lfi_runtime_x64_call_with_vectors),
    }
    let results = CallResults { rax, rdx, vectors: [xmm0.to_bits(), xmm1.to_bits()] };
    // The usual answer first.
    match rcx as u32 {
        LEFT_BY_RETURN => (Some(Reason::Return), results),
        UNPREPARED => (None, results),
        why => (Some(reason(why)), results),
    }
}

/// The code at the start of an entry page.
pub(crate) fn entry_code(returns: Returns) -> [u8; 64] {
    let mut code = [0; 64];
    let (call, come_back) = code.split_at_mut(32);
    let mask_and_branch = |branch: u8| {
        let [low, high, ..] = (RUNTIME_PAGE + page::BASE).to_le_bytes();
        // andl $-32, %r10d; addq %gs:BASE, %r10; jmpq or callq *%r10
        [0x41, 0x83, 0xe2, 0xe0, 0x65, 0x4c, 0x03, 0x14, 0x25, low, high, 1, 0, 0x41, 0xff, branch]
    };
    match returns {
        Returns::Jump => {
            // leaq 25(%rip), %r11; pushq %r11
            put(call, [[0x4c, 0x8d, 0x1d, 25, 0, 0, 0, 0x41].as_slice(), &[0x53], &mask_and_branch(0xe2)]);
            call[25..].copy_from_slice(&[0x0f, 0x1f, 0x80, 0, 0, 0, 0]); // nopl
        }
        // The call must end where its bundle does.
        Returns::Ret => put(call, [NOP_8.as_slice(), &NOP_8, &mask_and_branch(0xd2)]),
    }
    let [low, high, ..] = (RUNTIME_PAGE + page::RETURN).to_le_bytes();
    let leave = [0x4c, 0x8d, 0x1d, 8, 0, 0, 0, 0x65, 0xff, 0x24, 0x25, low, high, 1, 0]; // leaq 8(%rip), %r11; jmpq *%gs:RETURN
    put(come_back, [NOP_8.as_slice(), &NOP_9, &leave]);
    code
}

/// `nopl 0(%rax,%rax)` with a long displacement, and the same with an operand-size prefix.
const NOP_8: [u8; 8] = [0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0];
const NOP_9: [u8; 9] = [0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0];

/// Fills the start of `place` with the parts.
fn put(place: &mut [u8], parts: [&[u8]; 3]) {
    let bytes = parts.concat();
    place[..bytes.len()].copy_from_slice(&bytes);
}
