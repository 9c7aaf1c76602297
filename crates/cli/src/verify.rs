//! Judging module files, for `lfi-verify`.

mod place;

pub use place::{Line, Place, Source};

use std::{fmt, ops::Range, thread};

use lfi::Symbols;
use lfi_abi::{Kind, Returns, layout::MODULE_OFFSET};
use lfi_verifier::{
    Options, Rule, Summary, Violation,
    elf::{Elf, ElfError},
    verify_part, violations,
};

/// Regions from this size on are divided among threads, in bytes: below, starting them costs more.
const WORTH_THREADS: usize = 1 << 20;

/// How files are judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    /// The kind, if not the one of the file's note.
    pub kind: Option<Kind>,
    /// The form of return, if not the one of the file's note.
    pub returns: Option<Returns>,
    /// Files that the post-linker has not been over are judged, too.
    pub unlinked: bool,
    /// All violations are wanted, not only the first of each segment.
    pub all: bool,
}

/// What was found in a file that could be judged.
#[derive(Debug)]
pub struct Report {
    /// By which rules it was judged.
    pub options: Options,
    /// What its code contains, as far as it is accepted.
    pub summary: Summary,
    /// Where it breaks rules: accepted if nowhere.
    pub problems: Vec<Problem>,
}

/// A place where code breaks a rule.
#[derive(Debug)]
pub struct Problem {
    /// The rule.
    pub rule: Rule,
    /// The place.
    pub place: Place,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.place, self.rule.message(), self.rule.id())
    }
}

/// Why a file could not be judged.
#[derive(Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// It is not what the verifier reads at all.
    NotModule(ElfError),
    /// It is broken, or its note is.
    Broken(ElfError),
    /// The post-linker has not been over it.
    Unlinked,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotModule(error) | Self::Broken(error) => error.fmt(f),
            Self::Unlinked => {
                f.write_str("lfi-postlink has not been over this file (--unlinked judges it nevertheless)")
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl From<ElfError> for Refusal {
    fn from(error: ElfError) -> Self {
        match error {
            ElfError::NotElf | ElfError::NotElf64 | ElfError::Headers => Self::NotModule(error),
            _ => Self::Broken(error),
        }
    }
}

/// Judges all code of a module file.
///
/// # Errors
/// When it is no module, or does not say how to judge it and the request does not either.
pub fn judge(file: &[u8], request: &Request) -> Result<Report, Refusal> {
    let elf = Elf::parse(file)?;
    let options = options(&elf, request)?;
    let mut report = Report { options, summary: Summary::default(), problems: Vec::new() };
    // Reading symbols and debugging information takes longer than the verdict.
    let mut symbols = None;
    for segment in elf.segments().filter(|segment| segment.executable) {
        // Fits: the segments of a parsed file lie in the slot.
        let offset = (MODULE_OFFSET + segment.vaddr) as u32;
        let Err(first) = verdict(segment.data, offset, &options, &mut report.summary) else { continue };
        let symbols = symbols.get_or_insert_with(|| Symbols::new(file));
        let mut add = |violation: Violation| {
            let address = u64::from(violation.offset) - MODULE_OFFSET;
            report.problems.push(Problem { rule: violation.rule, place: Place::new(symbols, &segment, address) });
        };
        if request.all {
            violations(segment.data, offset, &options).for_each(add);
        } else {
            add(first);
        }
    }
    Ok(report)
}

fn options(elf: &Elf<'_>, request: &Request) -> Result<Options, Refusal> {
    let (kind, returns) = match (elf.note(), request.kind, request.returns) {
        (Ok(note), _, _) if !note.laid_out && !request.unlinked => return Err(Refusal::Unlinked),
        (Ok(note), kind, returns) => (kind.unwrap_or(note.kind), returns.unwrap_or(note.returns)),
        // Nothing is left for a note to say.
        (Err(ElfError::NoNote), Some(kind), Some(returns)) => (kind, returns),
        (Err(error), _, _) => return Err(error.into()),
    };
    Ok(Options { target: elf.target(), kind, returns })
}

/// The verdict about a region, by several threads if it is large; adds to `total` if it is accepted.
fn verdict(code: &[u8], offset: u32, options: &Options, total: &mut Summary) -> Result<(), Violation> {
    let threads = if code.len() < WORTH_THREADS { 1 } else { thread::available_parallelism().map_or(1, usize::from) };
    let size = code.len().div_ceil(threads).next_multiple_of(32).max(32);
    let part = |range: Range<usize>| verify_part(code, offset, range, options);
    // A region that no thread could share is refused as a whole.
    if threads == 1 || !code.len().is_multiple_of(32) {
        *total = total.and(part(0..code.len())?);
        return Ok(());
    }
    let results = thread::scope(|scope| {
        let parts = (0..code.len()).step_by(size).map(|start| start..code.len().min(start + size));
        let running: Vec<_> = parts.map(|range| (range.clone(), scope.spawn(move || part(range)))).collect();
        running.into_iter().map(|(range, thread)| thread.join().unwrap_or_else(|_| part(range))).collect::<Vec<_>>()
    });
    if let Some(violation) = results.iter().filter_map(|result| result.err()).min_by_key(|violation| violation.offset) {
        return Err(violation);
    }
    *total = results.into_iter().flatten().fold(*total, Summary::and);
    Ok(())
}
