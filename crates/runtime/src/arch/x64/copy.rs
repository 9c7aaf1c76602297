//! Copies, loads and stores that survive a fault: the signal handler sends them
//! to their recovery addresses (see `fault.rs`).

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
    // rdi = an aligned word -> rax = its value, or more than 32 bits.
    ".p2align 4",
    ".hidden lfi_runtime_x64_load",
    ".globl lfi_runtime_x64_load",
    ".type lfi_runtime_x64_load,@function",
    "lfi_runtime_x64_load:",
    "movl (%rdi), %eax",
    "retq",
    ".hidden lfi_runtime_x64_load_recovery",
    ".globl lfi_runtime_x64_load_recovery",
    "lfi_runtime_x64_load_recovery:",
    "movq $-1, %rax",
    "retq",
    ".size lfi_runtime_x64_load, . - lfi_runtime_x64_load",
    // rdi = an aligned word, esi = what to store there -> eax = 0, or 1 if it cannot be stored.
    ".p2align 4",
    ".hidden lfi_runtime_x64_store",
    ".globl lfi_runtime_x64_store",
    ".type lfi_runtime_x64_store,@function",
    "lfi_runtime_x64_store:",
    "movl %esi, (%rdi)",
    "xorl %eax, %eax",
    "retq",
    ".hidden lfi_runtime_x64_store_recovery",
    ".globl lfi_runtime_x64_store_recovery",
    "lfi_runtime_x64_store_recovery:",
    "movl $1, %eax",
    "retq",
    ".size lfi_runtime_x64_store, . - lfi_runtime_x64_store",
    ".popsection",
    options(att_syntax)
);

unsafe extern "C" {
    fn lfi_runtime_x64_copy(to: *mut u8, from: *const u8, len: usize) -> usize;
    fn lfi_runtime_x64_copy_recovery();
    fn lfi_runtime_x64_load(from: *const u32) -> u64;
    fn lfi_runtime_x64_load_recovery();
    fn lfi_runtime_x64_store(to: *mut u32, value: u32) -> u32;
    fn lfi_runtime_x64_store_recovery();
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

/// Loads an aligned word as a whole. `None` when it is not accessible.
///
/// # Safety
/// As for [`copy`].
pub(crate) unsafe fn load(from: *const u32) -> Option<u32> {
    // SAFETY: as promised by the caller.
    u32::try_from(unsafe { lfi_runtime_x64_load(from) }).ok()
}

/// Stores an aligned word as a whole; whether it could be.
///
/// # Safety
/// As for [`copy`].
pub(crate) unsafe fn store(to: *mut u32, value: u32) -> bool {
    // SAFETY: as promised by the caller.
    unsafe { lfi_runtime_x64_store(to, value) == 0 }
}

/// Where one of these functions goes on after a fault at `pc`, if that is its own.
pub(super) fn recovery(pc: u64) -> Option<u64> {
    [
        (lfi_runtime_x64_copy as *const (), lfi_runtime_x64_copy_recovery as *const ()),
        (lfi_runtime_x64_load as *const (), lfi_runtime_x64_load_recovery as *const ()),
        (lfi_runtime_x64_store as *const (), lfi_runtime_x64_store_recovery as *const ()),
    ]
    .into_iter()
    .find(|&(start, end)| (start as u64..end as u64).contains(&pc))
    .map(|(_, recovery)| recovery as u64)
}
