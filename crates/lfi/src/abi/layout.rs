//! Which registers the parts of a value call for (psABI, 3.2.3: classification).
//!
//! The psABI classifies eightbytes by merging the classes of the fields in
//! them. Here every byte has the class of the field that it belongs to, so that
//! structures in structures need no second look at their fields.

use super::Way;

/// What a byte of a value belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Class {
    Padding,
    Integer,
    Float,
    /// `long double`.
    X87,
    /// One or the other: in a union.
    FloatOrX87,
}

impl Class {
    /// Of what belongs to two fields, or has two parts: integers decide.
    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Padding, class) | (class, Self::Padding) => class,
            (Self::Integer, _) | (_, Self::Integer) => Self::Integer,
            (Self::Float, Self::Float) => Self::Float,
            (Self::X87, Self::X87) => Self::X87,
            _ => Self::FloatOrX87,
        }
    }
}

/// How large a type is, how it is aligned, and what is where in it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    size: usize,
    align: usize,
    /// A field is not aligned as its type asks for: a packed structure.
    unaligned: bool,
    /// C's `_Complex`, and not a structure.
    complex: bool,
    /// Of the first bytes; nothing larger travels in registers.
    classes: [Class; LARGEST],
}

/// Size of the largest values that travel in registers.
const LARGEST: usize = 16;

/// A register that an eightbyte travels in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Integer,
    Float,
}

/// How an argument travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passing {
    /// In registers, as far as there are any. An eightbyte of nothing but
    /// padding travels in none.
    Registers([Option<Part>; 2]),
    /// On the stack.
    Memory,
}

impl Passing {
    /// The registers that an argument travels in, when so many are left: all or none.
    pub(crate) fn registers(self, integers: usize, floats: usize) -> Option<[Option<Part>; 2]> {
        let Self::Registers(parts) = self else { return None };
        let needed = |wanted| parts.into_iter().flatten().filter(|part| *part == wanted).count();
        (needed(Part::Integer) <= integers && needed(Part::Float) <= floats).then_some(parts)
    }
}

impl Layout {
    /// Of a type that is no aggregate.
    pub const fn scalar<T>(class: Class) -> Self {
        Self::structure::<T>(&[(
            0,
            Self { size: size_of::<T>(), align: 1, unaligned: false, complex: false, classes: [class; LARGEST] },
        )])
    }

    /// Of a structure or union with fields of these layouts at these offsets.
    pub const fn structure<T>(fields: &[(usize, Layout)]) -> Self {
        let mut whole = Self {
            size: size_of::<T>(),
            align: align_of::<T>(),
            unaligned: false,
            complex: false,
            classes: [Class::Padding; LARGEST],
        };
        let mut index = 0;
        while index < fields.len() {
            let (offset, field) = fields[index];
            whole.place(offset, field);
            index += 1;
        }
        whole
    }

    /// Of an array `T` of `count` elements.
    pub const fn array<T>(count: usize, element: Layout) -> Self {
        let mut whole = Self::structure::<T>(&[]);
        let mut index = 0;
        // Of no interest behind what travels in registers.
        while index < count && index * element.size < LARGEST {
            whole.place(index * element.size, element);
            index += 1;
        }
        whole
    }

    /// Of a complex number `T` with such parts.
    pub const fn complex<T>(part: Layout) -> Self {
        Self { complex: true, ..Self::array::<T>(2, part) }
    }

    const fn place(&mut self, offset: usize, field: Self) {
        self.unaligned |= field.unaligned || !offset.is_multiple_of(field.align);
        let mut byte = 0;
        while byte < field.size && byte < LARGEST && offset + byte < LARGEST {
            self.classes[offset + byte] = self.classes[offset + byte].and(field.classes[byte]);
            byte += 1;
        }
    }

    /// The class of the eightbyte at `start`.
    const fn eightbyte(&self, start: usize) -> Class {
        let mut class = Class::Padding;
        let mut byte = start;
        while byte < start + 8 {
            class = class.and(self.classes[byte]);
            byte += 1;
        }
        class
    }

    /// How arguments of the type travel.
    pub(crate) const fn passing(&self) -> Passing {
        const fn part(class: Class) -> Option<Part> {
            match class {
                Class::Integer => Some(Part::Integer),
                Class::Float => Some(Part::Float),
                Class::Padding | Class::X87 | Class::FloatOrX87 => None,
            }
        }
        assert!(self.align <= LARGEST, "a type that needs more than the stack's alignment cannot be passed by value");
        let classes = [self.eightbyte(0), self.eightbyte(8)];
        let x87 = matches!(classes, [Class::X87 | Class::FloatOrX87, _] | [_, Class::X87 | Class::FloatOrX87]);
        if self.size > LARGEST || self.unaligned || x87 {
            return Passing::Memory;
        }
        Passing::Registers([part(classes[0]), part(classes[1])])
    }

    /// Where results of the type are.
    pub(crate) const fn result(&self) -> Way {
        let x87 = matches!([self.eightbyte(0), self.eightbyte(8)], [Class::X87, Class::X87]) && !self.unaligned;
        match self.passing() {
            Passing::Registers(_) => Way::Registers,
            Passing::Memory if x87 && self.size == LARGEST => Way::X87(1),
            Passing::Memory if x87 && self.complex => Way::X87(2),
            Passing::Memory => Way::Memory(self.size),
        }
    }

    /// Size in bytes.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// What addresses of the type are multiples of.
    pub(crate) const fn align(&self) -> usize {
        self.align
    }
}
