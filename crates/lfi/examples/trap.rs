//! Calls functions that fail in several ways.
//!
//! ```text
//! x86_64-lfi-linux-musl-clang -O2 -g --lfi-library -o trap.lfi crates/lfi/examples/trap.c
//! cargo run -p lfi --example trap -- trap.lfi
//! ```

use lfi::{Cause, Config, Engine, Error, Module, Sandbox};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: trap LIBRARY")?;
    let engine = Engine::new(&Config::default())?;
    let module = Module::open(file)?;

    // A wild pointer: the call returns an error that says where.
    let mut sandbox = Sandbox::new(&engine, &module)?;
    let use_list = sandbox.func::<(u64,), i32>("use_list")?;
    if let Err(Error::Fault(fault)) = use_list.call(&mut sandbox, (0x10,)) {
        println!("{} in", fault.cause);
        for frame in fault.backtrace().frames() {
            let name = frame.function.as_deref().unwrap_or("?");
            println!(
                "  {name}, line {}{}",
                frame.line.unwrap_or_default(),
                if frame.inlined { ", inlined" } else { "" }
            );
        }
    }
    // The sandbox is dead, the module is as good as before.
    println!("{}", use_list.call(&mut sandbox, (0,)).unwrap_err());

    let mut sandbox = Sandbox::new(&engine, &module)?;
    let recurse = sandbox.func::<(i32,), i32>("recurse")?;
    match recurse.call(&mut sandbox, (0,)) {
        Err(Error::Fault(fault)) if fault.cause == Cause::StackOverflow => println!("it is too deep"),
        other => println!("{other:?}"),
    }

    let mut sandbox = Sandbox::new(&engine, &module)?;
    let give_up = sandbox.func::<(), ()>("give_up")?;
    println!("{}", give_up.call(&mut sandbox, ()).unwrap_err());
    Ok(())
}
