//! `cargo xtask fidelity`: some hundred small programs, each about one subject
//! of what Linux promises, whose sandboxed builds must do what their native
//! builds do.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use lfi_abi::{Kind, Returns};

use crate::{
    compare::{self, Build},
    corpus::{self, Program},
    failure::{Context, Failure, Result},
    setup::{self, Tools},
    suite::Tally,
    ui,
};

/// Level of optimisation.
const LEVEL: &str = "-O2";
/// Every so many programs one is built with masked returns, too.
const WITH_RET: usize = 5;
/// Subjects that need more than one thread, which masked returns exclude.
const THREADED: &[&str] = &["threads", "pipes"];

/// Those whose `SUBJECT/NAME` starts with one of `names`; all when there are none.
pub(crate) fn run(names: &[&str]) -> Result {
    let tools = setup::tools()?;
    let mut tally = Tally::default();
    check(&tools, names, &mut tally)?;
    tally.result()
}

/// All of them.
pub(crate) fn part(tools: &Tools, tally: &mut Tally) -> Result {
    check(tools, &[], tally)
}

/// A program with what tells it from others.
struct Case {
    name: String,
    program: Program,
    returns: &'static [Returns],
}

fn check(tools: &Tools, names: &[&str], tally: &mut Tally) -> Result {
    let cases = cases(&setup::repository().join("tests/c"), names)?;
    if cases.is_empty() {
        return Err(Failure::could_not("there is no such program below tests/c"));
    }
    // Made before they are needed by several at once.
    tools.native_sysroot()?;
    for returns in [Returns::Jump, Returns::Ret] {
        tools.sysroot(Kind::Full, returns)?;
    }
    let results = Mutex::new(Vec::new());
    ui::step(&format!("{} small programs beside their native builds", cases.len()), || {
        corpus::in_parallel(&cases, |case| {
            let native = case.native(tools);
            for &returns in case.returns {
                let result =
                    native.as_ref().map_err(Clone::clone).and_then(|native| case.check(tools, native, returns));
                let name = format!("{} {LEVEL}, {returns}", case.name);
                results.lock().unwrap_or_else(PoisonError::into_inner).push((name, result));
            }
            Ok(())
        })
    })?;
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (name, result) in results {
        tally.case(&name, result);
    }
    Ok(())
}

/// The programs in the directories below `root`, each of which is a subject.
fn cases(root: &Path, names: &[&str]) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for subject in fs::read_dir(root).at(root)? {
        let dir = subject.at(root)?.path();
        if !dir.is_dir() {
            continue;
        }
        let subject = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (index, program) in corpus::small(&dir)?.into_iter().enumerate() {
            let name = format!("{subject}/{}", program.name);
            let both = index % WITH_RET == 0 && !THREADED.contains(&subject.as_str());
            let returns: &[Returns] = if both { &[Returns::Jump, Returns::Ret] } else { &[Returns::Jump] };
            if names.is_empty() || names.iter().any(|start| name.starts_with(start)) {
                cases.push(Case { name, program, returns });
            }
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

impl Case {
    fn scratch(&self) -> PathBuf {
        setup::repository().join("target/fidelity").join(&self.name)
    }

    fn native(&self, tools: &Tools) -> Result<Build> {
        let executable = self.program.build(&tools.native_driver()?, LEVEL, &self.scratch().join("native"))?;
        Ok(Build::new(executable, None))
    }

    /// Builds and verifies it, and compares it with the native build.
    fn check(&self, tools: &Tools, native: &Build, returns: Returns) -> Result {
        let driver = tools.driver(Kind::Full, returns)?;
        let executable = self.program.build(&driver, LEVEL, &self.scratch().join(returns.to_string()))?;
        ui::run(tools.command("lfi-verify").arg(&executable))?;
        let sandboxed = Build::new(executable, Some((Kind::Full, returns)));
        compare::check(tools, &self.program, &[native.clone(), sandboxed], &self.scratch().join("run"))
    }
}
