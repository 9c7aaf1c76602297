//! The contract that verifier, rewriter, post-linker, runtime and toolchain
//! share: sandbox layout, runtime calls, kinds, the ELF note, target names.
//!
//! Every number that two parts must agree on stands here and nowhere else.
//! The rules that use them are in `spec/`.
#![no_std]
#![forbid(unsafe_code)]

pub mod layout;
pub mod note;
mod options;
mod target;
pub mod x64;

pub use options::{Kind, ParseOptionError, Returns};
pub use target::{ParseTargetError, Target};

/// Version of everything in this crate. Tools refuse modules of another one.
pub const ABI_VERSION: u32 = 1;
