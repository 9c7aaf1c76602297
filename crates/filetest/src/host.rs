//! What hostile code could leave behind on the host.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
    process::Command,
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

    /// Runs an ignored test of this executable in a process of its own, with the directory in the variable
    /// `directory`, and sees to it that it passes and that nothing has changed but what may. What it has counted:
    /// behind `calls: `.
    ///
    /// # Panics
    /// When one of that is not so.
    pub fn run(&self, test: &str, directory: &str) -> String {
        let output = Command::new(std::env::current_exe().expect("a test"))
            .args(["--exact", test, "--ignored", "--nocapture"])
            .env(directory, self.path())
            .output()
            .expect("a process");
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n");
        assert!(output.status.success(), "{}\n{last}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        self.check();
        text.lines().find_map(|line| line.split_once("calls: ")).expect("the count").1.to_owned()
    }

    /// Sees to it that nothing has changed but what may.
    ///
    /// # Panics
    /// When something has.
    fn check(&self) {
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
