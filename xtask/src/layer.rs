//! `cargo xtask layer`: what system calls cost a program in a sandbox, beside its
//! native build (the same compiler, flags and C library), and how long the
//! smallest program takes from start to end. By turns, on one processor.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use lfi_abi::{Kind, Returns};

use crate::{
    bench::{self, report::Machine, statistics::spread},
    compare::Build,
    corpus::Program,
    failure::{Context, Failure, Result},
    measure::{self, Cost},
    setup::{self, Tools},
    ui,
};

/// A case of `bench/system_calls.c`.
struct Case {
    name: &'static str,
    /// Calls of one run: some tens of milliseconds.
    count: u32,
    /// It uses a file: it is run in memory, too.
    files: bool,
    /// It needs a second thread.
    threads: bool,
}

const fn case(name: &'static str, count: u32) -> Case {
    Case { name, count, files: false, threads: false }
}

const fn file_case(name: &'static str, count: u32) -> Case {
    Case { files: true, ..case(name, count) }
}

const CASES: &[Case] = &[
    file_case("pread-64k", 20_000),
    file_case("pwrite-64k", 20_000),
    case("pipe-64k", 5_000),
    file_case("pread-1", 100_000),
    file_case("open-close", 50_000),
    file_case("stat", 50_000),
    case("getgroups", 300_000),
    case("getpid", 300_000),
    Case { threads: true, ..case("futex", 10_000) },
];

/// Where file systems are in memory.
const MEMORY: &str = "/dev/shm";

/// What one call takes, in one round.
#[derive(Clone, Copy)]
struct Sample {
    nanoseconds: f64,
    cycles: f64,
    instructions: f64,
    kernel_cycles: f64,
}

/// All rounds of a case, by builds: the native one is the first.
struct Row {
    name: String,
    builds: Vec<(String, Vec<Sample>)>,
}

/// The command: `--rounds=N` (default 11), `--directory=DIR` for the files.
pub(crate) fn run(arguments: &[&str]) -> Result {
    let (mut rounds, mut directory) = (11, None);
    for argument in arguments {
        let bad = || Failure::could_not(format!("layer: bad argument `{argument}`"));
        match argument.split_once('=').ok_or_else(bad)? {
            ("--rounds", n) => rounds = n.parse().ok().filter(|n| *n > 0).ok_or_else(bad)?,
            ("--directory", dir) => directory = Some(PathBuf::from(dir)),
            _ => return Err(bad()),
        }
    }
    let tools = setup::tools()?;
    let command = format!("cargo xtask layer {}", arguments.join(" "));
    let machine = Machine::this(command.trim_end())?;
    let rows = measure_all(&tools, rounds, directory, 1)?;
    let base = setup::repository().join(format!("bench/results/{}-layer", machine.date));
    for (extension, text) in [("md", markdown(&machine, rounds, &rows)), ("tsv", raw(&rows))] {
        let path = base.with_extension(extension);
        fs::write(&path, text).at(&path)?;
    }
    print!("{}", markdown(&machine, rounds, &rows));
    Ok(())
}

/// All of it once with little to do: that it works, not how fast.
///
/// # Errors
/// When something does not run.
pub(crate) fn smoke_test(tools: &Tools) -> Result {
    let rows = measure_all(tools, 1, None, 1000)?;
    let cases = 1 + CASES.len() + CASES.iter().filter(|case| case.files).count();
    if rows.len() == cases { Ok(()) } else { Err(Failure::wrong(format!("{} of {cases} cases", rows.len()))) }
}

/// Measures every case, with that part of its calls.
fn measure_all(tools: &Tools, rounds: usize, directory: Option<PathBuf>, part: u32) -> Result<Vec<Row>> {
    let scratch = setup::repository().join("target/bench/layer");
    let drivers = bench::drivers(tools, &[Kind::Full])?;
    let build = |name: &str| bench::build(&drivers, &program(name), &scratch.join(name));
    let (calls, hello) = (build("system_calls")?, build("hello")?);

    let disk = directory.unwrap_or_else(|| scratch.join("files"));
    let memory = Path::new(MEMORY).join(format!("lfi-layer-{}", std::process::id()));
    fs::create_dir_all(&disk).at(&disk)?;
    fs::create_dir_all(&memory).at(&memory)?;
    let mut rows = vec![starts(tools, &hello, rounds)?];
    for case in CASES {
        let case = &Case { count: (case.count / part).max(1), ..*case };
        for (dir, place) in [(&disk, ""), (&memory, ", in memory")].into_iter().take(1 + usize::from(case.files)) {
            rows.push(ui::step(&format!("{}{place}, by turns", case.name), || {
                measure_case(tools, case, &format!("{}{place}", case.name), &calls, dir, rounds, &scratch)
            })?);
        }
    }
    fs::remove_dir_all(&memory).at(&memory)?;
    Ok(rows)
}

/// `bench/NAME.c`.
fn program(name: &str) -> Program {
    Program {
        name: name.into(),
        sources: vec![setup::repository().join(format!("bench/{name}.c"))],
        flags: Vec::new(),
        libraries: &[],
        files: Vec::new(),
        runs: Vec::new(),
        succeeds: None,
    }
}

/// What runs a build, with a directory of files. How it is placed and verified
/// is as `lfi-run` does it by itself.
fn command(tools: &Tools, build: &Build, directory: Option<&Path>) -> Command {
    if build.sandbox.is_none() {
        return Command::new(&build.executable);
    }
    let mut command = tools.command("lfi-run");
    if let Some(directory) = directory {
        command.arg("--dir").arg(format!("/d={}:rw", directory.display()));
    }
    command.arg(&build.executable);
    command
}

fn measure_case(
    tools: &Tools,
    case: &Case,
    name: &str,
    builds: &[Build],
    directory: &Path,
    rounds: usize,
    scratch: &Path,
) -> Result<Row> {
    let alone = |build: &&Build| matches!(build.sandbox, Some((_, Returns::Ret)));
    let builds: Vec<&Build> = builds.iter().filter(|build| !(case.threads && alone(build))).collect();
    let once = |build: &Build, count: u32| {
        let mut command = command(tools, build, Some(directory));
        let place = if build.sandbox.is_some() { Path::new("/d") } else { directory };
        command.arg(case.name).arg(place).arg(count.to_string());
        let (output, cost) = measure::run(&command, scratch)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let error = || Failure::wrong(format!("{command:?}: {text}{}", String::from_utf8_lossy(&output.stderr)));
        Ok((text.trim().parse::<f64>().map_err(|_| error())?, cost))
    };
    let mut row = Row { name: name.into(), builds: builds.iter().map(|b| (b.name(), Vec::new())).collect() };
    for _ in 0..rounds {
        for (build, (_, samples)) in builds.iter().zip(&mut row.builds) {
            // Start, loading and verification are not the calls'.
            let (_, before) = once(build, 1)?;
            let (nanoseconds, cost) = once(build, case.count + 1)?;
            samples.push(Sample::new(nanoseconds, &cost, Some(&before), case.count));
        }
    }
    Ok(row)
}

/// Whole processes of the smallest program.
fn starts(tools: &Tools, builds: &[Build], rounds: usize) -> Result<Row> {
    let scratch = setup::repository().join("target/bench/layer");
    let mut row = Row { name: "start to end".into(), builds: builds.iter().map(|b| (b.name(), Vec::new())).collect() };
    for _ in 0..rounds {
        for (build, (_, samples)) in builds.iter().zip(&mut row.builds) {
            let start = Instant::now();
            let status = command(tools, build, None).stdin(Stdio::null()).stdout(Stdio::null()).status();
            let nanoseconds = start.elapsed().as_secs_f64() * 1e9;
            if !status.is_ok_and(|status| status.success()) {
                return Err(Failure::wrong(format!("{}: it does not run", build.executable.display())));
            }
            let (_, cost) = measure::run(&command(tools, build, None), &scratch)?;
            samples.push(Sample::new(nanoseconds, &cost, None, 1));
        }
    }
    Ok(row)
}

impl Sample {
    fn new(nanoseconds: f64, cost: &Cost, before: Option<&Cost>, count: u32) -> Self {
        let each = |value: fn(&Cost) -> Option<f64>| {
            let before = before.and_then(value).unwrap_or(0.0);
            value(cost).map_or(f64::NAN, |value| (value - before) / f64::from(count))
        };
        Self {
            nanoseconds,
            cycles: each(|cost| Some(cost.cycles)),
            instructions: each(|cost| Some(cost.events?.instructions)),
            kernel_cycles: each(|cost| Some(cost.events?.kernel_cycles)),
        }
    }
}

/// The median of a value.
fn median(samples: &[Sample], value: fn(&Sample) -> f64) -> f64 {
    spread(&samples.iter().map(value).collect::<Vec<_>>()).map_or(f64::NAN, |spread| spread.median)
}

fn markdown(machine: &Machine, rounds: usize, rows: &[Row]) -> String {
    let mut out = format!(
        "# System calls, {}\n\n{}\n\nMedians of {rounds} rounds by turns, a call or a process each; the ratio is that of the medians, of time in brackets that of the least,\n\
         too. Instructions are those in user mode; cycles those in user mode and in the kernel. `start to end` is the whole process,\n\
         `lfi-run` with verification.\n\n\
         | call | build | ns | ratio | instructions | cycles | in the kernel | ratio of all cycles |\n|{}\n",
        machine.date,
        machine.description(),
        " --- |".repeat(8)
    );
    for row in rows {
        let least = |samples: &[Sample]| samples.iter().map(|sample| sample.nanoseconds).fold(f64::INFINITY, f64::min);
        let native = &row.builds[0].1;
        for (build, samples) in &row.builds {
            let time = median(samples, |s| s.nanoseconds);
            let [instructions, cycles, kernel] = [
                median(samples, |s| s.instructions),
                median(samples, |s| s.cycles),
                median(samples, |s| s.kernel_cycles),
            ];
            let ratio = time / median(native, |s| s.nanoseconds);
            let all = |samples| median(samples, |s| s.cycles + s.kernel_cycles);
            let ratio_of_cycles = all(samples) / all(native);
            out += &format!(
                "| {} | {build} | {time:.0} | {ratio:.2} ({:.2}) | {instructions:.0} | {cycles:.0} | {kernel:.0} | {ratio_of_cycles:.2} |\n",
                row.name,
                least(samples) / least(native)
            );
        }
    }
    out
}

/// Every round.
fn raw(rows: &[Row]) -> String {
    let mut out = "call\tbuild\tround\tns\tinstructions\tcycles\tkernel cycles\n".to_owned();
    for row in rows {
        for (build, samples) in &row.builds {
            for (round, sample) in samples.iter().enumerate() {
                let Sample { nanoseconds, cycles, instructions, kernel_cycles } = sample;
                out += &format!(
                    "{}\t{build}\t{round}\t{nanoseconds:.1}\t{instructions:.1}\t{cycles:.1}\t{kernel_cycles:.1}\n",
                    row.name
                );
            }
        }
    }
    out
}
