//! The ELF note by which a module says what it was built to.
//!
//! The rewriter emits one into every object file; the post-linker checks that
//! all of them agree, leaves one and sets [`LAID_OUT`]. Layout (all fields
//! 32-bit little-endian):
//!
//! ```text
//! +0   namesz = 4   +4 descsz = 20   +8 type = 1   +12 "LFI\0"
//! +16  ABI version  +20 e_machine    +24 kind      +28 returns  +32 flags
//! ```
//!
//! The note is a claim, not a proof: it selects the rules that the verifier
//! then checks the code against.

use crate::{ABI_VERSION, Kind, Returns, Target};

/// Name of the section.
pub const SECTION: &str = ".note.lfi";
/// Name of the note's owner, with its terminator.
pub const OWNER: [u8; 4] = *b"LFI\0";
/// Type of the note.
pub const TYPE: u32 = 1;
/// Size of the descriptor in bytes.
pub const DESC_SIZE: usize = 20;
/// Size of the whole note in bytes.
pub const SIZE: usize = 16 + DESC_SIZE;
/// Flag: the post-linker has laid out and checked this file.
pub const LAID_OUT: u32 = 1;

/// What a module was built to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Instruction set.
    pub target: Target,
    /// Which accesses are sandboxed.
    pub kind: Kind,
    /// How functions return.
    pub returns: Returns,
    /// Whether the post-linker has been over the file.
    pub laid_out: bool,
}

/// Why a note is not one that this version can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteError {
    /// Not an LFI note: wrong size, owner or type.
    NotOurs,
    /// Built to another version of the ABI (the field is that version).
    Version(u32),
    /// A field has a value that this version does not define.
    Unknown,
}

impl core::fmt::Display for NoteError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotOurs => f.write_str("not an LFI note"),
            Self::Version(v) => {
                write!(f, "built to LFI ABI version {v}; this tool knows version {ABI_VERSION}")
            }
            Self::Unknown => f.write_str("the LFI note has a field that this version does not define"),
        }
    }
}

impl core::error::Error for NoteError {}

impl Note {
    /// The note as bytes, header included.
    pub fn to_bytes(self) -> [u8; SIZE] {
        let words = [
            OWNER.len() as u32,
            DESC_SIZE as u32,
            TYPE,
            u32::from_le_bytes(OWNER),
            ABI_VERSION,
            u32::from(self.target.elf_machine()),
            self.kind as u32,
            self.returns as u32,
            if self.laid_out { LAID_OUT } else { 0 },
        ];
        let mut bytes = [0; SIZE];
        for (chunk, word) in bytes.chunks_exact_mut(4).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Reads a note from exactly its bytes, header included.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() != SIZE {
            return Err(NoteError::NotOurs);
        }
        let mut words = [0; SIZE / 4];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        }
        let [namesz, descsz, kind_of_note, owner, version, machine, kind, returns, flags] = words;
        if namesz != OWNER.len() as u32
            || descsz != DESC_SIZE as u32
            || kind_of_note != TYPE
            || owner != u32::from_le_bytes(OWNER)
        {
            return Err(NoteError::NotOurs);
        }
        if version != ABI_VERSION {
            return Err(NoteError::Version(version));
        }
        let machine = u16::try_from(machine).map_err(|_| NoteError::Unknown)?;
        if flags & !LAID_OUT != 0 {
            return Err(NoteError::Unknown);
        }
        Ok(Self {
            target: Target::from_elf_machine(machine).ok_or(NoteError::Unknown)?,
            kind: Kind::from_u32(kind).ok_or(NoteError::Unknown)?,
            returns: Returns::from_u32(returns).ok_or(NoteError::Unknown)?,
            laid_out: flags & LAID_OUT != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for kind in [Kind::Full, Kind::Stores, Kind::Jumps] {
            for returns in [Returns::Jump, Returns::Ret] {
                for laid_out in [false, true] {
                    let note = Note { target: Target::X64, kind, returns, laid_out };
                    assert_eq!(Note::from_bytes(&note.to_bytes()), Ok(note));
                }
            }
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let note = Note { target: Target::X64, kind: Kind::Full, returns: Returns::Jump, laid_out: true };
        for i in 0..SIZE {
            let mut bytes = note.to_bytes();
            bytes[i] ^= 0x80;
            assert!(Note::from_bytes(&bytes).is_err(), "byte {i}");
        }
    }
}
