//! Libraries for tests, compiled by the installed toolchain.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

/// Compiles C source into a library for sandboxes and gives the path of the file.
///
/// # Panics
/// When the toolchain is not installed (`cargo xtask toolchain`), or the source
/// does not compile.
pub fn library(source: &str) -> PathBuf {
    library_with(source, &["-O2"])
}

/// The same, with options for the driver.
///
/// # Panics
/// As [`library`].
pub fn library_with(source: &str, options: &[&str]) -> PathBuf {
    let target = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/lfi"));
    let driver = target.join("bin/x86_64-lfi-linux-musl-clang");
    assert!(driver.exists(), "the toolchain is not installed: run `cargo xtask toolchain --all` first");
    let mut hasher = DefaultHasher::new();
    (source, options).hash(&mut hasher);
    let name = format!("{:016x}", hasher.finish());
    let dir = target.join("test-libraries");
    std::fs::create_dir_all(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let (from, to) = (dir.join(&name).with_extension("c"), dir.join(&name).with_extension("lfi"));
    // The same text under the same name: tests that run side by side write the same file.
    std::fs::write(&from, source).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    let mut command = Command::new(driver);
    command.args(options).args(["-w", "--lfi-library", "-o"]).args([&to, &from]);
    let output = command.output().unwrap_or_else(|error| panic!("the driver: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    to
}
