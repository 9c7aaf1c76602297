//! The kernel's headers, from the package that this machine's own C compiler
//! uses. They are only declarations: no version of them has to be pinned.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    cache,
    failure::{Context, Result},
    ui,
};

const PACKAGE: &str = "linux-libc-dev";

/// A directory with `linux`, `asm`, `asm-generic` and the others.
pub(crate) fn kernel_headers() -> Result<PathBuf> {
    let version = ui::run(Command::new("dpkg-query").args(["--show", "--showformat=${Version}", PACKAGE]))?;
    cache::entry(&format!("source/{PACKAGE}-{version}"), |dir| {
        let list = ui::run(Command::new("dpkg-query").args(["--listfiles", PACKAGE]))?;
        for path in list.lines().map(Path::new).filter(|path| path.is_file()) {
            let Ok(inner) = path.strip_prefix("/usr/include") else { continue };
            // Debian keeps what depends on the machine in a directory of its own.
            let to = dir.join(inner.strip_prefix("x86_64-linux-gnu").unwrap_or(inner));
            cache::create_parent(&to)?;
            fs::copy(path, &to).at(path)?;
        }
        Ok(())
    })
}
