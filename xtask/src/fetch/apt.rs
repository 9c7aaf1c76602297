//! Downloads by apt, so that the user's proxy, transport and keyring settings
//! hold, without touching the machine's own package lists.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Source, mirror, mirror::Mirror};
use crate::{
    cache,
    failure::{Context, Failure, Result},
    ui,
};

/// Downloads the files of `source` into `dir`: the pinned ones by name and
/// hash, or, when they are gone, the suite's present version by signature.
pub(super) fn download(source: &Source, dir: &Path) -> Result<Vec<PathBuf>> {
    let mirror = mirror::find()?;
    match pinned(source, &mirror, dir) {
        Ok(files) => Ok(files),
        Err(failure) => {
            ui::say(format!("{} {} cannot be had from the mirror:\n{failure}", source.name, source.version));
            cache::remove(dir)?; // what came but did not fit
            fs::create_dir_all(dir).at(dir)?;
            successor(source, &mirror, dir)
        }
    }
}

fn pinned(source: &Source, mirror: &Mirror, dir: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for file in source.files {
        let path = dir.join(file.name);
        let uri = format!("{}/{}/{}", mirror.uri, source.directory, file.name.replace('+', "%2b"));
        // As the user who asks: the cache is not readable by apt's own one.
        ui::run(
            Command::new("/usr/lib/apt/apt-helper")
                .args(["-o", "APT::Sandbox::User=root", "download-file", &uri])
                .arg(&path)
                .arg(format!("SHA256:{}", file.sha256)),
        )?;
        let found = cache::sha256(&path)?;
        if found != file.sha256 {
            return Err(Failure::could_not(format!("{}: the SHA-256 is {found}", file.name)));
        }
        paths.push(path);
    }
    Ok(paths)
}

/// With lists and state of our own, below the cache.
fn successor(source: &Source, mirror: &Mirror, dir: &Path) -> Result<Vec<PathBuf>> {
    let state = cache::root()?.join("apt").join(source.suite);
    for sub in ["state/lists/partial", "cache/archives/partial"] {
        let path = state.join(sub);
        fs::create_dir_all(&path).at(&path)?;
    }
    let list = state.join("sources.list");
    let options = mirror.signed_by.as_ref().map_or(String::new(), |key| format!("[signed-by={key}] "));
    let line = format!("deb-src {options}{} {} main\n", mirror.uri, source.suite);
    fs::write(&list, line).at(&list)?;
    let config = state.join("apt.conf");
    let settings = format!(
        "Dir::Etc::SourceList \"{}\";\nDir::Etc::SourceParts \"/dev/null\";\n\
         Dir::State \"{}\";\nDir::Cache \"{}\";\nAPT::Sandbox::User \"root\";\n\
         #clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n",
        list.display(),
        state.join("state").display(),
        state.join("cache").display(),
    );
    fs::write(&config, settings).at(&config)?;
    let apt = || {
        let mut command = Command::new("apt-get");
        command.arg("-c").arg(&config);
        command
    };
    ui::run(apt().args(["--quiet", "update"]))?;
    ui::run(apt().args(["--quiet", "source", "--download-only", source.name]).current_dir(dir))?;
    let entries = fs::read_dir(dir).at(dir)?.collect::<io::Result<Vec<_>>>().at(dir)?;
    let files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    let description = files
        .iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "dsc"))
        .and_then(|path| path.file_stem())
        .map_or(source.name.into(), |name| name.to_string_lossy());
    ui::say(format!(
        "using {description} of {} instead: its signature is good, but it is not the content this project was tested with",
        source.suite
    ));
    Ok(files)
}
