//! The functions of a program, for messages.

use crate::message;
use object::{Object, ObjectSymbol};

/// The functions of a program, by address.
#[derive(Debug)]
pub struct Symbols<'file>(Vec<(u64, u64, &'file str)>);

impl<'file> Symbols<'file> {
    /// Those that an ELF file names; none when it is broken.
    pub fn new(file: &'file [u8]) -> Self {
        let mut list = Vec::new();
        if let Ok(object) = object::File::parse(file) {
            let functions = object.symbols().filter(|s| s.is_definition() && s.kind() == object::SymbolKind::Text);
            list.extend(functions.map(|s| (s.address(), s.size(), s.name().unwrap_or("?"))));
        }
        list.sort_unstable();
        Self(list)
    }

    /// ` (name+offset)` of a virtual address, fit to be shown, or nothing.
    pub fn name_in_parentheses(&self, address: u64) -> String {
        let index = self.0.partition_point(|(start, ..)| *start <= address);
        match index.checked_sub(1).map(|i| &self.0[i]) {
            Some((start, size, name)) if *size == 0 || address - start < *size => {
                format!(" ({}+{:#x})", message::name(name), address - start)
            }
            _ => String::new(),
        }
    }
}
