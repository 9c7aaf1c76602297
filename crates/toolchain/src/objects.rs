//! Are the inputs of a link ours, and built to the rules of this link?
//!
//! The post-linker and the verifier would refuse the program anyway; here the
//! message can name the file.

use std::{fs, path::Path};

use lfi_abi::note::{self, Note};
use object::{
    File, Object, ObjectKind, ObjectSection, SectionFlags, elf,
    read::archive::{ArchiveFile, ArchiveMember},
};

use crate::{
    error::{At, Error, Result},
    options::Options,
};

/// Checks one file. What is neither an ELF file nor an archive (a linker
/// script, for one) holds no code and is left to the linker.
pub(crate) fn check(path: &str, options: &Options) -> Result {
    let bytes = fs::read(path).at(path)?;
    if !bytes.starts_with(b"!<arch>\n") && !bytes.starts_with(b"!<thin>\n") {
        return member(&bytes, options).map_err(|problem| Error::Foreign { input: path.to_owned(), problem });
    }
    let broken = |error: object::Error| Error::Foreign { input: path.to_owned(), problem: error.to_string() };
    let archive = ArchiveFile::parse(&*bytes).map_err(broken)?;
    for entry in archive.members() {
        let entry = entry.map_err(broken)?;
        let name = String::from_utf8_lossy(entry.name()).into_owned();
        content(path, &name, &entry, &bytes)
            .and_then(|content| member(&content, options))
            .map_err(|problem| Error::Foreign { input: format!("{path}({name})"), problem })?;
    }
    Ok(())
}

/// A thin archive only names its members, relative to itself.
fn content(path: &str, name: &str, entry: &ArchiveMember<'_>, bytes: &[u8]) -> Result<Vec<u8>, String> {
    if entry.is_thin() {
        let dir = Path::new(path).parent().unwrap_or(Path::new(""));
        return fs::read(dir.join(name)).map_err(|error| error.to_string());
    }
    entry.data(bytes).map(<[u8]>::to_vec).map_err(|error| error.to_string())
}

/// What is wrong with one file, if anything.
fn member(bytes: &[u8], options: &Options) -> Result<(), String> {
    if bytes.starts_with(b"BC\xc0\xde") {
        return Err("LLVM's intermediate code, which cannot be sandboxed; compile without -flto".to_owned());
    }
    if !bytes.starts_with(b"\x7fELF") {
        return Ok(());
    }
    let file = File::parse(bytes).map_err(|error| error.to_string())?;
    if file.kind() == ObjectKind::Dynamic {
        return Err("shared objects are not supported yet".to_owned());
    }
    let mut noted = false;
    let mut code = false;
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
        code |= sh_flags.contains(elf::SHF_EXECINSTR) && section.size() > 0;
        if section.name() != Ok(note::SECTION) {
            continue;
        }
        for bytes in section.data().map_err(|error| error.to_string())?.chunks(note::SIZE) {
            let note = Note::from_bytes(bytes).map_err(|error| error.to_string())?;
            if (note.kind, note.returns) != (options.kind, options.returns) {
                return Err(format!(
                    "built for kind {} with returns {}, but this link is for kind {} with returns {}",
                    note.kind, note.returns, options.kind, options.returns
                ));
            }
            noted = true;
        }
    }
    if code && !noted { Err("not built by the LFI toolchain: it has code but no .note.lfi".to_owned()) } else { Ok(()) }
}
