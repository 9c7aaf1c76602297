//! Runs the cases in `tests/x64`: assembly, judged.
//!
//! The first line of a case is `# run: verify KIND... [ret] [at OFFSET]`. The section `.text`
//! is judged as one region at that slot offset, once for each kind; each 32-byte
//! bundle of the section `refused` is judged as a region of its own, so that one
//! file can show many violations of a rule. `+` means accepted.

use iced_x86::Formatter as _;
use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use lfi_abi::{Kind, Returns, Target};
use lfi_filetest::Case;
use lfi_verifier::{Options, Rule, violations};

/// A scratch directory that goes away with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir = env::temp_dir().join(format!("lfi-verifier-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("scratch directory");
        Self(dir)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Assembles, and takes the bytes of two sections, filled with nops to whole bundles.
fn assemble(scratch: &Scratch, source: &str) -> Result<[Vec<u8>; 2], String> {
    let [input, object, bytes] = ["a.s", "a.o", "a.bin"].map(|name| scratch.0.join(name));
    fs::write(&input, source).expect("scratch file");
    let output = Command::new("clang-19").args(["-c", "-o"]).args([&object, &input]).output().expect("clang-19 runs");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok([".text", "refused"].map(|section| {
        let status = Command::new("llvm-objcopy-19")
            .args(["-O", "binary", "-j", section])
            .args([&object, &bytes])
            .status()
            .expect("llvm-objcopy-19 runs");
        assert!(status.success());
        let mut code = fs::read(&bytes).expect("section");
        code.resize(code.len().next_multiple_of(32), 0x90);
        code
    }))
}

fn judge(scratch: &Scratch, case: &Case) -> String {
    let mut words = case.command.iter().map(String::as_str);
    assert_eq!(words.next(), Some("verify"));
    let (mut kinds, mut returns, mut offset) = (Vec::new(), Returns::Jump, 0x10_0000);
    while let Some(word) = words.next() {
        match word {
            "ret" => returns = Returns::Ret,
            "at" => {
                let value = words.next().and_then(|word| word.strip_prefix("0x")).expect("an offset");
                offset = u32::from_str_radix(value, 16).expect("an offset");
            }
            kind => kinds.push(kind.parse::<Kind>().expect("a kind")),
        }
    }
    let [text, refused] = match assemble(scratch, &case.input) {
        Ok(sections) => sections,
        Err(message) => return message,
    };
    let judge = |code: &[u8], at: u32, kind| {
        let options = Options { target: Target::X64, kind, returns };
        violations(code, at, &options).collect::<Vec<_>>()
    };
    let mut out = String::new();
    for kind in kinds.iter().filter(|_| !text.is_empty()) {
        let found = judge(&text, offset, *kind);
        out.push_str(&format!("text: {kind} {}\n", if found.is_empty() { "+" } else { "-" }));
        for violation in found {
            let at = violation.offset.wrapping_sub(offset);
            out.push_str(&format!("  {at:#x} {}\n", violation.rule.id()));
        }
    }
    for (n, bundle) in refused.chunks(32).enumerate() {
        let at = offset + 32 * n as u32;
        // Kinds with the same verdict on one line.
        let mut verdicts: Vec<(String, String)> = Vec::new();
        for kind in &kinds {
            // What follows can tell more: that a unit crosses the bundle's end.
            let alone = judge(bundle, at, *kind);
            let more = judge(&refused[32 * n..], at, *kind);
            let crosses = more.iter().any(|violation| violation.rule == Rule::UnitBundle && violation.offset < at + 32);
            let rule = alone.first().map(|violation| if crosses { Rule::UnitBundle } else { violation.rule });
            let verdict = rule.map_or("+", Rule::id).to_owned();
            match verdicts.iter_mut().find(|(_, other)| *other == verdict) {
                Some((names, _)) => names.push_str(&format!(" {kind}")),
                None => verdicts.push((kind.to_string(), verdict)),
            }
        }
        let verdicts: Vec<_> = verdicts.into_iter().map(|(names, verdict)| format!("{names} {verdict}")).collect();
        out.push_str(&format!("{}: {}\n", disassemble(bundle), verdicts.join(", ")));
    }
    out
}

/// The bundle for readers, without the nops around.
fn disassemble(bundle: &[u8]) -> String {
    let mut words = Vec::new();
    let mut formatter = iced_x86::GasFormatter::new();
    for instruction in &mut iced_x86::Decoder::new(64, bundle, iced_x86::DecoderOptions::NONE) {
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        if text != "nop" {
            words.push(text);
        }
    }
    let padding = |word: &&String| word.starts_with("nop") || *word == "xchg %ax,%ax";
    let used = words.len() - words.iter().rev().take_while(padding).count();
    words.truncate(used.max(1));
    words.join("; ")
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/x64")
}

#[test]
fn cases_are_judged_as_expected() {
    let scratch = Scratch::new("cases");
    lfi_filetest::run(&cases(), "s", |case| judge(&scratch, case));
}

/// Every rule about code has a file of its name, which shows code that keeps to
/// it and code that breaks it, and the file says nothing else about the first.
#[test]
fn every_rule_has_an_accepting_and_a_rejecting_case() {
    // These are about the region as a whole: see `soundness.rs`.
    let elsewhere = BTreeSet::from([Rule::Target, Rule::RegionBounds]);
    for rule in Rule::ALL.iter().filter(|rule| !elsewhere.contains(rule)) {
        let name = rule.id().strip_prefix("x64.").expect("a rule for x64");
        let file = cases().join(format!("{name}.s"));
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let (_, expected) = text.split_once("# expect\n").expect("an expectation");
        let first = expected.lines().next().expect("a verdict");
        assert!(first.starts_with("# text: ") && first.ends_with(" +"), "{name}: the accepting part comes first");
        assert!(
            expected.lines().any(|line| line.contains(&format!(" {}", rule.id()))),
            "{name}: nothing is refused by it"
        );
    }
}

/// The specification describes exactly the rules that the code has.
#[test]
fn specification_and_code_have_the_same_rules() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/x64/verification.md");
    let text = fs::read_to_string(&spec).expect("specification");
    let headings: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .filter_map(|line| line.split_once('[')?.1.split_once(']').map(|(id, _)| id))
        .collect();
    let described: BTreeSet<_> = headings.iter().copied().collect();
    assert_eq!(headings.len(), described.len(), "a rule is described twice");
    let known: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(described, known);
}

/// The head of the module gives, for each rule, the argument why it keeps the invariant.
#[test]
fn every_rule_has_an_argument() {
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/x64.rs");
    let text = fs::read_to_string(&module).expect("module");
    let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
    for rule in Rule::ALL {
        assert!(head.contains(&format!("`[{}]`", rule.id())), "{}", rule.id());
    }
}
