//! `cargo xtask mutants`: breaks the verifier on purpose, one defence at a time,
//! and sees whether a test notices. The list is `crates/verifier/mutants.txt`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{
    failure::{Context, Failure, Result},
    setup, ui,
};

/// Where the list is, and the crate that its files belong to.
const CRATE: &str = "crates/verifier";
/// Tests one of which must notice, the cheapest first.
const TESTS: [&[&str]; 5] = [
    &["lfi-verifier", "--test=soundness", "--test=cases"],
    &["lfi-verifier", "--test=near_miss", "--test=robust"],
    &["lfi-verifier", "--lib"],
    &["lfi-soundness", "--test=near"],
    &["lfi-soundness", "--test=quick"],
];
/// Tests that run for longer, in seconds, have noticed: the verifier does not end.
const LIMIT: &str = "300";

/// A defence that is taken away.
struct Mutant {
    /// The rule that it belongs to, and what is done.
    name: String,
    file: String,
    /// What stands in the file, once, and what is put in its place.
    old: String,
    new: String,
}

/// Tries the mutants whose names contain one of these words, or all: then first whether the tests pass without a change.
pub(crate) fn run(words: &[&str]) -> Result {
    setup::packages()?;
    let list = setup::repository().join(CRATE).join("mutants.txt");
    let mutants = parse(&fs::read_to_string(&list).at(&list)?)?;
    let wanted = |mutant: &&Mutant| words.is_empty() || words.iter().any(|word| mutant.name.contains(word));
    let tree = copy()?;
    if words.is_empty()
        && let Some(test) = noticed(&tree)?
    {
        return Err(Failure::could_not(format!("{test} fails without a change")));
    }
    let (mut killed, mut survivors) = (0, Vec::new());
    for mutant in mutants.iter().filter(wanted) {
        match attempt(&tree, mutant)? {
            Some(test) => {
                killed += 1;
                println!("killed    {}: {test}", mutant.name);
            }
            None => {
                println!("SURVIVED  {}", mutant.name);
                survivors.push(mutant.name.as_str());
            }
        }
    }
    println!("{killed} killed, {} survived", survivors.len());
    if survivors.is_empty() { Ok(()) } else { Err(Failure::wrong(format!("no test notices {}", survivors.join("; ")))) }
}

/// Reads the list: `@ FILE`, then for each mutant `NAME`, `- OLD`, `+ NEW`, with `\n` for the end of a line; `#` and empty
/// lines are for readers.
fn parse(text: &str) -> Result<Vec<Mutant>> {
    let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (mut mutants, mut file) = (Vec::new(), String::new());
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("@ ") {
            file = name.to_owned();
            continue;
        }
        let mut part = |sign| {
            let part = lines.next()?.strip_prefix(sign)?;
            Some(part.trim().replace("\\n", "\n"))
        };
        let (Some(old), Some(new)) = (part('-'), part('+')) else {
            return Err(Failure::could_not(format!("the list of mutants: {line}: `- OLD` and `+ NEW` must follow")));
        };
        mutants.push(Mutant { name: line.to_owned(), file: file.clone(), old, new });
    }
    Ok(mutants)
}

/// Copies what git knows of the working tree to where it can be changed. What is the same there stays as
/// it is, so that cargo need not build it again.
fn copy() -> Result<PathBuf> {
    let (from, to) = (setup::repository(), setup::repository().join("target/mutants/source"));
    let files = ui::run(Command::new("git").args(["ls-files", "--recurse-submodules"]).current_dir(from))?;
    for name in files.lines() {
        let (source, target) = (from.join(name), to.join(name));
        // Deleted files are still listed.
        let Ok(contents) = fs::read(&source) else { continue };
        if fs::read(&target).is_ok_and(|old| old == contents) {
            continue;
        }
        let directory = target.parent().unwrap_or(&to);
        fs::create_dir_all(directory).at(directory)?;
        fs::write(&target, contents).at(&target)?;
    }
    Ok(to)
}

/// The test that notices this change of the tree, which is then undone.
fn attempt(tree: &Path, mutant: &Mutant) -> Result<Option<String>> {
    let path = tree.join(CRATE).join(&mutant.file);
    let text = fs::read_to_string(&path).at(&path)?;
    if text.matches(&mutant.old).count() != 1 {
        return Err(Failure::could_not(format!("{}: `{}` is not in {} once", mutant.name, mutant.old, mutant.file)));
    }
    fs::write(&path, text.replacen(&mutant.old, &mutant.new, 1)).at(&path)?;
    let result = noticed(tree);
    fs::write(&path, text).at(&path)?;
    result.map_err(|failure| Failure::could_not(format!("{}: {failure}", mutant.name)))
}

/// The tests that fail, of the first that do.
fn noticed(tree: &Path) -> Result<Option<String>> {
    for tests in TESTS {
        // Built first, so that the time limit is that of the tests alone.
        let built = cargo_test(tree, tests, Command::new("cargo"), &["--no-run"])?;
        if !built.status.success() {
            let errors = String::from_utf8_lossy(&built.stderr);
            // The tables of the quick pass are asserted when they are made.
            if errors.contains("error[E0080]") {
                return Ok(Some("an assertion at compile time".to_owned()));
            }
            return Err(Failure::could_not(errors.into_owned()));
        }
        let mut limited = Command::new("timeout");
        limited.args([LIMIT, "cargo"]);
        let output = cargo_test(tree, tests, limited, &[])?;
        if output.status.success() {
            continue;
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let failed: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
            .map(|name| name.rsplit("::").next().unwrap_or(name))
            .collect();
        return Ok(Some(if failed.is_empty() { "the tests do not end".to_owned() } else { failed.join(", ") }));
    }
    Ok(None)
}

/// What `cargo test` says of these tests in this tree. `cargo` is the command up to its name.
fn cargo_test(tree: &Path, tests: &[&str], mut cargo: Command, options: &[&str]) -> Result<Output> {
    cargo
        .args(["test", "--package"])
        .args(tests)
        .args(options)
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", tree.with_file_name("build"))
        // Linking is most of the work.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .output()
        .map_err(|error| Failure::could_not(format!("cargo: {error}")))
}
