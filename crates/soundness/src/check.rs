//! One encoding at a time: asks the verifier, and holds what it accepts against
//! the decoders.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write,
};

use lfi_abi::{Kind, Returns, Target, layout::SLOT_SIZE, x64::DRIFT};
use lfi_verifier::{Classes, Options, Summary, Violation, verify};

use crate::{
    decoders::{Iced, Xed},
    effects::{Base, Effects, Flow, RSP, State},
    judge,
    names::same_name,
    space::{Bytes, FIRST_DISPLACEMENT, Omitted},
};

/// Slot offset of the bundle in which the encodings stand.
const OFFSET: u32 = 0x10_0000;
/// Another one, near the slot's end.
const HIGH_OFFSET: u32 = 0xfff0_0000;
const BUNDLE: usize = 32;
/// The encodings stand at these many first bytes of a bundle by turns, whatever varies meanwhile.
const PLACES: usize = 13;

/// `addq $-8,%rsp`
const ADJUST: [u8; 4] = [0x48, 0x83, 0xc4, 0xf8];
/// `jmp` to the next instruction
const LEAVE: [u8; 2] = [0xeb, 0];
/// `push %rax`: settles what the instruction before it may have done to `%rsp`.
const PUSH: u8 = 0x50;

/// How many encodings were tried, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Encodings tried.
    pub tried: u64,
    /// Questions to the verifier.
    pub questions: u64,
    /// Encodings that it accepts as one instruction, in kinds Full, Stores, Jumps.
    pub accepted: [u64; 3],
    /// Comparisons of accepted instructions with the decoders.
    pub compared: u64,
    /// Near misses of units tried, and accepted ([`crate::near`]).
    pub misses: [u64; 2],
    /// Opcodes, each after some head, of which no operand that stands for others was accepted: those whose other operands
    /// were not tried, and the sample of which all were.
    pub omitted: [u64; 2],
}

impl Counts {
    /// Adds the counts of another part.
    pub fn add(&mut self, other: &Self) {
        self.tried += other.tried;
        self.questions += other.questions;
        self.compared += other.compared;
        let sums = self.accepted.iter_mut().chain(&mut self.misses).chain(&mut self.omitted);
        for (sum, n) in sums.zip(other.accepted.iter().chain(&other.misses).chain(&other.omitted)) {
            *sum += n;
        }
    }
}

/// The kinds in the order of [`Counts::accepted`].
const KINDS: [Kind; 3] = [Kind::Full, Kind::Stores, Kind::Jumps];

/// What was found so far.
#[derive(Debug)]
pub struct Checker {
    iced: Iced,
    amd: Iced,
    xed: Xed,
    /// Slot offset of the bundle in which the encodings stand now, and their place in it.
    offset: u32,
    place: usize,
    /// Pairs of instructions whose names were compared, and the last of them.
    names: HashSet<(u32, u32)>,
    name: Option<(u32, u32)>,
    /// Refused encodings, counted modulo 16.
    refused: u8,
    /// Counts.
    pub counts: Counts,
    /// Failures by what they say, each with the first encoding that shows it.
    pub failures: BTreeMap<String, String>,
}

impl Default for Checker {
    fn default() -> Self {
        Self {
            iced: Iced::new(false),
            amd: Iced::new(true),
            xed: Xed::default(),
            offset: OFFSET,
            place: 0,
            names: HashSet::new(),
            name: None,
            refused: 0,
            counts: Counts::default(),
            failures: BTreeMap::new(),
        }
    }
}

fn options(kind: Kind, returns: Returns) -> Options {
    Options { target: Target::X64, kind, returns }
}

impl Checker {
    /// Checks the encoding at the start of `bytes`, and where it is accepted the same with
    /// displacements at the edge of what is allowed. Its length, if it was accepted in any kind.
    pub fn check(&mut self, bytes: &Bytes) -> Option<usize> {
        self.place = (self.place + 1) % PLACES;
        let effects = self.check_one(bytes)?;
        if let Some((at, edges)) = self.edges(bytes, &effects) {
            for &(offset, displacement) in edges.iter() {
                let mut changed = *bytes;
                changed[at..at + 4].copy_from_slice(&(displacement as i32).to_le_bytes());
                self.offset = offset;
                self.check_one(&changed);
            }
            self.offset = OFFSET;
        }
        Some(effects.length)
    }

    /// Displacements, and slot offsets to try them at, around the edges of what is allowed;
    /// and where in `bytes` they stand. None where there is no displacement of 4 bytes from `%rsp`
    /// or the pc, or not the first one that the space has: the edges are the same for all.
    fn edges(&mut self, bytes: &Bytes, effects: &Effects) -> Option<(usize, Vec<(u32, i64)>)> {
        let access = effects.accesses.iter().find(|access| !access.slot && !access.short && access.index.is_none())?;
        if !matches!(access.base, Base::Pc | Base::Register(RSP)) {
            return None;
        }
        let at = self.iced.long_displacement(bytes)?;
        if bytes[at..at + 4] != FIRST_DISPLACEMENT {
            return None;
        }
        let next = |offset: u32| i64::from(offset) + (self.place + effects.length) as i64;
        let (slot, drift) = (SLOT_SIZE.cast_signed(), DRIFT);
        let edges = if access.base == Base::Pc {
            vec![
                (OFFSET, -next(OFFSET)),
                (OFFSET, -next(OFFSET) - 1),
                (HIGH_OFFSET, slot - access.size - next(HIGH_OFFSET)),
                (HIGH_OFFSET, slot - access.size - next(HIGH_OFFSET) + 1),
            ]
        } else {
            let edges = [-drift, -drift + 1, -1, drift - access.size - 1, drift - access.size, drift - 1, drift];
            edges.map(|displacement| (OFFSET, displacement)).to_vec()
        };
        Some((at, edges))
    }

    /// Checks one encoding: what it does, if it was accepted in any kind.
    fn check_one(&mut self, bytes: &Bytes) -> Option<Effects> {
        self.counts.tried += 1;
        if !self.accepts(bytes, Kind::Jumps) {
            // Less is confined in kind Jumps than in the others: they must refuse it, too. Both are
            // asked, in turns, for one encoding of 16.
            self.refused = (self.refused + 1) % 16;
            let other = KINDS[usize::from(self.refused >= 8)];
            if self.refused.is_multiple_of(8) && self.accepts(bytes, other) {
                self.fail("refused in kind Jumps only", bytes, None);
            }
            return None;
        }
        let address = u64::from(self.address());
        let (Some(one), Some(other)) = (self.iced.decode(bytes, address), self.xed.decode(bytes, address)) else {
            self.fail("not an instruction", bytes, None);
            return None;
        };
        let both = [one, other];
        if let Err(what) = self.compare(bytes, &both) {
            self.fail(what, bytes, Some(&both));
        }
        let [effects, _] = both;
        Some(effects)
    }

    /// Slot offset of the encoding.
    fn address(&self) -> u32 {
        self.offset + self.place as u32
    }

    /// Whether the verifier takes what `bytes` start with for an allowed instruction.
    fn accepts(&mut self, bytes: &Bytes, kind: Kind) -> bool {
        let mut region = [0; BUNDLE];
        pad(&mut region[..self.place]);
        region[self.place..].copy_from_slice(&bytes[..BUNDLE - self.place]);
        !self.verdict(&region, kind).is_err_and(|violation| violation.offset == self.address())
    }

    /// What the verifier says to a region.
    fn verdict(&mut self, code: &[u8], kind: Kind) -> Result<Summary, Violation> {
        self.counts.questions += 1;
        verify(code, self.offset, &options(kind, Returns::Jump))
    }

    /// Holds what the verifier says in each kind against what both decoders say. In kind Jumps it has
    /// accepted the encoding.
    fn compare(&mut self, bytes: &Bytes, both: &[Effects; 2]) -> Result<(), &'static str> {
        let length = both[0].length;
        if self.amd.length(bytes) != Some(length) {
            return Err("not an instruction of this length on AMD's processors");
        }
        if let Some(what) = judge::difference(&both[0], &both[1]) {
            return Err(what);
        }
        let (name, xed_name) = (self.iced.name(), self.xed.name());
        let pair = (name.1, xed_name.1);
        if self.name != Some(pair) && self.names.insert(pair) && !same_name(name.0, xed_name.0) {
            return Err("name");
        }
        self.name = Some(pair);
        let code = to_start(bytes, &both[0]);
        let code = &code[..length];
        let (region, instructions) = alone(self.place, code);
        let mut strictest = true;
        for (n, kind) in KINDS.into_iter().enumerate() {
            let summary = match self.verdict(&region, kind) {
                Ok(summary) => summary,
                Err(violation) if violation.offset == self.address() && kind != Kind::Jumps && strictest => continue,
                // Or in a stricter kind only.
                Err(_) => return Err("accepted, but not by itself"),
            };
            both.iter().try_for_each(|effects| judge::judge(effects, kind))?;
            self.counts.accepted[n] += 1;
            self.counts.compared += 2;
            if summary.instructions != instructions {
                return Err("the verifier's length");
            }
            if !covers(summary.classes, both[0].state) {
                return Err("the verifier's summary");
            }
            if kind != Kind::Jumps && strictest {
                self.stack_pointer(code, kind, both)?;
            }
            strictest = false;
        }
        if self.place == 0 && length > 1 && self.verdict(&across(code), Kind::Jumps).is_ok() {
            return Err("accepted across the end of a bundle");
        }
        Ok(())
    }

    /// Examines what the verifier takes an accepted instruction to do to `%rsp`: what both decoders allow, it may allow.
    fn stack_pointer(&mut self, code: &[u8], kind: Kind, both: &[Effects; 2]) -> Result<(), &'static str> {
        let follows = both.iter().all(judge::may_follow_adjustment);
        if !follows && self.verdict(&adjusted(code, &[PUSH]), kind).is_ok() {
            return Err("follows an adjustment of %rsp");
        }
        let settles = both.iter().all(judge::settles);
        if !settles && self.verdict(&adjusted(code, &LEAVE), kind).is_ok() {
            return Err("settles %rsp");
        }
        Ok(())
    }

    /// Books what was not tried.
    pub fn omitted(&mut self, omitted: &Omitted) {
        self.counts.omitted[0] += omitted.opcodes;
        self.counts.omitted[1] += omitted.sampled;
        if let Some(bytes) = omitted.wrongly {
            self.fail("omitted, though accepted with some operand", &bytes, None);
        }
    }

    /// Books a failure.
    fn fail(&mut self, what: &'static str, bytes: &Bytes, effects: Option<&[Effects; 2]>) {
        let (name, xed_name) = if effects.is_some() {
            (format!("{:?}", self.iced.name().0), self.xed.name().0)
        } else {
            (String::from("-"), "-")
        };
        let key = format!("{what}: {name} {xed_name}");
        if self.failures.contains_key(&key) {
            return;
        }
        let mut text = String::new();
        for byte in &bytes[..16] {
            let _ = write!(text, "{byte:02x} "); // into a string: cannot fail
        }
        if let Some(effects) = effects {
            let _ = write!(text, "\n    iced: {:?}\n    xed:  {:?}", effects[0], effects[1]);
        }
        self.failures.insert(key, text);
    }
}

/// Whether the verifier's summary has every class of state that the instruction touches.
fn covers(classes: Classes, state: State) -> bool {
    [
        (state.x87, Classes::X87),
        (state.x87_control, Classes::X87_CONTROL),
        (state.x87_whole, Classes::X87_WHOLE),
        (state.mmx, Classes::MMX),
        (state.mxcsr, Classes::MXCSR),
        (state.direction, Classes::DIRECTION),
        (state.upper && !state.masks, Classes::AVX),
        (state.masks, Classes::AVX512),
    ]
    .into_iter()
    .all(|(touched, class)| !touched || classes.contains(class))
}

/// A direct branch made to go to itself, where it stands at a start, whatever follows it; anything else as it is.
fn to_start(bytes: &Bytes, effects: &Effects) -> Bytes {
    let (mut code, length) = (*bytes, effects.length);
    if matches!(effects.flow, Flow::Branch(_) | Flow::Jump(_) | Flow::Call(_)) {
        // No prefixes: one byte of opcode and one of distance, or four bytes of distance at the end.
        let distance = (-(length as i32)).to_le_bytes();
        let size = if length == 2 { 1 } else { 4 };
        code[length - size..length].copy_from_slice(&distance[..size]);
    }
    code
}

/// A bundle: nops up to `place`, `code`, `push %rax`, nops, a jump back to that `push`; and how many instructions
/// these are. It is accepted only if the verifier, too, has an instruction end before that `push`.
fn alone(place: usize, code: &[u8]) -> (Bytes, u64) {
    let mut region = [0; BUNDLE];
    let (push, jump) = (place + code.len(), BUNDLE - 2);
    pad(&mut region[..place]);
    region[place..push].copy_from_slice(code);
    region[push] = PUSH;
    pad(&mut region[push + 1..jump]);
    let back = push as i8 - BUNDLE as i8;
    region[jump..].copy_from_slice(&[0xeb, back.cast_unsigned()]);
    (region, nops(place) + 3 + nops(jump - push - 1))
}

/// Two bundles of nops, with `code` across the end of the first one.
fn across(code: &[u8]) -> [u8; 2 * BUNDLE] {
    let mut region = [0; 2 * BUNDLE];
    let place = BUNDLE - code.len() / 2;
    pad(&mut region[..place]);
    region[place..place + code.len()].copy_from_slice(code);
    pad(&mut region[place + code.len()..]);
    region
}

/// A bundle: an adjustment of `%rsp`, `code`, `then`, nops.
fn adjusted(code: &[u8], then: &[u8]) -> Bytes {
    let mut bundle = [0; BUNDLE];
    let mut at = 0;
    for part in [&ADJUST, code, then] {
        bundle[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    pad(&mut bundle[at..]);
    bundle
}

/// Nops of up to 8 bytes.
fn pad(bytes: &mut [u8]) {
    const NOPS: [&[u8]; 9] = [
        &[],
        &[0x90],
        &[0x66, 0x90],
        &[0x0f, 0x1f, 0x00],
        &[0x0f, 0x1f, 0x40, 0],
        &[0x0f, 0x1f, 0x44, 0, 0],
        &[0x66, 0x0f, 0x1f, 0x44, 0, 0],
        &[0x0f, 0x1f, 0x80, 0, 0, 0, 0],
        &[0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0],
    ];
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(NOPS[chunk.len()]);
    }
}

/// How many nops fill this many bytes.
fn nops(bytes: usize) -> u64 {
    bytes.div_ceil(8) as u64
}
