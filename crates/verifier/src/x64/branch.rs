//! Direct branches: `[x64.branch.target]`.

use super::decode::{BUNDLE, Bundle, decode};
use super::unit;
use crate::Rule;
use lfi_abi::layout::SLOT_SIZE;

/// Judges a direct branch to slot offset `target` in the region `code` at slot
/// offset `start`. The caller sees to it that every bundle of the region
/// consists of whole instructions and units.
pub(super) fn check(code: &[u8], start: u32, target: i64) -> Result<(), Rule> {
    if !(0..SLOT_SIZE.cast_signed()).contains(&target) {
        return Err(Rule::BranchTarget);
    }
    let within = usize::try_from(target).map_err(|_| Rule::BranchTarget)? % BUNDLE;
    if within == 0 {
        // Where an indirect branch can go, too: verified code, or it faults.
        return Ok(());
    }
    let place = usize::try_from(target - i64::from(start)).map_err(|_| Rule::BranchTarget)?;
    let bundle = code.get(place - within..).and_then(|rest| rest.get(..BUNDLE)).ok_or(Rule::BranchTarget)?;
    if starts_at(&Bundle::new(bundle), within) { Ok(()) } else { Err(Rule::BranchTarget) }
}

/// Whether an instruction outside the inside of units starts at `within`: found
/// by walking the bundle from its start, as the pass does.
fn starts_at(bundle: &Bundle, within: usize) -> bool {
    let mut at = 0;
    while at < within {
        at += match unit::find(bundle, at) {
            Some(unit) => unit.length,
            None => match decode(bundle, at) {
                Ok(instruction) => instruction.length,
                Err(_) => return false,
            },
        };
    }
    at == within
}
