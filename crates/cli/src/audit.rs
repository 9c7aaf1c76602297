//! `lfi-run --audit`: what a program asked for, and the least policy that would
//! have given it. The whole report is a policy file: what was asked for
//! stands in comments.

mod minimal;

use crate::policy::{Draft, errno_name};
use lfi_linux::{Answered, Auditor, Support, system_calls};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What was asked for.
#[derive(Debug, Default)]
pub struct Audit {
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    /// By name, or number for unknown calls.
    calls: BTreeMap<String, Outcomes>,
    paths: BTreeMap<String, Asked>,
    needs: minimal::Needs,
}

/// What came of the calls of a kind.
#[derive(Debug, Default)]
struct Outcomes {
    done: u64,
    failed: BTreeMap<u16, u64>,
}

impl Outcomes {
    fn add(&mut self, outcome: Result<u64, u16>) {
        match outcome {
            Ok(_) => self.done += 1,
            Err(errno) => *self.failed.entry(errno).or_default() += 1,
        }
    }
}

/// What was asked for at a path.
#[derive(Debug, Default)]
struct Asked {
    write: bool,
    outcomes: Outcomes,
    by: BTreeSet<&'static str>,
}

impl Asked {
    /// Whether a call was among them that makes what is not there.
    fn creates(&self) -> bool {
        const MAKERS: &[&str] = &["open", "openat", "creat", "mkdir", "mknod", "symlink", "link", "rename"];
        self.by.iter().any(|name| MAKERS.iter().any(|maker| name.starts_with(maker)))
    }
}

impl Auditor for Audit {
    fn answered(&self, call: &Answered<'_>) {
        let mut record = self.record();
        let name = call.name.map_or_else(|| call.number.to_string(), str::to_owned);
        record.calls.entry(name).or_default().add(call.outcome);
        for path in call.paths {
            let asked = record.paths.entry(String::from_utf8_lossy(&path.path).into_owned()).or_default();
            asked.write |= path.write;
            asked.outcomes.add(call.outcome);
            asked.by.extend(call.name);
        }
        record.needs.add(call);
    }
}

impl Audit {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The report on a program that ran under the policy of `draft`.
    pub fn report(&self, program: &str, draft: &Draft) -> String {
        let record = self.record();
        let mut text = format!("# What {} asked for.\n#\n# calls: done, and failed\n", comment(program));
        for (name, outcomes) in &record.calls {
            let _ = writeln!(text, "#   {name:<20} {:>8}{}", outcomes.done, failures(outcomes));
        }
        text.push_str("#\n# paths: done, and failed\n");
        for (path, asked) in &record.paths {
            let access = if asked.write { "write" } else { "read" };
            let by: Vec<_> = asked.by.iter().copied().collect();
            let (done, failed) = (asked.outcomes.done, failures(&asked.outcomes));
            let _ = writeln!(text, "#   {access:<5} {:<32} {done:>6}{failed}  ({})", comment(path), by.join(", "));
        }
        let there = |name: &&str| {
            system_calls().iter().any(|row| row.name == *name && !matches!(row.support, Support::Unsupported(_)))
        };
        let calls = record.calls.keys().map(String::as_str).filter(there);
        text.push_str(&record.needs.policy(draft, &record.paths, calls));
        text
    }
}

fn failures(outcomes: &Outcomes) -> String {
    outcomes.failed.iter().map(|(errno, times)| format!("  {} {times}", errno_name(*errno))).collect()
}

/// A text of the program's as it can stand in a comment and on a terminal.
fn comment(text: &str) -> String {
    crate::message::name(text)
}
