//! The x86-64 rewriter. The rules are in `spec/x64/rewriting.md`, what the
//! sequences look like in `spec/x64/units.md`.
//!
//! A file is parsed once ([`parse`]) into statements ([`program`]); what is live
//! after each instruction is found ([`flow`]); then the statements are written
//! in order ([`emit`]), each by the rules of its class: [`memory`], [`thread`],
//! [`stack`], [`string`], [`branch`] (and [`dead`]).

mod bits;
mod branch;
mod bytes;
mod dead;
mod emit;
mod flow;
mod memory;
mod mnemonic;
mod operand;
mod parse;
mod program;
mod register;
mod stack;
mod string;
mod thread;
mod units;

use crate::{
    Options,
    error::{Error, Errors, Reason},
    macros,
    source::{Source, without_block_comments},
};

/// So many errors are reported before giving up.
const MAX_ERRORS: usize = 20;

pub(crate) fn rewrite(source: &str, file_name: &str, options: &Options) -> Result<String, Errors> {
    let text = without_block_comments(source);
    let mut statements = Source::new(&text);
    let mut parsed = parse::parse(&mut statements, text.len());
    let (expanded, named);
    let mut text = &*text;
    if parsed.macros {
        expanded = macros::expand(text, file_name)?;
        text = &expanded;
        statements = Source::new(text);
        parsed = parse::parse(&mut statements, text.len());
    }
    if !parsed.runs.is_empty() {
        named = bytes::named(text, &parsed.runs);
        statements = Source::new(&named);
        parsed = parse::parse(&mut statements, named.len());
    }
    let parse::Parsed { mut program, mut problems, runs, .. } = parsed;
    problems.extend(runs.into_iter().map(|run| (run.line, run.text, Reason::DataInCode)));
    flow::liveness(&mut program);
    let out = emit::emit(&program, options, text.len(), &mut problems);
    if problems.is_empty() {
        return Ok(out);
    }
    problems.sort_by_key(|&(line, ..)| line);
    problems.truncate(MAX_ERRORS);
    let errors = problems.into_iter().map(|(line, statement, reason)| {
        let (file, line) = statements.origin(line);
        Error { file: file.unwrap_or(file_name).to_owned(), line, statement: statement.to_owned(), reason }
    });
    Err(Errors(errors.collect()))
}
