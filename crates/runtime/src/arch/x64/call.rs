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
//! The host's stack is as in `switch.rs`. Arguments and results stay in
//! registers; the frame's are not touched. Callee-saved registers are left to the
//! compiler, which knows where it needs them, but for the two that it does not
//! give away.
//!
//! What is seldom needed is in subroutines, which `callback.rs` shares: it goes
//! out and comes in by the same rules.

use super::{
    callback::{self, Dispatch, LEFT_BY_ABANDONING},
    frame::{Care, Frame, Reason},
    switch::{LEFT_BY_RETURN, NO_BASE, reason},
};
use lfi_abi::layout::{ENTRY_PAGE, RUNTIME_PAGE, page};
use std::{
    arch::{asm, global_asm},
    mem::offset_of,
};

/// `call` did nothing: the thread has not been prepared, or is on its alternate
/// signal stack.
const UNPREPARED: u32 = 4;

// r11 = frame, r10 = function, r14 = the sandbox's stack pointer, r12 = host,
// r13 = who answers callbacks for it; rdi, rsi, rdx, rcx, r8, r9 = arguments,
// xmm0 to xmm7 as well in the second form, with their number in rax
// -> r15d = why it came back; rax, rdx, xmm0, xmm1 = results, or the arguments,
// function and stack pointer as they were, when nothing was done.
// rbx and rbp are preserved, all other registers are not.
global_asm!(
    ".pushsection .text.lfi_runtime_call,\"ax\",@progbits",
    ".macro lfi_runtime_x64_enter_call name, first_vector:vararg",
    ".p2align 6",
    ".hidden \\name",
    ".globl \\name",
    ".type \\name,@function",
    "\\name:",
    ".cfi_startproc",
    ".irp register, rbp,rbx",
    "pushq %\\register",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset %\\register, 0",
    ".endr",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rbx",
    // The thread has an alternate signal stack, and this is not it: a fault would
    // overwrite it.
    "movq %rsp, %r15",
    "subq %fs:16(%rbx), %r15",
    "cmpq %fs:24(%rbx), %r15",
    "jae 9f",
    "movq %rsp, %fs:32(%rbx)",
    ".irp register, r13,r12",
    "pushq %\\register",
    ".cfi_adjust_cfa_offset 8",
    ".endr",
    // %gs: as a rule it is still as the last call left it, see `switch.rs`.
    "movq {base}(%r11), %rbp",
    "cmpq %fs:8(%rbx), %rbp",
    "jne 6f",
    ".hidden \\name\\()_look",
    ".globl \\name\\()_look",
    "\\name\\()_look:",
    "cmpq %gs:{base_word}, %rbp",
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
    "movl %r14d, %esp",
    "addq %rbp, %rsp",
    "leaq {entry}(%rbp), %r11",
    ".irp register, ebx,ebp,r12d,r13d,r14d,r15d",
    "xorl %\\register, %\\register",
    ".endr",
    "jmpq *%r11",
    ".hidden \\name\\()_base",
    ".globl \\name\\()_base",
    "\\name\\()_base:",
    "6:",
    "call lfi_runtime_x64_base_in",
    "jmp 1b",
    "7:",
    "movq $1, %fs:40(%rbx)",
    "call lfi_runtime_x64_state_in",
    "jmp 2b",
    "9:",
    ".cfi_adjust_cfa_offset -16",
    "movl ${unprepared}, %r15d",
    "jmp lfi_runtime_x64_call_end",
    ".cfi_endproc",
    ".size \\name, . - \\name",
    ".endm",
    "lfi_runtime_x64_enter_call lfi_runtime_x64_call",
    "lfi_runtime_x64_enter_call lfi_runtime_x64_call_with_vectors, 0,1,2,3,4,5,6,7",
    ".purgem lfi_runtime_x64_enter_call",
    // %gs on the way in: keep the host's base, unless it is one that we left there.
    // r11 = frame, rbp = base, rbx = thread-local words. Changes r15.
    ".p2align 4",
    ".hidden lfi_runtime_x64_base_in",
    ".globl lfi_runtime_x64_base_in",
    ".type lfi_runtime_x64_base_in,@function",
    "lfi_runtime_x64_base_in:",
    ".cfi_startproc",
    "rdgsbaseq %r15",
    "wrgsbaseq %rbp",
    "testq %r15, %r15",
    "je 5f",
    "cmpq %fs:8(%rbx), %r15",
    "je 5f",
    "cmpq %rbp, %r15",
    "je 5f",
    "movq %r15, {host_gs}(%r11)",
    "movq $1, %fs:40(%rbx)",
    // It is the host's on the next way in, too.
    "movabsq ${no_base}, %r15",
    "movq %r15, %fs:8(%rbx)",
    "retq",
    "5:",
    "movabsq ${no_base}, %r15",
    "testq %rbp, %rbp",
    "cmovneq %rbp, %r15",
    "movq %r15, %fs:8(%rbx)",
    "retq",
    ".cfi_endproc",
    ".size lfi_runtime_x64_base_in, . - lfi_runtime_x64_base_in",
    // What this sandbox's code can see or change, on the way in. r11 = frame.
    ".p2align 4",
    ".hidden lfi_runtime_x64_state_in",
    ".globl lfi_runtime_x64_state_in",
    ".type lfi_runtime_x64_state_in,@function",
    "lfi_runtime_x64_state_in:",
    ".cfi_startproc",
    "testb ${x87_control}, {care}(%r11)",
    "je 4f",
    "fnstcw {host_control}(%r11)",
    // The status word tells what the host has computed.
    "fnstsw {status}(%r11)",
    "cmpw $0, {status}(%r11)",
    "je 8f",
    "fninit",
    "8:",
    "fldcw {legacy}(%r11)",
    "4:",
    "testb ${mxcsr}, {care}(%r11)",
    "je 4f",
    "stmxcsr {host_mxcsr}(%r11)",
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
    ".cfi_def_cfa %rsp, 24",
    ".cfi_offset %rbp, -16",
    ".cfi_offset %rbx, -24",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rcx",
    "cmpq $0, %fs:40(%rcx)",
    "jne 6f",
    "movq %fs:32(%rcx), %rsp",
    "movq $0, %fs:(%rcx)",
    // No upper halves that would slow the host down.
    "vzeroupper",
    "movl ${returned}, %r15d",
    ".hidden lfi_runtime_x64_call_end",
    ".globl lfi_runtime_x64_call_end",
    "lfi_runtime_x64_call_end:",
    ".cfi_remember_state",
    ".irp register, rbx,rbp",
    "popq %\\register",
    ".cfi_adjust_cfa_offset -8",
    ".cfi_restore %\\register",
    ".endr",
    "retq",
    ".cfi_restore_state",
    "6:",
    "movq %fs:(%rcx), %rcx",
    "cmpb $0, {entered}(%rcx)",
    "jne lfi_runtime_x64_return_exit",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rsi",
    "movq %fs:32(%rsi), %rsp",
    "movq $0, %fs:(%rsi)",
    "vzeroupper",
    "call lfi_runtime_x64_state_out",
    "movl ${returned}, %r15d",
    "jmp lfi_runtime_x64_call_end",
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
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rdi",
    "movq $0, %fs:40(%rdi)",
    "movb {care}(%rcx), %sil",
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
    "ldmxcsr {host_mxcsr}(%rcx)",
    "4:",
    "testb ${x87}, %sil",
    "je 4f",
    "testb ${x87_control}, %sil",
    "je 8f",
    "fnstcw {legacy}(%rcx)",
    "8:",
    // An exception that the sandbox has left behind must not strike the host as
    // soon as that unmasks it.
    "fnstsw {status}(%rcx)",
    "cmpb $0, {status}(%rcx)",
    "je 8f",
    "fnclex",
    "8:",
    "emms",
    "testb ${x87_control}, %sil",
    "je 4f",
    "fldcw {host_control}(%rcx)",
    "4:",
    "retq",
    ".cfi_endproc",
    ".size lfi_runtime_x64_state_out, . - lfi_runtime_x64_state_out",
    ".popsection",
    entry = const ENTRY_PAGE,
    base_word = const RUNTIME_PAGE + page::BASE,
    no_base = const NO_BASE,
    unprepared = const UNPREPARED,
    returned = const LEFT_BY_RETURN,
    x87 = const Care::X87,
    x87_control = const Care::X87_CONTROL,
    mxcsr = const Care::MXCSR,
    direction = const Care::DIRECTION,
    wide = const Care::WIDE,
    legacy = const offset_of!(Frame, extended.legacy),
    care = const offset_of!(Frame, care),
    entered = const offset_of!(Frame, entered),
    host_gs = const offset_of!(Frame, host_gs),
    host_mxcsr = const offset_of!(Frame, host_mxcsr),
    host_control = const offset_of!(Frame, host_control),
    status = const offset_of!(Frame, status),
    base = const offset_of!(Frame, base),
    options(att_syntax)
);

unsafe extern "C" {
    fn lfi_runtime_x64_call();
    fn lfi_runtime_x64_call_look();
    fn lfi_runtime_x64_call_base();
    fn lfi_runtime_x64_call_with_vectors();
    fn lfi_runtime_x64_call_with_vectors_look();
    fn lfi_runtime_x64_call_with_vectors_base();
}

/// Where a look at the word behind the `%gs` base goes on that faults at `pc`.
pub(super) fn recovery(pc: u64) -> Option<u64> {
    let looks = [
        (lfi_runtime_x64_call_look as *const (), lfi_runtime_x64_call_base as *const ()),
        (lfi_runtime_x64_call_with_vectors_look as *const (), lfi_runtime_x64_call_with_vectors_base as *const ()),
        callback::look(),
    ];
    looks.into_iter().find(|&(look, _)| look as u64 == pc).map(|(_, base)| base as u64)
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

/// One call of a function.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call {
    /// The function's address.
    pub function: u64,
    /// A multiple of 16. What it finds from there on are arguments.
    pub stack_pointer: u64,
    /// Those in registers. All other registers are zero.
    pub arguments: CallArguments,
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

/// What a call came back with that has not returned.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Called {
    /// Nothing was done: the thread has not been prepared, or is on its alternate
    /// signal stack.
    Unprepared,
    Left(Reason),
    /// A callback has abandoned the call. The word is what it wants to have told.
    Abandoned(u64),
}

impl Called {
    #[cold]
    fn new(why: u32, rax: u64) -> Self {
        match why {
            UNPREPARED => Self::Unprepared,
            LEFT_BY_ABANDONING => Self::Abandoned(rax),
            why => Self::Left(reason(why)),
        }
    }
}

/// Makes a call. Callbacks are answered by `dispatch`, which gets `host`. `call` means
/// nothing afterwards, unless nothing was done.
///
/// # Safety
/// As `enter`; the slot has its entry page, its code is short
/// ([`Care::is_short`]). `dispatch`
/// may be called with `host` until this returns, and leaves `frame` valid and fit
/// to be entered when it says that the sandbox goes on.
#[inline(always)]
pub(crate) unsafe fn call<H>(
    frame: *mut Frame,
    call: &mut Call,
    dispatch: Dispatch<H>,
    host: *mut H,
) -> Result<CallResults, Called> {
    let Call { mut function, mut stack_pointer, arguments } = *call;
    let [mut rdi, mut rsi, mut rdx, mut rcx, mut r8, mut r9] = arguments.integers;
    let mut rax = arguments.vectors_used as u64;
    let mut vectors = arguments.vectors.map(f64::from_bits);
    let why: u32;
    macro_rules! call {
        ($form:ident, $($vectors:tt)*) => {
            // SAFETY: as promised by the caller. All that it changes is an output or clobbered.
            unsafe {
                asm!(
                    "call {form}",
                    form = sym $form,
                    inout("rax") rax,
                    inout("rdx") rdx,
                    inout("rcx") rcx,
                    inout("rdi") rdi,
                    inout("rsi") rsi,
                    inout("r8") r8,
                    inout("r9") r9,
                    inout("r10") function,
                    inout("r11") frame => _,
                    inout("r12") host => _,
                    inout("r13") dispatch => _,
                    inout("r14") stack_pointer,
                    out("r15") why,
                    $($vectors)*
                    clobber_abi("C"),
                );
            }
        };
    }
    let (xmm0, xmm1): (f64, f64);
    match arguments.vectors_used {
        // They are cleared there.
        0 => call!(lfi_runtime_x64_call, out("xmm0") xmm0, out("xmm1") xmm1,),
        _ => {
            call!(
                lfi_runtime_x64_call_with_vectors,
                inout("xmm0") vectors[0],
                inout("xmm1") vectors[1],
                inout("xmm2") vectors[2],
                inout("xmm3") vectors[3],
                inout("xmm4") vectors[4],
                inout("xmm5") vectors[5],
                inout("xmm6") vectors[6],
                inout("xmm7") vectors[7],
            );
            (xmm0, xmm1) = (vectors[0], vectors[1]);
        }
    }
    if why == LEFT_BY_RETURN {
        return Ok(CallResults { rax, rdx, vectors: [xmm0.to_bits(), xmm1.to_bits()] });
    }
    let (integers, vectors) = ([rdi, rsi, rdx, rcx, r8, r9], vectors.map(f64::to_bits));
    *call = Call { function, stack_pointer, arguments: CallArguments { integers, vectors, ..arguments } };
    Err(Called::new(why, rax))
}
