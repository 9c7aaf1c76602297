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
//!
//! What is seldom needed is in subroutines, which `callback.rs` shares: it goes
//! out and comes in by the same rules.

use super::{
    callback::{Dispatch, LEFT_BY_ABANDONING},
    frame::{Care, Frame, Reason},
    switch::{LEFT_BY_RETURN, REGISTERS, reason},
};
use lfi_abi::layout::ENTRY_PAGE;
use std::{
    arch::{asm, global_asm},
    mem::offset_of,
};

/// `call` did nothing: the thread has not been prepared, or is on its alternate
/// signal stack.
const UNPREPARED: u32 = 4;

// r11 = frame, r10 = function, r12 = host, r13 = who answers callbacks for it;
// rdi, rsi, rdx, rcx, r8, r9 = arguments, xmm0 to xmm7 as well in the second
// form, with their number in rax
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
    ".irp register, r11,r13,r12",
    "pushq %\\register",
    ".cfi_adjust_cfa_offset 8",
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
    "6:",
    "call lfi_runtime_x64_base_in",
    "jmp 1b",
    "7:",
    "call lfi_runtime_x64_state_in",
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
    // %gs on the way in: keep the host's base, unless it is one that we left there.
    // r11 = frame, rbp = base, rbx = thread-local words, r12 = the %gs base. All are preserved.
    ".p2align 4",
    ".hidden lfi_runtime_x64_base_in",
    ".globl lfi_runtime_x64_base_in",
    ".type lfi_runtime_x64_base_in,@function",
    "lfi_runtime_x64_base_in:",
    ".cfi_startproc",
    "cmpq %fs:8(%rbx), %r12",
    "je 5f",
    "movq %r12, {host_gs}(%r11)",
    "movb $1, {after}(%r11)",
    "wrgsbaseq %rbp",
    "retq",
    "5:",
    "movq %rbp, %fs:8(%rbx)",
    "wrgsbaseq %rbp",
    "retq",
    ".cfi_endproc",
    ".size lfi_runtime_x64_base_in, . - lfi_runtime_x64_base_in",
    // What this sandbox's code can see or change, on the way in. r11 = frame. Changes r12.
    ".p2align 4",
    ".hidden lfi_runtime_x64_state_in",
    ".globl lfi_runtime_x64_state_in",
    ".type lfi_runtime_x64_state_in,@function",
    "lfi_runtime_x64_state_in:",
    ".cfi_startproc",
    "movq {host_rsp}(%r11), %r12",
    "testb ${x87_control}, {care}(%r11)",
    "je 4f",
    "fnstcw 4(%r12)",
    // The status word tells what the host has computed.
    "fnstsw 6(%r12)",
    "cmpw $0, 6(%r12)",
    "je 8f",
    "fninit",
    "8:",
    "fldcw {legacy}(%r11)",
    "4:",
    "testb ${mxcsr}, {care}(%r11)",
    "je 4f",
    "stmxcsr (%r12)",
    "ldmxcsr {legacy}+24(%r11)",
    "4:",
    "testb ${wide}, {care}(%r11)",
    "je 4f",
    ".irp i, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "vpxord %zmm\\i, %zmm\\i, %zmm\\i",
    ".endr",
    ".irp i, 0,1,2,3,4,5,6,7",
    "kxorq %k\\i, %k\\i, %k\\i",
    ".endr",
    "4:",
    "retq",
    ".cfi_endproc",
    ".size lfi_runtime_x64_state_in, . - lfi_runtime_x64_state_in",
    // The function has returned. %rcx is free.
    ".p2align 6",
    ".hidden lfi_runtime_x64_return",
    ".globl lfi_runtime_x64_return",
    ".type lfi_runtime_x64_return,@function",
    "lfi_runtime_x64_return:",
    ".cfi_startproc",
    ".cfi_def_cfa %rsp, 88",
    ".cfi_offset %rbp, -16",
    ".cfi_offset %rbx, -24",
    ".cfi_offset %r12, -32",
    ".cfi_offset %r13, -40",
    ".cfi_offset %r14, -48",
    ".cfi_offset %r15, -56",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rcx",
    "movq %fs:(%rcx), %rcx",
    "cmpb $0, {entered}(%rcx)",
    "jne lfi_runtime_x64_return_exit",
    "movq {host_rsp}(%rcx), %rsp",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rsi",
    "movq $0, %fs:(%rsi)",
    // No upper halves that would slow the host down.
    "vzeroupper",
    "cmpb $0, {after}(%rcx)",
    "jne 7f",
    "1:",
    "movl ${returned}, %ecx",
    ".hidden lfi_runtime_x64_call_end",
    ".globl lfi_runtime_x64_call_end",
    "lfi_runtime_x64_call_end:",
    ".cfi_remember_state",
    "addq $32, %rsp",
    ".cfi_adjust_cfa_offset -32",
    ".irp register, r15,r14,r13,r12,rbx,rbp",
    "popq %\\register",
    ".cfi_adjust_cfa_offset -8",
    ".cfi_restore %\\register",
    ".endr",
    "retq",
    ".cfi_restore_state",
    "7:",
    "call lfi_runtime_x64_state_out",
    "jmp 1b",
    ".cfi_endproc",
    ".size lfi_runtime_x64_return, . - lfi_runtime_x64_return",
    // What the host gets back on the way out, the %gs base included. rcx = frame.
    // Changes rsi, rdi.
    ".p2align 4",
    ".hidden lfi_runtime_x64_state_out",
    ".globl lfi_runtime_x64_state_out",
    ".type lfi_runtime_x64_state_out,@function",
    "lfi_runtime_x64_state_out:",
    ".cfi_startproc",
    "movb {care}(%rcx), %sil",
    "movb %sil, {after}(%rcx)",
    "movq {host_gs}(%rcx), %rdi",
    "testq %rdi, %rdi",
    "je 4f",
    "movq $0, {host_gs}(%rcx)",
    "wrgsbaseq %rdi",
    "4:",
    "movq {host_rsp}(%rcx), %rdi",
    "testb ${direction}, %sil",
    "je 4f",
    "cld",
    "4:",
    "testb ${mxcsr}, %sil",
    "je 4f",
    "stmxcsr {legacy}+24(%rcx)",
    "ldmxcsr (%rdi)",
    "4:",
    "testb ${x87}, %sil",
    "je 4f",
    "testb ${x87_control}, %sil",
    "je 8f",
    "fnstcw {legacy}(%rcx)",
    "8:",
    // An exception that the sandbox has left behind must not strike the host as
    // soon as that unmasks it.
    "fnstsw 6(%rdi)",
    "cmpb $0, 6(%rdi)",
    "je 8f",
    "fnclex",
    "8:",
    "emms",
    "testb ${x87_control}, %sil",
    "je 4f",
    "fldcw 4(%rdi)",
    "4:",
    "retq",
    ".cfi_endproc",
    ".size lfi_runtime_x64_state_out, . - lfi_runtime_x64_state_out",
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
    entered = const offset_of!(Frame, entered),
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
#[repr(C)]
pub struct CallResults {
    /// `rax`.
    pub rax: u64,
    /// `rdx`.
    pub rdx: u64,
    /// The low halves of vector registers 0 and 1.
    pub vectors: [u64; 2],
}

/// What a call came back with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Called {
    /// Nothing was done: the thread has not been prepared, or is on its alternate
    /// signal stack.
    Unprepared,
    Left(Reason),
    /// A callback has abandoned the call. The word is what it wants to have told.
    Abandoned(u64),
}

/// Calls the function at `function`, on the stack that the frame's `rsp` says.
/// Callbacks are answered by `dispatch`, which gets `host`.
/// The results mean something when the function has returned.
///
/// # Safety
/// As `enter`; the slot has its entry page, its code is short
/// ([`Care::is_short`]), and `frame.care` and `frame.after` are equal. `dispatch`
/// may be called with `host` until this returns, and leaves `frame` valid and fit
/// to be entered when it says that the sandbox goes on.
#[inline(always)]
pub(crate) unsafe fn call<H>(
    frame: *mut Frame,
    function: u64,
    arguments: &CallArguments,
    dispatch: Dispatch<H>,
    host: *mut H,
) -> (Called, CallResults) {
    let [rdi, rsi, mut rdx, mut rcx, r8, r9] = arguments.integers;
    let mut rax = arguments.vectors_used as u64;
    let [x0, x1, x2, x3, x4, x5, x6, x7] = arguments.vectors.map(f64::from_bits);
    macro_rules! call {
        ($form:ident, $($vectors:tt)*) => {
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
                    inout("r11") frame => _,
                    in("r12") host,
                    in("r13") dispatch,
                    $($vectors)*
                    clobber_abi("C"),
                );
            }
        };
    }
    // Without arguments in vector registers these are cleared there.
    let (xmm0, xmm1): (f64, f64);
    match arguments.vectors_used {
        0 => call!(lfi_runtime_x64_call, out("xmm0") xmm0, out("xmm1") xmm1,),
        _ => call!(
            lfi_runtime_x64_call_with_vectors,
            inout("xmm0") x0 => xmm0,
            inout("xmm1") x1 => xmm1,
            inout("xmm2") x2 => _,
            inout("xmm3") x3 => _,
            inout("xmm4") x4 => _,
            inout("xmm5") x5 => _,
            inout("xmm6") x6 => _,
            inout("xmm7") x7 => _,
        ),
    }
    let results = CallResults { rax, rdx, vectors: [xmm0.to_bits(), xmm1.to_bits()] };
    let called = match rcx as u32 {
        // The usual answer first.
        LEFT_BY_RETURN => Called::Left(Reason::Return),
        UNPREPARED => Called::Unprepared,
        LEFT_BY_ABANDONING => Called::Abandoned(rax),
        why => Called::Left(reason(why)),
    };
    (called, results)
}
