//! The compile cache: the stock compiler's assembly, by the content that it
//! was made from. The same source compiled for another kind of sandbox differs
//! only in the rewriting, so the expensive part is done once.
//!
//! The key covers the preprocessed source (and with it every header and
//! macro), all options and the compiler itself. Compilations that read
//! anything else are not cached.

use std::{fs, path::Path};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::{
    error::{At, Result},
    stock::{self, Stock},
};

/// Options that read files which the preprocessed source does not show, or
/// write files besides the output.
const UNCACHED: [&str; 11] = [
    "-fprofile",
    "-fcoverage",
    "-ftest-coverage",
    "--coverage",
    "-fsanitize",
    "-fplugin",
    "-fpass-plugin",
    "-Xclang",
    "-ivfsoverlay",
    "-include-pch",
    "-MJ",
];

/// The stock compiler's assembly of one source.
///
/// `words` are the options and the source's name (not `-S`), `extra` those that
/// write dependency files.
pub(crate) fn assembly(
    stock: &Stock,
    dir: &Path,
    sysroot: &str,
    words: &[String],
    extra: &[String],
) -> Result<Vec<u8>> {
    let with = |flags: &[&str], extra: &[String]| -> Vec<String> {
        words.iter().cloned().chain(flags.iter().map(|flag| (*flag).to_owned())).chain(extra.iter().cloned()).collect()
    };
    let direct = |extra: &[String]| with(&["-S", "-o", "-"], extra);
    if stock.dry_run || words.iter().any(|word| UNCACHED.iter().any(|start| word.starts_with(start))) {
        return stock.compile(&direct(extra), None);
    }
    let (source, _) = stock.compile_quietly(&with(&["-E", "-o", "-"], extra))?;
    let key = key(&stock.compiler().identity(), sysroot, words, &source);
    let (kept, said) = (dir.join(format!("{key}.s")), dir.join(format!("{key}.txt")));
    if let (Ok(assembly), Ok(messages)) = (fs::read(&kept), fs::read(&said)) {
        stock::say(&messages);
        return Ok(assembly);
    }
    let (assembly, messages) = stock.compile_quietly(&direct(&[]))?;
    stock::say(&messages);
    fs::create_dir_all(dir).at(dir)?;
    keep(dir, &said, &messages)?;
    keep(dir, &kept, &assembly)?;
    Ok(assembly)
}

fn keep(dir: &Path, path: &Path, bytes: &[u8]) -> Result {
    let file = NamedTempFile::new_in(dir).at(dir)?;
    fs::write(file.path(), bytes).at(file.path())?;
    file.persist(path).map(drop).map_err(|error| error.error).at(path)
}

/// Where the sysroot lies matters only to debugging information; leaving it
/// out otherwise lets all kinds of sysroot share one entry.
fn key(identity: &str, sysroot: &str, words: &[String], source: &[u8]) -> String {
    let debug = words.iter().any(|word| word.starts_with("-g") && word != "-g0");
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(identity.as_bytes());
    if debug {
        part(std::env::current_dir().unwrap_or_default().as_os_str().as_encoded_bytes());
    }
    for word in words {
        part(if debug { word.clone() } else { word.replace(sysroot, "") }.as_bytes());
    }
    let text = String::from_utf8_lossy(source);
    match text {
        std::borrow::Cow::Borrowed(text) if !debug && !sysroot.is_empty() => {
            part(text.replace(sysroot, "").as_bytes());
        }
        _ => part(source),
    }
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn everything_that_matters_is_in_the_key() {
        let base = key("cc", "/s1", &words("--sysroot=/s1 -O2 a.c"), b"# 1 \"/s1/stdio.h\"\nint x;");
        let same = key("cc", "/s2", &words("--sysroot=/s2 -O2 a.c"), b"# 1 \"/s2/stdio.h\"\nint x;");
        assert_eq!(base, same, "the sysroot's place does not matter");
        for (identity, options, source) in [
            ("cc2", "--sysroot=/s1 -O2 a.c", "# 1 \"/s1/stdio.h\"\nint x;"),
            ("cc", "--sysroot=/s1 -O3 a.c", "# 1 \"/s1/stdio.h\"\nint x;"),
            ("cc", "--sysroot=/s1 -O2 b.c", "# 1 \"/s1/stdio.h\"\nint x;"),
            ("cc", "--sysroot=/s1 -O2 a.c", "# 1 \"/s1/stdio.h\"\nint y;"),
        ] {
            assert_ne!(key(identity, "/s1", &words(options), source.as_bytes()), base, "{identity} {options} {source}");
        }
        let debug = |sysroot: &str| key("cc", sysroot, &words("-g a.c"), format!("# 1 \"{sysroot}/x.h\"").as_bytes());
        assert_ne!(debug("/s1"), debug("/s2"), "debugging information names the headers");
    }
}
