//! What `lfi-run` does once it knows what to run.

use crate::{
    ignored,
    message::{self, complain},
};
use lfi::{Backtrace, Cause, Symbols};
use lfi_abi::{Kind, layout::MODULE_OFFSET};
use lfi_linux::{LoadError, Module, Requirements, Setup, Status, Thread};
use lfi_runtime::{Config, Engine, Trap};
use rustix::{
    fs::Mode,
    process::{Resource, Rlimit, getrlimit, setrlimit, umask},
};
use std::{fs::File, io::Read, os::unix::fs::PermissionsExt, path::Path};

/// Exit status: the program was refused, as shells say of what they cannot execute.
pub const REFUSED: u8 = 126;
/// Exit status: there is no such program, as shells have it.
pub const NOT_FOUND: u8 = 127;
/// Exit status: called wrongly, or something else failed.
pub const FAILED: u8 = 2;

/// signal(7).
const SIGPIPE: i32 = 13;

/// A message, and the exit status that goes with it.
#[derive(Debug)]
pub struct Failure(pub u8, pub String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(FAILED, error.to_string())
    }
}

/// Runs a program and returns its exit status. What killed it is said on
/// standard error.
///
/// # Errors
/// When it was refused, is not there, or something else failed.
pub fn run(program: &Path, config: &Config, requirements: Requirements, mut setup: Setup) -> Result<u8, Failure> {
    let shown = program.display().to_string();
    let about = |status, why: String| Failure(status, format!("{shown}: {why}"));
    let bytes = read(program).map_err(|(status, error)| about(status, error.to_string()))?;
    let refused = |error: LoadError| match &error {
        LoadError::Runtime(_) | LoadError::Directory(_) | LoadError::ArgumentsTooLong => {
            about(FAILED, error.to_string())
        }
        LoadError::Rejected(violation) => {
            let address = u64::from(violation.offset).wrapping_sub(MODULE_OFFSET);
            about(REFUSED, format!("refused: {}{}", error, name_in_parentheses(&bytes, address)))
        }
        LoadError::Kind { found, .. } => {
            about(REFUSED, format!("refused: {error} (--kind {found} accepts it: {})", kind_risk(*found)))
        }
        LoadError::Elf(_) => about(REFUSED, format!("refused: {error} (only programs built for LFI run here)")),
        _ => about(REFUSED, format!("refused: {error}")),
    };

    let module = Module::new(&bytes, requirements).map_err(refused)?;
    raise_descriptor_limit();
    let engine = Engine::new(config)?;
    // The program begins with the mask of this process, as any program does; from then on its own one counts alone.
    let mask = umask(Mode::empty());
    setup.policy = setup.policy.umask(mask.bits()).ignored_signals(ignored::signals());
    let mut thread = Thread::start(&engine, &module, setup).map_err(refused)?;
    let status = thread.run();
    umask(mask);
    let status = status?;
    match status {
        Status::Exited(_) => {}
        Status::Interrupted => complain("lfi-run", format!("{shown}: stopped")),
        Status::TimedOut => complain("lfi-run", format!("{shown}: stopped, its time is over")),
        Status::OutOfCpuTime => complain("lfi-run", format!("{shown}: stopped, its processor time is used up")),
        // The everyday end of a pipeline; shells do not mention it either.
        Status::Signalled(SIGPIPE) => {}
        Status::Signalled(signal) => {
            complain("lfi-run", format!("{shown}: killed by {}", lfi_runtime::Signal::name_of(signal)));
        }
        Status::Trapped(trap) => {
            let process = thread.process();
            let backtrace = Backtrace::capture(&bytes, process.sandbox(), &trap, process.module_start());
            let cause = Cause::of(&trap, process.sandbox());
            complain("lfi-run", format!("{shown}: {} ({cause})", describe(&trap, process.base(), &bytes)));
            // The first call alone says no more than the message.
            if backtrace.frames().iter().any(|frame| frame.line.is_some()) || backtrace.frames().len() > 1 {
                backtrace
                    .frames()
                    .iter()
                    .enumerate()
                    .for_each(|(index, frame)| complain("lfi-run", format!("{index:4}: {frame}")));
            }
        }
    }
    Ok(u8::try_from(status.code()).unwrap_or(u8::MAX))
}

/// Descriptors of the program are the host's, as are files in memory: the program's
/// own limits are to count, as far as the host allows.
fn raise_descriptor_limit() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let limit = Rlimit { current: maximum, maximum };
    // Where the host does not allow it the program gets what there is.
    let _ = setrlimit(Resource::Nofile, limit);
}

fn kind_risk(kind: Kind) -> &'static str {
    match kind {
        Kind::Full => "it is complete",
        Kind::Stores => "it can read all memory of lfi-run",
        Kind::Jumps => "it can read and write all memory of lfi-run",
    }
}

/// Reads a program once: what is verified and loaded are these bytes.
fn read(path: &Path) -> Result<Vec<u8>, (u8, std::io::Error)> {
    let fail = |error: std::io::Error| {
        let status = if error.kind() == std::io::ErrorKind::NotFound { NOT_FOUND } else { REFUSED };
        (status, error)
    };
    let mut file = File::open(path).map_err(fail)?;
    let metadata = file.metadata().map_err(fail)?;
    if !metadata.is_file() || metadata.permissions().mode() & 0o111 == 0 {
        return Err((REFUSED, std::io::Error::other("not an executable file")));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// ` (name+offset)` of a virtual address of a program, fit to be shown, or nothing.
fn name_in_parentheses(file: &[u8], address: u64) -> String {
    let found = Symbols::new(file).around(address);
    found.map_or(String::new(), |(name, distance)| format!(" ({}+{distance:#x})", message::name(name)))
}

/// One line about a fault.
fn describe(trap: &Trap, base: u64, file: &[u8]) -> String {
    let offset = trap.pc.wrapping_sub(base);
    let address = offset.wrapping_sub(MODULE_OFFSET);
    let access = match trap.address.map(|a| a.wrapping_sub(base)) {
        None => String::new(),
        Some(offset) if offset < lfi_abi::layout::SLOT_SIZE => format!(", access to slot offset {offset:#x}"),
        // Reached in kinds that do not confine every access.
        Some(_) => format!(", access to {:#x} outside the sandbox", trap.address.unwrap_or_default()),
    };
    let name = name_in_parentheses(file, address);
    format!("killed by {} at slot offset {offset:#x}{name}{access}", trap.signal.name())
}
