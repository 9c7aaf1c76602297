//! The post-linker: a linked ELF file in, the same file checked and laid out better.
//!
//! What the assembler laid out by its bundle directives is complete and
//! verifies by itself. This pass makes it cheaper: the nops with which the
//! assembler filled bundles become redundant prefixes of their neighbours, and
//! calls move to the ends of their bundles where the assembler could not put
//! them. Nothing leaves its bundle, and no instruction start that anything can
//! refer to moves (`spec/x64/post-linking.md`), so that no table has to be
//! rewritten.
//!
//! ```text
//! image    the file: headers, segments, checks of the executable ones
//! notes    several .note.lfi notes -> one
//! code     executable segment -> atoms (instructions and units)
//! anchors  addresses that must stay instruction starts, collected by
//!          references (symbols, relocations), unwind (.eh_frame and call sites)
//!          and dwarf (line tables, debugging information)
//! layout   atoms and anchors -> new bytes, bundle by bundle
//! replace  the new file takes the place of the old one at once
//! ```
//!
//! The post-linker is not trusted: what it gets wrong the verifier refuses, or
//! the program itself suffers from.

mod anchors;
mod code;
mod dwarf;
mod error;
mod image;
mod layout;
mod notes;
mod references;
mod replace;
mod unwind;

use std::path::Path;

pub use error::PostlinkError;

use anchors::Anchors;
use image::{Edits, Image};

/// What was done to a file. Sums over all its executable segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The file had been laid out before and was only checked.
    pub already_laid_out: bool,
    /// Nop instructions before.
    pub nops_before: u64,
    /// Nop instructions after.
    pub nops_after: u64,
    /// Bytes of redundant prefixes added.
    pub prefix_bytes: u64,
    /// Calls moved to the end of their bundle.
    pub calls_moved: u64,
    /// Notes found; one is left.
    pub notes: u64,
}

/// Checks a linked file and lays it out.
///
/// Returns the bytes of the new file, of the same length. A file whose note
/// says that it is laid out is checked and comes back as it was; hence a second
/// run changes nothing.
pub fn process(mut bytes: Vec<u8>) -> Result<(Vec<u8>, Report), PostlinkError> {
    let mut report = Report::default();
    let edits = plan(&bytes, &mut report)?;
    edits.apply(&mut bytes)?;
    Ok((bytes, report))
}

/// Does [`process`] to a file in place.
///
/// The file is replaced at once, with its permissions kept, or not at all; it
/// is left alone when nothing changes. Links are followed.
pub fn file(path: &Path) -> Result<Report, PostlinkError> {
    let path = path.canonicalize()?;
    let before = std::fs::read(&path)?;
    let (after, report) = process(before.clone())?;
    if after != before {
        replace::replace(&path, &after)?;
    }
    Ok(report)
}

/// Everything that is to be written into the file. Writes nothing itself, so
/// that an error at any point leaves the file as it is.
fn plan(bytes: &[u8], report: &mut Report) -> Result<Edits, PostlinkError> {
    let image = Image::parse(bytes)?;
    let mut edits = Edits::default();
    let note = notes::merge(&image, &mut edits)?;
    report.notes = note.count;
    report.already_laid_out = note.laid_out;
    let mut texts = image.executable(&mut edits)?;
    references::check(&image)?;
    let mut anchors = Anchors::new(&texts);
    let mut atoms = Vec::new();
    for text in &texts {
        atoms.push(code::atoms(text, &mut anchors)?);
    }
    if note.laid_out {
        return Ok(edits);
    }
    references::collect(&image, &mut anchors)?;
    unwind::collect(&image, &mut anchors)?;
    dwarf::collect(&image, &mut anchors)?;
    for (text, atoms) in texts.iter_mut().zip(&mut atoms) {
        code::pin_anchored(atoms, text, &mut anchors);
        layout::layout(text, atoms, &anchors, report)?;
        edits.write(text.offset, std::mem::take(&mut text.bytes));
    }
    Ok(edits)
}
