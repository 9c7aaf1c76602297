//! Callbacks: functions of the host that code in a sandbox calls.
//!
//! In a stay that `call` began, the host's function runs on the host's stack,
//! just below what `call` has put there: on its way the sandbox's callee-saved
//! registers stay where they are, since the host's function preserves them, and
//! predictors of return addresses are right on both sides.
//!
//! ```text
//!   the host's stack pointer + 24   what called `call`
//!                            - 16   what `call` keeps there: see switch.rs
//!                            - 232  Record: arguments, results; the sandbox's stack pointer
//!                                   and where it goes on, which nothing in the sandbox can change
//! ```
//!
//! While the host's function runs nobody is inside: the frame is not current,
//! control words and `%gs` base are the host's. It may call into this or other
//! sandboxes, which writes the frame anew; the host's stack pointer is put back here.
//!
//! A stay that `enter` began is left instead, like for a system call
//! (`switch.rs`): whoever began it calls the host's function.

use super::{
    frame::{Care, Frame, RawTrap, Registers},
    switch::{LEFT_BY_TRAP, REGISTERS},
};
use crate::{CallbackArguments, CallbackResults};
use lfi_abi::layout::{RUNTIME_PAGE, page};
use std::{arch::global_asm, mem::offset_of};

/// `call` came back because a callback said so.
pub(super) const LEFT_BY_ABANDONING: u32 = 5;

/// What the host's function is told, and says.
#[repr(C)]
pub(crate) struct Record {
    arguments: CallbackArguments,
    /// From here on at a multiple of 16: what is cleared by 16 bytes can then be read by 8 without waiting.
    frame: *mut Frame,
    /// When the call is abandoned, `rax` in it is what `call` comes back with.
    results: CallbackResults,
    /// Behind the runtime call.
    site: u64,
    _alignment: u64,
}

/// The host's stack pointer is 8 off a multiple of 16, and the host's function wants one.
const _: () = assert!(size_of::<Record>() % 16 == 8 && offset_of!(Record, results) % 16 == 0);

/// What becomes of the stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Verdict {
    GoOn = 0,
    /// The call comes back to the host at once.
    Abandon = 1,
    /// It ends with a trap, which the frame has.
    Trap = 2,
}

/// Answers callbacks for a host. No panic leaves it.
pub(crate) type Dispatch<H> = unsafe extern "C" fn(record: *mut Record, host: *mut H, frame: *mut Frame) -> Verdict;

impl Record {
    /// Arguments, and results to be filled in.
    #[inline]
    pub(crate) fn parts(&mut self) -> (&CallbackArguments, &mut CallbackResults) {
        (&self.arguments, &mut self.results)
    }

    /// Where the sandbox goes on.
    #[inline]
    pub(crate) fn site(&self) -> u64 {
        self.site
    }

    /// Makes the frame one that has trapped at `pc`. The assembly adds the callee-saved registers.
    pub(crate) fn set_trap(&self, frame: &mut Frame, trap: RawTrap, pc: u64) {
        let [rdi, rsi, rdx, rcx, r8, r9] = self.arguments.integers;
        let (rsp, r11) = (self.arguments.stack_pointer, self.site);
        frame.registers = Registers { rdi, rsi, rdx, rcx, r8, r9, rsp, r11, rip: pc, ..Registers::default() };
        frame.trap = trap;
    }
}

global_asm!(
    ".pushsection .text.lfi_runtime_callback,\"ax\",@progbits",
    // r11 = where the sandbox goes on; arguments in registers as the psABI has
    // them. rax and r10 are free.
    ".p2align 6",
    ".hidden lfi_runtime_x64_callback",
    ".globl lfi_runtime_x64_callback",
    ".type lfi_runtime_x64_callback,@function",
    "lfi_runtime_x64_callback:",
    ".cfi_startproc",
    // From where the stack is the host's.
    ".cfi_def_cfa %rsp, 40 + {record}",
    ".cfi_offset %rbp, -16",
    ".cfi_offset %rbx, -24",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rax",
    "cmpq $0, %fs:40(%rax)",
    "jne 6f",
    "11:",
    "movq %rsp, %r10",
    "movq %fs:32(%rax), %rsp",
    "subq ${record}+16, %rsp",
    "movq %rdi, (%rsp)",
    "movq %rsi, 8(%rsp)",
    "movq %rdx, 16(%rsp)",
    "movq %rcx, 24(%rsp)",
    "movq %r8, 32(%rsp)",
    "movq %r9, 40(%rsp)",
    // By pairs: stores are what there is most of.
    "vmovlhps %xmm1, %xmm0, %xmm0",
    "vmovlhps %xmm3, %xmm2, %xmm2",
    "vmovlhps %xmm5, %xmm4, %xmm4",
    "vmovlhps %xmm7, %xmm6, %xmm6",
    ".irp i, 0,2,4,6",
    "vmovdqu %xmm\\i, {vectors}+8*\\i(%rsp)",
    ".endr",
    "movq %r10, {stack_pointer}(%rsp)",
    "movq %r11, {site}(%rsp)",
    "movq %fs:(%rax), %rdx",
    "movq $0, %fs:(%rax)",
    "movq %rdx, {frame}(%rsp)",
    // No upper halves that would slow the host down.
    "vzeroupper",
    "cmpq $0, %fs:40(%rax)",
    "jne 5f",
    "12:",
    "movq %rsp, %rdi",
    "movq {record}(%rsp), %rsi",
    "callq *{record}+8(%rsp)",
    "testl %eax, %eax",
    "jne 9f",
    // Back in, as `call` goes in: but the callee-saved registers are the sandbox's.
    // The frame is as `call` has pushed it, and what has not changed is not
    // written: then the next callback need not wait for this one's stores.
    "movq {frame}(%rsp), %r11",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rsi",
    "leaq {record}+16(%rsp), %rax",
    "cmpq %rax, %fs:32(%rsi)",
    "jne 4f",
    "1:",
    "movq {base}(%r11), %rdi",
    "cmpq %fs:8(%rsi), %rdi",
    "jne 7f",
    ".hidden lfi_runtime_x64_callback_look",
    ".globl lfi_runtime_x64_callback_look",
    "lfi_runtime_x64_callback_look:",
    "cmpq %gs:{base_word}, %rdi",
    "jne 7f",
    "2:",
    "movq %r11, %fs:(%rsi)",
    "cmpb $0, {care}(%r11)",
    "jne 8f",
    "3:",
    "vmovq {results}+16(%rsp), %xmm0",
    "vmovq {results}+24(%rsp), %xmm1",
    ".irp i, 2,3,4,5,6,7,8,9,10,11,12,13,14,15",
    "vpxor %xmm\\i, %xmm\\i, %xmm\\i",
    ".endr",
    "movq {results}(%rsp), %rax",
    "movq {results}+8(%rsp), %rdx",
    "movl {site}(%rsp), %r11d",
    "andl $-32, %r11d",
    "addq %rdi, %r11",
    "movl {stack_pointer}(%rsp), %esp",
    "addq %rdi, %rsp",
    ".irp register, ecx,esi,edi,r8d,r9d,r10d",
    "xorl %\\register, %\\register",
    ".endr",
    "jmpq *%r11",
    "4:",
    "movq %rax, %fs:32(%rsi)",
    "jmp 1b",
    "5:",
    "movq %rdx, %rcx",
    "call lfi_runtime_x64_state_out",
    "jmp 12b",
    "6:",
    "movq %fs:(%rax), %r10",
    "cmpb $0, {entered}(%r10)",
    "je 11b",
    "jmp lfi_runtime_x64_callback_exit",
    ".hidden lfi_runtime_x64_callback_base",
    ".globl lfi_runtime_x64_callback_base",
    "lfi_runtime_x64_callback_base:",
    "7:",
    ".irp register, rbp,rbx,r15",
    "pushq %\\register",
    ".cfi_adjust_cfa_offset 8",
    ".endr",
    "movq %rdi, %rbp",
    "movq %rsi, %rbx",
    "call lfi_runtime_x64_base_in",
    ".irp register, r15,rbx,rbp",
    "popq %\\register",
    ".cfi_adjust_cfa_offset -8",
    ".endr",
    "jmp 2b",
    "8:",
    "movq $1, %fs:40(%rsi)",
    "call lfi_runtime_x64_state_in",
    // Results on the x87 stack, if any code there is to see them, and the host to clear it.
    "testb ${with_x87}, {care}(%r11)",
    "je 3b",
    "cmpb $1, {x87_used}(%rsp)",
    "jb 3b",
    "je 4f",
    "fldt {x87}+16(%rsp)",
    "4:",
    "fldt {x87}(%rsp)",
    "jmp 3b",
    // It does not go back in. The host's registers are on its stack.
    "9:",
    "cmpl ${trap}, %eax",
    "jne 3f",
    "movq {frame}(%rsp), %r11",
    "movq %rbx, {registers}+8(%r11)",
    "movq %rbp, {registers}+48(%r11)",
    "movq %r12, {registers}+96(%r11)",
    "movq %r13, {registers}+104(%r11)",
    "movq %r14, {registers}+112(%r11)",
    "movq %r15, {registers}+120(%r11)",
    "movl ${left_by_trap}, %r15d",
    "jmp 4f",
    "3:",
    "movl ${abandoning}, %r15d",
    "4:",
    "movq {results}(%rsp), %rax",
    "addq ${record}+16, %rsp",
    ".cfi_adjust_cfa_offset -{record}-16",
    "jmp lfi_runtime_x64_call_end",
    ".cfi_endproc",
    ".size lfi_runtime_x64_callback, . - lfi_runtime_x64_callback",
    ".popsection",
    record = const size_of::<Record>(),
    vectors = const offset_of!(Record, arguments.vectors),
    results = const offset_of!(Record, results.registers),
    stack_pointer = const offset_of!(Record, arguments.stack_pointer),
    site = const offset_of!(Record, site),
    frame = const offset_of!(Record, frame),
    x87_used = const offset_of!(Record, results.x87_used),
    x87 = const offset_of!(Record, results.x87),
    with_x87 = const Care::X87,
    care = const offset_of!(Frame, care),
    entered = const offset_of!(Frame, entered),
    base = const offset_of!(Frame, base),
    base_word = const RUNTIME_PAGE + page::BASE,
    registers = const REGISTERS,
    trap = const Verdict::Trap as u32,
    abandoning = const LEFT_BY_ABANDONING,
    left_by_trap = const LEFT_BY_TRAP,
    options(att_syntax)
);

unsafe extern "C" {
    fn lfi_runtime_x64_callback();
    fn lfi_runtime_x64_callback_look();
    fn lfi_runtime_x64_callback_base();
}

/// Where it looks at the word behind the `%gs` base, and goes on when that faults.
pub(super) fn look() -> (*const (), *const ()) {
    (lfi_runtime_x64_callback_look as *const (), lfi_runtime_x64_callback_base as *const ())
}

/// Where the runtime call enters.
pub(super) fn entry() -> u64 {
    lfi_runtime_x64_callback as *const () as u64
}
