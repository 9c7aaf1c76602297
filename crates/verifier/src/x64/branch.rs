//! Direct branches: `[x64.branch.target]`.
//!
//! An unaligned target is a start if walking its bundle comes by it. The pass
//! walks all bundles anyway, so those around it are remembered, 32 starts in one
//! word: behind it as what was found, ahead of it as what must be found.

use super::decode::{BUNDLE, Bundle};
use super::start::{self, Start};
use crate::Rule;
use core::ops::Range;
use lfi_abi::layout::SLOT_SIZE;

/// Starts of the bundles around the pass. Bundle n of the region has place n
/// modulo [`Nearby::SIZE`].
pub(super) struct Nearby {
    /// The part of the region that is passed, in bytes.
    part: Range<usize>,
    /// Starts found, in the bundles up to [`Nearby::SIZE`] behind the pass.
    found: [u32; Self::SIZE],
    /// Starts that must be found, in the present bundle and less than [`Nearby::SIZE`] ahead.
    wanted: [u32; Self::SIZE],
}

impl Nearby {
    /// Bundles remembered in each direction: 16 KiB of code.
    const SIZE: usize = 512;

    pub(super) fn new(part: Range<usize>) -> Self {
        Self { part, found: [0; Self::SIZE], wanted: [0; Self::SIZE] }
    }

    /// Notes the starts of the bundle at `at`, of which the first is bit 0.
    ///
    /// # Errors
    /// When some earlier branch goes to another place in it.
    #[inline(always)]
    pub(super) fn pass(&mut self, at: usize, starts: u32) -> Result<(), Rule> {
        let place = at / BUNDLE % Self::SIZE;
        self.found[place] = starts;
        let wanted = core::mem::take(&mut self.wanted[place]);
        if wanted & !starts == 0 { Ok(()) } else { Err(Rule::BranchTarget) }
    }

    /// Whether `target` is a start, when the pass is in the bundle at `at`: none
    /// if it is too far away. What lies ahead is taken on trust and found out by [`Self::pass`].
    #[inline(always)]
    fn has(&mut self, at: usize, target: usize) -> Option<bool> {
        let (here, there) = (at / BUNDLE, target / BUNDLE);
        if !self.part.contains(&target) || here.abs_diff(there) >= Self::SIZE {
            return None;
        }
        let (place, bit) = (there % Self::SIZE, 1 << (target % BUNDLE));
        if there < here {
            return Some(self.found[place] & bit != 0);
        }
        self.wanted[place] |= bit;
        Some(true)
    }
}

/// Judges a direct branch in the bundle at `at` to slot offset `target`, in the
/// region `code` at slot offset `start`. The caller sees to it that every bundle
/// of the region consists of whole instructions and units, and that `nearby` hears of all in its part.
#[inline(always)]
pub(super) fn check(code: &[u8], start: u32, at: usize, target: i64, nearby: Option<&mut Nearby>) -> Result<(), Rule> {
    if !(0..SLOT_SIZE.cast_signed()).contains(&target) {
        return Err(Rule::BranchTarget);
    }
    if target % BUNDLE as i64 == 0 {
        // Where an indirect branch can go, too: verified code, or it faults.
        return Ok(());
    }
    let place = usize::try_from(target - i64::from(start)).map_err(|_| Rule::BranchTarget)?;
    let is_start = match nearby.and_then(|nearby| nearby.has(at, place)) {
        Some(known) => known,
        None => place < code.len() && is_start(code, place),
    };
    if is_start { Ok(()) } else { Err(Rule::BranchTarget) }
}

/// Whether an instruction outside the inside of units starts at `place`: found
/// by walking its bundle from its start, as the pass does.
fn is_start(code: &[u8], place: usize) -> bool {
    let within = place % BUNDLE;
    let mut padded = None;
    let bundle = Bundle::new(&code[place - within..], &mut padded);
    let mut at = 0;
    while at < within {
        at = match start::find(bundle, at) {
            Ok(Start::Unit(unit)) => unit.end,
            Ok(Start::Instruction(instruction)) => instruction.end,
            Err(_) => return false,
        };
    }
    at == within
}
