//! Policy files.

use super::{Draft, Form, WORDS, Word};
use std::{
    ops::Range,
    path::{Path, PathBuf},
};
use toml::de::{DeTable, DeValue};

/// Why a policy file was not taken.
#[derive(Debug)]
pub struct FileError {
    file: PathBuf,
    /// Counted from 1; none when the file could not be read.
    line: Option<usize>,
    cause: String,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.cause)
    }
}

impl std::error::Error for FileError {}

/// Adds what a file says. Directories of the host are relative to the file's.
///
/// # Errors
/// With file, line and cause.
pub fn read(draft: &mut Draft, path: &Path) -> Result<(), FileError> {
    let fail = |line, cause| FileError { file: path.to_owned(), line, cause };
    let text = std::fs::read_to_string(path).map_err(|error| fail(None, error.to_string()))?;
    draft.relative_to(path.parent().unwrap_or(Path::new("")));
    let result = add(draft, &text);
    draft.relative_to(Path::new(""));
    result.map_err(|(at, cause)| {
        let line = text.get(..at.start).map(|before| before.matches('\n').count() + 1);
        fail(line, cause)
    })
}

/// The place of a mistake, in bytes, and what it is.
type Mistake = (Range<usize>, String);

fn add(draft: &mut Draft, text: &str) -> Result<(), Mistake> {
    let table = DeTable::parse(text)
        .map_err(|error| (error.span().unwrap_or_default(), error.message().trim_end().replace('\n', ", ")))?;
    for (name, value) in table.get_ref() {
        let unknown = || (name.span(), format!("{:?}: there is no such word in policies", name.get_ref()));
        let word = WORDS.iter().find(|word| word.name == name.get_ref()).ok_or_else(unknown)?;
        match (word.form, value.get_ref()) {
            (Form::Pair, DeValue::Table(entries)) => {
                for (key, value) in entries {
                    let text = format!("{}={}", key.get_ref(), plain(word, value.get_ref(), value.span())?);
                    set(draft, word, &text, key.span())?;
                }
            }
            (Form::Pair, _) => return Err((value.span(), format!("{}: expected a table", word.name))),
            (_, plainly) => set(draft, word, &plain(word, plainly, value.span())?, value.span())?,
        }
    }
    Ok(())
}

fn set(draft: &mut Draft, word: &Word, value: &str, at: Range<usize>) -> Result<(), Mistake> {
    draft.set(word.name, value).map_err(|cause| (at, format!("{} {value:?}: {cause}", word.name)))
}

/// A value as an option would have it.
fn plain(word: &Word, value: &DeValue<'_>, at: Range<usize>) -> Result<String, Mistake> {
    match value {
        DeValue::Boolean(value) if word.form == Form::Switch => Ok(value.to_string()),
        DeValue::String(text) if word.form != Form::Switch => Ok(text.to_string()),
        DeValue::Integer(number) if word.form != Form::Switch => Ok(number.as_str().to_owned()),
        _ if word.form == Form::Switch => Err((at, format!("{}: expected true or false", word.name))),
        _ => Err((at, format!("{}: expected a string or a number", word.name))),
    }
}
