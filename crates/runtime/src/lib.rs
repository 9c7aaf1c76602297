//! Sandboxes in the address space of the host.
//!
//! An [`Engine`] reserves slots of 4 GiB. A [`Sandbox`] is one slot with its
//! runtime page; memory is mapped into it, verified code is published into it,
//! and a [`Context`] (the registers of one thread) runs in it until something
//! happens that the host must see: an [`Exit`].
//!
//! ```text
//!   Engine ── pool of slots ─┬─ Sandbox ── map, protect, unmap, publish, read, write
//!          └─ stub page      │
//!                            ├─ enter(&mut Context) -> Exit::{SystemCall, Return, Trap, ...}
//!                            ├─ Held::enter(&mut Context) -> Stay::Pauses -> Held::go_on -> ...
//!                            └─ call(&mut Host, function) ◀─▶ Host::callback
//! ```
//!
//! What sandboxed code can do is bounded by the verifier; what this crate owes
//! the verifier (`spec/x64/runtime-calls.md`, `spec/layout.md`):
//!
//! - Code is published whole, out of sealed memory that nothing can write, and
//!   verified there before it is executable ([`Code`], [`Sandbox::map_code`]).
//! - While a context is inside, the `%gs` base is the slot's base, and the
//!   stack pointer and program counter it starts with are inside the slot.
//! - No host value is in a register on entry; the host's own state is restored
//!   on exit, whatever the sandbox did to flags, MXCSR and x87.
//! - A fault inside becomes [`Exit::Trap`]; a fault of the host goes to the
//!   host's own handler.
//! - Sandbox memory is hostile: it is copied in and out through functions that
//!   survive a fault, never borrowed. (`SharedMemory` is the host's.)
//!
//! # The host's obligations
//!
//! - Signal handlers must be installed with `SA_ONSTACK`: another kind would
//!   run on a sandbox's stack. [`Engine::new`] refuses when it finds one.
//!   The two signals that glibc keeps for itself (thread cancellation,
//!   `setuid` in threaded programs) are blocked on threads that enter.
//! - A handler for SIGSEGV, SIGBUS, SIGILL, SIGFPE or SIGTRAP that is
//!   installed after the engine must call the one it replaces. An application that has
//!   handlers of its own may do without the engine's: [`Config::fault_handlers`].
//! - One real-time signal, the last that has no handler when the first engine is made,
//!   is the runtime's: it asks threads to leave a stopped sandbox.
//! - A thread's first entry unblocks these signals. Who blocks them afterwards (a `pthread_sigmask`
//!   between two calls, or in a callback) calls [`Engine::prepare_thread`] before the thread goes on in a sandbox: a fault
//!   whose signal is blocked ends the process, and a thread that blocks the other one leaves when it makes a system call or faults.
//!   The same is for who sets a whole mask (`SIG_SETMASK`): glibc unblocks its own two signals then, whatever the mask
//!   says, and the handler of a cancellation would run on the sandbox's stack.
//! - A process that forks has its sandboxes in the child, too, as they were: those that no other thread was using at
//!   that moment, whose memory the child gets as a copy. Threads of sandboxes are not there. Buffers that host and sandbox share
//!   are shared with the parent. A call that a callback has forked in goes on in both, and can be stopped in both.
//! - The `%gs` base of a thread that never used it is left at the last
//!   sandbox's base; a host that uses `%gs` gets its value back. A signal handler that interrupts a sandbox finds the
//!   sandbox's: it must not use `%gs`.

mod addr;
mod arch;
mod aside;
mod budget;
mod bulk;
mod call;
mod code;
mod copy;
mod engine;
mod error;
mod host;
mod hot;
mod image;
mod meter;
mod pool;
mod ranges;
mod sandbox;
mod shared;
mod snapshot;
mod stay;
mod stop;
mod store;
mod switch;
mod trap;
mod watch;

pub use addr::{OutOfRange, SandboxAddr, SandboxRange};
pub use arch::{Call, CallArguments, CallResults, Registers};
pub use aside::Aside;
pub use call::{Answer, CallbackArguments, CallbackResults, Held, Host, call};
pub use code::{Check, Code};
pub use engine::{Config, Engine};
pub use error::{Error, PublishError};
pub use host::{PAGE_SIZE, clock::of_thread as processor_time, signal::handle_fault};
pub use hot::HotPages;
pub use image::Image;
pub use meter::{Meter, Used};
pub use sandbox::{Access, Sandbox};
pub use shared::SharedMemory;
pub use stay::{Pause, Stay};
pub use stop::{Before, Interrupter, Nudger, Presence};
pub use switch::{Context, Exit};
pub use trap::{Signal, Trap};
pub use watch::Alarm;
