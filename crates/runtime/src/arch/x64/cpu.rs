//! What the processor and the kernel must be able to do.

use super::frame::{XSAVE_MASK, XSAVE_SIZE};
use super::switch::X87_POINTERS_STAY;
use crate::{Error, host};
use std::{
    arch::x86_64::{__cpuid, __cpuid_count, _xgetbv},
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
    // CPUID 1, ECX 27: OSXSAVE. CPUID 0xd.1, EAX 0: XSAVEOPT.
    if __cpuid(1).ecx >> 27 & 1 == 0 || __cpuid_count(0xd, 1).eax & 1 == 0 {
        return Err(Error::Unsupported("a processor without xsaveopt"));
    }
    let enabled = enabled_components() & XSAVE_MASK;
    for component in 2..u32::BITS {
        if enabled >> component & 1 == 1 {
            let place = __cpuid_count(0xd, component); // EAX size, EBX offset
            if place.eax as usize + place.ebx as usize > XSAVE_SIZE {
                return Err(Error::Unsupported("this processor's layout of the extended state"));
            }
        }
    }
    if x87_pointers_stay() {
        X87_POINTERS_STAY.store(1, Ordering::Relaxed);
    }
    if shadow_stack() {
        return Err(Error::Unsupported("shadow stacks: disable them (GLIBC_TUNABLES=glibc.cpu.x86_shstk=off)"));
    }
    Ok(())
}

/// The low half of XCR0.
#[target_feature(enable = "xsave")]
fn xcr0() -> u32 {
    // SAFETY: OSXSAVE is set, so the instruction exists and register 0 is readable.
    unsafe { _xgetbv(0) as u32 }
}

fn enabled_components() -> u32 {
    // SAFETY: called after the check of OSXSAVE.
    unsafe { xcr0() }
}

/// AMD processors without XSAVEERPTR (CPUID 0x8000_0008, EBX 2) leave the x87
/// instruction and data pointers alone in `xrstor`.
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
