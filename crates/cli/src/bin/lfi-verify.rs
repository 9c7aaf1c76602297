//! `lfi-verify`: judges modules by the rules of the verifier (`lfi_verifier`).

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use lexopt::prelude::*;
use lfi_cli::{
    message::{complain, say},
    verify::{Place, Problem, Refusal, Report, Request, judge},
};
use serde_json::{Value as Json, json};

const HELP: &str = "\
Checks that the code of LFI modules cannot leave its sandbox.

Usage: lfi-verify [OPTION]... FILE...

  --kind full|stores|jumps  judge by this kind, whatever the file's note says
  --returns jump|ret        judge by this form of return, whatever the note says
  --unlinked                accept a file that lfi-postlink has not been over
  --all                     print every violation, not only the first of each segment
  --disassemble             print the code around each violation
  --stats                   print what the code contains
  --json                    print one JSON object for each file, to standard output
  -h, --help                print this
  -V, --version             print the version

Exits with 0 when every file is accepted, 1 when one is rejected, 2 when one is missing or broken.
";

#[derive(Default)]
struct Arguments {
    files: Vec<PathBuf>,
    request: Request,
    disassemble: bool,
    stats: bool,
    json: bool,
}

/// What became of one file.
enum Outcome {
    Judged(Report),
    Refused(Refusal),
    Unreadable(std::io::Error),
}

impl Outcome {
    fn of(path: &Path, request: &Request) -> Self {
        match fs::read(path) {
            Ok(file) => judge(&file, request).map_or_else(Self::Refused, Self::Judged),
            Err(error) => Self::Unreadable(error),
        }
    }

    fn status(&self) -> u8 {
        match self {
            Self::Judged(report) => u8::from(!report.problems.is_empty()),
            Self::Refused(Refusal::NotModule(_)) | Self::Unreadable(_) => 2,
            Self::Refused(_) => 1,
        }
    }
}

fn main() -> ExitCode {
    let arguments = match parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            complain("lfi-verify", error);
            return ExitCode::from(2);
        }
    };
    let status = arguments.files.iter().map(|path| {
        let outcome = Outcome::of(path, &arguments.request);
        if arguments.json {
            say(format!("{}\n", as_json(path, &outcome)));
        } else {
            print(path, &outcome, &arguments);
        }
        outcome.status()
    });
    ExitCode::from(status.fold(0, u8::max))
}

/// The command line; none when it has been answered already.
fn parse() -> Result<Option<Arguments>, lexopt::Error> {
    let mut arguments = Arguments::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("kind") => arguments.request.kind = Some(parser.value()?.parse()?),
            Long("returns") => arguments.request.returns = Some(parser.value()?.parse()?),
            Long("unlinked") => arguments.request.unlinked = true,
            Long("all") => arguments.request.all = true,
            Long("disassemble") => arguments.disassemble = true,
            Long("stats") => arguments.stats = true,
            Long("json") => arguments.json = true,
            Short('h') | Long("help") => {
                say(HELP);
                return Ok(None);
            }
            Short('V') | Long("version") => {
                say(concat!("lfi-verify ", env!("CARGO_PKG_VERSION"), "\n"));
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

/// For people: complaints, and statistics of accepted files.
fn print(path: &Path, outcome: &Outcome, arguments: &Arguments) {
    let file = path.display();
    match outcome {
        Outcome::Unreadable(error) => complain("lfi-verify", format!("{file}: {error}")),
        Outcome::Refused(refusal) => complain("lfi-verify", format!("{file}: {refusal}")),
        Outcome::Judged(report) => {
            for problem in &report.problems {
                complain("lfi-verify", format!("{file}: {problem}"));
                for line in problem.place.context.iter().filter(|_| arguments.disassemble) {
                    complain("lfi-verify", line);
                }
            }
            if report.problems.is_empty() && arguments.stats {
                say(format!("{file}: {}\n", describe(report)));
            }
        }
    }
}

fn describe(report: &Report) -> String {
    let (options, summary) = (&report.options, &report.summary);
    let classes: Vec<_> = summary.classes.names().collect();
    let classes = if classes.is_empty() { "none".to_owned() } else { classes.join(" ") };
    format!(
        "accepted; target {}, kind {}, returns {}, {} bytes, {} instructions, classes: {classes}",
        options.target, options.kind, options.returns, summary.bytes, summary.instructions
    )
}

/// For programs.
fn as_json(path: &Path, outcome: &Outcome) -> Json {
    let mut object = json!({ "file": path.display().to_string(), "status": outcome.status() });
    let more = match outcome {
        Outcome::Unreadable(error) => json!({ "error": error.to_string() }),
        Outcome::Refused(refusal) => json!({ "error": refusal.to_string() }),
        Outcome::Judged(report) => json!({
            "target": report.options.target.to_string(),
            "kind": report.options.kind.to_string(),
            "returns": report.options.returns.to_string(),
            "bytes": report.summary.bytes,
            "instructions": report.summary.instructions,
            "classes": report.summary.classes.names().collect::<Vec<_>>(),
            "violations": report.problems.iter().map(problem).collect::<Vec<_>>(),
        }),
    };
    if let (Json::Object(object), Json::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

fn problem(problem: &Problem) -> Json {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let Place { address, symbol, source, bytes, context, .. } = &problem.place;
    json!({
        "rule": problem.rule.id(),
        "message": problem.rule.message(),
        "address": address,
        "symbol": symbol.as_ref().map(|(name, distance)| json!({ "name": name, "distance": distance })),
        "source": source.as_ref().map(|source| json!({ "file": source.file, "line": source.line })),
        "bytes": hex(bytes),
        "context": context
            .iter()
            .map(|line| json!({ "address": line.address, "bytes": hex(&line.bytes), "text": line.text, "here": line.here }))
            .collect::<Vec<_>>(),
    })
}
