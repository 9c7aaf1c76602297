//! The x86-64 rules.
//!
//! # The invariant
//!
//! For a thread inside the sandbox with base b (a multiple of 4 GiB), at every
//! *start* (the first byte of a unit, or of an instruction outside units, that
//! the pass finds):
//!
//! 1. The program counter is a start of a published region of the slot.
//! 2. The segment base of `%gs` is b, and `B` = `%gs:0x10000` reads b.
//! 3. In kinds Full and Stores, `%rsp` lies in [b - 32 KiB, b + 4 GiB + 32 KiB),
//!    and in [b, b + 4 GiB) where the pass is *clean*.
//! 4. Memory was accessed as the kind allows: in kind Full only in
//!    [b - 64 KiB, b + 4 GiB + 64 KiB), of which the runtime keeps all but the
//!    slot's own part unmapped; in kind Stores writes alone are so confined.
//!
//! Every step keeps it:
//!
//! - *Falling through* (1): bundles are decoded one by one, so each starts with
//!   a start and no instruction or unit reaches beyond one
//!   (`[x64.bundle.boundary]`, `[x64.unit.bundle]`). After the region's last
//!   bundle comes the start of another region or nothing.
//! - *Direct branches* (1) reach a start of this region, or a multiple of 32 in
//!   the slot, which is a start or unmapped (`[x64.branch.target]`). No prefix
//!   that some processor takes for another operand size is allowed.
//! - *Indirect branches* (1) stand only at the end of units, where the target is
//!   b + (x & 0xffffffe0), again a multiple of 32 in the slot. In a masked `ret`
//!   it is read back from memory; that nobody else writes it is what an
//!   exclusive slot means. Runtime calls go to where the runtime said, and come
//!   back to the next multiple of 32.
//! - *Units* are entered at their first byte only: their inside is no start, and
//!   they are compared byte by byte, so each ends in the state that
//!   `spec/x64/units.md` gives.
//! - *Segment bases* (2) are changed by no instruction in the table, and the
//!   runtime page is read-only.
//! - *Memory operands* (4) are b + (32-bit address), or within 32 KiB of `%rsp`,
//!   or at a constant place in the slot (`[x64.memory.*]`); string
//!   instructions start in the slot and move in steps of at most 8 bytes, which
//!   no guard lets through (`[x64.string.guard]`).
//! - *The stack pointer* (3) is written by units, which leave it in the slot, or
//!   by adding a constant of at most 32 KiB when clean, which makes the pass
//!   dirty (`[x64.stack.*]`). The pass is clean again after an access that cannot
//!   have succeeded unless `%rsp` was in the slot: one in [`%rsp`, `%rsp` + 32 KiB),
//!   or a push or pop. Pushes and pops move `%rsp` by 8 and touch what they pass.
//!   All branches but calls, which push, are refused while dirty, so
//!   branches arrive clean, and a start may assume no more than the pass does
//!   when falling into it.
//!
//! Rows of the table are the only source of what an instruction reads, writes
//! and touches (`table.rs`); bytes that are in no row are refused.

mod branch;
mod decode;
mod explain;
mod memory;
mod row;
mod stack;
mod table;
mod unit;

#[cfg(test)]
mod tests;

use crate::{Classes, Options, Rule, Summary, Violation};
use decode::{BUNDLE, Bundle, decode};
use lfi_abi::{Kind, Returns, Target, layout::SLOT_SIZE};
use row::Class;
use stack::Change;
use unit::Unit;

/// The pass over one region.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    code: &'a [u8],
    offset: u32,
    options: Options,
    /// The bundle that holds `at`.
    bundle: Bundle,
    /// Where the pass stands in `code`.
    at: usize,
    /// `%rsp` was adjusted and not used since.
    dirty: bool,
    /// A violation of the region as a whole, reported first.
    region: Option<Rule>,
    summary: Summary,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(code: &'a [u8], offset: u32, options: Options) -> Self {
        let region = if options.target != Target::X64 {
            Some(Rule::Target)
        } else if code.is_empty()
            || !u64::from(offset).is_multiple_of(BUNDLE as u64)
            || !code.len().is_multiple_of(BUNDLE)
            || code.len() as u64 > SLOT_SIZE - u64::from(offset)
        {
            Some(Rule::RegionBounds)
        } else {
            None
        };
        Self {
            // With a region like that there is nothing to look at.
            code: if region.is_some() { &[] } else { code },
            offset,
            options,
            bundle: Bundle::new(&[]),
            at: 0,
            dirty: false,
            region,
            summary: Summary { instructions: 0, bytes: code.len() as u64, classes: Classes::NONE },
        }
    }

    pub(crate) fn summary(&self) -> Summary {
        self.summary
    }

    /// The next violation, from where the last one was found.
    pub(crate) fn next_violation(&mut self) -> Option<Violation> {
        if let Some(rule) = self.region.take() {
            return Some(Violation { offset: self.offset, rule });
        }
        while self.at < self.code.len() {
            if self.at.is_multiple_of(BUNDLE) {
                self.bundle = Bundle::new(&self.code[self.at..]);
            }
            let at = self.at;
            if let Err(rule) = self.step() {
                self.dirty = false;
                return Some(self.violation(at, rule));
            }
        }
        // The region's last instruction falls through to somewhere clean.
        let dirty = core::mem::take(&mut self.dirty);
        dirty.then(|| self.violation(self.at, Rule::StackSettle))
    }

    fn violation(&self, at: usize, rule: Rule) -> Violation {
        // Fits: the region lies in the slot; one past its end may wrap to 0.
        let offset = (u64::from(self.offset) + at as u64) as u32;
        Violation { offset, rule }
    }

    /// Judges the unit or instruction at `self.at` and passes it.
    fn step(&mut self) -> Result<(), Rule> {
        let (at, within) = (self.at, self.at % BUNDLE);
        if let Some(unit) = unit::find(&self.bundle, within) {
            self.at += unit.length;
            self.summary.instructions += unit.instructions;
            return self.unit(unit);
        }
        let instruction = match decode(&self.bundle, within) {
            Ok(instruction) => instruction,
            Err(rule) => {
                // Its length is unknown; the next bundle starts afresh.
                self.at += BUNDLE - within;
                return Err(explain::refine(rule, self.code, at));
            }
        };
        self.at += instruction.length;
        self.summary.instructions += 1;
        self.summary.classes |= Classes::from_bits(instruction.row.summary());
        self.instruction(&instruction).map_err(|rule| explain::refine(rule, self.code, at))
    }

    /// Judges an instruction that has just been passed.
    fn instruction(&mut self, instruction: &decode::Instruction) -> Result<(), Rule> {
        let next = i64::from(self.offset) + self.at as i64;
        let kind = self.options.kind;
        memory::check(instruction, kind, next)?;
        if kind != Kind::Jumps && stack::check(instruction)? == Change::Adjusted {
            // Two adjustments in a row could add up.
            let dirty = core::mem::replace(&mut self.dirty, true);
            return if dirty { Err(Rule::StackDrift) } else { Ok(()) };
        }
        match instruction.row.class() {
            Class::Stack => self.dirty = false,
            Class::Call => {
                branch::check(self.code, self.offset, next + i64::from(instruction.immediate))?;
                self.dirty = false;
            }
            Class::Branch | Class::Jump => {
                self.leave()?;
                branch::check(self.code, self.offset, next + i64::from(instruction.immediate))?;
            }
            _ if self.dirty && memory::proves_stack(instruction) => self.dirty = false,
            _ => {}
        }
        Ok(())
    }

    /// Judges a unit that has just been passed.
    fn unit(&mut self, unit: Unit) -> Result<(), Rule> {
        let kind = self.options.kind;
        match unit.kind {
            unit::Kind::Jump | unit::Kind::RuntimeCall => self.leave(),
            unit::Kind::Return if self.options.returns == Returns::Ret => self.leave(),
            unit::Kind::Return => Err(Rule::BranchReturn),
            // A call pushes first; a stack unit takes no more than the low half of %rsp.
            unit::Kind::Call | unit::Kind::Stack => {
                self.dirty = false;
                Ok(())
            }
            unit::Kind::String { rdi, rsi, writes } => {
                let enough = match kind {
                    Kind::Full => rdi && rsi,
                    Kind::Stores => rdi || !writes,
                    Kind::Jumps => true,
                };
                if enough { Ok(()) } else { Err(Rule::StringGuard) }
            }
        }
    }

    /// Control leaves: only with `%rsp` in the slot.
    fn leave(&self) -> Result<(), Rule> {
        if self.dirty { Err(Rule::StackSettle) } else { Ok(()) }
    }
}
