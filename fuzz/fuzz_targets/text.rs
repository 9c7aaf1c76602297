//! Arbitrary text for the rewriter.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| lfi_soundness::robust::text(input));
