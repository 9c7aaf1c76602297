//! Memory of the sandbox: allocated there, copied in and out.
//!
//! It is copied: the library may change it at any time that it runs, and its
//! contents are its own word. Every copy checks the range and survives a fault.
//! Only where nobody can run in the sandbox is it borrowed.

use crate::{Data, Error, Sandbox, SandboxPtr};
use bytemuck::{AnyBitPattern, NoUninit, Pod};
use std::ffi::{CStr, CString};

/// Strings are read in pieces of at most this size.
const PIECE: u64 = 4096;

impl Sandbox {
    /// Room for `count` values of `T`, from the sandbox's `malloc`. What is in
    /// there is unspecified.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], or as for any call.
    pub fn alloc<T>(&mut self, count: usize) -> Result<SandboxPtr<T>, Error> {
        let size = count.checked_mul(size_of::<T>()).ok_or(Error::OutOfMemory)?;
        // C may give nothing for nothing, and Rust something.
        let address = self.malloc(size.max(1) as u64)?;
        if address == 0 { Err(Error::OutOfMemory) } else { Ok(SandboxPtr::new(address)) }
    }

    /// Allocates memory and copies `values` into it.
    ///
    /// # Errors
    /// As [`Self::alloc`] and [`Self::write`].
    pub fn alloc_from<T: NoUninit>(&mut self, values: &[T]) -> Result<SandboxPtr<T>, Error> {
        let pointer = self.alloc(values.len())?;
        self.write(pointer, values)?;
        Ok(pointer)
    }

    /// Allocates a copy of a C string.
    ///
    /// # Errors
    /// As [`Self::alloc_from`].
    pub fn alloc_c_str(&mut self, text: &CStr) -> Result<SandboxPtr<u8>, Error> {
        self.alloc_from(text.to_bytes_with_nul())
    }

    /// Copies `values` to `to`.
    ///
    /// # Errors
    /// [`Error::Memory`] when the place is not all writable memory of the
    /// sandbox; a part at its start may have been written then.
    pub fn write<T: NoUninit>(&mut self, to: SandboxPtr<T>, values: &[T]) -> Result<(), Error> {
        self.write_bytes(to.address(), bytemuck::cast_slice(values))
    }

    /// Copies from `from` until `values` is full.
    ///
    /// # Errors
    /// [`Error::Memory`] when the place is not all readable memory of the
    /// sandbox; what is in `values` is unspecified then.
    pub fn read<T: Pod>(&self, from: SandboxPtr<T>, values: &mut [T]) -> Result<(), Error> {
        self.read_bytes(from.address(), bytemuck::cast_slice_mut(values))
    }

    /// A copy of the value at `from`. Not aligned is fine.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_value<T: Data>(&self, from: SandboxPtr<T>) -> Result<T, Error> {
        let mut bytes = vec![0; size_of::<T>()];
        self.read_bytes(from.address(), &mut bytes)?;
        Ok(T::load(&bytes))
    }

    /// Copies one value to `to`; its padding is zero there.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_value<T: Data>(&mut self, to: SandboxPtr<T>, value: T) -> Result<(), Error> {
        let mut bytes = vec![0; size_of::<T>()];
        value.store(&mut bytes);
        self.write_bytes(to.address(), &bytes)
    }

    /// Allocates memory and copies one value into it.
    ///
    /// # Errors
    /// As [`Self::alloc`] and [`Self::write`].
    pub fn alloc_value<T: Data>(&mut self, value: T) -> Result<SandboxPtr<T>, Error> {
        let pointer = self.alloc(1)?;
        self.write_value(pointer, value)?;
        Ok(pointer)
    }

    /// A copy of the `count` values at `from`. `count` may be the library's
    /// word: nothing is allocated for more than a sandbox holds.
    ///
    /// # Errors
    /// As [`Self::read`]; [`Error::OutOfMemory`] when the host has none.
    pub fn read_vec<T: Pod>(&self, from: SandboxPtr<T>, count: usize) -> Result<Vec<T>, Error> {
        let len = count.saturating_mul(size_of::<T>());
        self.check(from.address(), len)?;
        let mut values = Vec::new();
        values.try_reserve_exact(count).map_err(|_| Error::OutOfMemory)?;
        values.resize(count, T::zeroed());
        self.read(from, &mut values)?;
        Ok(values)
    }

    /// A copy of the C string at `from`, which must end within `most` bytes.
    ///
    /// # Errors
    /// [`Error::Memory`] when it does not, or is not all readable.
    pub fn read_c_str<T>(&self, from: SandboxPtr<T>, most: usize) -> Result<CString, Error> {
        let mut text = Vec::new();
        while text.len() < most {
            let at = from.address().wrapping_add(text.len() as u64);
            // Not beyond the page: the string may end where memory does.
            let piece = (PIECE - at % PIECE).min((most - text.len()) as u64);
            let old = text.len();
            text.resize(old + piece as usize, 0);
            self.read_bytes(at, &mut text[old..])?;
            if let Some(end) = text[old..].iter().position(|&byte| byte == 0) {
                text.truncate(old + end);
                return Ok(CString::new(text).unwrap_or_default());
            }
        }
        Err(Error::Memory { address: from.address(), len: most })
    }

    /// The `count` values at `from` themselves, not copied.
    ///
    /// That is possible while nobody can run in the sandbox: it is borrowed, and
    /// there must be no other handle on it and no other thread in it.
    ///
    /// # Errors
    /// [`Error::Memory`] when they are not all readable memory of the sandbox's
    /// own, or not aligned; that of files is not its own.
    /// [`Error::Runtime`] with [`RuntimeError::Busy`](crate::RuntimeError::Busy) when somebody else could run.
    pub fn view<T: AnyBitPattern>(&mut self, from: SandboxPtr<T>, count: usize) -> Result<&[T], Error> {
        let (address, len) = (from.address(), count.saturating_mul(size_of::<T>()));
        let bytes = self.thread_mut().bytes(address, len as u64).map_err(|error| memory_error(error, address, len))?;
        bytemuck::try_cast_slice(bytes).map_err(|_| Error::Memory { address, len })
    }

    /// The same, to be written.
    ///
    /// # Errors
    /// As [`Self::view`]; also when they are not all writable.
    pub fn view_mut<T: Pod>(&mut self, from: SandboxPtr<T>, count: usize) -> Result<&mut [T], Error> {
        let (address, len) = (from.address(), count.saturating_mul(size_of::<T>()));
        let bytes = self.thread_mut().bytes_mut(address, len as u64);
        let bytes = bytes.map_err(|error| memory_error(error, address, len))?;
        bytemuck::try_cast_slice_mut(bytes).map_err(|_| Error::Memory { address, len })
    }

    fn check(&self, address: u64, len: usize) -> Result<(), Error> {
        let range = self.process().sandbox().range(address, len as u64);
        range.map(drop).map_err(|_| Error::Memory { address, len })
    }

    pub(crate) fn read_bytes(&self, address: u64, bytes: &mut [u8]) -> Result<(), Error> {
        let len = bytes.len();
        self.process().sandbox().read(address, bytes).map_err(|error| memory_error(error, address, len))
    }

    pub(crate) fn write_bytes(&mut self, address: u64, bytes: &[u8]) -> Result<(), Error> {
        let written = self.process().sandbox().write(address, bytes);
        written.map_err(|error| memory_error(error, address, bytes.len()))
    }
}

pub(crate) fn memory_error(error: lfi_runtime::Error, address: u64, len: usize) -> Error {
    match error {
        lfi_runtime::Error::OutOfRange | lfi_runtime::Error::Fault => Error::Memory { address, len },
        other => Error::Runtime(other),
    }
}
