//! Memory of the host that sandboxes have, too.

use super::{
    Protection, last_error, map,
    sealed::{create, map_whole},
};
use crate::Error;
use std::{fs::File, os::fd::AsRawFd, slice};

/// A file in memory that cannot change its length, with the host's view of it.
/// All of its pages are there from the beginning.
#[derive(Debug)]
pub(crate) struct SharedFile {
    file: File,
    view: *mut u8,
    len: usize,
    /// Nobody but the host's view can write it.
    read_only: bool,
}

// SAFETY: memory the object owns; what others may do with it at the same time is said at each method.
unsafe impl Send for SharedFile {}
// SAFETY: as above.
unsafe impl Sync for SharedFile {}

impl SharedFile {
    /// A file of `len` zero bytes that sandboxes can read, or write, too.
    pub(crate) fn new(len: u64, read_only: bool) -> Result<Self, Error> {
        let file = create(c"lfi-shared")?;
        let size = libc::off_t::try_from(len).map_err(|_| Error::OutOfRange)?;
        // Memory that is not there would be a fault in the host later.
        // SAFETY: a system call with integer arguments on an open descriptor.
        if unsafe { libc::fallocate(file.as_raw_fd(), 0, 0, size) } != 0 {
            return Err(last_error("fallocate"));
        }
        let len = super::size(len)?;
        let shared = Self { view: map_whole(&file, len, Protection::ReadWrite)?, file, len, read_only };
        // The first of these is about mappings from here on.
        let writers = if read_only { libc::F_SEAL_FUTURE_WRITE } else { 0 };
        let seals = writers | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
        // SAFETY: fcntl with integer arguments on an open descriptor.
        if unsafe { libc::fcntl(shared.file.as_raw_fd(), libc::F_ADD_SEALS, seals) } != 0 {
            return Err(last_error("fcntl"));
        }
        Ok(shared)
    }

    /// Maps the whole file at an owned place.
    pub(crate) fn map_at(&self, start: u64) -> Result<(), Error> {
        let protection = if self.read_only { Protection::Read } else { Protection::ReadWrite };
        map(start, self.len as u64, protection, libc::MAP_SHARED, self.file.as_raw_fd(), 0)
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len as u64
    }

    /// Whether nobody but the host can write it.
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Where the host sees it.
    pub(crate) fn view(&self) -> *mut u8 {
        self.view
    }

    /// The contents, unless sandboxes can write them.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        // SAFETY: mapped for as long as `self`; only `bytes_mut` gives a way to write, and the seals keep sandboxes
        // from doing so.
        self.read_only.then(|| unsafe { slice::from_raw_parts(self.view, self.len) })
    }

    /// The same, to be written. Sandboxes see it while it is written.
    pub(crate) fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        // SAFETY: as above; `self` is borrowed mutably, and what sandboxed code reads meanwhile is no Rust access.
        self.read_only.then(|| unsafe { slice::from_raw_parts_mut(self.view, self.len) })
    }
}

impl Drop for SharedFile {
    fn drop(&mut self) {
        super::unmap(self.view as u64, self.len as u64);
    }
}
