//! Copies of the program's memory: everything a handler reads or writes
//! through a pointer goes through here, once.

use crate::{memory::errno, process::Process};
use rustix::io::Errno;
use std::ffi::{CStr, CString};

/// Longest path, with its terminator (limits.h).
pub(crate) const PATH_MAX: usize = 4096;
/// Most elements of an iovec array (limits.h).
pub(crate) const IOV_MAX: u64 = 1024;

/// Bytes of a path that are copied at a time.
const CHUNK: usize = 256;

/// Room for a path: on the stack for most of them.
pub(crate) struct PathRoom {
    short: [u8; CHUNK],
    long: Vec<u8>,
}

impl PathRoom {
    pub(crate) fn new() -> Self {
        Self { short: [0; CHUNK], long: Vec::new() }
    }
}

/// A piece of the program's memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slice {
    pub(crate) address: u64,
    pub(crate) len: u64,
}

impl Process {
    /// Copies bytes out of the program.
    pub(crate) fn read_bytes(&self, from: u64, to: &mut [u8]) -> Result<(), Errno> {
        self.sandbox.read(from, to).map_err(|e| errno(&e))
    }

    /// Copies a structure of `N` bytes out of the program.
    pub(crate) fn read_array<const N: usize>(&self, from: u64) -> Result<[u8; N], Errno> {
        let mut bytes = [0; N];
        self.read_bytes(from, &mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn read_u64(&self, from: u64) -> Result<u64, Errno> {
        self.read_array(from).map(u64::from_ne_bytes)
    }

    pub(crate) fn read_u32(&self, from: u64) -> Result<u32, Errno> {
        self.read_array(from).map(u32::from_ne_bytes)
    }

    /// Copies bytes into the program.
    pub(crate) fn write_bytes(&self, to: u64, from: &[u8]) -> Result<(), Errno> {
        self.sandbox.write(to, from).map_err(|e| errno(&e))
    }

    /// Like [`Self::write_bytes`], but a null pointer means that the program
    /// does not want the value.
    pub(crate) fn write_optional(&self, to: u64, from: &[u8]) -> Result<(), Errno> {
        if to == 0 { Ok(()) } else { self.write_bytes(to, from) }
    }

    /// A path: bytes up to a terminator, at most `PATH_MAX` with it.
    pub(crate) fn read_path(&self, from: u64) -> Result<CString, Errno> {
        self.read_path_into(from, &mut PathRoom::new()).map(CStr::to_owned)
    }

    /// The same, in `room`.
    pub(crate) fn read_path_into<'a>(&self, from: u64, room: &'a mut PathRoom) -> Result<&'a CStr, Errno> {
        let PathRoom { short, long } = room;
        // Not across a page that the string may end before.
        let first = CHUNK - from as usize % CHUNK;
        self.read_bytes(from, &mut short[..first])?;
        if let Ok(path) = CStr::from_bytes_until_nul(&short[..first]) {
            return Ok(path);
        }
        long.extend_from_slice(&short[..first]);
        while long.len() < PATH_MAX {
            let done = long.len();
            let at = from.checked_add(done as u64).ok_or(Errno::FAULT)?;
            long.resize(PATH_MAX.min(done + CHUNK), 0);
            self.read_bytes(at, &mut long[done..])?;
            if long[done..].contains(&0) {
                return CStr::from_bytes_until_nul(long).map_err(|_| Errno::INVAL);
            }
        }
        Err(Errno::NAMETOOLONG)
    }

    /// An iovec array. The total fits into an `isize`, as the kernel demands.
    pub(crate) fn read_iovecs(&self, from: u64, count: u64) -> Result<Vec<Slice>, Errno> {
        if count > IOV_MAX {
            return Err(Errno::INVAL);
        }
        let mut bytes = vec![0; count as usize * 16];
        self.read_bytes(from, &mut bytes)?;
        let slices: Vec<_> = bytes.chunks_exact(16).map(|b| Slice { address: word(b, 0), len: word(b, 8) }).collect();
        let total = slices.iter().try_fold(0u64, |sum, s| sum.checked_add(s.len));
        match total {
            Some(total) if i64::try_from(total).is_ok() => Ok(slices),
            _ => Err(Errno::INVAL),
        }
    }
}

/// The 8 bytes at `at` of a structure that has them.
pub(crate) fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_ne_bytes(word)
}

/// Builds the bytes of a structure, field by field, padding included: nothing
/// uninitialised can get in.
#[derive(Debug)]
pub(crate) struct Bytes(Vec<u8>);

impl Bytes {
    pub(crate) fn new() -> Self {
        // Enough for all but the longest.
        Self(Vec::with_capacity(256))
    }

    pub(crate) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_ne_bytes());
        self
    }

    pub(crate) fn i64(self, value: i64) -> Self {
        self.u64(value.cast_unsigned())
    }

    pub(crate) fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_ne_bytes());
        self
    }

    pub(crate) fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_ne_bytes());
        self
    }

    /// `text` in a field of `size` bytes, terminated.
    pub(crate) fn text(mut self, text: &str, size: usize) -> Self {
        let len = text.len().min(size - 1);
        self.0.extend(&text.as_bytes()[..len]);
        self.zero(size - len)
    }

    pub(crate) fn zero(mut self, count: usize) -> Self {
        self.0.resize(self.0.len() + count, 0);
        self
    }

    /// Zeros up to a total size, which the caller knows to be enough.
    pub(crate) fn pad_to(mut self, size: usize) -> Vec<u8> {
        self.0.resize(size, 0);
        self.0
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }
}
