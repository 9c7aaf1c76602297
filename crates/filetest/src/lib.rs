//! Data-driven tests: one file is one case.
//!
//! A case is a text file. Its first line holds a command, `# run: WORD ...`
//! (any comment prefix before `run:`); then follows the input; then, after a
//! line that starts with `# expect`, the expected output, each line prefixed
//! with `# ` (or the case's own comment prefix). What command words mean is the
//! business of the test that calls [`run`].
//!
//! With `LFI_BLESS=1` in the environment the expected part is rewritten from
//! the actual output instead of compared.

mod host;
mod real;
mod toolchain;
mod turns;

pub use host::{Ground, descriptors};
pub use real::{sqlite_assembly, sqlite_library, zlib_library};
pub use toolchain::{library, library_with, program};
pub use turns::{Cost, Part, compare, part, take_turns, time_after};

use std::{
    fs,
    path::{Path, PathBuf},
};

/// One case, read from its file.
#[derive(Debug)]
pub struct Case {
    /// The file.
    pub path: PathBuf,
    /// Words of the first line after `run:`.
    pub command: Vec<String>,
    /// Everything between the first line and the expectation. Line 1 of the
    /// input is line 2 of the file.
    pub input: String,
    /// The expected output, comment prefixes removed.
    pub expected: String,
}

/// Runs every file below `dir` with the extension `extension` through `test`,
/// which returns the actual output, and panics with all differences.
///
/// # Panics
/// When a case fails, is malformed, or when there are no cases at all.
pub fn run(dir: &Path, extension: &str, test: impl Fn(&Case) -> String) {
    let bless = std::env::var_os("LFI_BLESS").is_some_and(|v| v == "1");
    let mut files = Vec::new();
    collect(dir, extension, &mut files);
    files.sort();
    assert!(!files.is_empty(), "no *.{extension} files below {}", dir.display());
    let mut failures = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let case = match parse(&path, &text) {
            Ok(case) => case,
            Err(problem) => {
                failures.push(format!("{}: {problem}", path.display()));
                continue;
            }
        };
        let actual = test(&case);
        if actual.trim_end() == case.expected.trim_end() {
            continue;
        }
        if bless {
            fs::write(&path, blessed(&text, &actual)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        } else {
            failures.push(format!(
                "{}\n--- expected\n{}\n--- actual\n{}",
                path.display(),
                case.expected.trim_end(),
                actual.trim_end()
            ));
        }
    }
    assert!(failures.is_empty(), "{} failed (LFI_BLESS=1 rewrites):\n{}", failures.len(), failures.join("\n\n"));
}

fn collect(dir: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    for entry in entries {
        let path = entry.expect("directory entry").path();
        if path.is_dir() {
            collect(&path, extension, files);
        } else if path.extension().is_some_and(|e| e == extension) {
            files.push(path);
        }
    }
}

fn parse(path: &Path, text: &str) -> Result<Case, &'static str> {
    let (first, rest) = text.split_once('\n').ok_or("empty file")?;
    let (_, command) = first.split_once("run:").ok_or("the first line must hold `run: ...`")?;
    let (input, expected) = split_expectation(rest);
    Ok(Case {
        path: path.to_owned(),
        command: command.split_whitespace().map(str::to_owned).collect(),
        input: input.to_owned(),
        expected: expected
            .lines()
            .map(|line| line.strip_prefix("# ").or_else(|| line.strip_prefix('#')).unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect(),
    })
}

/// Input, and the lines after the `# expect` line (empty when there is none).
fn split_expectation(rest: &str) -> (&str, &str) {
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.starts_with("# expect") {
            return (&rest[..at], &rest[at + line.len()..]);
        }
        at += line.len();
    }
    (rest, "")
}

fn blessed(text: &str, actual: &str) -> String {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (input, _) = split_expectation(rest);
    let mut out = format!("{first}\n{input}");
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out.push_str("# expect\n");
    for line in actual.trim_end().lines() {
        out.push_str(if line.is_empty() { "#" } else { "# " });
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_blesses() {
        let text = "# run: a --b\nx\n\n# expect\n# old\n";
        let case = parse(Path::new("f"), text).unwrap();
        assert_eq!(case.command, ["a", "--b"]);
        assert_eq!(case.input, "x\n\n");
        assert_eq!(case.expected, "old\n");
        assert_eq!(blessed(text, "new\n\nmore\n"), "# run: a --b\nx\n\n# expect\n# new\n#\n# more\n");
    }
}
