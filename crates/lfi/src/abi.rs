//! How arguments and results of functions travel (System V psABI for x86-64,
//! 3.2.3).
//!
//! ```text
//!   integers   rdi rsi rdx rcx r8 r9, then the stack
//!   floats     xmm0 .. xmm7, then the stack
//!   results    rax rdx, xmm0 xmm1, st0 st1, or memory whose address is in rdi
//! ```
//!
//! Values of at most 16 bytes travel in the registers that their parts call
//! for ([`Layout`]), if there are enough left for all of them; larger ones, and
//! `long double`, on the stack.
//!
//! clang (19 at least) leaves the psABI in one place: an `__int128` that finds
//! one register left takes it from the arguments behind it. Here, as in gcc,
//! they get it.

mod callback;
mod composite;
mod float16;
mod layout;
mod list;
mod long_double;
mod scalar;

pub use callback::{ArgumentReader, CallbackArgument, CallbackArguments, CallbackResult};
pub use composite::{Complex, UnionField, largest};
pub use float16::Float16;
pub use layout::Layout;
pub use list::ArgumentList;
pub use long_double::LongDouble;

use composite::of_eightbytes;
use layout::{Part, Passing};
use lfi_runtime::CallResults;

/// A type that C has, too, laid out as there: its values can be copied in and
/// out of a sandbox. Every sequence of bytes that comes out of one is a value.
///
/// Implemented for integers, floating-point numbers, `bool`, [`SandboxPtr`](crate::SandboxPtr)s,
/// arrays of such, and what [`c_struct!`](crate::c_struct), [`c_union!`](crate::c_union) and
/// [`c_enum!`](crate::c_enum) declare;
/// not for pointers and references of the host:
///
/// ```compile_fail,E0277
/// lfi::c_struct! { struct Wrong { text: *const u8 } }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not laid out as a type of C, or is an address of the host",
    note = "declare structures with `lfi::c_struct!`; addresses in a sandbox are `lfi::SandboxPtr`s"
)]
pub trait Data: Copy {
    #[doc(hidden)]
    const LAYOUT: Layout;
    /// Writes the value to the start of `to`, but for its padding.
    #[doc(hidden)]
    fn store(self, to: &mut [u8]);
    /// The value at the start of `from`.
    #[doc(hidden)]
    fn load(from: &[u8]) -> Self;
}

/// A type whose values travel as [`Data::LAYOUT`] says: structures above all.
#[doc(hidden)]
pub trait Composite: Data {}

/// A type that an argument of a sandboxed function can have: any [`Data`] but
/// arrays, which C does not pass. Pointers of the host are none: what is inside
/// cannot reach them.
///
/// ```compile_fail,E0277
/// # fn call(sandbox: &mut lfi::Sandbox, function: lfi::Func<(u64,), ()>) {
/// let text = "of the host";
/// let strlen = sandbox.func::<(*const u8,), u64>("strlen").unwrap();
/// strlen.call(sandbox, (text.as_ptr(),)).unwrap();
/// # }
/// ```
///
/// ```compile_fail,E0277
/// # fn call(sandbox: &mut lfi::Sandbox) {
/// let length = sandbox.func::<(&[u8],), u64>("length").unwrap();
/// length.call(sandbox, (&[1, 2, 3],)).unwrap();
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a sandboxed function",
    note = "addresses in a sandbox are `lfi::SandboxPtr`s; those of the host mean nothing there"
)]
pub trait Argument: Data {
    #[doc(hidden)]
    fn put(self, list: &mut ArgumentList);
}

/// A type that a sandboxed function can return: `()`, or that of an argument.
/// Every bit pattern that comes out of a sandbox is a value.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be the result of a sandboxed function")]
pub trait ReturnValue: Sized {
    #[doc(hidden)]
    const WAY: Way;
    /// `bytes` are what is in memory or in x87 registers, where that is the way.
    #[doc(hidden)]
    fn take(results: &CallResults, bytes: &[u8]) -> Self;
}

/// Where a result is when a function has returned.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In general and vector registers.
    Registers,
    /// So many bytes of memory, whose address the function was given.
    Memory(usize),
    /// So many registers of the x87 stack, 16 bytes each here.
    X87(usize),
}

impl<T: Composite> Argument for T {
    #[inline]
    fn put(self, list: &mut ArgumentList) {
        list.composite(self);
    }
}

/// The last argument of a variadic function: those behind the named ones.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let file = lfi_filetest::library("
/// #     #include <stdarg.h>
/// #     #include <stdio.h>
/// #     int format(char *to, unsigned long size, const char *format, ...)
/// #     { va_list list; va_start(list, format); int n = vsnprintf(to, size, format, list); va_end(list); return n; }");
/// # let engine = lfi::Engine::new(&lfi::Config::default())?;
/// # let mut sandbox = lfi::Sandbox::new(&engine, &lfi::Module::open(file)?)?;
/// use lfi::{SandboxPtr, Variadic};
/// type Text = SandboxPtr<u8>;
/// // int format(char *to, size_t size, const char *format, ...);
/// let format = sandbox.func::<(Text, usize, Text, Variadic<(i32, f64)>), i32>("format")?;
/// let to = sandbox.alloc(100)?;
/// let how = sandbox.alloc_c_str(c"%d and %.2f")?;
/// format.call(&mut sandbox, (to, 100, how, Variadic((1, 2.5))))?;
/// assert_eq!(sandbox.read_c_str(to, 100)?.as_c_str(), c"1 and 2.50");
/// # Ok(())
/// # }
/// ```
///
/// The types are those after C's default promotions: `i32` for shorter ones, `f64` for `float`.
///
/// ```compile_fail,E0277
/// # fn call(sandbox: &mut lfi::Sandbox) {
/// let sum = sandbox.func::<(i32, lfi::Variadic<(f32,)>), f64>("sum").unwrap();
/// sum.call(sandbox, (1, lfi::Variadic((0.5,)))).unwrap();
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variadic<T>(pub T);

/// A type that is not changed by C's default argument promotions.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is promoted when it is an argument of a variadic function",
    note = "C's default argument promotions: `i32` for shorter integers and `bool`, `f64` for `f32`"
)]
pub trait Promoted: Argument {}

impl<T: Composite> Promoted for T {}

/// What can stand last in a tuple of arguments.
#[doc(hidden)]
pub trait LastArgument {
    fn put_last(self, list: &mut ArgumentList);
}

impl<T: Argument> LastArgument for T {
    #[inline]
    fn put_last(self, list: &mut ArgumentList) {
        self.put(list);
    }
}

impl<T: PromotedArguments> LastArgument for Variadic<T> {
    #[inline]
    fn put_last(self, list: &mut ArgumentList) {
        self.0.put_promoted(list);
    }
}

/// A tuple of [`Argument`]s, up to 12, the last of which may be [`Variadic`].
pub trait Arguments {
    #[doc(hidden)]
    fn put_all(self, list: &mut ArgumentList);
}

/// A tuple of arguments of a variadic function, up to 12.
#[doc(hidden)]
pub trait PromotedArguments {
    fn put_promoted(self, list: &mut ArgumentList);
}

macro_rules! tuples {
    ($(($($name:ident)* | $last:ident))*) => {$(
        #[allow(non_snake_case)] // one name for the type and the value
        impl<$($name: Argument,)* $last: LastArgument> Arguments for ($($name,)* $last,) {
            #[inline]
            fn put_all(self, list: &mut ArgumentList) {
                let ($($name,)* $last,) = self;
                $($name.put(list);)*
                $last.put_last(list);
            }
        }
        #[allow(non_snake_case)] // as above
        impl<$($name: Promoted,)* $last: Promoted> PromotedArguments for ($($name,)* $last,) {
            #[inline]
            fn put_promoted(self, list: &mut ArgumentList) {
                let ($($name,)* $last,) = self;
                $($name.put(list);)*
                $last.put(list);
            }
        }
    )*};
}

impl Arguments for () {
    #[inline]
    fn put_all(self, _: &mut ArgumentList) {}
}

tuples! {
    (| A) (A | B) (A B | C) (A B C | D) (A B C D | E) (A B C D E | F) (A B C D E F | G) (A B C D E F G | H)
    (A B C D E F G H | I) (A B C D E F G H I | J) (A B C D E F G H I J | K) (A B C D E F G H I J K | L)
}

impl ReturnValue for () {
    const WAY: Way = Way::Registers;

    #[inline]
    fn take(_: &CallResults, _: &[u8]) -> Self {}
}

impl<T: Composite> ReturnValue for T {
    const WAY: Way = T::LAYOUT.result();

    fn take(results: &CallResults, bytes: &[u8]) -> Self {
        let Passing::Registers(parts) = (const { T::LAYOUT.passing() }) else {
            return T::load(bytes);
        };
        let (mut integers, mut floats) = ([results.rax, results.rdx].into_iter(), results.vectors.into_iter());
        of_eightbytes(parts.map(|part| {
            let register = match part {
                Some(Part::Integer) => integers.next(),
                Some(Part::Float) => floats.next(),
                None => None,
            };
            register.unwrap_or(0)
        }))
    }
}
