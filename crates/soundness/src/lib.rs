//! Holds the verifier against the world: every shape of encoding is tried, and
//! what the verifier accepts is compared with what other decoders say that the
//! instruction does. Not shipped; nothing in the trusted base depends on it.
//!
//! [`space`] enumerates encodings; [`decoders`] say what an instruction does, as [`effects`].

pub mod check;
pub mod decoders;
pub mod effects;
pub mod judge;
mod known;
mod names;
pub mod space;
