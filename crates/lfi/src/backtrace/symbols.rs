//! From addresses to names and lines.

use super::{Frame, unwind::Call};
use gimli::{EndianSlice, LittleEndian};
use object::{Object, ObjectSection, SymbolMap, SymbolMapName};

/// What a module says about its functions.
pub(super) struct Symbols<'file> {
    lines: Option<addr2line::Context<EndianSlice<'file, LittleEndian>>>,
    names: SymbolMap<SymbolMapName<'file>>,
}

impl<'file> Symbols<'file> {
    /// Of a broken file as much as can be read.
    pub(super) fn new(file: &object::File<'file>) -> Self {
        let dwarf = gimli::Dwarf::load(|id| {
            let section = file.section_by_name(id.name()).and_then(|section| section.data().ok());
            Ok::<_, gimli::Error>(EndianSlice::new(section.unwrap_or_default(), LittleEndian))
        });
        Self { lines: dwarf.and_then(addr2line::Context::from_dwarf).ok(), names: file.symbol_map() }
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
        if let Some(outermost) = frames.last_mut() {
            outermost.inlined = false;
            let name = || Some(self.names.containing(inside)?.name().to_owned());
            outermost.function = outermost.function.take().or_else(name);
        }
    }
}
