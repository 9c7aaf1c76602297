//! What is where in a sandbox: ranges with rules of their own.

use crate::{Access, Code, Error, Image, SandboxRange, budget::Budget};
use lfi_abi::{Kind, layout::SLOT_SIZE};

/// Ranges that are executable, ranges that once were, and what else has to be
/// known of a sandbox's mappings. A retired range never becomes executable
/// again while a context may be inside: it could still be on its way to an
/// instruction of the old code.
#[derive(Debug)]
pub(crate) struct Ranges {
    /// Taken when the sandbox is dropped.
    pub(crate) budget: Option<Budget>,
    /// The kind that the first verified range had.
    pub(crate) kind: Option<Kind>,
    pub(crate) published: Vec<(SandboxRange, Code)>,
    pub(crate) retired: Vec<SandboxRange>,
    /// Read-only parts of images that are as they were mapped.
    pub(crate) constants: Vec<Constant>,
    /// What was changed since the snapshot; nothing without one.
    pub(crate) changes: Option<Changes>,
}

/// A part of an image, mapped to be read.
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    pub(crate) range: SandboxRange,
    pub(crate) image: Image,
    pub(crate) offset: u64,
}

impl Ranges {
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            budget: Some(budget),
            kind: None,
            published: Vec::new(),
            retired: Vec::new(),
            constants: Vec::new(),
            changes: None,
        }
    }

    pub(crate) fn budget(&mut self) -> Result<&mut Budget, Error> {
        self.budget.as_mut().ok_or(Error::TooManyMappings)
    }

    /// Whether code is or was in the range.
    pub(crate) fn holds_code(&self, range: SandboxRange) -> bool {
        self.published.iter().any(|(code, _)| code.overlaps(range)) || self.retired.iter().any(|r| r.overlaps(range))
    }

    /// To be called before the mappings of the range are changed.
    pub(crate) fn changing(&mut self, range: SandboxRange) {
        self.constants.retain(|constant| !constant.range.overlaps(range));
        if let Some(changes) = &mut self.changes {
            changes.add(range);
        }
    }

    /// A part of an image was mapped.
    pub(crate) fn mapped_image(&mut self, range: SandboxRange, access: Access, image: &Image, offset: u64) {
        if access == Access::Read {
            self.constants.push(Constant { range, image: image.clone(), offset });
        }
    }
}

/// Ranges of slot offsets, none of which touches another.
#[derive(Debug, Default)]
pub(crate) struct Changes(Vec<(u64, u64)>);

impl Changes {
    /// With more ranges than this they become one.
    const MOST: usize = 64;

    fn add(&mut self, range: SandboxRange) {
        let mut start = range.start() % SLOT_SIZE;
        let mut end = start + range.len();
        let apart = self.0.len() < Self::MOST;
        self.0.retain(|&(other, other_end)| {
            let kept = apart && (other_end < start || end < other);
            if !kept {
                (start, end) = (start.min(other), end.max(other_end));
            }
            kept
        });
        self.0.push((start, end));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The ranges, as starts and ends.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_joined() {
        let range = |page: u64, pages: u64| {
            SandboxRange::new(SLOT_SIZE, SLOT_SIZE + (0x1000 + page) * 4096, pages * 4096).unwrap()
        };
        let mut changes = Changes::default();
        for (page, pages) in [(10, 2), (20, 1), (14, 1), (12, 2), (0, 1)] {
            changes.add(range(page, pages));
        }
        let mut all: Vec<_> = changes.iter().map(|(s, e)| (s / 4096 - 0x1000, e / 4096 - 0x1000)).collect();
        all.sort_unstable();
        assert_eq!(all, [(0, 1), (10, 15), (20, 21)]);
        (0..1000).for_each(|n| changes.add(range(2 * n, 1)));
        assert!(changes.iter().count() <= Changes::MOST);
        assert_eq!(changes.iter().map(|(_, end)| end / 4096 - 0x1000).max(), Some(1999));
    }
}
