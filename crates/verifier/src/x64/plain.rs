//! Plain instructions: most of what compilers emit, judged by a few lookups and hardly any branch.
//!
//! An instruction is plain if it keeps all rules whatever stands around it while the pass is clean: no
//! adjustment of `%rsp`, no part of a unit. (A direct branch is plain; its target is judged by the
//! caller.) Nothing is refused here: what is not plain is left to [`super::start`] and the rules, which accept all that is
//! plain, with the same length and classes. The tests compare the two.
//!
//! An [`Entry`](table::Entry) has the circumstances in which its opcode is not plain; prefixes, REX and ModRM say which
//! circumstances there are. The instruction is plain if the two sets have nothing in common.

mod prefix;
mod table;

use super::decode::{BUNDLE, Bundle, LONGEST};
use super::unit;
use crate::Classes;
use core::hint::select_unpredictable;
use lfi_abi::{Kind, layout::SLOT_SIZE, x64::DRIFT};
use table::{GROUP, LARGEST, LENGTHS, MODRM, ODD, READ, REX_B, REX_R, REX_X, TABLES, WRITE};

pub(super) use prefix::positions;

/// Which circumstances the kind of sandbox does not care about.
pub(super) const fn unconfined(kind: Kind) -> u16 {
    match kind {
        Kind::Full => 0,
        Kind::Stores => READ,
        Kind::Jumps => READ | WRITE,
    }
}

/// A plain instruction.
#[derive(Clone, Copy)]
pub(super) struct Plain {
    /// Where in the bundle the next one starts.
    pub(super) end: usize,
    /// The classes of instructions that it belongs to.
    pub(super) classes: Classes,
    branch: bool,
    /// Bytes of the immediate.
    immediate: usize,
}

impl Plain {
    /// The displacement of a direct branch, if it is one.
    #[inline(always)]
    pub(super) fn branch(self, bundle: Bundle<'_>) -> Option<i32> {
        if !self.branch {
            return None;
        }
        let long = bundle.long(self.end.wrapping_sub(self.immediate)).cast_signed();
        Some(if self.immediate == 1 { long << 24 >> 24 } else { long })
    }
}

/// The plain instruction at `at`, which is less than [`BUNDLE`], if that is one. `prefixes` are the
/// bundle's [`positions`], `pc` is its slot offset, `unconfined` is as [`unconfined()`] says.
#[inline(always)]
pub(super) fn find(bundle: Bundle<'_>, prefixes: u32, at: usize, pc: i64, unconfined: u16) -> Option<Plain> {
    let at = at % BUNDLE;

    // The length first and from little, since the next instruction waits for it.
    let count = prefix::count(prefixes, at);
    let start = at + count;
    let bytes = bundle.quad(start);
    let two = bytes as u8 == 0x0f;
    // The opcode with its map, and what follows it: ModRM, SIB.
    let opcodes = (256 + usize::from((bytes >> 8) as u8), usize::from(bytes as u8));
    let opcode = select_unpredictable(two, opcodes.0, opcodes.1);
    let operands = select_unpredictable(two, bytes >> 16, bytes >> 8);
    let modrm = &MODRM[usize::from(operands as u8)];
    let length = LENGTHS[opcode % 512];
    let fixed = usize::from(length >> 4);
    let end = start + usize::from(two) + fixed + usize::from(length & modrm.size);

    // REX is the last of the prefixes, or 0.
    let last = bundle.byte(start.wrapping_sub(1));
    let has_rex = (count > 0) & (last & 0xf0 == 0x40);
    let rex = u8::from(has_rex) * last;
    let sequence = prefix::find(bundle.quad(at), count.wrapping_sub(usize::from(has_rex)));

    let place = TABLES.opcodes[(sequence.map() + opcode) % 2048];
    let place = (place & !GROUP) + ((place & modrm.member) >> 12);
    let entry = &TABLES.entries[usize::from(place) % TABLES.entries.len()];

    // ModRM and SIB: the stack pointer without or with a displacement of 8 bits; no base, but a longer displacement.
    let form = operands as u32;
    let stack = form & 0x3f87 | u32::from(rex & (REX_X | REX_B)) << 16 == 0x2404;
    let no_base = form & 0x07c7 == 0x0504;
    let safe = if stack { READ | WRITE } else { unconfined };
    let others = u16::from(rex & (REX_R | REX_B));
    let found = modrm.found[usize::from(sequence.guard)] & !(safe | others);
    let found = found | u16::from(rex & !7) | sequence.found | (u16::from(no_base) * ODD);

    let unit = unit::is_likely(bundle, at, end);
    let fits = (end <= BUNDLE) & (end <= at + LONGEST);
    if !fits | unit | !sequence.known {
        return None;
    }
    let not = entry.not_if & found;
    if not != 0 {
        let displacement = i64::from(bundle.long(end.wrapping_sub(fixed + 3)).cast_signed());
        let is_near = !sequence.guard && is_near(form, rex, pc + end as i64, displacement);
        if not & !(READ | WRITE) != 0 || !is_near {
            return None;
        }
    }
    Some(Plain { end, classes: entry.classes, branch: entry.branch, immediate: fixed.wrapping_sub(1) })
}

/// Whether ModRM and SIB have a base from which this displacement of 32 bits leads to a place that any operand
/// may have: the pc, which is `next`, or `%rsp`.
#[inline(always)]
fn is_near(form: u32, rex: u8, next: i64, displacement: i64) -> bool {
    if form & 0xc7 == 5 {
        (0..=SLOT_SIZE.cast_signed() - LARGEST).contains(&(next + displacement))
    } else {
        form & 0x3fc7 == 0x2484 && rex & (REX_X | REX_B) == 0 && (1 - DRIFT..DRIFT - LARGEST).contains(&displacement)
    }
}
