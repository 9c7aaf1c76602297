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
//! stored there when the sandbox can change them.

use super::{
    frame::{Care, Frame, Reason},
    switch::{LEFT_BY_RETURN, REGISTERS, reason},
};
use lfi_abi::{
    Returns,
    layout::{ENTRY_PAGE, RUNTIME_PAGE, page},
};
use std::{arch::global_asm, mem::offset_of};

/// `call` did nothing: the thread has not been prepared.
const UNPREPARED: u32 = 3;

/// The exceptions that the x87 control word masks.
const X87_MASKS: u32 = 0x3f;

global_asm!(
    ".pushsection .text.lfi_runtime_call,\"ax\",@progbits",
    // rdi = frame -> eax = why it came back.
    ".p2align 6",
    ".hidden lfi_runtime_x64_call",
    ".globl lfi_runtime_x64_call",
    ".type lfi_runtime_x64_call,@function",
    "lfi_runtime_x64_call:",
    ".cfi_startproc",
    ".irp register, rbp,rbx,r12,r13,r14,r15",
    "pushq %\\register",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset %\\register, 0",
    ".endr",
    "subq $8, %rsp",
    ".cfi_adjust_cfa_offset 8",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rcx",
    "cmpb $0, %fs:16(%rcx)",
    "je 9f",
    "movq %rsp, {host_rsp}(%rdi)",
    "movb $1, {called}(%rdi)",
    // The thread pointer where code of exclusive slots reads it.
    "movq {thread_pointer}(%rdi), %rax",
    "movq {thread_pointer_copy}(%rdi), %rdx",
    "movq %rax, (%rdx)",
    // %gs: as a rule it is still as the last call left it.
    "movq $0, {host_gs}(%rdi)",
    "movq {base}(%rdi), %rdx",
    "rdgsbaseq %rax",
    "cmpq %rdx, %rax",
    "jne 6f",
    "1:",
    // This frame is the current one.
    "movq %rdi, %fs:(%rcx)",
    "cmpb $0, {care}(%rdi)",
    "jne 7f",
    "2:",
    // Vector registers: arguments, and nothing of the host's.
    "movq {rax}(%rdi), %rax",
    "testq %rax, %rax",
    "jne 8f",
    ".irp i, 0,1,2,3,4,5,6,7",
    "vpxor %xmm\\i, %xmm\\i, %xmm\\i",
    ".endr",
    "3:",
    ".irp i, 8,9,10,11,12,13,14,15",
    "vpxor %xmm\\i, %xmm\\i, %xmm\\i",
    ".endr",
    // Where to go, and the stack: both inside the slot whatever the frame says.
    "movl {rsp}(%rdi), %esp",
    "addq %rdx, %rsp",
    "leaq {entry}(%rdx), %r11",
    "movq {rcx}(%rdi), %rcx",
    "movq {rdx}(%rdi), %rdx",
    "movq {rsi}(%rdi), %rsi",
    "movq {r8}(%rdi), %r8",
    "movq {r9}(%rdi), %r9",
    "movq {r10}(%rdi), %r10",
    "movq {rdi}(%rdi), %rdi",
    ".irp register, ebx,ebp,r12d,r13d,r14d,r15d",
    "xorl %\\register, %\\register",
    ".endr",
    "jmpq *%r11",
    // %gs: keep the host's base, unless it is one that we left there.
    "6:",
    "cmpq %fs:8(%rcx), %rax",
    "je 5f",
    "movq %rax, {host_gs}(%rdi)",
    "wrgsbaseq %rdx",
    "jmp 1b",
    "5:",
    "movq %rdx, %fs:8(%rcx)",
    "wrgsbaseq %rdx",
    "jmp 1b",
    // What this sandbox's code can see or change.
    "7:",
    "movzbl {care}(%rdi), %esi",
    "testb ${x87}, %sil",
    "je 4f",
    "fnstcw 4(%rsp)",
    "movzwl {legacy}(%rdi), %eax",
    "cmpw 4(%rsp), %ax",
    "je 4f",
    "fldcw {legacy}(%rdi)",
    "4:",
    "testb ${mxcsr}, %sil",
    "je 4f",
    "stmxcsr (%rsp)",
    "ldmxcsr {legacy}+24(%rdi)",
    "4:",
    "testb ${wide}, %sil",
    "je 2b",
    ".irp i, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "vpxord %zmm\\i, %zmm\\i, %zmm\\i",
    ".endr",
    ".irp i, 0,1,2,3,4,5,6,7",
    "kxorq %k\\i, %k\\i, %k\\i",
    ".endr",
    "jmp 2b",
    "8:",
    ".irp i, 0,1,2,3,4,5,6,7",
    "vmovdqu {vectors}+64*\\i(%rdi), %xmm\\i",
    ".endr",
    "jmp 3b",
    "9:",
    "movl ${unprepared}, %eax",
    "jmp 3f",
    // The function has returned. rcx = frame; rax, rdx, xmm0, xmm1 = results.
    ".p2align 5",
    ".hidden lfi_runtime_x64_called_return",
    ".globl lfi_runtime_x64_called_return",
    "lfi_runtime_x64_called_return:",
    "movq {host_rsp}(%rcx), %rsp",
    "movq %rax, {rax}(%rcx)",
    "movq %rdx, {rdx}(%rcx)",
    "vmovdqu %xmm0, {vectors}(%rcx)",
    "vmovdqu %xmm1, {vectors}+64(%rcx)",
    // No upper halves that would slow the host down.
    "vzeroupper",
    "cmpb $0, {care}(%rcx)",
    "jne 7f",
    "1:",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rdx",
    "movq $0, %fs:(%rdx)",
    "movq {host_gs}(%rcx), %rsi",
    "testq %rsi, %rsi",
    "jne 6f",
    "2:",
    "movl ${left_by_return}, %eax",
    "3:",
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
    "6:",
    "wrgsbaseq %rsi",
    "jmp 2b",
    "7:",
    "movzbl {care}(%rcx), %esi",
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
    // An exception that the sandbox left pending must not strike the host:
    // none can while both control words mask all.
    "movzwl {legacy}(%rcx), %eax",
    "cmpw 4(%rsp), %ax",
    "jne 5f",
    "notl %eax",
    "testb ${x87_masks}, %al",
    "jne 5f",
    "emms",
    "jmp 1b",
    "5:",
    "fnclex",
    "fldcw 4(%rsp)",
    "emms",
    "jmp 1b",
    ".cfi_endproc",
    ".size lfi_runtime_x64_call, . - lfi_runtime_x64_call",
    ".popsection",
    entry = const ENTRY_PAGE,
    unprepared = const UNPREPARED,
    left_by_return = const LEFT_BY_RETURN,
    x87 = const Care::X87,
    x87_control = const Care::X87_CONTROL,
    x87_masks = const X87_MASKS,
    mxcsr = const Care::MXCSR,
    direction = const Care::DIRECTION,
    wide = const Care::WIDE,
    legacy = const offset_of!(Frame, extended.legacy),
    vectors = const offset_of!(Frame, extended.vectors),
    care = const offset_of!(Frame, care),
    called = const offset_of!(Frame, called),
    host_rsp = const offset_of!(Frame, host_rsp),
    host_gs = const offset_of!(Frame, host_gs),
    base = const offset_of!(Frame, base),
    thread_pointer = const offset_of!(Frame, thread_pointer),
    thread_pointer_copy = const offset_of!(Frame, thread_pointer_copy),
    rax = const REGISTERS,
    rcx = const REGISTERS + 16,
    rdx = const REGISTERS + 24,
    rsi = const REGISTERS + 32,
    rdi = const REGISTERS + 40,
    rsp = const REGISTERS + 56,
    r8 = const REGISTERS + 64,
    r9 = const REGISTERS + 72,
    r10 = const REGISTERS + 80,
    options(att_syntax)
);

unsafe extern "C" {
    fn lfi_runtime_x64_call(frame: *mut Frame) -> u32;
}

/// Calls the function whose address is in the frame's `r10`, with arguments in
/// its registers as the psABI has them, `rax` the number of vector registers
/// used. Nothing is done when the thread has not been prepared.
///
/// # Safety
/// As `enter`; the slot has its entry page, and its code is short
/// ([`Care::is_short`]).
pub(crate) unsafe fn call(frame: &mut Frame) -> Option<Reason> {
    // SAFETY: as promised by the caller; the assembly follows the C calling convention.
    match unsafe { lfi_runtime_x64_call(frame) } {
        UNPREPARED => None,
        why => Some(reason(why)),
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
