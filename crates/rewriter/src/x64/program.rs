//! A source file in typed form: what the parser makes and the rules work on.

use super::{
    mnemonic::{Class, Last, Row},
    register::{Register, Set},
};
use crate::{
    directive,
    section::{SectionId, Sections},
    symbols::{SymbolId, Symbols},
};

/// `%r11`, in the set that liveness is computed on. The other bits are flags,
/// see [`super::mnemonic::FLAGS`].
pub(crate) const R11_BIT: u8 = 64;

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
    pub(crate) uses: u8,
    /// What it certainly overwrites.
    pub(crate) kills: u8,
    /// What is read after it before it is overwritten.
    pub(crate) live: u8,
}

impl Instruction {
    pub(crate) fn new(row: Row, prefixes: u8, mnemonic: &str, first: usize, count: usize) -> Self {
        Self {
            row,
            prefixes,
            // A mnemonic in the table has at most 16 characters; operands are
            // limited by the parser.
            mnemonic_length: mnemonic.len() as u8,
            count: count as u8,
            first: first as u32,
            target: None,
            uses: row.reads,
            kills: row.kills,
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
    pub(crate) fn live_before(&self) -> u8 {
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
    /// All of it.
    pub(crate) text: &'a str,
}

impl Operand<'_> {
    /// Whether this is a memory operand, given that it is not a branch target.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.form, Form::Address | Form::Expression)
    }

    /// Whether this is that general register, whole.
    pub(crate) fn is_register(&self, number: u8) -> bool {
        self.form == Form::Register && self.base.is(Set::Gpr64, number)
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
