//! The cache: `$XDG_CACHE_HOME/lfi`, directories named by what they were made
//! from. An entry is built beside its final place and renamed, so that it is
//! whole or absent; a lock file keeps two processes from building it twice.

use std::{
    env, fs,
    fs::File,
    io,
    path::{Path, PathBuf},
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
