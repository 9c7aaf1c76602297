//! musl, by its own configure script and makefile. The sources are not
//! changed: its assembly and its inline system calls go through the rewriter
//! like everything else.
//!
//! The driver stands in as the compiler and is told to leave stock assembly in
//! the "object files", which are collected instead of archived.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::parallel;
use crate::error::{At, Error, Result};

/// What a static program starts and ends with.
const CRT: [&str; 5] = ["rcrt1", "Scrt1", "crt1", "crti", "crtn"];

/// Fills `output/{include,c,crt}`.
pub(super) fn compile(source: &Path, driver: &Path, level: Option<&str>, output: &Path) -> Result {
    let work = output.join("build");
    fs::create_dir_all(&work).at(&work)?;
    // By name, since neither script nor makefile quotes a path with spaces.
    let name = driver.file_name().unwrap_or_default().to_string_lossy();
    let compiler = format!("CC={name} --lfi-emit=stock");
    let command = |program: &str| command(program, &work, driver);
    let mut configure = command("sh");
    configure.arg(source.join("configure")).args([
        "--target=x86_64",
        "--disable-shared",
        "--prefix=/",
        "--includedir=/include",
    ]);
    // With a level among the flags, configure chooses none itself.
    configure.args(level.map(|level| format!("CFLAGS={level}")));
    run(configure.arg(&compiler))?;
    let mut make = command("make");
    make.arg(format!("-j{}", parallel::width())).args(["AR=true", "RANLIB=true", "lib/libc.a"]);
    run(make.args(CRT.map(|name| format!("lib/{name}.o"))))?;
    let destination = fs::canonicalize(output).at(output)?;
    run(command("make").arg("install-headers").arg(format!("DESTDIR={}", destination.display())))?;

    let (libc, crt) = (output.join("c"), output.join("crt"));
    fs::create_dir_all(&libc).at(&libc)?;
    fs::create_dir_all(&crt).at(&crt)?;
    collect(&work.join("obj/src"), &mut String::new(), &libc)?;
    for name in CRT {
        let from = work.join("lib").join(format!("{name}.o"));
        fs::rename(&from, crt.join(format!("{name}.s"))).at(&from)?;
    }
    fs::remove_dir_all(&work).at(&work)
}

/// Moves all objects below `dir` to `to`. Their directories become part of
/// their names, since several have the same one.
fn collect(dir: &Path, prefix: &mut String, to: &Path) -> Result {
    for entry in fs::read_dir(dir).at(dir)? {
        let entry = entry.at(dir)?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let length = prefix.len();
        if path.is_dir() {
            prefix.push_str(&name);
            prefix.push('-');
            collect(&path, prefix, to)?;
            prefix.truncate(length);
        } else if let Some(stem) = name.strip_suffix(".lo").or_else(|| name.strip_suffix(".o")) {
            fs::rename(&path, to.join(format!("{prefix}{stem}.s"))).at(&path)?;
        }
    }
    Ok(())
}

/// Makes an archive, the same for the same members.
pub(super) fn archive(archiver: &Path, path: &Path, members: &[PathBuf]) -> Result {
    // By file: hundreds of paths can be more than a command line holds.
    let list = tempfile::NamedTempFile::new().at("a temporary file")?;
    let quoted: Vec<String> = members.iter().map(|member| format!("\"{}\"\n", member.display())).collect();
    fs::write(list.path(), quoted.concat()).at(list.path())?;
    let mut command = Command::new(archiver);
    command.arg("rcsD").arg(path);
    if !members.is_empty() {
        command.arg(format!("@{}", list.path().display()));
    }
    run(&mut command)
}

/// A command in `dir` that finds the driver, and that the user's settings do
/// not change.
fn command(program: &str, dir: &Path, driver: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir);
    let mut path = driver.parent().unwrap_or(Path::new(".")).as_os_str().to_owned();
    if let Some(rest) = env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    command.env("PATH", path);
    for (name, _) in env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("LFI_") && name_text != "LFI_CC" || name_text.starts_with("MAKE") {
            command.env_remove(&name);
        }
    }
    for name in ["CFLAGS", "CPPFLAGS", "LDFLAGS", "CC", "CROSS_COMPILE", "LIBCC"] {
        command.env_remove(name);
    }
    command
}

/// Runs a build step. What it says is shown when it fails.
fn run(command: &mut Command) -> Result {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| Error::Start(program.clone(), error))?;
    if output.status.success() {
        return Ok(());
    }
    crate::stock::say(&output.stdout);
    crate::stock::say(&output.stderr);
    Err(Error::Failed { program, status: 2 })
}
