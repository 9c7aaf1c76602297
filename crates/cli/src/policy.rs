//! Policies in words: the options of `lfi-run` and the entries of a policy file
//! are the same words, and each is read here, once.
//!
//! ```toml
//! network = "unix"          # --network unix
//! [dir]
//! "/data" = "./data:rw"     # --dir /data=./data:rw
//! ```

mod errno;
mod file;

pub use errno::{errno_name, errno_number};
pub use file::{FileError, read};

use lfi_linux::{Calls, Clocks, Limits, Network, Policy, Randomness, Rule};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The words, in the order of the help text: as options they are `--WORD`.
pub const WORDS: &[Word] = &[
    Word { name: "dir", form: Form::Pair },
    Word { name: "tmpfs", form: Form::Pair },
    Word { name: "env", form: Form::Pair },
    Word { name: "wd", form: Form::Value },
    Word { name: "stdio", form: Form::Value },
    Word { name: "tty", form: Form::Switch },
    Word { name: "dev", form: Form::Switch },
    Word { name: "proc", form: Form::Switch },
    Word { name: "clock", form: Form::Value },
    Word { name: "random", form: Form::Value },
    Word { name: "network", form: Form::Value },
    Word { name: "memory", form: Form::Value },
    Word { name: "threads", form: Form::Value },
    Word { name: "descriptors", form: Form::Value },
    Word { name: "watches", form: Form::Value },
    Word { name: "file-size", form: Form::Value },
    Word { name: "cpu-time", form: Form::Value },
    Word { name: "time", form: Form::Value },
    Word { name: "call", form: Form::Pair },
];

/// A word of policies.
#[derive(Debug)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// What follows it.
    pub form: Form,
}

/// What follows a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing as an option, `true` or `false` in a file.
    Switch,
    /// A value.
    Value,
    /// `NAME=VALUE` as an option, an entry of a table in a file.
    Pair,
}

/// A directory of the host that a policy shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Where, in the sandbox.
    pub place: String,
    /// The host's path.
    pub host: PathBuf,
    /// Whether it may be changed.
    pub writable: bool,
}

/// A policy that is being put together.
#[derive(Debug)]
pub struct Draft {
    /// The words and values that it was made from, but for directories.
    pub said: Vec<(String, String)>,
    /// The directories.
    pub shown: Vec<Shown>,
    policy: Policy,
    calls: Calls,
    limits: Limits,
    /// What the host's directories are relative to.
    base: PathBuf,
}

impl Draft {
    /// What a program gets when nothing is said: the standard streams, and two
    /// variables that many programs expect.
    ///
    /// # Errors
    /// Never; the values are fixed.
    pub fn of_program() -> Result<Self, String> {
        let policy = Policy::new().standard_streams(true);
        let mut draft = Self {
            policy,
            calls: Calls::new(),
            limits: Limits::default(),
            said: Vec::new(),
            shown: Vec::new(),
            base: PathBuf::new(),
        };
        draft.set("env", "PATH=/usr/bin:/bin")?;
        draft.set("env", "HOME=/")?;
        Ok(draft)
    }

    /// From here on, relative directories of the host are below `base`.
    pub fn relative_to(&mut self, base: &Path) {
        self.base = base.to_owned();
    }

    /// The policy.
    pub fn policy(&self) -> Policy {
        self.policy.clone().calls(self.calls.clone()).limits(self.limits)
    }

    /// Adds what a word and its value say. A switch's value is `true` or `false`.
    ///
    /// # Errors
    /// When the word is none, or its value is not one that it can have.
    pub fn set(&mut self, word: &str, value: &str) -> Result<(), String> {
        let policy = std::mem::take(&mut self.policy);
        self.policy = match word {
            "dir" => self.directory(policy, value)?,
            "tmpfs" => {
                let (place, size) = pair(value, "SANDBOX=BYTES")?;
                policy.memory(place, bytes(size)?).map_err(|e| e.to_string())?
            }
            "env" => {
                let (name, value) = pair(value, "NAME=VALUE")?;
                policy.variable(name, value).map_err(|e| e.to_string())?
            }
            "wd" => policy.working_directory(value).map_err(|e| e.to_string())?,
            "stdio" => policy.standard_streams(one_of(value, &[("inherit", true), ("none", false)])?),
            "tty" => {
                let given = switch(value)?;
                let policy = policy.terminal(given);
                match std::env::var("TERM") {
                    Ok(kind) if given => policy.variable("TERM", &kind).map_err(|e| e.to_string())?,
                    _ => policy,
                }
            }
            "dev" => policy.devices(switch(value)?),
            "proc" => policy.process_files(switch(value)?),
            "clock" => policy.clocks(match value {
                "real" => Clocks::Real,
                "coarse" => Clocks::Coarse,
                seconds => Clocks::Fixed(seconds.parse().map_err(|_| "expected real, coarse or seconds since 1970")?),
            }),
            "random" => policy.randomness(match value {
                "real" => Randomness::Real,
                seed => Randomness::Seeded(seed.parse().map_err(|_| "expected real or a number, the seed")?),
            }),
            "network" => policy.network(one_of(
                value,
                &[
                    ("none", Network::None),
                    ("unix", Network::Unix),
                    ("loopback", Network::Loopback),
                    ("full", Network::Full),
                ],
            )?),
            "call" => {
                self.call(value)?;
                policy
            }
            "memory" | "threads" | "descriptors" | "watches" | "file-size" | "cpu-time" | "time" => {
                self.limit(word, value)?;
                policy
            }
            _ => return Err("there is no such word in policies".into()),
        };
        if word != "dir" {
            self.said.push((word.to_owned(), value.to_owned()));
        }
        Ok(())
    }

    /// `SANDBOX=HOST[:ro|rw]`.
    fn directory(&mut self, policy: Policy, value: &str) -> Result<Policy, String> {
        let (place, host) = pair(value, "SANDBOX=HOST[:ro|rw]")?;
        let (host, writable) = match (host.strip_suffix(":ro"), host.strip_suffix(":rw")) {
            (Some(host), _) => (host, false),
            (_, Some(host)) => (host, true),
            _ => (host, false),
        };
        let host = self.base.join(host);
        let policy = policy.directory(place, &host, writable).map_err(|e| e.to_string())?;
        self.shown.push(Shown { place: place.to_owned(), host, writable });
        Ok(policy)
    }

    fn limit(&mut self, word: &str, value: &str) -> Result<(), String> {
        let limits = &mut self.limits;
        match word {
            "memory" => limits.memory = bytes(value)?,
            "threads" => limits.threads = number(value)?,
            "descriptors" => limits.descriptors = number(value)?,
            "watches" => limits.watches = number(value)?,
            "file-size" => limits.file_size = bytes(value)?,
            "cpu-time" => limits.cpu_time = Some(duration(value)?),
            _ => limits.time = Some(duration(value)?),
        }
        Ok(())
    }

    /// `NAME=allow|deny|log|ERRNO`; the name `others` stands for all that have no rule.
    fn call(&mut self, value: &str) -> Result<(), String> {
        let (name, rule) = pair(value, "NAME=allow|deny|log|ERRNO")?;
        let rule = match rule {
            "allow" => Rule::Allow,
            "log" => Rule::Log,
            "deny" => Rule::Deny(errno::EPERM),
            error => {
                let number = errno_number(error);
                Rule::Deny(number.ok_or("expected allow, deny, log or the name of an error as in errno(3)")?)
            }
        };
        if name == "others" {
            self.calls.set_others(rule);
            return Ok(());
        }
        self.calls.set(name, rule).map_err(|e| e.to_string())
    }
}

fn pair<'a>(value: &'a str, expected: &str) -> Result<(&'a str, &'a str), String> {
    value.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| format!("expected {expected}"))
}

/// A size: a number, with `k`, `m` or `g` behind it in units of 1024 and so on.
fn bytes(value: &str) -> Result<u64, String> {
    let units = [("k", 10), ("m", 20), ("g", 30)];
    let with_unit = units.iter().find_map(|(unit, shift)| Some((value.strip_suffix(unit)?, *shift)));
    let (number, shift) = with_unit.unwrap_or((value, 0));
    let number: Option<u64> = number.parse().ok();
    number.and_then(|number| number.checked_mul(1 << shift)).ok_or_else(|| "expected a size such as 64m".into())
}

fn number(value: &str) -> Result<usize, String> {
    value.parse().map_err(|_| "expected a number".into())
}

/// A time: seconds, or a number with `ms`, `s`, `m` or `h` behind it.
fn duration(value: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];
    let with_unit = units.iter().find_map(|(unit, millis)| Some((value.strip_suffix(unit)?, *millis)));
    let (number, unit) = with_unit.unwrap_or((value, 1000));
    let number: Option<u64> = number.parse().ok();
    let millis = number.and_then(|number| number.checked_mul(unit)).filter(|&millis| millis != 0);
    millis.map(Duration::from_millis).ok_or_else(|| "expected a time such as 10s or 500ms".into())
}

fn switch(value: &str) -> Result<bool, String> {
    one_of(value, &[("true", true), ("false", false)])
}

fn one_of<T: Copy>(value: &str, choices: &[(&str, T)]) -> Result<T, String> {
    match choices.iter().find(|(name, _)| *name == value) {
        Some((_, choice)) => Ok(*choice),
        None => {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            Err(format!("expected {}", names.join(" or ")))
        }
    }
}
