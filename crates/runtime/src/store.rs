//! Where the contents of snapshots are kept: large files in memory, each for
//! many snapshots, so that one costs neither a descriptor nor a mapping.

use crate::{
    Error,
    host::{Alias, PAGE_SIZE},
};
use std::sync::Arc;

/// Bytes of a file, if nothing larger is stored. Pages that are not in use take no memory.
const FILE_SIZE: u64 = 64 << 20;

/// The file that the next snapshot goes into. It lives as long as one of them.
#[derive(Debug, Default)]
pub(crate) struct Store {
    present: Option<(Arc<Alias>, u64)>,
}

/// The contents of one snapshot.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) file: Arc<Alias>,
    /// Where they begin in the file.
    pub(crate) start: u64,
}

impl Store {
    /// Keeps a copy of whole pages.
    pub(crate) fn keep(&mut self, contents: &[u8]) -> Result<Stored, Error> {
        let len = contents.len() as u64;
        debug_assert!(len.is_multiple_of(PAGE_SIZE));
        let (file, start) = match self.present.take() {
            Some((file, used)) if FILE_SIZE - used >= len => (file, used),
            _ => (Arc::new(Alias::new(c"lfi-snapshot", FILE_SIZE.max(len))?), 0),
        };
        file.write(start as usize, contents);
        let used = start + len;
        if used < FILE_SIZE {
            self.present = Some((Arc::clone(&file), used));
        }
        Ok(Stored { file, start })
    }
}
