//! Where a process's random numbers come from.

use rustix::{
    io::Errno,
    rand::{GetRandomFlags, getrandom},
};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a process's random numbers come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Randomness {
    /// The host's kernel.
    #[default]
    Real,
    /// A generator that begins with this seed: the same in every run, and no
    /// secret. For programs whose output should not depend on chance.
    Seeded(u64),
}

/// A process's random numbers.
#[derive(Debug)]
pub(crate) enum Source {
    Real,
    /// The state of a SplitMix64 generator (Steele, Lea, Flood 2014).
    Seeded(AtomicU64),
}

impl Clone for Source {
    /// One that goes on alike.
    fn clone(&self) -> Self {
        match self {
            Self::Real => Self::Real,
            Self::Seeded(state) => Self::Seeded(AtomicU64::new(state.load(Ordering::Relaxed))),
        }
    }
}

impl Source {
    pub(crate) fn new(randomness: Randomness) -> Self {
        match randomness {
            Randomness::Real => Self::Real,
            Randomness::Seeded(seed) => Self::Seeded(AtomicU64::new(seed)),
        }
    }

    /// Fills the buffer as getrandom(2) does: how many bytes.
    pub(crate) fn fill(&self, buffer: &mut [u8], flags: GetRandomFlags) -> Result<usize, Errno> {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let Self::Seeded(state) = self else { return getrandom(buffer, flags) };
        for chunk in buffer.chunks_mut(8) {
            let mut z = state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
        Ok(buffer.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_every_time() {
        let numbers = |seed, len| {
            let mut bytes = vec![0; len];
            let source = Source::new(Randomness::Seeded(seed));
            assert_eq!(source.fill(&mut bytes, GetRandomFlags::empty()), Ok(len));
            bytes
        };
        assert_eq!(numbers(7, 100), numbers(7, 100));
        assert_eq!(numbers(7, 100)[..13], numbers(7, 13));
        assert_ne!(numbers(7, 100), numbers(8, 100));
        // The generator's published first output for seed 0.
        assert_eq!(numbers(0, 8), 0xe220_a839_7b1d_cdafu64.to_le_bytes());
    }
}
