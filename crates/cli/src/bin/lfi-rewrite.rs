//! `lfi-rewrite`: GNU assembly in, sandboxed assembly out.

use std::{
    ffi::OsString,
    fs,
    io::{Read, Write},
    process::ExitCode,
};

use lexopt::prelude::*;
use lfi_cli::message::{complain, say};
use lfi_rewriter::{Assembler, Options, rewrite_bytes};

const USAGE: &str = "\
Usage: lfi-rewrite [OPTIONS] [FILE]

Rewrites GNU assembly (AT&T syntax) so that it can run in a sandbox. Reads
standard input when FILE is missing or `-`.

  -o FILE                write to FILE instead of standard output
  --target TARGET        x64 (default)
  --kind KIND            full (default), stores, jumps: which accesses are sandboxed
  --returns FORM         jump (default), ret: how functions return
  --assembler NAME       clang (default), gnu (as -mindex-reg): what the output is for
  --help, --version

Exit status: 0 done, 1 something cannot be rewritten, 2 could not run.
";

struct Arguments {
    options: Options,
    input: OsString,
    output: OsString,
}

fn parse() -> Result<Option<Arguments>, lexopt::Error> {
    let mut arguments = Arguments { options: Options::default(), input: "-".into(), output: "-".into() };
    let mut inputs = 0;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('o') => arguments.output = parser.value()?,
            Long("target") => arguments.options.target = parser.value()?.parse()?,
            Long("kind") => arguments.options.kind = parser.value()?.parse()?,
            Long("returns") => arguments.options.returns = parser.value()?.parse()?,
            Long("assembler") => {
                arguments.options.assembler = match parser.value()?.string()?.as_str() {
                    "clang" => Assembler::Clang,
                    "gnu" => Assembler::Gnu,
                    _ => return Err("expected one of clang, gnu".into()),
                }
            }
            Value(file) if inputs == 0 => {
                arguments.input = file;
                inputs += 1;
            }
            Short('h') | Long("help") => {
                say(USAGE);
                return Ok(None);
            }
            Short('V') | Long("version") => {
                say(concat!("lfi-rewrite ", env!("CARGO_PKG_VERSION"), "\n"));
                return Ok(None);
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(arguments))
}

fn read(file: &OsString) -> std::io::Result<Vec<u8>> {
    if file != "-" {
        return fs::read(file);
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn write(file: &OsString, text: &str) -> std::io::Result<()> {
    if file == "-" { std::io::stdout().write_all(text.as_bytes()) } else { fs::write(file, text) }
}

fn main() -> ExitCode {
    let arguments = match parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            complain("lfi-rewrite", error);
            return ExitCode::from(2);
        }
    };
    let name = if arguments.input == "-" { "<stdin>".into() } else { arguments.input.to_string_lossy() };
    let source = match read(&arguments.input) {
        Ok(source) => source,
        Err(error) => {
            complain("lfi-rewrite", format!("{name}: {error}"));
            return ExitCode::from(2);
        }
    };
    let text = match rewrite_bytes(&source, &name, &arguments.options) {
        Ok(text) => text,
        Err(errors) => {
            for error in errors.iter() {
                complain("lfi-rewrite", error);
            }
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = write(&arguments.output, &text) {
        complain("lfi-rewrite", format!("{}: {error}", arguments.output.to_string_lossy()));
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}
