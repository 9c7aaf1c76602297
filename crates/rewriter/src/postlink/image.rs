//! The ELF file: headers, segments, sections, and what is checked of them.

use std::borrow::Cow;

use lfi_abi::{Target, x64::BUNDLE};
use object::{
    LittleEndian, Object, ObjectSection,
    elf::{self, ProgramHeader64, SectionHeader64},
    read::elf::{ElfFile64, ProgramHeader, SectionHeader},
};

use super::error::PostlinkError;

const E: LittleEndian = LittleEndian;
/// Fills what no code fills: it traps.
const INT3: u8 = 0xcc;

/// Offsets of fields within a program header.
pub(super) mod phdr {
    pub(crate) const OFFSET: u64 = 8;
    pub(crate) const VADDR: u64 = 16;
    pub(crate) const PADDR: u64 = 24;
    pub(crate) const FILESZ: u64 = 32;
    pub(crate) const MEMSZ: u64 = 40;
}

/// Offsets of fields within a section header.
pub(super) mod shdr {
    pub(crate) const ADDR: u64 = 16;
    pub(crate) const OFFSET: u64 = 24;
    pub(crate) const SIZE: u64 = 32;
}

/// Bytes to be written over parts of the file.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<(u64, Vec<u8>)>);

impl Edits {
    pub(super) fn write(&mut self, offset: u64, bytes: Vec<u8>) {
        self.0.push((offset, bytes));
    }

    pub(super) fn word(&mut self, offset: u64, value: u64) {
        self.write(offset, value.to_le_bytes().to_vec());
    }

    /// Writes all of it, in order; the file keeps its length.
    pub(super) fn apply(self, file: &mut [u8]) -> Result<(), PostlinkError> {
        for (offset, bytes) in self.0 {
            let place = usize::try_from(offset)
                .ok()
                .and_then(|start| file.get_mut(start..start.checked_add(bytes.len())?))
                .ok_or_else(|| PostlinkError::broken("file", "a part lies outside of it"))?;
            place.copy_from_slice(&bytes);
        }
        Ok(())
    }
}

/// An executable segment.
#[derive(Debug)]
pub(super) struct Text {
    /// Where its bytes lie in the file.
    pub(super) offset: u64,
    /// Its address.
    pub(super) address: u64,
    /// Its bytes, padded to a multiple of the bundle.
    pub(super) bytes: Vec<u8>,
}

/// A parsed file: an x86-64 ELF file of type `ET_DYN` with section headers.
pub(super) struct Image<'d> {
    data: &'d [u8],
    elf: ElfFile64<'d, LittleEndian>,
}

impl<'d> Image<'d> {
    pub(super) fn parse(data: &'d [u8]) -> Result<Self, PostlinkError> {
        if data.get(..4) != Some(&elf::ELFMAG) {
            return Err(PostlinkError::broken("file", "not an ELF file"));
        }
        if data.get(4..6) != Some(&[elf::ELFCLASS64.0, elf::ELFDATA2LSB.0]) {
            return Err(PostlinkError::NotAModule("not a 64-bit little-endian ELF file"));
        }
        let elf = ElfFile64::parse(data).map_err(|e| PostlinkError::broken("ELF header", e))?;
        let header = elf.elf_header();
        if Target::from_elf_machine(header.e_machine.get(E).0) != Some(Target::X64) {
            return Err(PostlinkError::NotAModule("not for x86-64"));
        }
        if header.e_type.get(E) != elf::ET_DYN {
            return Err(PostlinkError::NotAModule("neither a static-PIE executable nor a shared object"));
        }
        if elf.elf_section_table().is_empty() {
            return Err(PostlinkError::NotAModule("no section headers"));
        }
        Ok(Self { data, elf })
    }

    /// The parsed file.
    pub(super) fn elf(&self) -> &ElfFile64<'d, LittleEndian> {
        &self.elf
    }

    /// Program headers, each with its offset in the file.
    pub(super) fn segments(&self) -> impl Iterator<Item = (u64, &'d ProgramHeader64<LittleEndian>)> {
        let start = self.elf.elf_header().e_phoff.get(E);
        (0..).map(move |i: u64| start.wrapping_add(i * 56)).zip(self.elf.elf_program_headers())
    }

    /// Section headers, each with its offset in the file.
    pub(super) fn sections(&self) -> impl Iterator<Item = (u64, &'d SectionHeader64<LittleEndian>)> {
        let start = self.elf.elf_header().e_shoff.get(E);
        (0..).map(move |i: u64| start.wrapping_add(i * 64)).zip(self.elf.elf_section_table().iter())
    }

    /// The name of a section, for messages and for finding it.
    pub(super) fn name(&self, section: &SectionHeader64<LittleEndian>) -> &'d str {
        let name = self.elf.elf_section_table().section_name(E, section);
        name.ok().and_then(|name| str::from_utf8(name).ok()).unwrap_or("(unnamed section)")
    }

    /// The contents of a section, decompressed, and its address; empty when there is none.
    pub(super) fn contents(&self, name: &str) -> Result<(u64, Cow<'d, [u8]>), PostlinkError> {
        let Some(section) = self.elf.section_by_name(name) else {
            return Ok((0, Cow::Borrowed(&[])));
        };
        let data = section.uncompressed_data().map_err(|e| PostlinkError::broken(name, e))?;
        Ok((section.address(), data))
    }

    /// What is loaded from the file at an address, up to the end of its segment.
    pub(super) fn loaded(&self, address: u64) -> Option<&'d [u8]> {
        self.segments().filter(|(_, s)| s.p_type(E) == elf::PT_LOAD).find_map(|(_, segment)| {
            let skip = usize::try_from(address.checked_sub(segment.p_vaddr(E))?).ok()?;
            segment.data(E, self.data).ok()?.get(skip..).filter(|rest| !rest.is_empty())
        })
    }

    /// The executable segments, checked: read-only, made of code sections,
    /// starting and ending at bundle boundaries. One that ends within a bundle
    /// is padded when the file has the room.
    pub(super) fn executable(&self, edits: &mut Edits) -> Result<Vec<Text>, PostlinkError> {
        let mut texts = Vec::new();
        for (place, segment) in self.segments() {
            if segment.p_type(E) != elf::PT_LOAD || !segment.p_flags(E).contains(elf::PF_X) {
                continue;
            }
            let address = segment.p_vaddr(E);
            let name = || format!("executable segment at {address:#x}");
            let refuse = |problem| Err(PostlinkError::linking(name(), problem));
            if segment.p_flags(E).contains(elf::PF_W) {
                return refuse("is writable");
            }
            let size = segment.p_filesz(E);
            if size != segment.p_memsz(E) {
                return refuse("is longer in memory than in the file");
            }
            if size == 0 {
                return refuse("is empty");
            }
            if !address.is_multiple_of(BUNDLE) {
                return refuse("does not start at a multiple of 32");
            }
            let bytes =
                segment.data(E, self.data).map_err(|()| PostlinkError::broken(name(), "lies outside the file"))?;
            let end = address.checked_add(size).ok_or_else(|| PostlinkError::broken(name(), "wraps around"))?;
            self.check_sections(address, end)?;
            if self.segments().any(|(other, s)| {
                other != place && s.p_type(E) == elf::PT_LOAD && overlap(s.p_vaddr(E), s.p_memsz(E), address, size)
            }) {
                return refuse("overlaps another segment");
            }
            let mut text = Text { offset: segment.p_offset(E), address, bytes: bytes.to_vec() };
            let padding = (BUNDLE - size % BUNDLE) % BUNDLE;
            if padding != 0 {
                let free = text.offset + size..text.offset + size + padding;
                if !self.is_free(&free) {
                    return refuse(
                        "does not end at a multiple of 32 and has no room to pad (link with -z separate-code)",
                    );
                }
                text.bytes.resize(bytes.len() + padding as usize, INT3);
                edits.write(free.start, vec![INT3; padding as usize]);
                edits.word(place + phdr::FILESZ, size + padding);
                edits.word(place + phdr::MEMSZ, size + padding);
                self.grow_last_section(end, padding, edits);
            }
            texts.push(text);
        }
        if texts.is_empty() {
            return Err(PostlinkError::NotAModule("no executable segment"));
        }
        Ok(texts)
    }

    /// Whatever lies in an executable segment must be code.
    fn check_sections(&self, start: u64, end: u64) -> Result<(), PostlinkError> {
        for (_, section) in self.sections() {
            let inside = section.sh_flags(E).contains(elf::SHF_ALLOC)
                && overlap(section.sh_addr(E), section.sh_size(E), start, end - start);
            let code = section.sh_type(E) == elf::SHT_PROGBITS && section.sh_flags(E).contains(elf::SHF_EXECINSTR);
            if inside && !code {
                return Err(PostlinkError::linking(
                    self.name(section),
                    "data in an executable segment (link with --rosegment)",
                ));
            }
        }
        Ok(())
    }

    /// Whether a range of the file exists and belongs to nothing.
    fn is_free(&self, range: &std::ops::Range<u64>) -> bool {
        let header = self.elf.elf_header();
        let table = |start: u64, count: u64, size: u64| (start, count.saturating_mul(size));
        let tables = [
            table(header.e_phoff.get(E), u64::from(header.e_phnum.get(E)), 56),
            table(header.e_shoff.get(E), self.elf.elf_section_table().len() as u64, 64),
        ];
        let sections = self.sections().filter_map(|(_, s)| s.file_range(E));
        let segments = self.segments().map(|(_, s)| s.file_range(E));
        range.end <= self.data.len() as u64
            && tables
                .into_iter()
                .chain(sections)
                .chain(segments)
                .all(|(start, size)| !overlap(start, size, range.start, range.end - range.start))
    }

    /// Lets the padding belong to the section before it, lest other tools trim it.
    fn grow_last_section(&self, end: u64, padding: u64, edits: &mut Edits) {
        for (place, section) in self.sections() {
            let size = section.sh_size(E);
            if section.sh_flags(E).contains(elf::SHF_EXECINSTR)
                && size != 0
                && section.sh_addr(E).checked_add(size) == Some(end)
            {
                edits.word(place + shdr::SIZE, size + padding);
            }
        }
    }
}

/// Whether two ranges, each given by start and size, have a byte in common.
fn overlap(start: u64, size: u64, other: u64, other_size: u64) -> bool {
    size != 0 && other_size != 0 && start < other.saturating_add(other_size) && other < start.saturating_add(size)
}
