//! Loading: from the bytes of a file to a sandbox whose context stands at the
//! program's entry.
//!
//! The file's bytes are parsed, verified and copied from one buffer; the file
//! itself is not looked at again.

use crate::{
    memory::{Backing, Memory, Region, Regions, STACK_SIZE},
    stack,
};
use lfi_abi::{
    Kind, Target,
    layout::{MODULE_OFFSET, USER_END},
    note::Note,
};
use lfi_runtime::{Access, Check, Context, Error, PAGE_SIZE, PublishError, Sandbox};
use lfi_verifier::{
    Violation,
    elf::{Elf, ElfError, Segment},
};
use std::ffi::CString;

/// A program file that is one of ours, not yet verified.
#[derive(Clone, Copy, Debug)]
pub struct Module<'a> {
    elf: Elf<'a>,
    file: &'a [u8],
    note: Note,
    entry: u64,
}

/// What is demanded of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Verify the code. Without it the program is trusted like the host.
    pub verify: bool,
    /// The least protection that is accepted. [`Kind::Stores`] lets the program
    /// read all of the host's memory, [`Kind::Jumps`] write it, too.
    pub least_kind: Kind,
}

impl Default for Policy {
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
        /// What the policy demands.
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

impl<'a> Module<'a> {
    /// Parses a whole file and checks that it is a program built for LFI.
    ///
    /// # Errors
    /// What it lacks.
    pub fn parse(file: &'a [u8]) -> Result<Self, LoadError> {
        let elf = Elf::parse(file).map_err(LoadError::Elf)?;
        if elf.interpreter().is_some() {
            return Err(LoadError::Dynamic);
        }
        let note = elf.note().map_err(LoadError::Elf)?;
        let entry = elf.entry().ok_or(LoadError::NoEntry)?;
        Ok(Self { elf, file, note, entry })
    }

    /// What the file was built to.
    pub fn note(&self) -> Note {
        self.note
    }

    /// Virtual address and number of the program headers, if they are loaded.
    fn program_headers(&self) -> Option<(u64, u64)> {
        // Fields e_phoff and e_phnum, which `Elf::parse` has checked.
        let offset = u64::from_le_bytes(self.file.get(32..40)?.try_into().ok()?);
        let count = u16::from_le_bytes(self.file.get(56..58)?.try_into().ok()?);
        let segment = self
            .elf
            .segments()
            .find(|s| offset.checked_sub(s.file_offset).is_some_and(|into| into < s.data.len() as u64))?;
        Some((segment.vaddr + (offset - segment.file_offset), u64::from(count)))
    }
}

/// Fills a sandbox with a program; returns what is mapped and a context at the
/// entry point.
pub(crate) fn load(
    sandbox: &Sandbox,
    module: &Module<'_>,
    policy: Policy,
    arguments: &[CString],
    environment: &[CString],
) -> Result<(Memory, Context), LoadError> {
    let note = module.note;
    if note.target != Target::X64 {
        return Err(LoadError::Target(note.target));
    }
    if policy.verify && note.kind < policy.least_kind {
        return Err(LoadError::Kind { found: note.kind, demanded: policy.least_kind });
    }
    let check = if policy.verify { Check::Verify(note.kind) } else { Check::Trust };

    let mut regions = Regions::default();
    // Code first: a refused program costs nothing else.
    for segment in module.elf.segments().filter(|s| s.executable) {
        let start = MODULE_OFFSET + segment.vaddr;
        sandbox.publish(sandbox.base() + start, segment.data, check)?;
        let (first, end) = pages(&segment);
        regions.insert(first, end, Region { access: Access::Read, backing: Backing::Code });
    }
    load_data(sandbox, module, &mut regions)?;

    let stack = USER_END - STACK_SIZE;
    let range = sandbox.range(sandbox.base() + stack, STACK_SIZE).map_err(Error::from)?;
    sandbox.map(range, Access::ReadWrite)?;
    regions.insert(stack, USER_END, Region { access: Access::ReadWrite, backing: Backing::Anonymous });

    let image = stack::Image {
        base: sandbox.base(),
        top: sandbox.base() + USER_END,
        program_headers: module.program_headers(),
        entry: sandbox.base() + MODULE_OFFSET + module.entry,
        module: sandbox.base() + MODULE_OFFSET,
        arguments,
        environment,
    };
    let (stack_pointer, block) = image.build().map_err(LoadError::Runtime)?.ok_or(LoadError::ArgumentsTooLong)?;
    sandbox.write(stack_pointer, &block)?;

    let mut context = Context::new();
    context.registers_mut().rip = image.entry;
    context.registers_mut().rsp = stack_pointer;
    let memory = Memory::new(regions, MODULE_OFFSET + module.elf.span());
    Ok((memory, context))
}

/// The slot offsets of a segment's pages.
fn pages(segment: &Segment<'_>) -> (u64, u64) {
    let start = (MODULE_OFFSET + segment.vaddr) / PAGE_SIZE * PAGE_SIZE;
    (start, (MODULE_OFFSET + segment.end()).next_multiple_of(PAGE_SIZE))
}

/// Maps and fills everything that is not code. Segments may share a page; a
/// page that belongs to a writable one is writable.
fn load_data(sandbox: &Sandbox, module: &Module<'_>, regions: &mut Regions) -> Result<(), LoadError> {
    let data = || module.elf.segments().filter(|s| !s.executable && s.size > 0);
    let range = |start, end| sandbox.range(sandbox.base() + start, end - start).map_err(Error::from);
    for segment in data() {
        let (start, end) = pages(&segment);
        // What an earlier segment filled stays.
        let start = regions.overlapping(start, end).map(|(_, e, _)| e).max().unwrap_or(start);
        if start < end {
            sandbox.map(range(start, end)?, Access::ReadWrite)?;
            regions.insert(start, end, Region { access: Access::ReadWrite, backing: Backing::Anonymous });
        }
        sandbox.write(sandbox.base() + MODULE_OFFSET + segment.vaddr, segment.data)?;
    }
    let writable: Vec<_> = data().filter(|s| s.writable).map(|s| pages(&s)).collect();
    for segment in data().filter(|s| !s.writable) {
        let (start, end) = pages(&segment);
        let access = if segment.readable { Access::Read } else { Access::None };
        for page in (start..end).step_by(PAGE_SIZE as usize) {
            if !writable.iter().any(|&(s, e)| (s..e).contains(&page)) {
                regions.insert(page, page + PAGE_SIZE, Region { access, backing: Backing::Anonymous });
            }
        }
        for (start, end, region) in regions.overlapping(start, end).collect::<Vec<_>>() {
            if region.access != Access::ReadWrite {
                sandbox.protect(range(start, end)?, region.access)?;
            }
        }
    }
    Ok(())
}
