//! Calls C libraries inside sandboxes, in the process that uses them.
//!
//! A library is compiled by a stock compiler through LFI's driver, which turns
//! it into code that cannot leave its sandbox:
//!
//! ```text
//! x86_64-lfi-linux-musl-clang -O2 --lfi-library -o add.lfi add.c
//! ```
//!
//! The file needs no trust: it is verified when it is loaded, and refused if
//! any of its code could read, write or jump outside.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let add_lfi = lfi_filetest::library("int add(int a, int b) { return a + b; }");
//! let engine = lfi::Engine::new(&lfi::Config::default())?;
//! let module = lfi::Module::open(add_lfi)?;
//! let mut sandbox = lfi::Sandbox::new(&engine, &module)?;
//! let add = sandbox.func::<(i32, i32), i32>("add")?;
//! assert_eq!(add.call(&mut sandbox, (2, 3))?, 5);
//! # Ok(())
//! # }
//! ```
//!
//! # What crosses the boundary
//!
//! All that C passes by value: integers, floating-point numbers from [`Float16`] to
//! [`LongDouble`], structures ([`c_struct!`]), unions ([`c_union!`]), enumerations ([`c_enum!`]), and
//! [`SandboxPtr`]s, the addresses of things in the sandbox. A pointer of the
//! host does not fit in a signature, and would mean nothing inside. What is
//! larger is copied in and out:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let file = lfi_filetest::library("
//! #     unsigned long sum(const unsigned char *p, unsigned long n)
//! #     { unsigned long s = 0; while (n--) s += *p++; return s; }");
//! # let engine = lfi::Engine::new(&lfi::Config::default())?;
//! # let mut sandbox = lfi::Sandbox::new(&engine, &lfi::Module::open(file)?)?;
//! use lfi::SandboxPtr;
//! let sum = sandbox.func::<(SandboxPtr<u8>, usize), u64>("sum")?;
//! let data = sandbox.alloc_from(b"some bytes")?;
//! assert_eq!(sum.call(&mut sandbox, (data, 10))?, 1019);
//! sandbox.free(data)?;
//! # Ok(())
//! # }
//! ```
//!
//! What comes out is the word of code that nobody vouches for: a length may be
//! wrong, a pointer may lead nowhere. Nothing that it says makes this crate read
//! or write outside the sandbox; what the host makes of a result is the host's
//! to check.
//!
//! | for | there is |
//! | --- | --- |
//! | memory of the sandbox's own | [`Sandbox::alloc`] and its like; [`Sandbox::scope`], which frees what it allocated |
//! | copies | [`Sandbox::read`], [`Sandbox::write`], [`Sandbox::read_value`], [`Sandbox::read_c_str`], [`SandboxSlice`] |
//! | large data, not copied | [`SharedBuffer`], [`ExchangeBuffer`]; [`Sandbox::view`] where nobody can run |
//! | functions of the host, to be called by the library | [`Sandbox::callback`] |
//!
//! # Many instances
//!
//! A module is verified once. A [`Pool`] keeps instances of it that are ready to be used; each is reset
//! when it is given back, which takes a microsecond or a few.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let file = lfi_filetest::library("int n; int count(void) { return ++n; }");
//! # let engine = lfi::Engine::new(&lfi::Config::default())?;
//! let module = lfi::Module::open(file)?;
//! let pool = lfi::Pool::new(&engine, &module, lfi::PoolConfig::default())?;
//! for _ in 0..100 {
//!     let mut instance = pool.get()?;
//!     let count = instance.func::<(), i32>("count")?;
//!     assert_eq!(count.call(&mut instance, ())?, 1);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # When it goes wrong
//!
//! A fault inside, `abort()` or `exit()` come back as an [`Error`] from the
//! call, the first two with a [`Backtrace`]. The host goes on; the sandbox is dead, since its memory may be in any
//! state, and every later call says so.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let file = lfi_filetest::library("void crash(int *p) { *p = 1; }");
//! # let engine = lfi::Engine::new(&lfi::Config::default())?;
//! # let mut sandbox = lfi::Sandbox::new(&engine, &lfi::Module::open(file)?)?;
//! let crash = sandbox.func::<(u64,), ()>("crash")?;
//! let error = crash.call(&mut sandbox, (0xdead_beef,)).unwrap_err();
//! assert!(error.to_string().starts_with("SIGSEGV in crash+"));
//! assert!(matches!(crash.call(&mut sandbox, (0,)), Err(lfi::Error::Dead)));
//! # Ok(())
//! # }
//! ```

mod abi;
mod backtrace;
mod callback;
mod control;
mod error;
mod func;
mod memory;
mod module;
mod pool;
mod ptr;
mod sandbox;
mod scope;
mod share;
mod shared;

/// Which types can be copied as bytes: derive `Pod` for structures.
pub use bytemuck;

pub use abi::{
    Argument, Arguments, CallbackArgument, CallbackArguments, CallbackResult, Complex, Data, Float16, LongDouble,
    ReturnValue, UnionField, Variadic,
};
pub use backtrace::{Backtrace, Frame, Symbols};
pub use callback::Callback;
pub use control::Interrupter;
pub use error::{Cause, Error, Fault, Killed};
pub use func::Func;
pub use lfi_linux::{
    Calls, Clocks, Limits, LoadError, MountError, Mounts, Network, NoCall, Policy, Randomness, Requirements, Rule,
    Setup, Statistics,
};
pub use lfi_runtime::{Config, Engine, Error as RuntimeError, Registers, Signal};
pub use module::Module;
pub use pool::{Instance, Pool, PoolConfig};
pub use ptr::{SandboxPtr, SandboxSlice};
pub use sandbox::Sandbox;
pub use scope::Scope;
pub use share::{ExchangeBuffer, Share, SharedBuffer};
pub use shared::SharedSandbox;

/// What the code of this crate's macros needs.
#[doc(hidden)]
pub mod __abi {
    pub use crate::abi::{ArgumentList, ArgumentReader, Composite, Layout, Way, largest};
    pub use lfi_runtime::CallResults;
}
