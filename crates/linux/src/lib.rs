//! Linux programs in a sandbox: a static position-independent ELF file is
//! verified, loaded and run, and its system calls are answered.
//!
//! A library is one that comes back instead of ending, and whose functions
//! the host then calls, one at a time.
//!
//! ```text
//!   Module::new(bytes, requirements) ─ verified once   module.rs
//!   Thread::start(engine, module, setup)          load.rs, stack.rs
//!   thread.run() -> Status                        thread.rs
//!   thread.resume() -> Stop, for libraries        thread.rs, library.rs
//!        ├─ signal.rs: signals within the process
//!        ├─ process.rs: what its threads share; snapshot.rs; limits/: how much of it
//!        ├─ audit.rs: what a host may want to be told
//!        └─ table.rs: number -> handler           call/*.rs, one subject a file
//!              memory.rs   what is mapped, brk, mmap
//!              fs/         descriptors, mounts, path resolution, files in memory
//! ```
//!
//! What the layer guarantees, whatever the program does:
//!
//! - Pointers are checked to be the sandbox's own; structures and paths are
//!   copied, once, through functions that survive faults, and data that is read
//!   or written the kernel moves itself, within the sandbox. A bad pointer is
//!   `EFAULT`.
//! - Descriptor numbers are the process's own; a number never names a
//!   descriptor of the host that was not given to it.
//! - Paths are resolved by the kernel beneath the mounted directories, never
//!   by editing strings, and without following `/proc`'s magic links. Without
//!   a mount no file of the host can be named; `/proc`, `/sys` and their like
//!   stay closed even where they are mounted. `/dev` and `/proc` are the layer's
//!   own, where the policy grants them.
//! - Sockets reach what the policy says; nothing but data passes through them.
//! - Pages are never executable at the program's wish.
//! - Unknown calls are `ENOSYS`, unknown flags `EINVAL`. No call ends or blocks
//!   the host but by waiting as the program asked for (reading a terminal,
//!   sleeping).
//!
//! A thread of the program runs on a thread of the host, which the layer starts;
//! an exclusive program has one. Signals stay within the process: those that it
//! sends itself, faults of its code, and a timer of its own.

mod audit;
mod call;
mod fs;
mod holder;
mod host;
mod library;
mod limits;
mod load;
mod memory;
mod module;
mod policy;
mod process;
mod queue;
mod share;
mod signal;
mod snapshot;
mod stack;
mod table;
mod thread;
mod threads;
mod trace;
mod user;

#[cfg(test)]
mod tests;

pub use audit::{Answered, AskedPath, Auditor};
pub use fs::{MountError, Mounts};
pub use limits::Limits;
pub use module::{LoadError, Module, Requirements};
pub use policy::{Calls, Clocks, Network, NoCall, Policy, Randomness, Rule};
pub use process::{Interrupter, Process, Setup, Statistics, Status};
pub use table::{Support, SystemCall, system_calls};
pub use thread::{Stop, Thread};
