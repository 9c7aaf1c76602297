//! Types that travel in one register.

use super::{Argument, ArgumentList, Data, Float16, Layout, Promoted, ReturnValue, Way, layout::Class};
use crate::SandboxPtr;
use lfi_runtime::CallResults;

/// Numbers, which are stored as their bytes.
macro_rules! numbers {
    ($class:ident: $($type:ty)*) => {$(
        impl Data for $type {
            const LAYOUT: Layout = Layout::scalar::<Self>(Class::$class);

            #[inline]
            fn store(self, to: &mut [u8]) {
                to[..size_of::<Self>()].copy_from_slice(&self.to_le_bytes());
            }

            #[inline]
            fn load(from: &[u8]) -> Self {
                let mut bytes = [0; size_of::<Self>()];
                bytes.copy_from_slice(&from[..size_of::<Self>()]);
                Self::from_le_bytes(bytes)
            }
        }
    )*};
}
pub(super) use numbers;

numbers!(Integer: i8 i16 i32 i64 isize u8 u16 u32 u64 usize);
numbers!(Float: f32 f64 Float16);

/// Integers are extended to 64 bits by their sign: compilers rely on 32.
macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Argument for $type {
            #[inline]
            fn put(self, list: &mut ArgumentList) {
                list.integer(self as u64);
            }
        }

        impl ReturnValue for $type {
            const WAY: Way = Way::Registers;

            #[inline]
            fn take(results: &CallResults, _: &[u8]) -> Self {
                results.rax as $type
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

macro_rules! floats {
    ($($type:ty, $bits:ty;)*) => {$(
        impl Argument for $type {
            #[inline]
            fn put(self, list: &mut ArgumentList) {
                list.float(self.to_bits().into());
            }
        }

        impl ReturnValue for $type {
            const WAY: Way = Way::Registers;

            #[inline]
            fn take(results: &CallResults, _: &[u8]) -> Self {
                Self::from_bits(results.vectors[0] as $bits)
            }
        }
    )*};
}

floats!(f32, u32; f64, u64; Float16, u16;);

/// Types that travel as a number does, and how to get from one to the other.
#[doc(hidden)]
#[macro_export]
macro_rules! __travels_as {
    ([$($of:ident)?] $type:ty, $number:ty: |$value:ident| $number_of:expr, |$from:ident| $of_number:expr) => {
        impl<$($of)?> $crate::Data for $type {
            const LAYOUT: $crate::__abi::Layout = <$number as $crate::Data>::LAYOUT;

            #[inline]
            fn store(self, to: &mut [u8]) {
                let $value = self;
                <$number as $crate::Data>::store($number_of, to);
            }

            #[inline]
            fn load(from: &[u8]) -> Self {
                let $from = <$number as $crate::Data>::load(from);
                $of_number
            }
        }

        impl<$($of)?> $crate::Argument for $type {
            #[inline]
            fn put(self, list: &mut $crate::__abi::ArgumentList) {
                let $value = self;
                <$number as $crate::Argument>::put($number_of, list);
            }
        }

        impl<$($of)?> $crate::ReturnValue for $type {
            const WAY: $crate::__abi::Way = $crate::__abi::Way::Registers;

            #[inline]
            fn take(results: &$crate::__abi::CallResults, bytes: &[u8]) -> Self {
                let $from = <$number as $crate::ReturnValue>::take(results, bytes);
                $of_number
            }
        }

        impl<$($of)?> $crate::CallbackArgument for $type {
            #[inline]
            fn get(reader: &mut $crate::__abi::ArgumentReader<'_>) -> ::core::result::Result<Self, u64> {
                let $from = <$number as $crate::CallbackArgument>::get(reader)?;
                ::core::result::Result::Ok($of_number)
            }
        }

        impl<$($of)?> $crate::CallbackResult for $type {
            #[inline]
            fn give(self, results: &mut $crate::__abi::CallResults, bytes: &mut [u8]) {
                let $value = self;
                <$number as $crate::CallbackResult>::give($number_of, results, bytes);
            }
        }
    };
}

__travels_as!([] bool, u8: |value| value.into(), |number| number != 0);
__travels_as!([T] SandboxPtr<T>, u64: |pointer| pointer.address(), |address| Self::new(address));

macro_rules! promoted {
    ($($type:ty)*) => {$( impl Promoted for $type {} )*};
}

promoted!(i32 i64 isize u32 u64 usize f64);

impl<T> Promoted for SandboxPtr<T> {}

/// Declares C enumerations: numbers with names. Any number that comes out of a
/// sandbox is a value, also one without a name.
///
/// ```
/// lfi::c_enum! {
///     /// What to do with a file.
///     pub enum Mode: u32 {
///         READ,
///         WRITE = 4,
///         BOTH,
///     }
/// }
/// assert_eq!(Mode::BOTH, Mode(5));
/// ```
///
/// The type behind the colon is C's: for an `enum` without one of its own it is `u32`,
/// or `i32` when a value is negative. The declared type is a number with a name: `Copy`, compared,
/// ordered and hashed as one.
#[macro_export]
macro_rules! c_enum {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident: $number:ident {
            $($(#[$of_value:meta])* $value:ident $(= $is:expr)?),+ $(,)?
        }
    )+) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        $visibility struct $name(pub $number);

        const _: () = {
            // What C's rule for values that are not given makes of the list.
            #[allow(non_camel_case_types, clippy::upper_case_acronyms, clippy::enum_variant_names)]
            #[repr($number)]
            enum Values { $($value $(= $is)?),+ }

            #[allow(missing_docs, non_upper_case_globals)]
            impl $name {
                $($(#[$of_value])* pub const $value: Self = Self(Values::$value as $number);)+
            }
        };

        $crate::__travels_as!([] $name, $number: |value| value.0, |number| Self(number));
    )+};
}
