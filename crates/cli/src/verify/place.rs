//! Where an instruction is: for messages about it.

use std::fmt;

use crate::message;
use iced_x86::{Decoder, DecoderOptions, Formatter, GasFormatter};
use lfi::Symbols;
use lfi_verifier::elf::Segment;

/// Bytes of an instruction to print.
const SHOWN: usize = 8;
/// Bytes of a bundle.
const BUNDLE: u64 = lfi_abi::x64::BUNDLE;

/// A place in a module.
#[derive(Debug)]
pub struct Place {
    /// Virtual address.
    pub address: u64,
    /// The function or label before it, printable, and how far before.
    pub symbol: Option<(String, u64)>,
    /// Where it comes from, if debugging information says so.
    pub source: Option<Source>,
    /// The first bytes from here on.
    pub bytes: Vec<u8>,
    /// Whether there are more.
    pub more: bool,
    /// The instructions of this bundle and the one before it.
    pub context: Vec<Line>,
}

/// A line of a source file.
#[derive(Debug)]
pub struct Source {
    /// Its path, printable.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// A line of disassembly. (By another decoder than the verifier's.)
#[derive(Debug)]
pub struct Line {
    /// Virtual address.
    pub address: u64,
    /// The instruction's bytes.
    pub bytes: Vec<u8>,
    /// The instruction.
    pub text: String,
    /// Whether the place is here.
    pub here: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.address)?;
        if let Some((name, distance)) = &self.symbol {
            write!(f, " <{name}+{distance:#x}>")?;
        }
        if let Some(source) = &self.source {
            write!(f, " ({}:{})", source.file, source.line)?;
        }
        if !self.bytes.is_empty() {
            f.write_str(":")?;
            self.bytes.iter().try_for_each(|byte| write!(f, " {byte:02x}"))?;
        }
        if self.more { f.write_str(" ...") } else { Ok(()) }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: String = self.bytes.iter().map(|byte| format!(" {byte:02x}")).collect();
        let mark = if self.here { '>' } else { ' ' };
        write!(f, "{mark} {:#x}:{bytes:<33} {}", self.address, self.text)
    }
}

impl Place {
    /// The place of a virtual address in `segment`, or at its end.
    pub(super) fn new(symbols: &Symbols<'_>, segment: &Segment<'_>, address: u64) -> Self {
        let rest = bytes(segment, address);
        Self {
            address,
            symbol: symbols.before(address).map(|(name, distance)| (message::name(name), distance)),
            source: symbols.source(address).map(|(file, line)| Source { file: message::name(file), line }),
            bytes: rest[..rest.len().min(SHOWN)].to_vec(),
            more: rest.len() > SHOWN,
            context: context(segment, address),
        }
    }
}

/// The bytes of a segment from an address on.
fn bytes<'a>(segment: &Segment<'a>, address: u64) -> &'a [u8] {
    let start = address.checked_sub(segment.vaddr).and_then(|start| usize::try_from(start).ok());
    start.and_then(|start| segment.data.get(start..)).unwrap_or_default()
}

/// The bundle at `address` and the one before it.
fn context(segment: &Segment<'_>, address: u64) -> Vec<Line> {
    let bundle = address / BUNDLE * BUNDLE;
    let before = bundle.checked_sub(BUNDLE).filter(|before| *before >= segment.vaddr);
    let mut formatter = GasFormatter::new();
    let mut lines = Vec::new();
    for from in before.into_iter().chain([bundle]) {
        let mut code = bytes(segment, from);
        code = &code[..code.len().min(BUNDLE as usize)];
        for instruction in &mut Decoder::with_ip(64, code, from, DecoderOptions::NONE) {
            let mut text = String::new();
            formatter.format(&instruction, &mut text);
            let first = (instruction.ip() - from) as usize;
            let range = instruction.ip()..instruction.next_ip();
            lines.push(Line {
                address: instruction.ip(),
                bytes: code[first..first + instruction.len()].to_vec(),
                text,
                here: range.contains(&address),
            });
        }
    }
    lines
}
