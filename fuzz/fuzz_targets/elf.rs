//! Arbitrary bytes as an ELF file, for the reader and the post-linker.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| lfi_soundness::robust::elf(input));
