//! One encoding at a time: asks the verifier, and holds what it accepts against
//! the decoders.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write,
};

use lfi_abi::{Kind, Returns, Target, layout::SLOT_SIZE, x64::DRIFT};
use lfi_verifier::{Classes, Options, Rule, Summary, verify, violations};

use crate::{
    decoders::{Iced, Xed},
    effects::{Base, Effects, Flow, RSP, State},
    judge,
    names::same_name,
    space::Bytes,
};

/// Slot offset at which the encodings stand.
const OFFSET: u32 = 0x10_0000;
/// Another one, near the slot's end.
const HIGH_OFFSET: u32 = 0xfff0_0000;
const BUNDLE: usize = 32;

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
}

impl Counts {
    /// Adds the counts of another part.
    pub fn add(&mut self, other: &Self) {
        self.tried += other.tried;
        self.questions += other.questions;
        self.compared += other.compared;
        for (sum, n) in self.accepted.iter_mut().chain(&mut self.misses).zip(other.accepted.iter().chain(&other.misses))
        {
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
    /// Slot offset at which the encodings stand now.
    offset: u32,
    /// Pairs of instructions whose names were compared.
    names: HashSet<(u32, u32)>,
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
            names: HashSet::new(),
            counts: Counts::default(),
            failures: BTreeMap::new(),
        }
    }
}

/// What is wrong, and what the decoders say.
type Failure = (&'static str, Option<Box<[Effects; 2]>>);

fn options(kind: Kind, returns: Returns) -> Options {
    Options { target: Target::X64, kind, returns }
}

impl Checker {
    /// Checks the encoding at the start of `bytes`, and where it is accepted the same with
    /// displacements at the edge of what is allowed; says whether it was accepted in any kind.
    pub fn check(&mut self, bytes: &Bytes) -> bool {
        let accepted = self.check_one(bytes);
        if accepted && let Some((at, edges)) = self.edges(bytes) {
            for (offset, displacement) in edges {
                let mut changed = *bytes;
                changed[at..at + 4].copy_from_slice(&displacement.to_le_bytes());
                self.offset = offset;
                self.check_one(&changed);
            }
            self.offset = OFFSET;
        }
        accepted
    }

    /// Displacements, and slot offsets to try them at, around the edges of what is allowed;
    /// and where in `bytes` they stand. None where there is no displacement of 4 bytes from `%rsp`
    /// or the pc.
    fn edges(&mut self, bytes: &Bytes) -> Option<(usize, Vec<(u32, i32)>)> {
        let effects = self.iced.decode(bytes, u64::from(OFFSET))?;
        let at = self.iced.long_displacement(bytes)?;
        let access = effects.accesses.iter().find(|access| !access.slot && !access.short && access.index.is_none())?;
        let next = |offset: u32| i64::from(offset) + effects.length as i64;
        let (slot, drift) = (SLOT_SIZE.cast_signed(), DRIFT);
        let edges: &[(u32, i64)] = match access.base {
            Base::Pc => &[
                (OFFSET, -next(OFFSET)),
                (OFFSET, -next(OFFSET) - 1),
                (HIGH_OFFSET, slot - access.size - next(HIGH_OFFSET)),
                (HIGH_OFFSET, slot - access.size - next(HIGH_OFFSET) + 1),
            ],
            Base::Register(RSP) => &[
                (OFFSET, -drift),
                (OFFSET, -drift + 1),
                (OFFSET, -1),
                (OFFSET, drift - access.size - 1),
                (OFFSET, drift - access.size),
                (OFFSET, drift - 1),
                (OFFSET, drift),
            ],
            _ => return None,
        };
        Some((at, edges.iter().map(|&(offset, displacement)| (offset, displacement as i32)).collect()))
    }

    /// Checks one encoding.
    fn check_one(&mut self, bytes: &Bytes) -> bool {
        self.counts.tried += 1;
        if !self.accepts(bytes, Kind::Jumps) {
            // Less is confined in kind Jumps than in the others: they must refuse it, too. Each
            // is asked for half of the encodings.
            let odd = bytes.iter().fold(0, |sum, byte| sum ^ byte).count_ones() % 2 == 1;
            let other = if odd { Kind::Full } else { Kind::Stores };
            if self.accepts(bytes, other) {
                self.fail("refused in kind Jumps only", bytes, None);
            }
            return false;
        }
        let accepted = [self.accepts(bytes, Kind::Full), self.accepts(bytes, Kind::Stores), true];
        if let Err((what, effects)) = self.compare(bytes, accepted) {
            self.fail(what, bytes, effects.as_deref());
        }
        true
    }

    /// Whether the verifier takes what `bytes` start with for an allowed instruction.
    fn accepts(&mut self, bytes: &Bytes, kind: Kind) -> bool {
        self.counts.questions += 1;
        let first = violations(bytes, self.offset, &options(kind, Returns::Ret)).next();
        first.is_none_or(|violation| violation.offset != self.offset)
    }

    /// Whether the verifier accepts the region, and what it says that it holds.
    fn verdict(&mut self, code: &[u8], kind: Kind) -> Result<Summary, Rule> {
        self.counts.questions += 1;
        verify(code, self.offset, &options(kind, Returns::Jump)).map_err(|violation| violation.rule)
    }

    fn compare(&mut self, bytes: &Bytes, accepted: [bool; 3]) -> Result<(), Failure> {
        let address = u64::from(self.offset);
        let iced = self.iced.decode(bytes, address);
        let xed = self.xed.decode(bytes, address);
        let (Some(one), Some(other)) = (iced, xed) else {
            return Err(("not an instruction", None));
        };
        let length = one.length;
        let both = [one, other];
        let wrong = |what| Err((what, Some(Box::new(both.clone()))));
        if self.amd.length(bytes) != Some(length) {
            return wrong("not an instruction of this length on AMD's processors");
        }
        if let Some(what) = judge::difference(&both[0], &both[1]) {
            return wrong(what);
        }
        let (name, xed_name) = (self.iced.name(), self.xed.name());
        if self.names.insert((name.1, xed_name.1)) && !same_name(name.0, xed_name.0) {
            return wrong("name");
        }
        let code = &bytes[..length];
        for (n, kind) in KINDS.into_iter().enumerate() {
            if !accepted[n] {
                continue;
            }
            self.counts.accepted[n] += 1;
            self.counts.compared += 2;
            for effects in &both {
                if let Err(what) = judge::judge(effects, kind) {
                    return wrong(what);
                }
            }
            let code = &to_start(code, both[0].flow);
            match self.verdict(&alone(code), kind) {
                Ok(summary) => {
                    // Itself, `push`, the jump.
                    if summary.instructions != 3 + nops(BUNDLE - length - 1) + nops(BUNDLE - 5) {
                        return wrong("the verifier's length");
                    }
                    if !covers(summary.classes, both[0].state) {
                        return wrong("the verifier's summary");
                    }
                }
                Err(_) => return wrong("accepted, but not by itself"),
            }
            if kind == Kind::Jumps {
                continue;
            }
            let follows = self.verdict(&adjusted(code, &[PUSH]), kind).is_ok();
            let settles = self.verdict(&adjusted(code, &LEAVE), kind).is_ok();
            for effects in &both {
                if follows && !judge::may_follow_adjustment(effects) {
                    return wrong("follows an adjustment of %rsp");
                }
                if settles && !judge::settles(effects) {
                    return wrong("settles %rsp");
                }
            }
        }
        Ok(())
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
fn to_start(code: &[u8], flow: Flow) -> Vec<u8> {
    let mut code = code.to_vec();
    if matches!(flow, Flow::Branch(_) | Flow::Jump(_) | Flow::Call(_)) {
        // No prefixes: one byte of opcode and one of distance, or four bytes of distance at the end.
        let distance = (-(code.len() as i32)).to_le_bytes();
        let size = if code.len() == 2 { 1 } else { 4 };
        let at = code.len() - size;
        code[at..].copy_from_slice(&distance[..size]);
    }
    code
}

/// Two bundles: `code` and `push %rax` in the first one, a jump to that `push` in the
/// second. It is accepted only if the verifier, too, has an instruction end there.
fn alone(code: &[u8]) -> [u8; 2 * BUNDLE] {
    let mut region = [0; 2 * BUNDLE];
    region[..code.len()].copy_from_slice(code);
    region[code.len()] = PUSH;
    pad(&mut region[code.len() + 1..BUNDLE]);
    let back = code.len() as i32 - (BUNDLE as i32 + 5);
    region[BUNDLE] = 0xe9;
    region[BUNDLE + 1..BUNDLE + 5].copy_from_slice(&back.to_le_bytes());
    pad(&mut region[BUNDLE + 5..]);
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
