//! Outputs appear whole or not at all, also when several drivers run at once.

use std::{
    fs,
    fs::Permissions,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use tempfile::Builder;

use crate::error::{At, Result};

/// What a file may be used for; the user's mask applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Read and write.
    Data = 0o666,
    /// Run, too.
    Program = 0o777,
}

/// Has `make` write a file beside `path`, then renames it to `path`. What is
/// no regular file (`/dev/null`, a pipe; `-` is standard output) is written to
/// instead of replaced.
pub(crate) fn create(path: &str, mode: Mode, make: impl FnOnce(&Path) -> Result) -> Result {
    let target = Path::new(path);
    let in_place = path == "-" || fs::metadata(target).is_ok_and(|data| !data.is_file());
    let mut builder = Builder::new();
    builder.prefix(".lfi-").permissions(Permissions::from_mode(mode as u32));
    if in_place {
        let file = builder.tempfile().at("a temporary file")?;
        make(file.path())?;
        let bytes = fs::read(file.path()).at(file.path())?;
        if path == "-" {
            return io::stdout().write_all(&bytes).at("standard output");
        }
        return fs::write(target, bytes).at(target);
    }
    // Through a link, so that the link stays.
    let target = target.canonicalize().unwrap_or_else(|_| target.to_owned());
    let parent = target.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = builder.tempfile_in(parent).at(&target)?;
    make(file.path())?;
    // A tool that replaces its output leaves the handle at the old file; the
    // name is what counts.
    file.into_temp_path().persist(&target).map(drop).map_err(|error| error.error).at(&target)
}

/// Writes bytes as [`create`] does.
pub(crate) fn write(path: &str, mode: Mode, bytes: &[u8]) -> Result {
    create(path, mode, |path| fs::write(path, bytes).at(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let name = path.to_str().unwrap();
        write(name, Mode::Data, b"first").unwrap();
        let failed = create(name, Mode::Data, |path| {
            fs::write(path, "half").at(path)?;
            Err(Error::Failed { program: "as".to_owned(), status: 1 })
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(names(dir.path()), ["out"], "nothing is left behind");
        write(name, Mode::Program, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o100, 0o100);
        let missing = dir.path().join("no/such/dir/out");
        assert!(matches!(write(missing.to_str().unwrap(), Mode::Data, b""), Err(Error::Io(..))));
    }

    #[test]
    fn devices_and_links_stay() {
        write("/dev/null", Mode::Data, b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        write(link.to_str().unwrap(), Mode::Data, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
