//! How arguments and results of functions travel (System V psABI for x86-64,
//! 3.2.3).
//!
//! ```text
//!   integers   rdi rsi rdx rcx r8 r9, then the stack
//!   floats     xmm0 .. xmm7, then the stack
//!   results    rax, xmm0
//! ```

use crate::SandboxPtr;
use lfi_runtime::{CallArguments, CallResults};

/// The arguments of one call, each where it belongs.
#[derive(Debug, Default)]
pub struct ArgumentList {
    registers: CallArguments,
    integers_used: usize,
    stack: Vec<u64>,
}

impl ArgumentList {
    #[inline]
    fn integer(&mut self, value: u64) {
        match self.registers.integers.get_mut(self.integers_used) {
            Some(register) => {
                *register = value;
                self.integers_used += 1;
            }
            None => self.stack.push(value),
        }
    }

    #[inline]
    fn float(&mut self, bits: u64) {
        match self.registers.vectors.get_mut(self.registers.vectors_used) {
            Some(register) => {
                *register = bits;
                self.registers.vectors_used += 1;
            }
            None => self.stack.push(bits),
        }
    }

    #[inline]
    pub(crate) fn registers(&self) -> &CallArguments {
        &self.registers
    }

    /// What does not fit in registers: the function finds it above its return
    /// address.
    #[inline]
    pub(crate) fn stack(&self) -> &[u64] {
        &self.stack
    }
}

/// A type that an argument of a sandboxed function can have. Pointers of the
/// host are none: what is inside cannot reach them.
pub trait Argument: private::Sealed + Copy {
    #[doc(hidden)]
    fn put(self, list: &mut ArgumentList);
}

/// A type that a sandboxed function can return: `()`, or that of an argument.
/// Every bit pattern that comes out of a sandbox is a value.
pub trait ReturnValue: private::Sealed + Sized {
    #[doc(hidden)]
    fn take(results: &CallResults) -> Self;
}

/// A tuple of [`Argument`]s, up to 12.
pub trait Arguments: private::Sealed {
    #[doc(hidden)]
    fn list(self) -> ArgumentList;
}

mod private {
    pub trait Sealed {}
}

/// Integers are extended to 64 bits by their sign: compilers rely on 32.
macro_rules! integers {
    ($($type:ty)*) => {$(
        impl private::Sealed for $type {}
        impl Argument for $type {
            #[inline]
            fn put(self, list: &mut ArgumentList) {
                list.integer(self as u64);
            }
        }
        impl ReturnValue for $type {
            #[inline]
            fn take(results: &CallResults) -> Self {
                results.rax as $type
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

macro_rules! floats {
    ($($type:ty, $bits:ty;)*) => {$(
        impl private::Sealed for $type {}
        impl Argument for $type {
            #[inline]
            fn put(self, list: &mut ArgumentList) {
                list.float(self.to_bits().into());
            }
        }
        impl ReturnValue for $type {
            #[inline]
            fn take(results: &CallResults) -> Self {
                Self::from_bits(results.vectors[0] as $bits)
            }
        }
    )*};
}

floats!(f32, u32; f64, u64;);

impl private::Sealed for bool {}

impl Argument for bool {
    fn put(self, list: &mut ArgumentList) {
        list.integer(self.into());
    }
}

impl ReturnValue for bool {
    fn take(results: &CallResults) -> Self {
        results.rax as u8 != 0
    }
}

impl<T> private::Sealed for SandboxPtr<T> {}

impl<T> Argument for SandboxPtr<T> {
    #[inline]
    fn put(self, list: &mut ArgumentList) {
        list.integer(self.address());
    }
}

impl<T> ReturnValue for SandboxPtr<T> {
    fn take(results: &CallResults) -> Self {
        Self::new(results.rax)
    }
}

impl ReturnValue for () {
    fn take(_: &CallResults) -> Self {}
}

macro_rules! tuples {
    ($(($($name:ident)*))*) => {$(
        impl<$($name: Argument),*> private::Sealed for ($($name,)*) {}
        impl<$($name: Argument),*> Arguments for ($($name,)*) {
            #[allow(non_snake_case)] // one name for the type and the value
            #[inline]
            fn list(self) -> ArgumentList {
                #[allow(unused_mut)] // without arguments
                let mut list = ArgumentList::default();
                let ($($name,)*) = self;
                $($name.put(&mut list);)*
                list
            }
        }
    )*};
}

tuples! {
    () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
    (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
}
