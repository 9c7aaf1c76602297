//! Passes structures by value.
//!
//! ```text
//! x86_64-lfi-linux-musl-clang -O2 --lfi-library -o struct.lfi crates/lfi/examples/struct.c
//! cargo run -p lfi --example struct -- struct.lfi
//! ```

use lfi::{Config, Engine, Module, Sandbox};

lfi::c_enum! {
    enum Unit: u32 { METRES, FEET }
}

lfi::c_struct! {
    #[derive(Debug)]
    struct Point { x: f64, y: f64 }

    #[derive(Debug)]
    struct Box { corner: [Point; 2], unit: Unit }
}

fn main() -> Result<(), std::boxed::Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: struct LIBRARY")?;
    let engine = Engine::new(&Config::default())?;
    let mut sandbox = Sandbox::new(&engine, &Module::open(file)?)?;

    let here = Box { corner: [Point { x: 0.0, y: 0.0 }, Point { x: 8.0, y: 4.0 }], unit: Unit::FEET };
    let centre = sandbox.func::<(Box,), Point>("centre")?;
    println!("{:?}", centre.call(&mut sandbox, (here,))?);

    let in_metres = sandbox.func::<(Box,), Box>("in_metres")?;
    let metric = in_metres.call(&mut sandbox, (here,))?;
    println!("{:?} in {}", metric.corner, if metric.unit == Unit::METRES { "metres" } else { "feet" });
    Ok(())
}
