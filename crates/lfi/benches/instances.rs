//! What instances cost: making, taking, resetting them.
//! `cargo bench -p lfi --bench instances`. The toolchain must be installed
//! (`cargo xtask toolchain --all`), and sources fetched (`cargo xtask fetch`).
#![allow(missing_docs)]

use std::hint::black_box;

use lfi::{Config, Engine, Error, Instance, Module, Pool, PoolConfig, Sandbox, SandboxPtr};
use lfi_filetest::{compare, library_with, part, sqlite_library, time_after, zlib_library};

const SMALL: &str = "int counter; int count(void) { return ++counter; }";
const ROUNDS: usize = 2000;

fn main() {
    let engine = Engine::new(&Config::default()).expect("an engine");
    for returns in ["jump", "ret"] {
        println!("returns: {returns}");
        small(&engine, returns);
        library("zlib, after compressing 64 KiB", &engine, zlib_library(returns), compress);
        library("sqlite, after a database in memory and some statements", &engine, sqlite_library(returns), query);
    }
}

/// An instance of a library of one function, which is called once.
fn small(engine: &Engine, returns: &str) {
    let file = library_with(SMALL, &["-O2", &format!("--lfi-returns={returns}")]);
    let module = Module::open(file).expect("a library");
    let pool = Pool::new(engine, &module, PoolConfig::default()).expect("a pool");
    let many = Pool::new(engine, &module, PoolConfig::default()).expect("a pool");
    let mut turn = instances(&many, 1000);
    let count = |sandbox: &mut Sandbox| {
        let count = sandbox.func::<(), i32>("count").expect("a function");
        black_box(count.call(sandbox, ()).expect("no fault"));
    };
    for _ in 0..10 {
        turn.iter_mut().for_each(|instance| used(instance, count));
    }
    compare(
        "an instance of a small library, one call of it",
        25,
        vec![
            part("from a pool: get, call, drop", 1000.0, || {
                (0..1000).for_each(|_| count(&mut pool.get().expect("an instance")));
            }),
            part("1,000 of them in turn: call, reset", 1000.0, || {
                turn.iter_mut().for_each(|instance| used(instance, count));
            }),
            part("without a pool: load, start, call, drop", 100.0, || {
                (0..100).for_each(|_| count(&mut Sandbox::new(engine, &module).expect("a sandbox")));
            }),
        ],
    );
}

fn instances(pool: &Pool, count: usize) -> Vec<Instance> {
    (0..count).map(|_| pool.get().expect("an instance")).collect()
}

fn used(sandbox: &mut Sandbox, work: impl Fn(&mut Sandbox)) {
    work(sandbox);
    sandbox.reset().expect("a reset");
}

/// The reset of a library alone, after a use of it; and the use.
fn library(name: &str, engine: &Engine, file: Vec<u8>, work: impl Fn(&mut Sandbox) -> Result<(), Error> + Copy) {
    let module = Module::new(file).expect("a library");
    let work = |sandbox: &mut Sandbox| work(sandbox).expect("no fault");
    let sandbox = || Sandbox::new(engine, &module).expect("a sandbox");
    let mut fresh = sandbox();
    fresh.take_snapshot().expect("a snapshot");
    let reset = |sandbox: &mut Sandbox| sandbox.reset().expect("a reset");
    println!("{name}");
    let print = |name: &str, time: f64| println!("  {name:<44} {time:>12.1} ns");
    print("reset", time_after(ROUNDS, &mut fresh, work, reset));
    print("the use, after a reset", time_after(ROUNDS, &mut fresh, reset, work));
    let many = Pool::new(engine, &module, PoolConfig::default()).expect("a pool");
    let mut turn = instances(&many, 1000);
    let mut next = 0;
    let mut in_turn = |instances: &mut Vec<Instance>| {
        next = (next + 1) % instances.len();
        work(&mut instances[next]);
        next
    };
    // Each is used some times before it counts.
    (0..4).for_each(|_| turn.iter_mut().for_each(|instance| used(instance, work)));
    let mut state = (0, turn);
    let time = time_after(
        ROUNDS,
        &mut state,
        |(now, instances)| *now = in_turn(instances),
        |(now, instances)| reset(&mut instances[*now]),
    );
    print("reset of one of 1,000 in turn", time);
    let mut warm = sandbox();
    print("the use, without resets", time_after(ROUNDS, &mut warm, |_| {}, work));
    print("without a pool: load, start, drop", time_after(100, &mut (), |()| {}, |()| drop(sandbox())));
}

/// Compresses 64 KiB and gives everything back.
fn compress(sandbox: &mut Sandbox) -> Result<(), Error> {
    type Compress = (SandboxPtr<u8>, SandboxPtr<u64>, SandboxPtr<u8>, u64);
    const LEN: usize = 64 << 10;
    let data: Vec<u8> = (0..LEN).map(|n| (n * n / 1000) as u8).collect();
    let from = sandbox.alloc_from(&data)?;
    let to = sandbox.alloc::<u8>(LEN)?;
    let len = sandbox.alloc_from(&[LEN as u64])?;
    let result = sandbox.func::<Compress, i32>("compress")?.call(sandbox, (to, len, from, LEN as u64))?;
    assert_eq!(result, 0);
    sandbox.free(from)?;
    sandbox.free(to)?;
    sandbox.free(len)
}

/// Opens a database and runs statements; nothing is closed.
fn query(sandbox: &mut Sandbox) -> Result<(), Error> {
    type Open = (SandboxPtr<u8>, SandboxPtr<u64>);
    type Exec = (u64, SandboxPtr<u8>, u64, u64, u64);
    let place = sandbox.alloc_from(&[0u64])?;
    let name = sandbox.alloc_c_str(c":memory:")?;
    assert_eq!(sandbox.func::<Open, i32>("sqlite3_open")?.call(sandbox, (name, place))?, 0);
    let database = sandbox.read_value(place)?;
    let text = sandbox.alloc_c_str(
        c"create table t(a integer primary key, b text);
          insert into t(b) values ('one'), ('two'), ('three'), ('four');
          update t set b = b || a where a > 2;
          select count(*), max(b) from t;",
    )?;
    let exec = sandbox.func::<Exec, i32>("sqlite3_exec")?;
    assert_eq!(exec.call(sandbox, (database, text, 0, 0, 0))?, 0);
    Ok(())
}
