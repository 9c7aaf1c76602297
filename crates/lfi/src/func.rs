//! Typed handles of functions.

use crate::{
    Arguments, Error, ReturnValue, Sandbox,
    abi::{ArgumentList, Way},
};
use lfi_runtime::CallResults;
use std::{fmt, marker::PhantomData};

/// A function of a sandbox, with the signature that the host gave it.
///
/// The signature is not checked against the library: with a wrong one the
/// function gets wrong arguments, and its result means nothing. That is a
/// problem of the function inside, never of the host's memory.
pub struct Func<A, R> {
    /// Its address.
    pub(crate) address: u64,
    /// The sandbox that it belongs to.
    pub(crate) sandbox: u64,
    pub(crate) signature: PhantomData<fn(A) -> R>,
}

impl<A: Arguments, R: ReturnValue> Func<A, R> {
    /// Calls the function and returns its result.
    ///
    /// # Errors
    /// When it does not come back: [`Error::Fault`], [`Error::Exited`],
    /// [`Error::Killed`]; the sandbox is dead then, and the next call fails
    /// with [`Error::Dead`]. [`Error::OtherSandbox`] when it belongs to
    /// another.
    #[inline]
    pub fn call(&self, sandbox: &mut Sandbox, arguments: A) -> Result<R, Error> {
        if sandbox.id() != self.sandbox {
            return Err(Error::OtherSandbox);
        }
        let mut list = ArgumentList::default();
        match R::WAY {
            Way::Registers => {
                arguments.put_all(&mut list);
                Ok(R::take(&sandbox.call(self.address, &list)?, &[]))
            }
            Way::Memory(size) => {
                list.begin_with_result();
                arguments.put_all(&mut list);
                let result = sandbox.call_for_memory(self.address, list, size)?;
                Ok(R::take(&CallResults::default(), &result))
            }
            Way::X87(registers) => {
                arguments.put_all(&mut list);
                let result = sandbox.call_for_x87(self.address, &list)?;
                Ok(R::take(&CallResults::default(), result[..registers].as_flattened()))
            }
        }
    }
}

impl Sandbox {
    /// Calls a function that leaves its result in memory, and copies that out.
    fn call_for_memory(&mut self, function: u64, mut arguments: ArgumentList, size: usize) -> Result<Vec<u8>, Error> {
        let offset = arguments.end_with_result(size);
        let address = self.stack_pointer_below(arguments.stack()).wrapping_add(offset);
        arguments.set_result_address(address);
        self.call(function, &arguments)?;
        let mut result = vec![0; size];
        self.read_bytes(address, &mut result)?;
        Ok(result)
    }
}

// Derived implementations would demand the same of the signature.
impl<A, R> Clone for Func<A, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, R> Copy for Func<A, R> {}

impl<A, R> fmt::Debug for Func<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Func({:#x})", self.address)
    }
}
