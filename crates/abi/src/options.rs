//! What a module was built to: which accesses are sandboxed, how it returns.

use core::{fmt, str::FromStr};

/// Which accesses are confined to the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Jumps only: control flow stays in verified code, memory is not protected.
    Jumps = 0,
    /// Stores and jumps: loads may read the whole host.
    Stores = 1,
    /// Loads, stores and jumps.
    Full = 2,
}

/// How sandboxed code returns from a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Returns {
    /// A masked indirect jump. Safe with any number of threads in the slot.
    Jump = 0,
    /// A masked return address and `ret`, which keeps the return-stack
    /// predictor. Needs an exclusive slot: nothing else writes the slot's
    /// memory while a thread runs in it.
    Ret = 1,
}

/// A word that names no [`Kind`], [`Returns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseOptionError {
    expected: &'static str,
}

impl fmt::Display for ParseOptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected one of {}", self.expected)
    }
}

impl core::error::Error for ParseOptionError {}

macro_rules! words {
    ($type:ident, $expected:literal, $($variant:ident = $word:literal),+) => {
        impl $type {
            /// The word that names this value on command lines and in messages.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            /// The value with this number in the ELF note.
            pub const fn from_u32(value: u32) -> Option<Self> {
                $(if value == Self::$variant as u32 { return Some(Self::$variant); })+
                None
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
        impl FromStr for $type {
            type Err = ParseOptionError;
            fn from_str(word: &str) -> Result<Self, ParseOptionError> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(ParseOptionError { expected: $expected }),
                }
            }
        }
    };
}

words!(Kind, "full, stores, jumps", Full = "full", Stores = "stores", Jumps = "jumps");
words!(Returns, "jump, ret", Jump = "jump", Ret = "ret");
