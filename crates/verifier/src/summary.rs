//! What a verified region contains.

use core::ops::{BitOr, BitOrAssign};

/// What the pass saw in a region that it accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Instructions, those inside units counted one by one.
    pub instructions: u64,
    /// Bytes of code.
    pub bytes: u64,
    /// Processor state that the code can change beyond general registers,
    /// arithmetic flags and vector registers.
    pub classes: Classes,
}

impl Summary {
    /// The summary of two regions together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            instructions: self.instructions.saturating_add(other.instructions),
            bytes: self.bytes.saturating_add(other.bytes),
            classes: Classes(self.classes.0 | other.classes.0),
        }
    }
}

/// A set of instruction classes by the processor state they touch. What no code
/// in a slot can have changed need not be restored on the way out of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes(u8);

impl Classes {
    /// No class.
    pub const NONE: Self = Self(0);
    /// x87 instructions: stack, status and control word, pending exceptions.
    pub const X87: Self = Self(1);
    /// MMX instructions: they mark the x87 registers as used.
    pub const MMX: Self = Self(2);
    /// Instructions that load the x87 control word (`fldcw`, `fldenv`, ...), or
    /// load or show the status word (`fnclex`, `fnstsw`, ...).
    pub const X87_CONTROL: Self = Self(4);
    /// Instructions that load or show MXCSR.
    pub const MXCSR: Self = Self(8);
    /// `std`, which sets the direction flag.
    pub const DIRECTION: Self = Self(16);
    /// Instructions that load or show the whole x87 unit (`fldenv`, `fnstenv`,
    /// `frstor`, `fnsave`): pointers, and contents of registers marked as unused.
    pub const X87_WHOLE: Self = Self(64);
    /// VEX-encoded vector instructions: upper halves of vector registers.
    pub const AVX: Self = Self(32);

    /// Instructions on mask registers or with EVEX: the upper 16 vector
    /// registers, the upper halves of all, and the masks.
    pub const AVX512: Self = Self(128);

    const NAMES: [(Self, &'static str); 8] = [
        (Self::X87, "x87"),
        (Self::MMX, "mmx"),
        (Self::X87_CONTROL, "x87-control"),
        (Self::X87_WHOLE, "x87-whole"),
        (Self::MXCSR, "mxcsr"),
        (Self::DIRECTION, "direction"),
        (Self::AVX, "avx"),
        (Self::AVX512, "avx512"),
    ];

    /// Whether all classes of `other` are in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of the classes in this set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(class, _)| self.contains(*class)).map(|(_, name)| name)
    }

    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }
}

impl BitOr for Classes {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Classes {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
