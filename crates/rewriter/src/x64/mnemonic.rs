//! The instructions that the rewriter knows, as rows of a table.
//!
//! A row says what the rules need: the class, which operand is written, which
//! flags are read and changed. What no row names is refused. Rows are written
//! as templates, `{a,b}` standing for each alternative; SDM volume 2 is the
//! source for flags and operands.

#[cfg(test)]
mod check;
mod evex;
mod integer;
mod vector;
mod x87;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// Flags, one bit each.
pub(crate) const CF: u8 = 1;
pub(crate) const PF: u8 = 2;
pub(crate) const AF: u8 = 4;
pub(crate) const ZF: u8 = 8;
pub(crate) const SF: u8 = 16;
pub(crate) const OF: u8 = 32;
/// All flags that arithmetic changes. The direction flag is not among them: no
/// unit changes it.
pub(crate) const FLAGS: u16 = ALL as u16;
const ALL: u8 = CF | PF | AF | ZF | SF | OF;

/// What the rules tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Computes, loads, stores; nothing else.
    Plain,
    Mov,
    /// `movabs`, whose memory forms have a 64-bit displacement.
    MovAbs,
    Add,
    Sub,
    And,
    Xor,
    Xchg,
    /// Changes the flags only when the count is not zero.
    Shift,
    /// `bt` and friends, which reach beyond their memory operand.
    BitTest,
    /// `bsf`, `bsr`, which `rep` turns into `tzcnt`, `lzcnt`.
    BitScan,
    /// Operands are not accessed.
    Nop,
    Lea,
    Push,
    Pop,
    Leave,
    /// An x87 instruction that the assembler puts `fwait` before.
    Wait,
    String(StringOp),
    Jump,
    /// Conditional jump.
    Branch,
    /// `loop`: decrement `%rcx`, jump if it is not zero.
    Loop,
    Rcxz,
    Call,
    Return,
    Syscall,
    /// Traps; nothing follows.
    Halt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StringOp {
    Movs,
    Cmps,
    Stos,
    Scas,
    Lods,
}

/// What happens to the last operand, which in this syntax is the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    Read,
    Write,
    Modify,
    /// Modified when it is one of two, written when it is one of three, read
    /// when it is alone (`imul`).
    Multiply,
    /// This and the operand before it are modified.
    Exchange,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) class: Class,
    pub(crate) last: Last,
    /// Flags that the result depends on.
    pub(crate) reads: u8,
    /// Flags that are certainly changed, or undefined afterwards.
    pub(crate) kills: u8,
    /// Whether a memory operand is accessed whatever the values are, so that
    /// an address out of bounds faults.
    pub(crate) touches: bool,
}

impl Row {
    const fn new(class: Class, last: Last) -> Self {
        Self { class, last, reads: 0, kills: 0, touches: true }
    }

    const fn plain(last: Last) -> Self {
        Self::new(Class::Plain, last)
    }

    const fn reads(self, reads: u8) -> Self {
        Self { reads, ..self }
    }

    const fn kills(self, kills: u8) -> Self {
        Self { kills, ..self }
    }

    /// Reads and sets the same flags.
    const fn through(self, flags: u8) -> Self {
        Self { reads: flags, kills: flags, ..self }
    }

    const fn may_not_touch(self) -> Self {
        Self { touches: false, ..self }
    }
}

/// Templates of mnemonics, separated by spaces, and their row.
type Group = (Row, &'static str);

/// The conditions: names, and flags that they read.
const CONDITIONS: [(&str, u8); 16] = [
    ("o", OF),
    ("no", OF),
    ("{b,c,nae}", CF),
    ("{ae,nb,nc}", CF),
    ("{e,z}", ZF),
    ("{ne,nz}", ZF),
    ("{be,na}", CF | ZF),
    ("{a,nbe}", CF | ZF),
    ("s", SF),
    ("ns", SF),
    ("{p,pe}", PF),
    ("{np,po}", PF),
    ("{l,nge}", SF | OF),
    ("{ge,nl}", SF | OF),
    ("{le,ng}", ZF | SF | OF),
    ("{g,nle}", ZF | SF | OF),
];

/// A row, or why an instruction is refused.
type Entry = Result<Row, &'static str>;

static TABLE: LazyLock<FxHashMap<Key, Entry>> = LazyLock::new(|| {
    let mut table = FxHashMap::default();
    let mut insert = |name: &str, entry| {
        if let Some(key) = pack(name) {
            table.insert(key, entry);
        }
    };
    for (why, templates) in integer::REFUSED {
        for template in templates.split_ascii_whitespace() {
            expand(template, &mut |name| insert(name, Err(*why)));
        }
    }
    each(|name, row| insert(name, Ok(*row)));
    table
});

/// Calls `found` with every mnemonic that has a row.
fn each(mut found: impl FnMut(&str, &Row)) {
    for (row, templates) in integer::GROUPS.iter().chain(vector::GROUPS).chain(evex::GROUPS).chain(x87::GROUPS) {
        for template in templates.split_ascii_whitespace() {
            expand(template, &mut |name| found(name, row));
        }
    }
    for (condition, flags) in CONDITIONS {
        for (before, after, row) in integer::CONDITIONAL {
            expand(&format!("{before}{condition}{after}"), &mut |name| found(name, &row.reads(flags)));
        }
    }
}

/// Replaces `{a,b}` by each alternative. Braces do not nest.
fn expand(template: &str, found: &mut dyn FnMut(&str)) {
    let Some((before, rest)) = template.split_once('{') else { return found(template) };
    let Some((alternatives, after)) = rest.split_once('}') else { return found(template) };
    for alternative in alternatives.split(',') {
        expand(&format!("{before}{alternative}{after}"), found);
    }
}

/// A mnemonic as numbers: the first sixteen letters, and the one behind them.
type Key = (u128, u8);

/// The key of a mnemonic, or `None` when it is longer than all of them.
fn pack(name: &str) -> Option<Key> {
    let (first, last) = match name.as_bytes() {
        [first @ .., last] if first.len() == size_of::<u128>() => (first, last.to_ascii_lowercase()),
        name => (name, 0),
    };
    let mut bytes = [0; size_of::<u128>()];
    let part = bytes.get_mut(..first.len())?;
    part.copy_from_slice(first);
    part.make_ascii_lowercase();
    Some((u128::from_le_bytes(bytes), last))
}

/// The row of a mnemonic, or why it is refused; `None` when it is unknown.
pub(crate) fn lookup(name: &str) -> Option<Entry> {
    TABLE.get(&pack(name)?).copied()
}

/// All mnemonics that have a row, for tests that compare the table with an assembler and a
/// decoder.
#[cfg(test)]
pub(crate) fn all() -> Vec<(String, Row)> {
    let mut all = Vec::new();
    each(|name, row| all.push((name.to_owned(), *row)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_short() {
        let mut names: Vec<_> = all().into_iter().map(|(name, _)| name).collect();
        assert!(names.len() > 1500);
        for name in &names {
            assert!(pack(name).is_some(), "{name}");
            assert!(!name.contains(['{', '}', ',']), "{name}");
        }
        names.sort();
        for pair in names.windows(2) {
            assert_ne!(pair[0], pair[1]);
        }
    }

    #[test]
    fn finds() {
        assert_eq!(lookup("cmovnbeq").unwrap().unwrap().reads, CF | ZF);
        assert_eq!(lookup("VFNMADD231SD").unwrap().unwrap().class, Class::Plain);
        assert!(lookup("xlatb").unwrap().is_err());
        assert!(lookup("frobnicate").is_none());
        assert!(lookup("").is_none());
        assert!(lookup("VGF2P8AFFINEINVQB").is_some());
        assert!(lookup("vgf2p8affineinvqbx").is_none());
    }
}
