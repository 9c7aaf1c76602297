//! Which Debian mirror this machine uses, from its own apt sources.

use std::{env, fs, path::Path};

use crate::failure::{Failure, Result};

/// A Debian archive and the key that signs it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mirror {
    /// Where `dists` and `pool` are, without a slash at the end.
    pub(super) uri: String,
    /// `signed-by`, when the machine's entry names one.
    pub(super) signed_by: Option<String>,
}

/// The archive that holds this release's `main`: `LFI_DEBIAN_MIRROR`, or the
/// first fitting entry of `/etc/apt`.
pub(super) fn find() -> Result<Mirror> {
    if let Ok(uri) = env::var("LFI_DEBIAN_MIRROR") {
        return Ok(Mirror { uri: uri.trim_end_matches('/').to_owned(), signed_by: None });
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let codename = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .map_or("bookworm", |name| name.trim_matches('"'));
    let mut files = vec![Path::new("/etc/apt/sources.list").to_path_buf()];
    if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(entries.flatten().map(|entry| entry.path()));
    }
    files.sort();
    files
        .iter()
        .filter_map(|path| {
            let text = fs::read_to_string(path).ok()?;
            match path.extension()?.to_str()? {
                "list" => one_line(&text, codename),
                "sources" => deb822(&text, codename),
                _ => None,
            }
        })
        .next()
        .ok_or_else(|| {
            Failure::could_not(format!(
                "/etc/apt names no Debian mirror with `{codename} main`; set LFI_DEBIAN_MIRROR to the address of one"
            ))
        })
}

/// `deb [options] uri suite component...`, sources.list(5).
fn one_line(text: &str, codename: &str) -> Option<Mirror> {
    text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest),
        };
        let mut words = rest.split_whitespace();
        let (uri, suite) = (words.next()?, words.next()?);
        (suite == codename && words.any(|component| component == "main")).then(|| Mirror {
            uri: uri.trim_end_matches('/').to_owned(),
            signed_by: options
                .split_whitespace()
                .find_map(|option| option.strip_prefix("signed-by="))
                .map(str::to_owned),
        })
    })
}

/// Stanzas of `Field: value`, sources.list(5), "DEB822-STYLE FORMAT". A key
/// given in the file itself instead of by name is left to apt's own keyring.
fn deb822(text: &str, codename: &str) -> Option<Mirror> {
    text.split("\n\n").find_map(|stanza| {
        let field = |name: &str| {
            stanza.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        let has = |name: &str, word: &str| field(name).is_some_and(|v| v.split_whitespace().any(|w| w == word));
        let enabled = !field("Enabled").is_some_and(|value| value.eq_ignore_ascii_case("no"));
        if !(enabled && has("Types", "deb") && has("Suites", codename) && has("Components", "main")) {
            return None;
        }
        Some(Mirror {
            uri: field("URIs")?.split_whitespace().next()?.trim_end_matches('/').to_owned(),
            signed_by: field("Signed-By").filter(|value| value.starts_with('/')).map(str::to_owned),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirror(uri: &str, signed_by: Option<&str>) -> Option<Mirror> {
        Some(Mirror { uri: uri.to_owned(), signed_by: signed_by.map(str::to_owned) })
    }

    #[test]
    fn reads_one_line_entries() {
        let text = "# deb http://old.example/debian bookworm main\n\
                    deb-src http://src.example/debian bookworm main\n\
                    deb http://sec.example/debian-security bookworm-security main\n\
                    deb [ arch=amd64 signed-by=/k.gpg ] http://m.example/debian/ bookworm contrib main\n";
        assert_eq!(one_line(text, "bookworm"), mirror("http://m.example/debian", Some("/k.gpg")));
        assert_eq!(one_line(text, "trixie"), None);
        assert_eq!(one_line("deb http://m.example/d bookworm main", "bookworm"), mirror("http://m.example/d", None));
    }

    #[test]
    fn reads_deb822_entries() {
        let text = "Types: deb\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\nEnabled: no\n\n\
                    Types: deb deb-src\n# a comment\nURIs: http://m.example/debian\n\
                    Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k.gpg\n";
        assert_eq!(deb822(text, "bookworm"), mirror("http://m.example/debian", Some("/k.gpg")));
        assert_eq!(deb822(text, "trixie"), None);
    }
}
