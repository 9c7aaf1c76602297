//! Typed handles of functions.

use crate::{Arguments, Error, ReturnValue, Sandbox};
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
        sandbox.call(self.address, &arguments.list())
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
