//! Pointers of the sandbox.
#![allow(unsafe_code)] // two traits without methods

use crate::{Data, Error, Sandbox};
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

    /// The address `count` values of `T` further up. As all arithmetic here it
    /// wraps around at the end of all addresses, and the result is checked when it is used.
    #[must_use]
    pub const fn add(self, count: usize) -> Self {
        self.byte_add((count as u64).wrapping_mul(size_of::<T>() as u64))
    }

    /// The address `count` values of `T` further down.
    #[must_use]
    pub const fn sub(self, count: usize) -> Self {
        self.byte_add((count as u64).wrapping_mul(size_of::<T>() as u64).wrapping_neg())
    }

    /// The address so many bytes further up.
    #[must_use]
    pub const fn byte_add(self, bytes: u64) -> Self {
        Self::new(self.address.wrapping_add(bytes))
    }

    /// How many bytes `self` is above `other`, below it if negative.
    pub const fn byte_offset_from(self, other: Self) -> i64 {
        self.address.wrapping_sub(other.address).cast_signed()
    }

    /// The address of a field, of which [`field!`](crate::field) knows offset and type.
    #[doc(hidden)]
    pub const fn project<U>(self, offset: usize, _: fn(&T) -> &U) -> SandboxPtr<U> {
        self.byte_add(offset as u64).cast()
    }

    /// `count` values from here on.
    pub const fn slice(self, count: usize) -> SandboxSlice<T> {
        SandboxSlice { start: self, count }
    }
}

/// The address of a field of the structure that a [`SandboxPtr`] leads to.
///
/// ```
/// use lfi::{SandboxPtr, field};
/// lfi::c_struct! { struct Point { x: f64, y: f64 } }
/// let point = SandboxPtr::<Point>::new(0x1000);
/// assert_eq!(field!(point, Point.y), SandboxPtr::<f64>::new(0x1008));
/// ```
#[macro_export]
macro_rules! field {
    ($pointer:expr, $of:ident.$field:ident) => {
        $crate::SandboxPtr::<$of>::project($pointer, ::core::mem::offset_of!($of, $field), |it| &it.$field)
    };
}

/// A number of values of `T` in a sandbox, one behind the other.
///
/// As a [`SandboxPtr`] it is a statement that is checked when it is used; its
/// own bounds are checked at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SandboxSlice<T> {
    start: SandboxPtr<T>,
    count: usize,
}

impl<T> SandboxSlice<T> {
    /// The address of the first value.
    pub const fn start(self) -> SandboxPtr<T> {
        self.start
    }

    /// How many values there are.
    pub const fn len(self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.count == 0
    }

    /// The address of a value.
    pub const fn get(self, index: usize) -> Option<SandboxPtr<T>> {
        if index < self.count { Some(self.start.add(index)) } else { None }
    }

    /// The values from `start` up to `end`.
    pub const fn range(self, start: usize, end: usize) -> Option<Self> {
        if start <= end && end <= self.count { Some(self.start.add(start).slice(end - start)) } else { None }
    }

    /// The addresses of all values.
    pub fn iter(self) -> impl Iterator<Item = SandboxPtr<T>> {
        (0..self.count).map(move |index| self.start.add(index))
    }
}

impl<T: Data> SandboxSlice<T> {
    /// Copies of all values.
    ///
    /// # Errors
    /// As [`Sandbox::read_vec`].
    pub fn read(self, sandbox: &Sandbox) -> Result<Vec<T>, Error> {
        let size = size_of::<T>().max(1);
        let bytes = sandbox.read_vec(self.start.cast::<u8>(), self.count.saturating_mul(size))?;
        Ok(bytes.chunks_exact(size).map(T::load).collect())
    }

    /// Copies values into its first places.
    ///
    /// # Errors
    /// [`Error::Memory`] when there are more values than places, or as
    /// [`Sandbox::write`].
    pub fn write(self, sandbox: &mut Sandbox, values: &[T]) -> Result<(), Error> {
        let (address, size) = (self.start.address(), size_of::<T>());
        if values.len() > self.count {
            return Err(Error::Memory { address, len: size_of_val(values) });
        }
        let mut bytes = vec![0; size_of_val(values)];
        for (value, place) in values.iter().zip(bytes.chunks_exact_mut(size.max(1))) {
            value.store(place);
        }
        sandbox.write(self.start.cast(), &bytes)
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
