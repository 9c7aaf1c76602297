//! Better names for what is refused. Nothing here decides what is accepted: it
//! runs only after a refusal, to find the rule that tells most about it.

use super::decode::{BUNDLE, Padded};
use super::start::{self, Start};
use super::unit;
use crate::Rule;

/// The rule to report for what stands at `at` in `code`, which was refused by `rule`.
#[cold]
pub(super) fn refine(rule: Rule, code: &[u8], at: usize) -> Rule {
    if in_crossing_unit(code, at) {
        return Rule::UnitBundle;
    }
    let padded = Padded::new(&code[at..]);
    let bundle = padded.bundle();
    if !matches!(rule, Rule::Instruction | Rule::PrefixRex) {
        return rule;
    }
    let mut at = 0;
    let mut gs = false;
    let mut byte = bundle.byte(at);
    while matches!(byte, 0x26 | 0x2e | 0x36 | 0x3e | 0x64..=0x67 | 0xf0 | 0xf2 | 0xf3) && at < 15 {
        if matches!(byte, 0x26 | 0x36 | 0x3e | 0x64) {
            return Rule::PrefixSegment;
        }
        gs |= byte == 0x65;
        at += 1;
        byte = bundle.byte(at);
    }
    if byte & 0xf0 == 0x40 {
        at += 1;
        byte = bundle.byte(at);
    }
    let modrm = bundle.byte(at + 1);
    let reg = modrm >> 3 & 7;
    match byte {
        0x70..=0x7f | 0xe0..=0xe3 | 0xe8 | 0xe9 | 0xeb => Rule::BranchPrefix,
        0xff if reg == 4 && modrm < 0xc0 && gs => Rule::RuntimeCall,
        0xff if (2..=5).contains(&reg) => Rule::BranchIndirect,
        0xc2 | 0xc3 | 0xca | 0xcb | 0xcf => Rule::BranchReturn,
        0x6c..=0x6f | 0x8c | 0x8e | 0x9d | 0xcd | 0xe4..=0xe7 | 0xec..=0xef | 0xf1 | 0xfa | 0xfb => Rule::System,
        0x0f => match bundle.byte(at + 1) {
            0x80..=0x8f => Rule::BranchPrefix,
            // sgdt .. clts, syscall, sysret, wrmsr .. sysexit, push/pop %fs/%gs, lss .. lgs, rsm
            0x00..=0x09 | 0x20..=0x23 | 0x30 | 0x32..=0x36 | 0xa0 | 0xa1 | 0xa8..=0xaa | 0xae | 0xb2 | 0xb4 | 0xb5 => {
                Rule::System
            }
            0xa3 | 0xab | 0xb3 | 0xbb => Rule::BitOffset,
            _ => rule,
        },
        _ => rule,
    }
}

/// Whether `at` is in what would be a unit, if that did not cross a boundary.
fn in_crossing_unit(code: &[u8], at: usize) -> bool {
    let end = (at / BUNDLE + 1) * BUNDLE;
    let first = end - BUNDLE;
    let padded = Padded::new(&code[first..]);
    let mut start = first;
    while start <= at {
        if let Some(unit) = unit::find(Padded::new(&code[start..]).bundle(), 0)
            && start + unit.end > end
        {
            return at < start + unit.end;
        }
        start = first
            + match start::find(padded.bundle(), start - first) {
                Ok(Start::Unit(unit)) => unit.end,
                Ok(Start::Instruction(instruction)) => instruction.end,
                Err(_) => return false,
            };
    }
    false
}
