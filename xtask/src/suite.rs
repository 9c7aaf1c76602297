//! `cargo xtask test`: all tests of the project. First the crates' own, then
//! the corpus: real programs, each level of optimisation, each kind and form
//! of return, verified and run beside their native builds.

use std::{env, fs, path::Path, process::Command, time::Instant};

use lfi_abi::{Kind, Returns};

use crate::{
    bench,
    compare::{self, Build},
    failure::{Context, Failure, Result},
    programs::{self, Program},
    setup::{self, Tools},
    ui,
};

/// The crate whose tests need the toolchain.
const EMBEDDING: &str = "lfi";

const LEVELS: [&str; 3] = ["-O0", "-O2", "-O3"];

/// Levels of the sysroot's libraries; by themselves they choose -O2 and -Os.
const SYSROOT_LEVELS: [Option<&str>; 3] = [Some("O0"), None, Some("O3")];

/// Every kind with every form of return.
pub(crate) const PAIRS: [(Kind, Returns); 6] = [
    (Kind::Full, Returns::Jump),
    (Kind::Full, Returns::Ret),
    (Kind::Stores, Returns::Jump),
    (Kind::Stores, Returns::Ret),
    (Kind::Jumps, Returns::Jump),
    (Kind::Jumps, Returns::Ret),
];

/// Runs everything; `quick` leaves out what needs the toolchain.
pub(crate) fn run(quick: bool) -> Result {
    let start = Instant::now();
    setup::packages()?;
    cargo_test(&["--workspace", "--exclude", EMBEDDING], "the crates' own tests")?;
    if quick {
        ui::say(format!("left out: the tests of {EMBEDDING}, the corpus"));
        return Ok(());
    }
    let tools = setup::tools()?;
    for returns in [Returns::Jump, Returns::Ret] {
        tools.sysroot(Kind::Full, returns)?;
    }
    cargo_test(&["--package", EMBEDDING], "the tests that call libraries")?;
    let mut tally = Tally::default();
    corpus(&tools, &mut tally)?;
    tally.case("the benchmark suite, a part of it", bench::smoke_test(&tools));
    ui::say(format!("all tests: {:.0} s", start.elapsed().as_secs_f64()));
    println!("corpus: {} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 { Err(Failure::wrong("the corpus has failures (above)")) } else { Ok(()) }
}

/// `cargo test` with these arguments, its output shown as it comes.
fn cargo_test(arguments: &[&str], what: &str) -> Result {
    ui::say(format!("{what} ..."));
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "--quiet"])
        .args(arguments)
        .current_dir(setup::repository())
        .status()
        .map_err(|error| Failure::could_not(format!("cargo: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::wrong("cargo test failed (above)")) }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    /// Books a case; a failure is shown and the suite goes on.
    fn case(&mut self, name: &str, result: Result) {
        match result {
            Ok(()) => self.passed += 1,
            Err(failure) => {
                self.failed += 1;
                ui::say(format!("FAILED {name}: {failure}"));
            }
        }
    }
}

fn corpus(tools: &Tools, tally: &mut Tally) -> Result {
    let root = setup::repository();
    let scratch = root.join("target/suite");
    fs::create_dir_all(&scratch).at(&scratch)?;
    let mut programs = vec![programs::lua(root)?, programs::sqlite(root)?, programs::zlib()?, programs::kernels(root)];
    programs.extend(programs::small(root)?);

    let native = tools.native_driver()?;
    let natives: Vec<Build> = ui::step("building the corpus natively", || {
        let build = |p: &Program| p.build(&native, "-O2", &scratch.join("native").join(&p.name));
        programs.iter().map(|p| Ok(Build { executable: build(p)?, sandbox: None })).collect()
    })?;
    for (kind, returns) in PAIRS {
        let driver = tools.driver(kind, returns)?;
        ui::step(&format!("the corpus, kind {kind}, returns {returns}"), || {
            for level in SYSROOT_LEVELS {
                let name = format!("whole sysroot {}, {kind}, {returns}", level.unwrap_or("as it comes"));
                tally.case(&name, whole_sysroot(tools, &driver, (level, kind, returns), &scratch));
            }
            for level in LEVELS {
                for (program, native) in programs.iter().zip(&natives) {
                    let name = format!("{} {level}, {kind}, {returns}", program.name);
                    tally.case(&name, case(tools, (&driver, kind, returns), program, level, native, &scratch));
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Builds, verifies and runs one program, and compares it with the native one.
fn case(
    tools: &Tools,
    (driver, kind, returns): (&Command, Kind, Returns),
    program: &Program,
    level: &str,
    native: &Build,
    scratch: &Path,
) -> Result {
    let executable = program.build(driver, level, &scratch.join("build"))?;
    ui::run(tools.command("lfi-verify").arg(&executable))?;
    let sandboxed = Build { executable, sandbox: Some((kind, returns)) };
    compare::run(tools, program, &[native.clone(), sandboxed], &scratch.join("run")).map(drop)
}

/// Links every object of the sysroot's libraries into one program, which must
/// verify: also what no test program uses is sandboxed.
fn whole_sysroot(
    tools: &Tools,
    driver: &Command,
    (level, kind, returns): (Option<&str>, Kind, Returns),
    scratch: &Path,
) -> Result {
    let sysroot = tools.sysroot_at(level, kind, returns)?;
    let library = sysroot.join("lib");
    let executable = scratch.join("whole");
    let mut link = programs::again(driver);
    link.arg(format!("--lfi-sysroot={}", sysroot.display()));
    link.args(["-O2", "-o"]).arg(&executable).arg(setup::repository().join("demo/hello.c"));
    link.arg("-Wl,--whole-archive");
    for entry in fs::read_dir(&library).at(&library)? {
        let path = entry.at(&library)?.path();
        // musl's other libraries are empty.
        if path.extension().is_some_and(|e| e == "a") && fs::metadata(&path).at(&path)?.len() > 8 {
            link.arg(&path);
        }
    }
    link.arg("-Wl,--no-whole-archive");
    ui::run(&mut link)?;
    ui::run(tools.command("lfi-verify").arg(&executable))?;
    let output = ui::run(tools.command("lfi-run").arg("--kind").arg(kind.name()).arg(&executable))?;
    if output == "Hello from LFI\n" { Ok(()) } else { Err(Failure::wrong(format!("printed {output:?}"))) }
}
