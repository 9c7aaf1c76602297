//! Memory that the host and sandboxes have together: nothing is copied.

use crate::{Error, Sandbox, SandboxPtr, memory::memory_error};
use lfi_runtime::SharedMemory;
use std::ops::{Deref, DerefMut};

/// Bytes of the host that sandboxes can read where they are. For the host it is
/// a slice.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let file = lfi_filetest::library("
/// #     unsigned long sum(const unsigned char *p, unsigned long n)
/// #     { unsigned long s = 0; while (n--) s += *p++; return s; }");
/// # let engine = lfi::Engine::new(&lfi::Config::default())?;
/// # let mut sandbox = lfi::Sandbox::new(&engine, &lfi::Module::open(file)?)?;
/// # let sum = sandbox.func::<(lfi::SandboxPtr<u8>, usize), u64>("sum")?;
/// let mut buffer = lfi::SharedBuffer::new(1 << 20)?;
/// let share = sandbox.share(&buffer)?;
/// buffer[..3].copy_from_slice(&[1, 2, 3]); // as well after as before
/// assert_eq!(sum.call(&mut sandbox, (share.pointer(), buffer.len()))?, 6);
/// sandbox.unshare(share)?;
/// # Ok(())
/// # }
/// ```
///
/// It can be shared with any number of sandboxes, exclusive ones included. None
/// of them can make it writable or unmap it. What the host writes while a
/// sandbox runs on another thread may be seen half written there.
#[derive(Debug)]
pub struct SharedBuffer {
    memory: SharedMemory,
}

/// Bytes of the host that sandboxes can read and write where they are.
///
/// Sandboxes may change them at any time that they run, so the host copies in
/// and out, and never has them as a slice.
#[derive(Debug)]
pub struct ExchangeBuffer {
    memory: SharedMemory,
}

/// Where a buffer is in a sandbox: see [`Sandbox::share`].
#[derive(Debug)]
pub struct Share {
    pointer: SandboxPtr<u8>,
    len: usize,
    sandbox: u64,
}

impl Share {
    /// The buffer's address in the sandbox.
    pub fn pointer(&self) -> SandboxPtr<u8> {
        self.pointer
    }
}

impl SharedBuffer {
    /// `len` zero bytes, rounded up to whole pages, which are allocated at once.
    ///
    /// # Errors
    /// [`Error::Runtime`] when the host has no memory, or `len` is zero.
    pub fn new(len: usize) -> Result<Self, Error> {
        Ok(Self { memory: SharedMemory::readable(len as u64)? })
    }
}

impl Deref for SharedBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.memory.bytes().unwrap_or_default()
    }
}

impl DerefMut for SharedBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.memory.bytes_mut().unwrap_or_default()
    }
}

impl ExchangeBuffer {
    /// `len` zero bytes, rounded up to whole pages, which are allocated at once.
    ///
    /// # Errors
    /// As [`SharedBuffer::new`].
    pub fn new(len: usize) -> Result<Self, Error> {
        Ok(Self { memory: SharedMemory::writable(len as u64)? })
    }

    /// Length in bytes: whole pages, and not zero.
    #[allow(clippy::len_without_is_empty)] // never
    pub fn len(&self) -> usize {
        self.memory.len() as usize
    }

    /// Copies from `offset` until `to` is full. What a sandbox writes at the same
    /// time is seen in part.
    ///
    /// # Errors
    /// [`Error::Memory`] when it is not that long.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> Result<(), Error> {
        let len = to.len();
        self.memory.read(offset as u64, to).map_err(|error| memory_error(error, offset as u64, len))
    }

    /// Copies `from` to `offset`.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn write(&mut self, offset: usize, from: &[u8]) -> Result<(), Error> {
        self.memory.write(offset as u64, from).map_err(|error| memory_error(error, offset as u64, from.len()))
    }
}

impl Sandbox {
    /// Shows a buffer to the library, to be read. It stays until it is unshared
    /// or the sandbox is dropped or reset, also when the buffer is dropped.
    ///
    /// # Errors
    /// [`Error::Runtime`] when the sandbox has no room.
    pub fn share(&mut self, buffer: &SharedBuffer) -> Result<Share, Error> {
        self.share_memory(&buffer.memory)
    }

    /// Shows a buffer to the library, to be read and written, as [`Self::share`].
    ///
    /// # Errors
    /// As [`Self::share`]; also when the sandbox is exclusive
    /// (`--lfi-returns=ret`): nobody else may write its memory while it runs.
    pub fn share_writable(&mut self, buffer: &ExchangeBuffer) -> Result<Share, Error> {
        self.share_memory(&buffer.memory)
    }

    fn share_memory(&mut self, memory: &SharedMemory) -> Result<Share, Error> {
        let address = self.process().share(memory)?;
        Ok(Share { pointer: SandboxPtr::new(address), len: memory.len() as usize, sandbox: self.id() })
    }

    /// Takes a buffer away from the library, for which the memory is not there
    /// any more.
    ///
    /// # Errors
    /// [`Error::OtherSandbox`]; [`Error::Memory`] when it is gone already, since
    /// the sandbox has been reset.
    pub fn unshare(&mut self, share: Share) -> Result<(), Error> {
        if share.sandbox != self.id() {
            return Err(Error::OtherSandbox);
        }
        let address = share.pointer.address();
        let done = self.process().unshare(address, share.len as u64);
        done.map_err(|error| memory_error(error, address, share.len))
    }
}
