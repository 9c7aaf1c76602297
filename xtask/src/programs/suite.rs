//! A program's own test suite: which cases pass natively, which in the sandbox.

use std::{collections::BTreeMap, fmt, fs, path::Path, process::Stdio, thread};

use super::{
    stage::Stage,
    table::{Difference, reason},
};
use crate::{
    failure::{Context, Failure, Result},
    recipe, ui,
};

/// How a test suite is run.
pub(super) struct Suite {
    /// A shell script, run in a copy of the build, that prints a line a
    /// case: `PASS: NAME`, `FAIL: NAME`, as many test suites do by themselves.
    pub(super) script: &'static str,
    /// Cases that end otherwise in the sandbox.
    pub(super) differences: &'static [Difference],
}

/// What became of cases, by name.
type Outcomes = BTreeMap<String, String>;

/// How many cases there are, and how they went.
pub(super) struct Counts {
    cases: usize,
    /// Passes natively and in the sandbox.
    passes: [usize; 2],
    /// Cases that went differently, all with a reason.
    different: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, passes: [native, sandboxed], different } = self;
        write!(f, " {cases:>6} {native:>7} {sandboxed:>9} {different:>7}")
    }
}

impl Suite {
    /// Runs it with both builds; fails when a case goes differently without a reason.
    pub(super) fn check(&self, stages: &[Stage; 2]) -> Result<Counts> {
        let (native, sandboxed) = thread::scope(|scope| {
            let native = scope.spawn(|| self.outcomes(&stages[0]));
            let sandboxed = self.outcomes(&stages[1]);
            (native.join().unwrap_or_else(|_| Err(Failure::could_not("a worker panicked"))), sandboxed)
        });
        let (native, sandboxed) = (native?, sandboxed?);
        let passes = [&native, &sandboxed].map(|outcomes| outcomes.values().filter(|word| *word == "pass").count());
        let mut counts = Counts { cases: native.len(), passes, different: 0 };
        let mut bad = Vec::new();
        let names = native.keys().chain(sandboxed.keys().filter(|name| !native.contains_key(*name)));
        for name in names {
            let [a, b] = [&native, &sandboxed].map(|outcomes| outcomes.get(name).map_or("not run", String::as_str));
            if a == b {
                continue;
            }
            let difference = format!("{name}: {a} natively, {b} in the sandbox");
            match reason(self.differences, name) {
                Some(reason) => {
                    counts.different += 1;
                    ui::say(format!("{difference}\n  {reason}"));
                }
                None => bad.push(difference),
            }
        }
        unexplained(&bad)?;
        Ok(counts)
    }

    fn outcomes(&self, stage: &Stage) -> Result<Outcomes> {
        let dir = stage.fresh("suite")?;
        recipe::copy_tree(&stage.build, &dir)?;
        let output = stage.shell(self.script, &dir)?.stdin(Stdio::null()).output().at(Path::new("timeout"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let log = dir.join("suite.log");
        fs::write(&log, [&output.stdout[..], b"\n", &output.stderr].concat()).at(&log)?;
        let outcomes = parse(&text);
        if outcomes.is_empty() || output.status.code() == Some(124) {
            return Err(Failure::wrong(format!("{}: {} cases, see {}", output.status, outcomes.len(), log.display())));
        }
        Ok(outcomes)
    }
}

/// What a suite printed. A name that comes again gets a number.
fn parse(text: &str) -> Outcomes {
    let mut outcomes = Outcomes::new();
    for line in text.lines() {
        let Some((word, name)) = line.trim_start().split_once([':', ' ']) else { continue };
        let word = word.to_ascii_lowercase();
        if !["pass", "fail", "skip", "skipped", "untested", "xfail", "xpass", "error"].contains(&word.as_str()) {
            continue;
        }
        let name = name.trim();
        let mut unique = name.to_owned();
        let mut number = 1;
        while outcomes.contains_key(&unique) {
            number += 1;
            unique = format!("{name} ({number})");
        }
        outcomes.insert(unique, word);
    }
    outcomes
}

/// A failure when there are differences that nothing explains.
pub(super) fn unexplained(differences: &[String]) -> Result {
    if differences.is_empty() {
        return Ok(());
    }
    Err(Failure::wrong(format!("{} differences\n  {}", differences.len(), differences.join("\n  "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_several_suites_are_understood() {
        let text = "PASS: cat - works\nFAIL: ls: nothing\npass  basics/list.py\nPASS: cat - works\nrunning: x\n";
        let expected =
            [("cat - works", "pass"), ("ls: nothing", "fail"), ("basics/list.py", "pass"), ("cat - works (2)", "pass")];
        let expected = expected.map(|(name, word)| (name.to_owned(), word.to_owned()));
        assert_eq!(parse(text), Outcomes::from(expected));
    }
}
