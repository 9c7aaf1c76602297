//! Uses a fresh instance of a library for each request, prepared once.
//!
//! ```text
//! x86_64-lfi-linux-musl-clang -O2 --lfi-library -o pool.lfi crates/lfi/examples/pool.c
//! cargo run -p lfi --example pool -- pool.lfi
//! ```

use lfi::{Config, Engine, Error, Module, Pool, PoolConfig, Sandbox};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: pool LIBRARY")?;
    let engine = Engine::new(&Config::default())?;
    let module = Module::open(file)?;

    let pool = Pool::with(PoolConfig::default(), move || {
        let mut sandbox = Sandbox::new(&engine, &module)?;
        let prepare = sandbox.func::<(), i32>("prepare")?;
        if prepare.call(&mut sandbox, ())? != 0 {
            return Err(Error::OutOfMemory);
        }
        Ok(sandbox)
    })?;

    for key in [7, 8] {
        let mut instance = pool.get()?;
        let look_up = instance.func::<(u16,), i32>("look_up")?;
        let count = instance.func::<(), u32>("count")?;
        let value = look_up.call(&mut instance, (key,))?;
        println!("{key}: {value}, {} lookup", count.call(&mut instance, ())?);
        // The next one does not see what this one leaves behind, and does not mind that it dies.
        let spoil = instance.func::<(u64,), ()>("spoil")?;
        println!("{}", if spoil.call(&mut instance, (0,)).is_err() { "spoilt, and dead" } else { "alive" });
    }
    let mut instance = pool.get()?;
    let look_up = instance.func::<(u16,), i32>("look_up")?;
    println!("7: {}", look_up.call(&mut instance, (7,))?);
    Ok(())
}
