//! What the command-line tools share.

pub mod message;
pub mod symbols;
