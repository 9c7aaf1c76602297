//! Memory that is needed for a while.

use crate::{Data, Error, Sandbox, SandboxPtr};
use bytemuck::NoUninit;
use std::{
    ffi::CStr,
    ops::{Deref, DerefMut},
};

/// A sandbox with memory that is freed at the end of a scope: what is allocated
/// through it.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let file = lfi_filetest::library("
/// #     #include <string.h>
/// #     unsigned long length(const char *s) { return strlen(s); }");
/// # let engine = lfi::Engine::new(&lfi::Config::default())?;
/// # let mut sandbox = lfi::Sandbox::new(&engine, &lfi::Module::open(file)?)?;
/// # let length = sandbox.func::<(lfi::SandboxPtr<u8>,), u64>("length")?;
/// let mut scope = sandbox.scope();
/// let text = scope.alloc_c_str(c"for a moment")?;
/// assert_eq!(length.call(&mut scope, (text,))?, 12);
/// drop(scope); // frees the text
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Scope<'a> {
    sandbox: &'a mut Sandbox,
    /// Of this sandbox, should another be put into its place.
    id: u64,
    allocated: Vec<SandboxPtr<u8>>,
}

impl Sandbox {
    /// Begins a scope for memory that is needed for a while.
    pub fn scope(&mut self) -> Scope<'_> {
        Scope { id: self.id(), sandbox: self, allocated: Vec::new() }
    }
}

impl Scope<'_> {
    /// As [`Sandbox::alloc`], for the time of the scope.
    ///
    /// # Errors
    /// The same.
    pub fn alloc<T>(&mut self, count: usize) -> Result<SandboxPtr<T>, Error> {
        let pointer = self.sandbox.alloc(count)?;
        self.allocated.push(pointer.cast());
        Ok(pointer)
    }

    /// As [`Sandbox::alloc_from`], for the time of the scope.
    ///
    /// # Errors
    /// The same.
    pub fn alloc_from<T: NoUninit>(&mut self, values: &[T]) -> Result<SandboxPtr<T>, Error> {
        let pointer = self.alloc(values.len())?;
        self.sandbox.write(pointer, values)?;
        Ok(pointer)
    }

    /// As [`Sandbox::alloc_value`], for the time of the scope.
    ///
    /// # Errors
    /// The same.
    pub fn alloc_value<T: Data>(&mut self, value: T) -> Result<SandboxPtr<T>, Error> {
        let pointer = self.alloc(1)?;
        self.sandbox.write_value(pointer, value)?;
        Ok(pointer)
    }

    /// As [`Sandbox::alloc_c_str`], for the time of the scope.
    ///
    /// # Errors
    /// The same.
    pub fn alloc_c_str(&mut self, text: &CStr) -> Result<SandboxPtr<u8>, Error> {
        self.alloc_from(text.to_bytes_with_nul())
    }
}

impl Deref for Scope<'_> {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        self.sandbox
    }
}

impl DerefMut for Scope<'_> {
    fn deref_mut(&mut self) -> &mut Sandbox {
        self.sandbox
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        // A sandbox that dies of it, or is dead, says so at the next call.
        if self.sandbox.id() == self.id {
            for pointer in self.allocated.drain(..) {
                let _ = self.sandbox.free(pointer);
            }
        }
    }
}
