//! Pointers of the sandbox.
#![allow(unsafe_code)] // two traits without methods

use bytemuck::{Pod, Zeroable};
use std::{fmt, hash, marker::PhantomData};

/// The address of a `T` in a sandbox, as C code there has it.
///
/// It is a number: nothing can be reached through it but by the copying
/// functions of [`Sandbox`](crate::Sandbox), which check it. It may be null, dangling, or lead
/// out of the sandbox, above all when it came out of one. It is laid out as
/// C's pointer, so it can stand in structures that are copied in and out.
#[repr(transparent)]
pub struct SandboxPtr<T> {
    address: u64,
    // Without owning or borrowing a `T`.
    kind: PhantomData<fn(T) -> T>,
}

impl<T> SandboxPtr<T> {
    /// C's null pointer.
    pub const NULL: Self = Self::new(0);

    /// The pointer with this address.
    pub const fn new(address: u64) -> Self {
        Self { address, kind: PhantomData }
    }

    /// Its address.
    pub const fn address(self) -> u64 {
        self.address
    }

    /// Whether it is C's null pointer.
    pub const fn is_null(self) -> bool {
        self.address == 0
    }

    /// The same address, of something else.
    pub const fn cast<U>(self) -> SandboxPtr<U> {
        SandboxPtr::new(self.address)
    }

    /// The address `count` values of `T` further up. It wraps around at the end
    /// of all addresses, and is checked when it is used.
    #[must_use]
    pub const fn add(self, count: usize) -> Self {
        let distance = (count as u64).wrapping_mul(size_of::<T>() as u64);
        Self::new(self.address.wrapping_add(distance))
    }
}

// Derived implementations would demand the same of `T`.
impl<T> Clone for SandboxPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SandboxPtr<T> {}

impl<T> PartialEq for SandboxPtr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

impl<T> Eq for SandboxPtr<T> {}

impl<T> hash::Hash for SandboxPtr<T> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.address.hash(state);
    }
}

impl<T> fmt::Debug for SandboxPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.address)
    }
}

// SAFETY: a number and nothing else; zero is a value of it.
unsafe impl<T> Zeroable for SandboxPtr<T> {}
// SAFETY: a number and nothing else, `repr(transparent)`; every bit pattern is a value.
unsafe impl<T: 'static> Pod for SandboxPtr<T> {}
