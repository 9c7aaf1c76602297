//! `lfi-run`: runs a program in a sandbox (`lfi_linux`).

use std::{
    ffi::{CString, OsString},
    io::Write,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use lexopt::prelude::*;
use lfi_cli::{
    audit::Audit,
    message::{complain, say},
    policy::{self, Draft, Form, WORDS},
    run::{FAILED, Failure, run},
};
use lfi_linux::{Auditor, Requirements, Setup};
use lfi_runtime::Config;

const HELP: &str = "\
Runs a program in a sandbox. The program is verified first.

Usage: lfi-run [OPTION]... PROGRAM [ARGUMENT]...

What the program is given; in a policy file (TOML) the same words stand without dashes:
  --dir SANDBOX=HOST[:ro|rw]  show the directory HOST of this machine as SANDBOX in the
                              sandbox, to read (ro, the default) or to write, too (rw).
                              Without this option the program sees no files but its
                              standard input, output and error
  --tmpfs SANDBOX=BYTES       an empty directory in memory for so many bytes (k, m, g behind
                              the number), which the program may write
  --env NAME=VALUE            set a variable; the environment is empty otherwise, but for
                              PATH, HOME and, with --tty, TERM
  --wd DIRECTORY              start in this directory of the sandbox (default /)
  --stdio inherit|none        standard input, output and error (default inherit)
  --tty                       let it use the terminal that these are: without this option
                              they look like files
  --dev, --proc               show a small /dev, a small /proc about the program itself
  --clock real|coarse|SECONDS what clocks show: the time (the default), the time in steps
                              of 10 ms, or always that many seconds after 1970 began
  --random real|SEED          where random numbers come from: the system (the default), or
                              a generator that makes the same ones in every run
  --network none|unix|loopback|full
                              sockets: none (the default), of the Unix domain, these and
                              those to this machine, or all
  --memory BYTES, --threads N, --descriptors N
                              the most that it may have: mapped memory, the program itself
                              included; threads (default 256); open files (default 1024)
  --watches N                 files and directories whose events it may wait for (inotify;
                              default 128)
  --file-size BYTES           how large it may make files
  --cpu-time TIME             processor time of all its threads together, in seconds or
                              with ms, s, m, h behind the number; it is killed then
  --time TIME                 time from its start to its end; it is killed then
  --call NAME=allow|deny|log|ERRNO
                              answer a system call as usual, with EPERM, as usual and with
                              a line on standard error, or with this error; `others`
                              stands for all that are not named
  --policy FILE               add what this file says

How it is run:
  --kind full|stores|jumps    the least protection to accept (default full). Programs of
                              kind stores can read all memory of lfi-run, programs of
                              kind jumps can write it, too
  --base zero|random          where the sandbox is placed: at address 0 if that is free (the
                              default), where loads are faster, or anywhere, where an
                              access that lost its confinement would fault
  -v, --verify                verify the program (the default)
  --no-verify                 trust the program; only to measure what verification costs
  --audit[=FILE]              at the end, print to standard error or write to FILE what the
                              program asked for, and the least policy that gives it that
  --trace                     print every system call to standard error
  -h, --help                  print this
  -V, --version               print the version

Exits as the program does: with its status, or with 128 plus the signal's number when a
signal killed it. 126: the program was refused. 127: there is no such program. 2: lfi-run
was called wrongly or could not do its part.
";

struct Arguments {
    program: PathBuf,
    config: Config,
    requirements: Requirements,
    setup: Setup,
    report: Option<Report>,
}

/// Where the report of what the program asked for goes.
struct Report {
    audit: Arc<Audit>,
    draft: Draft,
    /// Standard error, if no file.
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let result = match parse() {
        Ok(Some(Arguments { program, config, requirements, setup, report })) => {
            let result = run(&program, &config, requirements, setup);
            report.map_or(Ok(()), |report| report.write(&program)).and(result)
        }
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

impl Report {
    fn write(&self, program: &Path) -> Result<(), Failure> {
        let text = self.audit.report(&program.to_string_lossy(), &self.draft);
        match &self.file {
            Some(file) => std::fs::write(file, text).map_err(|error| wrong(format!("{}: {error}", file.display()))),
            None => {
                let _ = std::io::stderr().write_all(text.as_bytes());
                Ok(())
            }
        }
    }
}

/// The command line; none when it has been answered already.
fn parse() -> Result<Option<Arguments>, Failure> {
    let mut config = Config::default();
    // There is no other sandbox that could be reached by an access without its confinement.
    config.at_zero = true;
    let mut requirements = Requirements::default();
    let mut setup = Setup::default();
    let mut draft = Draft::of_program().map_err(wrong)?;
    let mut audit = None;
    let mut parser = lexopt::Parser::from_env();
    let program = loop {
        match parser.next()? {
            Some(Long("policy")) => policy::read(&mut draft, Path::new(&parser.value()?))?,
            Some(Long("kind")) => requirements.least_kind = parser.value()?.parse()?,
            Some(Long("base")) => config.at_zero = base(&parser.value()?.string()?)?,
            Some(Short('v') | Long("verify")) => requirements.verify = true,
            Some(Long("no-verify")) => requirements.verify = false,
            Some(Long("audit")) => audit = Some(parser.optional_value().map(PathBuf::from)),
            Some(Long("trace")) => setup.trace = true,
            Some(Short('h') | Long("help")) => {
                say(HELP);
                return Ok(None);
            }
            Some(Short('V') | Long("version")) => {
                say(concat!("lfi-run ", env!("CARGO_PKG_VERSION"), "\n"));
                return Ok(None);
            }
            Some(Long(option)) => match WORDS.iter().find(|word| word.name == option) {
                Some(word) if word.form == Form::Switch => set(&mut draft, word.name, "true")?,
                Some(word) => set(&mut draft, word.name, &parser.value()?.string()?)?,
                None => return Err(Long(option).unexpected().into()),
            },
            // What follows is the program's, options or not.
            Some(Value(program)) => break program,
            Some(other) => return Err(other.unexpected().into()),
            None => return Err(wrong("no program given (see --help)".into())),
        }
    };
    setup.arguments.push(c_string(program.clone())?);
    for argument in parser.raw_args()? {
        setup.arguments.push(c_string(argument)?);
    }
    setup.policy = draft.policy();
    let report = audit.map(|file| Report { audit: Arc::default(), draft, file });
    setup.auditor = report.as_ref().map(|report| Arc::clone(&report.audit) as Arc<dyn Auditor>);
    Ok(Some(Arguments { program: program.into(), config, requirements, setup, report }))
}

/// Adds an option of the policy.
fn set(draft: &mut Draft, word: &str, value: &str) -> Result<(), Failure> {
    draft.set(word, value).map_err(|cause| wrong(format!("--{word} {value}: {cause}")))
}

fn wrong(message: String) -> Failure {
    Failure(FAILED, message)
}

/// `random` or `zero`.
fn base(text: &str) -> Result<bool, Failure> {
    match text {
        "random" => Ok(false),
        "zero" => Ok(true),
        _ => Err(wrong(format!("--base {text}: expected random or zero"))),
    }
}

fn c_string(text: OsString) -> Result<CString, Failure> {
    CString::new(text.into_vec()).map_err(|_| wrong("a null byte in an argument".into()))
}
