//! A program made of the input, accepted and run in a sandbox, in a child process.
#![no_main]

use lfi_soundness::{
    Source,
    escape::{Arena, Plan, in_child},
};

/// The most instructions and units of a program.
const PIECES: usize = 400;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    // Made here, where the fuzzer sees what the generator and the verifier do.
    let plan = Plan::new(PIECES, &mut Source::of_bytes(input));
    let result = in_child(|| Arena::new()?.run(&plan).map(drop));
    if let Err(error) = result {
        panic!("{error}");
    }
});
