//! Random input of every sort, with fixed seeds; `fuzz/` has more of it.
#![allow(missing_docs)]

use lfi_soundness::{
    Source,
    assembler::Assembler,
    assembly::{self, Outcome},
    robust,
};

#[test]
fn what_the_rewriter_accepts_verifies() {
    let assembler = Assembler::new().expect("libLLVM");
    let (mut verified, mut bytes) = (0, 0);
    for seed in 0..4000 {
        let mut source = Source::seeded(seed);
        let options = robust::options(source.byte());
        let text = assembly::acceptable(&assembly::generate(&mut source), &options);
        match assembly::check(&assembler, text.as_bytes(), &options) {
            Ok(Outcome::Verified(size)) => {
                verified += 1;
                bytes += size;
            }
            Ok(Outcome::Refused | Outcome::NotAssembled) => {}
            Err(error) => panic!("seed {seed}: {error}\nof:\n{text}"),
        }
    }
    // A check that verifies nothing would pass, too.
    assert!(verified > 1500 && bytes > 200_000, "{verified} texts, {bytes} bytes");
}

#[test]
fn nothing_panics() {
    let assembler = Assembler::new().expect("libLLVM");
    for seed in 0..4000 {
        let mut source = Source::seeded(seed);
        let size = source.below(400);
        let mut bytes: Vec<u8> = (0..size).map(|_| source.byte()).collect();
        robust::code(&bytes);
        robust::elf(&bytes);
        robust::text(&bytes);
        // The same with more sense.
        let text = assembly::generate(&mut source).into_bytes();
        if seed % 8 == 0
            && let Ok(object) = assembler.assemble(&String::from_utf8_lossy(&text))
        {
            let mut object = object;
            let at = source.below(object.len());
            object[at] = source.byte();
            robust::elf(&object);
        }
        bytes.truncate(1);
        bytes.extend(text);
        let at = source.below(bytes.len());
        bytes[at] = source.byte();
        robust::text(&bytes);
    }
}
