//! Decides whether machine code may run in an LFI sandbox.
//!
//! [`verify`] makes one linear pass over a region of code and either accepts it
//! or names the first rule that it breaks and where; [`violations`] lists them
//! all. [`elf`] reads the files that carry such code; tools and the loader
//! share it, so that they cannot disagree about what is executable.
//!
//! The crate trusts nothing about its input and needs no memory but its own
//! small state: no allocation, no panics, time linear in the input. The rules
//! are those of `spec/x64/verification.md`; each has an id, [`Rule::id`].
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod elf;
mod rule;
mod summary;
mod x64;

pub use rule::{Rule, Violation};
pub use summary::{Classes, Summary};

use core::ops::Range;
use lfi_abi::{Kind, Returns, Target};

/// By which rules code is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Instruction set of the code.
    pub target: Target,
    /// Which accesses are confined to the sandbox.
    pub kind: Kind,
    /// Whether the masked `ret` is allowed; [`Returns::Ret`] is sound in
    /// exclusive slots only.
    pub returns: Returns,
}

/// Judges the region `code`, as it stands at slot offset `offset`.
///
/// `Ok` means: published whole at exactly this offset of a slot, the code keeps
/// the invariant at the head of the target's module whatever memory and
/// registers hold, given a runtime that does its part (`spec/layout.md`). The
/// bytes must be ones that nothing can change any more.
///
/// # Errors
/// The first violation.
pub fn verify(code: &[u8], offset: u32, options: &Options) -> Result<Summary, Violation> {
    verify_part(code, offset, 0..code.len(), options)
}

/// Judges the bytes `part` of a region, so that several threads can share the work.
///
/// If parts that cover the region without gaps are all accepted, then, and only then, is
/// the region, as if by [`verify`], and the summaries [taken together](Summary::and)
/// are its summary. Of one part alone the answer means nothing. Each call must see
/// the same whole region and options.
///
/// An adjustment of `%rsp` at the end of a part may be settled behind it: this much
/// of the next part is judged twice.
///
/// # Errors
/// The part's first violation (the region's is the one with the lowest offset);
/// [`Rule::RegionBounds`] when `part` is empty, not within the region, or does not start
/// and end at multiples of 32.
pub fn verify_part(code: &[u8], offset: u32, part: Range<usize>, options: &Options) -> Result<Summary, Violation> {
    x64::verify_part(code, offset, part, options)
}

/// All violations of the region `code` at slot offset `offset`, in order.
///
/// The first one decides; after it the pass goes on where it most likely
/// matches what the producer meant, and at the latest in the next bundle.
pub fn violations<'a>(code: &'a [u8], offset: u32, options: &Options) -> Violations<'a> {
    Violations(x64::Pass::new(code, offset, 0..code.len(), *options))
}

/// The iterator that [`violations`] returns.
#[derive(Debug)]
pub struct Violations<'a>(x64::Pass<'a>);

impl Iterator for Violations<'_> {
    type Item = Violation;

    fn next(&mut self) -> Option<Violation> {
        self.0.next_violation()
    }
}
