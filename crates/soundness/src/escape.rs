//! Accepted random code under the runtime, as a host runs it: with branches,
//! calls and runtime calls, on several threads where the sandbox allows it. Whatever
//! the code does, what lies outside its slot stays as it is, every trap is one
//! in the slot, and the host goes on.
#![allow(unsafe_code)] // maps canaries, forks, and stops endless loops with a signal

mod canary;
mod child;
mod watchdog;

pub use child::in_child;

use crate::{OFFSET, Program, Source};
use canary::Canaries;
use lfi_abi::{Kind, Returns, Target, layout, x64::BUNDLE};
use lfi_runtime::{Access, Check, Config, Context, Engine, Exit, Registers, Sandbox, Signal};
use lfi_verifier::Options;
use std::{error::Error, ops::AddAssign, thread};
use watchdog::Watchdog;

/// Slot offsets of the sandbox's data, which serve as stacks, too.
const DATA: [u64; 3] = [layout::USER_START, 2 << 30, layout::USER_END - DATA_SIZE];
const DATA_SIZE: u64 = 64 << 10;
/// How often a thread enters one program.
const ENTRIES: usize = 24;
/// Threads in a sandbox that is not exclusive.
const THREADS: usize = 3;

/// What happened in sandboxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Instructions and units that programs consisted of.
    pub pieces: u64,
    /// Times that a context entered.
    pub entries: u64,
    /// Times that one came back by a runtime call.
    pub calls: u64,
    /// Times that one came back by a trap.
    pub traps: u64,
    /// Of these, endless loops that were stopped.
    pub stopped: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.pieces += other.pieces;
        self.entries += other.entries;
        self.calls += other.calls;
        self.traps += other.traps;
        self.stopped += other.stopped;
    }
}

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    program: Program,
    options: Options,
    /// For the registers of each thread.
    seeds: [u64; THREADS],
}

impl Plan {
    /// An accepted program of at most `count` pieces.
    pub fn new(count: usize, source: &mut Source) -> Self {
        let kind = source.pick(&[Kind::Full, Kind::Full, Kind::Full, Kind::Stores]);
        let returns = source.pick(&[Returns::Jump, Returns::Jump, Returns::Ret]);
        let options = Options { target: Target::X64, kind, returns };
        let seeds = std::array::from_fn(|_| source.word());
        Self { program: Program::any(count, source, &options), options, seeds }
    }
}

/// A host with one free slot amid canaries. One for a process.
#[derive(Debug)]
pub struct Arena {
    engine: Engine,
    watchdog: Watchdog,
    canaries: Canaries,
}

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

impl Arena {
    /// Sets up the runtime.
    ///
    /// # Errors
    /// When the host does not allow it.
    pub fn new() -> Result<Self> {
        // Before the engine, which looks at how handlers are installed.
        let watchdog = Watchdog::new()?;
        let mut config = Config::default();
        config.slots = 4;
        let engine = Engine::new(&config)?;
        let canaries = Canaries::new(&engine, config.slots - 1, &[&DATA[..], &[u64::from(OFFSET)]].concat())?;
        Ok(Self { engine, watchdog, canaries })
    }

    /// Runs a program in a sandbox of its own.
    ///
    /// # Errors
    /// What got out of the sandbox, or a failure of the host.
    pub fn run(&self, plan: &Plan) -> Result<Tally> {
        let Plan { program, options, seeds } = plan;
        let (kind, returns) = (options.kind, options.returns);
        let sandbox = self.engine.sandbox(returns)?;
        for offset in DATA {
            sandbox.map(sandbox.range(sandbox.base() + offset, DATA_SIZE)?, Access::ReadWrite)?;
        }
        sandbox.publish(sandbox.base() + u64::from(OFFSET), program.code(), Check::Verify(kind))?;

        let bundles = program.code().len() as u64 / BUNDLE;
        let run = Run { sandbox: &sandbox, watchdog: &self.watchdog, kind, bundles };
        let mut tally = Tally { pieces: program.count() as u64, ..Tally::default() };
        // An exclusive sandbox has one thread at a time.
        let threads = if returns == Returns::Ret { 1 } else { seeds.len() };
        let results: Vec<_> = thread::scope(|scope| {
            let start = |&seed| scope.spawn(move || run.thread(&mut Source::seeded(seed)));
            let threads: Vec<_> = seeds[..threads].iter().map(start).collect();
            threads.into_iter().map(|thread| thread.join()).collect()
        });
        for result in results {
            tally += result.map_err(|_| "a thread of the host panicked")??;
        }
        self.canaries.check()?;
        Ok(tally)
    }
}

/// What the threads of one program share.
#[derive(Clone, Copy)]
struct Run<'a> {
    sandbox: &'a Sandbox,
    watchdog: &'a Watchdog,
    kind: Kind,
    bundles: u64,
}

impl Run<'_> {
    /// Enters the program again and again: behind runtime calls, and after traps anywhere.
    fn thread(self, source: &mut Source) -> Result<Tally> {
        let base = self.sandbox.base();
        let mut tally = Tally::default();
        let mut context = Context::new();
        *context.registers_mut() = self.registers(source);
        context.registers_mut().rip = base + u64::from(OFFSET);
        for _ in 0..ENTRIES {
            tally.entries += 1;
            let exit = {
                let _limit = self.watchdog.watch(base);
                self.sandbox.enter(&mut context)?
            };
            match exit {
                Exit::SystemCall | Exit::Return | Exit::Callback(_) => {
                    tally.calls += 1;
                    context.registers_mut().rax = self.value(source);
                }
                // There are no callbacks that could.
                Exit::Abandoned => return Err("a call was abandoned by nobody".into()),
                Exit::Stopped => return Err("the sandbox was stopped by nobody".into()),
                Exit::Trap(trap) => {
                    tally.traps += 1;
                    let stepped = trap.signal == Signal::Trap && trap.code == libc::TRAP_TRACE;
                    tally.stopped += u64::from(trap.pc == base || stepped);
                    if trap.pc.wrapping_sub(base) >= layout::SLOT_SIZE {
                        return Err(format!("a trap outside the slot: {trap:x?}").into());
                    }
                    let around = base - layout::NULL_SIZE..base + layout::SLOT_SIZE + layout::NULL_SIZE;
                    if self.kind == Kind::Full && trap.address.is_some_and(|address| !around.contains(&address)) {
                        return Err(format!("an access outside the slot: {trap:x?}").into());
                    }
                    *context.registers_mut() = self.registers(source);
                }
            }
        }
        Ok(tally)
    }

    /// Random registers, at a random bundle of the program.
    fn registers(self, source: &mut Source) -> Registers {
        let mut value = || self.value(source);
        let mut registers = Registers {
            rax: value(),
            rbx: value(),
            rcx: value(),
            rdx: value(),
            rsi: value(),
            rdi: value(),
            rbp: value(),
            rsp: value(),
            r8: value(),
            r9: value(),
            r10: value(),
            r11: value(),
            r12: value(),
            r13: value(),
            r14: value(),
            r15: value(),
            ..Registers::default()
        };
        registers.rip = self.sandbox.base() + u64::from(OFFSET) + source.word() % self.bundles * BUNDLE;
        registers
    }

    fn value(self, source: &mut Source) -> u64 {
        let near = u64::from(source.byte());
        let base = self.sandbox.base();
        match source.byte() % 8 {
            0 => near,
            1 => source.word(),
            2 => base + (source.word() & 0xffff_ffff),
            3 => base + u64::from(OFFSET) + near * 8,
            _ => base + source.pick(&DATA) + DATA_SIZE / 2 + near * 8,
        }
    }
}
