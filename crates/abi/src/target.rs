//! Target names.

use core::{fmt, str::FromStr};

/// An instruction set that LFI sandboxes. All targets are 64-bit, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// AMD64, Intel 64.
    X64,
    /// AArch64.
    Arm64,
    /// RV64GC.
    Riscv64,
}

/// A word that names no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseTargetError;

impl fmt::Display for ParseTargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected one of x64, arm64, riscv64")
    }
}

impl core::error::Error for ParseTargetError {}

impl Target {
    /// The name used in code, file names and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X64 => "x64",
            Self::Arm64 => "arm64",
            Self::Riscv64 => "riscv64",
        }
    }

    /// The architecture's name in target triples.
    pub const fn triple_arch(self) -> &'static str {
        match self {
            Self::X64 => "x86_64",
            Self::Arm64 => "aarch64",
            Self::Riscv64 => "riscv64",
        }
    }

    /// ELF `e_machine` (gABI, "Machine Types").
    pub const fn elf_machine(self) -> u16 {
        match self {
            Self::X64 => 62,
            Self::Arm64 => 183,
            Self::Riscv64 => 243,
        }
    }

    /// The target with this `e_machine`.
    pub const fn from_elf_machine(machine: u16) -> Option<Self> {
        match machine {
            62 => Some(Self::X64),
            183 => Some(Self::Arm64),
            243 => Some(Self::Riscv64),
            _ => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = ParseTargetError;
    /// Accepts every usual alias.
    fn from_str(word: &str) -> Result<Self, ParseTargetError> {
        match word {
            "x64" | "x86_64" | "x86-64" | "amd64" => Ok(Self::X64),
            "arm64" | "aarch64" => Ok(Self::Arm64),
            "riscv64" | "riscv" | "riscv64gc" => Ok(Self::Riscv64),
            _ => Err(ParseTargetError),
        }
    }
}
