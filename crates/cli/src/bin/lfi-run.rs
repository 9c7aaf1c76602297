//! `lfi-run`: runs a program in a sandbox (`lfi_linux`).

use std::{
    ffi::{CString, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
    process::ExitCode,
};

use lexopt::prelude::*;
use lfi_cli::{
    message::{complain, say},
    run::{FAILED, Failure, run},
};
use lfi_linux::{Mounts, Policy, Setup};

const HELP: &str = "\
Runs a program in a sandbox. The program is verified first.

Usage: lfi-run [OPTION]... PROGRAM [ARGUMENT]...

  --dir SANDBOX=HOST[:ro|rw]  show the directory HOST of this machine as SANDBOX in the
                              sandbox, to read (ro, the default) or to write, too (rw).
                              Without this option the program sees no files but its
                              standard input, output and error
  --env NAME=VALUE            set a variable; the environment is empty otherwise, but for
                              PATH, HOME and, where this machine has it, TERM
  --wd DIRECTORY              start in this directory of the sandbox (default /)
  --kind full|stores|jumps    the least protection to accept (default full). Programs of
                              kind stores can read all memory of lfi-run, programs of
                              kind jumps can write it, too
  -v, --verify                verify the program (the default)
  --no-verify                 trust the program; only to measure what verification costs
  --trace                     print every system call to standard error
  -h, --help                  print this
  -V, --version               print the version

Exits as the program does: with its status, or with 128 plus the signal's number when a
signal killed it. 126: the program was refused. 127: there is no such program. 2: lfi-run
was called wrongly or could not do its part.
";

struct Arguments {
    program: PathBuf,
    policy: Policy,
    setup: Setup,
}

fn main() -> ExitCode {
    let result = match parse() {
        Ok(Some(Arguments { program, policy, setup })) => run(&program, policy, setup),
        Ok(None) => return ExitCode::SUCCESS,
        Err(failure) => Err(failure),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(Failure(status, message)) => {
            complain("lfi-run", message);
            ExitCode::from(status)
        }
    }
}

/// The command line; none when it has been answered already.
fn parse() -> Result<Option<Arguments>, Failure> {
    let mut policy = Policy::default();
    let mut setup = Setup { mounts: Mounts::new(), standard_streams: true, ..Setup::default() };
    let mut environment: Vec<OsString> = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    let program = loop {
        match parser.next()? {
            Some(Long("dir")) => add_directory(&mut setup.mounts, &parser.value()?)?,
            Some(Long("env")) => environment.push(parser.value()?),
            Some(Long("wd")) => setup.directory = Some(c_string(parser.value()?)?),
            Some(Long("kind")) => policy.least_kind = parser.value()?.parse()?,
            Some(Short('v') | Long("verify")) => policy.verify = true,
            Some(Long("no-verify")) => policy.verify = false,
            Some(Long("trace")) => setup.trace = true,
            Some(Short('h') | Long("help")) => {
                say(HELP);
                return Ok(None);
            }
            Some(Short('V') | Long("version")) => {
                say(concat!("lfi-run ", env!("CARGO_PKG_VERSION"), "\n"));
                return Ok(None);
            }
            // What follows is the program's, options or not.
            Some(Value(program)) => break program,
            Some(other) => return Err(other.unexpected().into()),
            None => return Err(Failure(FAILED, "no program given (see --help)".into())),
        }
    };
    setup.arguments.push(c_string(program.clone())?);
    for argument in parser.raw_args()? {
        setup.arguments.push(c_string(argument)?);
    }
    setup.environment = default_environment(&environment)?;
    Ok(Some(Arguments { program: program.into(), policy, setup }))
}

fn c_string(text: OsString) -> Result<CString, Failure> {
    CString::new(text.into_vec()).map_err(|_| Failure(FAILED, "a null byte in an argument".into()))
}

/// `SANDBOX=HOST[:ro|rw]`.
fn add_directory(mounts: &mut Mounts, option: &OsString) -> Result<(), Failure> {
    let text = option.as_bytes();
    let wrong = |why: &str| Failure(FAILED, format!("--dir {}: {why}", option.to_string_lossy()));
    let equals = text.iter().position(|&b| b == b'=').ok_or_else(|| wrong("expected SANDBOX=HOST[:ro|rw]"))?;
    let (place, rest) = (&text[..equals], &text[equals + 1..]);
    let (host, writable) = match (rest.strip_suffix(b":ro"), rest.strip_suffix(b":rw")) {
        (Some(host), _) => (host, false),
        (_, Some(host)) => (host, true),
        _ => (rest, false),
    };
    let host = Path::new(std::ffi::OsStr::from_bytes(host));
    mounts.add(place, host, writable).map_err(|e| wrong(&e.to_string()))
}

/// The variables given, and a few that programs expect.
fn default_environment(given: &[OsString]) -> Result<Vec<CString>, Failure> {
    let mut all: Vec<OsString> = Vec::new();
    let name = |variable: &OsString| variable.as_bytes().split(|&b| b == b'=').next().map(<[u8]>::to_vec);
    if let Some(wrong) = given.iter().find(|v| !v.as_bytes().iter().skip(1).any(|&b| b == b'=')) {
        return Err(Failure(FAILED, format!("--env {}: expected NAME=VALUE", wrong.to_string_lossy())));
    }
    let mut defaults = vec![OsString::from("PATH=/usr/bin:/bin"), OsString::from("HOME=/")];
    if let Some(term) = std::env::var_os("TERM") {
        let mut variable = OsString::from("TERM=");
        variable.push(term);
        defaults.push(variable);
    }
    for variable in defaults.into_iter().chain(given.iter().cloned()) {
        all.retain(|other| name(other) != name(&variable));
        all.push(variable);
    }
    all.into_iter().map(c_string).collect()
}
