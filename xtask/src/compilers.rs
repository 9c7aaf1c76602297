//! The corpus by other compilers and assemblers than the usual ones. Sysroots
//! are those of the usual compiler: what they are called by does not matter.

use std::{process::Command, time::Instant};

use lfi_abi::{Kind, Returns};

use crate::{
    corpus::{self, Program},
    failure::Result,
    setup::{self, Tools},
    suite::{self, Corpus, Tally},
    ui,
};

/// A compiler and what assembles its output.
struct Pair {
    /// The program, and the Debian package that it is in.
    compiler: &'static str,
    /// When it is not what the driver chooses by itself.
    assembler: Option<&'static str>,
}

const GCC: Pair = Pair { compiler: "gcc-12", assembler: None };
const CLANG: Pair = Pair { compiler: "clang-22", assembler: None };
const CLANG_AND_GNU_AS: Pair = Pair { compiler: "clang-22", assembler: Some("as") };

/// The form of return makes another code; other kinds leave parts of this one out.
const FORMS: [(Kind, Returns); 2] = [(Kind::Full, Returns::Jump), (Kind::Full, Returns::Ret)];

/// `cargo xtask compilers`: every program at each level.
pub(crate) fn run() -> Result {
    let start = Instant::now();
    let tools = setup::tools()?;
    let mut tally = Tally::default();
    for pair in [GCC, CLANG, CLANG_AND_GNU_AS] {
        pair.corpus(&tools, suite::all_programs()?, &["-O0", "-O1", "-O2", "-O3", "-Os"], &mut tally)?;
    }
    ui::say(format!("other compilers: {:.0} s", start.elapsed().as_secs_f64()));
    tally.result()
}

/// What `cargo xtask test` has time for.
pub(crate) fn part(tools: &Tools, tally: &mut Tally) -> Result {
    for pair in [GCC, CLANG] {
        let mut programs = suite::all_programs()?;
        // Half of the time it takes to compile all of them.
        programs.retain(|program| program.name != "sqlite3");
        pair.corpus(tools, programs, &["-O2"], tally)?;
    }
    Ok(())
}

impl Pair {
    /// As the names of cases end.
    fn by(&self) -> String {
        match self.assembler {
            None => format!(" by {}", self.compiler),
            Some(assembler) => format!(" by {} with {assembler}", self.compiler),
        }
    }

    fn choose(&self, mut driver: Command) -> Command {
        driver.arg(format!("--lfi-compiler={}", self.compiler));
        driver.args(self.assembler.map(|assembler| format!("--lfi-assembler={assembler}")));
        driver
    }

    /// Programs in the language of this compiler alone.
    fn own_programs(&self) -> Result<Vec<Program>> {
        match self.compiler {
            "gcc-12" => corpus::small(&setup::repository().join("tests/gcc")),
            _ => Ok(Vec::new()),
        }
    }

    /// Builds, verifies and runs programs, and those of its own, beside their
    /// native builds by the same compiler.
    fn corpus(&self, tools: &Tools, mut programs: Vec<Program>, levels: &[&str], tally: &mut Tally) -> Result {
        let by = self.by();
        if let Err(failure) = setup::install(&[self.compiler]) {
            tally.skip(&format!("the corpus{by}"), &failure);
            return Ok(());
        }
        programs.extend(self.own_programs()?);
        let corpus = Corpus::new(tools, programs, &by, &self.choose(tools.native_driver()?))?;
        for (kind, returns) in FORMS {
            let driver = self.choose(tools.driver(kind, returns)?);
            ui::step(&format!("the corpus{by}, kind {kind}, returns {returns}"), || {
                corpus.cases((&driver, kind, returns), levels, tally);
                Ok(())
            })?;
        }
        Ok(())
    }
}
