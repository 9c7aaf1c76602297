//! The space of x86-64 encodings, enumerated.
//!
//! An encoding is a *head* (legacy prefixes; REX, REX2, VEX, EVEX or XOP; the
//! escape bytes of the opcode map), an opcode, a ModRM byte, a SIB byte, and what
//! follows (displacement and immediate). Heads, opcodes and ModRM bytes are taken
//! in every combination as far as [`Depth`] says. SIB bytes and what follows
//! matter only to what is accepted at all: a few stand for all until the visitor
//! says that it is interested, then all are tried.
//!
//! The bytes that a visitor gets fill a whole bundle of 32: it is the decoder's
//! business where the instruction ends.

mod heads;

pub use heads::{Head, heads};

/// Bytes that a visitor gets.
pub type Bytes = [u8; 32];

/// How much of the space is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Representative prefixes and ModRM bytes: for every test run.
    Quick,
    /// Everything: for hours.
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
    /// Every ModRM byte; every SIB byte where the visitor is interested.
    All,
    /// Every value of ModRM.reg with representative operands.
    Some,
    /// One register and one memory operand, for heads that cannot be right.
    Few,
}

/// Calls `visit` with encodings of this part of the space. It says whether
/// similar encodings (other SIB bytes, displacements and immediates) are of interest.
pub fn for_each_encoding(depth: Depth, shard: Shard, mut visit: impl FnMut(&Bytes) -> bool) {
    for head in heads(depth).iter().skip(shard.index).step_by(shard.count.max(1)) {
        for_each_with_head(head, &mut visit);
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

/// Operands that stand for all, as ModRM (without reg) and SIB.
const OPERANDS: [(u8, Option<u8>); 14] = [
    (0x00, None),       // (%rax)
    (0x05, None),       // x(%rip)
    (0x07, None),       // (%rdi)
    (0x04, Some(0x24)), // (%rsp)
    (0x04, Some(0x25)), // absolute
    (0x04, Some(0x65)), // x(,%riz,2)
    (0x44, Some(0x24)), // x(%rsp)
    (0x84, Some(0x24)),
    (0x84, Some(0x4c)), // x(%rsp,%rcx,2)
    (0x45, None),       // x(%rbp)
    (0xc0, None),
    (0xc1, None),
    (0xc3, None),
    (0xc4, None),
];

/// Displacements and immediates: small, large, negative, zero. The first stands for all.
const FOLLOWS: [[u8; 8]; 4] = [
    [0x10, 0, 0, 0, 8, 0, 0, 0],
    [0x30, 0x60, 0x50, 0x40, 0x48, 0x38, 0x28, 0x18],
    [0xf0, 0xff, 0xff, 0xff, 0x80, 0xff, 0xff, 0xff],
    [0; 8],
];

/// Calls `visit` with encodings that begin with this head.
pub fn for_each_with_head(head: &Head, visit: &mut impl FnMut(&Bytes) -> bool) {
    let mut builder = Builder { bytes: [0; 32], visit };
    let start = head.bytes();
    builder.bytes[..start.len()].copy_from_slice(start);
    for opcode in 0..=255 {
        builder.bytes[start.len()] = opcode;
        builder.operands(start.len() + 1, head.tails);
    }
}

struct Builder<'a, V> {
    bytes: Bytes,
    visit: &'a mut V,
}

impl<V: FnMut(&Bytes) -> bool> Builder<'_, V> {
    /// Operands from `at` on.
    fn operands(&mut self, at: usize, tails: Tails) {
        match tails {
            Tails::All => {
                for modrm in 0..=255u8 {
                    self.bytes[at] = modrm;
                    if modrm < 0xc0 && modrm & 7 == 4 {
                        self.sibs(at + 1);
                    } else {
                        self.follows(at + 1);
                    }
                }
            }
            Tails::Some => {
                for reg in 0..8 {
                    for operand in OPERANDS {
                        self.operand(at, reg, operand);
                    }
                }
            }
            Tails::Few => {
                self.operand(at, 0, (0xc1, None));
                self.operand(at, 1, (0x44, Some(0x24)));
            }
        }
    }

    fn operand(&mut self, at: usize, reg: u8, (modrm, sib): (u8, Option<u8>)) {
        self.bytes[at] = modrm | reg << 3;
        if let Some(sib) = sib {
            self.bytes[at + 1] = sib;
        }
        self.follows(at + 1 + usize::from(sib.is_some()));
    }

    /// SIB bytes at `at`.
    fn sibs(&mut self, at: usize) {
        let mut interested = false;
        for sib in SIBS {
            self.bytes[at] = sib;
            interested |= self.follows(at + 1);
        }
        if interested {
            for sib in (0..=255).filter(|sib| !SIBS.contains(sib)) {
                self.bytes[at] = sib;
                self.follow(at + 1, FOLLOWS[0]);
            }
        }
    }

    /// Displacements and immediates from `at` on.
    fn follows(&mut self, at: usize) -> bool {
        let mut interested = false;
        for follow in FOLLOWS {
            interested |= self.follow(at, follow);
            if !interested {
                break;
            }
        }
        interested
    }

    fn follow(&mut self, at: usize, follow: [u8; 8]) -> bool {
        for (to, from) in self.bytes[at..].iter_mut().zip(follow.iter().cycle()) {
            *to = *from;
        }
        (self.visit)(&self.bytes)
    }
}
