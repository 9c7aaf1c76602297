//! What the kernel tells about pages (`Documentation/admin-guide/mm/pagemap.rst`).

use super::PAGE_SIZE;
use std::{fs::File, io, os::unix::fs::FileExt};

/// Pages of the range that were written: those of a private mapping that are no longer
/// the file's, and all that are there of an anonymous one.
pub(crate) fn written_pages(start: u64, len: u64) -> io::Result<Vec<u64>> {
    const OF_FILE: u64 = 1 << 61;
    const SWAPPED: u64 = 1 << 62;
    const PRESENT: u64 = 1 << 63;
    let mut entries = vec![0; (len / PAGE_SIZE) as usize * 8];
    File::open("/proc/self/pagemap")?.read_exact_at(&mut entries, start / PAGE_SIZE * 8)?;
    let words = entries.chunks_exact(8).map(|word| word.try_into().map_or(0, u64::from_ne_bytes));
    let written = |&(_, word): &(u64, u64)| word & (PRESENT | SWAPPED) != 0 && word & OF_FILE == 0;
    Ok((start..).step_by(PAGE_SIZE as usize).zip(words).filter(written).map(|(page, _)| page).collect())
}
