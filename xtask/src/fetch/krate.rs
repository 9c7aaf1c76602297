//! Crates that carry C sources, through cargo itself, so that the user's
//! registry configuration holds and cargo checks the content.

use std::{env, fs, path::PathBuf, process::Command};

use crate::{
    cache,
    failure::{Context, Result},
    ui,
};

/// The unpacked tree of exactly this version of a crate, below the cache.
pub(crate) fn crate_source(name: &str, version: &str) -> Result<PathBuf> {
    let entry = cache::entry(&format!("source/crate-{name}-{version}"), |dir| {
        ui::step(&format!("fetching crate {name} {version}"), || {
            let package = dir.join("package");
            let library = package.join("src/lib.rs");
            cache::create_parent(&library)?;
            fs::write(&library, "").at(&library)?;
            let manifest = package.join("Cargo.toml");
            let text = format!(
                "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                 [dependencies]\n{name} = {{ version = \"={version}\", default-features = false }}\n[workspace]\n"
            );
            fs::write(&manifest, text).at(&manifest)?;
            let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            ui::run(
                Command::new(cargo)
                    .args(["vendor", "--quiet", "--versioned-dirs", "--manifest-path"])
                    .arg(&manifest)
                    .arg(dir.join("vendor")),
            )?;
            cache::remove(&package)
        })
    })?;
    Ok(entry.join("vendor").join(format!("{name}-{version}")))
}
