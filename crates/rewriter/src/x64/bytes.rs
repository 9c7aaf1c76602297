//! Instructions written as `.byte`: [x64.rewrite.bytes].
//!
//! Inline assembly spells instructions in bytes for the sake of old assemblers.
//! They are given their names, as if the source had them, and the file is read
//! again: no other part knows of this.

use iced_x86::{Decoder, DecoderOptions, Formatter, GasFormatter, OpKind};

/// Directives next to each other in executable code that hold bytes.
pub(super) struct Run<'a> {
    /// From the first byte of the first directive to behind the last one.
    pub(super) place: std::ops::Range<usize>,
    pub(super) line: u32,
    /// The first directive.
    pub(super) text: &'a str,
    pub(super) bytes: Vec<u8>,
}

/// The text with each run replaced by its instructions, on as many lines. Runs
/// that are not whole instructions stay as they are.
pub(super) fn named(text: &str, runs: &[Run]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for Run { place, bytes, .. } in runs {
        let Some(instructions) = instructions(bytes) else { continue };
        out.push_str(&text[copied..place.start]);
        out.push_str(&instructions);
        out.extend(text[place.clone()].matches('\n'));
        copied = place.end;
    }
    out.push_str(&text[copied..]);
    out
}

/// `None` also for instructions whose meaning depends on where they stand.
fn instructions(bytes: &[u8]) -> Option<String> {
    let mut formatter = GasFormatter::new();
    let mut out = String::new();
    for instruction in Decoder::new(64, bytes, DecoderOptions::NONE) {
        let branch =
            [OpKind::NearBranch16, OpKind::NearBranch32, OpKind::NearBranch64].contains(&instruction.op0_kind());
        if instruction.is_invalid() || branch || instruction.is_ip_rel_memory_operand() {
            return None;
        }
        if !out.is_empty() {
            out.push_str("; ");
        }
        formatter.format(&instruction, &mut out);
    }
    Some(out)
}
