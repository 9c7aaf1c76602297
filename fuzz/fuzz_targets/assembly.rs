//! Assembly made of the input: what the rewriter accepts must verify.
#![no_main]

use lfi_soundness::{Source, assembler::Assembler, assembly, robust};
use std::sync::LazyLock;

static ASSEMBLER: LazyLock<Assembler> = LazyLock::new(|| Assembler::new().expect("libLLVM"));

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut source = Source::of_bytes(input);
    let options = robust::options(source.byte());
    let text = assembly::acceptable(&assembly::generate(&mut source), &options);
    if let Err(error) = assembly::check(&ASSEMBLER, text.as_bytes(), &options) {
        panic!("{error}\nof:\n{text}");
    }
});
