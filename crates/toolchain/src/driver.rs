//! The driver: one command line, carried out.

use std::{
    ffi::OsString,
    io::{self, Write},
    path::Path,
};

use crate::{
    command_line::{Action, CommandLine, Item, Query},
    compile::{self, Source},
    error::{At, Error, Result},
    language::{Language, language},
    link,
    options::Options,
    query,
    stock::Stock,
};

/// Carries out a command line, which begins with the program's name. What went
/// wrong has been said on standard error; the result is the exit status.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let mut arguments = arguments.into_iter();
    let program = arguments.next().unwrap_or_default();
    let done = Options::from_environment().and_then(|mut options| {
        options.called(Path::new(&program));
        run(arguments, options)
    });
    match done {
        Ok(()) => 0,
        Err(error) => {
            report(&error);
            error.status()
        }
    }
}

/// Writes to standard error, whatever became of it: the exit status says how
/// it went.
pub(crate) fn say(text: std::fmt::Arguments<'_>) {
    let _ = io::stderr().write_fmt(text);
}

fn report(error: &Error) {
    if !error.is_silent() {
        say(format_args!("lfi-cc: error: {error}\n"));
    }
}

/// Carries out the words after the program's name. `options` are what holds
/// when no word says otherwise. Outputs are complete when this is `Ok`, and
/// those that were there before are untouched when it is not.
pub fn run(arguments: impl IntoIterator<Item = OsString>, options: Options) -> Result {
    let arguments = arguments
        .into_iter()
        .map(|word| {
            word.into_string().map_err(|word| Error::Usage(format!("{}: not UTF-8 text", word.to_string_lossy())))
        })
        .collect::<Result<Vec<_>>>()?;
    let line = CommandLine::parse(arguments, options)?;
    for note in &line.notes {
        say(format_args!("lfi-cc: note: {note}\n"));
    }
    let mut stock = Stock::find(&line.options)?;
    (stock.verbose, stock.dry_run) = (line.verbose, line.dry_run);
    if let Action::Query(wanted) = &line.action {
        // `-v` alone says it on standard error, as clang does.
        let text = query::answer(&stock, &line, wanted)?;
        return match wanted {
            Query::Version if line.verbose => io::stderr().write_all(text.as_bytes()).at("standard error"),
            _ => io::stdout().write_all(text.as_bytes()).at("standard output"),
        };
    }
    if line.verbose || line.dry_run {
        say(format_args!("{}", query::version(&stock, &line)?));
    }
    match line.action {
        Action::Stock => stock_only(&stock, &line),
        Action::Object | Action::Assembly => each(&stock, &line),
        Action::Link | Action::Query(_) => program(&stock, &line),
    }
}

/// What makes no machine code is the stock compiler's.
fn stock_only(stock: &Stock, line: &CommandLine) -> Result {
    let mut words = stock.compile_words(&line.compile);
    let wanted = &line.dependencies;
    words.extend(wanted.write.iter().cloned());
    words.extend(wanted.file.iter().flat_map(|file| ["-MF".to_owned(), file.clone()]));
    words.extend(wanted.flags.iter().cloned());
    words.extend(line.output.iter().flat_map(|output| ["-o".to_owned(), output.clone()]));
    for (path, explicit) in line.files() {
        if explicit.is_none() && language(path, None) == Language::Object && path != "-" && !is_header(path) {
            continue; // for the linker, which is not run
        }
        words.push(format!("-x{}", explicit.unwrap_or("none")));
        words.push(path.to_owned());
    }
    stock.run(&words)
}

fn is_header(path: &str) -> bool {
    [".h", ".hh", ".hpp", ".H"].iter().any(|suffix| path.ends_with(suffix))
}

/// `-c` and `-S`: an output for each source. All are tried; the first error is
/// the result.
fn each(stock: &Stock, line: &CommandLine) -> Result {
    let mut result = Ok(());
    for (path, explicit) in line.files() {
        if language(path, explicit) == Language::Object {
            say(format_args!("lfi-cc: warning: {path}: linker input unused\n"));
            continue;
        }
        let source = Source { path, explicit };
        let done = match line.action {
            Action::Assembly => {
                let output = line.output.clone().unwrap_or_else(|| source.with_suffix("s"));
                distinct(path, &output).and_then(|()| compile::to_assembly(stock, line, source, &output))
            }
            _ => {
                let output = line.output.clone().unwrap_or_else(|| source.with_suffix("o"));
                distinct(path, &output).and_then(|()| compile::to_object(stock, line, source, &output, &output))
            }
        };
        if let Err(error) = done {
            match result {
                Ok(()) => result = Err(error),
                Err(_) => report(&error),
            }
        }
    }
    result
}

/// Refuses to overwrite a source.
fn distinct(input: &str, output: &str) -> Result {
    let real = |path: &str| std::fs::canonicalize(path).ok().filter(|path| path.is_file());
    match real(input) {
        Some(path) if real(output).as_ref() == Some(&path) => {
            Err(Error::Usage(format!("{output}: the output would overwrite the input")))
        }
        _ => Ok(()),
    }
}

/// A program out of sources, objects and libraries.
fn program(stock: &Stock, line: &CommandLine) -> Result {
    let output = line.output.as_deref().unwrap_or("a.out");
    let scratch = tempfile::Builder::new().prefix("lfi-cc-").tempdir().at("a temporary directory")?;
    let mut items = Vec::new();
    for (index, item) in line.items.iter().enumerate() {
        let Item::File { path, language: explicit } = item else {
            items.push(item.clone());
            continue;
        };
        let source = Source { path, explicit: explicit.as_deref() };
        if language(path, source.explicit) == Language::Object {
            distinct(path, output)?;
            items.push(item.clone());
            continue;
        }
        distinct(path, output)?;
        let object = scratch.path().join(format!("{index}-{}", source.with_suffix("o")));
        let object = object.to_string_lossy().into_owned();
        compile::to_object(stock, line, source, &object, &source.with_suffix("o"))?;
        items.push(Item::File { path: object, language: None });
    }
    link::link(stock, line, &items, output)
}
