//! How many of the host's mappings a sandbox uses.
//!
//! The kernel gives a process `vm.max_map_count` mappings, and a host that can
//! get none cannot even allocate. A sandbox makes one with every second
//! `mprotect` of a page: so each has a budget, and all of them together a
//! share of the kernel's limit.
//!
//! Counted are the intervals into which the sandbox's calls cut the user part.
//! Neighbours are joined only where the kernel surely joins them, so the count
//! is never below the kernel's: inaccessible pages that were never touched
//! always, a fresh mapping with one neighbour that was mapped alike.

use crate::{Access, Error, SandboxRange};
use lfi_abi::layout::{SLOT_SIZE, USER_END, USER_START};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Mappings of a sandbox outside the user part: the runtime page, and what is
/// inaccessible around it, which is one mapping with the guard of the slot below.
const OTHERS: usize = 2;

/// Mappings of all sandboxes of the process.
static TOTAL: AtomicUsize = AtomicUsize::new(0);

/// What is known about the mapping of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pages {
    /// Anonymous pages as they were mapped, with this access.
    Fresh(Access),
    /// Anything else: joined with nothing.
    Other,
}

/// The mappings of a sandbox at one time.
#[derive(Debug)]
pub(crate) struct Saved(BTreeMap<u64, Pages>);

const FREE: Pages = Pages::Fresh(Access::None);

/// The mappings of one sandbox, counted in [`TOTAL`] until it is dropped.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Slot offset of the start of each interval; it ends where the next starts.
    intervals: BTreeMap<u64, Pages>,
    counted: usize,
    /// Never counted less: what a snapshot needs when it comes back.
    least: usize,
    limit: usize,
    map_count: usize,
}

/// The kernel's limit.
pub(crate) fn map_count() -> usize {
    const DEFAULT: usize = 65_530;
    let text = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    text.trim().parse().unwrap_or(DEFAULT)
}

/// What all sandboxes may use of the kernel's limit.
const fn share(map_count: usize) -> usize {
    map_count / 4 * 3
}

impl Budget {
    /// The budget of a sandbox in whose user part nothing is mapped: `limit`
    /// mappings, as long as those of all sandboxes stay within their share of
    /// the kernel's `map_count`.
    pub(crate) fn new(limit: usize, map_count: usize) -> Result<Self, Error> {
        let mut budget =
            Self { intervals: BTreeMap::from([(USER_START, FREE)]), counted: 0, least: 0, limit, map_count };
        budget.count(OTHERS + 1)?;
        Ok(budget)
    }

    /// Makes room for a change of `range` that cuts it into `parts` intervals
    /// more than there are. To be called before the mappings are changed.
    pub(crate) fn cut(&mut self, range: SandboxRange, parts: usize) -> Result<(), Error> {
        let (start, end) = offsets(range);
        let edge = |at| usize::from(at != USER_END && !self.intervals.contains_key(&at));
        let more = edge(start) + edge(end) + parts;
        let now = self.intervals.len();
        if more > 0 && now + more > self.limit {
            return Err(Error::TooManyMappings);
        }
        self.count(OTHERS + now + more)?;
        for at in [start, end] {
            if let Some((_, &pages)) = self.intervals.range(..=at).next_back()
                && at != USER_END
            {
                self.intervals.entry(at).or_insert(pages);
            }
        }
        Ok(())
    }

    /// `range`, which was cut, is one mapping now.
    pub(crate) fn replace(&mut self, range: SandboxRange, pages: Pages) {
        self.set(range, pages);
        self.settle();
    }

    fn set(&mut self, range: SandboxRange, pages: Pages) {
        let (start, end) = offsets(range);
        let before = self.intervals.range(..start).next_back().map(|(_, &pages)| pages);
        let after = self.intervals.get(&end).copied();
        self.intervals.retain(|&at, _| at < start || at >= end);
        let joins = |other| pages != Pages::Other && other == Some(pages);
        if !joins(before) {
            self.intervals.insert(start, pages);
        }
        if joins(after) && (!joins(before) || pages == FREE) {
            self.intervals.remove(&end);
        }
    }

    /// The access of `range`, which was cut, was changed.
    pub(crate) fn protect(&mut self, range: SandboxRange, access: Access) {
        let (start, end) = offsets(range);
        if self.intervals.range(start..end).all(|(_, &pages)| pages == FREE) {
            return self.replace(range, Pages::Fresh(access));
        }
        self.intervals.range_mut(start..end).for_each(|(_, pages)| *pages = Pages::Other);
    }

    /// How many intervals begin inside `range`, not at its start.
    pub(crate) fn inner(&self, range: SandboxRange) -> usize {
        let (start, end) = offsets(range);
        self.intervals.range(start + 1..end).count()
    }

    /// The pages of `from` were moved to `to`; both were cut.
    pub(crate) fn move_pages(&mut self, from: SandboxRange, to: SandboxRange) {
        let (start, end) = offsets(from);
        let starts: Vec<u64> = self.intervals.range(start..end).map(|(&at, _)| at - start).collect();
        self.set(to, Pages::Other);
        for at in starts {
            self.intervals.insert(offsets(to).0 + at, Pages::Other);
        }
        self.replace(from, FREE);
    }

    /// Whether nothing but anonymous pages as they were mapped is in the range.
    pub(crate) fn is_fresh(&self, range: SandboxRange) -> bool {
        self.all(range, |pages| pages != Pages::Other)
    }

    /// Whether nothing is mapped in the range.
    pub(crate) fn is_free(&self, range: SandboxRange) -> bool {
        self.all(range, |pages| pages == FREE)
    }

    fn all(&self, range: SandboxRange, is: impl Fn(Pages) -> bool) -> bool {
        let (start, end) = offsets(range);
        let first = self.intervals.range(..=start).next_back().is_some_and(|(_, &pages)| is(pages));
        first && self.intervals.range(start + 1..end).all(|(_, &pages)| is(pages))
    }

    /// What there is now, to come back to.
    pub(crate) fn save(&mut self) -> Saved {
        self.least = OTHERS + self.intervals.len();
        Saved(self.intervals.clone())
    }

    /// The mappings are those that were saved last.
    pub(crate) fn restore(&mut self, saved: &Saved) {
        self.intervals.clone_from(&saved.0);
        self.settle();
    }

    fn settle(&mut self) {
        // Never more than was counted when the range was cut.
        let now = self.least.max(OTHERS + self.intervals.len());
        TOTAL.fetch_sub(self.counted.saturating_sub(now), Ordering::Relaxed);
        self.counted = self.counted.min(now);
    }

    fn count(&mut self, wish: usize) -> Result<(), Error> {
        let more = wish.saturating_sub(self.counted);
        let add = |total: usize| total.checked_add(more).filter(|&sum| more == 0 || sum <= share(self.map_count));
        TOTAL.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).map_err(|total| {
            let needed = total.saturating_add(more).div_ceil(3).saturating_mul(4);
            Error::MapCount { limit: self.map_count, needed }
        })?;
        self.counted += more;
        Ok(())
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        TOTAL.fetch_sub(self.counted, Ordering::Relaxed);
    }
}

fn offsets(range: SandboxRange) -> (u64, u64) {
    let start = range.start() % SLOT_SIZE;
    (start, start + range.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_counted_and_given_back() {
        let base = 5 * SLOT_SIZE;
        let at = |page: u64, pages: u64| SandboxRange::new(base, base + (0x1000 + page) * 4096, pages * 4096).unwrap();
        let mut budget = Budget::new(8, usize::MAX).unwrap();
        let mut change = |range, pages| budget.cut(range, 0).map(|()| budget.replace(range, pages));
        let data = Pages::Fresh(Access::ReadWrite);
        change(at(0, 10), data).unwrap();
        change(at(10, 1), data).unwrap(); // joined below
        change(at(4, 1), Pages::Fresh(Access::Read)).unwrap();
        change(at(6, 1), Pages::Other).unwrap();
        // free, data, read, data, other, data, free: one more fits, two do not.
        assert!(matches!(change(at(8, 1), Pages::Other), Err(Error::TooManyMappings)));
        change(at(10, 1), FREE).unwrap(); // cuts, and is joined above
        change(at(0, 10), FREE).unwrap(); // all is one again
        assert_eq!((budget.intervals.len(), budget.counted), (1, OTHERS + 1));
        let Err(Error::MapCount { limit: 0, needed }) = Budget::new(8, 0) else { panic!("there is no room") };
        assert!(needed >= 4, "{needed}");
    }
}
