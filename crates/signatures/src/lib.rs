//! A matrix of signatures: `build.rs` makes up C functions and the Rust code that
//! calls them, `tests/matrix.rs` runs both against each other. Nothing here
//! is for use.
//!
//! `LFI_CC=gcc-12 cargo test -p lfi-signatures` has the C side compiled by gcc.
