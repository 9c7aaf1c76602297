//! `cargo xtask demo`: real C programs inside verified sandboxes, beside their
//! native builds, and what happens to hostile ones.

mod zlib;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use lfi_abi::{Kind, Returns};

use crate::{
    bench::{
        self, RETURNS,
        report::{Machine, Report},
        rounds::{self, Measured},
    },
    cache,
    corpus::{self, Program},
    failure::{Context, Failure, Result},
    measure,
    setup::{self, Tools},
    ui,
};

/// Rounds of each measurement; the medians are shown.
const ROUNDS: usize = 5;

/// Runs the whole demonstration and prints its table.
pub(crate) fn run() -> Result {
    let tools = setup::tools()?;
    let root = setup::repository();
    let scratch = scratch()?;

    let (hello, hostile) = small(&tools, &scratch)?;
    let mut rows = vec![hello];
    let mut programs = Vec::new();
    for (program, what) in
        [(corpus::lua(root)?, "Lua 5.4, a script"), (corpus::sqlite(root)?, "sqlite shell, a script")]
    {
        let (row, measured) = compared(&tools, &program, what, &scratch)?;
        rows.push(row);
        programs.push(measured);
    }
    rows.extend(zlib::rows(&tools, &scratch)?);
    rows.extend(hostile);

    let file = scratch.join("rounds.json");
    let report = Report { machine: Machine::this("cargo xtask demo")?, rounds: ROUNDS, programs };
    fs::write(&file, report.json()?).at(&file)?;
    println!("\n{:<26} {:<62} {:>8} {:>8}", "what", "result", "jump", "ret");
    for row in &rows {
        let [jump, ret] = &row.costs;
        println!("{:<26} {:<62} {jump:>8} {ret:>8}", row.what, row.result);
    }
    println!(
        "\njump, ret: {} in user mode, sandboxed / native, with returns as masked jumps (the default) and as masked",
        measure::unit()
    );
    println!("`ret` (exclusive sandboxes). Kind full; same compiler, flags (-O2) and C library; whole process, with");
    println!("loading and verification; medians of {ROUNDS} interleaved rounds, which are in {}", file.display());
    println!("zlib: time, in one process, medians of 9 rounds; the native build uses the host's C library");
    println!("try it yourself:\n  export PATH={}:$PATH", tools.path("").display());
    println!("  x86_64-lfi-linux-musl-clang demo/hello.c -O2 -o hello -static-pie && lfi-run -v ./hello");
    Ok(())
}

/// The part that measures nothing, for the tests.
pub(crate) fn part(tools: &Tools) -> Result {
    small(tools, &scratch()?).map(|_| ())
}

fn scratch() -> Result<PathBuf> {
    let scratch = setup::repository().join("target/demo");
    fs::create_dir_all(&scratch).at(&scratch)?;
    Ok(scratch)
}

/// Hello world, and hostile input.
fn small(tools: &Tools, scratch: &Path) -> Result<(Row, [Row; 3])> {
    let root = setup::repository();
    let driver = tools.driver(Kind::Full, Returns::Jump)?;
    let hello = hello(tools, &driver, root, scratch)?;
    let hostile = [
        wild_pointer(tools, &driver, root, scratch)?,
        changed_byte(tools, scratch)?,
        unsandboxable(&driver, root, scratch)?,
    ];
    Ok((hello, hostile))
}

struct Row {
    what: &'static str,
    result: String,
    /// Cost, by form of return.
    costs: [String; 2],
}

impl Row {
    fn new(what: &'static str, result: impl Into<String>) -> Self {
        Self { what, result: result.into(), costs: Default::default() }
    }

    /// With costs against native.
    fn with(what: &'static str, result: &str, ratios: [f64; 2]) -> Self {
        Self { costs: ratios.map(|ratio| format!("{ratio:.3}x")), ..Self::new(what, result) }
    }
}

fn hello(tools: &Tools, driver: &Command, root: &Path, scratch: &Path) -> Result<Row> {
    let executable = compile(driver, &root.join("demo/hello.c"), &scratch.join("hello"))?;
    let output = output(tools.command("lfi-run").arg("-v").arg(&executable))?;
    if output.stdout != b"Hello from LFI\n" || !output.status.success() {
        return Err(unexpected("hello", &output));
    }
    Ok(Row::new("hello world", "compiled, verified, run: \"Hello from LFI\""))
}

/// Builds a program natively and for both forms of return, compares what they
/// do and what that costs.
fn compared(tools: &Tools, program: &Program, what: &'static str, scratch: &Path) -> Result<(Row, Measured)> {
    let name = &program.name;
    let builds = bench::build(&bench::drivers(tools, &[Kind::Full])?, program, &scratch.join(name))?;
    let builds = rounds::run(tools, program, &builds, ROUNDS, &scratch.join(format!("{name}-run")))?;
    let measured = Measured { name: name.clone(), group: "demo", builds };
    let ratios = RETURNS.map(|returns| {
        let build = format!("{}-{returns}", Kind::Full);
        measured.ratio(&build, rounds::cycles).map_or(f64::NAN, |ratio| ratio.median)
    });
    Ok((Row::with(what, "output, exit status and files equal the native build's", ratios), measured))
}

/// A C program that writes through a wild pointer: contained.
fn wild_pointer(tools: &Tools, driver: &Command, root: &Path, scratch: &Path) -> Result<Row> {
    let executable = compile(driver, &root.join("demo/wild.c"), &scratch.join("wild"))?;
    let output = output(tools.command("lfi-run").arg(&executable))?;
    // The backtrace is behind it.
    let errors = String::from_utf8_lossy(&output.stderr);
    let message = errors.lines().find(|line| line.contains("SIGSEGV")).unwrap_or_default();
    if output.status.code() != Some(139) || !message.contains("main") {
        return Err(unexpected("wild", &output));
    }
    ui::say(format!("the wild pointer: {message}"));
    Ok(Row::new("hostile: wild pointer", "contained: the program ended with SIGSEGV, the host went on"))
}

/// A verified file with one byte of code changed: refused.
fn changed_byte(tools: &Tools, scratch: &Path) -> Result<Row> {
    let good = scratch.join("hello");
    let bad = scratch.join("hello-changed");
    let mut bytes = fs::read(&good).at(&good)?;
    // `65 67` (the sandbox's segment and a 32-bit address) before a store of
    // a register: without the segment the store would go to host memory.
    let guarded = bytes
        .windows(3)
        .rposition(|window| window == [0x65, 0x67, 0x89])
        .ok_or_else(|| Failure::wrong("hello has no guarded store"))?;
    bytes[guarded] = 0x3e;
    fs::write(&bad, &bytes).at(&bad)?;
    let verdict = output(tools.command("lfi-verify").arg(&good))?;
    if verdict.status.code() != Some(0) {
        return Err(unexpected("lfi-verify", &verdict));
    }
    let verdict = output(tools.command("lfi-verify").arg(&bad))?;
    let refused = output(tools.command("lfi-run").arg(&bad))?;
    let text = String::from_utf8_lossy(&verdict.stdout).into_owned() + &String::from_utf8_lossy(&verdict.stderr);
    let rule = text.split('[').nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default().to_owned();
    if verdict.status.code() != Some(1)
        || rule.is_empty()
        || refused.status.code() != Some(126)
        || !refused.stdout.is_empty()
    {
        return Err(unexpected("the changed program", &refused));
    }
    ui::say(format!("the changed byte: {}", text.lines().next().unwrap_or_default()));
    Ok(Row::new("hostile: one byte changed", format!("refused before it ran [{rule}]")))
}

/// Assembly that no rule can make safe: refused with its line.
fn unsandboxable(driver: &Command, root: &Path, scratch: &Path) -> Result<Row> {
    let source = root.join("demo/unsandboxable.s");
    let executable = scratch.join("unsandboxable");
    let output = output(corpus::again(driver).arg(&source).arg("-o").arg(&executable))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let place = "unsandboxable.s:8";
    if output.status.success() || executable.exists() || !text.contains(place) {
        return Err(unexpected("lfi-cc", &output));
    }
    ui::say(format!("the assembly: {}", text.lines().next().unwrap_or_default()));
    Ok(Row::new("hostile: assembly", format!("refused by the driver at {place} (wrgsbase)")))
}

fn compile(driver: &Command, source: &Path, executable: &Path) -> Result<PathBuf> {
    cache::create_parent(executable)?;
    ui::run(corpus::again(driver).args(["-O2", "-static-pie", "-o"]).arg(executable).arg(source))?;
    Ok(executable.to_owned())
}

fn output(command: &mut Command) -> Result<Output> {
    command.output().map_err(|error| Failure::could_not(format!("{}: {error}", command.get_program().display())))
}

fn unexpected(what: &str, output: &Output) -> Failure {
    Failure::wrong(format!(
        "{what}: unexpected result: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}
