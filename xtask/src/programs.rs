//! `cargo xtask programs`: command-line programs as their users build them,
//! natively and for a sandbox; verified, and run side by side: command lines
//! of ours, and their own test suites.

mod runs;
mod stage;
mod suite;
mod table;

use std::{fmt, fs, path::Path, process::Command};

use lfi_abi::{Kind, Returns};

use crate::{
    failure::{Context, Failure, Result},
    recipe,
    setup::{self, Tools},
    suite::Tally,
    ui,
};
use stage::Stage;
use table::{ALL, Program};

/// Level of optimisation.
const LEVEL: &str = "-O2";

/// Those named, or all; prints a table. Fails when anything in it does, or
/// differs without a reason.
pub(crate) fn run(names: &[&str]) -> Result {
    let mut selection: Vec<&Program> = Vec::new();
    for name in names {
        let program = ALL.iter().find(|program| program.name == *name);
        selection.push(program.ok_or_else(|| Failure::could_not(format!("{name}: no such program")))?);
    }
    if selection.is_empty() {
        selection.extend(ALL);
    }
    let tools = setup::tools()?;
    let mut failures = 0;
    let mut rows = Vec::new();
    for program in selection {
        match program.check(&tools, true) {
            Ok(row) => rows.push(format!("{:<12} {row}", program.name)),
            Err(failure) => {
                failures += 1;
                rows.push(format!("{:<12} FAILED", program.name));
                ui::say(format!("FAILED {}: {failure}", program.name));
            }
        }
    }
    println!(
        "{:<12} {:>9} {:>9} {:>6}  {:<8} {:<10} {:>6} {:>7} {:>9} {:>7}",
        "program", "native", "sandboxed", "size", "verified", "runs", "cases", "passes", "sandboxed", "differs"
    );
    rows.iter().for_each(|row| println!("{row}"));
    println!("native, sandboxed: bytes of .text of all executables; runs: those with equal results, of all");
    println!("cases: of its own test suite; passes: natively, sandboxed; differs: cases that end in another way");
    if failures > 0 { Err(Failure::wrong(format!("{failures} programs failed (above)"))) } else { Ok(()) }
}

/// What `cargo xtask test` has time for.
pub(crate) fn part(tools: &Tools, tally: &mut Tally) -> Result {
    for program in ALL.iter().filter(|program| program.quick) {
        tally.case(&format!("{}, as its users build it", program.name), program.check(tools, false).map(drop));
    }
    Ok(())
}

/// What is printed of one program.
struct Row {
    /// Sizes of the code, in bytes.
    native: u64,
    sandboxed: u64,
    executables: usize,
    equal: usize,
    runs: usize,
    suite: Option<suite::Counts>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { native, sandboxed, executables, equal, runs, suite } = self;
        let size = *sandboxed as f64 / *native as f64;
        let runs = format!("{equal}/{runs}");
        write!(f, "{native:>9} {sandboxed:>9} {size:>5.2}x  {executables:<8} {runs:<10}")?;
        match suite {
            Some(counts) => counts.fmt(f),
            None => f.write_str("      -"),
        }
    }
}

impl Program {
    /// Builds it both ways, verifies what comes out, and compares all that is
    /// to be run; the test suite only `with_suite`.
    fn check(&self, tools: &Tools, with_suite: bool) -> Result<Row> {
        setup::install(self.packages)?;
        let scratch = setup::repository().join("target/programs").join(self.name);
        let builds = [scratch.join("native"), scratch.join("full-jump")];
        let sysroots = [tools.native_sysroot()?, tools.sysroot(Kind::Full, Returns::Jump)?];
        let drivers = [tools.native_driver()?, tools.driver(Kind::Full, Returns::Jump)?];
        for ((dir, sysroot), driver) in builds.iter().zip(&sysroots).zip(&drivers) {
            self.build(tools, driver, sysroot, dir)?;
        }
        let mut row = Row { native: 0, sandboxed: 0, executables: 0, equal: 0, runs: 0, suite: None };
        for executable in self.executables(&builds[0])? {
            let sandboxed = builds[1].join(&executable);
            ui::run(tools.command("lfi-verify").arg(&sandboxed))?;
            row.native += recipe::code_size(&builds[0].join(&executable))?;
            row.sandboxed += recipe::code_size(&sandboxed)?;
            row.executables += 1;
        }
        let stages = [Stage::native(self, &scratch, &builds[0])?, Stage::sandboxed(self, tools, &scratch, &builds[1])?];
        let runs = ui::step(&format!("running {}", self.name), || runs::check(self, &stages, &scratch));
        let suite = self.suite.as_ref().filter(|_| with_suite);
        let suite = suite.map(|suite| ui::step(&format!("the tests of {}", self.name), || suite.check(&stages)));
        match (runs, suite.transpose()) {
            (Ok(runs), Ok(suite)) => ((row.equal, row.runs), row.suite) = (runs, suite),
            (Err(runs), Err(suite)) => return Err(Failure::wrong(format!("{runs}\n{suite}"))),
            (Err(failure), _) | (_, Err(failure)) => return Err(failure),
        }
        Ok(row)
    }

    /// Builds it at `dir`, unless it is there from the same toolchain and recipe.
    fn build(&self, tools: &Tools, driver: &Command, sysroot: &Path, dir: &Path) -> Result {
        let sysroot = sysroot.as_os_str().as_encoded_bytes();
        let key = setup::toolchain_key()?.bytes(sysroot).bytes(self.recipe.identity()?.as_bytes());
        let (key, mark) = (key.text(), dir.join(".built"));
        if fs::read_to_string(&mark).is_ok_and(|built| built == key) {
            return Ok(());
        }
        let what = format!("building {} ({})", self.name, dir.file_name().unwrap_or_default().display());
        ui::step(&what, || self.recipe.build(tools, driver, LEVEL, dir))?;
        fs::write(&mark, key).at(&mark)
    }

    /// The executables of a build in `dir`, relative to it.
    fn executables(&self, dir: &Path) -> Result<Vec<String>> {
        let found = self.executables.iter().map(|pattern| recipe::matching(dir, pattern));
        let found = found.collect::<Result<Vec<_>>>()?.concat();
        Ok(found.iter().map(|path| path.strip_prefix(dir).unwrap_or(path).to_string_lossy().into_owned()).collect())
    }

    /// Copies them from a build to `to`; their names.
    fn copy_executables(&self, build: &Path, to: &Path) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for executable in self.executables(build)? {
            let from = build.join(&executable);
            let name = from.file_name().unwrap_or_default();
            fs::copy(&from, to.join(name)).at(&from)?;
            names.push(name.to_string_lossy().into_owned());
        }
        Ok(names)
    }
}
