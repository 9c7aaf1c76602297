//! Program files: read, judged and laid out once, for any number of sandboxes.
//!
//! The file's bytes are parsed, verified and copied from one buffer; the file
//! itself is not looked at again. What becomes of it later does not matter.

use crate::memory::{Backing, Region, Regions};
use lfi_abi::{Kind, Target, layout::MODULE_OFFSET, note::Note};
use lfi_runtime::{Access, Check, Code, Error, Image, PAGE_SIZE, PublishError};
use lfi_verifier::{
    Violation,
    elf::{Elf, ElfError, Segment},
};
use std::sync::Arc;

/// A program that is one of ours, fit to be loaded. A cheap handle: clones, and
/// all sandboxes that it is loaded into, share its code and constants.
#[derive(Clone, Debug)]
pub struct Module {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    note: Note,
    /// Virtual address.
    entry: u64,
    /// Virtual address and number of the program headers, if they are loaded.
    program_headers: Option<(u64, u64)>,
    /// One past the last virtual address, in whole pages.
    span: u64,
    code: Vec<CodePages>,
    data: Vec<DataPages>,
}

/// Slot offsets of the pages of an executable segment.
#[derive(Debug)]
pub(crate) struct CodePages {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) code: Code,
}

/// Slot offsets of pages that hold data.
#[derive(Debug)]
pub(crate) struct DataPages {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) access: Access,
    /// The image that they are in, and where; none when they are zero.
    pub(crate) contents: Option<(Image, u64)>,
}

/// What is demanded of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requirements {
    /// Verify the code. Without it the program is trusted like the host.
    pub verify: bool,
    /// The least protection that is accepted. [`Kind::Stores`] lets the program
    /// read all of the host's memory, [`Kind::Jumps`] write it, too.
    pub least_kind: Kind,
}

impl Default for Requirements {
    /// Verified, complete sandboxes only.
    fn default() -> Self {
        Self { verify: true, least_kind: Kind::Full }
    }
}

/// Why a program was not loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is no module.
    Elf(ElfError),
    /// It has no entry point: not a program.
    NoEntry,
    /// It needs a dynamic loader.
    Dynamic,
    /// Built for another instruction set than the host's.
    Target(Target),
    /// Built for a kind that protects less than was demanded.
    Kind {
        /// What the file says.
        found: Kind,
        /// What was demanded.
        demanded: Kind,
    },
    /// The verifier refused it. The violation's offset is a slot offset:
    /// virtual address plus `MODULE_OFFSET`.
    Rejected(Violation),
    /// Arguments and environment are larger than the kernel would allow.
    ArgumentsTooLong,
    /// The working directory is not there.
    Directory(rustix::io::Errno),
    /// The runtime could not do its part.
    Runtime(Error),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Elf(error) => error.fmt(f),
            Self::NoEntry => f.write_str("no entry point: not a program"),
            Self::Dynamic => f.write_str("dynamically linked: link with -static-pie"),
            Self::Target(target) => write!(f, "built for {target}, which this host is not"),
            Self::Kind { found, demanded } => {
                write!(f, "built for kind {found}, which protects less than the kind demanded, {demanded}")
            }
            Self::Rejected(v) => {
                let address = u64::from(v.offset).wrapping_sub(MODULE_OFFSET);
                write!(f, "{address:#x}: {} [{}]", v.rule.message(), v.rule.id())
            }
            Self::ArgumentsTooLong => f.write_str("argument list too long"),
            Self::Directory(errno) => write!(f, "working directory: {}", std::io::Error::from(*errno)),
            Self::Runtime(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<Error> for LoadError {
    fn from(error: Error) -> Self {
        Self::Runtime(error)
    }
}

impl From<PublishError> for LoadError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Rejected(violation) => Self::Rejected(violation),
            PublishError::Runtime(error) => Self::Runtime(error),
            _ => Self::Runtime(Error::Unsupported("this kind of code")),
        }
    }
}

impl Module {
    /// Reads a whole file, checks that it is a program built for LFI, and
    /// verifies it as `requirements` say.
    ///
    /// # Errors
    /// What it lacks, or what the verifier found.
    pub fn new(file: &[u8], requirements: Requirements) -> Result<Self, LoadError> {
        let elf = Elf::parse(file).map_err(LoadError::Elf)?;
        if elf.interpreter().is_some() {
            return Err(LoadError::Dynamic);
        }
        let note = elf.note().map_err(LoadError::Elf)?;
        let entry = elf.entry().ok_or(LoadError::NoEntry)?;
        if note.target != Target::X64 {
            return Err(LoadError::Target(note.target));
        }
        if requirements.verify && note.kind < requirements.least_kind {
            return Err(LoadError::Kind { found: note.kind, demanded: requirements.least_kind });
        }
        let check = if requirements.verify { Check::Verify(note.kind) } else { Check::Trust };

        // Code first: a refused program costs nothing else.
        let mut code = Vec::new();
        for segment in elf.segments().filter(|s| s.executable) {
            let (start, end) = pages(&segment);
            let judged = Code::new(MODULE_OFFSET + segment.vaddr, segment.data, note.returns, check)?;
            code.push(CodePages { start, end, code: judged });
        }
        let data = data(&elf)?;
        let program_headers = program_headers(&elf, file);
        let shared = Shared { note, entry, program_headers, span: elf.span(), code, data };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What the file was built to.
    pub fn note(&self) -> Note {
        self.shared.note
    }

    /// Virtual address of the entry point.
    pub(crate) fn entry(&self) -> u64 {
        self.shared.entry
    }

    /// Virtual address and number of the program headers, if they are loaded.
    pub(crate) fn program_headers(&self) -> Option<(u64, u64)> {
        self.shared.program_headers
    }

    /// One past the last virtual address, in whole pages.
    pub(crate) fn span(&self) -> u64 {
        self.shared.span
    }

    /// What is executable.
    pub(crate) fn code(&self) -> &[CodePages] {
        &self.shared.code
    }

    /// What is not.
    pub(crate) fn data(&self) -> &[DataPages] {
        &self.shared.data
    }
}

/// The slot offsets of a segment's pages.
fn pages(segment: &Segment<'_>) -> (u64, u64) {
    let start = (MODULE_OFFSET + segment.vaddr) / PAGE_SIZE * PAGE_SIZE;
    (start, (MODULE_OFFSET + segment.end()).next_multiple_of(PAGE_SIZE))
}

/// Lays out everything that is not code. Segments may share a page; a page that
/// belongs to a writable one is writable.
fn data(elf: &Elf<'_>) -> Result<Vec<DataPages>, LoadError> {
    let segments = || elf.segments().filter(|s| !s.executable && s.size > 0);
    let mut accesses = Regions::default();
    for writable in [false, true] {
        for segment in segments().filter(|s| s.writable == writable) {
            let (start, end) = pages(&segment);
            let access = match (writable, segment.readable) {
                (true, _) => Access::ReadWrite,
                (false, true) => Access::Read,
                (false, false) => Access::None,
            };
            accesses.insert(start, end, Region { access, backing: Backing::Image });
        }
    }
    // The pages with contents, close together.
    let mut contents: Vec<u8> = Vec::new();
    let mut filled: Vec<(u64, u64, u64)> = Vec::new(); // start, end, place in the image
    for segment in segments().filter(|s| !s.data.is_empty()) {
        let first = MODULE_OFFSET + segment.vaddr;
        let last = first + segment.data.len() as u64;
        let start = filled.last().map_or(0, |&(_, end, _)| end).max(first / PAGE_SIZE * PAGE_SIZE);
        let end = last.next_multiple_of(PAGE_SIZE);
        if start < end {
            filled.push((start, end, contents.len() as u64));
            contents.resize(contents.len() + (end - start) as usize, 0);
        }
        // The end of what is there is the end of this segment's last page.
        let at = contents.len() - (end - first) as usize;
        contents[at..at + segment.data.len()].copy_from_slice(segment.data);
    }

    let image = if contents.is_empty() { None } else { Some(Image::new(&contents)?) };
    let mut parts = Vec::new();
    for (start, end, region) in accesses.overlapping(0, u64::MAX) {
        let mut at = start;
        let access = region.access;
        for &(first, last, place) in filled.iter().filter(|(first, last, _)| *first < end && *last > start) {
            let (first_here, last_here) = (first.max(start), last.min(end));
            if at < first_here {
                parts.push(DataPages { start: at, end: first_here, access, contents: None });
            }
            let contents = image.clone().map(|image| (image, place + (first_here - first)));
            parts.push(DataPages { start: first_here, end: last_here, access, contents });
            at = last_here;
        }
        if at < end {
            parts.push(DataPages { start: at, end, access, contents: None });
        }
    }
    Ok(parts)
}

/// Virtual address and number of the program headers, if they are loaded.
fn program_headers(elf: &Elf<'_>, file: &[u8]) -> Option<(u64, u64)> {
    // Fields e_phoff and e_phnum, which `Elf::parse` has checked.
    let offset = u64::from_le_bytes(file.get(32..40)?.try_into().ok()?);
    let count = u16::from_le_bytes(file.get(56..58)?.try_into().ok()?);
    let holds = |s: &Segment<'_>| offset.checked_sub(s.file_offset).is_some_and(|into| into < s.data.len() as u64);
    let segment = elf.segments().find(holds)?;
    Some((segment.vaddr + (offset - segment.file_offset), u64::from(count)))
}
