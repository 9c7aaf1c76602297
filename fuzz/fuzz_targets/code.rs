//! Arbitrary bytes as machine code.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| lfi_soundness::robust::code(input));
