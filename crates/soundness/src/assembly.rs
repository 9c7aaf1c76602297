//! What the rewriter accepts, the verifier accepts once it is assembled.

mod generate;

pub use generate::generate;

use crate::assembler::Assembler;
use lfi_rewriter::{Options, rewrite_bytes};
use lfi_verifier::verify;
use object::{Object, ObjectSection, SectionKind};

/// What became of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The rewriter refused it.
    Refused,
    /// The assembler did: the text was not assembly, or branches did not reach.
    NotAssembled,
    /// This many bytes of code were verified.
    Verified(usize),
}

/// How often refused lines are taken out: what is behind one may be refused only without it.
const ROUNDS: usize = 8;
/// Slot offset at which sections are verified.
const OFFSET: u32 = 0x20_0000;

/// The text without the lines that the rewriter refuses, if a few rounds are enough.
pub fn acceptable(text: &str, options: &Options) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for _ in 0..ROUNDS {
        let text = lines.join("\n") + "\n";
        let Err(errors) = rewrite_bytes(text.as_bytes(), "input.s", options) else { return text };
        for error in errors.iter() {
            if let Some(line) = lines.get_mut((error.line as usize).saturating_sub(1)) {
                // Lines keep their numbers.
                *line = "";
            }
        }
    }
    lines.join("\n") + "\n"
}

/// Rewrites, assembles and verifies a text.
///
/// # Errors
/// What was rewritten to code that the verifier refuses.
pub fn check(assembler: &Assembler, text: &[u8], options: &Options) -> Result<Outcome, String> {
    let Ok(rewritten) = rewrite_bytes(text, "input.s", options) else { return Ok(Outcome::Refused) };
    let Ok(object) = assembler.assemble(&rewritten) else { return Ok(Outcome::NotAssembled) };
    let rules = lfi_verifier::Options { target: options.target, kind: options.kind, returns: options.returns };
    let file = object::File::parse(&*object).map_err(|error| error.to_string())?;
    let mut bytes = 0;
    for section in file.sections().filter(|section| section.kind() == SectionKind::Text && section.size() > 0) {
        let mut code = section.data().map_err(|error| error.to_string())?.to_vec();
        // As the linker fills gaps.
        code.resize(code.len().next_multiple_of(32), 0xcc);
        if let Err(violation) = verify(&code, OFFSET, &rules) {
            let at = (violation.offset - OFFSET) as usize;
            let near = &code[at.min(code.len() - 1) / 32 * 32..];
            let near = &near[..near.len().min(64)];
            return Err(format!("{violation}, {options:?}, bundle: {near:02x?}\nrewritten:\n{rewritten}"));
        }
        bytes += code.len();
    }
    Ok(Outcome::Verified(bytes))
}
