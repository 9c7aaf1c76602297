//! The questions that build systems ask a compiler.

use std::path::Path;

use crate::{
    command_line::{CommandLine, Query},
    error::Result,
    link::BUILTINS,
    options::HELP,
    stock::{Stock, TARGET},
};

/// The answer, as text for standard output.
pub(crate) fn answer(stock: &Stock, line: &CommandLine, query: &Query) -> Result<String> {
    let sysroot = line.options.sysroot();
    let libraries = sysroot.join("lib");
    let text = match query {
        Query::Version => version(stock, line)?,
        Query::Help => format!(
            "usage: lfi-cc [options] file...\n\n\
             Compiles, assembles and links sandboxed programs ({TARGET}).\n\
             Takes the options of clang, or of gcc where that compiles; what they cannot mean here is refused, or left out with a note.\n\n{HELP}\n"
        ),
        Query::Target => TARGET.to_owned(),
        // As clang does: the name itself when there is no such file.
        Query::File(name) => match name.as_str() {
            "libgcc.a" => existing(&libraries, BUILTINS, name),
            _ => existing(&libraries, name, name),
        },
        Query::Program(name) => match name.as_str() {
            "ld" | "ld.lld" | "lld" => stock.linker().display().to_string(),
            _ => stock.tool(name).map_or_else(|| name.clone(), |path| path.display().to_string()),
        },
        Query::Builtins => libraries.join(BUILTINS).display().to_string(),
        Query::SearchDirs => format!(
            "programs: ={}\nlibraries: ={}",
            stock.compiler().path.parent().unwrap_or(Path::new("/")).display(),
            libraries.display()
        ),
        Query::Sysroot => sysroot.display().to_string(),
        Query::MultiDirectory => ".".to_owned(),
        Query::MultiLib => ".;".to_owned(),
        // No directory of the sysroot has a name that tells targets apart.
        Query::Multiarch => String::new(),
        Query::Stock(word) => {
            let mut words = stock.compile_words(&line.compile);
            words.push(word.clone());
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            stock.answer(&words)?
        }
    };
    Ok(if text.ends_with('\n') { text } else { text + "\n" })
}

/// The stock compiler's first line, which build systems know how to read, and
/// what this driver makes of it.
pub(crate) fn version(stock: &Stock, line: &CommandLine) -> Result<String> {
    let banner = stock.answer(&["--version"])?;
    let first = banner.lines().next().unwrap_or_default();
    Ok(format!(
        "{first}\nTarget: {TARGET}\nThread model: posix\nLFI: lfi-cc {}, kind {}, returns {}\n",
        env!("CARGO_PKG_VERSION"),
        line.options.kind,
        line.options.returns
    ))
}

fn existing(dir: &Path, file: &str, name: &str) -> String {
    let path = dir.join(file);
    if path.exists() { path.display().to_string() } else { name.to_owned() }
}
