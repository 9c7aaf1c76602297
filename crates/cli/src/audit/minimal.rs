//! The least policy that gives a program what it asked for.

use super::Asked;
use crate::policy::{Draft, Shown};
use lfi_linux::Answered;
use std::{
    collections::BTreeMap,
    fmt::Write,
    path::{Component, Path, PathBuf},
};

/// What has no path.
#[derive(Debug, Default)]
pub(super) struct Needs {
    network: Sockets,
    /// Whether it changed settings of a terminal, or wanted to.
    terminal: bool,
}

/// The sockets that were asked for, from the fewest to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Sockets {
    #[default]
    None,
    Unix,
    Loopback,
    Full,
}

impl Sockets {
    /// The word in policies.
    fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unix => "unix",
            Self::Loopback => "loopback",
            Self::Full => "full",
        }
    }
}

impl Needs {
    pub(super) fn add(&mut self, call: &Answered<'_>) {
        // socket(2), ioctl_tty(2).
        const AF_UNIX: u16 = 1;
        const AF_INET: u16 = 2;
        const AF_INET6: u16 = 10;
        const TCSETS: u64 = 0x5402;
        const TCSETSF: u64 = 0x5404;
        let of_family = |family| match family {
            AF_UNIX => Sockets::Unix,
            AF_INET | AF_INET6 => Sockets::Loopback,
            _ => Sockets::None,
        };
        match call.name {
            Some("socket") => self.network = self.network.max(of_family((call.arguments[0] & 0xffff) as u16)),
            Some("ioctl") => self.terminal |= (TCSETS..=TCSETSF).contains(&call.arguments[1]),
            _ => {}
        }
        if let [low, high, _, _, ip @ ..] = call.address {
            let family = u16::from_ne_bytes([*low, *high]);
            let here = match family {
                AF_INET => ip.first() == Some(&127),
                AF_INET6 => ip.get(4..20).is_some_and(|ip| ip[..15] == [0; 15] && ip[15] == 1),
                _ => true,
            };
            self.network = self.network.max(if here { of_family(family) } else { Sockets::Full });
        }
    }

    /// The policy, as the entries of a policy file.
    pub(super) fn policy<'a>(
        &self,
        draft: &Draft,
        paths: &'a BTreeMap<String, Asked>,
        calls: impl Iterator<Item = &'a str>,
    ) -> String {
        let mut text = String::from("\n# The least policy that gives it that.\n");
        let pairs = |word: &str| -> BTreeMap<&str, &str> {
            let said = draft.said.iter().filter(|(said, _)| said == word);
            said.filter_map(|(_, value)| value.split_once('=')).collect()
        };
        let memory = pairs("tmpfs");
        let mut directories = Directories::new(&draft.shown);
        let (mut devices, mut process_files) = (false, false);
        let mut missing = Vec::new();
        for (path, asked) in paths {
            match path.split('/').nth(1) {
                Some("dev") => devices = true,
                Some("proc") => process_files = true,
                _ if memory.keys().any(|place| normal(path).starts_with(normal(place))) => {}
                _ if directories.add(path, asked) => {}
                _ => missing.push(path),
            }
        }
        if !missing.is_empty() {
            text.push_str("# Asked for, and not there on this machine:\n");
            for path in missing {
                let _ = writeln!(text, "#   {}", super::comment(path));
            }
        }
        let last = |word: &str| draft.said.iter().rfind(|(said, _)| said == word).map_or("", |(_, value)| value);
        const KEPT: [&str; 11] = [
            "wd",
            "stdio",
            "clock",
            "random",
            "memory",
            "threads",
            "descriptors",
            "watches",
            "file-size",
            "cpu-time",
            "time",
        ];
        for word in KEPT.into_iter().filter(|word| !last(word).is_empty()) {
            let _ = writeln!(text, "{word} = {}", quoted(last(word)));
        }
        let tty = self.terminal && last("tty") == "true";
        for (word, given) in [("tty", tty), ("dev", devices), ("proc", process_files)] {
            if given {
                let _ = writeln!(text, "{word} = true");
            }
        }
        let _ = writeln!(text, "network = {}", quoted(self.network.word()));
        table(&mut text, "dir", directories.shown());
        table(&mut text, "tmpfs", memory.iter().map(|(place, size)| (quoted(place), quoted(size))));
        let variables = pairs("env");
        table(&mut text, "env", variables.iter().map(|(name, value)| (quoted(name), quoted(value))));
        let given = (!devices || last("dev") == "true")
            && (!process_files || last("proc") == "true")
            && (self.network == Sockets::None || last("network") == self.network.word())
            && directories.are_given();
        if given {
            let allowed = calls.map(|name| (name.to_owned(), quoted("allow")));
            table(&mut text, "call", allowed.chain([("others".to_owned(), quoted("ENOSYS"))]));
        } else {
            text.push_str("\n# It got less: run it under this policy for a list of calls.\n");
        }
        text
    }
}

fn table(text: &mut String, name: &str, entries: impl Iterator<Item = (String, String)>) {
    let mut head = format!("\n[{name}]\n");
    for (key, value) in entries {
        let _ = writeln!(text, "{}{key} = {value}", std::mem::take(&mut head));
    }
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The directories of a policy: as small as they can be.
struct Directories<'a> {
    /// What the program was shown.
    given: &'a [Shown],
    /// Places in the sandbox; the host's directory, and whether it is written.
    wanted: BTreeMap<PathBuf, (PathBuf, bool)>,
}

impl<'a> Directories<'a> {
    fn new(given: &'a [Shown]) -> Self {
        Self { given, wanted: BTreeMap::new() }
    }

    /// The directory that was shown and has a path of the sandbox.
    fn covering(&self, path: &Path) -> Option<&'a Shown> {
        let covering = self.given.iter().filter(|shown| path.starts_with(normal(&shown.place)));
        covering.max_by_key(|shown| normal(&shown.place).components().count())
    }

    /// Whether the program was shown all that it wanted.
    fn are_given(&self) -> bool {
        let mut wanted = self.wanted.iter();
        wanted.all(|(place, (_, write))| self.covering(place).is_some_and(|shown| shown.writable >= *write))
    }

    /// The host's path of one in the sandbox: by the directories that were shown, or
    /// else the same.
    fn host(&self, path: &Path) -> PathBuf {
        let Some(shown) = self.covering(path) else { return path.to_owned() };
        // By its components, since joining nothing would add a slash.
        let below = path.components().skip(normal(&shown.place).components().count());
        shown.host.components().chain(below).collect()
    }

    /// Adds what a path needs; false when the host has nothing there.
    fn add(&mut self, path: &str, asked: &Asked) -> bool {
        let (path, write) = (normal(path), asked.write);
        let mut place = path.as_path();
        // A file is shown with the directory that it is in, and so is one that is to be made.
        if !self.host(place).is_dir() {
            let there = self.host(place).symlink_metadata().is_ok();
            let Some(parent) = place.parent() else { return false };
            // It may be gone again.
            let comes = write && (asked.creates() || asked.outcomes.done > 0);
            if !(there || comes && self.host(parent).is_dir()) {
                return false;
            }
            place = parent;
        } else if write && let Some(parent) = place.parent() {
            // Made, renamed or removed: that changes the directory around.
            place = parent;
        }
        let host = self.host(place);
        self.wanted.entry(place.to_owned()).or_insert((host, false)).1 |= write;
        true
    }

    /// Entries of the policy: without those that others cover.
    fn shown(&self) -> impl Iterator<Item = (String, String)> {
        let covered = |place: &Path, host: &Path, write: bool| {
            place.ancestors().skip(1).any(|above| {
                self.wanted.get(above).is_some_and(|(host_above, written)| {
                    *written >= write && place.strip_prefix(above).is_ok_and(|rest| host_above.join(rest) == host)
                })
            })
        };
        self.wanted.iter().filter(move |(place, (host, write))| !covered(place, host, *write)).map(
            |(place, (host, write))| {
                let mode = if *write { "rw" } else { "ro" };
                (quoted(&place.to_string_lossy()), quoted(&format!("{}:{mode}", host.display())))
            },
        )
    }
}

/// A path without `.` and empty names.
fn normal(path: &str) -> PathBuf {
    Path::new(path).components().filter(|part| !matches!(part, Component::CurDir)).collect()
}
