//! Copies of sandbox memory. The memory may change at any time and may not be
//! accessible: a fault is an error of the copy.
#![allow(unsafe_code)] // one call of the assembly copy each way

use crate::{Error, SandboxRange, arch};

/// Copies out of the sandbox; the buffer must be as long as the range. After
/// an error the buffer's contents are unspecified.
pub(crate) fn read(from: SandboxRange, to: &mut [u8]) -> Result<(), Error> {
    assert_eq!(from.len(), to.len() as u64);
    // SAFETY: the buffer is ours for its length; the range lies in a slot, where no Rust object lives.
    let left = unsafe { arch::copy(to.as_mut_ptr(), from.start() as *const u8, to.len()) };
    if left == 0 { Ok(()) } else { Err(Error::Fault) }
}

/// Copies into the sandbox; the buffer must be as long as the range. After an
/// error a part at the start may have been written.
pub(crate) fn write(to: SandboxRange, from: &[u8]) -> Result<(), Error> {
    assert_eq!(to.len(), from.len() as u64);
    // SAFETY: as above, the other way round; code and the runtime page are not writable.
    let left = unsafe { arch::copy(to.start() as *mut u8, from.as_ptr(), from.len()) };
    if left == 0 { Ok(()) } else { Err(Error::Fault) }
}
