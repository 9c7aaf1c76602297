//! `lfi-cc`: the compiler driver, by whatever name it is installed.

use std::{env, process::ExitCode};

fn main() -> ExitCode {
    ExitCode::from(lfi_toolchain::driver::main(env::args_os()))
}
