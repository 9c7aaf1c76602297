//! Accepted code on the processor itself.
//!
//! A child process has nothing mapped but one slot, laid out as the runtime
//! does it, with random registers. It is stepped through accepted code one
//! instruction at a time, and after each step the verifier's claim is checked:
//!
//! - What was accessed outside the slot and its guards is a fault with its
//!   address, because nothing is mapped there; so is a write in kind Stores,
//!   where pages outside can be read.
//! - The next instruction is the next one that the verifier found, the target
//!   of a direct branch, or a multiple of 32 in the slot.
//! - The stack pointer is in the slot, or within 32 KiB where the verifier
//!   takes it to be unsettled. Segment registers, their bases and system flags
//!   are what they were; general registers change only where an independent
//!   decoder says so.
//!
//! The host is not at risk: the child cannot make system calls.
//!
//! ```text
//! processor  which instructions this one lacks
//! child      a process under ptrace
//! world      its memory and registers
//! judge      what a step may do
//! ```

mod child;
mod judge;
mod processor;
mod world;

use crate::{Form, Piece, Program, Source};
use child::Stop;
use judge::{Step, Verdict};
use lfi_verifier::Options;
use std::{fmt, io, ops::AddAssign};
use world::World;

/// How much was executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Programs started.
    pub programs: u64,
    /// Instructions that ran to their end (each round of a repeated one counts).
    pub steps: u64,
    /// Faults: accesses to the slot and its guards that failed, and those that access nothing.
    pub faults: u64,
    /// Ways out by an indirect branch or a runtime call.
    pub left: u64,
    /// Instructions that this processor does not have.
    pub lacking: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.programs += other.programs;
        self.steps += other.steps;
        self.faults += other.faults;
        self.left += other.left;
        self.lacking += other.lacking;
    }
}

/// A step that the verifier's claim does not allow.
#[derive(Debug)]
pub struct Escape {
    /// What it did.
    pub what: String,
    /// The program, standing at slot offset [`crate::OFFSET`].
    pub code: Vec<u8>,
    /// Offset of the instruction in the program.
    pub at: usize,
    /// The rules that accepted it.
    pub options: Options,
    /// Registers before and after, with the slot's base.
    pub registers: String,
}

impl fmt::Display for Escape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.code.get(self.at..).unwrap_or_default();
        writeln!(f, "{} at {:#x} ({:02x?}), {:?}", self.what, self.at, &bytes[..bytes.len().min(15)], self.options)?;
        writeln!(f, "program: {:02x?}", self.code)?;
        f.write_str(&self.registers)
    }
}

/// Why a check ended early.
#[derive(Debug)]
pub enum Failure {
    /// The verifier accepted what it must not.
    Escape(Box<Escape>),
    /// The host did not let the check run.
    Host(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Escape(escape) => write!(f, "escape: {escape}"),
            Self::Host(error) => write!(f, "the check could not run: {error}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Host(error)
    }
}

/// The most that random programs consist of.
const PIECES: usize = 12;
/// No program is followed further than this from one start.
const MAX_STEPS: usize = 64;

/// Runs programs in a child process, by the rules of one kind and form of return.
#[derive(Debug)]
pub struct Checker {
    world: World,
    options: Options,
    tally: Tally,
}

impl Checker {
    /// Starts the child process. It can be used from this thread only.
    ///
    /// # Errors
    /// When the host does not allow it.
    pub fn new(options: Options) -> io::Result<Self> {
        Ok(Self { world: World::new(options.kind)?, options, tally: Tally::default() })
    }

    /// What was executed so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Runs what is accepted of `tries` random encodings of each form, and in proportion
    /// random units and programs.
    ///
    /// # Errors
    /// An escape, or a failure of the host.
    pub fn round(&mut self, tries: usize, source: &mut Source) -> Result<(), Failure> {
        for form in Form::all() {
            for _ in 0..tries {
                self.instruction(form, source)?;
            }
        }
        for _ in 0..50 * tries {
            self.unit(source)?;
            let program = Program::any(PIECES, source, &self.options);
            self.run(&program, source)?;
        }
        Ok(())
    }

    /// Runs a random instruction, if it is accepted: by itself, or with an unsettled
    /// stack pointer where that is accepted, too.
    fn instruction(&mut self, form: Form, source: &mut Source) -> Result<(), Failure> {
        let Some(piece) = Piece::instruction(form, source, &self.options) else { return Ok(()) };
        let before = Self::before(source);
        self.run(&Program::new(&[&before[..], &[piece, Piece::settling()]].concat(), &self.options), source)
    }

    fn unit(&mut self, source: &mut Source) -> Result<(), Failure> {
        let before = Self::before(source);
        self.run(&Program::new(&[&before[..], &[Piece::unit(source)]].concat(), &self.options), source)
    }

    /// What comes before the instruction or unit in question.
    fn before(source: &mut Source) -> Vec<Piece> {
        if source.chance(64) { vec![Piece::adjustment(source)] } else { Vec::new() }
    }

    /// Runs accepted code from its start, and again behind each fault that ends it.
    fn run(&mut self, program: &Program, source: &mut Source) -> Result<(), Failure> {
        self.tally.programs += 1;
        self.world.load(program.code());
        let mut start = 0;
        while let Some(fault) = self.follow(program, start, source)? {
            let next = program.piece_at(fault).end;
            // Programs may jump back, but starts only go forward.
            if next <= start || next >= program.code().len() || program.is_adrift(next, &self.options) {
                break;
            }
            start = next;
        }
        Ok(())
    }

    /// Runs a program from one of its starts, with new registers, until it leaves or has made
    /// [`MAX_STEPS`] steps. If it faults, the place is returned.
    fn follow(&mut self, program: &Program, start: usize, source: &mut Source) -> Result<Option<usize>, Failure> {
        let mut before = self.world.registers(start, source);
        self.world.child.set_registers(&before)?;
        self.world.child.set_extended(self.world.extended(source))?;
        for _ in 0..MAX_STEPS {
            let stop = self.world.child.step()?;
            let step = Step { world: &self.world, program, options: &self.options, before: &before };
            match step.judge(&stop).map_err(|what| step.escape(what, &stop))? {
                Verdict::GoesOn => self.tally.steps += 1,
                Verdict::Left => {
                    self.tally.left += 1;
                    return Ok(None);
                }
                Verdict::Faulted => {
                    self.tally.faults += 1;
                    return Ok(step.at(before.rip));
                }
                Verdict::Lacking => {
                    self.tally.lacking += 1;
                    return Ok(step.at(before.rip));
                }
            }
            if let Stop::Stepped(after) | Stop::Signal { registers: after, .. } = stop {
                before = *after;
            }
        }
        Ok(None)
    }
}
