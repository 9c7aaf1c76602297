//! Ends calls that take too long.
//!
//! ```text
//! x86_64-lfi-linux-musl-clang -O2 --lfi-library -o deadline.lfi crates/lfi/examples/deadline.c
//! cargo run -p lfi --example deadline -- deadline.lfi
//! ```

use lfi::{Config, Engine, Error, Module, Sandbox};
use std::{thread, time::Duration};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: deadline LIBRARY")?;
    let engine = Engine::new(&Config::default())?;
    let module = Module::open(file)?;

    // Each call of this sandbox may take so long.
    let mut sandbox = Sandbox::new(&engine, &module)?;
    sandbox.set_time_limit(Some(Duration::from_millis(20)))?;
    let quick = sandbox.func::<(i32,), i32>("quick")?;
    println!("quick: {}", quick.call(&mut sandbox, (21,))?);
    let spin = sandbox.func::<(), u32>("spin")?;
    println!("spin: {}", spin.call(&mut sandbox, ()).unwrap_err());
    // Where it was then.
    let function = sandbox.backtrace().frames().first().and_then(|frame| frame.function.clone());
    println!("in {}", function.as_deref().unwrap_or("?"));

    // Another thread may have enough of it.
    let mut sandbox = Sandbox::new(&engine, &module)?;
    let interrupter = sandbox.interrupter();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        interrupter.interrupt();
    });
    let wait = sandbox.func::<(), ()>("wait")?;
    match wait.call(&mut sandbox, ()) {
        Err(Error::Interrupted) => println!("wait: interrupted"),
        other => println!("wait: {other:?}"),
    }
    Ok(())
}
