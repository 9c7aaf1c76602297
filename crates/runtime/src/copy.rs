//! Copies of sandbox memory. The memory may change at any time and may not be
//! accessible: a fault is an error of the copy.
#![allow(unsafe_code)] // calls of the assembly

use crate::{
    Error, SandboxRange, arch,
    host::{Alias, PAGE_SIZE, SharedFile},
};

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

/// Copies out of memory that sandboxes may be writing.
pub(crate) fn from_shared(from: &SharedFile, offset: u64, to: &mut [u8]) -> Result<(), Error> {
    let place = place(from, offset, to.len())?;
    // SAFETY: the buffer is ours for its length; the place is inside the view, which nobody has borrowed mutably. What
    // others write meanwhile the assembly does not mind.
    let left = unsafe { arch::copy(to.as_mut_ptr(), place, to.len()) };
    if left == 0 { Ok(()) } else { Err(Error::Fault) }
}

/// Copies into memory that sandboxes may be reading and writing. The caller has
/// it borrowed mutably.
pub(crate) fn to_shared(to: &SharedFile, offset: u64, from: &[u8]) -> Result<(), Error> {
    let place = place(to, offset, from.len())?;
    // SAFETY: as above, the other way round; nobody has borrowed the view.
    let left = unsafe { arch::copy(place, from.as_ptr(), from.len()) };
    if left == 0 { Ok(()) } else { Err(Error::Fault) }
}

/// Where a part of shared memory is.
fn place(file: &SharedFile, offset: u64, len: usize) -> Result<*mut u8, Error> {
    match offset.checked_add(len as u64) {
        Some(end) if end <= file.len() => Ok(file.view().wrapping_add(offset as usize)),
        _ => Err(Error::OutOfRange),
    }
}

/// Copies `from` into the sandbox, out of memory that nobody writes now.
pub(crate) fn write_from(to: SandboxRange, from: &Alias, offset: u64) -> Result<(), Error> {
    let from = from.place(offset, to.len());
    // SAFETY: the place is readable for that length while the file's object is borrowed; for `to` as above.
    let left = unsafe { arch::copy(to.start() as *mut u8, from, to.len() as usize) };
    if left == 0 { Ok(()) } else { Err(Error::Fault) }
}

/// Fills whole pages of the sandbox with zeros.
pub(crate) fn clear(range: SandboxRange) -> Result<(), Error> {
    static ZEROS: [u8; PAGE_SIZE as usize] = [0; PAGE_SIZE as usize];
    for page in (range.start()..range.end()).step_by(ZEROS.len()) {
        // SAFETY: the zeros are ours for their length; the page lies in a slot, where no Rust object lives.
        let left = unsafe { arch::copy(page as *mut u8, ZEROS.as_ptr(), ZEROS.len()) };
        if left != 0 {
            return Err(Error::Fault);
        }
    }
    Ok(())
}

/// Loads a word as a whole: what others store there at the same time is seen
/// all or not at all.
pub(crate) fn load(from: SandboxRange) -> Result<u32, Error> {
    // SAFETY: the word lies in a slot, where no Rust object lives.
    unsafe { arch::load(word(from)?) }.ok_or(Error::Fault)
}

/// Stores a word as a whole.
pub(crate) fn store(to: SandboxRange, value: u32) -> Result<(), Error> {
    // SAFETY: as above; code and the runtime page are not writable.
    if unsafe { arch::store(word(to)?, value) } { Ok(()) } else { Err(Error::Fault) }
}

fn word(range: SandboxRange) -> Result<*mut u32, Error> {
    if range.len() == 4 && range.start().is_multiple_of(4) {
        Ok(range.start() as *mut u32)
    } else {
        Err(Error::Unaligned)
    }
}
