//! The cache: `$XDG_CACHE_HOME/lfi`, directories named by what they were made
//! from. An entry is built beside its final place and renamed, so that it is
//! whole or absent; a lock file keeps two processes from building it twice.

use std::{
    env, fs,
    fs::File,
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::{Digest, Sha256};

use crate::failure::{Context, Failure, Result};

/// The directory of the cache; created when missing.
pub(crate) fn root() -> Result<PathBuf> {
    let base = match env::var_os("XDG_CACHE_HOME").filter(|dir| Path::new(dir).is_absolute()) {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(
            env::var_os("HOME").ok_or_else(|| Failure::could_not("neither XDG_CACHE_HOME nor HOME is set"))?,
        )
        .join(".cache"),
    };
    let root = base.join("lfi");
    fs::create_dir_all(&root).at(&root)?;
    Ok(root)
}

/// The directory `name` of the cache (one or two components), built by `build`
/// when it is not there yet. `build` gets an empty directory to fill.
pub(crate) fn entry(name: &str, build: impl FnOnce(&Path) -> Result) -> Result<PathBuf> {
    let root = root()?;
    let done = root.join(name);
    if done.is_dir() {
        return Ok(done);
    }
    let flat = name.replace('/', "-");
    let lock_path = root.join("lock").join(&flat);
    create_parent(&lock_path)?;
    let lock = File::create(&lock_path).at(&lock_path)?;
    lock.lock().at(&lock_path)?;
    if done.is_dir() {
        return Ok(done); // another process was quicker
    }
    let partial = root.join("partial").join(&flat);
    remove(&partial)?; // left by a process that was killed
    fs::create_dir_all(&partial).at(&partial)?;
    build(&partial)?;
    create_parent(&done)?;
    fs::rename(&partial, &done).at(&done)?;
    Ok(done)
}

/// How many entries that differ only in their keys are kept: those of the last
/// changes, and of a few checkouts beside each other.
const KEPT: usize = 4;

/// Removes all entries `prefix*` of the cache but those used last, and but
/// `used`, which is marked as used now.
pub(crate) fn forget_others(used: &Path, prefix: &str) -> Result {
    File::open(used).and_then(|dir| dir.set_modified(SystemTime::now())).at(used)?;
    let parent = used.parent().unwrap_or(used);
    let mut entries = Vec::new();
    for entry in fs::read_dir(parent).at(parent)? {
        let entry = entry.at(parent)?;
        if entry.file_name().to_string_lossy().starts_with(prefix) && entry.path() != used {
            entries.push((entry.metadata().and_then(|data| data.modified()).at(&entry.path())?, entry.path()));
        }
    }
    entries.sort();
    let surplus = (entries.len() + 1).saturating_sub(KEPT);
    entries.iter().take(surplus).try_for_each(|(_, path)| remove(path))
}

/// Removes a directory tree; one that is not there is removed already.
pub(crate) fn remove(dir: &Path) -> Result {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).at(dir),
        _ => Ok(()),
    }
}

/// Creates the directory that holds `path`.
pub(crate) fn create_parent(path: &Path) -> Result {
    let parent = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).at(parent)
}

/// The name of what is made from all that is added: 16 hexadecimal digits.
pub(crate) struct Key(Sha256);

impl Key {
    /// A key of nothing yet.
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    /// Adds bytes. Their length goes first, so that parts cannot run together.
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Adds a file's content.
    pub(crate) fn file(self, path: &Path) -> Result<Self> {
        let content = fs::read(path).at(path)?;
        Ok(self.bytes(&content))
    }

    /// Adds the names and contents of all files below a directory.
    pub(crate) fn tree(mut self, dir: &Path) -> Result<Self> {
        let mut entries = fs::read_dir(dir).at(dir)?.collect::<io::Result<Vec<_>>>().at(dir)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            self = self.bytes(entry.file_name().as_encoded_bytes());
            let path = entry.path();
            self = if path.is_dir() { self.tree(&path)? } else { self.file(&path)? };
        }
        Ok(self)
    }

    /// The key as text.
    pub(crate) fn text(self) -> String {
        hex(&self.0.finalize()[..8])
    }
}

/// SHA-256 of a file, in lower-case hexadecimal.
pub(crate) fn sha256(path: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path).at(path)?;
    io::copy(&mut file, &mut hash).at(path)?;
    Ok(hex(&hash.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_the_entries_used_last_are_kept() {
        let root = env::temp_dir().join(format!("lfi-xtask-cache-{}", std::process::id()));
        for (age, name) in ["a-1", "a-2", "a-3", "a-4", "a-5", "b-1"].iter().enumerate() {
            let dir = root.join(name);
            fs::create_dir_all(&dir).unwrap();
            let time = SystemTime::now() - Duration::from_secs(1000 + age as u64);
            File::open(&dir).unwrap().set_modified(time).unwrap();
        }
        // The oldest one is the one in use.
        forget_others(&root.join("a-5"), "a-").unwrap();
        let mut left: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["a-1", "a-2", "a-3", "a-5", "b-1"]);
        remove(&root).unwrap();
    }

    #[test]
    fn parts_of_a_key_do_not_run_together() {
        let key = |parts: &[&str]| parts.iter().fold(Key::new(), |key, part| key.bytes(part.as_bytes())).text();
        assert_eq!(key(&["ab", "c"]), key(&["ab", "c"]));
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["ab", "c"]), key(&["ab", "c", ""]));
    }
}
