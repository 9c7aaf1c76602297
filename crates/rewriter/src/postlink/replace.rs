//! Replacing a file at once.

use std::{fs, io, io::Write, path::Path};

/// Puts a new file in the place of `path`, with the same permissions: readers
/// see the old file or the new one, never a part. Needs an absolute path.
pub(super) fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut new = tempfile::Builder::new().prefix(".lfi-postlink-").tempfile_in(directory)?;
    new.write_all(contents)?;
    new.as_file().set_permissions(fs::metadata(path)?.permissions())?;
    new.persist(path).map_err(|e| e.error)?;
    Ok(())
}
