//! What the processor and the kernel must be able to do.

use super::switch::X87_POINTERS_STAY;
use crate::{Error, host};
use std::{
    arch::{is_x86_feature_detected, x86_64::__cpuid},
    sync::atomic::Ordering,
};

/// `AT_HWCAP2`: `rdgsbase` and friends are enabled (Linux 5.9).
const HWCAP2_FSGSBASE: u64 = 2;
/// `arch_prctl`: which shadow-stack features the thread has on (Linux 6.6).
const ARCH_SHSTK_STATUS: libc::c_int = 0x5005;

/// Fails, naming what is missing, where the context switch would not work.
pub(crate) fn check_cpu() -> Result<(), Error> {
    if host::auxiliary(libc::AT_HWCAP2) & HWCAP2_FSGSBASE == 0 {
        return Err(Error::Unsupported("a processor or kernel without fsgsbase (Linux 5.9)"));
    }
    // Also asks whether the system keeps the upper halves.
    if !is_x86_feature_detected!("avx") {
        return Err(Error::Unsupported("a processor or kernel without AVX"));
    }
    // Its registers could be touched, but not all be saved.
    if is_x86_feature_detected!("avx512f") && !is_x86_feature_detected!("avx512bw") {
        return Err(Error::Unsupported("a processor with AVX-512F but without AVX-512BW"));
    }
    if x87_pointers_stay() {
        X87_POINTERS_STAY.store(1, Ordering::Relaxed);
    }
    if shadow_stack() {
        return Err(Error::Unsupported("shadow stacks: disable them (GLIBC_TUNABLES=glibc.cpu.x86_shstk=off)"));
    }
    Ok(())
}

/// Whether there are AVX-512 registers that code could touch.
pub(super) fn has_wide_registers() -> bool {
    is_x86_feature_detected!("avx512f")
}

/// AMD processors without XSAVEERPTR (CPUID 0x8000_0008, EBX 2) leave the x87
/// instruction and data pointers alone in `fxrstor`.
fn x87_pointers_stay() -> bool {
    let vendor = __cpuid(0);
    let intel = (vendor.ebx, vendor.edx, vendor.ecx) == (0x756e_6547, 0x4965_6e69, 0x6c65_746e); // "GenuineIntel"
    let known = __cpuid(0x8000_0000).eax >= 0x8000_0008;
    !(intel || known && __cpuid(0x8000_0008).ebx >> 2 & 1 == 1)
}

fn shadow_stack() -> bool {
    let mut features = 0u64;
    // SAFETY: writes one word to a valid place, or fails.
    let result = unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SHSTK_STATUS, &raw mut features) };
    result == 0 && features & 1 != 0
}
