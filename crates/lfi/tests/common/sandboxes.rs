//! Libraries of tests, in sandboxes.

use lfi::{Config, Engine, Module, Sandbox};
use lfi_filetest::library_with;

/// A sandbox with a library in this form of return.
pub(crate) fn sandbox(source: &str, options: &[&str], returns: &str) -> Sandbox {
    let file = library_with(source, &[options, &[&format!("--lfi-returns={returns}")]].concat());
    let engine = Engine::new(&Config::default()).unwrap();
    Sandbox::new(&engine, &Module::open(file).unwrap()).unwrap()
}

/// One in each form of return.
pub(crate) fn sandboxes(source: &str, options: &[&str]) -> impl Iterator<Item = Sandbox> {
    ["jump", "ret"].map(|returns| sandbox(source, options, returns)).into_iter()
}
