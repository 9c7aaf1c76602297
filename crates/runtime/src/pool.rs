//! The pool of slots.
//!
//! One contiguous range for all slots is not always to be had (libraries and
//! the host's stack sit in between), so the pool is made of spans:
//!
//! ```text
//!     128 KiB  |  slot  |  slot  | ... |  slot  |  64 KiB
//!     guard     4 GiB each, aligned to 4 GiB      guard
//! ```
//!
//! All of it is reserved without access, so nothing else can be mapped there.

use crate::{Error, budget::Budget, host};
use host::Mapping;
use lfi_abi::layout::{GUARD_SIZE, NULL_SIZE, SLOT_SIZE, USER_END, USER_START};

/// What 47 bits of address space could hold at most.
const MAX_SLOTS: usize = 1 << 15;

/// Spans of reserved slots, and which of them are free.
#[derive(Debug)]
pub(crate) struct Pool {
    // Kept for the reservation they own.
    _spans: Vec<Mapping>,
    free: Vec<u64>,
    /// Slots that the host could not empty, with what they use: tried again.
    full: Vec<(u64, Budget)>,
}

impl Pool {
    /// Reserves `count` slots, in as few spans as the address space allows.
    pub(crate) fn new(count: usize) -> Result<Self, Error> {
        if count > MAX_SLOTS {
            return Err(Error::NoSlot);
        }
        let mut pool = Self { _spans: Vec::new(), free: Vec::new(), full: Vec::new() };
        let mut wish = count;
        while pool.free.len() < count {
            wish = wish.min(count - pool.free.len());
            match span(wish) {
                Ok((mapping, first)) => {
                    pool.free.extend((0..wish as u64).map(|i| first + i * SLOT_SIZE));
                    pool._spans.push(mapping);
                }
                Err(error) if wish == 1 => return Err(error),
                Err(_) => wish /= 2,
            }
        }
        Ok(pool)
    }

    /// Takes a free slot at random and returns its base. Nothing is mapped in
    /// its user part.
    pub(crate) fn take(&mut self) -> Result<u64, Error> {
        let full = std::mem::take(&mut self.full);
        for (base, budget) in full {
            self.give(base, budget);
        }
        if self.free.is_empty() {
            return Err(Error::NoSlot);
        }
        let index = host::random()? % self.free.len() as u64;
        Ok(self.free.swap_remove(index as usize))
    }

    /// Takes back a slot and empties it. Where the host refuses (it has used
    /// up the kernel's mappings itself), the slot loses its memory and is tried
    /// again whenever one is taken.
    pub(crate) fn give(&mut self, base: u64, budget: Budget) {
        if empty(base).is_ok() {
            self.free.push(base);
            return;
        }
        let (start, len) = (base + USER_START, USER_END - USER_START);
        // As far as it goes: nobody is in the slot any more.
        let _ = host::protect(start, len, host::Protection::None);
        let _ = host::discard(start, len);
        self.full.push((base, budget));
    }
}

/// Drops everything mapped in the user part of a slot.
fn empty(base: u64) -> Result<(), Error> {
    host::map_anonymous(base + USER_START, USER_END - USER_START, host::Protection::None)
}

/// Reserves a span of `count` slots; returns it and its first slot's base.
fn span(count: usize) -> Result<(Mapping, u64), Error> {
    let slots = SLOT_SIZE.checked_mul(count as u64).ok_or(Error::NoSlot)?;
    let wanted = slots.checked_add(GUARD_SIZE + NULL_SIZE + SLOT_SIZE).ok_or(Error::NoSlot)?;
    let mut mapping = Mapping::reserve(wanted)?;
    let first = (mapping.start() + GUARD_SIZE).next_multiple_of(SLOT_SIZE);
    mapping.trim(first - GUARD_SIZE, first + slots + NULL_SIZE);
    Ok((mapping, first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_aligned_distinct_and_finite() {
        let mut pool = Pool::new(5).unwrap();
        let mut bases: Vec<u64> = (0..5).map(|_| pool.take().unwrap()).collect();
        assert!(matches!(pool.take(), Err(Error::NoSlot)));
        bases.sort_unstable();
        for pair in bases.windows(2) {
            assert!(pair[0] + SLOT_SIZE <= pair[1]);
        }
        for &base in &bases {
            assert!(base.is_multiple_of(SLOT_SIZE) && base > 0);
            pool.give(base, Budget::new(1, usize::MAX).unwrap());
        }
        assert!(bases.contains(&pool.take().unwrap()));
    }

    #[test]
    fn too_many_slots_are_an_error() {
        assert!(Pool::new(1 << 20).is_err());
    }
}
