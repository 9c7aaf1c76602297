//! The part of the demo in which a Rust program calls a library: zlib, for both
//! forms of return, beside a native shared object.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use lfi_abi::{Kind, Returns};

use super::{Row, output, unexpected};
use crate::{
    bench::RETURNS,
    cache,
    corpus::{self, Program},
    failure::{Context, Failure, Result},
    fetch,
    setup::{self, Tools},
    ui,
};

/// What the host program found, for one form of return.
struct Findings {
    compress: f64,
    uncompress: f64,
    /// Nanoseconds of one call, sandboxed and native.
    call: [f64; 2],
    fault: String,
}

/// Builds library and host program, runs it, and gives the rows of the table.
pub(super) fn rows(tools: &Tools, scratch: &Path) -> Result<Vec<Row>> {
    let zlib = corpus::zlib()?;
    let host = setup::build_release("lfi-demo-host", &["--bins"])?.pop();
    let host = host.ok_or_else(|| Failure::could_not("the host program was not built"))?;
    let scratch = scratch.join("zlib");
    fs::create_dir_all(&scratch).at(&scratch)?;
    let (native, sandboxed) = ui::step("building zlib as a library, native and sandboxed", || {
        let native = scratch.join("zlib.so");
        link(Command::new("clang-19").args(["-shared", "-fPIC"]), &zlib, &native)?;
        let build = |returns: Returns| {
            let library = scratch.join(format!("zlib-{returns}.lfi"));
            link(tools.driver(Kind::Full, returns)?.arg("--lfi-library"), &zlib, &library).map(|()| library)
        };
        Ok((native, [build(RETURNS[0])?, build(RETURNS[1])?]))
    })?;
    let data = fetch::sqlite()?.join("sqlite3.c");
    let [jump, ret] = ui::step("calling zlib from a Rust program, native and sandboxed by turns", || {
        let run = |library: &PathBuf| findings(Command::new(&host).arg(library).arg(&native).arg(&data));
        Ok([run(&sandboxed[0])?, run(&sandboxed[1])?])
    })?;
    ui::say(format!("the wild pointer into zlib: {}", ret.fault));
    let native = format!("cost of a call; native, through a pointer: {:.1} ns", ret.call[1]);
    let mut call = Row::new("zlib: one call", native);
    call.costs = [&jump, &ret].map(|found| format!("{:.0} ns", found.call[0]));
    Ok(vec![
        Row::with("zlib: compress", "from a Rust host; data equal the native build's", [jump.compress, ret.compress]),
        Row::with("zlib: uncompress", "copying in and out included", [jump.uncompress, ret.uncompress]),
        call,
        Row::new("zlib: wild pointer", "an error for the host, which went on"),
    ])
}

/// Compiles the library's sources, without those of its test program.
fn link(compiler: &mut Command, zlib: &Program, to: &Path) -> Result {
    cache::create_parent(to)?;
    let library = zlib.sources.iter().filter(|path| path.file_stem().is_none_or(|stem| stem != "minigzip"));
    ui::run(compiler.arg("-O2").args(&zlib.flags).args(["-w", "-o"]).arg(to).args(library)).map(drop)
}

/// Runs the host program and reads its report.
fn findings(command: &mut Command) -> Result<Findings> {
    let output = output(command)?;
    let report = String::from_utf8_lossy(&output.stdout);
    let values = |name: &str| -> Option<Vec<&str>> {
        report
            .lines()
            .map(|line| line.split('\t'))
            .find_map(|mut words| (words.next() == Some(name)).then(|| words.collect()))
    };
    let number = |name: &str, index: usize| values(name)?.get(index)?.parse().ok();
    let findings = || {
        Some(Findings {
            compress: number("compress", 0)?,
            uncompress: number("uncompress", 0)?,
            call: [number("call", 0)?, number("call", 1)?],
            fault: values("fault")?.first().filter(|text| text.starts_with("SIGSEGV in inflate"))?.to_string(),
        })
    };
    findings().filter(|_| output.status.success()).ok_or_else(|| unexpected("the host program", &output))
}
