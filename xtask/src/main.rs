//! `cargo xtask COMMAND`: the commands of the README. Each does all the set-up
//! that it needs.

mod bench;
mod cache;
mod compare;
mod compilers;
mod corpus;
mod demo;
mod failure;
mod fetch;
mod fidelity;
mod layer;
mod libraries;
mod limit;
mod measure;
mod mutants;
mod posix;
mod programs;
mod recipe;
mod setup;
mod suite;
mod ui;

use std::{env, process::ExitCode};

use failure::{Failure, Result};
use lfi_abi::{Kind, Returns};

const USAGE: &str = "\
usage: cargo xtask COMMAND

commands:
  demo                real programs in verified sandboxes, beside their native builds
  test [--quick]      all tests; --quick leaves out what needs the toolchain
  bench [OPTION...] [NAME...]
                      the benchmark suite, or the programs named, native and sandboxed;
                      a complete run writes its results below bench/results
    --list            the names of the programs
    --quick           one round of little work
    --rounds=N        rounds (default 5)
    --kinds=K,...     kinds of sandbox (default full,stores)
    --zero            each sandboxed build at address 0, too
  layer [OPTION...]   what system calls and starting take, native and sandboxed;
                      writes its results below bench/results
    --rounds=N        rounds (default 11)
    --directory=DIR   where the files are (default below target)
  compilers           the corpus of real programs by gcc and by a newer clang, at each
                      level of optimisation (`test` has a part of it)
  toolchain [--all]   build the tools and a sysroot into target/lfi; with --all,
                      sysroots for every kind and form of return
  fidelity [NAME...]  the small programs of tests/c/SUBJECT beside their native builds; all, or
                      those whose SUBJECT/NAME starts so
  libraries [--level=-O2]... [--returns=jump]... [NAME]...
                      build, verify and test libraries as their users do, at
                      every level of optimisation; or at those given
  programs [NAME]...  build, verify and test command-line programs as their users do,
                      beside their native builds, with their own test suites
  posix [NAME...]     the Open POSIX Test Suite, sandboxed and native; all, or the tests whose
                      names (interfaces/sigaction/1-1) start so (`test` has a part of it)
  soundness [OPTION...]
                      compare what the verifier accepts with two other decoders, over the
                      encodings of x86-64 (`test` has the quick part of it), or execute it; see its --help
  mutants [WORD...]   break the verifier on purpose, one defence at a time (those whose names
                      contain a WORD), and see whether a test notices
  syscalls [--inside] MINUTES
                      random system calls by several threads for so long (`test` has a
                      minute of it), and what they leave behind on the host; --inside: by a
                      program in a sandbox
  fetch               fetch every pinned source, for later work without a network

What is fetched and built is cached under $XDG_CACHE_HOME/lfi (default
~/.cache/lfi).";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            ui::say(failure.to_string());
            ExitCode::from(failure.status())
        }
    }
}

fn run(arguments: &[&str]) -> Result {
    match arguments {
        ["demo"] => demo::run(),
        ["test"] => suite::run(false),
        ["test", "--quick"] => suite::run(true),
        ["bench", options @ ..] => bench::run(options),
        ["layer", options @ ..] => layer::run(options),
        ["compilers"] => compilers::run(),
        ["toolchain"] => toolchain(false),
        ["toolchain", "--all"] => toolchain(true),
        ["fidelity", names @ ..] => fidelity::run(names),
        ["posix", names @ ..] => posix::run(names),
        ["libraries", rest @ ..] => libraries::run(&libraries::Selection::parse(rest)?),
        ["programs", names @ ..] => programs::run(names),
        ["soundness", options @ ..] => suite::soundness(options),
        ["mutants", words @ ..] => mutants::run(words),
        ["syscalls", minutes] => suite::system_calls(minutes),
        ["syscalls", "--inside", minutes] => suite::system_calls_inside(minutes),
        ["fetch"] => fetch_all(),
        [] | ["help" | "-h" | "--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(Failure::could_not(USAGE)),
    }
}

/// Sets up everything that a user of the toolchain needs.
fn toolchain(all: bool) -> Result {
    let tools = setup::tools()?;
    for kind in [Kind::Full, Kind::Stores, Kind::Jumps] {
        for returns in [Returns::Jump, Returns::Ret] {
            if all || (kind, returns) == (Kind::Full, Returns::Jump) {
                tools.sysroot(kind, returns)?;
            }
        }
    }
    println!("export PATH={}:$PATH", tools.path("").display());
    Ok(())
}

/// Brings every source that any command uses into the cache.
fn fetch_all() -> Result {
    setup::packages()?;
    for source in fetch::pins::ALL {
        println!("{}", fetch::debian_source(source)?.display());
    }
    println!("{}", fetch::sqlite()?.display());
    Ok(())
}
