//! What a compiler emits must be known to the decoder, with the lengths that
//! the compiler's own disassembler gives.

use super::super::decode::{Padded, decode};
use super::hex;
use std::{env, format, path::Path, process::Command, string::String, vec::Vec};

/// Mnemonics that only units may hold, or that the rewriter expands.
const EXPANDED: &[&str] = &["retq", "jmpq *", "callq *"];

/// Address and bytes of every instruction in an object file, with its text.
fn disassemble(object: &Path) -> Vec<(Vec<u8>, String)> {
    let output = Command::new("llvm-objdump-19").arg("-d").arg(object).output().expect("llvm-objdump-19 runs");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    // `  10: 48 89 e5       \tmovq ...`, continued without text for long ones.
    let mut instructions: Vec<(Vec<u8>, String)> = Vec::new();
    for line in text.lines() {
        let Some((address, rest)) = line.split_once(": ") else { continue };
        if u64::from_str_radix(address.trim(), 16).is_err() {
            continue;
        }
        let (bytes, text) = rest.split_once('\t').unwrap_or((rest, ""));
        let bytes = bytes.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).expect("a byte"));
        if text.is_empty() {
            instructions.last_mut().expect("a first line").0.extend(bytes);
        } else if let Some(last) = instructions.last_mut().filter(|last| matches!(&*last.1, "lock" | "rep" | "repne")) {
            // A prefix on a line of its own.
            last.0.extend(bytes);
            last.1 = text.trim().into();
        } else {
            instructions.push((bytes.collect(), text.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    }
    instructions
}

#[test]
fn compilers_emit_what_the_table_holds() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/coverage.c");
    let dir = env::temp_dir().join(format!("lfi-verifier-compiler-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("scratch directory");
    let mut problems = Vec::new();
    for (n, flags) in [
        &["-O0"][..],
        &["-O2"],
        &["-Os", "-fPIC"],
        &["-O2", "-mavx2", "-mfma", "-mbmi", "-mbmi2", "-mlzcnt", "-mpopcnt", "-mf16c", "-mmovbe", "-madx"],
        &["-O3", "-mavx", "-ffast-math"],
        &["-O3", "-march=x86-64-v3", "-ffast-math", "-fcf-protection=branch"],
        &["-O3", "-march=x86-64-v2", "-ffast-math"],
        &["-O3", "-march=x86-64-v4", "-mprefer-vector-width=512", "-ffast-math"],
        &["-O3", "-march=znver5", "-mprefer-vector-width=256"],
    ]
    .into_iter()
    .enumerate()
    {
        let object = dir.join(format!("{n}.o"));
        let status = Command::new("clang-19").args(["-w", "-c", "-o"]).args([&object, &source]).args(flags).status();
        assert!(status.expect("clang-19 runs").success());
        let instructions = disassemble(&object);
        assert!(instructions.len() > 400);
        for (bytes, text) in instructions {
            let expanded = EXPANDED.iter().any(|start| text.starts_with(start)) || text.contains("%fs:");
            if expanded {
                continue;
            }
            match decode(Padded::new(&bytes).bundle(), 0) {
                Ok(instruction) if instruction.end == bytes.len() => {}
                Ok(instruction) => problems.push(format!("{}{text}: length {}", hex(&bytes), instruction.end)),
                Err(rule) => problems.push(format!("{}{text}: {rule}", hex(&bytes))),
            }
        }
    }
    std::fs::remove_dir_all(&dir).expect("scratch directory");
    problems.sort();
    problems.dedup();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}
