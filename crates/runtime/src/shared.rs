//! Memory that the host and sandboxes have together.

use crate::{Error, PAGE_SIZE, copy, host::SharedFile};
use lfi_abi::layout::{USER_END, USER_START};

/// Memory of the host that can be mapped in sandboxes, too. It is zero at
/// first, takes its room at once, and keeps its length. Dropping it takes it
/// from the host only: sandboxes keep what is mapped there.
///
/// Either only the host can write it, and has it as bytes; or sandboxes can,
/// too, and the host copies in and out.
///
/// Mappings of the first sort are safe in exclusive sandboxes, although the
/// host may write at any time. What must not change there is a return address
/// between its masking and the return, and none is ever on such a page: the
/// instruction that would push it there faults.
#[derive(Debug)]
pub struct SharedMemory {
    file: SharedFile,
}

impl SharedMemory {
    /// Memory that sandboxes can read. `len` is rounded up to whole pages.
    ///
    /// # Errors
    /// When the host has no memory, or the length is zero or larger than any sandbox.
    pub fn readable(len: u64) -> Result<Self, Error> {
        Self::new(len, true)
    }

    /// Memory that sandboxes can read and write.
    ///
    /// # Errors
    /// As [`Self::readable`].
    pub fn writable(len: u64) -> Result<Self, Error> {
        Self::new(len, false)
    }

    fn new(len: u64, read_only: bool) -> Result<Self, Error> {
        // The kernel would try to find memory for whatever is asked, until the host has none left.
        let fits = |len: &u64| (1..=USER_END - USER_START).contains(len);
        let len = len.checked_next_multiple_of(PAGE_SIZE).filter(fits).ok_or(Error::OutOfRange)?;
        Ok(Self { file: SharedFile::new(len, read_only)? })
    }

    /// Length in bytes: whole pages.
    #[allow(clippy::len_without_is_empty)] // never
    pub fn len(&self) -> u64 {
        self.file.len()
    }

    /// Whether sandboxes can write it.
    pub fn is_writable(&self) -> bool {
        !self.file.is_read_only()
    }

    /// The contents, unless sandboxes can write them.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.file.bytes()
    }

    /// The contents to be written, unless sandboxes can do so, too. Sandboxes
    /// that run meanwhile see them half written.
    pub fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        self.file.bytes_mut()
    }

    /// Copies from `offset` until `to` is full, whatever sandboxes do meanwhile.
    ///
    /// # Errors
    /// When it has no such part.
    pub fn read(&self, offset: u64, to: &mut [u8]) -> Result<(), Error> {
        copy::from_shared(&self.file, offset, to)
    }

    /// Copies `from` to `offset`.
    ///
    /// # Errors
    /// When it has no such part.
    pub fn write(&mut self, offset: u64, from: &[u8]) -> Result<(), Error> {
        copy::to_shared(&self.file, offset, from)
    }

    /// Maps all of it at a place that the caller owns.
    pub(crate) fn map_at(&self, start: u64) -> Result<(), Error> {
        self.file.map_at(start)
    }
}
