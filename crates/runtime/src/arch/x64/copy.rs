//! A copy that survives a fault: the signal handler sends it to its recovery
//! address (see `fault.rs`).

use std::arch::global_asm;

global_asm!(
    ".pushsection .text.lfi_runtime_copy,\"ax\",@progbits",
    ".p2align 4",
    // rdi = to, rsi = from, rdx = bytes -> rax = bytes that were not copied.
    // `rep movsb` counts %rcx down as it goes, also when it is interrupted.
    ".hidden lfi_runtime_x64_copy",
    ".globl lfi_runtime_x64_copy",
    ".type lfi_runtime_x64_copy,@function",
    "lfi_runtime_x64_copy:",
    ".cfi_startproc",
    "movq %rdx, %rcx",
    "rep movsb",
    ".hidden lfi_runtime_x64_copy_recovery",
    ".globl lfi_runtime_x64_copy_recovery",
    "lfi_runtime_x64_copy_recovery:",
    "movq %rcx, %rax",
    "retq",
    ".cfi_endproc",
    ".size lfi_runtime_x64_copy, . - lfi_runtime_x64_copy",
    ".popsection",
    options(att_syntax)
);

unsafe extern "C" {
    fn lfi_runtime_x64_copy(to: *mut u8, from: *const u8, len: usize) -> usize;
    fn lfi_runtime_x64_copy_recovery();
}

/// Copies `len` bytes and returns how many at the end were not copied because
/// the memory was not accessible.
///
/// # Safety
/// Wherever the memory is accessible, `to` must be the caller's to write and
/// `from` the caller's to read; sandbox memory always is. The fault handlers
/// must be installed, or a fault ends the process.
pub(crate) unsafe fn copy(to: *mut u8, from: *const u8, len: usize) -> usize {
    // SAFETY: as promised by the caller; the assembly follows the C calling convention.
    unsafe { lfi_runtime_x64_copy(to, from, len) }
}

/// Where the copy goes on after a fault at `pc`, if that is its own.
pub(super) fn recovery(pc: u64) -> Option<u64> {
    let start = lfi_runtime_x64_copy as *const () as u64;
    let end = lfi_runtime_x64_copy_recovery as *const () as u64;
    (start..end).contains(&pc).then_some(end)
}
