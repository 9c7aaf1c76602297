//! Expands macros, repetition and conditional assembly: [x64.rewrite.macro].
//!
//! Works on statements, before anything else looks at them, and only for files
//! that need it. What comes out has line markers that lead to where a macro was
//! called. Conditions are decided here, so they may hold numbers, symbols that
//! `.set` made numbers, and arguments; not labels.

mod arguments;
mod condition;

use std::fmt::Write;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    directive,
    error::{Error, Errors, Reason},
    source::{Source, split_label, word_length},
};
use arguments::{Parameter, actual, formal, substitute};
use condition::Numbers;

/// Macros within macros, as deep as anybody writes them.
const MAX_DEPTH: u32 = 64;
/// Statements that a file may expand to, and rounds of repetition.
const MAX_STATEMENTS: usize = 4_000_000;
/// Bytes that it may expand to.
const MAX_BYTES: usize = 256 << 20;

/// A statement and where it came from.
#[derive(Clone)]
struct Line {
    text: String,
    file: Option<u32>,
    number: u32,
}

#[derive(Clone)]
struct Macro {
    parameters: Vec<Parameter>,
    body: Vec<Line>,
}

/// One `.if` that is open.
struct Branch {
    /// Whether what stands here is assembled.
    active: bool,
    /// Whether no later part can be: one was, or the whole is not.
    done: bool,
}

/// Whether expansion goes on behind a statement.
#[derive(PartialEq, Eq)]
enum Next {
    On,
    /// `.exitm`
    Exit,
}

struct Expander<'t> {
    files: Vec<&'t str>,
    macros: FxHashMap<String, Macro>,
    numbers: Numbers,
    labels: FxHashSet<String>,
    branches: Vec<Branch>,
    /// Calls so far: `\@`.
    calls: u64,
    statements: usize,
    out: String,
    /// Where the next line of the output is from, unless a marker says so.
    at: Option<(Option<u32>, u32)>,
}

/// A statement that cannot be expanded.
type Failed = Box<(Line, Reason)>;

/// The text with all macros expanded.
pub(crate) fn expand(text: &str, file_name: &str) -> Result<String, Errors> {
    let mut source = Source::new(text);
    let statements: Vec<_> = source.by_ref().collect();
    let mut expander = Expander {
        files: vec![file_name],
        macros: FxHashMap::default(),
        numbers: Numbers::default(),
        labels: FxHashSet::default(),
        branches: Vec::new(),
        calls: 0,
        statements: 0,
        out: String::with_capacity(2 * text.len()),
        at: None,
    };
    let mut indices: FxHashMap<&str, u32> = FxHashMap::default();
    let mut lines = Vec::with_capacity(statements.len());
    for statement in statements {
        let (file, number) = source.origin(statement.line);
        let file = file.map(|name| {
            *indices.entry(name).or_insert_with(|| {
                expander.files.push(name);
                expander.files.len() as u32 - 1
            })
        });
        lines.push(Line { text: statement.text.to_owned(), file, number });
    }
    let mut result = expander.run(&lines, 0).map(drop);
    if result.is_ok()
        && !expander.branches.is_empty()
        && let Some(last) = lines.pop()
    {
        result = Err(Box::new((last, Reason::Macro)));
    }
    match result {
        Ok(()) => Ok(expander.out),
        Err(failed) => {
            let (Line { text: statement, file, number: line }, reason) = *failed;
            let file = expander.files[file.unwrap_or(0) as usize].to_owned();
            Err(Errors(vec![Error { file, line, statement, reason }]))
        }
    }
}

impl Expander<'_> {
    /// Expands statements of one text: the file, or what a macro came to.
    fn run(&mut self, lines: &[Line], depth: u32) -> Result<Next, Failed> {
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let fail = |reason| Err(Box::new((line.clone(), reason)));
            at += 1;
            self.statements += 1;
            if self.statements > MAX_STATEMENTS || self.out.len() > MAX_BYTES || depth > MAX_DEPTH {
                return fail(Reason::Unsupported("macros expand to more than can be"));
            }
            let mut text = line.text.as_str();
            while let Some((name, rest)) = split_label(text) {
                if self.is_active() {
                    self.labels.insert(name.to_owned());
                    self.emit(line, &text[..text.len() - rest.len()]);
                }
                text = rest.trim_ascii_start();
            }
            let (word, rest) = text.split_at(word_length(text));
            let rest = rest.trim_ascii();
            if let Some(known) = self.condition(word, rest) {
                match known {
                    Ok(()) => continue,
                    Err(reason) => return fail(reason),
                }
            }
            if !self.is_active() || text.is_empty() {
                continue;
            }
            match word {
                ".macro" => {
                    let (body, next) =
                        body(lines, at, &[".macro"], &[".endm", ".endmacro"]).ok_or_else(|| unended(line))?;
                    at = next;
                    let Some((name, parameters)) = formal(rest) else { return fail(Reason::Syntax) };
                    self.macros.insert(name.to_owned(), Macro { parameters, body: body.to_vec() });
                }
                ".rept" | ".rep" | ".irp" | ".irpc" => {
                    let (body, next) = body(lines, at, &[".rept", ".rep", ".irp", ".irpc"], &[".endr"])
                        .ok_or_else(|| unended(line))?;
                    at = next;
                    let Some(rounds) = self.rounds(word, rest) else { return fail(Reason::Syntax) };
                    let Some((count, values)) = rounds else {
                        return fail(Reason::Unsupported("the count of a repetition must be a number known here"));
                    };
                    for round in 0..count {
                        self.statements += 1;
                        let pairs = values.as_ref().map(|(name, values)| (name.as_str(), values[round].as_str()));
                        let lines = self.substituted(body, pairs.as_slice(), line)?;
                        if self.run(&lines, depth + 1)? == Next::Exit {
                            break;
                        }
                    }
                }
                ".exitm" => return Ok(Next::Exit),
                ".purgem" => drop(self.macros.remove(rest)),
                _ if self.macros.contains_key(word) => {
                    let Macro { parameters, body } = self.macros[word].clone();
                    let Some(values) = actual(rest, &parameters) else { return fail(Reason::Syntax) };
                    self.calls += 1;
                    let pairs: Vec<_> =
                        parameters.iter().map(|p| p.name.as_str()).zip(values.iter().map(String::as_str)).collect();
                    let lines = self.substituted(&body, &pairs, line)?;
                    let open = self.branches.len();
                    self.run(&lines, depth + 1)?;
                    self.branches.truncate(open);
                }
                _ if directive::class(word) == Some(directive::Class::Macro) => return fail(Reason::Macro),
                _ => {
                    self.assignment(word, rest);
                    self.emit(line, text);
                }
            }
        }
        Ok(Next::On)
    }

    fn is_active(&self) -> bool {
        self.branches.last().is_none_or(|branch| branch.active)
    }

    /// Follows a directive of conditional assembly; `None` for anything else.
    fn condition(&mut self, word: &str, rest: &str) -> Option<Result<(), Reason>> {
        match word {
            ".else" | ".elseif" => {
                let outer = self.branches.len().checked_sub(2).is_none_or(|i| self.branches[i].active);
                let Some(branch) = self.branches.last_mut() else { return Some(Err(Reason::Macro)) };
                let holds = if !outer || branch.done {
                    Ok(false)
                } else if word == ".else" {
                    Ok(true)
                } else {
                    self.numbers.value(rest).map(|value| value != 0).ok_or(condition::UNKNOWN)
                };
                Some(holds.map(|holds| {
                    branch.active = holds;
                    branch.done |= holds;
                }))
            }
            ".endif" => Some(self.branches.pop().map(drop).ok_or(Reason::Macro)),
            _ if word.starts_with(".if") => {
                if !self.is_active() {
                    self.branches.push(Branch { active: false, done: true });
                    return Some(Ok(()));
                }
                let holds = condition::holds(word, rest, &self.numbers, |name| self.labels.contains(name))?;
                Some(holds.map(|active| self.branches.push(Branch { active, done: active })))
            }
            _ => None,
        }
    }

    /// How often a body is repeated, and with which values of what; inside,
    /// `None` when the count is not known.
    #[expect(clippy::type_complexity, reason = "used once")]
    fn rounds(&self, word: &str, rest: &str) -> Option<Option<(usize, Option<(String, Vec<String>)>)>> {
        if matches!(word, ".rept" | ".rep") {
            let count = self.numbers.value(rest).map(|count| usize::try_from(count).unwrap_or(0));
            return Some(count.map(|count| (count, None)));
        }
        let end = rest.find(|c: char| c == ',' || c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (name, values) = rest.split_at(end);
        let values = values.trim_start_matches([',', ' ', '\t']);
        let values: Vec<String> = match word {
            ".irpc" => values.trim_matches('"').chars().map(String::from).collect(),
            _ => arguments::split(values),
        };
        // Without values the body is assembled once, with nothing.
        let values = if values.is_empty() { vec![String::new()] } else { values };
        (!name.is_empty()).then(|| Some((values.len(), Some((name.to_owned(), values)))))
    }

    /// The statements that a body comes to; they are from where it was called.
    fn substituted(&mut self, body: &[Line], values: &[(&str, &str)], caller: &Line) -> Result<Vec<Line>, Failed> {
        let mut lines = Vec::with_capacity(body.len());
        let mut text = String::new();
        for line in body {
            text.clear();
            substitute(&line.text, values, self.calls, &mut text);
            if text.len() > MAX_BYTES / 256 {
                return Err(Box::new((caller.clone(), Reason::Unsupported("macros expand to more than can be"))));
            }
            lines.extend(Source::new(&text).map(|s| Line {
                text: s.text.to_owned(),
                file: caller.file,
                number: caller.number,
            }));
        }
        Ok(lines)
    }

    /// Learns numbers from `.set`, `.equ` and `=`.
    fn assignment(&mut self, word: &str, rest: &str) {
        let pair = match word {
            ".set" | ".equ" | ".equiv" => rest.split_once(','),
            _ => rest.strip_prefix('=').map(|value| (word, value.trim_start_matches('='))),
        };
        if let Some((name, value)) = pair {
            self.numbers.set(name.trim_ascii(), value);
            self.labels.insert(name.trim_ascii().to_owned());
        }
    }

    fn emit(&mut self, line: &Line, text: &str) {
        let place = (line.file, line.number);
        if self.at != Some(place) {
            let file = self.files[line.file.unwrap_or(0) as usize];
            _ = writeln!(self.out, "# {} \"{file}\"", line.number);
        }
        self.out.push_str(text);
        self.out.push('\n');
        self.at = Some((line.file, line.number + 1));
    }
}

fn unended(line: &Line) -> Failed {
    Box::new((line.clone(), Reason::Macro))
}

/// The statements up to the end of a body that begins at `start`, and what comes behind it.
fn body<'l>(lines: &'l [Line], start: usize, opens: &[&str], closes: &[&str]) -> Option<(&'l [Line], usize)> {
    let mut depth = 0;
    for (at, line) in lines.iter().enumerate().skip(start) {
        let mut text = line.text.as_str();
        while let Some((_, rest)) = split_label(text) {
            text = rest.trim_ascii_start();
        }
        let word = &text[..word_length(text)];
        if opens.contains(&word) {
            depth += 1;
        } else if closes.contains(&word) {
            if depth == 0 {
                return Some((&lines[start..at], at + 1));
            }
            depth -= 1;
        }
    }
    None
}
