//! The context switch.
//!
//! ```text
//!  host                                sandbox
//!  enter(frame) ── registers, %gs ──▶  code ...
//!                                      leaq 8(%rip),%r11; jmpq *%gs:0x10008
//!  enter returns ◀─ leave ◀─ entry ◀── stub page ◀─┘
//! ```
//!
//! `enter` and the entries of the runtime calls meet in the thread-local
//! `lfi_runtime_x64_tls`: its first word is the frame of the context that is
//! inside (sandboxed code never touches `%fs`, so it is always the host's).
//! The second word is the `%gs` base that this thread was left with, so that
//! it is not mistaken for one that the host set, or [`NO_BASE`]: never zero. Reading the base itself takes longer
//! than all the rest of a call: where the second word says that it is the slot's,
//! `call.rs` looks at the word of the runtime page that holds the slot's base,
//! through `%gs`. With any other base, set by the host meanwhile, that is not
//! there (and a fault is recovered from) or another value. The slot at address 0 never has the second word
//! say so: zero is what most memory holds, so that the word behind the base tells nothing. The third and the fourth are
//! the end of the thread's alternate signal stack and the negative of its length:
//! a stack pointer less the third is below the fourth if it is elsewhere, and never
//! in a thread that has no such stack. `call.rs` asks. (The `%gs` base says
//! nothing about a thread: a new one has that of its creator.) The fifth is the host's
//! stack pointer while a context is inside. The sixth is zero when nothing is to
//! be put right on the way out: `call` has entered, nothing beyond registers is to be taken
//! care of, and the host has no `%gs` base to get back. It is always zero while the host runs.
//!
//! The host's stack while a context is inside, from there upwards: rbx, rbp,
//! return address; below it are dispatch and host, but not after `enter`. MXCSR and
//! the x87 control word are kept in the frame when the sandbox can change them.
//!
//! Clobbers seen by the sandbox: `spec/x64/runtime-calls.md`.

use super::{
    callback,
    frame::{Care, Constants, Frame, Reason},
};
use std::{
    arch::{asm, global_asm},
    mem::offset_of,
    ops::Range,
    sync::atomic::AtomicU8,
};

pub(super) const REGISTERS: usize = offset_of!(Frame, registers);

const LEFT_BY_SYSTEM_CALL: u32 = 0;
pub(super) const LEFT_BY_RETURN: u32 = 1;
pub(super) const LEFT_BY_TRAP: u32 = 2;
const LEFT_BY_CALLBACK: u32 = 3;

/// No address: the processor takes no such base.
pub(super) const NO_BASE: u64 = 1 << 63;

/// Control and status word of a clean x87 unit, as the first four bytes of an
/// `fxsave` area.
const X87_CLEAN: u32 = 0x037f;

/// Set where `fxrstor` does not load the x87 instruction and data pointers
/// (AMD before XSAVEERPTR).
pub(super) static X87_POINTERS_STAY: AtomicU8 = AtomicU8::new(0);

global_asm!(
    ".pushsection .tdata.lfi_runtime_tls,\"awT\",@progbits",
    ".p2align 4",
    ".hidden lfi_runtime_x64_tls",
    ".globl lfi_runtime_x64_tls",
    ".type lfi_runtime_x64_tls,@object",
    ".size lfi_runtime_x64_tls,48",
    "lfi_runtime_x64_tls:",
    ".quad 0, {no_base}, 0, 0, 0, 0",
    ".popsection",
    ".pushsection .text.lfi_runtime_switch,\"ax\",@progbits",
    // -> rax = the frame of the context that is inside on this thread, or 0.
    ".p2align 4",
    ".hidden lfi_runtime_x64_current",
    ".globl lfi_runtime_x64_current",
    ".type lfi_runtime_x64_current,@function",
    "lfi_runtime_x64_current:",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rax",
    "movq %fs:(%rax), %rax",
    "retq",
    ".size lfi_runtime_x64_current, . - lfi_runtime_x64_current",
    // -> rax = the host's stack pointer while a context is inside.
    ".p2align 4",
    ".hidden lfi_runtime_x64_host_stack",
    ".globl lfi_runtime_x64_host_stack",
    ".type lfi_runtime_x64_host_stack,@function",
    "lfi_runtime_x64_host_stack:",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rax",
    "movq %fs:32(%rax), %rax",
    "retq",
    ".size lfi_runtime_x64_host_stack, . - lfi_runtime_x64_host_stack",
    // rdi, rsi = what the third and fourth word become.
    ".p2align 4",
    ".hidden lfi_runtime_x64_set_signal_stack",
    ".globl lfi_runtime_x64_set_signal_stack",
    ".type lfi_runtime_x64_set_signal_stack,@function",
    "lfi_runtime_x64_set_signal_stack:",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rax",
    "movq %rdi, %fs:16(%rax)",
    "movq %rsi, %fs:24(%rax)",
    "retq",
    ".size lfi_runtime_x64_set_signal_stack, . - lfi_runtime_x64_set_signal_stack",
    // All registers that are neither program counter nor stack pointer, but %r11; the
    // frame's address last.
    ".macro lfi_runtime_x64_load_registers",
    "movq {rax}(%rdi), %rax",
    "movq {rbx}(%rdi), %rbx",
    "movq {rcx}(%rdi), %rcx",
    "movq {rdx}(%rdi), %rdx",
    "movq {rsi}(%rdi), %rsi",
    "movq {rbp}(%rdi), %rbp",
    "movq {r8}(%rdi), %r8",
    "movq {r9}(%rdi), %r9",
    "movq {r10}(%rdi), %r10",
    "movq {r12}(%rdi), %r12",
    "movq {r13}(%rdi), %r13",
    "movq {r14}(%rdi), %r14",
    "movq {r15}(%rdi), %r15",
    "movq {rdi}(%rdi), %rdi",
    ".endm",
    // rdi = frame, esi = what its care is narrowed to on the way in -> eax = why it came back. rbx and
    // rbp are preserved, all other registers are not. The return address is on the stack, but this is jumped to
    // and jumps back: for the processor's predictor of returns there is no call, and those of the sandbox stay in step.
    ".p2align 5",
    ".hidden lfi_runtime_x64_enter",
    ".globl lfi_runtime_x64_enter",
    ".type lfi_runtime_x64_enter,@function",
    "lfi_runtime_x64_enter:",
    ".cfi_startproc",
    "pushq %rbp",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset %rbp, 0",
    "pushq %rbx",
    ".cfi_adjust_cfa_offset 8",
    ".cfi_rel_offset %rbx, 0",
    "movb $1, {entered}(%rdi)",
    "andb {care}(%rdi), %sil",
    // This frame is the current one.
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rcx",
    "movq %rdi, %fs:(%rcx)",
    "movq %rsp, %fs:32(%rcx)",
    "movq $1, %fs:40(%rcx)",
    // The thread pointer where code of exclusive slots reads it.
    "movq {thread_pointer}(%rdi), %rax",
    "movq {thread_pointer_copy}(%rdi), %rdx",
    "movq %rax, (%rdx)",
    // %gs: keep the host's base, unless it is one that we left there.
    "rdgsbaseq %rax",
    "xorl %edx, %edx",
    "cmpq %fs:8(%rcx), %rax",
    "cmovneq %rax, %rdx",
    "movq %rdx, {host_gs}(%rdi)",
    "movq {base}(%rdi), %rdx",
    "cmpq %rdx, %rax",
    "je 2f",
    "wrgsbaseq %rdx",
    "2:",
    // x87 and MXCSR, if any code can see or change them.
    "testb ${state}, %sil",
    "jne 7f",
    "4:",
    // Vector registers, whole.
    ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
    "vmovdqu {low}+32*\\i(%rdi), %ymm\\i",
    ".endr",
    "testb ${wide}, %sil",
    "jne 5f",
    "6:",
    "cmpb $0, {resumes}(%rdi)",
    "jne 8f",
    // Where to go, and the stack: both inside the slot whatever the frame says.
    "movl {rip}(%rdi), %r11d",
    "andl $-32, %r11d",
    "addq {base}(%rdi), %r11",
    "movl {rsp}(%rdi), %esp",
    "addq {base}(%rdi), %rsp",
    "lfi_runtime_x64_load_registers",
    "jmpq *%r11",
    "5:",
    ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
    "vinserti64x4 $1, {high}+32*\\i(%rdi), %zmm\\i, %zmm\\i",
    ".endr",
    ".irp i, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "vmovdqu64 {upper}+64*(\\i-16)(%rdi), %zmm\\i",
    ".endr",
    ".irp i, 0,1,2,3,4,5,6,7",
    "kmovq {masks}+8*\\i(%rdi), %k\\i",
    ".endr",
    "jmp 6b",
    "7:",
    "testb ${x87}, %sil",
    "jne 5f",
    "stmxcsr {host_mxcsr}(%rdi)",
    "ldmxcsr {legacy}+24(%rdi)",
    "jmp 4b",
    "5:",
    "testb ${x87_whole}, {care}(%rdi)",
    "jne 3f",
    "cmpw $0, {legacy}+2(%rdi)",
    "jne 3f",
    "cmpb $0, {legacy}+4(%rdi)",
    "jne 3f",
    // Empty, as nearly always: as for a call.
    "movq %rdi, %r11",
    "call lfi_runtime_x64_state_in",
    "jmp 4b",
    "3:",
    "stmxcsr {host_mxcsr}(%rdi)",
    "fnstcw {host_control}(%rdi)",
    // What the code cannot change stays the host's.
    "testb ${mxcsr}, {care}(%rdi)",
    "jne 5f",
    "stmxcsr {legacy}+24(%rdi)",
    "5:",
    "testb ${x87_control}, {care}(%rdi)",
    "jne 5f",
    "fnstcw {legacy}(%rdi)",
    "5:",
    // The common state is empty and as after reset: then what the host has left
    // in the registers (MMX shows it) and in the instruction and data pointers is
    // cleared, which is cheaper than loading.
    "cmpl ${x87_clean}, {legacy}(%rdi)",
    "jne 5f",
    "cmpb $0, {legacy}+4(%rdi)",
    "jne 5f",
    "fldz; fldz; fldz; fldz; fldz; fldz; fldz; fldz",
    "emms",
    "fninit",
    "jmp 6f",
    "5:",
    "cmpb $0, {x87_pointers_stay}(%rip)",
    "je 5f",
    "fninit",
    "5:",
    "fxrstor64 {legacy}(%rdi)",
    "6:",
    "ldmxcsr {legacy}+24(%rdi)",
    "jmp 4b",
    // Back to an interrupted instruction: everything as it was, by way of `iretq`,
    // which loads rip, rsp and the flags at once. Of the flags those that
    // sandboxed code can set.
    "8:",
    "movl %ss, %eax",
    "pushq %rax",
    "pushq {rsp}(%rdi)",
    "movl {rflags}(%rdi), %eax",
    "andl $0xcd5, %eax",
    "orl $0x202, %eax",
    "pushq %rax",
    "movl %cs, %eax",
    "pushq %rax",
    "pushq {rip}(%rdi)",
    "movq {r11}(%rdi), %r11",
    "lfi_runtime_x64_load_registers",
    "iretq",
    ".cfi_endproc",
    ".size lfi_runtime_x64_enter, . - lfi_runtime_x64_enter",
    ".purgem lfi_runtime_x64_load_registers",
    // Runtime calls. %r11 = where the sandbox goes on. %rcx is the only
    // register that may be used before the others are saved.
    ".p2align 5",
    ".hidden lfi_runtime_x64_system_call",
    ".globl lfi_runtime_x64_system_call",
    "lfi_runtime_x64_system_call:",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rcx",
    "movq %fs:(%rcx), %rcx",
    // A constant is answered here, with all other registers in place. %r11 needs no
    // mask: see "get thread pointer".
    "cmpq ${numbers}, %rax",
    "jae 5f",
    "cmpb $0, {constants}(%rcx,%rax)",
    "je 5f",
    "movzbl {constants}(%rcx,%rax), %eax",
    "movq {values}-8(%rcx,%rax,8), %rax",
    "movq %r11, %rcx",
    "jmpq *%r11",
    "5:",
    "movq %rbx, {rbx}(%rcx)",
    "movl ${left_by_system_call}, %ebx",
    "jmp 4f",
    // A callback in a stay that `enter` began. r10 = frame; `callback.rs` has seen to
    // that. The fourth argument is put where a system call has it.
    ".p2align 4",
    ".hidden lfi_runtime_x64_callback_exit",
    ".globl lfi_runtime_x64_callback_exit",
    "lfi_runtime_x64_callback_exit:",
    "xorl %eax, %eax", // it has an offset of the host's
    "xchgq %r10, %rcx",
    "movq %rbx, {rbx}(%rcx)",
    "movl ${left_by_callback}, %ebx",
    "jmp 4f",
    // A return in such a stay. rcx = frame; `call.rs` has seen to that.
    ".hidden lfi_runtime_x64_return_exit",
    ".globl lfi_runtime_x64_return_exit",
    "lfi_runtime_x64_return_exit:",
    "movq %rbx, {rbx}(%rcx)",
    "movl ${left_by_return}, %ebx",
    "4:",
    "movq %rax, {rax}(%rcx)",
    "movq %r11, {rcx}(%rcx)", // as the kernel leaves it
    "movq %rdx, {rdx}(%rcx)",
    "movq %rsi, {rsi}(%rcx)",
    "movq %rdi, {rdi}(%rcx)",
    "movq %rbp, {rbp}(%rcx)",
    "movq %rsp, {rsp}(%rcx)",
    "movq %r8, {r8}(%rcx)",
    "movq %r9, {r9}(%rcx)",
    "movq %r10, {r10}(%rcx)",
    "movq %r11, {r11}(%rcx)",
    "movq %r12, {r12}(%rcx)",
    "movq %r13, {r13}(%rcx)",
    "movq %r14, {r14}(%rcx)",
    "movq %r15, {r15}(%rcx)",
    "movq %r11, {rip}(%rcx)",
    // The x87 unit stays as it is over a system call, if whoever entered knows of it.
    "testl %ebx, %ebx",
    "jne lfi_runtime_x64_leave",
    "cmpb $0, {entered}(%rcx)",
    "je lfi_runtime_x64_leave",
    "movb {care}(%rcx), %al",
    "andb ${without_x87}, %al",
    "jmp 4f",
    // rcx = frame, ebx = why. A trap comes here from the signal handler, the
    // general registers already saved.
    ".hidden lfi_runtime_x64_leave",
    ".globl lfi_runtime_x64_leave",
    "lfi_runtime_x64_leave:",
    "movb {care}(%rcx), %al",
    "4:",
    ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
    "vmovdqu %ymm\\i, {low}+32*\\i(%rcx)",
    ".endr",
    "testb ${wide}, %al",
    "je 5f",
    ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15",
    "vextracti64x4 $1, %zmm\\i, {high}+32*\\i(%rcx)",
    ".endr",
    ".irp i, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "vmovdqu64 %zmm\\i, {upper}+64*(\\i-16)(%rcx)",
    ".endr",
    ".irp i, 0,1,2,3,4,5,6,7",
    "kmovq %k\\i, {masks}+8*\\i(%rcx)",
    ".endr",
    "5:",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rdx",
    "movq %fs:32(%rdx), %rsp",
    // Flags: no DF, TF, AC, NT. Verified code can change the first alone, and code
    // that nobody verified is known to change it.
    "testb ${direction}, %al",
    "je 5f",
    "pushq $2",
    "popfq",
    "5:",
    // No upper halves that would slow the host down.
    "vzeroupper",
    "testb ${mxcsr}, %al",
    "je 5f",
    "stmxcsr {legacy}+24(%rcx)",
    "ldmxcsr {host_mxcsr}(%rcx)",
    "5:",
    "testb ${x87}, %al",
    "je 6f",
    "call lfi_runtime_x64_x87_out",
    "6:",
    "movq $0, %fs:(%rdx)",
    "movq $0, %fs:40(%rdx)",
    "movb $0, {entered}(%rcx)",
    // %gs: a host that had a base gets it back.
    "movq {host_gs}(%rcx), %rsi",
    "testq %rsi, %rsi",
    "je 5f",
    "movq $0, {host_gs}(%rcx)",
    "wrgsbaseq %rsi",
    "jmp 6f",
    "5:",
    "movabsq ${no_base}, %rsi",
    "cmpq $0, {base}(%rcx)",
    "cmovneq {base}(%rcx), %rsi",
    "movq %rsi, %fs:8(%rdx)",
    "6:",
    "movl %ebx, %eax", // where `enter` has it
    "movl %ebx, %r15d", // where `call` has it
    "popq %rbx",
    "popq %rbp",
    "popq %rcx",
    "jmpq *%rcx",
    // The x87 unit is the host's from here on. rcx = frame. Changes esi.
    ".p2align 4",
    ".hidden lfi_runtime_x64_x87_out",
    ".globl lfi_runtime_x64_x87_out",
    ".type lfi_runtime_x64_x87_out,@function",
    "lfi_runtime_x64_x87_out:",
    ".cfi_startproc",
    // MXCSR has its own place in time.
    "movl {legacy}+24(%rcx), %esi",
    "fxsave64 {legacy}(%rcx)",
    "movl %esi, {legacy}+24(%rcx)",
    // Empty, and no exception flag set: one that the sandbox has masked
    // would be pending as soon as the host unmasks it.
    "cmpb $0, {legacy}+2(%rcx)",
    "jne 5f",
    "cmpb $0, {legacy}+4(%rcx)",
    "je 4f",
    "5:",
    "fninit",
    // The host's, if the sandbox could not change it.
    "fldcw {legacy}(%rcx)",
    "4:",
    "testb ${x87_control}, {care}(%rcx)",
    "je 5f",
    "fldcw {host_control}(%rcx)",
    "5:",
    "retq",
    ".cfi_endproc",
    ".size lfi_runtime_x64_x87_out, . - lfi_runtime_x64_x87_out",
    // Get thread pointer -> rax. Everything else and the flags stay. %r11
    // needs no mask: the unit that loaded it cannot be entered in the middle.
    ".p2align 5",
    ".hidden lfi_runtime_x64_get_thread_pointer",
    ".globl lfi_runtime_x64_get_thread_pointer",
    "lfi_runtime_x64_get_thread_pointer:",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rax",
    "movq %fs:(%rax), %rax",
    "movq {thread_pointer}(%rax), %rax",
    "jmpq *%r11",
    // Set thread pointer to rax. Clobbers rcx, which must not keep the address
    // of anything of the host.
    ".p2align 5",
    ".hidden lfi_runtime_x64_set_thread_pointer",
    ".globl lfi_runtime_x64_set_thread_pointer",
    "lfi_runtime_x64_set_thread_pointer:",
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rcx",
    "movq %fs:(%rcx), %rcx",
    "movq %rax, {thread_pointer}(%rcx)",
    "movq {thread_pointer_copy}(%rcx), %rcx",
    "movq %rax, (%rcx)",
    "movl $0, %ecx",
    "jmpq *%r11",
    ".popsection",
    legacy = const offset_of!(Frame, extended.legacy),
    low = const offset_of!(Frame, extended.vectors.low),
    high = const offset_of!(Frame, extended.vectors.high),
    upper = const offset_of!(Frame, extended.vectors.upper),
    masks = const offset_of!(Frame, extended.vectors.masks),
    no_base = const NO_BASE,
    numbers = const Constants::NUMBERS,
    constants = const offset_of!(Frame, constants.index),
    values = const offset_of!(Frame, constants.values),
    care = const offset_of!(Frame, care),
    entered = const offset_of!(Frame, entered),
    resumes = const offset_of!(Frame, resumes),
    wide = const Care::WIDE,
    state = const Care::X87_UNIT | Care::MXCSR,
    x87 = const Care::X87_UNIT,
    without_x87 = const Care::WITHOUT_X87.bits(),
    direction = const Care::DIRECTION,
    x87_whole = const Care::X87_WHOLE,
    mxcsr = const Care::MXCSR,
    x87_control = const Care::X87_CONTROL,
    x87_clean = const X87_CLEAN,
    x87_pointers_stay = sym X87_POINTERS_STAY,
    left_by_system_call = const LEFT_BY_SYSTEM_CALL,
    left_by_callback = const LEFT_BY_CALLBACK,
    left_by_return = const LEFT_BY_RETURN,
    host_gs = const offset_of!(Frame, host_gs),
    host_mxcsr = const offset_of!(Frame, host_mxcsr),
    host_control = const offset_of!(Frame, host_control),
    base = const offset_of!(Frame, base),
    thread_pointer = const offset_of!(Frame, thread_pointer),
    thread_pointer_copy = const offset_of!(Frame, thread_pointer_copy),
    rax = const REGISTERS,
    rbx = const REGISTERS + 8,
    rcx = const REGISTERS + 16,
    rdx = const REGISTERS + 24,
    rsi = const REGISTERS + 32,
    rdi = const REGISTERS + 40,
    rbp = const REGISTERS + 48,
    rsp = const REGISTERS + 56,
    r8 = const REGISTERS + 64,
    r9 = const REGISTERS + 72,
    r10 = const REGISTERS + 80,
    r11 = const REGISTERS + 88,
    r12 = const REGISTERS + 96,
    r13 = const REGISTERS + 104,
    r14 = const REGISTERS + 112,
    r15 = const REGISTERS + 120,
    rip = const REGISTERS + 128,
    rflags = const REGISTERS + 136,
    options(att_syntax)
);

unsafe extern "C" {
    fn lfi_runtime_x64_enter();
    fn lfi_runtime_x64_current() -> *mut Frame;
    fn lfi_runtime_x64_host_stack() -> u64;
    fn lfi_runtime_x64_set_signal_stack(end: u64, negative_length: u64);
    fn lfi_runtime_x64_leave();
    fn lfi_runtime_x64_x87_out();
    fn lfi_runtime_x64_system_call();
    fn lfi_runtime_x64_get_thread_pointer();
    fn lfi_runtime_x64_set_thread_pointer();
    fn lfi_runtime_x64_return();
}

/// Runs a context until it leaves the sandbox. Of what the frame's care has, only what is in `care`, too, is taken care of
/// on the way in. After a system call the x87 unit is still the context's: see [`save_x87`].
///
/// Inlined, so that whoever enters again and again does so from the same place, without a return and a call in between: the
/// processor's predictor of returns then has what the sandbox has called.
///
/// # Safety
/// `frame.base` is a live slot with its runtime page, whose executable pages
/// hold verified code only; `frame.thread_pointer_copy` may be written; the
/// thread has an alternate signal stack; the processor passed `check_cpu`. What `care` leaves out
/// is still in the processor from the time when this context left for a system call.
#[inline(always)]
pub(crate) unsafe fn enter(frame: &mut Frame, care: Care) -> Reason {
    let why: u32;
    // SAFETY: as promised by the caller. All that it changes is an output or clobbered.
    unsafe {
        asm!(
            "lea rcx, [rip + 2f]",
            "push rcx",
            "jmp {enter}",
            "2:",
            enter = sym lfi_runtime_x64_enter,
            inout("rdi") frame => _,
            inout("esi") u32::from(care.bits()) => _,
            out("eax") why,
            out("r12") _,
            out("r13") _,
            out("r14") _,
            out("r15") _,
            clobber_abi("C"),
        );
    }
    reason(why)
}

/// Saves the x87 unit of a context that has left for a system call, and makes it the host's.
///
/// # Safety
/// The context has left for a system call on this very thread, and nothing has touched the registers since.
pub(crate) unsafe fn save_x87(frame: &mut Frame) {
    // SAFETY: as promised by the caller. It changes `rsi` and what is clobbered anyway.
    unsafe {
        asm!("call {out}", out = sym lfi_runtime_x64_x87_out, inout("rcx") frame => _, clobber_abi("C"));
    }
}

/// Makes this thread's x87 unit one as after reset. A new thread has that of the one that has made it, which may be in a
/// pause.
pub(crate) fn reset_x87() {
    // SAFETY: Rust keeps nothing in the unit.
    unsafe { asm!("fninit", clobber_abi("C"), options(nomem, nostack)) };
}

/// What the assembly came back with.
#[inline]
pub(super) fn reason(why: u32) -> Reason {
    match why {
        LEFT_BY_SYSTEM_CALL => Reason::SystemCall,
        LEFT_BY_RETURN => Reason::Return,
        LEFT_BY_CALLBACK => Reason::Callback,
        _ => Reason::Trap,
    }
}

/// Notes where this thread's alternate signal stack is, without which it enters no
/// sandbox.
pub(crate) fn set_signal_stack(stack: Option<Range<u64>>) {
    let (end, length) = stack.map_or((0, 0), |stack| (stack.end, stack.end - stack.start));
    // SAFETY: writes two thread-local words.
    unsafe { lfi_runtime_x64_set_signal_stack(end, length.wrapping_neg()) };
}

/// The frame of the context that is inside on this thread, or null.
pub(super) fn current() -> *mut Frame {
    // SAFETY: reads a thread-local word.
    unsafe { lfi_runtime_x64_current() }
}

/// Where a trapped context leaves, with which stack pointer, and the reason it must carry in `%rbx`.
pub(super) fn trap_exit() -> (u64, u64, u64) {
    // SAFETY: reads a thread-local word.
    let stack = unsafe { lfi_runtime_x64_host_stack() };
    (lfi_runtime_x64_leave as *const () as u64, stack, u64::from(LEFT_BY_TRAP))
}

/// Where the runtime calls enter, in the order of the runtime page.
fn entries() -> [u64; 5] {
    [
        lfi_runtime_x64_system_call as *const () as u64,
        lfi_runtime_x64_get_thread_pointer as *const () as u64,
        lfi_runtime_x64_set_thread_pointer as *const () as u64,
        lfi_runtime_x64_return as *const () as u64,
        callback::entry(),
    ]
}

/// Bytes of one stub.
pub(crate) const STUB_SIZE: u64 = 16;

/// The stubs through which the sandbox enters the runtime, one for each
/// runtime call, `STUB_SIZE` bytes each. They use no register.
pub(crate) fn stubs() -> Vec<u8> {
    let mut code = Vec::new();
    for entry in entries() {
        code.extend([0xff, 0x25, 2, 0, 0, 0, 0xcc, 0xcc]); // jmpq *2(%rip); int3; int3
        code.extend(entry.to_le_bytes());
    }
    code
}
