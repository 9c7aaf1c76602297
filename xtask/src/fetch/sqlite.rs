//! sqlite's amalgamation, made from its source tree by its own build.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{debian_source, pins};
use crate::{
    cache,
    failure::{Context, Result},
    ui,
};

/// A directory with `sqlite3.c`, `sqlite3.h` and `shell.c`.
pub(crate) fn amalgamation() -> Result<PathBuf> {
    let source = debian_source(&pins::SQLITE)?;
    let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
    cache::entry(&format!("source/amalgamation-{name}"), |dir| {
        ui::step("making sqlite's amalgamation", || {
            let build = cache::root()?.join("partial").join("build-sqlite");
            cache::remove(&build)?;
            fs::create_dir_all(&build).at(&build)?;
            // Configured for this machine: it builds its own generators.
            ui::run(Command::new(source.join("configure")).arg("--disable-readline").current_dir(&build))?;
            ui::run(Command::new("make").args(["sqlite3.c", "shell.c"]).current_dir(&build))?;
            for file in ["sqlite3.c", "sqlite3.h", "shell.c"] {
                copy(&build, dir, file)?;
            }
            cache::remove(&build)
        })
    })
}

fn copy(from: &Path, to: &Path, file: &str) -> Result {
    let from = from.join(file);
    fs::copy(&from, to.join(file)).map(drop).at(&from)
}
