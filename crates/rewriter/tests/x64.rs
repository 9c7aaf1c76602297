//! The x86-64 rewriter on files, one feature a file, and on compiler output.
//! What it makes must assemble, and the verifier must accept it.
//!
//! Commands: `rewrite [--kind K] [--returns R] [--gnu]`. The expected output is the
//! rewritten text without the first directive and the note, or the errors.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use lfi_abi::{Kind, Returns, Target, note};
use lfi_filetest::Case;
use lfi_rewriter::{Assembler, Errors, Options, rewrite, rewrite_bytes};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind, SymbolKind};

const KINDS: [Kind; 3] = [Kind::Full, Kind::Stores, Kind::Jumps];
const RETURNS: [Returns; 2] = [Returns::Jump, Returns::Ret];

fn options(case: &Case) -> Options {
    let mut options = Options::default();
    let mut words = case.command.iter().map(String::as_str);
    assert_eq!(words.next(), Some("rewrite"), "{}", case.path.display());
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("a value");
        match word {
            "--kind" => options.kind = value().parse().expect("a kind"),
            "--returns" => options.returns = value().parse().expect("a form of return"),
            "--gnu" => options.assembler = Assembler::Gnu,
            _ => panic!("{}: {word}", case.path.display()),
        }
    }
    options
}

/// The case's input, its lines numbered as in its file.
fn run(case: &Case) -> Result<String, Errors> {
    rewrite(&format!("\n{}", case.input), "t.s", &options(case))
}

fn cases() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/x64")
}

#[test]
fn files() {
    lfi_filetest::run(&cases(), "s", |case| match run(case) {
        Ok(text) => {
            let text = text.strip_prefix("\t.bundle_align_mode 5\n").expect("the first directive");
            let (text, _) = text.split_once("\t.section\t.note.lfi,").expect("the note");
            // No spaces at the ends of lines of the case.
            text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
        }
        Err(errors) => format!("{errors}\n"),
    });
}

/// Assembles, and returns the object file.
fn assemble(text: &str, assembler: Assembler) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("directory");
    let (source, object) = (dir.path().join("a.s"), dir.path().join("a.o"));
    fs::write(&source, text).expect("write");
    let mut command = match assembler {
        Assembler::Clang => {
            let mut clang = Command::new("clang-19");
            clang.args(["-c", "-w", "--target=x86_64-linux-musl"]);
            clang
        }
        Assembler::Gnu => {
            let mut gnu = Command::new("as");
            gnu.arg("-mindex-reg");
            gnu
        }
    };
    let output = command.arg("-o").args([&object, &source]).output().expect("assembler");
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    fs::read(&object).expect("object")
}

/// Everything executable in an object file passes the verifier, what indirect
/// branches may reach is aligned, and the note is there.
fn check(object: &[u8], options: &Options, what: &str) {
    let file = object::File::parse(object).expect("ELF");
    let rules = lfi_verifier::Options { target: options.target, kind: options.kind, returns: options.returns };
    for section in file.sections().filter(|s| s.kind() == SectionKind::Text && s.size() > 0) {
        let name = section.name().expect("name");
        assert!(section.align() >= 32, "{what}: {name}");
        let mut code = section.data().expect("data").to_vec();
        code.resize(code.len().next_multiple_of(32), 0xcc);
        if let Err(violation) = lfi_verifier::verify(&code, 0x20_0000, &rules) {
            panic!("{what}: {name}: {violation:?}");
        }
        for symbol in file.symbols().filter(|s| s.section_index() == Some(section.index())) {
            let reachable = symbol.is_global() || symbol.kind() == SymbolKind::Text;
            assert!(!reachable || symbol.address() % 32 == 0, "{what}: {:?} is not aligned", symbol.name());
        }
    }
    let section = file.section_by_name(note::SECTION).expect("note");
    let note = note::Note::from_bytes(section.data().expect("data")).expect("a good note");
    assert_eq!((note.target, note.kind, note.returns), (options.target, options.kind, options.returns), "{what}");
}

#[test]
fn files_assemble_and_verify() {
    lfi_filetest::run(&cases(), "s", |case| {
        if let Ok(text) = run(case) {
            let options = options(case);
            check(&assemble(&text, options.assembler), &options, &case.path.display().to_string());
        }
        case.expected.clone()
    });
}

/// What a compiler makes of `tests/x64/*.c`, in every kind and form of return.
/// A compiler that is not there is skipped, which is said.
fn compiler_output_verifies(compiler: &str, always: &[&str], assemblers: &[Assembler]) {
    if let Err(error) = Command::new(compiler).arg("--version").stdout(Stdio::null()).status() {
        // Past the harness, which shows nothing of tests that pass.
        writeln!(std::io::stderr(), "skipped: output of {compiler}: {error}").expect("standard error");
        return;
    }
    let mut count = 0;
    for entry in fs::read_dir(cases()).expect("directory") {
        let path = entry.expect("entry").path();
        if path.extension().is_none_or(|e| e != "c") {
            continue;
        }
        for flags in [
            &["-O0"][..],
            &["-O2", "-g", "-fPIC"],
            &["-O3", "-march=haswell"],
            &["-O3", "-march=sapphirerapids", "-mprefer-vector-width=512"],
            &["-Os", "-ffunction-sections"],
        ] {
            let what = format!("{} {compiler} {flags:?}", path.display());
            let output = Command::new(compiler)
                .args(["-S", "-fPIE", "-ftls-model=initial-exec", "-o", "-"])
                .args(always)
                .args(flags)
                .arg(&path)
                .stderr(Stdio::inherit())
                .output()
                .expect(compiler);
            assert!(output.status.success(), "{what}");
            for (kind, returns) in KINDS.into_iter().flat_map(|kind| RETURNS.map(|returns| (kind, returns))) {
                for &assembler in assemblers {
                    let options = Options { target: Target::X64, kind, returns, assembler };
                    let text =
                        rewrite_bytes(&output.stdout, "t.s", &options).unwrap_or_else(|e| panic!("{what}:\n{e}"));
                    check(&assemble(&text, assembler), &options, &format!("{what} {kind} {returns} {assembler:?}"));
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 24);
}

const CLANG: [&str; 1] = ["--target=x86_64-linux-musl"];

#[test]
fn clang_output_verifies() {
    compiler_output_verifies("clang-19", &CLANG, &[Assembler::Clang]);
}

/// Its own assembler does not know bundles any more.
#[test]
fn newer_clang_output_verifies() {
    compiler_output_verifies("clang-22", &CLANG, &[Assembler::Clang]);
}

#[test]
fn gcc_output_verifies() {
    let flags = [
        "-fcf-protection=none",
        "-fno-ipa-ra",
        "-mindirect-branch-register",
        "-gno-variable-location-views",
        "-gdwarf-4",
    ];
    compiler_output_verifies("gcc-12", &flags, &[Assembler::Clang, Assembler::Gnu]);
}

/// No input makes the rewriter panic: cases with bytes, words and lines changed.
#[test]
fn changed_inputs_do_not_panic() {
    let mut texts = Vec::new();
    for entry in fs::read_dir(cases()).expect("directory") {
        let path = entry.expect("entry").path();
        if path.extension().is_some_and(|e| e == "s") {
            texts.push(fs::read(&path).expect("case"));
        }
    }
    texts.sort();
    // xorshift64
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    const PIECES: [&str; 24] = [
        "\n", ";", "(", ")", ",", "$", "%", "*", "\"", "'", "\\", "#", "/*", ":", "1:", "1b", "%rsp", "%r11", "%fs:",
        ".set a,b", "rep ", "\u{e9}", "-", "0x",
    ];
    for _ in 0..4000 {
        let mut text = texts[random(texts.len())].clone();
        for _ in 0..=random(6) {
            let at = random(text.len());
            match random(4) {
                0 => drop(text.splice(at..at, PIECES[random(PIECES.len())].bytes())),
                1 => drop(text.drain(at..(at + random(12)).min(text.len()))),
                2 => text[at] = random(256) as u8,
                _ => {
                    let other = &texts[random(texts.len())];
                    let from = random(other.len());
                    let piece = other[from..(from + random(60)).min(other.len())].to_vec();
                    drop(text.splice(at..at, piece));
                }
            }
        }
        let options = Options { kind: KINDS[random(3)], returns: RETURNS[random(2)], ..Options::default() };
        // Either is fine; coming back is what matters.
        if let Err(errors) = rewrite_bytes(&text, "t.s", &options) {
            assert!(errors.iter().next().is_some());
        }
    }
}

/// Time is linear: a file of one kind of line, ten times as long, does not take
/// a hundred times as long.
#[test]
fn long_files_take_linear_time() {
    let time = |lines: usize| {
        let mut text = String::from("f:\n");
        for i in 0..lines {
            // Chains of blocks against the order of the sweep, pending adjustments, sections.
            text += &format!(".L{i}:\nsubq $8, %rsp\n.section .s{i},\"ax\"\njmp .L{}\n.text\njb .L{}\n", i + 1, i / 2);
        }
        text += &format!(".L{lines}: ret\n");
        let start = std::time::Instant::now();
        rewrite(&text, "t.s", &Options::default()).expect("rewritten");
        start.elapsed().as_secs_f64()
    };
    let (short, long) = (time(3_000), time(30_000));
    assert!(long < 40.0 * short + 0.1, "{short} s, then {long} s");
}
