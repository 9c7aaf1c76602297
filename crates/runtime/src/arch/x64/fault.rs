//! What the signal handler does with a fault that is ours.

use super::{
    call, copy,
    frame::{Frame, RawTrap, Registers},
    switch,
};
use lfi_abi::layout::SLOT_SIZE;
use libc::ucontext_t;
use std::{
    arch::global_asm,
    mem::offset_of,
    sync::atomic::{AtomicBool, Ordering},
};

global_asm!(
    ".pushsection .text.lfi_runtime_fault,\"ax\",@progbits",
    ".p2align 4",
    ".hidden lfi_runtime_x64_fault_entry",
    ".globl lfi_runtime_x64_fault_entry",
    ".type lfi_runtime_x64_fault_entry,@function",
    "lfi_runtime_x64_fault_entry:",
    // Somebody has taken the thread's alternate stack away, and the kernel has
    // put the frame on the sandbox's stack, where other contexts could change
    // it: the process ends before anything is read there.
    "movq lfi_runtime_x64_tls@gottpoff(%rip), %rax",
    "movq %fs:(%rax), %rax",
    "testq %rax, %rax",
    "je 2f",
    "movq %rsp, %rcx",
    "subq {base}(%rax), %rcx",
    "shrq $32, %rcx",
    "jne 2f",
    "1:",
    "movl ${getpid}, %eax",
    "syscall",
    "movl %eax, %edi",
    "movl ${sigkill}, %esi",
    "movl ${kill}, %eax",
    "syscall",
    "jmp 1b",
    "2:",
    // The kernel clears DF and TF for a handler, but not AC and NT.
    "pushq $2",
    "popfq",
    "jmp {on_fault}",
    ".size lfi_runtime_x64_fault_entry, . - lfi_runtime_x64_fault_entry",
    ".popsection",
    on_fault = sym crate::host::signal::on_fault,
    base = const offset_of!(Frame, base),
    getpid = const libc::SYS_getpid,
    kill = const libc::SYS_kill,
    sigkill = const libc::SIGKILL,
    options(att_syntax)
);

unsafe extern "C" {
    fn lfi_runtime_x64_fault_entry();
}

/// The handler to install: makes sure that it is not on a sandbox's stack, brings
/// the flags into the state that the C ABI demands, and goes on to `host::signal::on_fault`.
pub(crate) fn fault_entry() -> usize {
    lfi_runtime_x64_fault_entry as *const () as usize
}

/// Sends a fault that is ours to where it is dealt with, by changing the
/// registers that the handler returns to. False when it is the host's own.
///
/// Async-signal-safe. `interrupted` are the registers at the fault.
pub(crate) fn redirect_fault(signal: i32, code: i32, address: u64, interrupted: &mut ucontext_t) -> bool {
    let registers = &mut interrupted.uc_mcontext.gregs;
    let pc = registers[libc::REG_RIP as usize] as u64;
    if let Some(recovery) = copy::recovery(pc).or_else(|| call::recovery(pc)) {
        registers[libc::REG_RIP as usize] = recovery as i64;
        return true;
    }
    let Some(frame) = inside(pc) else {
        return false;
    };
    leave(frame, registers, RawTrap { signal, code, address });
    true
}

/// Makes the context that is inside on this thread leave, if its sandbox is
/// stopped or the thread is nudged. As [`redirect_fault`].
pub(crate) fn redirect_stopped(interrupted: &mut ucontext_t) {
    let registers = &mut interrupted.uc_mcontext.gregs;
    if let Some(frame) = inside(registers[libc::REG_RIP as usize] as u64) {
        // SAFETY: of the sandbox's `Control`, which `enter` or `call` on this very thread keeps; only accessed as
        // an atomic.
        let stopped = unsafe { AtomicBool::from_ptr(frame.stopped.cast_mut()) };
        // SAFETY: of the `Place` that the context keeps; only accessed as an atomic.
        let nudged =
            !frame.nudged.is_null() && unsafe { AtomicBool::from_ptr(frame.nudged.cast_mut()) }.load(Ordering::Acquire);
        if stopped.load(Ordering::Acquire) || nudged && frame.entered {
            leave(frame, registers, RawTrap::STOP);
        }
    }
}

/// The frame of the context that executes the instruction at `pc` on this thread.
///
/// Sandboxed code is executed nowhere but in the slot. Elsewhere we are in
/// the host: in the context switch itself, or in a host function that runs
/// on behalf of the sandbox (then the frame is not current).
fn inside(pc: u64) -> Option<&'static mut Frame> {
    // SAFETY: null, or the frame that `enter` or `call` on this very thread holds, which runs no Rust code now.
    let frame = unsafe { switch::current().as_mut() };
    frame.filter(|frame| pc.wrapping_sub(frame.base) < SLOT_SIZE)
}

/// Lets the handler return to where contexts leave.
fn leave(frame: &mut Frame, registers: &mut [libc::greg_t], trap: RawTrap) {
    frame.registers = saved(registers);
    frame.trap = trap;
    let (exit, stack, reason) = switch::trap_exit();
    registers[libc::REG_RIP as usize] = exit as i64;
    registers[libc::REG_RSP as usize] = stack as i64;
    registers[libc::REG_RBX as usize] = reason as i64;
    registers[libc::REG_RCX as usize] = &raw mut *frame as i64;
    registers[libc::REG_EFL as usize] = 2;
}

fn saved(gregs: &[libc::greg_t]) -> Registers {
    let get = |register: libc::c_int| gregs[register as usize] as u64;
    Registers {
        rax: get(libc::REG_RAX),
        rbx: get(libc::REG_RBX),
        rcx: get(libc::REG_RCX),
        rdx: get(libc::REG_RDX),
        rsi: get(libc::REG_RSI),
        rdi: get(libc::REG_RDI),
        rbp: get(libc::REG_RBP),
        rsp: get(libc::REG_RSP),
        r8: get(libc::REG_R8),
        r9: get(libc::REG_R9),
        r10: get(libc::REG_R10),
        r11: get(libc::REG_R11),
        r12: get(libc::REG_R12),
        r13: get(libc::REG_R13),
        r14: get(libc::REG_R14),
        r15: get(libc::REG_R15),
        rip: get(libc::REG_RIP),
        rflags: get(libc::REG_EFL),
    }
}
