//! Linking: object files to a static position-independent program, laid out
//! and checked by the post-linker.

use std::{
    fs,
    path::{Path, PathBuf},
};

use lfi_rewriter::postlink;

use crate::{
    command_line::{CommandLine, Item},
    error::{At, Error, Result},
    gaps, objects,
    options::Emit,
    output::{self, Mode},
    stock::Stock,
};

/// The compiler's run-time library, in the sysroot's `lib`.
pub(crate) const BUILTINS: &str = "libclang_rt.builtins.a";

/// What a library begins with in place of a program's `main`.
pub(crate) const LIBRARY_START: &str = "library.o";

/// The archives of the sysroot: what a library takes from them it does not
/// export.
const NOT_EXPORTED: &str = "--exclude-libs=libc.a:libclang_rt.builtins.a:libunwind.a";

/// What every program is linked with, whatever the user's words say: last,
/// since the last one counts.
const FORCED: [&str; 14] = [
    "-m",
    "elf_x86_64",
    "-pie",
    "--no-dynamic-linker",
    "-z",
    "text", // no relocations in code: it is shared between sandboxes
    "-z",
    "separate-code", // nothing else in the pages of code
    "-z",
    "noexecstack",
    "-z",
    "relro",
    "-z",
    "now",
];

/// Links `items`, whose sources have been replaced by object files.
pub(crate) fn link(stock: &Stock, line: &CommandLine, items: &[Item], output: &str) -> Result {
    let sysroot = line.options.sysroot().join("lib");
    if !line.no_default_libraries && !line.relocatable && !sysroot.is_dir() {
        return Err(Error::NoSysroot(line.options.sysroot()));
    }
    let native = line.options.emit == Emit::Native;
    if native && line.options.library {
        return Err(Error::Usage("--lfi-library: a native one is a shared object of the stock compiler".to_owned()));
    }
    if !stock.dry_run && !native {
        check_inputs(line, items)?;
    }
    let link = |path: &Path| stock.link(&words(line, items, &sysroot, &path.to_string_lossy()));
    if stock.dry_run {
        return link(Path::new(output));
    }
    if line.relocatable {
        return output::create(output, Mode::Data, link);
    }
    output::create(output, Mode::Program, |path| {
        link(path)?;
        if native {
            return Ok(());
        }
        let mut bytes = fs::read(path).at(path)?;
        gaps::fill(&mut bytes);
        let (bytes, _) = postlink::process(bytes).map_err(|error| Error::Postlink(output.into(), error))?;
        fs::write(path, bytes).at(path)
    })
}

/// The linker's words.
fn words(line: &CommandLine, items: &[Item], sysroot: &Path, output: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let file = |name: &str| sysroot.join(name).to_string_lossy().into_owned();
    // Archives only, even where a shared object of the same name lies beside.
    words.extend(["-static", "-o", output].map(str::to_owned));
    let start_files = !line.no_start_files && !line.relocatable;
    if start_files {
        words.extend(["rcrt1.o", "crti.o", "crtbeginS.o"].map(file));
    }
    if line.options.library {
        words.extend([file(LIBRARY_START), "--export-dynamic".to_owned(), NOT_EXPORTED.to_owned()]);
    }
    words.extend(items.iter().map(|item| match item {
        Item::File { path, .. } => path.clone(),
        // As gcc's users name the compiler's libraries.
        Item::Linker(word) => match word.as_str() {
            "-lgcc" => file(BUILTINS),
            "-lgcc_eh" | "-lgcc_s" => "-lunwind".to_owned(),
            _ => word.clone(),
        },
    }));
    words.push(format!("-L{}", sysroot.display()));
    if !line.no_default_libraries && !line.relocatable {
        // The user's libraries may be asked for as a whole, these never.
        words.push("--no-whole-archive".to_owned());
        // In a group: the C library and the compiler's need each other.
        words.push("--start-group".to_owned());
        words.extend((!line.no_libc).then(|| "-lc".to_owned()));
        words.extend([file(BUILTINS), "-lunwind".to_owned(), "--end-group".to_owned()]);
    }
    if start_files {
        words.extend(["crtendS.o", "crtn.o"].map(file));
    }
    if line.relocatable {
        words.extend(["-m", "elf_x86_64", "-r"].map(str::to_owned));
    } else {
        words.push("--eh-frame-hdr".to_owned());
        words.extend(FORCED.map(str::to_owned));
    }
    words
}

/// Every named file and library, but for the sysroot's own.
fn check_inputs(line: &CommandLine, items: &[Item]) -> Result {
    let mut dirs: Vec<PathBuf> = Vec::new();
    let mut named = items.iter();
    while let Some(item) = named.next() {
        // `-L dir` and `-l name` may be one word or two.
        let mut value = |joined: &str| match (joined, named.clone().next()) {
            ("", Some(Item::Linker(next))) => {
                named.next();
                next.clone()
            }
            _ => joined.to_owned(),
        };
        match item {
            Item::File { path, .. } => objects::check(path, &line.options)?,
            Item::Linker(word) => {
                if let Some(dir) = word.strip_prefix("-L") {
                    dirs.push(value(dir).into());
                } else if let Some(name) = word.strip_prefix("-l") {
                    let name = value(name);
                    let file = name.strip_prefix(':').map_or_else(|| format!("lib{name}.a"), str::to_owned);
                    let found = dirs.iter().map(|dir| dir.join(&file)).find(|path| path.is_file());
                    if let Some(path) = found {
                        objects::check(&path.to_string_lossy(), &line.options)?;
                    }
                }
            }
        }
    }
    Ok(())
}
