//! `cargo xtask test`: all tests of the project. First the crates' own, then
//! the corpus: real programs, each level of optimisation, each kind and form
//! of return, verified and run beside their native builds.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use lfi_abi::{Kind, Returns};

use crate::{
    bench,
    compare::{self, Build},
    compilers,
    corpus::{self, Program},
    demo,
    failure::{Context, Failure, Result},
    fidelity, layer, libraries, posix, programs,
    setup::{self, Tools},
    ui,
};

/// The crates whose tests need the toolchain.
const EMBEDDING: [&str; 2] = ["lfi", "lfi-signatures"];

const LEVELS: [&str; 3] = ["-O0", "-O2", "-O3"];

/// How long random system calls are made, from without and from within, in seconds; the tests alone take
/// some seconds.
const FUZZ_SECONDS: u64 = 60;
const SET_FUZZ_SECONDS: &str = "LFI_FUZZ_SECONDS";

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
    let [first, second] = EMBEDDING;
    let fuzz = (!quick).then_some(FUZZ_SECONDS);
    cargo_test(&["--workspace", "--exclude", first, "--exclude", second], fuzz, "the crates' own tests")?;
    if quick {
        ui::say(format!("left out: the tests of {first} and {second}, the corpus"));
        return Ok(());
    }
    let tools = setup::tools()?;
    for returns in [Returns::Jump, Returns::Ret] {
        tools.sysroot(Kind::Full, returns)?;
    }
    cargo_test(&["--package", first, "--package", second], fuzz, "the tests that call libraries")?;
    let mut tally = Tally::default();
    corpus(&tools, &mut tally)?;
    fidelity::part(&tools, &mut tally)?;
    posix::part(&tools, &mut tally)?;
    tally.case("the benchmark suite, a part of it", bench::smoke_test(&tools));
    tally.case("system calls measured, a part of them", layer::smoke_test(&tools));
    tally.case("the demonstration, without what it measures", demo::part(&tools));
    compilers::part(&tools, &mut tally)?;
    libraries::part(&tools, &mut tally)?;
    programs::part(&tools, &mut tally)?;
    ui::say(format!("all tests: {:.0} s", start.elapsed().as_secs_f64()));
    tally.result()
}

/// `cargo xtask soundness`: the comparison with other decoders, with these options.
pub(crate) fn soundness(options: &[&str]) -> Result {
    setup::packages()?;
    let arguments = [&["run", "--quiet", "--release", "--package", "lfi-soundness", "--"], options].concat();
    cargo(&arguments, "the comparison failed (above)")
}

/// Random system calls (`crates/linux/src/tests/fuzz.rs`) for so many minutes.
pub(crate) fn system_calls(minutes: &str) -> Result {
    fuzz(minutes, &["--package", "lfi-linux", "--lib", "fuzz"])
}

/// The same by a program in a sandbox (`crates/lfi/tests/hostile.rs`).
pub(crate) fn system_calls_inside(minutes: &str) -> Result {
    let tools = setup::tools()?;
    for returns in [Returns::Jump, Returns::Ret] {
        tools.sysroot(Kind::Full, returns)?;
    }
    fuzz(minutes, &["--package", "lfi", "--test", "hostile"])
}

/// Runs tests that take as long as they are told to.
fn fuzz(minutes: &str, tests: &[&str]) -> Result {
    let minutes: u64 = minutes.parse().map_err(|_| Failure::could_not("syscalls: expected a number of minutes"))?;
    let mut command = cargo_command(&[&["test", "--quiet", "--release"], tests, &["--", "--nocapture"]].concat());
    run_cargo(command.env(SET_FUZZ_SECONDS, (minutes * 60).to_string()), "the calls left something behind (above)")
}

/// `cargo test` with these arguments, its output shown as it comes; random system calls for so many seconds.
fn cargo_test(arguments: &[&str], fuzz: Option<u64>, what: &str) -> Result {
    ui::say(format!("{what} ..."));
    let mut command = cargo_command(&[&["test", "--quiet"], arguments].concat());
    command.envs(fuzz.map(|seconds| (SET_FUZZ_SECONDS, seconds.to_string())));
    run_cargo(&mut command, "cargo test failed (above)")
}

fn cargo(arguments: &[&str], failed: &str) -> Result {
    run_cargo(&mut cargo_command(arguments), failed)
}

fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(setup::repository());
    command
}

fn run_cargo(command: &mut Command, failed: &str) -> Result {
    let status = command.status().map_err(|error| Failure::could_not(format!("cargo: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::wrong(failed)) }
}

/// How the cases of the corpus went.
#[derive(Default)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Tally {
    /// Books a case; a failure is shown and the suite goes on.
    pub(crate) fn case(&mut self, name: &str, result: Result) {
        match result {
            Ok(()) => self.passed += 1,
            Err(failure) => {
                self.failed += 1;
                ui::say(format!("FAILED {name}: {failure}"));
            }
        }
    }

    /// Books what this machine cannot try, with the reason.
    pub(crate) fn skip(&mut self, name: &str, reason: &Failure) {
        self.skipped += 1;
        ui::say(format!("SKIPPED {name}: {reason}"));
    }

    /// Says how it went; a failure when any case failed.
    pub(crate) fn result(&self) -> Result {
        println!("corpus: {} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped);
        if self.failed > 0 { Err(Failure::wrong("the corpus has failures (above)")) } else { Ok(()) }
    }
}

fn corpus(tools: &Tools, tally: &mut Tally) -> Result {
    let native = tools.native_driver()?;
    let corpus = Corpus::new(tools, all_programs()?, "", &native)?;
    let threads = corpus::small(&setup::repository().join("tests/threads"))?;
    let threads = Corpus::new(tools, threads, " (threads)", &native)?;
    for (kind, returns) in PAIRS {
        let driver = tools.driver(kind, returns)?;
        ui::step(&format!("the corpus, kind {kind}, returns {returns}"), || {
            for level in SYSROOT_LEVELS {
                let name = format!("whole sysroot {}, {kind}, {returns}", level.unwrap_or("as it comes"));
                tally.case(&name, whole_sysroot(tools, &driver, (level, kind, returns), &corpus.scratch));
            }
            corpus.cases((&driver, kind, returns), &LEVELS, tally);
            // An exclusive sandbox has one thread.
            if returns == Returns::Jump {
                threads.cases((&driver, kind, returns), &LEVELS, tally);
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Every program of the corpus.
pub(crate) fn all_programs() -> Result<Vec<Program>> {
    let root = setup::repository();
    let mut programs = vec![corpus::lua(root)?, corpus::sqlite(root)?, corpus::zlib()?, corpus::kernels(root)];
    programs.extend(corpus::small(&root.join("tests/c"))?);
    Ok(programs)
}

/// Programs with their native builds by some compiler.
pub(crate) struct Corpus<'t> {
    tools: &'t Tools,
    programs: Vec<Program>,
    natives: Vec<Build>,
    /// Which compiler, as the names of cases end.
    by: &'t str,
    scratch: PathBuf,
}

impl<'t> Corpus<'t> {
    /// Builds `programs` natively with the driver `native`.
    pub(crate) fn new(tools: &'t Tools, programs: Vec<Program>, by: &'t str, native: &Command) -> Result<Self> {
        let scratch = setup::repository().join("target/suite");
        fs::create_dir_all(&scratch).at(&scratch)?;
        let build = |program: &Program| {
            let executable = program.build(native, "-O2", &scratch.join("native").join(&program.name))?;
            Ok(Build::new(executable, None))
        };
        let natives = ui::step(&format!("building the corpus natively{by}"), || {
            programs.iter().map(build).collect::<Result<_>>()
        })?;
        Ok(Self { tools, programs, natives, by, scratch })
    }

    /// Each program at each level.
    pub(crate) fn cases(&self, driver: (&Command, Kind, Returns), levels: &[&str], tally: &mut Tally) {
        let (_, kind, returns) = driver;
        for level in levels {
            for (program, native) in self.programs.iter().zip(&self.natives) {
                let name = format!("{} {level}{}, {kind}, {returns}", program.name, self.by);
                tally.case(&name, self.case(driver, program, level, native));
            }
        }
    }

    /// Builds, verifies and runs one program, and compares it with the native one.
    fn case(
        &self,
        (driver, kind, returns): (&Command, Kind, Returns),
        program: &Program,
        level: &str,
        native: &Build,
    ) -> Result {
        let executable = program.build(driver, level, &self.scratch.join("build"))?;
        ui::run(self.tools.command("lfi-verify").arg(&executable))?;
        let sandboxed = Build::new(executable, Some((kind, returns)));
        compare::check(self.tools, program, &[native.clone(), sandboxed], &self.scratch.join("run"))
    }
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
    let mut link = corpus::again(driver);
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
