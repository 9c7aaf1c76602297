//! The other way: arguments that the library gives, results that it gets.

use super::{
    Composite, Data, Float16, ReturnValue,
    composite::{eightbytes, of_eightbytes},
    layout::{Part, Passing},
    list::STACK_UNIT,
};
use crate::Sandbox;
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
    /// Bytes of the arguments on the stack before the next one.
    stack_used: u64,
}

impl<'a> ArgumentReader<'a> {
    #[inline]
    pub(crate) fn new(registers: &'a Registers, sandbox: &'a Sandbox) -> Self {
        Self { registers, integers_used: 0, vectors_used: 0, sandbox, stack_used: 0 }
    }

    /// Also the address of a result in memory, which comes first.
    #[inline]
    pub(crate) fn integer(&mut self) -> Result<u64, u64> {
        match self.registers.integers.get(self.integers_used) {
            Some(register) => {
                self.integers_used += 1;
                Ok(*register)
            }
            None => self.on_stack(),
        }
    }

    #[inline]
    fn float(&mut self) -> Result<u64, u64> {
        match self.registers.vectors.get(self.vectors_used) {
            Some(register) => {
                self.vectors_used += 1;
                Ok(*register)
            }
            None => self.on_stack(),
        }
    }

    /// All in registers, or all on the stack.
    fn composite<T: Data>(&mut self) -> Result<T, u64> {
        let integers = self.registers.integers.len() - self.integers_used;
        let floats = self.registers.vectors.len() - self.vectors_used;
        let Some(parts) = const { T::LAYOUT.passing() }.registers(integers, floats) else {
            return self.on_stack();
        };
        let mut eightbytes = [0; 2];
        for (eightbyte, part) in eightbytes.iter_mut().zip(parts) {
            match part {
                Some(Part::Integer) => *eightbyte = self.integer()?,
                Some(Part::Float) => *eightbyte = self.float()?,
                None => {}
            }
        }
        Ok(of_eightbytes(eightbytes))
    }

    #[cold]
    fn on_stack<T: Data>(&mut self) -> Result<T, u64> {
        const RETURN_ADDRESS: u64 = 8;
        let (size, align) = const { (T::LAYOUT.size(), T::LAYOUT.align()) };
        let offset = self.stack_used.next_multiple_of(align.max(STACK_UNIT) as u64);
        self.stack_used = (offset + size as u64).next_multiple_of(STACK_UNIT as u64);
        let address = self.registers.stack_pointer.wrapping_add(RETURN_ADDRESS).wrapping_add(offset);
        self.sandbox.read_value(crate::SandboxPtr::new(address)).map_err(|_| address)
    }
}

/// A type that an argument of a callback can have: the same as of a function.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be an argument of a callback")]
pub trait CallbackArgument: Sized {
    #[doc(hidden)]
    fn get(reader: &mut ArgumentReader<'_>) -> Result<Self, u64>;
}

/// A type that the result of a callback can have.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be the result of a callback")]
pub trait CallbackResult: ReturnValue {
    /// `bytes`, which are zero, become what is in memory or in x87 registers, where that is the way.
    #[doc(hidden)]
    fn give(self, results: &mut CallResults, bytes: &mut [u8]);
}

/// A tuple of [`CallbackArgument`]s, up to 12.
pub trait CallbackArguments: Sized {
    #[doc(hidden)]
    fn read(reader: &mut ArgumentReader<'_>) -> Result<Self, u64>;
}

/// How numbers are read, and where they are as results.
macro_rules! numbers {
    ($($type:ty: $read:ident |$bits:ident| $get:expr, $place:ident $([$index:literal])? |$value:ident| $give:expr;)*) => {$(
        impl CallbackArgument for $type {
            #[inline]
            fn get(reader: &mut ArgumentReader<'_>) -> Result<Self, u64> {
                reader.$read().map(|$bits| $get)
            }
        }

        impl CallbackResult for $type {
            #[inline]
            fn give(self, results: &mut CallResults, _: &mut [u8]) {
                let $value = self;
                results.$place $([$index])? = $give;
            }
        }
    )*};
}

/// Integers are extended to 64 bits by their sign, like arguments.
macro_rules! integers {
    ($($type:ty)*) => { numbers! {$($type: integer |bits| bits as $type, rax |value| value as u64;)*} };
}

integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

numbers! {
    f32: float |bits| Self::from_bits(bits as u32), vectors[0] |value| value.to_bits().into();
    Float16: float |bits| Self::from_bits(bits as u16), vectors[0] |value| value.to_bits().into();
    f64: float |bits| Self::from_bits(bits), vectors[0] |value| value.to_bits();
}

impl<T: Composite> CallbackArgument for T {
    fn get(reader: &mut ArgumentReader<'_>) -> Result<Self, u64> {
        reader.composite()
    }
}

impl<T: Composite> CallbackResult for T {
    fn give(self, results: &mut CallResults, bytes: &mut [u8]) {
        let Passing::Registers(parts) = (const { T::LAYOUT.passing() }) else {
            return self.store(bytes);
        };
        let mut integers = [&mut results.rax, &mut results.rdx].into_iter();
        let mut floats = results.vectors.iter_mut();
        for (part, eightbyte) in parts.into_iter().zip(eightbytes(self)) {
            let register = match part {
                Some(Part::Integer) => integers.next(),
                Some(Part::Float) => floats.next(),
                None => None,
            };
            if let Some(register) = register {
                *register = eightbyte;
            }
        }
    }
}

impl CallbackResult for () {
    fn give(self, _: &mut CallResults, _: &mut [u8]) {}
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
