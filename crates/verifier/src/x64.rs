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
//! # Why each rule keeps it
//!
//! In brackets the rule, in parentheses the parts of the invariant that it is for.
//!
//! Which bytes are executed as what:
//! - `[target.supported]`, `[x64.region.bounds]` (1): bundles are the slot's multiples of 32, so "start" means the
//!   same for this region and for whoever jumps to it.
//! - `[x64.bundle.boundary]` (1): bundles are decoded one by one, so each starts with a start, and falling through leads to
//!   a start. After the region's last bundle comes the start of another region or nothing.
//! - `[x64.unit.bundle]` (1, 3, 4): units are compared byte by byte and entered at their first byte only, for their inside is
//!   no start; so each runs as a whole and ends in the state that `spec/x64/units.md` gives.
//! - `[x64.instruction.allowed]` (all): what has no row in `table.rs` is refused. Rows are the only source of what
//!   an instruction reads, writes and touches.
//! - `[x64.instruction.system]` (2): no row changes segment bases, leaves the sandbox otherwise than by a trap, or maps
//!   memory; the runtime page is read-only.
//! - `[x64.instruction.bit-offset]` (4): no row touches memory beyond what its operand says.
//! - `[x64.instruction.length]`, `[x64.prefix.rex]`, `[x64.prefix.vex]`, `[x64.prefix.evex]`, `[x64.prefix.operand-size]`,
//!   `[x64.prefix.repeat]`, `[x64.prefix.lock]`, `[x64.prefix.repeated]` (all): bytes on which processors or decoders
//!   could disagree, in length or in meaning, are refused; what is left means what the row says.
//! - `[x64.prefix.segment]`, `[x64.prefix.address-size]` (2, 4): an operand is guarded by both prefixes or is what it
//!   looks like; `%fs`, which is the host's, is never used.
//!
//! Where control goes:
//! - `[x64.branch.target]` (1): a direct branch reaches a start of this region, or a multiple of 32 in
//!   the slot, which is a start or not executable.
//! - `[x64.branch.prefix]` (1): no prefix that some processor takes for another size of the target.
//! - `[x64.branch.indirect]` (1): indirect branches stand only at the end of units, where the target is
//!   b + (x & 0xffffffe0), again a multiple of 32 in the slot.
//! - `[x64.branch.return]` (1): in a masked `ret` that target is read back from memory; that nobody else
//!   writes it is what an exclusive slot means.
//! - `[x64.runtime.call]` (1): runtime calls go to where the runtime said, and come back to the next multiple of 32.
//!
//! What memory is accessed:
//! - `[x64.memory.guard]`, `[x64.memory.vector]` (4): b + (32-bit address); for gathers and scatters each element's address.
//! - `[x64.memory.stack]` (4): less than 32 KiB from `%rsp`, which is (3) at most 32 KiB out of the slot.
//! - `[x64.memory.rip]` (4): a constant place in the slot, since the code stands at this offset.
//! - `[x64.string.guard]` (4): string instructions start in the slot and move in steps of at most 8 bytes, which
//!   no guard lets through.
//!
//! Where the stack pointer is:
//! - `[x64.stack.write]` (3): it is written by pushes, pops and calls, which move it by 8 and touch what they pass, by units, which
//!   leave it in the slot, or by the next rule.
//! - `[x64.stack.drift]` (3): adding a constant of at most 32 KiB when clean makes the pass
//!   dirty, and `%rsp` is within 32 KiB of the slot. The pass is clean again after an access that cannot
//!   have succeeded unless `%rsp` was in the slot: one in [`%rsp`, `%rsp` + 32 KiB),
//!   or a push or pop. What a mask register governs need not access anything.
//! - `[x64.stack.settle]` (3): all branches but calls, which push, are refused while dirty, so
//!   branches arrive clean, and a start may assume no more than the pass does
//!   when falling into it.

mod branch;
mod decode;
mod evex;
mod explain;
mod memory;
mod plain;
mod row;
mod stack;
mod start;
mod table;
mod unit;

#[cfg(test)]
mod tests;

use crate::{Classes, Options, Rule, Summary, Violation};
use branch::Nearby;
use core::ops::Range;
use decode::{BUNDLE, Bundle, Instruction};
use lfi_abi::{Kind, Returns, Target, layout::SLOT_SIZE};
use row::Class;
use stack::Change;
use start::Start;
use unit::Unit;

/// Judges the bundles `part` of the region `code` (as [`crate::verify_part`]).
pub(crate) fn verify_part(
    code: &[u8],
    offset: u32,
    part: Range<usize>,
    options: &Options,
) -> Result<Summary, Violation> {
    let mut pass = Pass::new(code, offset, part.clone(), *options);
    if pass.next(&mut Some(Nearby::new(part.clone()))).is_none() {
        return Ok(pass.summary);
    }
    // A branch is found wrong when the pass comes to its target only: again, for the first violation.
    exact(code, offset, part, options)
}

/// The same by the rules alone: without what makes it quick, and with the first violation.
fn exact(code: &[u8], offset: u32, part: Range<usize>, options: &Options) -> Result<Summary, Violation> {
    let mut pass = Pass::new(code, offset, part, *options);
    pass.next(&mut None).map_or(Ok(pass.summary), Err)
}

/// The pass over one part of a region.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    code: &'a [u8],
    offset: u32,
    options: Options,
    /// Where the pass stands in `code`, and where its part ends.
    at: usize,
    end: usize,
    /// `%rsp` was adjusted and not used since.
    dirty: bool,
    /// Where prefixes may be in the bundle that comes next, found ahead of it so that it need not wait for them.
    prefixes: u32,
    /// A violation of the region as a whole, reported first.
    region: Option<Rule>,
    summary: Summary,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(code: &'a [u8], offset: u32, part: Range<usize>, options: Options) -> Self {
        let is_whole = |place: usize| place.is_multiple_of(BUNDLE) && place <= code.len();
        let region = if options.target != Target::X64 {
            Some(Rule::Target)
        } else if part.is_empty()
            || !is_whole(part.start)
            || !is_whole(part.end)
            || !is_whole(code.len())
            || !u64::from(offset).is_multiple_of(BUNDLE as u64)
            || code.len() as u64 > SLOT_SIZE - u64::from(offset)
        {
            Some(Rule::RegionBounds)
        } else {
            None
        };
        // With a region like that there is nothing to look at.
        let (code, part) = if region.is_some() { (&[][..], 0..0) } else { (code, part) };
        Self {
            code,
            offset,
            options,
            at: part.start,
            end: part.end,
            dirty: false,
            prefixes: plain::positions(code, part.start),
            region,
            summary: Summary { instructions: 0, bytes: part.len() as u64, classes: Classes::NONE },
        }
    }

    /// The next violation, from where the last one was found.
    pub(crate) fn next_violation(&mut self) -> Option<Violation> {
        self.next(&mut None)
    }

    /// The same; with `nearby`, of the first violation no more than that there is one.
    fn next(&mut self, nearby: &mut Option<Nearby>) -> Option<Violation> {
        if let Some(rule) = self.region.take() {
            return Some(Violation { offset: self.offset, rule });
        }
        // The bundles after the part belong to it as long as it is not known where its last
        // adjustment of %rsp leads.
        while self.at < self.end || self.dirty && self.at < self.code.len() {
            if let Err((at, rule)) = self.bundle(nearby) {
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

    /// Judges and passes what is left of the bundle at `self.at`, up to the first violation.
    #[inline(always)]
    fn bundle(&mut self, nearby: &mut Option<Nearby>) -> Result<(), (usize, Rule)> {
        let first = self.at - self.at % BUNDLE;
        let mut padded = None;
        let bundle = Bundle::new(&self.code[first..], &mut padded);
        let prefixes = core::mem::replace(&mut self.prefixes, plain::positions(self.code, first + BUNDLE));
        let unconfined = plain::unconfined(self.options.kind);
        let pc = i64::from(self.offset) + first as i64;
        let (mut within, mut starts) = (self.at % BUNDLE, 0u32);
        let (mut in_units, mut classes) = (0, Classes::NONE);
        let mut result = Ok(());
        while within < BUNDLE {
            let at = within;
            starts |= 1 << at;
            let verdict = if let Some(nearby) = nearby
                && !self.dirty
                && let Some(plain) = plain::find(bundle, prefixes, at, pc, unconfined)
            {
                within = plain.end;
                classes |= plain.classes;
                match plain.branch(bundle) {
                    None => continue,
                    Some(displacement) => self.branch(first + within, displacement, Some(nearby)),
                }
            } else {
                let step = self.step(bundle, at, nearby);
                within = step.end;
                classes |= step.classes;
                in_units += step.instructions - 1;
                step.verdict
            };
            if let Err(rule) = verdict {
                result = Err((first + at, explain::refine(rule, self.code, first + at)));
                break;
            }
        }
        // Not those of another part.
        if first < self.end {
            self.summary.instructions += u64::from(starts.count_ones()) + in_units;
            self.summary.classes |= classes;
        }
        self.at = first + within;
        result?;
        match nearby {
            Some(nearby) => nearby.pass(first, starts).map_err(|rule| (first, rule)),
            None => Ok(()),
        }
    }

    /// Judges what stands at `at` in the bundle that the pass is in.
    #[inline(never)]
    fn step(&mut self, bundle: Bundle<'_>, at: usize, nearby: &mut Option<Nearby>) -> Step {
        match start::find(bundle, at) {
            Ok(Start::Instruction(instruction)) => Step {
                end: instruction.end,
                instructions: 1,
                classes: instruction.row.summary(),
                verdict: self.judge(&instruction, bundle, nearby.as_mut()),
            },
            Ok(Start::Unit(unit)) => Step {
                end: unit.end,
                instructions: unit.instructions,
                classes: Classes::NONE,
                verdict: judge_unit(unit, &self.options, &mut self.dirty),
            },
            // Its length is unknown; the next bundle starts afresh.
            Err(rule) => Step { end: BUNDLE, instructions: 1, classes: Classes::NONE, verdict: Err(rule) },
        }
    }

    /// Judges an instruction outside units, which stands in this bundle.
    #[inline(always)]
    fn judge(
        &mut self,
        instruction: &Instruction,
        bundle: Bundle<'_>,
        nearby: Option<&mut Nearby>,
    ) -> Result<(), Rule> {
        let (kind, next) = (self.options.kind, self.at - self.at % BUNDLE + instruction.end);
        memory::check(instruction, bundle, kind, || i64::from(self.offset) + next as i64)?;
        if kind != Kind::Jumps && stack::check(instruction, bundle)? == Change::Adjusted {
            // Two adjustments in a row could add up.
            let dirty = core::mem::replace(&mut self.dirty, true);
            return if dirty { Err(Rule::StackDrift) } else { Ok(()) };
        }
        let row = instruction.row;
        if row.is(Class::BRANCH | Class::JUMP | Class::CALL | Class::STACK) {
            if row.is(Class::BRANCH | Class::JUMP) {
                leave(self.dirty)?;
            }
            if !row.is(Class::STACK) {
                self.branch(next, instruction.immediate(bundle), nearby)?;
            }
            self.dirty = false;
        } else if self.dirty && memory::proves_stack(instruction, bundle) {
            self.dirty = false;
        }
        Ok(())
    }

    /// Judges the target of a direct branch, in the bundle that the pass is in, after which `next` is the next instruction in `code`.
    #[inline(always)]
    fn branch(&self, next: usize, displacement: i32, nearby: Option<&mut Nearby>) -> Result<(), Rule> {
        let target = i64::from(self.offset) + next as i64 + i64::from(displacement);
        branch::check(self.code, self.offset, self.at - self.at % BUNDLE, target, nearby)
    }
}

/// What stands at a place of a bundle, judged.
struct Step {
    /// Where in the bundle it ends.
    end: usize,
    instructions: u64,
    classes: Classes,
    verdict: Result<(), Rule>,
}

/// Judges a unit.
fn judge_unit(unit: Unit, options: &Options, dirty: &mut bool) -> Result<(), Rule> {
    match unit.kind {
        unit::Kind::Jump | unit::Kind::RuntimeCall => leave(*dirty),
        unit::Kind::Return if options.returns == Returns::Ret => leave(*dirty),
        unit::Kind::Return => Err(Rule::BranchReturn),
        // A call pushes first; a stack unit takes no more than the low half of %rsp.
        unit::Kind::Call | unit::Kind::Stack => {
            *dirty = false;
            Ok(())
        }
        unit::Kind::String { rdi, rsi, writes } => {
            let enough = match options.kind {
                Kind::Full => rdi && rsi,
                Kind::Stores => rdi || !writes,
                Kind::Jumps => true,
            };
            if enough { Ok(()) } else { Err(Rule::StringGuard) }
        }
    }
}

/// Control leaves: only with `%rsp` in the slot.
fn leave(dirty: bool) -> Result<(), Rule> {
    if dirty { Err(Rule::StackSettle) } else { Ok(()) }
}
