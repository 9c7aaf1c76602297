//! The symbols of a file, numeric labels included.

use rustc_hash::FxHashMap;

/// Index of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SymbolId(pub(crate) u32);

/// What the file says about a symbol.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Symbol {
    /// `.type f, @function`.
    pub(crate) function: bool,
    /// `.globl` or `.weak`.
    pub(crate) global: bool,
    /// Its address is taken: something other than a direct branch, debug
    /// information or unwind information refers to it.
    pub(crate) taken: bool,
    /// The address itself is taken, not only a distance from another label.
    pub(crate) whole: bool,
    /// A direct branch names it.
    pub(crate) target: bool,
    /// Distances from it count: unwind or debug information names it, or data.
    pub(crate) measured: bool,
    /// A label of this file.
    pub(crate) defined: bool,
    /// Another name for something (`.set`).
    pub(crate) alias: bool,
}

/// The definitions of one numeric label.
#[derive(Clone, Copy, Default)]
struct Local {
    last: Option<SymbolId>,
    next: Option<SymbolId>,
}

/// All symbols of a file.
#[derive(Default)]
pub(crate) struct Symbols<'a> {
    names: FxHashMap<&'a str, SymbolId>,
    locals: FxHashMap<u32, Local>,
    all: Vec<Symbol>,
}

impl<'a> Symbols<'a> {
    fn push(&mut self) -> SymbolId {
        // A text has less than 2^32 statements, see `rewrite`.
        let id = SymbolId(self.all.len() as u32);
        self.all.push(Symbol::default());
        id
    }

    /// The symbol of this name.
    pub(crate) fn named(&mut self, name: &'a str) -> SymbolId {
        if let Some(&id) = self.names.get(name) {
            return id;
        }
        let id = self.push();
        self.names.insert(name, id);
        id
    }

    /// The symbol of this name, if the file mentions it.
    pub(crate) fn find(&self, name: &str) -> Option<SymbolId> {
        self.names.get(name).copied()
    }

    /// A definition of a numeric label.
    pub(crate) fn define_local(&mut self, number: u32) -> SymbolId {
        let id = match self.locals.get(&number).and_then(|local| local.next) {
            Some(id) => id,
            None => self.push(),
        };
        self.locals.insert(number, Local { last: Some(id), next: None });
        id
    }

    /// A reference to a numeric label, forward or back.
    pub(crate) fn local(&mut self, number: u32, forward: bool) -> Option<SymbolId> {
        let local = self.locals.get(&number).copied().unwrap_or_default();
        if !forward {
            return local.last;
        }
        if local.next.is_some() {
            return local.next;
        }
        let id = self.push();
        self.locals.insert(number, Local { next: Some(id), ..local });
        Some(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }
}

impl std::ops::Index<SymbolId> for Symbols<'_> {
    type Output = Symbol;
    fn index(&self, id: SymbolId) -> &Symbol {
        &self.all[id.0 as usize]
    }
}

impl std::ops::IndexMut<SymbolId> for Symbols<'_> {
    fn index_mut(&mut self, id: SymbolId) -> &mut Symbol {
        &mut self.all[id.0 as usize]
    }
}
