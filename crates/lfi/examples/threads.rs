//! Uses one sandbox from many threads.
//!
//! ```text
//! x86_64-lfi-linux-musl-clang -O2 --lfi-library -o threads.lfi crates/lfi/examples/threads.c
//! cargo run -p lfi --example threads -- threads.lfi
//! ```

use lfi::{Config, Engine, Module, Sandbox, SharedSandbox};
use std::thread;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: threads LIBRARY")?;
    let engine = Engine::new(&Config::default())?;
    let sandbox = Sandbox::new(&engine, &Module::open(file)?)?;
    let add = sandbox.func::<(i64,), i64>("add")?;
    let sum = sandbox.func::<(), i64>("sum")?;
    let add_all = sandbox.func::<(i32,), i32>("add_all")?;

    let shared = SharedSandbox::new(sandbox)?;
    thread::scope(|scope| {
        for n in 1..=4 {
            // Each thread has a context and a stack of its own in there.
            let shared = shared.clone();
            scope.spawn(move || shared.with(|sandbox| (0..1000).try_for_each(|_| add.call(sandbox, (n,)).map(drop))));
        }
    });
    println!("by threads of the host: {}", shared.with(|sandbox| sum.call(sandbox, ()))??);

    // The library's own threads run on threads that are started for them.
    let status = shared.with(|sandbox| add_all.call(sandbox, (8,)))??;
    println!("by threads of the library: {status}, {}", shared.with(|sandbox| sum.call(sandbox, ()))??);
    Ok(())
}
