//! From addresses to names and lines.

use super::{Frame, unwind::Call};
use gimli::{EndianSlice, LittleEndian};
use object::{Object, ObjectSection, SymbolMap, SymbolMapName};
use std::fmt;

/// What a module's file says about its addresses, from its symbol table and its
/// debugging information: for messages.
pub struct Symbols<'file> {
    lines: Option<addr2line::Context<EndianSlice<'file, LittleEndian>>>,
    names: SymbolMap<SymbolMapName<'file>>,
}

impl<'file> Symbols<'file> {
    /// Of a broken file as much as can be read.
    pub fn new(file: &'file [u8]) -> Self {
        match object::File::parse(file) {
            Ok(file) => Self::of(&file),
            Err(_) => Self { lines: None, names: SymbolMap::new(Vec::new()) },
        }
    }

    pub(super) fn of(file: &object::File<'file>) -> Self {
        let dwarf = gimli::Dwarf::load(|id| {
            let section = file.section_by_name(id.name()).and_then(|section| section.data().ok());
            Ok::<_, gimli::Error>(EndianSlice::new(section.unwrap_or_default(), LittleEndian))
        });
        Self { lines: dwarf.and_then(addr2line::Context::from_dwarf).ok(), names: file.symbol_map() }
    }

    /// The function or label before a virtual address, and how far before.
    pub fn before(&self, address: u64) -> Option<(&'file str, u64)> {
        let symbol = self.names.before(address)?;
        Some((symbol.name(), address - symbol.address()))
    }

    /// The function or object that a virtual address is in, and how far in.
    pub fn around(&self, address: u64) -> Option<(&'file str, u64)> {
        let symbol = self.names.containing(address)?;
        Some((symbol.name(), address - symbol.address()))
    }

    /// The source file and line, from 1, of a virtual address.
    pub fn source(&self, address: u64) -> Option<(&str, u32)> {
        let location = self.lines.as_ref()?.find_location(address).ok()??;
        location.file.zip(location.line)
    }

    /// Adds the function around `inside` and those inlined there, the innermost first.
    pub(super) fn add_frames(&self, inside: u64, call: &Call, frames: &mut Vec<Frame>) {
        let first = frames.len();
        let frame = |function, file, line| Frame {
            address: call.address,
            function,
            file,
            line,
            inlined: true,
            calls_host: false,
            guessed: call.guessed,
        };
        if let Some(lines) = &self.lines
            && let Ok(mut functions) = lines.find_frames(inside).skip_all_loads()
        {
            while let Ok(Some(found)) = functions.next() {
                let name = found.function.and_then(|name| Some(name.demangle().ok()?.into_owned()));
                let location = found.location;
                let file = location.as_ref().and_then(|location| location.file.map(str::to_owned));
                frames.push(frame(name, file, location.and_then(|location| location.line)));
            }
        }
        if frames.len() == first {
            frames.push(frame(None, None, None));
        }
        if let Some(innermost) = frames.get_mut(first) {
            innermost.calls_host = call.calls_host;
        }
        if let Some(outermost) = frames.last_mut() {
            outermost.inlined = false;
            let name = || Some(self.around(inside)?.0.to_owned());
            outermost.function = outermost.function.take().or_else(name);
        }
    }
}

impl fmt::Debug for Symbols<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Symbols").field("names", &self.names.symbols().len()).finish_non_exhaustive()
    }
}
