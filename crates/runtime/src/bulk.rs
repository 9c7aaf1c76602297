//! Data between files and a sandbox, without a copy in between: the kernel gets
//! the sandbox's addresses.
//!
//! That is as safe as a thread in the sandbox reading or writing there. The
//! ranges lie in the slot, which holds nothing of the host's and is not used for
//! anything else while the sandbox lives; what is unmapped or changes meanwhile
//! the kernel finds out page by page (`EFAULT`); pages of code are not writable
//! for it either. In an exclusive sandbox nothing may write while a context is
//! inside, and a call of the host takes as long as it takes: refused.

#![allow(unsafe_code)] // two system calls with addresses of a sandbox

use crate::{Error, Sandbox, SandboxRange};
use lfi_abi::Returns;
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
    /// sandbox is exclusive.
    pub fn read_from(
        &self,
        file: BorrowedFd<'_>,
        to: &[SandboxRange],
        position: Option<u64>,
        flags: i32,
    ) -> Result<usize, Error> {
        self.transfer("preadv2", to, |pieces, count| {
            // SAFETY: the pieces are ranges of the sandbox, which no value of Rust's lies in.
            unsafe { libc::preadv2(file.as_raw_fd(), pieces, count, offset(position), flags) }
        })
    }

    /// Writes ranges of this sandbox to a file; otherwise as [`Self::read_from`].
    ///
    /// # Errors
    /// As [`Self::read_from`].
    pub fn write_to(
        &self,
        file: BorrowedFd<'_>,
        from: &[SandboxRange],
        position: Option<u64>,
        flags: i32,
    ) -> Result<usize, Error> {
        self.transfer("pwritev2", from, |pieces, count| {
            // SAFETY: the pieces are ranges of the sandbox; the kernel reads what is there.
            unsafe { libc::pwritev2(file.as_raw_fd(), pieces, count, offset(position), flags) }
        })
    }

    fn transfer(
        &self,
        name: &'static str,
        ranges: &[SandboxRange],
        call: impl FnOnce(*const libc::iovec, libc::c_int) -> isize,
    ) -> Result<usize, Error> {
        if self.returns() == Returns::Ret {
            return Err(Error::Unsupported("the kernel in the memory of an exclusive sandbox"));
        }
        let ranges = &ranges[..ranges.len().min(MAX_RANGES)];
        // A range may have been made by another sandbox.
        ranges.iter().try_for_each(|range| self.range(range.start(), range.len()).map(|_| ()))?;
        let piece = |range: &SandboxRange| libc::iovec {
            iov_base: std::ptr::with_exposed_provenance_mut(range.start() as usize),
            iov_len: range.len() as usize,
        };
        let done = if let [range] = ranges {
            let piece = piece(range);
            call(&raw const piece, 1)
        } else {
            let pieces: Vec<_> = ranges.iter().map(piece).collect();
            call(pieces.as_ptr(), pieces.len() as libc::c_int)
        };
        usize::try_from(done).map_err(|_| Error::Host(name, std::io::Error::last_os_error()))
    }
}

/// A position as the calls take it: -1 stands for the file's own.
fn offset(position: Option<u64>) -> i64 {
    position.map_or(-1, |position| i64::try_from(position).unwrap_or(i64::MAX))
}
