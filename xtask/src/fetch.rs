//! Brings sources onto the machine: Debian source packages, from the mirror
//! that the machine itself uses.
//!
//! What is fetched is pinned by version and SHA-256 in [`pins`]. When a pinned
//! file is no longer on the mirror, or is another one than it was, the suite's
//! present version is taken instead, with its signature checked by apt, and
//! that is said.

mod apt;
mod headers;
mod mirror;
pub(crate) mod pins;
mod sqlite;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    cache,
    failure::{Context, Failure, Result},
    ui,
};
pub(crate) use headers::kernel_headers;
pub(crate) use pins::Source;
pub(crate) use sqlite::amalgamation as sqlite;

/// The unpacked tree of a pinned Debian source package, below the cache.
/// Callers do not write to it.
pub(crate) fn debian_source(source: &Source) -> Result<PathBuf> {
    let mut key = cache::Key::new().bytes(source.version.as_bytes()).bytes(&[u8::from(source.patched)]);
    for file in source.files {
        key = key.bytes(file.sha256.as_bytes());
    }
    for member in source.members {
        key = key.bytes(member.as_bytes());
    }
    cache::entry(&format!("source/{}-{}", source.name, key.text()), |dir| {
        ui::step(&format!("fetching the source of {} {}", source.name, source.version), || {
            let download = cache::root()?.join("partial").join(format!("download-{}", source.name));
            cache::remove(&download)?;
            fs::create_dir_all(&download).at(&download)?;
            let files = apt::download(source, &download)?;
            unpack(source, &files, dir)?;
            cache::remove(&download)
        })
    })
}

/// Unpacks the upstream archive and, when asked for, applies Debian's patches.
fn unpack(source: &Source, files: &[PathBuf], dir: &Path) -> Result {
    let named = |part: &str| {
        files
            .iter()
            .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(part)))
            .ok_or_else(|| Failure::could_not(format!("the source of {} has no file `*{part}*`", source.name)))
    };
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(named(".orig.tar.")?).arg("-C").arg(dir).arg("--strip-components=1");
    if !source.members.is_empty() {
        tar.arg("--wildcards").args(source.members);
    }
    ui::run(&mut tar)?;
    if !source.patched {
        return Ok(());
    }
    ui::run(Command::new("tar").arg("-xf").arg(named(".debian.tar.")?).arg("-C").arg(dir).arg("debian/patches"))?;
    let series = dir.join("debian/patches/series");
    for line in fs::read_to_string(&series).at(&series)?.lines() {
        let name = line.split('#').next().unwrap_or("").trim();
        if !name.is_empty() {
            let patch = dir.join("debian/patches").join(name);
            ui::run(Command::new("patch").args(["-p1", "--batch", "-d"]).arg(dir).arg("-i").arg(patch))?;
        }
    }
    Ok(())
}
