//! Which pages are written in nearly every use of an instance.
//!
//! Throwing a copied page away is cheap, but the next write to it is a fault
//! that copies it again, which costs far more than copying it beforehand. So the
//! first resets of an instance look which pages had been written, and those
//! that mostly were are from then on kept and written over.

use crate::host;
use lfi_abi::layout::SLOT_SIZE;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

/// What was learnt about the pages of the instances of one program. A cheap
/// handle: clones share what is known.
#[derive(Clone, Debug, Default)]
pub struct HotPages {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Slot offsets of the hot pages, once they are known.
    learnt: OnceLock<Vec<u64>>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    resets: usize,
    /// By slot offset, in how many of the resets a page had been written.
    pages: BTreeMap<u64, usize>,
}

/// Resets to learn from.
const LESSONS: usize = 4;
/// In how many of them a hot page was written.
const OFTEN: usize = 3;
/// The most pages that are kept.
const MOST: usize = 1024;

impl HotPages {
    /// The slot offsets of the hot pages, ascending; nothing as long as they are not known.
    pub(crate) fn learnt(&self) -> Option<&[u64]> {
        self.shared.learnt.get().map(Vec::as_slice)
    }

    /// Looks which pages of these ranges (host addresses and lengths) were written.
    pub(crate) fn learn(&self, ranges: impl Iterator<Item = (u64, u64)>) {
        let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.resets += 1;
        for (start, len) in ranges {
            // Where the host does not tell, no page is hot.
            for page in host::written_pages(start, len).unwrap_or_default() {
                *seen.pages.entry(page % SLOT_SIZE).or_default() += 1;
            }
        }
        if seen.resets >= LESSONS {
            let pages = std::mem::take(&mut seen.pages);
            let hot = pages.into_iter().filter(|&(_, times)| times >= OFTEN).map(|(page, _)| page);
            let _ = self.shared.learnt.set(hot.take(MOST).collect());
        }
    }
}
