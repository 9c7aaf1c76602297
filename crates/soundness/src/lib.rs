//! Holds the verifier against the world: every shape of encoding is tried, and
//! what the verifier accepts is compared with what other decoders say that the
//! instruction does. Not shipped; nothing in the trusted base depends on it.
//!
//! [`space`] enumerates encodings.

pub mod space;
