//! The other way: arguments that the library gives, results that it gets.

use crate::{Sandbox, SandboxPtr};
use lfi_runtime::{CallResults, CallbackArguments as Registers};

/// The arguments of a callback, one after the other. What they are is the word of
/// the library. The error is the address of one on a stack that is not accessible.
#[doc(hidden)]
#[derive(Debug)]
pub struct ArgumentReader<'a> {
    registers: &'a Registers,
    integers_used: usize,
    vectors_used: usize,
    sandbox: &'a Sandbox,
    /// The next argument on the stack.
    stack: u64,
}

impl<'a> ArgumentReader<'a> {
    #[inline]
    pub(crate) fn new(registers: &'a Registers, sandbox: &'a Sandbox) -> Self {
        // Behind the return address.
        let stack = registers.stack_pointer.wrapping_add(8);
        Self { registers, integers_used: 0, vectors_used: 0, sandbox, stack }
    }

    #[inline]
    fn integer(&mut self) -> Result<u64, u64> {
        let register = self.registers.integers.get(self.integers_used).copied();
        self.integers_used += 1;
        register.map_or_else(|| self.on_stack(), Ok)
    }

    #[inline]
    fn float(&mut self) -> Result<u64, u64> {
        let register = self.registers.vectors.get(self.vectors_used).copied();
        self.vectors_used += 1;
        register.map_or_else(|| self.on_stack(), Ok)
    }

    #[cold]
    fn on_stack(&mut self) -> Result<u64, u64> {
        let address = self.stack;
        self.stack = address.wrapping_add(8);
        self.sandbox.read_value(SandboxPtr::new(address)).map_err(|_| address)
    }
}

/// A type that an argument of a callback can have.
pub trait CallbackArgument: Sized {
    #[doc(hidden)]
    fn get(reader: &mut ArgumentReader<'_>) -> Result<Self, u64>;
}

/// A type that the result of a callback can have.
pub trait CallbackResult {
    #[doc(hidden)]
    fn give(self, results: &mut CallResults);
}

/// A tuple of [`CallbackArgument`]s, up to 12.
pub trait CallbackArguments: Sized {
    #[doc(hidden)]
    fn read(reader: &mut ArgumentReader<'_>) -> Result<Self, u64>;
}

/// How a type is made of a register, and the other way round.
macro_rules! types {
    ($(
        [$($of:ident)?] $type:ty: $read:ident |$bits:ident| $get:expr,
        $place:ident $([$index:literal])? |$value:ident| $give:expr;
    )*) => {$(
        impl<$($of)?> CallbackArgument for $type {
            #[inline]
            fn get(reader: &mut ArgumentReader<'_>) -> Result<Self, u64> {
                reader.$read().map(|$bits| $get)
            }
        }

        impl<$($of)?> CallbackResult for $type {
            #[inline]
            fn give(self, results: &mut CallResults) {
                let $value = self;
                results.$place $([$index])? = $give;
            }
        }
    )*};
}

/// Integers are extended to 64 bits by their sign, like arguments.
macro_rules! integers {
    ($($type:ty)*) => { types! {$([] $type: integer |bits| bits as $type, rax |value| value as u64;)*} };
}

integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

types! {
    [] bool: integer |bits| bits as u8 != 0, rax |value| value.into();
    [] f32: float |bits| Self::from_bits(bits as u32), vectors[0] |value| value.to_bits().into();
    [] f64: float |bits| Self::from_bits(bits), vectors[0] |value| value.to_bits();
    [T] SandboxPtr<T>: integer |bits| Self::new(bits), rax |value| value.address();
}

impl CallbackResult for () {
    fn give(self, _: &mut CallResults) {}
}

macro_rules! tuples {
    ($(($($name:ident)*))*) => {$(
        impl<$($name: CallbackArgument),*> CallbackArguments for ($($name,)*) {
            #[allow(unused_variables)] // without arguments
            #[inline]
            fn read(reader: &mut ArgumentReader<'_>) -> Result<Self, u64> {
                Ok(($($name::get(reader)?,)*))
            }
        }
    )*};
}

tuples! {
    () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
    (A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
}
