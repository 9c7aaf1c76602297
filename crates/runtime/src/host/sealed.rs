//! Files in memory that nothing can change any more.
//!
//! The seals: `F_SEAL_FUTURE_WRITE` refuses `write`, hole punching and new
//! writable shared mappings, and takes the right to become writable from
//! read-only ones; `SHRINK`, `GROW` and `SEAL` keep the rest as it is. A shared
//! mapping of such a file cannot be made writable by `mprotect`, and no
//! `madvise` empties it. (`F_SEAL_WRITE` would say the same, but kernels before
//! 6.7 refuse to map such a file shared.)

use super::{Protection, last_error, map};
use crate::Error;
use std::{
    fs::File,
    os::{
        fd::{AsRawFd, FromRawFd},
        unix::fs::FileExt,
    },
    ptr, slice,
    sync::atomic::{AtomicU64, Ordering},
};

/// A sealed file in memory, with a read-only view of all of it.
#[derive(Debug)]
pub(crate) struct SealedFile {
    file: File,
    view: *const u8,
    len: usize,
}

// SAFETY: the view is read-only, immutable memory that the object owns.
unsafe impl Send for SealedFile {}
// SAFETY: as above; no method changes anything.
unsafe impl Sync for SealedFile {}

impl SealedFile {
    /// A file that holds `bytes` for ever.
    pub(crate) fn new(name: &std::ffi::CStr, bytes: &[u8]) -> Result<Self, Error> {
        let file = create(name)?;
        file.write_all_at(bytes, 0).map_err(|e| Error::Host("write", e))?;
        seal(&file)?;
        let view = map_whole(&file, bytes.len(), Protection::Read)?;
        Ok(Self { file, view, len: bytes.len() })
    }

    /// The contents: the very pages that [`Self::map_at`] maps.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the view is mapped for as long as `self`, and the seals keep everyone from writing to it.
        unsafe { slice::from_raw_parts(self.view, self.len) }
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len as u64
    }

    /// Maps a part at an owned place, where what is written stays.
    pub(crate) fn map_privately(&self, start: u64, len: u64, protection: Protection, offset: u64) -> Result<(), Error> {
        map_privately(&self.file, start, len, protection, offset)
    }

    /// Maps the whole file at an owned place.
    pub(crate) fn map_at(&self, start: u64, protection: Protection) -> Result<(), Error> {
        assert!(protection != Protection::ReadWrite);
        map(start, self.len as u64, protection, libc::MAP_SHARED, self.file.as_raw_fd(), 0)
    }
}

impl Drop for SealedFile {
    fn drop(&mut self) {
        super::unmap(self.view as u64, self.len as u64);
    }
}

/// A sealed file with the one writable view of it, for the host alone.
#[derive(Debug)]
pub(crate) struct Alias {
    file: File,
    view: *mut u8,
    len: usize,
}

// SAFETY: memory the object owns, written only through `word`, as atomics.
unsafe impl Send for Alias {}
// SAFETY: as above.
unsafe impl Sync for Alias {}

impl Alias {
    /// A file of `len` zero bytes, which take no memory until they are written.
    pub(crate) fn new(name: &std::ffi::CStr, len: u64) -> Result<Self, Error> {
        let file = create(name)?;
        file.set_len(len).map_err(|e| Error::Host("ftruncate", e))?;
        let len = super::size(len)?;
        let view = map_whole(&file, len, Protection::ReadWrite)?;
        let alias = Self { file, view, len };
        seal(&alias.file)?;
        Ok(alias)
    }

    /// Maps a part read-only at an owned place.
    pub(crate) fn map_at(&self, start: u64, len: u64, offset: u64) -> Result<(), Error> {
        map(start, len, Protection::Read, libc::MAP_SHARED, self.file.as_raw_fd(), offset)
    }

    /// Maps a part at an owned place, where what is written stays.
    pub(crate) fn map_privately(&self, start: u64, len: u64, protection: Protection, offset: u64) -> Result<(), Error> {
        map_privately(&self.file, start, len, protection, offset)
    }

    /// Writes whole words.
    pub(crate) fn write(&self, offset: usize, bytes: &[u8]) {
        for (at, word) in (offset..).step_by(8).zip(bytes.chunks_exact(8)) {
            self.word(at).store(word.try_into().map_or(0, u64::from_ne_bytes), Ordering::Relaxed);
        }
    }

    /// Where a part is in the view, which stays mapped as long as `self`.
    pub(crate) fn place(&self, offset: u64, len: u64) -> *const u8 {
        assert!(offset.checked_add(len).is_some_and(|end| end <= self.len as u64));
        self.view.wrapping_add(offset as usize)
    }

    /// One aligned word of the file.
    #[inline]
    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset + 8 <= self.len);
        // SAFETY: aligned, inside the view, which lives as long as `self`; only accessed as an atomic.
        unsafe { AtomicU64::from_ptr(self.view.wrapping_add(offset).cast()) }
    }
}

impl Drop for Alias {
    fn drop(&mut self) {
        super::unmap(self.view as u64, self.len as u64);
    }
}

pub(super) fn create(name: &std::ffi::CStr) -> Result<File, Error> {
    // SAFETY: the name is a valid C string.
    let fd = unsafe { libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING) };
    if fd < 0 {
        return Err(last_error("memfd_create"));
    }
    // SAFETY: a new descriptor that nobody else owns.
    Ok(unsafe { File::from_raw_fd(fd) })
}

fn seal(file: &File) -> Result<(), Error> {
    let seals = libc::F_SEAL_FUTURE_WRITE | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    // SAFETY: fcntl with integer arguments on an open descriptor.
    let result = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) };
    if result == 0 { Ok(()) } else { Err(last_error("fcntl")) }
}

fn map_privately(file: &File, start: u64, len: u64, protection: Protection, offset: u64) -> Result<(), Error> {
    assert!(protection != Protection::ReadExecute);
    map(start, len, protection, libc::MAP_PRIVATE | libc::MAP_NORESERVE, file.as_raw_fd(), offset)
}

pub(super) fn map_whole(file: &File, len: usize, protection: Protection) -> Result<*mut u8, Error> {
    // SAFETY: a new mapping at a place the kernel chooses.
    let at = unsafe { libc::mmap(ptr::null_mut(), len, protection.bits(), libc::MAP_SHARED, file.as_raw_fd(), 0) };
    if at == libc::MAP_FAILED { Err(last_error("mmap")) } else { Ok(at.cast()) }
}
