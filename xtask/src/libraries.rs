//! `cargo xtask libraries`: libraries as their users build them, at every level
//! of optimisation, natively and for a sandbox; verified, and their own tests
//! run in the sandbox beside the native build.

mod table;

use std::{
    fs,
    path::{Path, PathBuf},
};

use lfi_abi::{Kind, Returns};

use crate::{
    compare::{self, Build},
    corpus::Program,
    failure::{Context, Failure, Result},
    recipe,
    setup::{self, Tools},
    suite::Tally,
    ui,
};
use table::{ALL, Library};

/// Levels of optimisation.
const LEVELS: [&str; 5] = ["-O0", "-O1", "-O2", "-O3", "-Os"];

/// What is built and run, as the command line says it.
pub(crate) struct Selection<'a> {
    levels: Vec<&'a str>,
    returns: Vec<Returns>,
    libraries: Vec<&'static Library>,
}

impl<'a> Selection<'a> {
    /// Everything; then less: `--level=-O2`, `--returns=ret` and names, any
    /// number of them.
    pub(crate) fn parse(arguments: &[&'a str]) -> Result<Self> {
        let mut selection = Self { levels: Vec::new(), returns: Vec::new(), libraries: Vec::new() };
        for &argument in arguments {
            let unknown = || Failure::could_not(format!("{argument}: no such level, form of return or library"));
            if let Some(level) = argument.strip_prefix("--level=") {
                selection.levels.push(LEVELS.contains(&level).then_some(level).ok_or_else(unknown)?);
            } else if let Some(returns) = argument.strip_prefix("--returns=") {
                selection.returns.push(returns.parse().map_err(|_| unknown())?);
            } else {
                let library = ALL.iter().find(|library| library.name == argument);
                selection.libraries.push(library.ok_or_else(unknown)?);
            }
        }
        if selection.levels.is_empty() {
            selection.levels.extend(LEVELS);
        }
        if selection.returns.is_empty() {
            selection.returns.extend([Returns::Jump, Returns::Ret]);
        }
        if selection.libraries.is_empty() {
            selection.libraries.extend(ALL);
        }
        Ok(selection)
    }
}

/// Builds and tests what is selected and prints a table; fails when anything
/// in it does.
pub(crate) fn run(selection: &Selection) -> Result {
    let tools = setup::tools()?;
    let mut failures = 0;
    println!(
        "{:<8} {:<5} {:<5} {:>8} {:>6} {:>9} {:>9} {:>6}  {:<8} {:<5}",
        "library", "level", "build", "lines", "Ml/s", "native", "sandboxed", "size", "verified", "runs"
    );
    for library in &selection.libraries {
        for level in &selection.levels {
            for (build, result) in each(&tools, library, level, &selection.returns)? {
                let name = format!("{:<8} {level:<5} {build:<5}", library.name);
                match result {
                    Ok(row) => println!("{name} {row}"),
                    Err(failure) => {
                        failures += 1;
                        println!("{name} FAILED");
                        ui::say(format!("FAILED {name}: {failure}"));
                    }
                }
            }
        }
    }
    println!(
        "lines: of the stock compiler's assembly and of hand-written one; Ml/s: millions of them rewritten in a second"
    );
    println!("native, sandboxed: bytes of .text of all programs that were run; kind full");
    if failures > 0 { Err(Failure::wrong(format!("{failures} builds failed (above)"))) } else { Ok(()) }
}

/// What `cargo xtask test` has time for: the quickest, at one level.
pub(crate) fn part(tools: &Tools, tally: &mut Tally) -> Result {
    for library in ALL.iter().filter(|library| ["zlib", "bzip2", "lz4"].contains(&library.name)) {
        for (build, result) in each(tools, library, "-O2", &[Returns::Jump, Returns::Ret])? {
            tally.case(&format!("{} -O2, {build}, as its users build it", library.name), result.map(drop));
        }
    }
    Ok(())
}

/// The results for one library at one level, by form of return.
fn each(tools: &Tools, library: &Library, level: &str, returns: &[Returns]) -> Result<Vec<(String, Result<Row>)>> {
    let scratch = setup::repository().join("target/libraries").join(library.name);
    ui::step(&format!("{} {level}", library.name), || {
        let native = scratch.join("native");
        library.recipe.build(tools, &tools.native_driver()?, level, &native)?;
        let case = |returns: Returns| {
            let dir = scratch.join(format!("full-{returns}"));
            let statistics = scratch.join("statistics");
            let _ = fs::remove_file(&statistics);
            let mut driver = tools.driver(Kind::Full, returns)?;
            driver.env("LFI_STATISTICS", &statistics);
            library.recipe.build(tools, &driver, level, &dir)?;
            library.check(tools, (&native, &dir), returns, &scratch.join("run"), &statistics)
        };
        Ok(returns.iter().map(|&returns| (returns.to_string(), case(returns))).collect())
    })
}

/// What is printed of one build that passed.
struct Row {
    lines: u64,
    seconds: f64,
    /// Sizes of the code, in bytes.
    native: u64,
    sandboxed: u64,
    executables: usize,
    runs: usize,
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { lines, seconds, native, sandboxed, executables, runs } = self;
        let speed = *lines as f64 / seconds / 1e6;
        let size = *sandboxed as f64 / *native as f64;
        write!(f, "{lines:>8} {speed:>6.2} {native:>9} {sandboxed:>9} {size:>5.2}x  {executables:<8} {runs:<5}")
    }
}

impl Library {
    /// Verifies the executables of a sandboxed build and runs them beside those
    /// of the native one.
    fn check(
        &self,
        tools: &Tools,
        (native, sandboxed): (&Path, &Path),
        returns: Returns,
        scratch: &Path,
        statistics: &Path,
    ) -> Result<Row> {
        let work = self.work(native)?;
        let mut row = Row { lines: 0, seconds: 0.0, native: 0, sandboxed: 0, executables: 0, runs: 0 };
        let mut seen: Vec<&str> = Vec::new();
        for program in &work {
            let builds = [(native, None), (sandboxed, Some((Kind::Full, returns)))]
                .map(|(dir, sandbox)| Build::new(dir.join(&program.name), sandbox));
            if !seen.contains(&program.name.as_str()) {
                seen.push(&program.name);
                ui::run(tools.command("lfi-verify").arg(&builds[1].executable))?;
                row.native += recipe::code_size(&builds[0].executable)?;
                row.sandboxed += recipe::code_size(&builds[1].executable)?;
            }
            compare::check(tools, program, &builds, scratch)?;
            row.runs += program.runs.len();
        }
        row.executables = seen.len();
        for line in fs::read_to_string(statistics).at(statistics)?.lines() {
            let mut words = line.split('\t');
            row.lines += words.next().and_then(|lines| lines.parse::<u64>().ok()).unwrap_or_default();
            row.seconds += words.nth(1).and_then(|seconds| seconds.parse::<f64>().ok()).unwrap_or_default();
        }
        Ok(row)
    }

    /// What is run, an executable and what is expected of it at a time, on files
    /// from a build in `dir`.
    fn work(&self, dir: &Path) -> Result<Vec<Program>> {
        let files = recipe::files(dir, self.files)?;
        let mut programs: Vec<Program> = Vec::new();
        for line in self.runs.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (succeeds, line) = line.strip_prefix("! ").map_or((true, line), |line| (false, line));
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default();
            let arguments = words.flat_map(|word| expanded(word, &files)).collect();
            match programs.last_mut() {
                Some(last) if last.name == name && last.succeeds == Some(succeeds) => last.runs.push(arguments),
                _ => programs.push(Program {
                    name: name.to_owned(),
                    sources: Vec::new(),
                    flags: Vec::new(),
                    libraries: &[],
                    files: files.clone(),
                    runs: vec![arguments],
                    succeeds: Some(succeeds),
                }),
            }
        }
        Ok(programs)
    }
}

/// A word of a command line; one with a `*` stands for the files laid out whose names it fits.
fn expanded(word: &str, files: &[(String, PathBuf)]) -> Vec<String> {
    if !word.contains('*') {
        return vec![word.to_owned()];
    }
    files.iter().map(|(name, _)| name.clone()).filter(|name| recipe::fits(word, name)).collect()
}
