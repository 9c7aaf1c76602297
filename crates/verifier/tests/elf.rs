//! The ELF reader: what it gives, and every way to be refused.

use lfi_abi::{ABI_VERSION, Kind, Returns, Target, layout, note::Note, note::NoteError};
use lfi_verifier::elf::{Elf, ElfError, MAX_HEADERS};

const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
const INTERP: u32 = 3;
const NOTE: u32 = 4;
const TLS: u32 = 7;
const STACK: u32 = 0x6474_e551;
const RELRO: u32 = 0x6474_e552;
const NOTE_OFFSET: u64 = 0x800;

#[derive(Clone, Copy)]
struct Header {
    kind: u32,
    flags: u32,
    offset: u64,
    vaddr: u64,
    filesz: u64,
    memsz: u64,
    align: u64,
}

/// Contents are at the file offset of the same number as the address.
fn header(kind: u32, flags: u32, vaddr: u64, filesz: u64, memsz: u64) -> Header {
    Header { kind, flags, offset: vaddr, vaddr, filesz, memsz, align: 8 }
}

#[derive(Clone)]
struct File {
    bytes: Vec<u8>,
    headers: Vec<Header>,
}

impl File {
    /// Read-only, executable and writable segments; notes in the first.
    fn new() -> Self {
        let mut bytes = vec![0; 0x3000];
        bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        bytes[16..24].copy_from_slice(&[3, 0, 62, 0, 1, 0, 0, 0]);
        bytes[24..32].copy_from_slice(&0x1020u64.to_le_bytes());
        bytes[32..40].copy_from_slice(&64u64.to_le_bytes());
        bytes[52..56].copy_from_slice(&[64, 0, 56, 0]);
        let mut file = Self {
            bytes,
            headers: vec![
                header(LOAD, 4, 0, 0x1000, 0x1000),
                header(LOAD, 5, 0x1000, 0x60, 0x60),
                header(LOAD, 6, 0x2000, 0x400, 0x2000),
            ],
        };
        file.notes(&[&note().to_bytes()]);
        file
    }

    fn with(mut self, header: Header) -> Self {
        self.headers.push(header);
        self
    }

    fn change(mut self, n: usize, change: impl FnOnce(&mut Header)) -> Self {
        change(&mut self.headers[n]);
        self
    }

    fn patch(mut self, at: usize, bytes: &[u8]) -> Self {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// Makes these the contents of a note segment, the last header.
    fn notes(&mut self, notes: &[&[u8]]) {
        let contents = notes.concat();
        self.bytes[NOTE_OFFSET as usize..][..contents.len()].copy_from_slice(&contents);
        self.headers.retain(|header| header.kind != NOTE);
        let size = contents.len() as u64;
        self.headers.push(Header { align: 4, ..header(NOTE, 4, NOTE_OFFSET, size, size) });
    }

    fn build(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes[56..58].copy_from_slice(&(self.headers.len() as u16).to_le_bytes());
        for (n, header) in self.headers.iter().enumerate() {
            let at = 64 + 56 * n;
            bytes[at..at + 4].copy_from_slice(&header.kind.to_le_bytes());
            bytes[at + 4..at + 8].copy_from_slice(&header.flags.to_le_bytes());
            let words = [header.offset, header.vaddr, header.vaddr, header.filesz, header.memsz, header.align];
            for (m, word) in words.into_iter().enumerate() {
                bytes[at + 8 + 8 * m..at + 16 + 8 * m].copy_from_slice(&word.to_le_bytes());
            }
        }
        bytes
    }

    fn error(&self) -> Option<ElfError> {
        Elf::parse(&self.build()).err()
    }
}

fn note() -> Note {
    Note { target: Target::X64, kind: Kind::Stores, returns: Returns::Ret, laid_out: true }
}

#[test]
fn a_good_file_is_read() {
    let file = File::new()
        .with(header(DYNAMIC, 6, 0x2000, 0x100, 0x100))
        .with(header(TLS, 4, 0x2100, 0x10, 0x40))
        .with(header(RELRO, 4, 0x2000, 0x400, 0x1000))
        .with(header(STACK, 6, 0, 0, 0))
        .with(header(INTERP, 4, 0x900, 4, 4))
        .patch(0x900, b"/ld\0")
        .build();
    let elf = Elf::parse(&file).expect("accepted");
    assert_eq!(elf.target(), Target::X64);
    assert_eq!(elf.entry(), Some(0x1020));
    assert_eq!(elf.span(), 0x4000);
    assert_eq!(elf.note(), Ok(note()));
    assert_eq!(elf.interpreter(), Some(&b"/ld"[..]));
    assert!(!elf.wants_executable_stack());
    let segments: Vec<_> = elf.segments().collect();
    assert_eq!(segments.len(), 3);
    assert_eq!(
        segments.iter().map(|s| (s.readable, s.writable, s.executable)).collect::<Vec<_>>(),
        [(true, false, false), (true, false, true), (true, true, false)]
    );
    assert_eq!((segments[2].vaddr, segments[2].size, segments[2].data.len()), (0x2000, 0x2000, 0x400));
    assert_eq!(segments[1].data.as_ptr(), file[0x1000..].as_ptr());
    let tls = elf.tls().expect("template");
    assert_eq!((tls.vaddr, tls.data.len(), tls.size, tls.align), (0x2100, 0x10, 0x40, 8));
    let dynamic = elf.dynamic().expect("dynamic table");
    assert_eq!((dynamic.vaddr, dynamic.size), (0x2000, 0x100));
    assert_eq!(elf.relro().expect("relro").size, 0x1000);
}

#[test]
fn headers() {
    let file = File::new();
    assert_eq!(Elf::parse(&[]).err(), Some(ElfError::NotElf));
    assert_eq!(Elf::parse(b"#!/bin/sh\n").err(), Some(ElfError::NotElf));
    assert_eq!(Elf::parse(&file.build()[..63]).err(), Some(ElfError::Headers));
    let wrong = [
        (4, &[1][..], ElfError::NotElf64),
        (5, &[2], ElfError::NotElf64),
        (6, &[0], ElfError::NotElf64),
        (20, &[2], ElfError::NotElf64),
        (16, &[2], ElfError::NotDynamic),
        (16, &[1], ElfError::NotDynamic),
        (18, &[3, 0], ElfError::Machine(3)),
        (52, &[63], ElfError::Headers),
        (54, &[32], ElfError::Headers),
        (32, &[0xff; 8], ElfError::Headers),
        (32, &0x2fffu64.to_le_bytes(), ElfError::Headers),
    ];
    for (at, bytes, error) in wrong {
        assert_eq!(file.clone().patch(at, bytes).error(), Some(error), "byte {at}");
    }
    let mut many = file.build();
    many[56..58].copy_from_slice(&(MAX_HEADERS + 1).to_le_bytes());
    assert_eq!(Elf::parse(&many).err(), Some(ElfError::TooManyHeaders));
    many[56..58].copy_from_slice(&0xffffu16.to_le_bytes());
    assert_eq!(Elf::parse(&many).err(), Some(ElfError::TooManyHeaders));
}

#[test]
fn segments() {
    let limit = layout::USER_END - layout::MODULE_OFFSET;
    let cases: &[(&str, File, ElfError)] = &[
        ("none", File { headers: vec![], ..File::new() }, ElfError::NoSegments),
        ("no code", File::new().change(1, |h| h.flags = 4), ElfError::NoCode),
        ("empty code", File::new().change(1, |h| (h.filesz, h.memsz) = (0, 0)), ElfError::NoCode),
        ("writable code", File::new().change(1, |h| h.flags = 7), ElfError::WritableCode),
        ("code with zeros after it", File::new().change(1, |h| h.memsz = 0x80), ElfError::CodeNotInFile),
        ("code at an odd place", File::new().change(1, |h| h.vaddr = 0x1010), ElfError::CodeNotBundles),
        ("code of odd size", File::new().change(1, |h| (h.filesz, h.memsz) = (0x50, 0x50)), ElfError::CodeNotBundles),
        ("smaller in memory", File::new().change(2, |h| h.memsz = 0x3ff), ElfError::LargerInFile),
        ("outside the file", File::new().change(2, |h| h.offset = 0x2c01), ElfError::OutsideFile(LOAD)),
        ("offset overflow", File::new().change(2, |h| h.offset = u64::MAX), ElfError::OutsideFile(LOAD)),
        ("unsorted", File::new().change(2, |h| h.vaddr = 0), ElfError::Overlap),
        ("overlap", File::new().change(0, |h| h.memsz = 0x1001), ElfError::Overlap),
        (
            "data on the page before code",
            File::new().change(1, |h| h.vaddr = 0x1020).change(0, |h| h.memsz = 0x1020),
            ElfError::CodeSharesPage,
        ),
        ("data on the page after code", File::new().change(2, |h| h.vaddr = 0x1800), ElfError::CodeSharesPage),
        ("too large", File::new().change(2, |h| h.memsz = limit), ElfError::TooLarge),
        ("size overflow", File::new().change(2, |h| h.memsz = u64::MAX), ElfError::TooLarge),
        ("alignment", File::new().change(2, |h| h.align = 3), ElfError::Alignment),
        ("alignment of 2 MiB", File::new().change(2, |h| h.align = 2 << 20), ElfError::Alignment),
    ];
    for (name, file, error) in cases {
        assert_eq!(file.error(), Some(*error), "{name}");
    }
    assert_eq!(File::new().change(2, |h| h.memsz = limit - 0x2000).error(), None);
    // Data segments may share a page.
    let more = Header { offset: 0, ..header(LOAD, 4, 0x4010, 0, 0x10) };
    assert_eq!(File::new().with(more).error(), None);
}

#[test]
fn entry() {
    for (entry, good) in
        [(0u64, true), (0x1000, true), (0x1040, true), (0x1010, false), (0x1060, false), (0x2000, false), (!31, false)]
    {
        let error = File::new().patch(24, &entry.to_le_bytes()).error();
        assert_eq!(error, (!good).then_some(ElfError::Entry), "{entry:#x}");
    }
    let file = File::new().patch(24, &[0; 8]).build();
    assert_eq!(Elf::parse(&file).expect("accepted").entry(), None);
}

#[test]
fn other_headers() {
    for kind in [DYNAMIC, INTERP, TLS, STACK, RELRO] {
        let one = header(kind, 4, 0x2000, 0x10, 0x10);
        assert_eq!(File::new().with(one).error(), None);
        assert_eq!(File::new().with(one).with(one).error(), Some(ElfError::Repeated(kind)));
    }
    for kind in [DYNAMIC, TLS, INTERP, NOTE] {
        let outside = header(kind, 4, 0x2ff8, 0x10, 0x10);
        assert_eq!(File::new().with(outside).error(), Some(ElfError::OutsideFile(kind)));
    }
    for kind in [DYNAMIC, TLS, RELRO] {
        // In no segment, across an end, in code, around the address space.
        for (vaddr, size) in [(0x8000, 0x10), (0x3ff8, 0x1010), (0x1000, 0x10), (u64::MAX - 7, 0x10)] {
            let part = Header { offset: 0x2000, vaddr, ..header(kind, 4, 0, size.min(0x40), size) };
            let part = if kind == TLS { Header { filesz: size, ..part } } else { part };
            let error = File::new().with(part).error();
            assert!(
                matches!(error, Some(ElfError::OutsideSegments(_) | ElfError::OutsideFile(_))),
                "{kind} at {vaddr:#x}: {error:?}"
            );
        }
    }
    assert_eq!(File::new().with(header(TLS, 4, 0x2000, 0x20, 0x10)).error(), Some(ElfError::LargerInFile));
    let misaligned = Header { align: 24, ..header(TLS, 4, 0x2000, 0x10, 0x10) };
    assert_eq!(File::new().with(misaligned).error(), Some(ElfError::Alignment));
    let huge = header(TLS, 4, 0x2000, 0x10, u64::MAX);
    assert_eq!(File::new().with(huge).error(), Some(ElfError::TooLarge));
    let file = File::new().with(header(STACK, 7, 0, 0, 0)).build();
    assert!(Elf::parse(&file).expect("accepted").wants_executable_stack());
}

#[test]
fn notes() {
    let read = |notes: &[&[u8]]| {
        let mut file = File::new();
        file.notes(notes);
        let bytes = file.build();
        Elf::parse(&bytes).expect("accepted").note()
    };
    let ours = note().to_bytes();
    // A note of another owner, with a description of odd size.
    let other = [&4u32.to_le_bytes()[..], &5u32.to_le_bytes(), &3u32.to_le_bytes(), b"GNU\0", b"12345\0\0\0"].concat();
    assert_eq!(read(&[]), Err(ElfError::NoNote));
    assert_eq!(read(&[&other]), Err(ElfError::NoNote));
    assert_eq!(read(&[&other, &ours, &other]), Ok(note()));
    assert_eq!(read(&[&ours, &ours]), Ok(note()));
    let different = Note { kind: Kind::Full, ..note() }.to_bytes();
    assert_eq!(read(&[&ours, &different]), Err(ElfError::NotesDisagree));
    let mut version = ours;
    version[16] += 1;
    assert_eq!(read(&[&version]), Err(ElfError::Note(NoteError::Version(ABI_VERSION + 1))));
    let mut unknown = ours;
    unknown[24] = 9;
    assert_eq!(read(&[&unknown]), Err(ElfError::Note(NoteError::Unknown)));
    let arm = Note { target: Target::Arm64, ..note() }.to_bytes();
    assert_eq!(read(&[&arm]), Err(ElfError::NoteTarget));
    // Ours by name, but of another size.
    let mut short = ours;
    short[4] = 16;
    assert_eq!(read(&[&short[..32]]), Err(ElfError::Note(NoteError::NotOurs)));
    // Cut off, and sizes that overflow.
    assert_eq!(read(&[&ours[..35]]), Err(ElfError::NoteSegment));
    assert_eq!(read(&[&ours[..11]]), Err(ElfError::NoteSegment));
    for at in [0, 4] {
        let mut huge = ours;
        huge[at..at + 4].fill(0xff);
        assert_eq!(read(&[&huge]), Err(ElfError::NoteSegment));
    }
    // Two note segments are both read.
    let mut file = File::new();
    let place = file.bytes.len();
    file.bytes.extend_from_slice(&different);
    file.headers.push(Header { offset: place as u64, ..header(NOTE, 4, 0, 36, 36) });
    let bytes = file.build();
    assert_eq!(Elf::parse(&bytes).expect("accepted").note(), Err(ElfError::NotesDisagree));
}

#[test]
fn messages_are_small_and_whole() {
    for error in [ElfError::Machine(3), ElfError::OutsideFile(LOAD), ElfError::Repeated(TLS), ElfError::NoNote] {
        let text = error.to_string();
        assert!(!text.is_empty() && !text.ends_with('.') && text.chars().next().is_some_and(|c| !c.is_uppercase()));
    }
}
