//! Makes up signatures, from a fixed seed, and writes two files: C functions
//! that check their arguments and return a value, and Rust functions that call
//! them and check the result; and the same as callbacks, the other way round.
//! Arguments and results are known to both.

#[path = "build/code.rs"]
mod code;
#[path = "build/types.rs"]
mod types;

use std::{env, fs, path::PathBuf};
use types::{Random, Types};

/// Fixed: what fails today fails tomorrow.
const SEED: u64 = 0x6c66_6921;
const STRUCTURES: usize = 80;
const SIGNATURES: usize = 320;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut random = Random::new(SEED);
    let types = Types::new(&mut random, STRUCTURES);
    let (mut c, mut rust) = types.declarations();
    let mut all = String::new();
    for number in 0..SIGNATURES {
        let (in_c, in_rust) = code::functions(&types, &mut random, number);
        c += &in_c;
        all += &format!("    f{number},\n");
        if in_rust.contains(&format!("fn h{number}(")) {
            all += &format!("    h{number},\n");
        }
        rust += &in_rust;
    }
    rust += &format!("pub(crate) const ALL: &[fn(&mut Sandbox)] = &[\n{all}];\n");
    let directory = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(directory.join("signatures.c"), c)?;
    fs::write(directory.join("signatures.rs"), rust)?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    Ok(())
}
