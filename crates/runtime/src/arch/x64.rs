//! x86-64 (System V psABI; AMD64 and Intel manuals).
#![allow(unsafe_code)] // assembly, and Rust that it calls or that redirects it

mod call;
mod callback;
mod copy;
mod cpu;
mod entry;
mod fault;
mod frame;
mod switch;

pub use call::{Call, CallArguments, CallResults};
pub(crate) use call::{Called, call};
pub(crate) use callback::{Record, Verdict};
pub(crate) use copy::{copy, load, store};
pub(crate) use cpu::check_cpu;
pub(crate) use entry::entry_code;
pub(crate) use fault::{fault_entry, redirect_fault, redirect_stopped};
pub use frame::Registers;
pub(crate) use frame::{Care, ExtendedState, Frame, RawTrap, Reason};
pub(crate) use switch::{STUB_SIZE, enter, reset_x87, save_x87, set_signal_stack, stubs};
