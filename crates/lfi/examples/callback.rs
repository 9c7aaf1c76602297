//! Has a library call functions of the host.
//!
//! ```text
//! x86_64-lfi-linux-musl-clang -O2 --lfi-library -o callback.lfi crates/lfi/examples/callback.c
//! cargo run -p lfi --example callback -- callback.lfi
//! ```

use lfi::{Config, Engine, Error, Module, Sandbox, SandboxPtr};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

lfi::c_struct! {
    #[derive(Debug)]
    struct Point { x: f64, y: f64 }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: callback LIBRARY")?;
    let engine = Engine::new(&Config::default())?;
    let mut sandbox = Sandbox::new(&engine, &Module::open(file)?)?;

    println!("{:?}", sorted(&mut sandbox, &[5, 3, 9, 1])?);

    // What a C program does with a context pointer, a closure does by what it owns.
    let called = Arc::new(AtomicU32::new(0));
    let counter = called.clone();
    let map = sandbox.callback(move |_: &mut Sandbox, (point, _): (Point, SandboxPtr<()>)| {
        counter.fetch_add(1, Ordering::Relaxed);
        Point { x: point.y, y: point.x }
    })?;
    let each = sandbox.func::<(SandboxPtr<Point>, usize, SandboxPtr<()>, SandboxPtr<()>), ()>("each")?;
    let points = sandbox.alloc::<Point>(2)?.slice(2);
    points.write(&mut sandbox, &[Point { x: 1.0, y: 2.0 }, Point { x: 3.0, y: 4.0 }])?;
    each.call(&mut sandbox, (points.start(), points.len(), map.pointer(), SandboxPtr::NULL))?;
    println!("{:?} after {} calls", points.read(&sandbox)?, called.load(Ordering::Relaxed));
    sandbox.remove_callback(map)?;
    Ok(())
}

/// The numbers in falling order, sorted by the library.
fn sorted(sandbox: &mut Sandbox, numbers: &[i32]) -> Result<Vec<i32>, Error> {
    let order = sandbox.callback(|sandbox: &mut Sandbox, (a, b): (SandboxPtr<i32>, SandboxPtr<i32>)| {
        // The pointers are the library's word. A wrong one is no reason to end here.
        let values = sandbox.read_value(a).and_then(|a| Ok((a, sandbox.read_value(b)?)));
        values.map_or(0, |(a, b)| b.cmp(&a) as i32)
    })?;
    let sort = sandbox.func::<(SandboxPtr<i32>, usize, SandboxPtr<()>), ()>("sort")?;
    let place = sandbox.alloc_from(numbers)?;
    sort.call(sandbox, (place, numbers.len(), order.pointer()))?;
    sandbox.remove_callback(order)?;
    let sorted = sandbox.read_vec(place, numbers.len())?;
    sandbox.free(place)?;
    Ok(sorted)
}
