//! Where choices come from: a seed, or the input of a fuzzer.

/// A stream of choices. The same seed or the same bytes make the same choices.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    bytes: &'a [u8],
    /// xorshift64*; 0 when the choices are the bytes alone, zeros after them.
    state: u64,
}

impl<'a> Source<'a> {
    /// Endless choices that follow from `seed`.
    pub fn seeded(seed: u64) -> Self {
        // Not 0, and different for each seed: the multiplication is a bijection.
        let state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 << 63;
        Self { bytes: &[], state }
    }

    /// Choices made of `bytes`; zeros when they are used up.
    pub fn of_bytes(bytes: &'a [u8]) -> Self {
        Self { bytes, state: 0 }
    }

    /// Whether all further choices are zero.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.state == 0
    }

    /// Any 64 bits.
    pub fn word(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        if let Some((first, rest)) = self.bytes.split_first() {
            self.bytes = rest;
            return *first;
        }
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let word =
            if limit <= 256 { u64::from(self.byte()) } else { u64::from(self.byte()) << 8 | u64::from(self.byte()) };
        (word % limit as u64) as usize
    }

    /// True in `n` of 256 cases.
    pub fn chance(&mut self, n: u8) -> bool {
        self.byte() < n
    }

    /// One of `items`, which are not empty.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}
