//! Arbitrary input: nothing panics, and answers agree with each other. That it takes
//! bounded time and memory is for the fuzzer to see, which limits both.

use lfi_abi::{Kind, Returns, Target, layout};
use lfi_rewriter::{Options, postlink, rewrite_bytes};
use lfi_verifier::{elf::Elf, verify, violations};

/// Every kind.
pub const KINDS: [Kind; 3] = [Kind::Full, Kind::Stores, Kind::Jumps];

/// The verifier on a region: the first four bytes are its slot offset.
///
/// # Panics
/// When its answers do not agree with each other.
pub fn code(input: &[u8]) {
    let Some((offset, code)) = input.split_first_chunk() else { return };
    let offset = u32::from_le_bytes(*offset);
    for kind in KINDS {
        for returns in [Returns::Jump, Returns::Ret] {
            let options = lfi_verifier::Options { target: Target::X64, kind, returns };
            let first = verify(code, offset, &options);
            let mut all = violations(code, offset, &options);
            assert_eq!(first.err(), all.next());
            // At most one for each byte and one for the end.
            assert!(all.count() <= code.len() + 1);
        }
    }
}

/// The ELF reader and the post-linker on a file.
///
/// # Panics
/// When the reader accepts what a loader could not map safely, or the post-linker changes
/// the size of a file, or something that it made itself.
pub fn elf(file: &[u8]) {
    if let Ok(elf) = Elf::parse(file) {
        // What these say does not matter here.
        let _ = (elf.note(), elf.entry(), elf.span(), elf.dynamic(), elf.relro(), elf.tls(), elf.interpreter());
        let mut end = 0;
        for segment in elf.segments() {
            assert!(segment.vaddr >= end && segment.data.len() as u64 <= segment.size);
            assert!(segment.end() <= layout::USER_END - layout::MODULE_OFFSET);
            assert!(!(segment.writable && segment.executable));
            end = segment.end();
        }
    }
    if let Ok((after, _)) = postlink::process(file.to_vec()) {
        assert_eq!(after.len(), file.len());
        let (again, report) = postlink::process(after.clone()).expect("what it made is accepted");
        assert!(report.already_laid_out && again == after);
    }
}

/// The rewriter on a text: the first byte selects options.
pub fn text(input: &[u8]) {
    let Some((first, text)) = input.split_first() else { return };
    // Either answer is fine.
    let _ = rewrite_bytes(text, "input.s", &options(*first));
}

/// Options of the rewriter by number.
pub fn options(number: u8) -> Options {
    let returns = if number & 4 == 0 { Returns::Jump } else { Returns::Ret };
    Options { kind: KINDS[usize::from(number & 3) % KINDS.len()], returns, ..Options::default() }
}
