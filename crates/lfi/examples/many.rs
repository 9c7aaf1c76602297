//! How many sandboxes live in one process, and what each takes:
//! `cargo run --release -p lfi --example many -- LIBRARY FUNCTION COUNT`.
//!
//! Each is an instance of the library, and its function (without arguments,
//! giving an `int`) is called once when all are there. The kernel allows a
//! process `vm.max_map_count` mappings: for 28,000 instances set it to 1,000,000
//! (`sysctl vm.max_map_count=1000000`).

use lfi::{Config, Engine, Module, Sandbox};
use std::{error::Error, fs, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, library, function, count] = &arguments[..] else {
        return Err("usage: many LIBRARY FUNCTION COUNT".into());
    };
    let count: usize = count.parse()?;
    let engine = Engine::new(&Config::default())?;
    let module = Module::open(library)?;

    let before = Usage::now()?;
    let started = Instant::now();
    let sandboxes: Result<Vec<Sandbox>, _> = (0..count).map(|_| Sandbox::new(&engine, &module)).collect();
    let mut sandboxes = sandboxes?;
    let created = started.elapsed();
    let started = Instant::now();
    for sandbox in &mut sandboxes {
        sandbox.func::<(), i32>(function)?.call(sandbox, ())?;
    }
    let called = started.elapsed();
    let after = Usage::now()?;
    let started = Instant::now();
    drop(sandboxes);
    let dropped = started.elapsed();

    println!("{count} sandboxes, created, all alive, each called once, dropped");
    println!("  create   {:8.2} us each", created.as_secs_f64() * 1e6 / count as f64);
    println!("  call     {:8.2} us each", called.as_secs_f64() * 1e6 / count as f64);
    println!("  drop     {:8.2} us each", dropped.as_secs_f64() * 1e6 / count as f64);
    println!("  mappings {:8.2} each", (after.mappings - before.mappings) as f64 / count as f64);
    println!("  memory   {:8.2} KiB each", (after.memory - before.memory) as f64 / count as f64);
    println!("  page tables {:5.2} KiB each", (after.tables - before.tables) as f64 / count as f64);
    Ok(())
}

/// What the process uses: mappings, and KiB of memory of its own (code and constants are shared) and of page tables.
struct Usage {
    mappings: usize,
    memory: usize,
    tables: usize,
}

impl Usage {
    fn now() -> Result<Self, Box<dyn Error>> {
        let status = fs::read_to_string("/proc/self/status")?;
        let field = |name: &str| -> Result<usize, Box<dyn Error>> {
            let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such field")?;
            Ok(line.split_whitespace().nth(1).ok_or("no value")?.parse()?)
        };
        let mappings = fs::read_to_string("/proc/self/maps")?.lines().count();
        Ok(Self { mappings, memory: field("RssAnon:")?, tables: field("VmPTE:")? })
    }
}
