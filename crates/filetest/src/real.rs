//! Real inputs for benchmarks: sqlite and zlib, which `cargo xtask fetch` brings.

use crate::toolchain;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

const SQLITE_FLAGS: [&str; 4] =
    ["-O2", "-DSQLITE_THREADSAFE=0", "-DSQLITE_OMIT_LOAD_EXTENSION", "-DSQLITE_ENABLE_MATH_FUNCTIONS"];

/// sqlite as the stock compiler's assembly.
///
/// # Panics
/// When the toolchain is not installed or the source was not fetched.
pub fn sqlite_assembly() -> Vec<u8> {
    sqlite("sqlite3.s", &["-S", "--lfi-emit=stock"])
}

/// sqlite as a library for sandboxes, with this form of return (`jump`, `ret`).
///
/// # Panics
/// As [`sqlite_assembly`].
pub fn sqlite_library(returns: &str) -> Vec<u8> {
    sqlite(&format!("sqlite3-{returns}.lfi"), &["--lfi-library", &format!("--lfi-returns={returns}")])
}

fn sqlite(name: &str, options: &[&str]) -> Vec<u8> {
    made(name, &[&SQLITE_FLAGS[..], options].concat(), || vec![source("sqlite3.c").join("sqlite3.c")])
}

/// zlib, without its functions for files, as a library for sandboxes.
///
/// # Panics
/// As [`sqlite_assembly`].
pub fn zlib_library(returns: &str) -> Vec<u8> {
    let options = ["-O2", "-DHAVE_UNISTD_H", "--lfi-library", &format!("--lfi-returns={returns}")];
    made(&format!("zlib-{returns}.lfi"), &options, || {
        let parts = ["adler32", "compress", "crc32", "deflate", "infback", "inffast", "inflate", "inftrees", "trees"];
        let directory = source("zlib.h");
        parts.iter().chain(&["uncompr", "zutil"]).map(|part| directory.join(part).with_extension("c")).collect()
    })
}

/// A file made by the driver, unless the driver that is installed has made it
/// already.
fn made(name: &str, options: &[&str], sources: impl Fn() -> Vec<PathBuf>) -> Vec<u8> {
    let driver = toolchain::driver();
    let file = toolchain::scratch().join(name);
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    if changed(&file) <= changed(&driver) {
        toolchain::compile(options, &sources(), &file);
    }
    fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The directory in the cache of fetched sources that holds this file.
fn source(file: &str) -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache"))).unwrap_or_default();
    let sources = cache.join("lfi/source");
    let entries = fs::read_dir(&sources).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.join(file).exists()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| panic!("no {file} in {}: run `cargo xtask fetch` first", sources.display()))
}
