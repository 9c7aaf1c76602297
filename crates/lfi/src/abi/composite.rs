//! Types that travel as their layout says: structures, and numbers that are
//! larger than a register.

use super::{Composite, Data, Layout, layout::Class, scalar::numbers};
use std::marker::PhantomData;

numbers!(Integer: i128 u128);
impl Composite for i128 {}
impl Composite for u128 {}

/// The parts of a value that travels in registers. Padding is zero.
pub(super) fn eightbytes<T: Data>(value: T) -> [u64; 2] {
    let mut bytes = [[0; 8]; 2];
    value.store(bytes.as_flattened_mut());
    bytes.map(u64::from_le_bytes)
}

/// The value that has these parts.
pub(super) fn of_eightbytes<T: Data>(eightbytes: [u64; 2]) -> T {
    T::load(eightbytes.map(u64::to_le_bytes).as_flattened())
}

impl<T: Data, const N: usize> Data for [T; N] {
    const LAYOUT: Layout = Layout::array::<Self>(N, T::LAYOUT);

    fn store(self, to: &mut [u8]) {
        for (index, element) in self.into_iter().enumerate() {
            element.store(&mut to[index * size_of::<T>()..]);
        }
    }

    fn load(from: &[u8]) -> Self {
        std::array::from_fn(|index| T::load(&from[index * size_of::<T>()..]))
    }
}

/// C's `_Complex`, of `f32`, `f64` or [`LongDouble`](crate::LongDouble).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Complex<T> {
    /// The real part.
    pub re: T,
    /// The imaginary part.
    pub im: T,
}

impl<T: Data> Data for Complex<T> {
    const LAYOUT: Layout = Layout::complex::<Self>(T::LAYOUT);

    fn store(self, to: &mut [u8]) {
        [self.re, self.im].store(to);
    }

    fn load(from: &[u8]) -> Self {
        let [re, im] = Data::load(from);
        Self { re, im }
    }
}

impl<T: Data> Composite for Complex<T> {}

/// Declares structures of C, to be passed by value and copied in and out of
/// sandboxes.
///
/// Fields are laid out as C does. What lies between them never leaves the host:
/// it is zero in the sandbox.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let file = lfi_filetest::library("
/// #     struct point { double x, y; };
/// #     struct line { struct point from, to; int width; };
/// #     struct point middle(struct line l)
/// #     { return (struct point){ (l.from.x + l.to.x) / 2, (l.from.y + l.to.y) / 2 }; }");
/// # let engine = lfi::Engine::new(&lfi::Config::default())?;
/// # let mut sandbox = lfi::Sandbox::new(&engine, &lfi::Module::open(file)?)?;
/// lfi::c_struct! {
///     #[derive(Debug, PartialEq)]
///     pub struct Point { pub x: f64, pub y: f64 }
///
///     pub struct Line { pub from: Point, pub to: Point, pub width: i32 }
/// }
///
/// // struct point middle(struct line l);
/// let middle = sandbox.func::<(Line,), Point>("middle")?;
/// let line = Line { from: Point { x: 0.0, y: 0.0 }, to: Point { x: 4.0, y: 6.0 }, width: 1 };
/// assert_eq!(middle.call(&mut sandbox, (line,))?, Point { x: 2.0, y: 3.0 });
/// # Ok(())
/// # }
/// ```
///
/// The structures are `Copy`; other traits are derived as usual. A bit-field is
/// a part of an integer. A structure without fields has no size in C and is no argument.
#[macro_export]
macro_rules! c_struct {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$of_field:meta])* $field_visibility:vis $field:ident: $type:ty),+ $(,)?
        }
    )+) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy)]
        #[repr(C)]
        $visibility struct $name {
            $($(#[$of_field])* $field_visibility $field: $type),+
        }

        impl $crate::Data for $name {
            const LAYOUT: $crate::__abi::Layout = $crate::__abi::Layout::structure::<Self>(&[
                $((::core::mem::offset_of!($name, $field), <$type as $crate::Data>::LAYOUT)),+
            ]);

            #[inline]
            fn store(self, to: &mut [u8]) {
                $(<$type as $crate::Data>::store(self.$field, &mut to[::core::mem::offset_of!($name, $field)..]);)+
            }

            #[inline]
            fn load(from: &[u8]) -> Self {
                Self { $($field: <$type as $crate::Data>::load(&from[::core::mem::offset_of!($name, $field)..])),+ }
            }
        }

        impl $crate::__abi::Composite for $name {}
    )+};
}

/// Declares unions of C, to be passed by value and copied in and out of
/// sandboxes. A union is its bytes; each field is a way to see them.
///
/// ```
/// lfi::c_union! {
///     pub union Value { number: i64, real: f64 }
/// }
/// let value = Value::new(Value::real, 1.0);
/// assert_eq!(value.get(Value::number), 0x3ff0_0000_0000_0000);
/// ```
#[macro_export]
macro_rules! c_union {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis union $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty),+ $(,)? }
    )+) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy)]
        #[repr(C)]
        $visibility struct $name {
            aligned: ($([$type; 0],)+),
            bytes: [u8; $crate::__abi::largest(&[$(::core::mem::size_of::<$type>()),+])],
        }

        #[allow(missing_docs, non_upper_case_globals, dead_code)]
        impl $name {
            $($(#[$of_field])* pub const $field: $crate::UnionField<Self, $type> = $crate::UnionField::NEW;)+

            /// The union with this value of a field; the rest is zero.
            pub fn new<T: $crate::Data>(_: $crate::UnionField<Self, T>, value: T) -> Self {
                let mut union = <Self as $crate::Data>::load(&[0; ::core::mem::size_of::<Self>()]);
                value.store(&mut union.bytes);
                union
            }

            /// Its bytes as the value of a field.
            pub fn get<T: $crate::Data>(self, _: $crate::UnionField<Self, T>) -> T {
                T::load(&self.bytes)
            }
        }

        impl $crate::Data for $name {
            const LAYOUT: $crate::__abi::Layout =
                $crate::__abi::Layout::structure::<Self>(&[$((0, <$type as $crate::Data>::LAYOUT)),+]);

            #[inline]
            fn store(self, to: &mut [u8]) {
                <[u8; _] as $crate::Data>::store(self.bytes, to);
            }

            #[inline]
            fn load(from: &[u8]) -> Self {
                Self { aligned: ($([] as [$type; 0],)+), bytes: <[u8; _] as $crate::Data>::load(from) }
            }
        }

        impl $crate::__abi::Composite for $name {}
    )+};
}

/// A field of a union that [`c_union!`](crate::c_union) has declared.
#[derive(Debug)]
pub struct UnionField<U, T> {
    of: PhantomData<fn(U) -> T>,
}

impl<U, T> UnionField<U, T> {
    #[doc(hidden)]
    pub const NEW: Self = Self { of: PhantomData };
}

/// The largest of some sizes.
#[doc(hidden)]
pub const fn largest(sizes: &[usize]) -> usize {
    let (mut largest, mut index) = (0, 0);
    while index < sizes.len() {
        if sizes[index] > largest {
            largest = sizes[index];
        }
        index += 1;
    }
    largest
}
