//! The pool of slots.
//!
//! One contiguous range for all slots is not always to be had (libraries and
//! the host's stack sit in between), and few hosts need all of them: the pool
//! is made of spans, reserved when slots run short and given back when many are
//! free.
//!
//! ```text
//!     128 KiB  |  slot  |  slot  | ... |  slot  |  64 KiB
//!     guard     4 GiB each, aligned to 4 GiB      guard
//! ```
//!
//! All of a span is reserved without access, so nothing else can be mapped
//! there. The runtime pages of its slots are the pages of one file.

use crate::{Error, budget::Budget, host};
use host::{Alias, Mapping, PAGE_SIZE, Protection};
use lfi_abi::layout::{GUARD_SIZE, NULL_SIZE, RUNTIME_PAGE, SLOT_SIZE, USER_END, USER_START};
use std::sync::{Arc, atomic::AtomicU64};

/// What 47 bits of address space could hold at most.
pub(crate) const MAX_SLOTS: usize = 1 << 15;
/// The first span has at most so many slots; each further one doubles the pool.
const FIRST_SPAN: usize = 64;
/// With fewer free slots than this the pool grows if it can: a sandbox's place
/// should not be easy to guess.
const CHOICE: usize = FIRST_SPAN / 2;

/// A slot, while it is in use by a sandbox or free.
#[derive(Debug)]
pub(crate) struct Slot {
    base: u64,
    /// The runtime pages of the span, and where this slot's begins.
    pages: Arc<Alias>,
    page: usize,
    /// The runtime page is mapped: it stays so when the slot is given back.
    mapped: bool,
}

impl Slot {
    /// Address of its first byte.
    #[inline]
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// Fills the runtime page, and maps it if that has not been done.
    pub(crate) fn set_page(&mut self, contents: &[u8]) -> Result<(), Error> {
        self.pages.write(self.page, contents);
        if !self.mapped {
            self.pages.map_at(self.base + RUNTIME_PAGE, PAGE_SIZE, self.page as u64)?;
            self.mapped = true;
        }
        Ok(())
    }

    /// An aligned word of the runtime page.
    #[inline]
    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        self.pages.word(self.page + offset)
    }

    /// Drops everything mapped in the user part.
    pub(crate) fn empty(&self) -> Result<(), Error> {
        host::map_anonymous(self.base + USER_START, USER_END - USER_START, Protection::None)
    }
}

/// Adjacent slots.
#[derive(Debug)]
struct Span {
    mapping: Mapping,
    free: Vec<Slot>,
    /// How many slots it has.
    count: usize,
}

impl Span {
    /// Reserves `count` slots.
    fn new(count: usize) -> Result<Self, Error> {
        let slots = SLOT_SIZE.checked_mul(count as u64).ok_or(Error::NoSlot)?;
        let wanted = slots.checked_add(GUARD_SIZE + NULL_SIZE + SLOT_SIZE).ok_or(Error::NoSlot)?;
        let mut mapping = Mapping::reserve(wanted)?;
        let first = (mapping.start() + GUARD_SIZE).next_multiple_of(SLOT_SIZE);
        mapping.trim(first - GUARD_SIZE, first + slots + NULL_SIZE);
        Self::of(mapping, first, count)
    }

    /// Reserves the slot at address 0, where nothing of the host may be. An
    /// unprivileged process can map nothing in the first pages (sysctl
    /// `vm.mmap_min_addr`): these need no reservation. Below address 0 is no memory of the process.
    fn at_zero() -> Result<Self, Error> {
        let end = SLOT_SIZE + NULL_SIZE;
        let mapping = Mapping::reserve_at(0, end).or_else(|error| match host::least_address() {
            least if least <= NULL_SIZE => Mapping::reserve_at(least, end - least),
            _ => Err(error),
        })?;
        Self::of(mapping, 0, 1)
    }

    /// The slots of a reservation, from `first` on.
    fn of(mapping: Mapping, first: u64, count: usize) -> Result<Self, Error> {
        let pages = Arc::new(Alias::new(c"lfi-runtime", count as u64 * PAGE_SIZE)?);
        let slot = |index: usize| Slot {
            base: first + index as u64 * SLOT_SIZE,
            pages: Arc::clone(&pages),
            page: index * PAGE_SIZE as usize,
            mapped: false,
        };
        Ok(Self { mapping, free: (0..count).map(slot).collect(), count })
    }

    fn holds(&self, base: u64) -> bool {
        (self.mapping.start()..self.mapping.end()).contains(&base)
    }

    fn is_free(&self) -> bool {
        self.free.len() == self.count
    }
}

/// Spans of reserved slots, and which of them are free.
#[derive(Debug)]
pub(crate) struct Pool {
    spans: Vec<Span>,
    /// The slot at address 0, if it is to be had. It is the first to be taken.
    zero: Option<Span>,
    /// The most slots that all spans may have.
    most: usize,
    /// Slots that the host could not empty, with what they use: tried again.
    full: Vec<(Slot, Budget)>,
}

impl Pool {
    /// A pool of at most `most` slots, with the first ones reserved; and the one
    /// at address 0 if that is wished and possible.
    pub(crate) fn new(most: usize, with_zero: bool) -> Result<Self, Error> {
        let zero = if with_zero { Span::at_zero().ok() } else { None };
        let mut pool = Self { spans: Vec::new(), zero, most: most.min(MAX_SLOTS), full: Vec::new() };
        if most > 0 {
            pool.grow()?;
        }
        Ok(pool)
    }

    fn count(&self) -> usize {
        self.spans.iter().map(|span| span.count).sum()
    }

    fn free(&self) -> usize {
        self.spans.iter().map(|span| span.free.len()).sum()
    }

    /// Reserves another span, as large as all the others if possible.
    fn grow(&mut self) -> Result<(), Error> {
        let count = self.count();
        let mut wish = count.max(FIRST_SPAN).min(self.most - count);
        while wish > 0 {
            match Span::new(wish) {
                Ok(span) => {
                    self.spans.push(span);
                    return Ok(());
                }
                Err(error) if wish == 1 => return Err(error),
                Err(_) => wish /= 2,
            }
        }
        Err(Error::NoSlot)
    }

    /// Takes the slot at address 0, or a free one at random. Nothing is mapped in its user part.
    pub(crate) fn take(&mut self) -> Result<Slot, Error> {
        for (slot, budget) in std::mem::take(&mut self.full) {
            self.give(slot, budget);
        }
        if let Some(slot) = self.zero.as_mut().and_then(|span| span.free.pop()) {
            return Ok(slot);
        }
        if self.free() < CHOICE {
            match self.grow() {
                Err(error) if self.free() == 0 => return Err(error),
                _ => {} // the rest will do
            }
        }
        let mut index = (host::random()? % self.free() as u64) as usize;
        for span in &mut self.spans {
            if index < span.free.len() {
                return Ok(span.free.swap_remove(index));
            }
            index -= span.free.len();
        }
        Err(Error::NoSlot)
    }

    /// Takes back a slot and empties it. Where the host refuses (it has used
    /// up the kernel's mappings itself), the slot loses its memory and is tried
    /// again whenever one is taken.
    pub(crate) fn give(&mut self, slot: Slot, budget: Budget) {
        if slot.empty().is_ok() {
            drop(budget);
            return self.give_empty(slot);
        }
        let (start, len) = (slot.base + USER_START, USER_END - USER_START);
        // As far as it goes: nobody is in the slot any more.
        let _ = host::protect(start, len, Protection::None);
        let _ = host::discard(start, len);
        self.full.push((slot, budget));
    }

    /// Takes back a slot in whose user part nothing is mapped. A span without a
    /// slot in use is given back when the others have as many free slots as are in
    /// use.
    pub(crate) fn give_empty(&mut self, slot: Slot) {
        if let Some(zero) = self.zero.as_mut().filter(|_| slot.base == 0) {
            return zero.free.push(slot);
        }
        let Some(index) = self.spans.iter().position(|span| span.holds(slot.base)) else { return };
        self.spans[index].free.push(slot);
        while let Some(index) = self.spare() {
            self.spans.swap_remove(index);
        }
    }

    /// A span that is not needed.
    fn spare(&self) -> Option<usize> {
        let free = self.free();
        let kept = FIRST_SPAN.max(self.count() - free);
        self.spans.iter().position(|span| span.is_free() && free - span.count >= kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_aligned_distinct_and_finite() {
        let mut pool = Pool::new(5, false).unwrap();
        let mut slots: Vec<Slot> = (0..5).map(|_| pool.take().unwrap()).collect();
        assert!(matches!(pool.take(), Err(Error::NoSlot)));
        slots.sort_unstable_by_key(Slot::base);
        for pair in slots.windows(2) {
            assert!(pair[0].base + SLOT_SIZE <= pair[1].base);
        }
        let bases: Vec<u64> = slots.iter().map(Slot::base).collect();
        for slot in slots {
            assert!(slot.base.is_multiple_of(SLOT_SIZE) && slot.base > 0);
            pool.give(slot, Budget::new(1, usize::MAX).unwrap());
        }
        assert!(bases.contains(&pool.take().unwrap().base));
        assert!(matches!(Pool::new(0, false).unwrap().take(), Err(Error::NoSlot)));
    }

    #[test]
    fn the_pool_grows_and_shrinks() {
        let mut pool = Pool::new(usize::MAX, false).unwrap();
        let slots: Vec<Slot> = (0..1000).map(|_| pool.take().unwrap()).collect();
        let grown = pool.count();
        assert!((1000..=2048 + CHOICE).contains(&grown), "{grown}");
        slots.into_iter().for_each(|slot| pool.give_empty(slot));
        assert_eq!(pool.free(), pool.count());
        assert_eq!(pool.spans.len(), 1, "{} slots", pool.count());
    }
}
