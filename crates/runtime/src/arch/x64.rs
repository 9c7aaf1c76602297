//! x86-64 (System V psABI; AMD64 and Intel manuals).
#![allow(unsafe_code)] // assembly, and Rust that it calls or that redirects it

mod copy;
mod cpu;
mod fault;
mod frame;
mod switch;

pub(crate) use copy::copy;
pub(crate) use cpu::{check_cpu, has_wide_registers};
pub(crate) use fault::{fault_entry, redirect_fault};
pub use frame::Registers;
pub(crate) use frame::{Frame, RawTrap, Reason};
pub(crate) use switch::{STUB_SIZE, enter, stubs};
