//! What hostile code could leave behind on the host.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// A directory of which a hostile process is shown a part: `inside`, to write, and `read_only`.
#[derive(Debug)]
pub struct Ground {
    dir: TempDir,
    before: [Tree; 2],
}

/// What is in a directory: inode, mode, size, time of change and contents.
type Tree = BTreeMap<PathBuf, (u64, u32, u64, i64, Vec<u8>)>;

impl Ground {
    /// One in which links inside lead outside, and elsewhere.
    ///
    /// # Panics
    /// When it cannot be made.
    #[expect(clippy::new_without_default, reason = "it makes files")]
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path();
        let made = || -> std::io::Result<()> {
            for name in ["inside", "read_only", "outside"] {
                fs::create_dir(path.join(name))?;
            }
            fs::create_dir(path.join("inside/sub"))?;
            for name in ["read_only/file", "outside/secret", "outside/other"] {
                fs::write(path.join(name), name)?;
            }
            let links = [("../outside/secret", "out"), ("/sub", "in"), ("/proc/self/fd", "magic"), ("loop", "loop")];
            links.iter().try_for_each(|(target, name)| symlink(target, path.join("inside").join(name)))
        };
        made().expect("room for files");
        let before = untouched(path);
        Self { dir, before }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Sees to it that nothing has changed but what may.
    ///
    /// # Panics
    /// When something has.
    pub fn check(&self) {
        assert_eq!(untouched(self.path()), self.before);
        let mut names: Vec<_> =
            fs::read_dir(self.path()).expect("it is there").map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        assert_eq!(names, ["inside", "outside", "read_only"], "nothing beside what is shown");
    }
}

fn untouched(dir: &Path) -> [Tree; 2] {
    [tree(&dir.join("outside")), tree(&dir.join("read_only"))]
}

fn tree(dir: &Path) -> Tree {
    let entries = fs::read_dir(dir).expect("it is there").map(|entry| entry.expect("an entry").path());
    let known = entries.map(|path| {
        let data = fs::symlink_metadata(&path).expect("it is there");
        let contents = fs::read(&path).expect("a file");
        (path, (data.ino(), data.mode(), data.size(), data.ctime_nsec(), contents))
    });
    known.collect()
}

/// The descriptors of this process, by number: what each is.
///
/// # Panics
/// Without `/proc`.
pub fn descriptors() -> BTreeMap<String, String> {
    let entries = fs::read_dir("/proc/self/fd").expect("/proc");
    let links = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let target = fs::read_link(entry.path()).ok()?; // the listing's own is gone
        Some((entry.file_name().into_string().ok()?, target.display().to_string()))
    });
    links.filter(|(_, target)| !target.ends_with("/fd")).collect()
}
