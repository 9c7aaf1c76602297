//! `lfi-verify`: judges modules by the rules of the verifier (`lfi_verifier`).

use std::{error::Error, fmt::Write as _, fs, path::PathBuf, process::ExitCode};

use lexopt::prelude::*;
use lfi_abi::{Kind, Returns, layout::MODULE_OFFSET};
use lfi_cli::message::{self, complain, say};
use lfi_verifier::{
    Options, Summary,
    elf::{Elf, ElfError, Segment},
    verify, violations,
};
use object::{Object, SymbolMap, SymbolMapName};

const HELP: &str = "\
Checks that the code of LFI modules cannot leave its sandbox.

Usage: lfi-verify [OPTION]... FILE...

  --kind full|stores|jumps  judge by this kind, whatever the file's note says
  --returns jump|ret        judge by this form of return, whatever the note says
  --unlinked                accept a file that lfi-postlink has not been over
  --all                     print every violation, not only the first of each segment
  --stats                   print what the code contains
  -h, --help                print this
  -V, --version             print the version

Exits with 0 when every file is accepted, 1 when one is rejected, 2 when one is missing or broken.
";

/// Bytes of an instruction to print.
const SHOWN: usize = 8;

#[derive(Default)]
struct Arguments {
    files: Vec<PathBuf>,
    kind: Option<Kind>,
    returns: Option<Returns>,
    unlinked: bool,
    all: bool,
    stats: bool,
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
        let (status, problems) = match fs::read(path) {
            Ok(file) => judge(&file, &arguments, &path.display().to_string()),
            Err(error) => (2, vec![error.to_string()]),
        };
        for problem in problems {
            complain("lfi-verify", format!("{}: {problem}", path.display()));
        }
        status
    });
    ExitCode::from(status.fold(0, u8::max))
}

/// The command line; none when it has been answered already.
fn parse() -> Result<Option<Arguments>, lexopt::Error> {
    let mut arguments = Arguments::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("kind") => arguments.kind = Some(parser.value()?.parse()?),
            Long("returns") => arguments.returns = Some(parser.value()?.parse()?),
            Long("unlinked") => arguments.unlinked = true,
            Long("all") => arguments.all = true,
            Long("stats") => arguments.stats = true,
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

/// Exit status and problems of one file.
fn judge(file: &[u8], arguments: &Arguments, name: &str) -> (u8, Vec<String>) {
    let (elf, options) = match open(file, arguments) {
        Ok(opened) => opened,
        Err(error) => {
            let no_elf =
                matches!(error.downcast_ref(), Some(ElfError::NotElf | ElfError::NotElf64 | ElfError::Headers));
            return (if no_elf { 2 } else { 1 }, vec![error.to_string()]);
        }
    };
    let symbols = object::File::parse(file).map_or_else(|_| SymbolMap::new(Vec::new()), |object| object.symbol_map());
    let mut problems = Vec::new();
    let mut summary = Summary::default();
    for segment in elf.segments().filter(|segment| segment.executable) {
        // Fits: the segments of a parsed file lie in the slot.
        let offset = u32::try_from(MODULE_OFFSET + segment.vaddr).expect("segment in the slot");
        match verify(segment.data, offset, &options) {
            Ok(more) => summary = summary.and(more),
            Err(_) => {
                let limit = if arguments.all { usize::MAX } else { 1 };
                let found = violations(segment.data, offset, &options).take(limit);
                problems.extend(found.map(|violation| {
                    let vaddr = u64::from(violation.offset) - MODULE_OFFSET;
                    let (rule, place) = (violation.rule, place(&segment, vaddr, &symbols));
                    format!("{place}: {} [{}]", rule.message(), rule.id())
                }));
            }
        }
    }
    if problems.is_empty() && arguments.stats {
        say(format!("{name}: {}\n", describe(&options, &summary)));
    }
    (u8::from(!problems.is_empty()), problems)
}

fn open<'a>(file: &'a [u8], arguments: &Arguments) -> Result<(Elf<'a>, Options), Box<dyn Error>> {
    let elf = Elf::parse(file)?;
    let (kind, returns) = match (elf.note(), arguments.kind, arguments.returns) {
        (Ok(note), kind, returns) => {
            if !note.laid_out && !arguments.unlinked {
                return Err("lfi-postlink has not been over this file (--unlinked judges it nevertheless)".into());
            }
            (kind.unwrap_or(note.kind), returns.unwrap_or(note.returns))
        }
        // Nothing is left for a note to say.
        (Err(ElfError::NoNote), Some(kind), Some(returns)) => (kind, returns),
        (Err(error), _, _) => return Err(error.into()),
    };
    Ok((elf, Options { target: elf.target(), kind, returns }))
}

/// Virtual address, symbol and first bytes of an instruction.
fn place(segment: &Segment<'_>, vaddr: u64, symbols: &SymbolMap<SymbolMapName<'_>>) -> String {
    let mut out = format!("{vaddr:#x}");
    if let Some(symbol) = symbols.before(vaddr) {
        let _ = write!(out, " <{}+{:#x}>", message::name(symbol.name()), vaddr - symbol.address());
    }
    let start = usize::try_from(vaddr - segment.vaddr).unwrap_or(usize::MAX);
    let rest = segment.data.get(start..).unwrap_or_default();
    if !rest.is_empty() {
        out.push(':');
        for byte in rest.iter().take(SHOWN) {
            let _ = write!(out, " {byte:02x}");
        }
        if rest.len() > SHOWN {
            out.push_str(" ...");
        }
    }
    out
}

fn describe(options: &Options, summary: &Summary) -> String {
    let classes: Vec<_> = summary.classes.names().collect();
    let classes = if classes.is_empty() { "none".to_owned() } else { classes.join(" ") };
    format!(
        "accepted; target {}, kind {}, returns {}, {} bytes, {} instructions, classes: {classes}",
        options.target, options.kind, options.returns, summary.bytes, summary.instructions
    )
}
