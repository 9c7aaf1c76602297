//! `lfi-postlink`: checks linked files and lays them out (`lfi_rewriter::postlink`).

use std::{path::PathBuf, process::ExitCode};

use lexopt::prelude::*;
use lfi_cli::message::{complain, say};
use lfi_rewriter::postlink::{self, Report};

const HELP: &str = "\
Checks linked LFI modules and lays out their code, in place.

Usage: lfi-postlink [--stats] FILE...

  --stats        say what was done to each file
  -h, --help     print this
  -V, --version  print the version

Exits with 0 when all is done, 1 when a file was refused, 2 when one is missing or broken.
";

struct Arguments {
    files: Vec<PathBuf>,
    stats: bool,
}

fn main() -> ExitCode {
    let arguments = match parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            complain("lfi-postlink", error);
            return ExitCode::from(2);
        }
    };
    let status = arguments.files.iter().map(|path| match postlink::file(path) {
        Ok(report) => {
            if arguments.stats {
                say(format!("{}: {}\n", path.display(), summary(&report)));
            }
            0
        }
        Err(error) => {
            complain("lfi-postlink", format!("{}: {error}", path.display()));
            if error.is_refusal() { 1 } else { 2 }
        }
    });
    ExitCode::from(status.fold(0, u8::max))
}

/// The command line; none when it has been answered already.
fn parse() -> Result<Option<Arguments>, lexopt::Error> {
    let mut arguments = Arguments { files: Vec::new(), stats: false };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("stats") => arguments.stats = true,
            Short('h') | Long("help") => {
                say(HELP);
                return Ok(None);
            }
            Short('V') | Long("version") => {
                say(concat!("lfi-postlink ", env!("CARGO_PKG_VERSION"), "\n"));
                return Ok(None);
            }
            Value(path) => arguments.files.push(path.into()),
            other => return Err(other.unexpected()),
        }
    }
    if arguments.files.is_empty() {
        return Err("no file given (see --help)".into());
    }
    Ok(Some(arguments))
}

fn summary(report: &Report) -> String {
    if report.already_laid_out {
        return "already laid out".to_owned();
    }
    let Report { nops_before, nops_after, prefix_bytes, calls_moved, notes, .. } = report;
    format!(
        "{nops_before} nops became {nops_after}, {prefix_bytes} bytes of prefixes, {calls_moved} calls moved, {notes} notes merged"
    )
}
