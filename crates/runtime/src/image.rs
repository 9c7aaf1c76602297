//! Data that many sandboxes begin with.

use crate::{
    Error,
    host::{Protection, SealedFile},
};
use std::sync::Arc;

/// Bytes in sealed memory, to be mapped in any number of sandboxes: each sees
/// them as they are here, whatever the others write. A cheap handle.
///
/// Such a mapping is safe in exclusive sandboxes, too, where files of others
/// are not: nobody but the runtime has the file, and it can neither shrink nor
/// be written or punched, so no page of a mapping changes or goes away.
#[derive(Clone, Debug)]
pub struct Image {
    file: Arc<SealedFile>,
}

impl Image {
    /// Copies the bytes.
    ///
    /// # Errors
    /// When the host has no memory.
    pub fn new(bytes: &[u8]) -> Result<Self, Error> {
        Ok(Self { file: Arc::new(SealedFile::new(c"lfi-image", bytes)?) })
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.file.len()
    }

    /// Whether it holds no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Maps a part at a place that the caller owns.
    pub(crate) fn map_at(&self, start: u64, len: u64, protection: Protection, offset: u64) -> Result<(), Error> {
        if offset.checked_add(len).is_none_or(|end| end > self.len().next_multiple_of(crate::PAGE_SIZE)) {
            return Err(Error::OutOfRange);
        }
        self.file.map_privately(start, len, protection, offset)
    }
}
