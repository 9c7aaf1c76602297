//! The calls that led to the end of a sandbox.
//!
//! When a sandbox dies its registers and the top of its stack are copied
//! ([`Snapshot`]); what they mean is found out when somebody asks, so that dying
//! costs little. All of it is the library's word, as are its tables and names:
//! a backtrace can be wrong, but it ends, and shows nothing of the host.

mod symbols;
mod unwind;

use crate::{Module, Registers};
use lfi_runtime::{Sandbox, Trap};
use std::fmt;
pub use symbols::Symbols;
use unwind::Tables;

/// Calls that led to a fault or to the end of a library, the innermost first.
///
/// Calls are followed by the module's unwind tables (`.eh_frame`, which compilers emit by
/// default). Of functions without such, as the C library's, the caller is
/// [guessed](Frame::guessed). Names and lines come from debugging information
/// (`-g`), names alone from the symbol table.
#[derive(Clone, Debug, Default)]
pub struct Backtrace {
    frames: Vec<Frame>,
}

/// One call of a [`Backtrace`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// Virtual address of the instruction, as in the module's ELF file; in all
    /// frames but the first that behind a call.
    pub address: u64,
    /// The function.
    pub function: Option<String>,
    /// The source file, as the compiler was given it.
    pub file: Option<String>,
    /// Line in the file, from 1.
    pub line: Option<u32>,
    /// The function has been inlined into that of the next frame.
    pub inlined: bool,
    /// It has called a function of the host, a callback: the frames before are of a call that
    /// the callback has made.
    pub calls_host: bool,
    /// Found by looking for what could be a return address, since the function
    /// that was called has no unwind table. It may be wrong.
    pub guessed: bool,
}

/// What is left of a sandbox's thread when it dies.
#[derive(Clone)]
pub(crate) struct Snapshot {
    registers: Registers,
    stack: Vec<u8>,
    /// Where virtual address 0 of the module is.
    start: u64,
    /// How many callbacks led there.
    callbacks: usize,
}

/// Where a thread of a sandbox is.
pub(crate) struct Site<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) registers: &'a Registers,
    /// Where virtual address 0 of the module is.
    pub(crate) start: u64,
    /// How many callbacks led there.
    pub(crate) callbacks: usize,
}

/// The same, and the module that it ran.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) snapshot: Snapshot,
    pub(crate) module: Module,
}

/// Bytes of the stack that are kept.
const KEPT: u64 = 64 << 10;
/// They are copied in pieces, up to the first that is not accessible.
const PIECE: u64 = 4096;

impl Snapshot {
    /// Copies what a backtrace needs of a thread that is at `pc`.
    pub(crate) fn new(site: &Site<'_>, pc: u64) -> Self {
        let Site { sandbox, registers, start, callbacks } = *site;
        let mut stack = Vec::new();
        while (stack.len() as u64) < KEPT {
            let at = registers.rsp.wrapping_add(stack.len() as u64);
            let mut piece = [0; PIECE as usize];
            let piece = &mut piece[..(PIECE - at % PIECE) as usize];
            if sandbox.read(at, piece).is_err() {
                break;
            }
            stack.extend_from_slice(piece);
        }
        Self { registers: Registers { rip: pc, ..*registers }, stack, start, callbacks }
    }

    /// What `file`, the module's, says about it.
    pub(crate) fn backtrace(&self, file: &[u8]) -> Backtrace {
        let Ok(object) = object::File::parse(file) else { return Backtrace::default() };
        let symbols = Symbols::of(&object);
        let calls = Tables::new(&object).unwind(self);
        let mut frames = Vec::new();
        for (index, call) in calls.into_iter().enumerate() {
            // A return address may be the first of another function.
            let inside = call.address.wrapping_sub(u64::from(index > 0));
            symbols.add_frames(inside, &call, &mut frames);
        }
        Backtrace { frames }
    }
}

impl Origin {
    pub(crate) fn backtrace(&self) -> Backtrace {
        self.snapshot.backtrace(self.module.file())
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest is long, and not for the eye.
        f.debug_struct("Origin").field("registers", &self.snapshot.registers).finish_non_exhaustive()
    }
}

impl Backtrace {
    /// Of a fault in a program, for embedders of [`lfi_linux`]: its file, and
    /// where virtual address 0 of it is in its sandbox.
    pub fn capture(file: &[u8], sandbox: &Sandbox, trap: &Trap, start: u64) -> Self {
        Snapshot::new(&Site { sandbox, registers: &trap.registers, start, callbacks: 0 }, trap.pc).backtrace(file)
    }

    /// The calls, the innermost first.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }
}

impl crate::Sandbox {
    /// The calls that this handle's last call was in when the sandbox died: where it
    /// was interrupted, or what took too long. Empty while the sandbox lives.
    pub fn backtrace(&self) -> Backtrace {
        if !self.is_dead() {
            return Backtrace::default();
        }
        let registers = self.thread.context().registers();
        Snapshot::new(&self.site(registers), registers.rip).backtrace(self.module().file())
    }
}

impl fmt::Display for Backtrace {
    /// A line for each call.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, frame) in self.frames.iter().enumerate() {
            let end = if index + 1 < self.frames.len() { "\n" } else { "" };
            write!(f, "{index:4}: {frame}{end}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.function.as_deref().map_or("?".into(), printable))?;
        if let Some(file) = &self.file {
            write!(f, " at {}", printable(file))?;
            self.line.map_or(Ok(()), |line| write!(f, ":{line}"))?;
        }
        write!(f, " [{:#x}]", self.address)?;
        f.write_str(if self.calls_host { " (calls the host)" } else { "" })?;
        f.write_str(if self.inlined { " (inlined)" } else { "" })?;
        f.write_str(if self.guessed { " (guessed)" } else { "" })
    }
}

/// A name that is the library's, and could hold anything, as messages show it.
pub(crate) fn printable(name: &str) -> String {
    const MOST: usize = 200;
    let more = if name.chars().nth(MOST).is_some() { "..." } else { "" };
    name.chars().take(MOST).flat_map(char::escape_debug).chain(more.chars()).collect()
}
