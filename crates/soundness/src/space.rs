//! The space of x86-64 encodings, enumerated.
//!
//! An encoding is a *head* (legacy prefixes; REX, REX2, VEX, EVEX or XOP; the
//! escape bytes of the opcode map), an opcode, a ModRM byte, a SIB byte, and what
//! follows (displacement and immediate). Every opcode is taken with every head that
//! [`Depth`] has. Of the product with operands is left out:
//!
//! - ModRM and SIB bytes and what follows, of opcodes of which no [first operand](FIRST_OPERANDS) is of interest to the visitor
//!   (where every ModRM byte is tried: no register operand, and no memory operand with SIB and a displacement of 8 bits);
//! - SIB bytes but a few with most values of ModRM.reg; displacements and immediates but the first with other SIB bytes;
//! - operands but a few, with a `vvvv` of VEX that is not 0, 4 or 15, and with unusual combinations of prefixes.
//!
//! One of 16 of the first and of the last are tried all the same, and the first must then show nothing ([`Omitted`]).
//! What stands behind the end of an instruction is not varied.
//!
//! The bytes that a visitor gets fill a whole bundle of 32: it is the decoder's
//! business where the instruction ends. After what varies stand nops.

mod heads;

pub use heads::{Head, heads};

/// Bytes that a visitor gets.
pub type Bytes = [u8; 32];

/// How much of the space is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Representative prefixes and ModRM bytes: for every test run.
    Quick,
    /// Every head, with operands as said above: half an hour of a processor.
    Full,
}

/// Part `index` of `count` equal parts of the space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Less than `count`.
    pub index: usize,
    /// At least 1.
    pub count: usize,
}

impl Shard {
    /// The whole space.
    pub const WHOLE: Self = Self { index: 0, count: 1 };
}

/// How much is tried after one head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tails {
    /// Every ModRM byte; SIB bytes where the visitor is interested.
    All,
    /// Every value of ModRM.reg with representative operands.
    Some,
    /// One register and one memory operand, for heads that cannot be right.
    Few,
}

/// Calls `visit` with encodings of this part of the space. It says how long the instruction is, if similar
/// encodings (other operands, SIB bytes, displacements and immediates) are of interest.
pub fn for_each_encoding(depth: Depth, shard: Shard, mut visit: impl FnMut(&Bytes) -> Option<usize>) -> Omitted {
    let mut omitted = Omitted::default();
    for head in heads(depth).iter().skip(shard.index).step_by(shard.count.max(1)) {
        omitted.add(for_each_with_head(head, &mut visit));
    }
    omitted
}

/// What was not tried because nothing like it was of interest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Omitted {
    /// Opcodes after heads whose further operands were left out.
    pub opcodes: u64,
    /// Opcodes the same was true of, but which were tried all the same.
    pub sampled: u64,
    /// Of these an encoding that was of interest. There should be none.
    pub wrongly: Option<Bytes>,
}

impl Omitted {
    /// Adds that of another part.
    pub fn add(&mut self, other: Self) {
        self.opcodes += other.opcodes;
        self.sampled += other.sampled;
        self.wrongly = self.wrongly.or(other.wrongly);
    }
}

/// SIB bytes that stand for all: each kind of base with each kind of index.
const SIBS: [u8; 12] = [
    0x24, // (%rsp)
    0x25, // absolute
    0x00, // (%rax,%rax)
    0x64, // (%rsp), scale without index; (%rsp,%r12,2)
    0x0c, // (%rsp,%rcx)
    0x65, // x(,%riz,2)
    0x8d, // x(,%rcx,4)
    0xe0, // (%rax), scale without index
    0x1c, // (%rsp,%rbx)
    0x5b, // (%rbx,%rbx,2)
    0xcf, // (%rdi,%rcx,8)
    0x2d, // x(,%rbp)
];

/// Operands that stand for all, as ModRM (without reg) and SIB: those that tell whether an opcode exists.
const FIRST_OPERANDS: [(u8, Option<u8>); 4] = [
    (0x44, Some(0x24)), // x(%rsp), or with a vector as index,
    (0x84, Some(0x4c)), // x(%rsp,%rcx,2), and another one
    (0x00, None),       // (%rax): the shortest
    (0xc0, None),
];

/// The others.
const FURTHER_OPERANDS: [(u8, Option<u8>); 10] = [
    (0xc3, None),
    (0xc4, None),
    (0xc1, None),
    (0x05, None),       // x(%rip)
    (0x07, None),       // (%rdi)
    (0x04, Some(0x24)), // (%rsp)
    (0x04, Some(0x25)), // absolute
    (0x04, Some(0x65)), // x(,%riz,2)
    (0x84, Some(0x24)), // x(%rsp)
    (0x45, None),       // x(%rbp)
];

/// Displacements and immediates: small, large, negative, zero. The first stands for all.
const FOLLOWS: [[u8; 8]; 4] = [
    [0x10, 0, 0, 0, 8, 0, 0, 0],
    [0x30, 0x60, 0x50, 0x40, 0x48, 0x38, 0x28, 0x18],
    [0xf0, 0xff, 0xff, 0xff, 0x80, 0xff, 0xff, 0xff],
    [0; 8],
];

/// The first displacement of 4 bytes that is tried.
pub const FIRST_DISPLACEMENT: [u8; 4] = [FOLLOWS[0][0], FOLLOWS[0][1], FOLLOWS[0][2], FOLLOWS[0][3]];

/// Calls `visit` with encodings that begin with this head.
pub fn for_each_with_head(head: &Head, visit: &mut impl FnMut(&Bytes) -> Option<usize>) -> Omitted {
    let mut builder = Builder { bytes: [0; 32], visit, omitted: Omitted::default() };
    let start = head.bytes();
    builder.bytes[..start.len()].copy_from_slice(start);
    for opcode in 0..=255 {
        builder.bytes[start.len()] = opcode;
        builder.operands(start.len() + 1, head.tails, leads(start, opcode));
    }
    builder.omitted
}

struct Builder<'a, V> {
    bytes: Bytes,
    visit: &'a mut V,
    omitted: Omitted,
}

/// Of what is taken to be like something else, one in so many is tried in full.
const SAMPLE: u32 = 16;

const NOP: u8 = 0x90;

/// Whether an opcode with what stands before it, or a head, is of the sample.
fn is_sampled(bytes: &[u8]) -> bool {
    // FNV-1a
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    (hash >> 16).is_multiple_of(SAMPLE)
}

/// Whether `opcode`, after what stands before it, is none, but a prefix or an escape byte, before an opcode. (It may be said of
/// some after the last byte of a VEX or EVEX prefix, too.)
fn leads(before: &[u8], opcode: u8) -> bool {
    match before.last() {
        Some(0x0f) => matches!(opcode, 0x38 | 0x3a),
        Some(0x40..=0x4f) | None => is_lead(opcode),
        Some(&last) => is_prefix(last) && is_lead(opcode),
    }
}

fn is_prefix(byte: u8) -> bool {
    matches!(byte, 0x26 | 0x2e | 0x36 | 0x3e | 0x64..=0x67 | 0xf0 | 0xf2 | 0xf3)
}

fn is_lead(byte: u8) -> bool {
    is_prefix(byte) || matches!(byte, 0x0f | 0x40..=0x4f | 0x62 | 0xc4 | 0xc5 | 0xd5)
}

/// The length of the longest instruction that was of interest.
type Longest = Option<usize>;

/// Whether such an instruction ends before `at`, so that what stands there makes no other of it.
fn ends_before(longest: Longest, at: usize) -> bool {
    longest.is_some_and(|length| length <= at)
}

impl<V: FnMut(&Bytes) -> Option<usize>> Builder<'_, V> {
    /// Operands from `at` on. An opcode (but not what `leads` one) of which no first operand is of interest,
    /// with any ModRM.reg, is taken to have no other: but one of [`SAMPLE`] of these is tried in full.
    fn operands(&mut self, at: usize, tails: Tails, leads: bool) {
        let first = match tails {
            Tails::All => self.modrms(at, |modrm| modrm >= 0xc0 || modrm & 0xc7 == 0x44),
            Tails::Some => self.each_operand(at, &FIRST_OPERANDS),
            Tails::Few => {
                self.operand(at, 0, (0xc1, None));
                self.operand(at, 1, (0x44, Some(0x24)));
                return;
            }
        };
        if ends_before(first, at) {
            return;
        }
        let omitted = first.is_none() && !leads;
        if omitted && !is_sampled(&self.bytes[..at]) {
            self.omitted.opcodes += 1;
            return;
        }
        let further = match tails {
            Tails::All => self.modrms(at, |modrm| modrm < 0xc0 && modrm & 0xc7 != 0x44),
            _ => self.each_operand(at, &FURTHER_OPERANDS),
        };
        if omitted {
            self.omitted.sampled += 1;
            if further.is_some() {
                self.omitted.wrongly = Some(self.bytes);
            }
        }
    }

    /// These ModRM bytes at `at`, with what follows.
    fn modrms(&mut self, at: usize, wanted: impl Fn(u8) -> bool) -> Longest {
        let mut longest = None;
        for modrm in (0..=255u8).filter(|modrm| wanted(*modrm)) {
            self.bytes[at] = modrm;
            let sib = modrm < 0xc0 && modrm & 7 == 4;
            longest = longest.max(if sib { self.sibs(at + 1) } else { self.follows(at + 1) });
            if ends_before(longest, at) {
                break;
            }
        }
        longest
    }

    /// These operands at `at` with every ModRM.reg.
    fn each_operand(&mut self, at: usize, operands: &[(u8, Option<u8>)]) -> Longest {
        let mut longest = None;
        for (reg, operand) in (0..8).flat_map(|reg| operands.iter().map(move |operand| (reg, operand))) {
            longest = longest.max(self.operand(at, reg, *operand));
            if ends_before(longest, at) {
                break;
            }
        }
        longest
    }

    fn operand(&mut self, at: usize, reg: u8, (modrm, sib): (u8, Option<u8>)) -> Longest {
        self.bytes[at] = modrm | reg << 3;
        if let Some(sib) = sib {
            self.bytes[at + 1] = sib;
        }
        self.follows(at + 1 + usize::from(sib.is_some()))
    }

    /// SIB bytes at `at`: some, and if one is of interest, with some values of ModRM.reg all. (With a vector
    /// as index with every one: it must not be the destination.)
    fn sibs(&mut self, at: usize) -> Longest {
        let mut longest = None;
        for sib in SIBS {
            self.bytes[at] = sib;
            longest = longest.max(self.follows(at + 1));
            if ends_before(longest, at) {
                return longest;
            }
        }
        let (opcode, reg) = (self.bytes[at - 2], self.bytes[at - 1] >> 3 & 7);
        if longest.is_some() && matches!((opcode, reg), (0x90..=0x93 | 0xa0..=0xa3, _) | (_, 0 | 4)) {
            for sib in (0..=255).filter(|sib| !SIBS.contains(sib)) {
                self.bytes[at] = sib;
                longest = longest.max(self.follow(at + 1, FOLLOWS[0]));
            }
        }
        longest
    }

    /// Displacements and immediates from `at` on: one, and if it is of interest the others.
    fn follows(&mut self, at: usize) -> Longest {
        let mut longest = None;
        for follow in FOLLOWS {
            longest = longest.max(self.follow(at, follow));
            if longest.is_none() || ends_before(longest, at) {
                break;
            }
        }
        longest
    }

    fn follow(&mut self, at: usize, follow: [u8; 8]) -> Longest {
        self.bytes[at..].fill(NOP);
        self.bytes[at..at + follow.len()].copy_from_slice(&follow);
        (self.visit)(&self.bytes)
    }
}
