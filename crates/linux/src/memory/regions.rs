//! An interval map of what is mapped. Offsets in it are multiples of the page
//! size; intervals do not overlap, and equal neighbours are one interval.

use lfi_runtime::Access;
use std::collections::BTreeMap;

/// What the pages of a region hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backing {
    /// Memory of their own.
    Anonymous,
    /// A file.
    File,
    /// The program's own file, as it was read: private pages that begin as there.
    Image,
    /// Published code: nothing may change it.
    Code,
    /// Memory that the host has, too. Its mapping is the host's to change.
    Shared,
}

/// What is known about mapped pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) access: Access,
    pub(crate) backing: Backing,
}

/// The map: start -> (end, region).
#[derive(Clone, Debug, Default)]
pub(crate) struct Regions(BTreeMap<u64, (u64, Region)>);

impl Regions {
    /// The parts of regions that lie in `[start, end)`, ascending.
    pub(crate) fn overlapping(&self, start: u64, end: u64) -> impl Iterator<Item = (u64, u64, Region)> + '_ {
        let first = self.0.range(..=start).next_back().map_or(start, |(&at, _)| at);
        self.0
            .range(first..end.max(first))
            .map(move |(&s, &(e, region))| (s.max(start), e.min(end), region))
            .filter(|(s, e, _)| s < e)
    }

    /// Whether nothing is mapped in `[start, end)`.
    pub(crate) fn is_free(&self, start: u64, end: u64) -> bool {
        self.overlapping(start, end).next().is_none()
    }

    /// Whether all of `[start, end)` is mapped.
    pub(crate) fn is_mapped(&self, start: u64, end: u64) -> bool {
        let mut at = start;
        for (s, e, _) in self.overlapping(start, end) {
            if s != at {
                return false;
            }
            at = e;
        }
        at == end
    }

    /// Bytes of `[start, end)` that are mapped.
    pub(crate) fn mapped_in(&self, start: u64, end: u64) -> u64 {
        self.overlapping(start, end).map(|(start, end, _)| end - start).sum()
    }

    /// The region of `[start, end)` if it is all in one.
    pub(crate) fn single(&self, start: u64, end: u64) -> Option<Region> {
        let mut parts = self.overlapping(start, end);
        match (parts.next(), parts.next()) {
            (Some((s, e, region)), None) if s == start && e == end => Some(region),
            _ => None,
        }
    }

    /// Puts a region over `[start, end)`, replacing what was there.
    pub(crate) fn insert(&mut self, mut start: u64, mut end: u64, region: Region) {
        assert!(start < end);
        self.remove(start, end);
        if let Some((&s, &(e, before))) = self.0.range(..start).next_back()
            && e == start
            && before == region
        {
            start = s;
        }
        if let Some(&(e, after)) = self.0.get(&end)
            && after == region
        {
            self.0.remove(&end);
            end = e;
        }
        self.0.insert(start, (end, region));
    }

    /// Takes everything out of `[start, end)`.
    pub(crate) fn remove(&mut self, start: u64, end: u64) {
        let parts: Vec<_> = self.overlapping(start, end).collect();
        for (s, _, region) in parts {
            // The whole interval that the part belongs to.
            let Some((&at, &(whole_end, _))) = self.0.range(..=s).next_back() else { continue };
            self.0.remove(&at);
            if at < start {
                self.0.insert(at, (start, region));
            }
            if whole_end > end {
                self.0.insert(end, (whole_end, region));
            }
        }
    }

    /// Start of the highest free place of `len` bytes in `[low, high)`.
    pub(crate) fn highest_gap(&self, len: u64, low: u64, high: u64) -> Option<u64> {
        let mut end = high;
        for (&s, &(e, _)) in self.0.range(..high).rev() {
            if e < end && end - e >= len {
                break;
            }
            end = end.min(s);
        }
        let start = end.checked_sub(len)?;
        (start >= low && self.is_free(start, end)).then_some(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u64 = 4096;
    const DATA: Region = Region { access: Access::ReadWrite, backing: Backing::Anonymous };
    const CONSTANT: Region = Region { access: Access::Read, backing: Backing::File };

    #[test]
    fn splits_and_joins() {
        let mut regions = Regions::default();
        regions.insert(0, 10 * PAGE, DATA);
        regions.insert(4 * PAGE, 6 * PAGE, CONSTANT);
        let all: Vec<_> = regions.overlapping(0, u64::MAX).collect();
        assert_eq!(all, [(0, 4 * PAGE, DATA), (4 * PAGE, 6 * PAGE, CONSTANT), (6 * PAGE, 10 * PAGE, DATA)]);
        assert!(regions.is_mapped(0, 10 * PAGE));
        assert_eq!(regions.single(PAGE, 3 * PAGE), Some(DATA));
        assert_eq!(regions.single(PAGE, 5 * PAGE), None);
        regions.insert(4 * PAGE, 6 * PAGE, DATA);
        assert_eq!(regions.overlapping(0, u64::MAX).count(), 1);
        regions.remove(2 * PAGE, 3 * PAGE);
        assert!(!regions.is_mapped(0, 10 * PAGE));
        assert!(regions.is_free(2 * PAGE, 3 * PAGE));
        assert!(!regions.is_free(2 * PAGE, 4 * PAGE));
        regions.remove(0, 20 * PAGE);
        assert!(regions.is_free(0, u64::MAX));
    }

    #[test]
    fn gaps() {
        let mut regions = Regions::default();
        let gap = |regions: &Regions, pages: u64| regions.highest_gap(pages * PAGE, PAGE, 20 * PAGE).map(|s| s / PAGE);
        assert_eq!(gap(&regions, 19), Some(1));
        assert_eq!(gap(&regions, 20), None);
        regions.insert(10 * PAGE, 15 * PAGE, DATA);
        assert_eq!(gap(&regions, 5), Some(15));
        assert_eq!(gap(&regions, 6), Some(4));
        assert_eq!(gap(&regions, 9), Some(1));
        assert_eq!(gap(&regions, 10), None);
        regions.insert(15 * PAGE, 25 * PAGE, DATA);
        assert_eq!(gap(&regions, 1), Some(9));
        assert_eq!(regions.highest_gap(u64::MAX, PAGE, 20 * PAGE), None);
    }
}
