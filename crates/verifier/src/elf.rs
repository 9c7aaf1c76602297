//! Reads the ELF files that modules are: one parser for tools and loader, so
//! that what is checked is what is mapped.
//!
//! Only program headers count; section headers are never looked at. Everything
//! that [`Elf::parse`] accepts satisfies:
//!
//! - It is a little-endian ELF64 shared object (or position-independent
//!   executable) for a target that this crate knows.
//! - `PT_LOAD` segments are sorted by address, do not overlap, lie in the file
//!   and, loaded at [`lfi_abi::layout::MODULE_OFFSET`], in the user part of a slot.
//! - No segment is writable and executable. At least one is executable, and
//!   those are wholly file-backed, start and end at multiples of 32, and share no
//!   4 KiB page with another segment.
//! - The entry point, if there is one, is a multiple of 32 in an executable segment.
//!
//! The loader must fill the rest of an executable segment's last page itself,
//! not with what follows in the file.

use core::fmt;
use lfi_abi::note::{self, Note, NoteError};
use lfi_abi::{Target, layout, x64};

/// Pages that the loader maps are multiples of this.
pub const PAGE: u64 = 4096;
/// More program headers than this are refused.
pub const MAX_HEADERS: u16 = 128;

const HEADER_SIZE: usize = 64;
const PROGRAM_HEADER_SIZE: usize = 56;
const ET_DYN: u16 = 3;
const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const PT_NOTE: u32 = 4;
const PT_TLS: u32 = 7;
const PT_GNU_STACK: u32 = 0x6474_e551;
const PT_GNU_RELRO: u32 = 0x6474_e552;
const PF_X: u32 = 1;
const PF_W: u32 = 2;
const PF_R: u32 = 4;

/// Why a file is no module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ElfError {
    /// Not an ELF file at all.
    NotElf,
    /// Not a little-endian 64-bit one of version 1.
    NotElf64,
    /// Neither a shared object nor a position-independent executable.
    NotDynamic,
    /// For a machine (the field is `e_machine`) that is no LFI target.
    Machine(u16),
    /// The file ends before its headers do, or they have another size.
    Headers,
    /// More than [`MAX_HEADERS`] program headers.
    TooManyHeaders,
    /// The contents of a program header of this type lie outside the file.
    OutsideFile(u32),
    /// Two program headers of this type, of which one file has at most one.
    Repeated(u32),
    /// A program header of this type describes memory that no data segment provides.
    OutsideSegments(u32),
    /// An alignment is no power of two, or larger than the module's own.
    Alignment,
    /// There is no segment to load.
    NoSegments,
    /// No segment is executable.
    NoCode,
    /// Segments overlap or are not sorted by address.
    Overlap,
    /// A segment is larger in the file than in memory.
    LargerInFile,
    /// A segment is writable and executable.
    WritableCode,
    /// An executable segment is not wholly in the file.
    CodeNotInFile,
    /// An executable segment does not start and end at multiples of 32.
    CodeNotBundles,
    /// An executable segment shares a page with another segment.
    CodeSharesPage,
    /// The module does not fit into a slot.
    TooLarge,
    /// The entry point is not a multiple of 32 in an executable segment.
    Entry,
    /// A note segment is malformed.
    NoteSegment,
    /// There is no LFI note.
    NoNote,
    /// The LFI note cannot be used.
    Note(NoteError),
    /// There are several LFI notes and they differ.
    NotesDisagree,
    /// The LFI note is for another target than the file.
    NoteTarget,
}

impl fmt::Display for ElfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotElf => "not an ELF file",
            Self::NotElf64 => "not a little-endian 64-bit ELF file",
            Self::NotDynamic => "neither a shared object nor a position-independent executable",
            Self::Machine(machine) => return write!(f, "for machine {machine}, which is no LFI target"),
            Self::Headers => "truncated or malformed ELF headers",
            Self::TooManyHeaders => "too many program headers",
            Self::OutsideFile(kind) => {
                return write!(f, "a program header ({}) points outside the file", Type(*kind));
            }
            Self::Repeated(kind) => return write!(f, "more than one program header {}", Type(*kind)),
            Self::OutsideSegments(kind) => {
                return write!(f, "a program header ({}) points outside the data segments", Type(*kind));
            }
            Self::Alignment => "a segment's alignment is no power of two, or too large",
            Self::NoSegments => "there is no segment to load",
            Self::NoCode => "no segment is executable",
            Self::Overlap => "segments overlap or are not sorted",
            Self::LargerInFile => "a segment is larger in the file than in memory",
            Self::WritableCode => "a segment is writable and executable",
            Self::CodeNotInFile => "an executable segment is not wholly in the file",
            Self::CodeNotBundles => "an executable segment does not start and end at multiples of 32 bytes",
            Self::CodeSharesPage => "an executable segment shares a page with another segment",
            Self::TooLarge => "the segments do not fit into a sandbox",
            Self::Entry => "the entry point is not a multiple of 32 in an executable segment",
            Self::NoteSegment => "a note segment is malformed",
            Self::NoNote => "there is no LFI note: not built with the LFI toolchain",
            Self::Note(error) => return error.fmt(f),
            Self::NotesDisagree => "LFI notes disagree: parts were built with different options",
            Self::NoteTarget => "the LFI note is for another target",
        })
    }
}

impl core::error::Error for ElfError {}

/// Displays a program header type.
struct Type(u32);

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            PT_LOAD => "PT_LOAD",
            PT_DYNAMIC => "PT_DYNAMIC",
            PT_INTERP => "PT_INTERP",
            PT_NOTE => "PT_NOTE",
            PT_TLS => "PT_TLS",
            PT_GNU_STACK => "PT_GNU_STACK",
            PT_GNU_RELRO => "PT_GNU_RELRO",
            other => return write!(f, "type {other:#x}"),
        })
    }
}

/// A loadable segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Virtual address: offset from where the module is loaded.
    pub vaddr: u64,
    /// Bytes in memory; those after [`Self::data`] are zero.
    pub size: u64,
    /// Place of [`Self::data`] in the file.
    pub file_offset: u64,
    /// Initial contents.
    pub data: &'a [u8],
    /// Whether it may be read, written, executed. Never the last two together.
    pub readable: bool,
    /// See [`Self::readable`].
    pub writable: bool,
    /// See [`Self::readable`].
    pub executable: bool,
}

impl Segment<'_> {
    /// One past the last virtual address.
    pub const fn end(&self) -> u64 {
        // Does not overflow: parsing checked that it lies in a slot.
        self.vaddr + self.size
    }
}

/// The thread-local template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tls<'a> {
    /// Virtual address of the template.
    pub vaddr: u64,
    /// Its initial contents.
    pub data: &'a [u8],
    /// Bytes that each thread needs; those after `data` are zero.
    pub size: u64,
    /// Alignment, a power of two.
    pub align: u64,
}

/// A range of virtual addresses inside the loaded segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First address.
    pub vaddr: u64,
    /// Size in bytes.
    pub size: u64,
}

/// A program header (gABI, "Program Header").
#[derive(Clone, Copy)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    offset: u64,
    vaddr: u64,
    filesz: u64,
    memsz: u64,
    align: u64,
}

/// A file that passed [`Elf::parse`].
#[derive(Clone, Copy, Debug)]
pub struct Elf<'a> {
    file: &'a [u8],
    headers: &'a [u8],
    target: Target,
    entry: u64,
}

impl<'a> Elf<'a> {
    /// Parses and checks a whole file.
    ///
    /// # Errors
    /// The first thing wrong with it.
    pub fn parse(file: &'a [u8]) -> Result<Self, ElfError> {
        if file.get(..4) != Some(b"\x7fELF") {
            return Err(ElfError::NotElf);
        }
        let header = file.get(..HEADER_SIZE).ok_or(ElfError::Headers)?;
        // Class 2 (64-bit), data 1 (little-endian), version 1, twice.
        if header[4..7] != [2, 1, 1] || u32_at(header, 20) != 1 {
            return Err(ElfError::NotElf64);
        }
        if u16_at(header, 16) != ET_DYN {
            return Err(ElfError::NotDynamic);
        }
        let machine = u16_at(header, 18);
        let target = Target::from_elf_machine(machine).ok_or(ElfError::Machine(machine))?;
        if usize::from(u16_at(header, 52)) != HEADER_SIZE || usize::from(u16_at(header, 54)) != PROGRAM_HEADER_SIZE {
            return Err(ElfError::Headers);
        }
        let count = u16_at(header, 56);
        if count > MAX_HEADERS {
            return Err(ElfError::TooManyHeaders);
        }
        let size = u64::from(count) * PROGRAM_HEADER_SIZE as u64;
        let headers = slice(file, u64_at(header, 32), size).ok_or(ElfError::Headers)?;
        let elf = Self { file, headers, target, entry: u64_at(header, 24) };
        elf.check_segments()?;
        elf.check_others()?;
        elf.check_entry()?;
        Ok(elf)
    }

    /// The target that the file is for.
    pub const fn target(&self) -> Target {
        self.target
    }

    /// Virtual address of the entry point, if the file names one.
    pub const fn entry(&self) -> Option<u64> {
        if self.entry == 0 { None } else { Some(self.entry) }
    }

    /// The segments to load, by ascending address.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'a>> + Clone + use<'a> {
        let file = self.file;
        self.headers_of(PT_LOAD).map(move |header| Segment {
            vaddr: header.vaddr,
            size: header.memsz,
            file_offset: header.offset,
            data: header.data(file).unwrap_or_default(),
            readable: header.flags & PF_R != 0,
            writable: header.flags & PF_W != 0,
            executable: header.flags & PF_X != 0,
        })
    }

    /// One past the last virtual address of any segment, rounded up to [`PAGE`].
    pub fn span(&self) -> u64 {
        self.segments().map(|segment| segment.end().next_multiple_of(PAGE)).max().unwrap_or(0)
    }

    /// The LFI note. All of several must be equal.
    ///
    /// # Errors
    /// When there is none, or not one that this version can use.
    pub fn note(&self) -> Result<Note, ElfError> {
        let mut found = None;
        for header in self.headers_of(PT_NOTE) {
            let mut rest = header.data(self.file).ok_or(ElfError::OutsideFile(PT_NOTE))?;
            // 8-byte notes pad to 8, all others to 4 (gABI, "Note Section").
            let align = if header.align == 8 { 8 } else { 4 };
            while !rest.is_empty() {
                let (note, is_ours, tail) = next_note(rest, align).ok_or(ElfError::NoteSegment)?;
                rest = tail;
                if !is_ours {
                    continue;
                }
                let note = Note::from_bytes(note).map_err(ElfError::Note)?;
                if found.is_some_and(|other| other != note) {
                    return Err(ElfError::NotesDisagree);
                }
                if note.target != self.target {
                    return Err(ElfError::NoteTarget);
                }
                found = Some(note);
            }
        }
        found.ok_or(ElfError::NoNote)
    }

    /// The dynamic table.
    pub fn dynamic(&self) -> Option<Range> {
        self.range(PT_DYNAMIC)
    }

    /// What is read-only once relocated.
    pub fn relro(&self) -> Option<Range> {
        self.range(PT_GNU_RELRO)
    }

    /// The thread-local template.
    pub fn tls(&self) -> Option<Tls<'a>> {
        let header = self.headers_of(PT_TLS).next()?;
        let data = header.data(self.file)?;
        Some(Tls { vaddr: header.vaddr, data, size: header.memsz, align: header.align.max(1) })
    }

    /// Path of the program interpreter, without its terminator.
    pub fn interpreter(&self) -> Option<&'a [u8]> {
        let path = self.headers_of(PT_INTERP).next()?.data(self.file)?;
        Some(path.split(|byte| *byte == 0).next().unwrap_or_default())
    }

    /// Whether the file asks for an executable stack (it never gets one).
    pub fn wants_executable_stack(&self) -> bool {
        self.headers_of(PT_GNU_STACK).any(|header| header.flags & PF_X != 0)
    }

    fn range(&self, kind: u32) -> Option<Range> {
        self.headers_of(kind).next().map(|header| Range { vaddr: header.vaddr, size: header.memsz })
    }

    fn program_headers(&self) -> impl Iterator<Item = ProgramHeader> + Clone + use<'a> {
        self.headers.chunks_exact(PROGRAM_HEADER_SIZE).map(|bytes| ProgramHeader {
            kind: u32_at(bytes, 0),
            flags: u32_at(bytes, 4),
            offset: u64_at(bytes, 8),
            vaddr: u64_at(bytes, 16),
            filesz: u64_at(bytes, 32),
            memsz: u64_at(bytes, 40),
            align: u64_at(bytes, 48),
        })
    }

    fn headers_of(&self, kind: u32) -> impl Iterator<Item = ProgramHeader> + Clone + use<'a> {
        self.program_headers().filter(move |header| header.kind == kind)
    }

    fn check_segments(&self) -> Result<(), ElfError> {
        let limit = layout::USER_END - layout::MODULE_OFFSET;
        let (mut any, mut any_code) = (false, false);
        // End of the previous segment, and of its last page if it or this one is code.
        let (mut end, mut end_of_page, mut after_code) = (0, 0, false);
        for header in self.headers_of(PT_LOAD) {
            let code = header.flags & PF_X != 0;
            if header.filesz > header.memsz {
                return Err(ElfError::LargerInFile);
            }
            header.data(self.file).ok_or(ElfError::OutsideFile(PT_LOAD))?;
            if !valid_alignment(header.align, layout::MODULE_OFFSET) {
                return Err(ElfError::Alignment);
            }
            let segment_end = header.vaddr.checked_add(header.memsz).ok_or(ElfError::TooLarge)?;
            if segment_end > limit {
                return Err(ElfError::TooLarge);
            }
            if any && header.vaddr < end {
                return Err(ElfError::Overlap);
            }
            if any && (code || after_code) && header.vaddr / PAGE * PAGE < end_of_page {
                return Err(ElfError::CodeSharesPage);
            }
            if code {
                if header.flags & PF_W != 0 {
                    return Err(ElfError::WritableCode);
                }
                if header.memsz != header.filesz {
                    return Err(ElfError::CodeNotInFile);
                }
                if !header.vaddr.is_multiple_of(x64::BUNDLE) || !header.memsz.is_multiple_of(x64::BUNDLE) {
                    return Err(ElfError::CodeNotBundles);
                }
                any_code |= header.memsz != 0;
            }
            any = true;
            after_code = code;
            end = segment_end;
            end_of_page = segment_end.next_multiple_of(PAGE);
        }
        match (any, any_code) {
            (false, _) => Err(ElfError::NoSegments),
            (true, false) => Err(ElfError::NoCode),
            (true, true) => Ok(()),
        }
    }

    /// The headers that describe parts of segments.
    fn check_others(&self) -> Result<(), ElfError> {
        for kind in [PT_DYNAMIC, PT_TLS, PT_GNU_RELRO, PT_INTERP, PT_NOTE, PT_GNU_STACK] {
            for (n, header) in self.headers_of(kind).enumerate() {
                if n > 0 && kind != PT_NOTE {
                    return Err(ElfError::Repeated(kind));
                }
                if matches!(kind, PT_DYNAMIC | PT_TLS | PT_INTERP | PT_NOTE) {
                    header.data(self.file).ok_or(ElfError::OutsideFile(kind))?;
                }
                // Only the initial part of the thread-local template is in memory.
                let size = if kind == PT_TLS { header.filesz } else { header.memsz };
                let placed = match kind {
                    PT_DYNAMIC | PT_GNU_RELRO => true,
                    PT_TLS => size != 0,
                    _ => false,
                };
                if placed && !self.in_one_segment(&header, size) {
                    return Err(ElfError::OutsideSegments(kind));
                }
                if kind == PT_TLS {
                    if header.filesz > header.memsz {
                        return Err(ElfError::LargerInFile);
                    }
                    if !valid_alignment(header.align, PAGE) {
                        return Err(ElfError::Alignment);
                    }
                    if header.memsz > layout::USER_END {
                        return Err(ElfError::TooLarge);
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether `size` bytes at the header's address lie in one segment that is
    /// not executable. What becomes read-only may fill that segment's last page.
    fn in_one_segment(&self, header: &ProgramHeader, size: u64) -> bool {
        let Some(end) = header.vaddr.checked_add(size) else { return false };
        self.segments().any(|segment| {
            let limit = match header.kind {
                PT_GNU_RELRO => segment.end().next_multiple_of(PAGE),
                _ => segment.end(),
            };
            !segment.executable && segment.vaddr <= header.vaddr && end <= limit
        })
    }

    fn check_entry(&self) -> Result<(), ElfError> {
        let inside = |segment: Segment<'_>| segment.executable && (segment.vaddr..segment.end()).contains(&self.entry);
        if self.entry != 0 && (!self.entry.is_multiple_of(x64::BUNDLE) || !self.segments().any(inside)) {
            return Err(ElfError::Entry);
        }
        Ok(())
    }
}

impl ProgramHeader {
    fn data<'a>(&self, file: &'a [u8]) -> Option<&'a [u8]> {
        slice(file, self.offset, self.filesz)
    }
}

/// One note with its header, whether it is of LFI's owner and type, and what
/// follows it.
fn next_note(notes: &[u8], align: usize) -> Option<(&[u8], bool, &[u8])> {
    const HEADER: usize = 12;
    if notes.len() < HEADER {
        return None;
    }
    let name_size = usize::try_from(u32_at(notes, 0)).ok()?;
    let desc_size = usize::try_from(u32_at(notes, 4)).ok()?;
    let name_end = HEADER.checked_add(name_size)?;
    let desc_start = name_end.checked_next_multiple_of(align)?;
    let desc_end = desc_start.checked_add(desc_size)?;
    let name = notes.get(HEADER..name_end)?;
    let note = notes.get(..desc_end)?;
    let is_ours = name == note::OWNER && u32_at(notes, 8) == note::TYPE;
    // The last note need not be padded.
    let next = desc_end.checked_next_multiple_of(align)?.min(notes.len());
    Some((note, is_ours, &notes[next..]))
}

fn valid_alignment(align: u64, limit: u64) -> bool {
    align == 0 || align.is_power_of_two() && align <= limit
}

fn slice(file: &[u8], offset: u64, size: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    let end = usize::try_from(offset.checked_add(size)?).ok()?;
    file.get(start..end)
}

// Fields of headers whose size was checked; a field outside reads as zero.

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes_at(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes_at(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes_at(bytes, at))
}
