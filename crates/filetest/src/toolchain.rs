//! Libraries for tests, compiled by the installed toolchain.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// Where `cargo xtask toolchain` installs.
const INSTALLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/lfi");

/// Compiles C source into a library for sandboxes and gives the path of the file.
///
/// # Panics
/// When the toolchain is not installed, or the source does not compile.
pub fn library(source: &str) -> PathBuf {
    library_with(source, &["-O2"])
}

/// The same, with options for the driver.
///
/// # Panics
/// As [`library`].
pub fn library_with(source: &str, options: &[&str]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (source, options).hash(&mut hasher);
    let name = scratch().join(format!("{:016x}", hasher.finish()));
    // The same text under the same name: tests that run side by side write the same file, which is whole at all times.
    let (from, to) = (name.with_extension("c"), name.with_extension("lfi"));
    let mut text = tempfile::NamedTempFile::new_in(scratch()).expect("a file");
    text.write_all(source.as_bytes()).expect("room");
    text.persist(&from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    compile(&[options, &["--lfi-library"]].concat(), &[from], &to);
    to
}

/// Compiles a program of one C file and gives the path of the executable.
///
/// # Panics
/// As [`library`].
pub fn program(source: &Path, options: &[&str]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (source, options).hash(&mut hasher);
    let to = scratch().join(format!("{:016x}", hasher.finish()));
    compile(options, &[source.to_owned()], &to);
    to
}

/// Runs the driver on sources.
pub(crate) fn compile(options: &[&str], from: &[PathBuf], to: &Path) {
    let mut command = Command::new(driver());
    command.args(options).args(["-w", "-o"]).arg(to).args(from);
    let output = command.output().unwrap_or_else(|error| panic!("the driver: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The installed driver.
pub(crate) fn driver() -> PathBuf {
    let driver = Path::new(INSTALLED).join("bin/x86_64-lfi-linux-musl-clang");
    assert!(driver.exists(), "the toolchain is not installed: run `cargo xtask toolchain --all` first");
    driver
}

/// A directory for what is compiled here.
pub(crate) fn scratch() -> PathBuf {
    let dir = Path::new(INSTALLED).join("test-libraries");
    fs::create_dir_all(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    dir
}
