//! Libraries as files.

use crate::{Error, Requirements};
use object::{Object, ObjectSymbol, SymbolKind};
use std::{collections::HashMap, fs, path::Path, sync::Arc};

/// A library built by LFI's driver with `--lfi-library`, verified. A cheap handle: clones
/// share the same file, and all sandboxes share its code and constants.
#[derive(Clone, Debug)]
pub struct Module {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// For names in messages.
    file: Vec<u8>,
    pages: lfi_linux::Module,
    /// Exported functions and their virtual addresses.
    exports: HashMap<String, u64>,
}

/// What every library has from its start file.
pub(crate) const MALLOC: &str = "__lfi_malloc";
pub(crate) const FREE: &str = "__lfi_free";
pub(crate) const ATTACH: &str = "__lfi_attach";
pub(crate) const DETACH: &str = "__lfi_detach";

impl Module {
    /// Reads a library. It is read once: what becomes of the file later does
    /// not matter.
    ///
    /// # Errors
    /// When the file cannot be read, or as [`Self::new`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::new(fs::read(path).map_err(|error| Error::File(path.to_owned(), error))?)
    }

    /// Takes the bytes of a library, and verifies its code: once, however many sandboxes it is loaded into.
    ///
    /// # Errors
    /// When they are not an ELF file built for LFI, or not a library, or the
    /// verifier refuses the code.
    pub fn new(file: Vec<u8>) -> Result<Self, Error> {
        Self::with_requirements(file, Requirements::default())
    }

    /// The same, with what is demanded of the library.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_requirements(file: Vec<u8>, requirements: Requirements) -> Result<Self, Error> {
        let pages = lfi_linux::Module::new(&file, requirements)?;
        let exports = exports(&file).ok_or(Error::NotLibrary)?;
        if !exports.contains_key(MALLOC) || !exports.contains_key(FREE) {
            return Err(Error::NotLibrary);
        }
        Ok(Self { shared: Arc::new(Shared { file, pages, exports }) })
    }

    /// Names of the functions that it exports, in no particular order.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.shared.exports.keys().map(String::as_str).filter(|name| ![MALLOC, FREE, ATTACH, DETACH].contains(name))
    }

    /// The virtual address of an exported function.
    pub(crate) fn function(&self, name: &str) -> Result<u64, Error> {
        self.shared.exports.get(name).copied().ok_or_else(|| Error::NoFunction(name.to_owned()))
    }

    /// What is loaded.
    pub(crate) fn pages(&self) -> &lfi_linux::Module {
        &self.shared.pages
    }

    /// The bytes that it was made of.
    pub(crate) fn file(&self) -> &[u8] {
        &self.shared.file
    }

    /// The function that a virtual address is in, and how far from its start.
    pub(crate) fn function_at(&self, address: u64) -> Option<(String, u64)> {
        let file = object::File::parse(&*self.shared.file).ok()?;
        let functions = file.symbols().chain(file.dynamic_symbols()).filter(|s| s.kind() == SymbolKind::Text);
        let symbol = functions.filter(|s| s.address() <= address).max_by_key(ObjectSymbol::address)?;
        let offset = address - symbol.address();
        (offset < symbol.size()).then(|| (symbol.name().unwrap_or("?").to_owned(), offset))
    }
}

/// The functions in the dynamic symbol table.
fn exports(file: &[u8]) -> Option<HashMap<String, u64>> {
    let file = object::File::parse(file).ok()?;
    let functions = file.dynamic_symbols().filter(|s| s.is_definition() && s.kind() == SymbolKind::Text);
    Some(functions.filter_map(|s| Some((s.name().ok()?.to_owned(), s.address()))).collect())
}
