//! Calls functions of a library.
//!
//! ```text
//! x86_64-lfi-linux-musl-clang -O2 --lfi-library -o call.lfi crates/lfi/examples/call.c
//! cargo run -p lfi --example call -- call.lfi
//! ```

use lfi::{Config, Engine, Module, Sandbox};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: call LIBRARY")?;
    let engine = Engine::new(&Config::default())?;
    let mut sandbox = Sandbox::new(&engine, &Module::open(file)?)?;

    let add = sandbox.func::<(i32, i32), i32>("add")?;
    println!("2 + 3 = {}", add.call(&mut sandbox, (2, 3))?);

    // double scale(double x, float by, short times);
    let scale = sandbox.func::<(f64, f32, i16), f64>("scale")?;
    println!("3 * 1.5 * 1.5 = {}", scale.call(&mut sandbox, (3.0, 1.5, 2))?);
    Ok(())
}
