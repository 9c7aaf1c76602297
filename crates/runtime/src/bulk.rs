//! Data between files and a sandbox, without a copy in between: the kernel gets
//! the sandbox's addresses.
//!
//! That is as safe as a thread in the sandbox reading or writing there. The
//! ranges lie in the slot, which holds nothing of the host's and is not used for
//! anything else while the sandbox lives; what is unmapped or changes meanwhile
//! the kernel finds out page by page (`EFAULT`); pages of code are not writable
//! for it either.
//!
//! In an exclusive sandbox nothing may write while a context is inside. A call
//! that reads from a file claims the sandbox for as long as it takes: nobody
//! enters meanwhile. When it has returned the kernel writes no more, whatever the
//! file is. `read` and `preadv2` copy, or, for a file that was opened with
//! `O_DIRECT`, have a device or a server write the pages and wait until that is
//! done; a signal ends that wait, on some file systems, only where it kills the
//! whole process, whose threads do not come back to user mode then. What does go on
//! behind the caller's back (aio, `io_uring`, `vmsplice`, receiving without a copy)
//! is other calls, which nobody makes here. A call that writes to a file leaves the
//! memory as it is, and needs no claim.

#![allow(unsafe_code)] // two system calls with addresses of a sandbox

use crate::{Error, Sandbox, SandboxRange};
use std::os::fd::{AsRawFd, BorrowedFd};

/// Most ranges of one call (`IOV_MAX`); what is beyond is left out, as a short
/// count is.
const MAX_RANGES: usize = 1024;

impl Sandbox {
    /// Reads from a file into ranges of this sandbox, one after another; how many
    /// bytes. Reads at the file's own position when none is given. `flags` are
    /// those of preadv2(2).
    ///
    /// # Errors
    /// When the host cannot read or the place is not writable (`EFAULT`), or the
    /// sandbox is exclusive and in use.
    pub fn read_from(
        &self,
        file: BorrowedFd<'_>,
        to: &[SandboxRange],
        position: Option<u64>,
        flags: i32,
    ) -> Result<usize, Error> {
        let fd = file.as_raw_fd();
        let ranges = self.checked(to)?;
        let _alone = self.exclude()?;
        // One range goes the kernel's shorter way.
        let done = if let ([range], 0) = (ranges, flags) {
            let (at, len) = (start(*range), range.len() as usize);
            match position {
                // SAFETY: the range is the sandbox's, which no value of Rust's lies in.
                None => unsafe { libc::read(fd, at, len) },
                // SAFETY: the same.
                Some(position) => unsafe { libc::pread(fd, at, len, offset(position)) },
            }
        } else {
            let pieces = pieces(ranges);
            let at = position.map_or(-1, offset);
            // SAFETY: the same for every piece.
            unsafe { libc::preadv2(fd, pieces.as_ptr(), pieces.len() as libc::c_int, at, flags) }
        };
        count(done)
    }

    /// Writes ranges of this sandbox to a file; otherwise as [`Self::read_from`].
    ///
    /// # Errors
    /// When the host cannot write or the place is not readable (`EFAULT`).
    pub fn write_to(
        &self,
        file: BorrowedFd<'_>,
        from: &[SandboxRange],
        position: Option<u64>,
        flags: i32,
    ) -> Result<usize, Error> {
        let fd = file.as_raw_fd();
        let ranges = self.checked(from)?;
        let done = if let ([range], 0) = (ranges, flags) {
            let (at, len) = (start(*range), range.len() as usize);
            match position {
                // SAFETY: the range is the sandbox's; the kernel reads what is there.
                None => unsafe { libc::write(fd, at, len) },
                // SAFETY: the same.
                Some(position) => unsafe { libc::pwrite(fd, at, len, offset(position)) },
            }
        } else {
            let pieces = pieces(ranges);
            let at = position.map_or(-1, offset);
            // SAFETY: the same for every piece.
            unsafe { libc::pwritev2(fd, pieces.as_ptr(), pieces.len() as libc::c_int, at, flags) }
        };
        count(done)
    }

    /// As many of the ranges as one call takes, if they are this sandbox's.
    fn checked<'a>(&self, ranges: &'a [SandboxRange]) -> Result<&'a [SandboxRange], Error> {
        let ranges = &ranges[..ranges.len().min(MAX_RANGES)];
        // A range may have been made by another sandbox.
        ranges.iter().try_for_each(|range| self.range(range.start(), range.len()).map(|_| ()))?;
        Ok(ranges)
    }
}

fn start(range: SandboxRange) -> *mut libc::c_void {
    std::ptr::with_exposed_provenance_mut(range.start() as usize)
}

fn pieces(ranges: &[SandboxRange]) -> Vec<libc::iovec> {
    ranges.iter().map(|range| libc::iovec { iov_base: start(*range), iov_len: range.len() as usize }).collect()
}

/// What a call has returned.
fn count(done: isize) -> Result<usize, Error> {
    usize::try_from(done).map_err(|_| Error::Host("reading or writing", std::io::Error::last_os_error()))
}

/// A position as the calls take it.
fn offset(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
