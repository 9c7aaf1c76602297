//! What depends on the host's instruction set. Each module exports the same
//! names: `Frame`, `Registers`, `check_cpu`, `has_wide_registers`, `stubs`, `enter`,
//! `fault_entry`, `redirect_fault`, `redirect_stopped`, `copy`, `load`, `store`.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod x64;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(crate) use x64::*;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub use x64::{Call, CallArguments, CallResults, Registers};

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
compile_error!("the runtime supports x86-64 Linux hosts");
