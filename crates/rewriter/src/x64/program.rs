//! A source file in typed form: what the parser makes and the rules work on.

use super::{
    mnemonic::{Class, Last, Row},
    register::{self, Register},
};
use crate::{
    directive,
    section::{SectionId, Sections},
    symbols::{SymbolId, Symbols},
};

/// What liveness is computed on: flags, see [`super::mnemonic::FLAGS`], and the
/// parts of `%r11` that can be written by themselves.
pub(crate) type Live = u16;
/// Bits 0 to 7 of `%r11`.
pub(crate) const R11_BYTE: Live = 64;
/// Bits 8 to 15.
const R11_SECOND_BYTE: Live = 128;
/// Bits 16 to 63.
const R11_REST: Live = 256;
/// All of `%r11`.
pub(crate) const R11_ALL: Live = R11_BYTE | R11_SECOND_BYTE | R11_REST;

/// The parts of `%r11` that an operand of this set of registers is.
pub(crate) fn r11_parts(set: register::Set) -> Live {
    match set {
        register::Set::Gpr8 => R11_BYTE,
        register::Set::Gpr16 => R11_BYTE | R11_SECOND_BYTE,
        _ => R11_ALL,
    }
}

/// A parsed file.
pub(crate) struct Program<'a> {
    pub(crate) statements: Vec<Statement<'a>>,
    pub(crate) operands: Vec<Operand<'a>>,
    pub(crate) symbols: Symbols<'a>,
    pub(crate) sections: Sections<'a>,
}

/// A label, a directive or an instruction.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'a> {
    /// The whole, as in the source; for an instruction from the mnemonic on.
    pub(crate) text: &'a str,
    pub(crate) line: u32,
    pub(crate) item: Item,
}

#[derive(Clone, Copy)]
pub(crate) enum Item {
    Label(SymbolId),
    Directive(directive::Class),
    /// A directive that changes the section.
    Section {
        from: SectionId,
        to: SectionId,
    },
    Instruction(Instruction),
}

/// Prefixes that are kept; one bit each.
pub(crate) const LOCK: u8 = 1;
pub(crate) const REP: u8 = 2;
pub(crate) const REPNE: u8 = 4;

#[derive(Clone, Copy)]
pub(crate) struct Instruction {
    pub(crate) row: Row,
    pub(crate) prefixes: u8,
    mnemonic_length: u8,
    count: u8,
    first: u32,
    /// The label that a direct branch names.
    pub(crate) target: Option<SymbolId>,
    /// What it reads, of flags and `%r11`.
    pub(crate) uses: Live,
    /// What it certainly overwrites.
    pub(crate) kills: Live,
    /// What may be read after it before it is overwritten; after a call, what
    /// certainly is.
    pub(crate) live: Live,
}

impl Instruction {
    pub(crate) fn new(row: Row, prefixes: u8, mnemonic: &str, first: usize, count: usize) -> Self {
        Self {
            row,
            prefixes,
            // A mnemonic in the table has at most 17 characters; operands are
            // limited by the parser.
            mnemonic_length: mnemonic.len() as u8,
            count: count as u8,
            first: first as u32,
            target: None,
            uses: row.reads.into(),
            kills: row.kills.into(),
            live: 0,
        }
    }

    pub(crate) fn mnemonic<'a>(&self, statement: &Statement<'a>) -> &'a str {
        &statement.text[..usize::from(self.mnemonic_length)]
    }

    pub(crate) fn operands<'p, 'a>(&self, operands: &'p [Operand<'a>]) -> &'p [Operand<'a>] {
        &operands[self.first as usize..][..usize::from(self.count)]
    }

    /// What is live before it.
    pub(crate) fn live_before(&self) -> Live {
        self.uses | self.live & !self.kills
    }

    /// Whether the operand at `index` of `count` is written.
    pub(crate) fn writes(&self, index: usize) -> bool {
        let count = usize::from(self.count);
        let last = index + 1 == count;
        match self.row.last {
            Last::Read => false,
            Last::Write | Last::Modify => last,
            Last::Multiply => last && count > 1,
            Last::Exchange => true,
        }
    }

    /// Whether the last operand is written without being read.
    pub(crate) fn only_writes_last(&self) -> bool {
        match self.row.last {
            Last::Write => true,
            Last::Multiply => self.count > 2,
            Last::Read | Last::Modify | Last::Exchange => false,
        }
    }
}

/// The forms of operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `%reg`
    Register,
    /// `$expression`
    Immediate,
    /// `expression(base, index, scale)`
    Address,
    /// `expression`: a branch target, or an absolute address.
    Expression,
    /// `{rn-sae}` and the like: how EVEX rounds.
    Rounding,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand<'a> {
    pub(crate) form: Form,
    /// `*` stands before it.
    pub(crate) indirect: bool,
    pub(crate) scale: u8,
    pub(crate) segment: Register,
    /// The register, or the base of an address.
    pub(crate) base: Register,
    pub(crate) index: Register,
    /// The expression: immediate, displacement or target.
    pub(crate) expression: &'a str,
    /// What EVEX puts behind it: `{%k1}{z}`, `{1to16}`.
    pub(crate) decoration: &'a str,
    /// All of it.
    pub(crate) text: &'a str,
}

impl Operand<'_> {
    /// Whether this is a memory operand, given that it is not a branch target.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.form, Form::Address | Form::Expression)
    }

    /// Whether an address in memory is what was put there, and not one that was
    /// computed and is kept in the function's frame.
    pub(crate) fn is_outside_frame(&self) -> bool {
        self.is_memory() && !self.mentions(register::RSP) && !self.mentions(register::RBP)
    }

    /// Whether a mask says which elements are accessed: perhaps none.
    pub(crate) fn is_masked(&self) -> bool {
        self.decoration.contains('%')
    }

    /// Whether this is that general register, whole.
    pub(crate) fn is_register(&self, number: u8) -> bool {
        self.form == Form::Register && self.base.is(register::Set::Gpr64, number)
    }

    /// Whether that general register, or part of it, occurs in this.
    pub(crate) fn mentions(&self, number: u8) -> bool {
        self.base.is_part_of(number) || self.index.is_part_of(number)
    }
}

impl Class {
    /// Whether a plain expression operand is a branch target.
    pub(crate) fn is_branch(self) -> bool {
        matches!(self, Self::Jump | Self::Branch | Self::Call | Self::Loop | Self::Rcxz)
    }
}
