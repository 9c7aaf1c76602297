//! Machine code with the verdict on it.
//!
//! A verdict belongs to bytes, the slot offset they stand at, and the rules
//! they were judged by. A [`Code`] is these together: the bytes are in sealed
//! memory before they are judged, and nothing makes one but judging. So a
//! sandbox that maps the very pages at the very offset need not ask again,
//! whatever slot it is and whoever else has mapped them.

use crate::{
    Error, PublishError,
    arch::Care,
    host::{PAGE_SIZE, Protection, SealedFile},
};
use lfi_abi::{Kind, Returns, Target, layout, x64::BUNDLE};
use lfi_verifier::{Options, Summary};
use std::sync::Arc;

/// Whether code is verified.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// By the rules of this kind. All of a sandbox's code is of one kind: it
    /// would protect as its weakest part.
    Verify(Kind),
    /// Not at all: the code is trusted like the host's own. Only for measuring
    /// what verification costs.
    Trust,
}

/// Code that can be mapped in any number of sandboxes, at one offset. A cheap
/// handle: clones share the same pages.
///
/// Nothing can change the bytes any more, neither a sandbox nor the host.
#[derive(Clone, Debug)]
pub struct Code {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Whole pages: the code, and `int3` around it.
    file: SealedFile,
    /// Slot offset of the first page.
    offset: u64,
    returns: Returns,
    /// The kind that all code beside it must have.
    kind: Option<Kind>,
    summary: Option<Summary>,
    care: Care,
}

impl Code {
    /// Copies code into sealed memory and judges it there, as standing at the
    /// slot offset `offset`, a multiple of 32, and as returning in this form.
    /// `code` is not looked at again. What is left of its first and last page is
    /// filled with `int3`.
    ///
    /// # Errors
    /// When the verifier refuses it, it does not fit into a slot at that
    /// place, or the host has no memory.
    pub fn new(offset: u64, code: &[u8], returns: Returns, check: Check) -> Result<Self, PublishError> {
        const INT3: u8 = 0xcc;
        let end = offset.checked_add(code.len() as u64).filter(|&end| end <= layout::USER_END);
        let end = end.filter(|_| offset >= layout::USER_START).ok_or(Error::OutOfRange)?;
        if code.is_empty() || !offset.is_multiple_of(BUNDLE) {
            return Err(Error::Unaligned.into());
        }
        let first_page = offset / PAGE_SIZE * PAGE_SIZE;
        let lead = (offset - first_page) as usize;
        let mut contents = vec![INT3; (end.next_multiple_of(PAGE_SIZE) - first_page) as usize];
        contents[lead..lead + code.len()].copy_from_slice(code);
        let file = SealedFile::new(c"lfi-code", &contents)?;
        drop(contents);

        let (kind, summary) = match check {
            Check::Verify(kind) => {
                let options = Options { target: Target::X64, kind, returns };
                let bytes = &file.bytes()[lead..lead + code.len()];
                let summary = lfi_verifier::verify(bytes, offset as u32, &options).map_err(PublishError::Rejected)?;
                (Some(kind), Some(summary))
            }
            Check::Trust => (None, None),
        };
        let care = summary.map_or_else(Care::of_unknown, |summary| Care::of(summary.classes));
        let shared = Shared { file, offset: first_page, returns, kind, summary, care };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Code of the runtime's own. It is judged like all other, by the strictest
    /// rules, and fits beside code of every kind.
    pub(crate) fn of_runtime(offset: u64, code: &[u8], returns: Returns) -> Result<Self, Error> {
        let mut code = Self::new(offset, code, returns, Check::Verify(Kind::Full)).map_err(|error| match error {
            PublishError::Runtime(error) => error,
            PublishError::Rejected(_) => Error::Unsupported("the runtime's own code, which the verifier refuses"),
        })?;
        if let Some(shared) = Arc::get_mut(&mut code.shared) {
            shared.kind = None;
        }
        Ok(code)
    }

    /// What the verifier found; nothing about code that is trusted.
    pub fn summary(&self) -> Option<Summary> {
        self.shared.summary
    }

    /// Slot offset of the first page.
    pub(crate) fn offset(&self) -> u64 {
        self.shared.offset
    }

    /// Bytes, whole pages.
    pub(crate) fn len(&self) -> u64 {
        self.shared.file.len()
    }

    pub(crate) fn returns(&self) -> Returns {
        self.shared.returns
    }

    pub(crate) fn kind(&self) -> Option<Kind> {
        self.shared.kind
    }

    pub(crate) fn care(&self) -> Care {
        self.shared.care
    }

    /// Maps all of it in the slot at `base`, which the caller owns.
    pub(crate) fn map_in(&self, base: u64) -> Result<(), Error> {
        self.shared.file.map_at(base + self.shared.offset, Protection::ReadExecute)
    }
}
