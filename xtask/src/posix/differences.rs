//! The reviewed list of what differs, with reasons: `differences.txt`.

use std::collections::BTreeMap;

use super::outcome::Pair;
use crate::failure::{Failure, Result};

const TEXT: &str = include_str!("differences.txt");

/// Tests that are known to differ.
pub(super) struct Differences {
    /// The reason, by test.
    reasons: BTreeMap<String, &'static str>,
}

impl Differences {
    /// The list of the tree.
    pub(super) fn read() -> Result<Self> {
        Self::parse(TEXT)
    }

    /// A line is a comment, a reason, or, indented, `DIRECTORY: NAME...`: tests that differ for the reason above.
    fn parse(text: &'static str) -> Result<Self> {
        let mut reasons = BTreeMap::new();
        let mut reason = None;
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let Some(tests) = line.strip_prefix("  ") else {
                reason = Some(line);
                continue;
            };
            let wrong = || Failure::could_not(format!("differences.txt: `{line}`: expected `DIRECTORY: NAME...`"));
            let (directory, names) = tests.trim().split_once(": ").ok_or_else(wrong)?;
            for name in names.split_whitespace() {
                let before = reasons.insert(format!("{directory}/{name}"), reason.ok_or_else(wrong)?);
                if before.is_some() {
                    return Err(Failure::could_not(format!("differences.txt: {directory}/{name} stands there twice")));
                }
            }
        }
        Ok(Self { reasons })
    }

    /// Why a test differs, if that is known.
    pub(super) fn reason(&self, name: &str) -> Option<&'static str> {
        self.reasons.get(name).copied()
    }

    /// Whether the list says something else about a test than this result.
    pub(super) fn is_surprised(&self, name: &str, pair: &Pair) -> bool {
        pair.differs() != self.reasons.contains_key(name)
    }

    /// The names in it that no test has.
    pub(super) fn unknown(&self, exists: impl Fn(&str) -> bool) -> Vec<&str> {
        self.reasons.keys().map(String::as_str).filter(|name| !exists(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posix::outcome::Outcome;

    #[test]
    fn reasons_are_found_by_test() {
        let list =
            Differences::parse("# a comment\nno fork\n  a/b: 1-1 1-2\n  a/c: 1-1\n\nslow\n  a/c: 2-1\n").unwrap();
        assert_eq!(list.reason("a/b/1-2"), Some("no fork"));
        assert_eq!(list.reason("a/c/2-1"), Some("slow"));
        assert_eq!(list.reason("a/b/2-1"), None);
        assert_eq!(list.unknown(|name| name != "a/c/1-1"), ["a/c/1-1"]);
        assert!(Differences::parse("  a/b: 1-1\n").is_err());
        assert!(Differences::parse("no fork\n  a/b: 1-1 1-1\n").is_err());
        assert!(Differences::read().is_ok());
    }

    #[test]
    fn what_the_list_does_not_say_is_a_surprise() {
        let list = Differences::parse("no fork\n  a/b: 1-1\n").unwrap();
        let pair = |native, sandboxed| Pair { native, sandboxed };
        assert!(list.is_surprised("a/b/1-2", &pair(Outcome::Pass, Outcome::Fail)));
        assert!(!list.is_surprised("a/b/1-2", &pair(Outcome::Fail, Outcome::Pass)));
        assert!(!list.is_surprised("a/b/1-1", &pair(Outcome::Pass, Outcome::Fail)));
        assert!(list.is_surprised("a/b/1-1", &pair(Outcome::Pass, Outcome::Pass)));
    }
}
