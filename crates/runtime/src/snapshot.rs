//! What a sandbox's memory was at one time, and the way back.
//!
//! The contents are kept in sealed memory of the runtime's own and mapped
//! private in the slot: what is written afterwards are copies of pages, and
//! throwing these away is the way back. It costs the more the more was written,
//! and nothing for what was not:
//!
//! - pages that are written in nearly every use are copied over, or cleared (`hot.rs`);
//! - copies of all others are thrown away, by few calls for long ranges;
//! - mappings are made again only where they were changed: every change is
//!   written down from the snapshot on (`Ranges::changing`).
//!
//! Nobody else has the file, and it can neither shrink nor be written or
//! punched: so no page of a mapping changes or goes away by itself, and
//! exclusive sandboxes may have such mappings, too.

use crate::{
    Access, Code, Error, HotPages, Image, Sandbox, SandboxRange,
    budget::{Pages, Saved},
    copy,
    host::{self, PAGE_SIZE, Protection},
    ranges::{Constant, Ranges},
    store::Stored,
};
use lfi_abi::Kind;

/// Shorter runs of zero pages between others are stored, too: each piece is a
/// mapping.
const GAP: u64 = 8 * PAGE_SIZE;

/// What was mapped, and how to come back to it.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// All that was mapped, by ascending address. Nothing was between them.
    parts: Vec<Part>,
    /// The contents, if there are any but zeros.
    stored: Option<Stored>,
    mappings: Saved,
    kind: Option<Kind>,
    published: Vec<(SandboxRange, Code)>,
    retired: Vec<SandboxRange>,
    constants: Vec<Constant>,
    hot: HotPages,
    steps: Steps,
}

/// One mapping.
#[derive(Debug)]
struct Part {
    range: SandboxRange,
    access: Access,
    contents: Contents,
}

#[derive(Debug)]
enum Contents {
    Zero,
    /// From here in what is stored.
    Stored(u64),
    Constant(Image, u64),
    Code(Code),
    /// Code was here: inaccessible.
    Retired,
}

/// How the contents of parts whose mappings were not changed come back.
#[derive(Debug, Default)]
struct Steps {
    /// The hot pages are known, and among these.
    settled: bool,
    list: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    /// Copies of pages are thrown away.
    Discard(SandboxRange),
    /// Hot pages are copied, from here in what is stored.
    Copy(SandboxRange, u64),
    /// Hot pages become zero.
    Clear(SandboxRange),
}

impl Part {
    fn is_written(&self) -> bool {
        self.access == Access::ReadWrite && matches!(self.contents, Contents::Zero | Contents::Stored(_))
    }

    /// The hot pages in it, as starts and ends. A few others between them are
    /// taken along: copying them is cheaper than one more call.
    fn hot_runs(&self, base: u64, hot: &[u64]) -> impl Iterator<Item = (u64, u64)> {
        const FEW: u64 = 4 * PAGE_SIZE;
        let (start, end) = (self.range.start() - base, self.range.end() - base);
        let first = hot.partition_point(|&page| page < start);
        let last = hot.partition_point(|&page| page < end);
        let runs = hot[first..last].chunk_by(|one, next| next - one <= FEW);
        runs.filter_map(move |run| Some((base + run.first()?, base + run.last()? + PAGE_SIZE)))
    }

    /// Maps it as it was.
    fn map(&self, base: u64, stored: Option<&Stored>) -> Result<(), Error> {
        let (start, len, protection) = (self.range.start(), self.range.len(), Protection::from(self.access));
        match (&self.contents, stored) {
            (Contents::Stored(at), Some(stored)) => {
                stored.file.map_privately(start, len, protection, stored.start + at)
            }
            (Contents::Constant(image, offset), _) => image.map_at(start, len, protection, *offset),
            (Contents::Code(code), _) => code.map_in(base),
            _ => host::map_anonymous(start, len, protection),
        }
    }
}

impl Sandbox {
    /// Keeps what the memory is now, for [`Self::reset`]. `mapped` is what is
    /// mapped as data, by ascending address: the rest of the user part but for
    /// code is taken to be not mapped. A snapshot that was taken before is forgotten.
    ///
    /// `hot` is shared by the instances of one program, which are used alike.
    ///
    /// # Errors
    /// When a range is not one of whole pages of this sandbox without code, or
    /// the host has no memory. The sandbox's memory is unspecified then.
    pub fn take_snapshot(&mut self, mapped: &[(SandboxRange, Access)], hot: &HotPages) -> Result<(), Error> {
        self.set_snapshot(None);
        let mut contents = Vec::new();
        let mut parts = Vec::new();
        for &(range, access) in mapped {
            self.lay_out(range, access, &mut parts, &mut contents)?;
        }
        let stored = if contents.is_empty() { None } else { Some(self.engine().store().keep(&contents)?) };
        drop(contents);

        let base = self.base();
        for part in parts.iter().filter(|part| !matches!(part.contents, Contents::Constant(..))) {
            let mut data = self.data(part.range)?;
            data.0.budget()?.cut(part.range, 0)?;
            part.map(base, stored.as_ref())?;
            let pages = match part.contents {
                Contents::Zero => Pages::Fresh(part.access),
                _ => Pages::Other,
            };
            data.0.budget()?.replace(part.range, pages);
        }

        let mut ranges = self.ranges();
        let code = |(range, code): &(SandboxRange, Code)| Part {
            range: *range,
            access: Access::Read,
            contents: Contents::Code(code.clone()),
        };
        parts.extend(ranges.published.iter().map(code));
        let retired = |&range: &SandboxRange| Part { range, access: Access::None, contents: Contents::Retired };
        parts.extend(ranges.retired.iter().map(retired));
        parts.sort_unstable_by_key(|part| part.range.start());
        let snapshot = Snapshot {
            steps: Steps::new(base, &parts, hot)?,
            parts,
            stored,
            mappings: ranges.budget()?.save(),
            kind: ranges.kind,
            published: ranges.published.clone(),
            retired: ranges.retired.clone(),
            constants: ranges.constants.clone(),
            hot: hot.clone(),
        };
        drop(ranges);
        self.set_snapshot(Some(snapshot));
        Ok(())
    }

    /// Splits what is mapped by what its contents are, and collects these.
    fn lay_out(
        &self,
        range: SandboxRange,
        access: Access,
        parts: &mut Vec<Part>,
        contents: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let mut ranges = self.ranges();
        self.check_data(&ranges, range)?;
        let mut constants = ranges.constants.clone();
        constants.retain(|constant| constant.range.overlaps(range));
        constants.sort_unstable_by_key(|constant| constant.range.start());
        let mut at = range.start();
        for Constant { range: constant, image, offset } in constants {
            self.lay_out_data(&mut ranges, (at, constant.start()), access, parts, contents)?;
            parts.push(Part { range: constant, access: Access::Read, contents: Contents::Constant(image, offset) });
            at = constant.end();
        }
        self.lay_out_data(&mut ranges, (at, range.end()), access, parts, contents)
    }

    fn lay_out_data(
        &self,
        ranges: &mut Ranges,
        (start, end): (u64, u64),
        access: Access,
        parts: &mut Vec<Part>,
        contents: &mut Vec<u8>,
    ) -> Result<(), Error> {
        if start >= end {
            return Ok(());
        }
        let whole = self.range(start, end - start)?;
        if access == Access::None {
            // It is mapped anew in a moment.
            host::protect(start, end - start, Protection::Read)?;
        }
        // Of fresh pages those that were never touched need not be looked at.
        let written =
            if ranges.budget()?.is_fresh(whole) { host::written_pages(start, end - start).ok() } else { None };
        let candidates = written.unwrap_or_else(|| (start..end).step_by(PAGE_SIZE as usize).collect());
        let mut push = |start, end, contents| -> Result<(), Error> {
            if start < end {
                parts.push(Part { range: self.range(start, end - start)?, access, contents });
            }
            Ok(())
        };
        let mut at = start;
        for (first, last, place) in self.collect(&candidates, contents)? {
            push(at, first, Contents::Zero)?;
            push(first, last, Contents::Stored(place))?;
            at = last;
        }
        push(at, end, Contents::Zero)
    }

    /// Collects the contents of those of the pages that hold anything. Returns
    /// where they are: start, end, and place among the contents.
    fn collect(&self, pages: &[u64], contents: &mut Vec<u8>) -> Result<Vec<(u64, u64, u64)>, Error> {
        let mut page = [0; PAGE_SIZE as usize];
        let mut runs: Vec<(u64, u64, u64)> = Vec::new();
        for &address in pages {
            copy::read(self.range(address, PAGE_SIZE)?, &mut page)?;
            if page.iter().all(|&byte| byte == 0) {
                continue;
            }
            match runs.last_mut() {
                Some((_, end, _)) if address - *end <= GAP => {
                    contents.resize(contents.len() + (address - *end) as usize, 0);
                    *end = address + PAGE_SIZE;
                }
                _ => runs.push((address, address + PAGE_SIZE, contents.len() as u64)),
            }
            contents.extend_from_slice(&page);
        }
        Ok(runs)
    }

    /// Makes the memory what it was when the snapshot was taken: every mapping,
    /// and every byte in them. Code that was published since is gone, code
    /// that was retired since is back: no context is inside. Returns whether any
    /// mapping had been changed.
    ///
    /// # Errors
    /// [`Error::NoSnapshot`], or a failed call of the host. The sandbox's memory is
    /// unspecified then.
    pub fn reset(&mut self) -> Result<bool, Error> {
        let base = self.base();
        let Some((snapshot, ranges)) = self.snapshot_and_ranges() else { return Err(Error::NoSnapshot) };
        let changed = ranges.changes.as_ref().is_some_and(|changes| !changes.is_empty());
        if changed {
            snapshot.restore_mappings(base, ranges)?;
        }
        snapshot.restore_contents(base)?;
        self.forget_contexts();
        Ok(changed)
    }
}

impl Snapshot {
    /// Maps anew what was changed.
    fn restore_mappings(&self, base: u64, ranges: &mut Ranges) -> Result<(), Error> {
        let Ranges { budget, changes, .. } = ranges;
        let (Some(budget), Some(changes)) = (budget, changes) else { return Err(Error::NoSnapshot) };
        for (start, end) in changes.iter() {
            let mut at = base + start;
            for part in self.overlapping(base + start, base + end) {
                unmap(at, part.range.start(), base, budget)?;
                // As a whole: pieces of it could stay mappings of their own.
                part.map(base, self.stored.as_ref())?;
                at = part.range.end();
            }
            unmap(at, base + end, base, budget)?;
        }
        budget.restore(&self.mappings);
        changes.clear();
        ranges.kind = self.kind;
        ranges.published.clone_from(&self.published);
        ranges.retired.clone_from(&self.retired);
        ranges.constants.clone_from(&self.constants);
        Ok(())
    }

    fn overlapping(&self, start: u64, end: u64) -> impl Iterator<Item = &Part> {
        let first = self.parts.partition_point(|part| part.range.end() <= start);
        self.parts[first..].iter().take_while(move |part| part.range.start() < end)
    }

    /// Brings back the contents of what can be written.
    fn restore_contents(&mut self, base: u64) -> Result<(), Error> {
        if !self.steps.settled {
            if self.hot.learnt().is_none() {
                let written = self.parts.iter().filter(|part| part.is_written());
                self.hot.learn(written.map(|part| (part.range.start(), part.range.len())));
            }
            let now = self.steps.run(self.stored.as_ref());
            self.steps = Steps::new(base, &self.parts, &self.hot)?;
            return now;
        }
        self.steps.run(self.stored.as_ref())
    }
}

/// Takes away what is mapped between two addresses of the slot at `base`.
fn unmap(start: u64, end: u64, base: u64, budget: &crate::budget::Budget) -> Result<(), Error> {
    if start >= end {
        return Ok(());
    }
    let range = SandboxRange::new(base, start, end - start)?;
    if budget.is_free(range) { Ok(()) } else { host::map_anonymous(start, end - start, Protection::None) }
}

impl Steps {
    fn new(base: u64, parts: &[Part], hot: &HotPages) -> Result<Self, Error> {
        let range = |start, end| SandboxRange::new(base, start, end - start);
        let written: Vec<&Part> = parts.iter().filter(|part| part.is_written()).collect();
        let mut list = Vec::new();
        // Neighbours get one advice. What lies in gaps is never advised about: it may be code, and looking for pages
        // in a wide gap takes longer than a call.
        for neighbours in written.chunk_by(|one, next| one.range.end() == next.range.start()) {
            let mut cold = neighbours.first().map_or(0, |part| part.range.start());
            for part in neighbours {
                for (start, end) in part.hot_runs(base, hot.learnt().unwrap_or_default()) {
                    if cold < start {
                        list.push(Step::Discard(range(cold, start)?));
                    }
                    list.push(match part.contents {
                        Contents::Stored(at) => Step::Copy(range(start, end)?, at + (start - part.range.start())),
                        _ => Step::Clear(range(start, end)?),
                    });
                    cold = end;
                }
            }
            let end = neighbours.last().map_or(cold, |part| part.range.end());
            if cold < end {
                list.push(Step::Discard(range(cold, end)?));
            }
        }
        Ok(Self { settled: hot.learnt().is_some(), list })
    }

    fn run(&self, stored: Option<&Stored>) -> Result<(), Error> {
        for step in &self.list {
            match (step, stored) {
                (Step::Discard(range), _) => host::discard(range.start(), range.len())?,
                (Step::Copy(range, at), Some(stored)) => copy::write_from(*range, &stored.file, stored.start + at)?,
                (Step::Copy(range, _), None) | (Step::Clear(range), _) => copy::clear(*range)?,
            }
        }
        Ok(())
    }
}
