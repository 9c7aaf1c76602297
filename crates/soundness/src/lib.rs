//! Holds the verifier against the world: every shape of encoding is tried, and
//! what the verifier accepts is compared with what other decoders say that the
//! instruction does, and with what the processor does. Not shipped; nothing in
//! the trusted base depends on it.
//!
//! [`space`] enumerates encodings; [`decoders`] say what an instruction does, as [`effects`]; [`judge`] and
//! [`bundle`] hold that against the invariant, for an instruction and for a bundle; [`near`] changes units.
//! [`Program`] makes random code that is accepted; [`hardware`] executes it step by step, [`escape`] under
//! the runtime. [`assembly`] holds the rewriter against the verifier, [`robust`] gives arbitrary input to all.

pub mod assembler;
pub mod assembly;
pub mod bundle;
pub mod check;
pub mod decoders;
pub mod effects;
mod encoding;
pub mod escape;
pub mod hardware;
pub mod judge;
mod names;
pub mod near;
mod program;
pub mod robust;
pub mod run;
mod source;
pub mod space;
mod unit;

pub use encoding::{Form, encoding};
pub use program::{OFFSET, Piece, Program};
pub use source::Source;
pub use unit::unit;
