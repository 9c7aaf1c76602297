//! The sysroot: headers, crt files, C library, the compiler's run-time library
//! and unwinder, all built through the driver from unmodified sources.
//!
//! In two steps, since a sysroot is needed for each kind of sandbox and form
//! of return, and these differ only in the rewriting:
//!
//! ```text
//! compile   sources -> stock/include
//!                      stock/{crt,c,builtins,unwind}/*.s    stock assembly
//! build     stock   -> include
//!                      lib/{rcrt1.o,...,libc.a,libclang_rt.builtins.a,libunwind.a}
//! ```

mod llvm;
mod musl;
mod parallel;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    compile,
    error::{At, Error, Result},
    link::BUILTINS,
    options::{Emit, Options},
    stock::Stock,
};

/// Where the sources are, unpacked.
#[derive(Clone, Debug)]
pub struct Sources {
    /// musl.
    pub musl: PathBuf,
    /// LLVM's tree, of which `compiler-rt/lib/builtins` and `libunwind` are used.
    pub llvm: PathBuf,
    /// A directory of the kernel's headers (`linux`, `asm`, `asm-generic`, ...).
    pub kernel_headers: PathBuf,
}

/// Directories of stock assembly, and the archive that each becomes. What is
/// in `crt` stays single files.
const LIBRARIES: [(&str, &str); 3] = [("c", "libc.a"), ("builtins", BUILTINS), ("unwind", "libunwind.a")];

/// Libraries that are part of libc, but that programs name all the same.
const EMPTY: [&str; 8] = ["m", "rt", "pthread", "crypt", "util", "xnet", "resolv", "dl"];

/// Has the stock compiler make assembly of all sources, below `output`, an
/// empty directory. `driver` is the path of `lfi-cc`, which musl's own
/// makefile calls. `level` (`-O0`) is the level of optimisation when it is not
/// to be the one that each library's own build chooses.
pub fn compile(sources: &Sources, driver: &Path, options: &Options, level: Option<&str>, output: &Path) -> Result {
    let include = output.join("include");
    // Headers are found as in a finished sysroot.
    let options = Options { sysroot: Some(output.to_owned()), emit: Emit::Stock, ..options.clone() };
    let stock = Stock::find(&options)?;
    stock.compiler().must_be_clang()?;
    copy_tree(&sources.kernel_headers, &include)?;
    musl::compile(&sources.musl, driver, level, output)?;
    llvm::compile(&sources.llvm, &stock, &options, level, output)
}

/// Makes the sysroot for the kind and form of return in `options` from what
/// [`compile()`] left in `stock_dir`, in `output`, an empty directory.
pub fn build(stock_dir: &Path, options: &Options, output: &Path) -> Result {
    let stock = Stock::find(options)?;
    copy_tree(&stock_dir.join("include"), &output.join("include"))?;
    let libraries = output.join("lib");
    fs::create_dir_all(&libraries).at(&libraries)?;
    assemble_all(&stock, options, &stock_dir.join("crt"), &libraries)?;
    let archiver = stock.tool("ar").ok_or_else(|| {
        Error::Start("llvm-ar".to_owned(), io::Error::new(io::ErrorKind::NotFound, "LLVM's archiver is not there"))
    })?;
    for (dir, archive) in LIBRARIES {
        let scratch = tempfile::tempdir().at("a temporary directory")?;
        let objects = assemble_all(&stock, options, &stock_dir.join(dir), scratch.path())?;
        musl::archive(&archiver, &libraries.join(archive), &objects)?;
    }
    for name in EMPTY {
        musl::archive(&archiver, &libraries.join(format!("lib{name}.a")), &[])?;
    }
    Ok(())
}

/// Rewrites and assembles each `.s` file of a directory; the object files get
/// the same names.
fn assemble_all(stock: &Stock, options: &Options, from: &Path, to: &Path) -> Result<Vec<PathBuf>> {
    let sources = files(from)?;
    let object = |source: &Path| to.join(source.file_name().unwrap_or_default()).with_extension("o");
    parallel::each(&sources, |source| {
        let text = fs::read(source).at(source)?;
        let text = match options.emit {
            Emit::Native => text,
            Emit::Sandboxed | Emit::Stock => compile::rewrite(stock, &text, &source.to_string_lossy(), options)?,
        };
        stock.assemble(&[], &text, &object(source))
    })?;
    Ok(sources.iter().map(|source| object(source)).collect())
}

/// The files of a directory, sorted by name so that archives come out the same.
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).at(dir)?.collect::<io::Result<Vec<_>>>().at(dir)?;
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).filter(|path| path.is_file()).collect();
    paths.sort();
    Ok(paths)
}

/// Copies a directory, what is there already is kept.
fn copy_tree(from: &Path, to: &Path) -> Result {
    fs::create_dir_all(to).at(to)?;
    for entry in fs::read_dir(from).at(from)? {
        let entry = entry.at(from)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_tree(&source, &target)?;
        } else if !target.exists() {
            fs::copy(&source, &target).at(&source)?;
        }
    }
    Ok(())
}
