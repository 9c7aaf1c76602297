//! No input makes the verifier or the ELF reader panic, or take long, and the
//! answers agree with each other.

use lfi_abi::{Kind, Returns, Target};
use lfi_verifier::{Options, Rule, Summary, elf::Elf, verify, verify_part, violations};

/// xorshift64*: the same bytes every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

const KINDS: [Kind; 3] = [Kind::Full, Kind::Stores, Kind::Jumps];

fn check(code: &[u8], offset: u32) {
    for kind in KINDS {
        let options = Options { target: Target::X64, kind, returns: Returns::Ret };
        let first = verify(code, offset, &options);
        let mut all = violations(code, offset, &options);
        assert_eq!(first.err(), all.next());
        // At most one for each byte, one for the end; in order.
        let (mut count, mut last) = (1, 0);
        for violation in all {
            let at = violation.offset.wrapping_sub(offset);
            assert!(at >= last);
            last = at;
            count += 1;
        }
        assert!(count <= code.len() + 2);
        // In two parts, wherever they meet.
        for middle in (32..code.len()).step_by(32).filter(|_| code.len().is_multiple_of(32)) {
            let part = |part| verify_part(code, offset, part, &options);
            let halves = [part(0..middle), part(middle..code.len())];
            let violation = halves.iter().filter_map(|half| half.err()).min_by_key(|violation| violation.offset);
            assert_eq!(first.err(), violation);
            if let [Ok(one), Ok(two)] = halves {
                assert_eq!(first, Ok(one.and(two)));
            }
        }
    }
}

#[test]
fn parts_have_bounds() {
    let options = Options { target: Target::X64, kind: Kind::Full, returns: Returns::Jump };
    let code = [0x90; 128];
    let part = |part| verify_part(&code, 0x10_0000, part, &options);
    let nops = |bundles: u64| Summary { instructions: 32 * bundles, bytes: 32 * bundles, ..Summary::default() };
    assert_eq!(part(0..128), Ok(nops(4)));
    assert_eq!(part(32..96), Ok(nops(2)));
    #[expect(clippy::reversed_empty_ranges, reason = "a caller's mistake")]
    for wrong in [0..0, 64..64, 96..32, 16..64, 32..65, 96..160, 160..192, 0..usize::MAX, usize::MAX..0] {
        assert_eq!(part(wrong).map_err(|violation| violation.rule), Err(Rule::RegionBounds));
    }
    // The part is right, the region is not.
    let ragged = verify_part(&code[..33], 0x10_0000, 0..32, &options);
    assert_eq!(ragged.map_err(|violation| violation.rule), Err(Rule::RegionBounds));
}

/// An adjustment at the end of one part is settled in the next, which may not do
/// anything else before.
#[test]
fn parts_know_of_the_stack_pointer() {
    let options = Options { target: Target::X64, kind: Kind::Full, returns: Returns::Jump };
    let mut code = [0x90; 96];
    code[28..32].copy_from_slice(&[0x48, 0x83, 0xec, 8]);
    for (next, rule) in [
        (&[0x50][..], None),
        (&[0x90, 0x90, 0x50], None),
        (&[0x48, 0x83, 0xec, 8, 0x50], Some(Rule::StackDrift)),
        (&[0xeb, 0xde, 0x50], Some(Rule::StackSettle)),
        (&[0x90; 64], Some(Rule::StackSettle)),
    ] {
        code[32..32 + next.len()].copy_from_slice(next);
        let judge = |part| verify_part(&code, 0x10_0000, part, &options).err().map(|violation| violation.rule);
        assert_eq!(judge(0..96), rule, "{next:02x?}");
        assert_eq!(judge(0..32), rule, "{next:02x?}");
        assert_eq!(judge(32..64), None, "{next:02x?}");
        assert_eq!(judge(64..96), None, "{next:02x?}");
        code[32..].fill(0x90);
    }
}

/// Branches to starts and to other places in bundles at every distance.
#[test]
fn targets_near_and_far() {
    const BUNDLES: usize = 2200;
    let options = Options { target: Target::X64, kind: Kind::Full, returns: Returns::Jump };
    // movl $imm,%eax; nops
    let mut code = [0xb8, 0x90, 0x90, 0x90].repeat(8 * BUNDLES);
    for bundle in code.chunks_mut(32) {
        bundle[4..].fill(0x90);
    }
    for from in [0, 1, BUNDLES / 2, BUNDLES - 1] {
        for distance in (-1100i64..1100).filter(|distance| {
            distance.abs() < 3 || (500..=530).contains(&distance.abs()) || (1010..=1040).contains(&distance.abs())
        }) {
            for within in [1, 4, 5, 31] {
                let to = from as i64 + distance;
                let at = from * 32 + 8;
                let displacement = to * 32 + within - at as i64 - 5;
                code[at] = 0xe9;
                code[at + 1..at + 5].copy_from_slice(&(displacement as i32).to_le_bytes());
                let is_start = (0..BUNDLES as i64).contains(&to) && within >= 5;
                let verdict = verify(&code, 0x10_0000, &options);
                assert_eq!(verdict.is_ok(), is_start, "from {from} to {to}, byte {within}");
                if let Err(violation) = verdict {
                    assert_eq!((violation.offset, violation.rule), (0x10_0000 + at as u32, Rule::BranchTarget));
                }
            }
        }
        code[from * 32 + 4..from * 32 + 32].fill(0x90);
    }
}

#[test]
fn random_bytes() {
    let mut random = Random(1);
    for _ in 0..4000 {
        let size = random.below(200);
        let code = random.bytes(size);
        let offset = random.next() as u32;
        check(&code, offset);
        check(&code[..size / 32 * 32], offset / 32 * 32);
    }
}

/// Pieces that are likely to be decoded, cut anywhere.
#[test]
fn random_pieces() {
    const PIECES: &[&[u8]] = &[
        &[0x83, 0xe0, 0xe0],
        &[0x65, 0x48, 0x03, 0x04, 0x25, 0, 0, 1, 0],
        &[0x65, 0x48, 0x03, 0x24, 0x25, 0, 0, 1, 0],
        &[0x65, 0x4c, 0x8b, 0x1c, 0x25, 0, 0, 1, 0],
        &[0xff, 0xe0],
        &[0x89, 0xcc],
        &[0x8d, 0xa4, 0x24],
        &[0x89, 0xff],
        &[0xf3, 0xa4],
        &[0x48, 0x83, 0xec, 8],
        &[0x48, 0x8d, 0x64, 0x24, 0x80],
        &[0x50],
        &[0xeb, 0xf0],
        &[0xe9, 0xf0, 0xff, 0xff, 0xff],
        &[0x0f, 0x85, 0, 0, 0, 0x80],
        &[0xe8, 0xff, 0xff, 0xff, 0x7f],
        &[0x65, 0x67, 0x8b, 0x04, 0x88],
        &[0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0],
        &[0xc4, 0xe2, 0x7d],
        &[0x66, 0x66, 0x66, 0x2e, 0x65, 0x67],
        &[0xf0, 0xf2, 0xf3],
        &[0x4c, 0x8d, 0x1d, 8, 0, 0, 0, 0x65, 0xff, 0x24, 0x25, 8, 0, 1, 0],
        &[0x48, 0xb8],
        &[0x90],
    ];
    let mut random = Random(2);
    for _ in 0..4000 {
        let mut code = Vec::new();
        while code.len() < 128 {
            let piece = PIECES[random.below(PIECES.len())];
            code.extend_from_slice(&piece[..1 + random.below(piece.len())]);
            if random.below(8) == 0 {
                code.push(random.next() as u8);
            }
        }
        code.truncate(128);
        for offset in [0, 0x10_0000, 0xffff_ff80, 0xffff_ffe0] {
            check(&code, offset);
        }
    }
}

/// Every two-byte start, then zeros or ones: all opcodes in all maps.
#[test]
fn every_start() {
    for first in 0..=255u8 {
        for second in 0..=255u8 {
            for fill in [0x00, 0xff, 0x24] {
                let mut code = [fill; 32];
                code[0] = first;
                code[1] = second;
                check(&code, 0x10_0000);
                // Cut by the bundle's end.
                code.rotate_right(3);
                check(&code, 0x10_0000);
            }
        }
    }
}

/// The time that a region of branches takes grows as its size does: each target is looked up in one bundle.
#[test]
fn targets_cost_the_same_everywhere() {
    // Each bundle: 5 jumps to the last instruction start of a far bundle, and nops.
    let bundles = 20_000usize;
    let mut code = Vec::with_capacity(bundles * 32);
    for n in 0..bundles {
        for slot in 0..5 {
            let from = (n * 32 + slot * 6 + 6) as i32;
            let to = ((n * 7919 + slot) % bundles * 32 + 31) as i32;
            code.extend([0x0f, 0x84]);
            code.extend_from_slice(&(to - from).to_le_bytes());
        }
        code.extend([0x90, 0x90]);
    }
    let options = Options { target: Target::X64, kind: Kind::Full, returns: Returns::Jump };
    let summary = verify(&code, 0x10_0000, &options).expect("accepted");
    assert_eq!(summary.instructions, 7 * bundles as u64);
    assert_eq!(summary.bytes, code.len() as u64);
}

#[test]
fn broken_elf_files() {
    let mut random = Random(3);
    let whole = elf_file();
    assert!(Elf::parse(&whole).is_ok());
    let look = |file: &[u8]| {
        if let Ok(elf) = Elf::parse(file) {
            let _ = (elf.note(), elf.entry(), elf.span(), elf.dynamic(), elf.relro(), elf.tls(), elf.interpreter());
            for segment in elf.segments() {
                assert!(segment.data.len() as u64 <= segment.size);
                assert!(segment.end() <= lfi_abi::layout::USER_END - lfi_abi::layout::MODULE_OFFSET);
                assert!(!(segment.writable && segment.executable));
            }
        }
    };
    for size in 0..whole.len() {
        look(&whole[..size]);
    }
    for _ in 0..50_000 {
        let mut file = whole.clone();
        for _ in 0..=random.below(4) {
            // Headers and notes.
            let at = random.below(64 + 56 * 6 + 64);
            file[at] = match random.below(4) {
                0 => 0xff,
                1 => 0x80,
                2 => 0,
                _ => random.next() as u8,
            };
        }
        look(&file);
    }
}

/// A file with a segment of each sort.
fn elf_file() -> Vec<u8> {
    let headers: [(u32, u32, u64, u64, u64, u64, u64); 6] = [
        // type, flags, offset, address, size in file, size in memory, alignment
        (1, 4, 0, 0, 0x1000, 0x1000, 0x1000),
        (1, 5, 0x1000, 0x1000, 0x40, 0x40, 0x1000),
        (1, 6, 0x2000, 0x2000, 0x100, 0x3000, 0x1000),
        (2, 6, 0x2000, 0x2000, 0x40, 0x40, 8),
        (7, 4, 0x2040, 0x2040, 0x10, 0x20, 16),
        (4, 4, 64 + 56 * 6, 64 + 56 * 6, 36, 36, 4),
    ];
    let mut file = vec![0; 0x2100];
    file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    file[16..24].copy_from_slice(&[3, 0, 62, 0, 1, 0, 0, 0]);
    file[24..32].copy_from_slice(&0x1000u64.to_le_bytes());
    file[32..40].copy_from_slice(&64u64.to_le_bytes());
    file[52..58].copy_from_slice(&[64, 0, 56, 0, 6, 0]);
    for (n, (kind, flags, offset, vaddr, filesz, memsz, align)) in headers.into_iter().enumerate() {
        let at = 64 + 56 * n;
        file[at..at + 4].copy_from_slice(&kind.to_le_bytes());
        file[at + 4..at + 8].copy_from_slice(&flags.to_le_bytes());
        for (m, word) in [offset, vaddr, vaddr, filesz, memsz, align].into_iter().enumerate() {
            file[at + 8 + 8 * m..at + 16 + 8 * m].copy_from_slice(&word.to_le_bytes());
        }
    }
    let note = lfi_abi::note::Note { target: Target::X64, kind: Kind::Full, returns: Returns::Jump, laid_out: true }
        .to_bytes();
    file[64 + 56 * 6..][..note.len()].copy_from_slice(&note);
    file
}
