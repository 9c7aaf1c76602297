//! `cargo xtask bench`: whole programs, native and sandboxed, same compiler,
//! flags and C library, by turns on one processor.

pub(crate) mod report;
pub(crate) mod rounds;
pub(crate) mod statistics;
mod workloads;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use lfi_abi::{Kind, Returns};

use crate::{
    compare::Build,
    corpus::Program,
    failure::{Context, Failure, Result},
    setup::{self, Tools},
    ui,
};
use report::Report;
use rounds::Measured;
use workloads::{Amount, Inputs, WORKLOADS, Workload};

/// The forms of return, in the order of the tables' columns.
pub(crate) const RETURNS: [Returns; 2] = [Returns::Jump, Returns::Ret];

/// What the command line asks for.
#[derive(Debug, PartialEq)]
struct Options {
    list: bool,
    amount: Amount,
    rounds: usize,
    kinds: Vec<Kind>,
    /// Run each sandboxed build at address 0, too.
    zero: bool,
    /// Names of programs; all when empty.
    names: Vec<String>,
}

impl Options {
    fn parse(arguments: &[&str]) -> Result<Self> {
        let mut options = Self {
            list: false,
            amount: Amount::Full,
            rounds: 5,
            kinds: vec![Kind::Full, Kind::Stores],
            zero: false,
            names: Vec::new(),
        };
        for argument in arguments {
            let bad = || Failure::could_not(format!("bench: bad argument `{argument}`"));
            match argument.split_once('=') {
                Some(("--rounds", n)) => options.rounds = n.parse().ok().filter(|n| *n > 0).ok_or_else(bad)?,
                Some(("--kinds", kinds)) => {
                    options.kinds =
                        kinds.split(',').map(|kind| kind.parse().map_err(|_| bad())).collect::<Result<_>>()?;
                }
                _ if *argument == "--list" => options.list = true,
                _ if *argument == "--zero" => options.zero = true,
                _ if *argument == "--quick" => {
                    options.amount = Amount::Quick;
                    options.rounds = 1;
                }
                _ if WORKLOADS.iter().any(|workload| workload.name == *argument) => {
                    options.names.push((*argument).to_owned());
                }
                _ => return Err(bad()),
            }
        }
        Ok(options)
    }

    fn chosen(&self) -> impl Iterator<Item = &'static Workload> {
        WORKLOADS.iter().filter(|w| self.names.is_empty() || self.names.iter().any(|name| name == w.name))
    }

    /// Whether this is the whole suite with all its work.
    fn complete(&self) -> bool {
        self.names.is_empty() && self.amount == Amount::Full
    }
}

/// The command.
pub(crate) fn run(arguments: &[&str]) -> Result {
    let options = Options::parse(arguments)?;
    if options.list {
        for workload in options.chosen() {
            println!("{:<12} {}", workload.name, workload.group.name());
        }
        return Ok(());
    }
    let tools = setup::tools()?;
    let report = measure(&tools, &options, arguments)?;
    let root = setup::repository();
    let (dir, name) = match options.complete() {
        true => (root.join("bench/results"), format!("{}-suite", report.machine.date)),
        false => (root.join("target/bench"), "suite".to_owned()),
    };
    write(&report, &dir, &name)?;
    print!("\n{}", report.markdown());
    println!("\nwritten to {}", dir.join(name).with_extension("{md,json}").display());
    Ok(())
}

/// A small part of the suite, once: that it works, not how fast.
///
/// # Errors
/// When programs cannot be built, or do not do what their native builds do, or
/// the reports are not what they should be.
pub(crate) fn smoke_test(tools: &Tools) -> Result {
    let arguments = ["--quick", "lz4", "fib", "gemm"];
    let options = Options::parse(&arguments)?;
    let report = measure(tools, &options, &arguments)?;
    let dir = setup::repository().join("target/bench");
    write(&report, &dir, "smoke-test")?;
    let path = dir.join("smoke-test.json");
    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).at(&path)?)
        .map_err(|error| Failure::wrong(format!("{}: {error}", path.display())))?;
    let programs = json["programs"].as_array().map_or(0, Vec::len);
    let path = dir.join("smoke-test.md");
    let named = fs::read_to_string(&path).at(&path)?.matches("| gemm |").count();
    if programs == 3 && named > 0 {
        return Ok(());
    }
    Err(Failure::wrong(format!("the report has {programs} programs; its tables name gemm {named} times")))
}

fn measure(tools: &Tools, options: &Options, arguments: &[&str]) -> Result<Report> {
    let inputs = Inputs::new(tools)?;
    let scratch = setup::repository().join("target/bench");
    // Once: sources may change while the suite runs.
    let drivers = drivers(tools, &options.kinds)?;
    let mut programs = Vec::new();
    for workload in options.chosen() {
        let program = workload.program(&inputs, options.amount)?;
        let mut builds = build(&drivers, &program, &scratch.join(workload.name))?;
        if options.zero {
            let sandboxed: Vec<Build> = builds.iter().filter(|build| build.sandbox.is_some()).cloned().collect();
            builds.extend(sandboxed.into_iter().map(|build| Build { at_zero: true, ..build }));
        }
        let builds = rounds::run(tools, &program, &builds, options.rounds, &scratch.join("run"))?;
        programs.push(Measured { name: workload.name.into(), group: workload.group.name(), builds });
    }
    let command = format!("cargo xtask bench {}", arguments.join(" "));
    Ok(Report { machine: report::Machine::this(command.trim_end())?, rounds: options.rounds, programs })
}

/// The compiler driver for one kind of build.
pub(crate) struct Driver {
    command: Command,
    /// As in [`Build`].
    sandbox: Option<(Kind, Returns)>,
}

/// The drivers for native programs and for each kind with both forms of return.
pub(crate) fn drivers(tools: &Tools, kinds: &[Kind]) -> Result<Vec<Driver>> {
    let mut drivers = vec![Driver { command: tools.native_driver()?, sandbox: None }];
    for &kind in kinds {
        for returns in RETURNS {
            drivers.push(Driver { command: tools.driver(kind, returns)?, sandbox: Some((kind, returns)) });
        }
    }
    Ok(drivers)
}

/// Builds a program with each driver at -O2, below `dir`.
pub(crate) fn build(drivers: &[Driver], program: &Program, dir: &Path) -> Result<Vec<Build>> {
    ui::step(&format!("building {}, native and sandboxed", program.name), || {
        let builds = drivers.iter().map(|driver| {
            let mut build = Build::new(PathBuf::new(), driver.sandbox);
            build.executable = program.build(&driver.command, "-O2", &dir.join(build.name()))?;
            Ok(build)
        });
        builds.collect()
    })
}

fn write(report: &Report, dir: &Path, name: &str) -> Result {
    fs::create_dir_all(dir).at(dir)?;
    for (extension, text) in [("md", report.markdown()), ("json", report.json()?)] {
        let path = dir.join(name).with_extension(extension);
        fs::write(&path, text).at(&path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line() {
        let options = Options::parse(&["--rounds=7", "fib", "--kinds=jumps"]).unwrap();
        assert_eq!((options.rounds, &options.kinds[..]), (7, &[Kind::Jumps][..]));
        assert_eq!(options.chosen().map(|w| w.name).collect::<Vec<_>>(), ["fib"]);
        assert!(!options.complete());
        assert!(Options::parse(&[]).unwrap().complete());
        for bad in ["--rounds=0", "--rounds=many", "--kinds=none", "--quick=1", "no-such-program"] {
            assert!(Options::parse(&[bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_are_unique_and_every_group_has_some() {
        for (i, workload) in WORKLOADS.iter().enumerate() {
            assert!(WORKLOADS[..i].iter().all(|other| other.name != workload.name), "{}", workload.name);
        }
        for group in workloads::GROUPS {
            assert!(WORKLOADS.iter().filter(|workload| workload.group == *group).count() >= 5);
        }
    }
}
