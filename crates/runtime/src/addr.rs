//! Addresses that came from a sandbox. The constructors here are the one
//! place where an address is checked to be the sandbox's own.

use lfi_abi::layout::{SLOT_SIZE, USER_END, USER_START};

/// A host address inside the user part of one sandbox's slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SandboxAddr(u64);

/// A range of addresses inside the user part of one sandbox's slot. May be
/// empty; its end is at most the end of the user part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SandboxRange {
    start: u64,
    len: u64,
}

/// An address or range is not inside the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

impl std::fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("address outside the sandbox")
    }
}

impl std::error::Error for OutOfRange {}

impl SandboxAddr {
    /// `raw` if it lies in the user part of the slot at `base`.
    pub(crate) fn new(base: u64, raw: u64) -> Result<Self, OutOfRange> {
        let offset = raw.checked_sub(base).ok_or(OutOfRange)?;
        if (USER_START..USER_END).contains(&offset) { Ok(Self(raw)) } else { Err(OutOfRange) }
    }

    /// The host address.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The offset from the slot's base.
    pub fn offset(self) -> u64 {
        self.0 % SLOT_SIZE
    }
}

impl SandboxRange {
    /// `[start, start + len)` if all of it lies in the user part of the slot
    /// at `base`. An empty range may stand at the end of the user part.
    pub(crate) fn new(base: u64, start: u64, len: u64) -> Result<Self, OutOfRange> {
        let offset = start.checked_sub(base).ok_or(OutOfRange)?;
        let end = offset.checked_add(len).ok_or(OutOfRange)?;
        if offset >= USER_START && end <= USER_END { Ok(Self { start, len }) } else { Err(OutOfRange) }
    }

    /// First address.
    pub fn start(self) -> u64 {
        self.start
    }

    /// One past the last address.
    pub fn end(self) -> u64 {
        self.start + self.len
    }

    /// Length in bytes.
    pub fn len(self) -> u64 {
        self.len
    }

    /// Its first `len` bytes, or all when it has no more.
    #[must_use]
    pub fn first(self, len: u64) -> Self {
        Self { len: self.len.min(len), ..self }
    }

    /// Whether the range holds no address.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Whether start and length are multiples of the page size.
    pub fn is_page_aligned(self) -> bool {
        self.start.is_multiple_of(crate::PAGE_SIZE) && self.len.is_multiple_of(crate::PAGE_SIZE)
    }

    /// Whether the two have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        !self.is_empty() && !other.is_empty() && self.start < other.end() && other.start < self.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u64 = 7 * SLOT_SIZE;

    #[test]
    fn addresses() {
        for (raw, ok) in [
            (BASE + USER_START, true),
            (BASE + USER_START - 1, false),
            (BASE + USER_END - 1, true),
            (BASE + USER_END, false),
            (BASE, false),
            (BASE - 1, false),
            (BASE + SLOT_SIZE + USER_START, false),
            (USER_START, false),
            (0, false),
            (u64::MAX, false),
        ] {
            assert_eq!(SandboxAddr::new(BASE, raw).is_ok(), ok, "{raw:#x}");
        }
    }

    #[test]
    fn ranges() {
        let user = USER_END - USER_START;
        for (start, len, ok) in [
            (BASE + USER_START, user, true),
            (BASE + USER_START, user + 1, false),
            (BASE + USER_START, 0, true),
            (BASE + USER_START - 1, 0, false),
            (BASE + USER_START - 1, 1, false),
            (BASE + USER_START - 1, 2, false),
            (BASE + USER_END, 0, true),
            (BASE + USER_END, 1, false),
            (BASE + USER_END + 1, 0, false),
            (BASE + USER_END - 1, 1, true),
            (BASE + USER_END - 1, 2, false),
            (BASE + USER_START, u64::MAX, false),
            (BASE + USER_START, u64::MAX - BASE - USER_START, false),
            (BASE + USER_START, u64::MAX - BASE - USER_START + 1, false),
            (u64::MAX, 1, false),
            (u64::MAX, u64::MAX, false),
            (0, 0, false),
            (0, u64::MAX, false),
            (BASE - SLOT_SIZE + USER_START, SLOT_SIZE, false),
        ] {
            assert_eq!(SandboxRange::new(BASE, start, len).is_ok(), ok, "{start:#x} + {len:#x}");
        }
    }

    #[test]
    fn overlap() {
        let at = |start, len| SandboxRange::new(BASE, BASE + USER_START + start, len).unwrap();
        assert!(at(0, 10).overlaps(at(9, 1)));
        assert!(!at(0, 10).overlaps(at(10, 1)));
        assert!(!at(0, 10).overlaps(at(5, 0)));
        assert!(at(5, 1).overlaps(at(0, 10)));
    }
}
