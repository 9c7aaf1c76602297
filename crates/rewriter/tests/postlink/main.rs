//! The post-linker on files that clang and lld make.

mod generate;
mod same;
mod support;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
};

use lfi_abi::{
    Kind, Returns, Target,
    note::{LAID_OUT, Note, SECTION},
};
use lfi_rewriter::postlink::{self, PostlinkError, Report};
use object::{Object, ObjectSection};
use support::{Workshop, note, note_bytes};

const FUNCTION: &str =
    ".globl _start\n.p2align 5\n_start: movl $1, %eax\n.bundle_lock align_to_end\ncall _start\n.bundle_unlock\nud2\n";

/// `# run: [exclusive] [lld option ...]`: prints the code after layout, or the error.
#[test]
fn cases() {
    lfi_filetest::run(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postlink/x64")), "s", |case| {
        let workshop = Workshop::new();
        let mut options: Vec<&str> = case.command.iter().map(String::as_str).collect();
        let exclusive = options.first() == Some(&"exclusive");
        let returns = if exclusive { Returns::Ret } else { Returns::Jump };
        let before = workshop.build(&case.input, returns, &options.split_off(usize::from(exclusive)));
        match postlink::process(before.clone()) {
            Err(error) => format!("refused: {}: {error}", error.is_refusal()),
            Ok((after, report)) => {
                same::assert_same(&before, &after);
                let path = workshop.path("after");
                fs::write(&path, after).expect("write");
                let Report { nops_before, nops_after, prefix_bytes, calls_moved, .. } = report;
                let done = format!("nops {nops_before} -> {nops_after}, prefixes {prefix_bytes}, calls {calls_moved}");
                let verdict = support::verify(&fs::read(&path).expect("read"));
                format!("{done}\n{verdict}\n{}", support::disassemble(&path))
            }
        }
    });
}

/// What the rewriter makes of C verifies after layout, and nothing else changed.
#[test]
fn rewritten_programs_verify() {
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postlink/program.c"));
    for (kind, returns, flags) in [
        (Kind::Full, Returns::Jump, &["-O2"][..]),
        (Kind::Full, Returns::Ret, &["-O3", "-mavx2", "-g"]),
        (Kind::Stores, Returns::Jump, &["-O0", "-gdwarf-4"]),
        (Kind::Stores, Returns::Ret, &["-Os"]),
        (Kind::Jumps, Returns::Jump, &["-O1"]),
    ] {
        let workshop = Workshop::new();
        let before = workshop.build_c(source, kind, returns, flags);
        let (after, report) = postlink::process(before.clone()).expect("post-link");
        assert!(report.prefix_bytes > 0 && report.nops_after < report.nops_before, "{kind} {returns}: {report:?}");
        same::assert_same(&before, &after);
        assert_eq!(support::verify(&after), "verified", "{kind} {returns}");
    }
}

#[test]
fn random_programs_stay_the_same() {
    for seed in 0..12 {
        let workshop = Workshop::new();
        let lines = seed % 3 == 2;
        let before = workshop.build(&generate::program(seed, lines), Returns::Jump, &["--build-id"]);
        let (after, report) = postlink::process(before.clone()).expect("post-link");
        assert_eq!(before.len(), after.len());
        assert!(report.nops_after < report.nops_before, "seed {seed}: {report:?}");
        assert!(report.prefix_bytes > 0 && report.calls_moved > 0, "seed {seed}: {report:?}");
        same::assert_same(&before, &after);
        assert_eq!(execute(&workshop, "before", &before), execute(&workshop, "after", &after), "seed {seed}");
    }
}

/// Runs a program natively; gives its output.
fn execute(workshop: &Workshop, name: &str, file: &[u8]) -> Vec<u8> {
    let path = workshop.path(name);
    fs::write(&path, file).expect("write");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("chmod");
    let output = support::run(&mut Command::new(&path));
    assert_eq!(output.len(), 4096);
    output
}

#[test]
fn a_second_run_changes_nothing() {
    let workshop = Workshop::new();
    let before = workshop.build(&generate::program(100, true), Returns::Jump, &["--compress-debug-sections=zlib"]);
    let (after, report) = postlink::process(before).expect("post-link");
    assert!(!report.already_laid_out);
    let (again, report) = postlink::process(after.clone()).expect("post-link");
    assert!(report.already_laid_out && report.prefix_bytes == 0);
    assert_eq!(after, again);
    // Nor does it when the note does not say that all is done.
    let mut unmarked = after.clone();
    let flags = note_offset(&unmarked) + Note::from_bytes(&note_of(&after)).expect("note").to_bytes().len() - 4;
    assert_eq!(unmarked[flags], LAID_OUT as u8);
    unmarked[flags] = 0;
    let (again, report) = postlink::process(unmarked).expect("post-link");
    assert_eq!((report.prefix_bytes, report.calls_moved), (0, 0));
    assert_eq!(report.nops_before, report.nops_after);
    assert_eq!(after, again);
}

fn note_offset(file: &[u8]) -> usize {
    let parsed = object::read::elf::ElfFile64::<object::LittleEndian>::parse(file).expect("file");
    parsed.section_by_name(SECTION).expect("note").file_range().expect("range").0 as usize
}

fn note_of(file: &[u8]) -> Vec<u8> {
    let parsed = object::read::elf::ElfFile64::<object::LittleEndian>::parse(file).expect("file");
    parsed.section_by_name(SECTION).expect("note").data().expect("data").to_vec()
}

#[test]
fn many_notes_become_one() {
    for (options, others) in [(&["--build-id"][..], 1), (&[], 0)] {
        let workshop = Workshop::new();
        let objects = [FUNCTION, "", ""].map(|text| text.to_owned() + &note(Kind::Stores, Returns::Ret));
        let objects: Vec<_> = (0..).zip(&objects).map(|(i, text)| workshop.assemble(&format!("o{i}"), text)).collect();
        let (after, report) = postlink::process(workshop.link(&objects, options)).expect("post-link");
        assert_eq!(report.notes, 3);
        let expected = Note { target: Target::X64, kind: Kind::Stores, returns: Returns::Ret, laid_out: true };
        assert_eq!(Note::from_bytes(&note_of(&after)), Ok(expected));

        // The segment holds the same, and nothing that is no note.
        use object::read::elf::{FileHeader, ProgramHeader};
        let header = object::elf::FileHeader64::<object::LittleEndian>::parse(&*after).expect("header");
        let mut owners = Vec::new();
        for segment in header.program_headers(object::LittleEndian, &*after).expect("headers") {
            let Some(mut notes) = segment.notes(object::LittleEndian, &*after).expect("notes") else { continue };
            while let Some(note) = notes.next().expect("note") {
                owners.push(String::from_utf8(note.name().to_vec()).expect("name"));
            }
        }
        assert_eq!(owners.iter().filter(|owner| *owner == "LFI").count(), 1);
        assert_eq!(owners.len(), 1 + others, "{owners:?}");
    }
}

/// The error for objects with the given notes.
fn error_of(notes: &[&str], options: &[&str]) -> PostlinkError {
    let workshop = Workshop::new();
    let objects: Vec<_> = (0..)
        .zip(notes)
        .map(|(i, note)| {
            let code = if i == 0 { FUNCTION } else { "" };
            workshop.assemble(&format!("o{i}"), &format!("{code}{note}"))
        })
        .collect();
    postlink::process(workshop.link(&objects, options)).map(|_| ()).expect_err("should be refused")
}

#[test]
fn files_that_are_not_ours_are_refused() {
    let jump = note(Kind::Full, Returns::Jump);
    let error = error_of(&[""], &[]);
    assert!(matches!(error, PostlinkError::NoNote) && error.is_refusal());
    assert_eq!(error.to_string(), "not built by the LFI toolchain: no .note.lfi");

    let error = error_of(&[&jump, &note(Kind::Stores, Returns::Jump)], &[]);
    assert_eq!(error.to_string(), "object files disagree: kind is full in one and stores in another");
    let error = error_of(&[&jump, &note(Kind::Full, Returns::Ret)], &[]);
    assert_eq!(error.to_string(), "object files disagree: returns is jump in one and ret in another");

    let mut other = Note { target: Target::X64, kind: Kind::Full, returns: Returns::Jump, laid_out: false }.to_bytes();
    other[16] = 77;
    let error = error_of(&[&jump, &note_bytes(&other)], &[]);
    assert!(error.to_string().contains("ABI version 77"), "{error}");
    other[16] = 1;
    other[20] = 183;
    let error = error_of(&[&note_bytes(&other)], &[]);
    assert_eq!(error.to_string(), "object files disagree: target is x64 in one and arm64 in another");

    let error = error_of(&[&jump], &["--omagic"]);
    assert!(error.to_string().contains("is writable"), "{error}");
    let error = error_of(&[&jump], &["-z", "noseparate-code"]);
    assert!(error.to_string().contains("no room to pad"), "{error}");
    let error = error_of(&[&jump], &["--emit-relocs"]);
    assert!(error.to_string().contains("--emit-relocs"), "{error}");
    let error = error_of(&[&jump], &["--no-pie"]);
    assert!(matches!(error, PostlinkError::NotAModule(_)), "{error}");

    for (file, refusal) in [(&b"#!/bin/sh\n"[..], false), (b"", false), (b"\x7fELF", true), (b"\x7fELF\x02\x01", false)]
    {
        assert_eq!(postlink::process(file.to_vec()).map(|_| ()).expect_err("refused").is_refusal(), refusal);
    }
}

#[test]
fn broken_tables_are_named() {
    let workshop = Workshop::new();
    let file = workshop.build(&generate::program(3, true), Returns::Jump, &[]);
    for name in [".eh_frame", ".debug_line", ".debug_info"] {
        let parsed = object::read::elf::ElfFile64::<object::LittleEndian>::parse(&*file).expect("file");
        let Some(section) = parsed.section_by_name(name) else { panic!("no {name}") };
        let (start, _) = section.file_range().expect("range");
        let mut broken = file.clone();
        broken[start as usize..][..4].copy_from_slice(&0x00ff_fff0u32.to_le_bytes());
        let error = postlink::process(broken).map(|_| ()).expect_err(name);
        assert!(error.to_string().contains(name) && !error.is_refusal(), "{error}");
    }
}

#[test]
fn files_are_replaced_at_once() {
    let workshop = Workshop::new();
    let path = workshop.path("linked");
    let before = workshop.build(FUNCTION, Returns::Jump, &[]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o751)).expect("chmod");
    let second_name = workshop.path("second name");
    fs::hard_link(&path, &second_name).expect("link");
    let soft = workshop.path("soft");
    symlink(&path, &soft).expect("link");

    postlink::file(&soft).expect("post-link");
    assert!(fs::symlink_metadata(&soft).expect("metadata").is_symlink());
    assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o751);
    assert_eq!(fs::read(&second_name).expect("read"), before, "the old file was written to");
    assert_eq!(fs::read(&path).expect("read"), postlink::process(before).expect("post-link").0);

    // What is refused, or done already, is not touched.
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).expect("metadata"));
    let old = inode(&path);
    postlink::file(&path).expect("post-link");
    assert_eq!(inode(&path), old);
    fs::write(&second_name, "not ELF").expect("write");
    assert!(!postlink::file(&second_name).expect_err("not ELF").is_refusal());
    assert_eq!(fs::read(&second_name).expect("read"), b"not ELF");
    assert!(matches!(postlink::file(&workshop.path("missing")), Err(PostlinkError::Io(_))));
    let left = fs::read_dir(workshop.path("")).expect("directory");
    assert!(left.flatten().all(|e| !e.file_name().to_string_lossy().starts_with(".lfi")));
}

/// No input makes it panic, and what it accepts stays the same code.
#[test]
fn damaged_files() {
    let workshop = Workshop::new();
    let file = workshop.build(&generate::program(7, true), Returns::Jump, &["-z", "pack-relative-relocs"]);
    let (_, whole) = postlink::process(file.clone()).expect("post-link");
    assert!(whole.prefix_bytes > 0);
    let mut random = generate::Random::new(1);
    for _ in 0..150 {
        let mut short = file.clone();
        short.truncate(random.below(file.len()));
        assert!(postlink::process(short).is_err());
    }
    let mut accepted = 0;
    for round in 0..1500 {
        let mut damaged = file.clone();
        for _ in 0..1 + random.below(4) {
            // Headers and tables matter more than code.
            let at = if round % 2 == 0 { random.below(0x400) } else { random.below(file.len()) };
            damaged[at] = match random.below(3) {
                0 => 0xff,
                1 => damaged[at] ^ (1 << random.below(8)),
                _ => random.below(256) as u8,
            };
        }
        if let Ok((after, _)) = postlink::process(damaged) {
            assert_eq!(after.len(), file.len());
            accepted += 1;
        }
    }
    assert!(accepted > 100, "the damage is too coarse to test much: {accepted}");
}
