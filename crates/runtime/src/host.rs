//! The host's memory calls, each wrapped once. What the wrappers take as a
//! plain address is a host address that the caller owns: a reserved slot, or
//! something these functions returned.
#![allow(unsafe_code)] // every function here is one system call on owned memory

pub(crate) mod clock;
mod pagemap;
mod sealed;
mod shared;
pub(crate) mod signal;

pub(crate) use pagemap::written_pages;
pub(crate) use sealed::{Alias, SealedFile};
pub(crate) use shared::SharedFile;

use crate::Error;
use std::{io, os::fd::AsRawFd, os::fd::BorrowedFd, ptr};

/// Size of a page of the host, which the layout assumes.
pub const PAGE_SIZE: u64 = 4096;

/// What a page allows. There is no way to spell writable and executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    None,
    Read,
    ReadWrite,
    ReadExecute,
}

impl Protection {
    fn bits(self) -> libc::c_int {
        match self {
            Self::None => libc::PROT_NONE,
            Self::Read => libc::PROT_READ,
            Self::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
            Self::ReadExecute => libc::PROT_READ | libc::PROT_EXEC,
        }
    }
}

pub(crate) fn last_error(call: &'static str) -> Error {
    Error::Host(call, io::Error::last_os_error())
}

/// A mapping of the host that this object owns: unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: u64,
    len: u64,
}

impl Mapping {
    /// Reserves `len` bytes somewhere: no access, no memory.
    pub(crate) fn reserve(len: u64) -> Result<Self, Error> {
        let size = size(len)?;
        // SAFETY: a new anonymous mapping at a place the kernel chooses touches nothing that exists.
        let at = unsafe {
            libc::mmap(
                ptr::null_mut(),
                size,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if at == libc::MAP_FAILED { Err(last_error("mmap")) } else { Ok(Self { start: at as u64, len }) }
    }

    /// Like [`Self::reserve`], at `start` or nowhere.
    pub(crate) fn reserve_at(start: u64, len: u64) -> Result<Self, Error> {
        let size = size(len)?;
        // SAFETY: MAP_FIXED_NOREPLACE fails instead of replacing a mapping.
        let at = unsafe {
            libc::mmap(
                start as *mut libc::c_void,
                size,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED_NOREPLACE,
                -1,
                0,
            )
        };
        if at == libc::MAP_FAILED {
            return Err(last_error("mmap"));
        }
        let mapping = Self { start: at as u64, len };
        if mapping.start == start {
            Ok(mapping)
        } else {
            Err(Error::Unsupported("a kernel without MAP_FIXED_NOREPLACE"))
        }
    }

    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    pub(crate) fn end(&self) -> u64 {
        self.start + self.len
    }

    /// Gives back everything outside `[start, end)`.
    pub(crate) fn trim(&mut self, start: u64, end: u64) {
        assert!(self.start <= start && start <= end && end <= self.end());
        unmap(self.start, start - self.start);
        unmap(end, self.end() - end);
        (self.start, self.len) = (start, end - start);
    }

    /// Fills the mapping with `bytes` and makes it executable. The pages are
    /// writable before and executable after, never both.
    pub(crate) fn write_code(&self, bytes: &[u8]) -> Result<(), Error> {
        assert!(bytes.len() as u64 <= self.len);
        protect(self.start, self.len, Protection::ReadWrite)?;
        // SAFETY: the mapping is writable, at least that long, and nobody has seen its address yet.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.start as *mut u8, bytes.len()) };
        protect(self.start, self.len, Protection::ReadExecute)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        unmap(self.start, self.len);
    }
}

fn size(len: u64) -> Result<usize, Error> {
    usize::try_from(len).map_err(|_| Error::OutOfRange)
}

fn unmap(start: u64, len: u64) {
    if len > 0 {
        // SAFETY: only called on parts of mappings that `Mapping` owns.
        unsafe { libc::munmap(start as *mut libc::c_void, len as usize) };
    }
}

/// Replaces what is mapped in an owned range by fresh zero pages (or by
/// nothing, with `Protection::None`).
pub(crate) fn map_anonymous(start: u64, len: u64, protection: Protection) -> Result<(), Error> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    map(start, len, protection, flags, -1, 0)
}

/// Replaces what is mapped in an owned range by a part of a file. Never
/// executable.
///
/// Only regular files of file systems that keep to the length asked for and
/// hold data: see [`check_file`].
///
/// A file's own `mmap` can fail after the kernel has already taken away what
/// was mapped at a fixed place. So the file is mapped elsewhere first, where
/// failing does no harm, and then moved.
pub(crate) fn map_file(
    start: u64,
    len: u64,
    protection: Protection,
    shared: bool,
    file: BorrowedFd<'_>,
    offset: u64,
) -> Result<(), Error> {
    assert!(protection != Protection::ReadExecute);
    check_file(file)?;
    let sharing = if shared { libc::MAP_SHARED } else { libc::MAP_PRIVATE | libc::MAP_NORESERVE };
    let size = size(len)?;
    let offset = libc::off_t::try_from(offset).map_err(|_| Error::OutOfRange)?;
    // SAFETY: a new mapping at a place the kernel chooses touches nothing that exists.
    let elsewhere = unsafe { libc::mmap(ptr::null_mut(), size, protection.bits(), sharing, file.as_raw_fd(), offset) };
    if elsewhere == libc::MAP_FAILED {
        return Err(last_error("mmap"));
    }
    // SAFETY: moves a mapping that only this function knows over a range that the caller owns.
    let at = unsafe {
        libc::mremap(elsewhere, size, size, libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED, start as *mut libc::c_void)
    };
    if at == libc::MAP_FAILED {
        let error = last_error("mremap");
        close_hole(start, len);
        unmap(elsewhere as u64, len);
        return Err(error);
    }
    Ok(())
}

/// To be called when a call that replaces mappings at a fixed place has failed:
/// the kernel may have taken away what was there already. Afterwards the range
/// holds what it held before, or nothing, without access.
///
/// # Aborts
/// When the hole cannot be closed. Whatever the host maps next could land in
/// it, inside the sandbox, so no error that a caller could survive is right.
/// This is the one place where the runtime ends the process.
fn close_hole(start: u64, len: u64) {
    // SAFETY: with this flag the call does nothing but to fail when a page of the range is not mapped.
    let whole = unsafe { libc::msync(start as *mut libc::c_void, len as usize, libc::MS_ASYNC) } == 0;
    if whole {
        return;
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED;
    // SAFETY: the range is owned by the caller of the failed call.
    let at = unsafe { libc::mmap(start as *mut libc::c_void, len as usize, libc::PROT_NONE, flags, -1, 0) };
    if at == libc::MAP_FAILED {
        eprintln!(
            "lfi: a hole in the slot of a sandbox at {start:#x} cannot be closed: {}",
            io::Error::last_os_error()
        );
        std::process::abort();
    }
}

/// Refuses files whose mappings are not plain pages of data.
///
/// The kernel rounds the length of a mapping of hugetlbfs up to huge pages: it
/// would cover guards or code. (No other file system of Linux has a say in
/// lengths; their block sizes do not matter.) The kernel's own file systems
/// hold no data, but ways into it.
fn check_file(file: BorrowedFd<'_>) -> Result<(), Error> {
    const REFUSED: [u64; 9] = [
        0x9584_58f6, // hugetlbfs
        0x6265_6572, // sysfs
        0x6462_6720, // debugfs
        0x7472_6163, // tracefs
        0x9fa0,      // proc
        0x7363_6673, // securityfs
        0x6265_6570, // configfs
        0xcafe_4a11, // bpf
        0x6367_7270, // cgroup2
    ];
    let mut stat = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: the kernel fills the structure.
    if unsafe { libc::fstat(file.as_raw_fd(), stat.as_mut_ptr()) } != 0 {
        return Err(last_error("fstat"));
    }
    // SAFETY: zero was valid before, and the kernel has filled it.
    let stat = unsafe { stat.assume_init() };
    let mut system = std::mem::MaybeUninit::<libc::statfs>::zeroed();
    // SAFETY: the kernel fills the structure.
    if unsafe { libc::fstatfs(file.as_raw_fd(), system.as_mut_ptr()) } != 0 {
        return Err(last_error("fstatfs"));
    }
    // SAFETY: as above.
    let system = unsafe { system.assume_init() };
    if stat.st_mode & libc::S_IFMT != libc::S_IFREG || REFUSED.contains(&(system.f_type as u64 & 0xffff_ffff)) {
        return Err(Error::Unsupported("mapping a file that does not hold plain data"));
    }
    Ok(())
}

fn map(
    start: u64,
    len: u64,
    protection: Protection,
    flags: libc::c_int,
    fd: libc::c_int,
    offset: u64,
) -> Result<(), Error> {
    let size = size(len)?;
    let offset = libc::off_t::try_from(offset).map_err(|_| Error::OutOfRange)?;
    // SAFETY: replaces mappings only in a range that the caller owns and that holds no Rust object.
    let at =
        unsafe { libc::mmap(start as *mut libc::c_void, size, protection.bits(), flags | libc::MAP_FIXED, fd, offset) };
    if at == libc::MAP_FAILED {
        let error = last_error("mmap");
        close_hole(start, len);
        return Err(error);
    }
    Ok(())
}

/// Changes what an owned range allows.
pub(crate) fn protect(start: u64, len: u64, protection: Protection) -> Result<(), Error> {
    let size = size(len)?;
    // SAFETY: the range is owned by the caller and holds no Rust object.
    let result = unsafe { libc::mprotect(start as *mut libc::c_void, size, protection.bits()) };
    if result == 0 { Ok(()) } else { Err(last_error("mprotect")) }
}

/// Throws away the contents of an owned range: anonymous private pages read as
/// zero afterwards, private file pages as the file.
pub(crate) fn discard(start: u64, len: u64) -> Result<(), Error> {
    let size = size(len)?;
    // SAFETY: the range is owned by the caller and holds no Rust object.
    let result = unsafe { libc::madvise(start as *mut libc::c_void, size, libc::MADV_DONTNEED) };
    if result == 0 { Ok(()) } else { Err(last_error("madvise")) }
}

/// Moves the private pages of one owned range to another of the same length,
/// which is replaced. Both stay mapped; nothing is mapped in the first
/// afterwards but an empty copy of its mapping. On an error the second holds
/// what it held before, or nothing.
pub(crate) fn move_pages(from: u64, to: u64, len: u64) -> Result<(), Error> {
    let size = size(len)?;
    // SAFETY: both ranges are owned by the caller and hold no Rust object.
    let at = unsafe {
        libc::mremap(
            from as *mut libc::c_void,
            size,
            size,
            libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED | libc::MREMAP_DONTUNMAP,
            to as *mut libc::c_void,
        )
    };
    if at == libc::MAP_FAILED {
        let error = last_error("mremap");
        close_hole(to, len);
        return Err(error);
    }
    Ok(())
}

/// Random bits from the kernel.
pub(crate) fn random() -> Result<u64, Error> {
    let mut bytes = [0u8; 8];
    // SAFETY: the buffer is valid for the length given.
    let n = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    if n == 8 { Ok(u64::from_ne_bytes(bytes)) } else { Err(last_error("getrandom")) }
}

/// The lowest address at which an unprivileged process can map anything, or all
/// ones where the kernel does not say.
pub(crate) fn least_address() -> u64 {
    let text = std::fs::read_to_string("/proc/sys/vm/mmap_min_addr").unwrap_or_default();
    text.trim().parse::<u64>().map_or(u64::MAX, |least| least.next_multiple_of(PAGE_SIZE))
}

/// A value of the auxiliary vector (0 when absent).
pub(crate) fn auxiliary(key: libc::c_ulong) -> u64 {
    // SAFETY: reads a table the C library keeps.
    unsafe { libc::getauxval(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_whole(mapping: &Mapping) -> bool {
        // SAFETY: fails when a page is not mapped, and does nothing else.
        unsafe { libc::msync(mapping.start as *mut libc::c_void, mapping.len as usize, libc::MS_ASYNC) == 0 }
    }

    #[test]
    fn holes_are_closed_and_what_is_mapped_stays() {
        let mapping = Mapping::reserve(4 * PAGE_SIZE).unwrap();
        map_anonymous(mapping.start, 2 * PAGE_SIZE, Protection::ReadWrite).unwrap();
        // SAFETY: the page is ours and writable.
        unsafe { (mapping.start as *mut u8).write(7) };
        close_hole(mapping.start, mapping.len);
        // SAFETY: the page is ours and readable.
        assert_eq!(unsafe { (mapping.start as *const u8).read() }, 7);
        // What a failed call of the kernel can leave behind.
        unmap(mapping.start + PAGE_SIZE, PAGE_SIZE);
        assert!(!is_whole(&mapping));
        close_hole(mapping.start + PAGE_SIZE, PAGE_SIZE);
        assert!(is_whole(&mapping));
    }
}
