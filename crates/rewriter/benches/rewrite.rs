//! Speed of the rewriter on sqlite's assembly: `cargo bench -p lfi-rewriter`.
//! The toolchain must be installed (`cargo xtask toolchain`).
#![allow(missing_docs)]

use std::hint::black_box;

use lfi_abi::{Kind, Returns};
use lfi_filetest::{part, sqlite_assembly, take_turns};
use lfi_rewriter::{Options, rewrite_bytes};

const ROUNDS: usize = 7;

fn main() {
    let once = sqlite_assembly();
    // Local labels repeat, which a rewriter need not mind; time must grow with the length.
    let twice = once.repeat(2);
    let configurations = [
        (Kind::Full, Returns::Jump, &once),
        (Kind::Full, Returns::Ret, &once),
        (Kind::Stores, Returns::Jump, &once),
        (Kind::Full, Returns::Jump, &twice),
    ];
    let parts = configurations.map(|(kind, returns, text)| {
        let options = Options { kind, returns, ..Options::default() };
        part("", 1.0, move || drop(black_box(rewrite_bytes(text, "sqlite3.s", &options).expect("sandboxable"))))
    });
    let costs = take_turns(ROUNDS, parts.into());
    println!("sqlite's assembly, one core");
    for ((kind, returns, text), cost) in configurations.iter().zip(costs) {
        let time = cost.time;
        let lines = text.iter().filter(|&&byte| byte == b'\n').count() as f64;
        println!(
            "  {kind}, {returns}: {lines:.0} lines, {:.2} million lines/s, {:.1} MB/s",
            lines / time * 1e3,
            text.len() as f64 / time * 1e3
        );
    }
}
