//! Tests that look inside: the decoder against others.

mod compiler;
mod differential;
mod plain;
mod units;

use std::{format, string::String};

/// Bytes as hexadecimal words.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x} ")).collect()
}
