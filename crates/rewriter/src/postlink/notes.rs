//! The notes of all object files become the one note of the module.

use lfi_abi::{
    Target,
    note::{self, Note},
};
use object::{
    LittleEndian, elf,
    read::elf::{ProgramHeader, SectionHeader},
};

use super::{
    error::PostlinkError,
    image::{Edits, Image, phdr, shdr},
};

const E: LittleEndian = LittleEndian;
const SIZE: u64 = note::SIZE as u64;

/// What the notes of a file say.
pub(super) struct Merged {
    /// How many there are.
    pub(super) count: u64,
    /// The file has been laid out already.
    pub(super) laid_out: bool,
}

/// Checks that all notes agree, and plans their replacement by one that says
/// "laid out".
pub(super) fn merge(image: &Image<'_>, edits: &mut Edits) -> Result<Merged, PostlinkError> {
    let mut found = image.sections().filter(|(_, s)| image.name(s) == note::SECTION);
    let (place, section) = found.next().ok_or(PostlinkError::NoNote)?;
    if found.next().is_some() {
        return Err(PostlinkError::linking(note::SECTION, "more than one such section"));
    }
    let data = section
        .data(E, image.elf().data())
        .map_err(|_| PostlinkError::broken(note::SECTION, "lies outside the file"))?;
    if section.sh_type(E) != elf::SHT_NOTE || data.is_empty() {
        return Err(PostlinkError::NoNote);
    }
    let note = agree(data)?;
    let count = data.len().div_ceil(note::SIZE) as u64;
    if count == 1 && note.laid_out {
        return Ok(Merged { count, laid_out: true });
    }

    // The PT_NOTE segment may hold other notes before or after ours. What is
    // cut off must be at its edge: the zeros left are no notes.
    let (offset, address, size) = (section.sh_offset(E), section.sh_addr(E), section.sh_size(E));
    let surplus = size.saturating_sub(SIZE);
    let mut at_end = false;
    for (place, segment) in image.segments().filter(|(_, s)| s.p_type(E) == elf::PT_NOTE) {
        let (start, length) = segment.file_range(E);
        let end = start.saturating_add(length);
        let shorter = length.saturating_sub(surplus);
        if end <= offset || start >= offset.saturating_add(size) {
            continue;
        } else if Some(end) == offset.checked_add(size) {
            edits.word(place + phdr::FILESZ, shorter);
            edits.word(place + phdr::MEMSZ, shorter);
        } else if start == offset {
            at_end = true;
            edits.word(place + phdr::OFFSET, start.saturating_add(surplus));
            edits.word(place + phdr::VADDR, segment.p_vaddr(E).saturating_add(surplus));
            edits.word(place + phdr::PADDR, segment.p_paddr(E).saturating_add(surplus));
            edits.word(place + phdr::FILESZ, shorter);
            edits.word(place + phdr::MEMSZ, shorter);
        } else if surplus != 0 {
            return Err(PostlinkError::linking(note::SECTION, "lies between other notes in one segment"));
        }
    }
    let shift = if at_end { surplus } else { 0 };
    edits.write(offset, vec![0; data.len()]);
    edits.write(offset.saturating_add(shift), Note { laid_out: true, ..note }.to_bytes().to_vec());
    edits.word(place + shdr::OFFSET, offset.saturating_add(shift));
    edits.word(place + shdr::ADDR, address.saturating_add(shift));
    edits.word(place + shdr::SIZE, SIZE);
    Ok(Merged { count, laid_out: false })
}

/// What all notes of the section agree on.
fn agree(data: &[u8]) -> Result<Note, PostlinkError> {
    let mut notes = data.chunks(note::SIZE).map(|bytes| Note::from_bytes(bytes).map_err(PostlinkError::Note));
    let first = notes.next().ok_or(PostlinkError::NoNote)??;
    if first.target != Target::X64 {
        return Err(PostlinkError::NotesDisagree {
            field: "target",
            first: Target::X64.name(),
            other: first.target.name(),
        });
    }
    for note in notes {
        let note = note?;
        for (field, first, other) in [
            ("target", first.target.name(), note.target.name()),
            ("kind", first.kind.name(), note.kind.name()),
            ("returns", first.returns.name(), note.returns.name()),
        ] {
            if first != other {
                return Err(PostlinkError::NotesDisagree { field, first, other });
            }
        }
    }
    Ok(first)
}
