//! Makes linked files out of assembly, with the system's clang and lld.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use lfi_abi::{Kind, Returns, Target, layout::MODULE_OFFSET, note::Note};

/// A directory that goes away with the value.
pub(crate) struct Workshop(tempfile::TempDir);

impl Workshop {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("temporary directory"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Assembles one file for bundles.
    pub(crate) fn assemble(&self, name: &str, text: &str) -> PathBuf {
        let (source, object) = (self.path(&format!("{name}.s")), self.path(&format!("{name}.o")));
        fs::write(&source, format!(".bundle_align_mode 5\n{}", marked(text))).expect("write");
        run(Command::new("clang-19").args(["--target=x86_64-linux-gnu", "-c", "-o"]).arg(&object).arg(&source));
        object
    }

    /// Links as the driver does.
    pub(crate) fn link(&self, objects: &[PathBuf], options: &[&str]) -> Vec<u8> {
        let linked = self.path("linked");
        let base = ["-pie", "--no-dynamic-linker", "-z", "separate-code", "--eh-frame-hdr", "-o"];
        run(Command::new("ld.lld-19").args(base).arg(&linked).args(options).args(objects));
        fs::read(&linked).expect("linked file")
    }

    /// Compiles, rewrites, assembles and links one file.
    pub(crate) fn build_c(&self, source: &Path, kind: Kind, returns: Returns, flags: &[&str]) -> Vec<u8> {
        let options = ["--target=x86_64-linux-gnu", "-fPIE", "-ffreestanding", "-fno-stack-protector", "-S", "-o", "-"];
        let text = run(Command::new("clang-19").args(options).args(flags).arg(source));
        let text = String::from_utf8(text).expect("text");
        let options = lfi_rewriter::Options { kind, returns, ..Default::default() };
        let text = lfi_rewriter::rewrite(&text, "program.s", &options).unwrap_or_else(|e| panic!("{e}"));
        self.link(&[self.assemble("case", &text)], &[])
    }

    /// Assembles and links one file, which gets a note.
    pub(crate) fn build(&self, text: &str, returns: Returns, options: &[&str]) -> Vec<u8> {
        let object = self.assemble("case", &format!("{text}\n{}", note(Kind::Full, returns)));
        self.link(&[object], options)
    }
}

/// Puts an empty alignment after each statement that marks a place in a table
/// (`spec/x64/post-linking.md`, "What the assembler must be told").
fn marked(text: &str) -> String {
    let marks = |line: &str| {
        let line = line.trim_start();
        line.starts_with(".cfi_")
            || line.starts_with(".loc\t")
            || line.starts_with(".loc ")
            || line.starts_with(".Ltmp")
    };
    text.lines().flat_map(|line| [line, if marks(line) { "\n.p2align 0\n" } else { "\n" }]).collect()
}

/// The note as assembly.
pub(crate) fn note(kind: Kind, returns: Returns) -> String {
    note_bytes(&Note { target: Target::X64, kind, returns, laid_out: false }.to_bytes())
}

pub(crate) fn note_bytes(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(u8::to_string).collect();
    format!(".pushsection .note.lfi,\"a\",@note\n.p2align 2\n.byte {}\n.popsection\n", bytes.join(","))
}

/// Runs a command that must succeed; gives what it prints.
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What the verifier says about a file.
pub(crate) fn verify(file: &[u8]) -> String {
    let elf = lfi_verifier::elf::Elf::parse(file).expect("ELF file");
    let note = elf.note().expect("note");
    assert!(note.laid_out);
    let options = lfi_verifier::Options { target: note.target, kind: note.kind, returns: note.returns };
    for segment in elf.segments().filter(|segment| segment.executable) {
        let offset = u32::try_from(MODULE_OFFSET + segment.vaddr).expect("offset");
        if let Err(violation) = lfi_verifier::verify(segment.data, offset, &options) {
            let address = u64::from(violation.offset) - MODULE_OFFSET;
            return format!("not verified: {address:#x}: {}", violation.rule);
        }
    }
    "verified".to_owned()
}

/// Disassembles `.text` of a file, without what the linker or post-linker fill
/// it up with.
pub(crate) fn disassemble(path: &Path) -> String {
    let options = ["-d", "--section=.text", "--show-all-symbols"];
    let text = String::from_utf8(run(Command::new("llvm-objdump-19").args(options).arg(path))).expect("text");
    let lines = text.lines().skip_while(|line| !line.ends_with(">:"));
    lines.filter(|line| !line.is_empty() && !line.ends_with("int3")).flat_map(|line| [line.trim_end(), "\n"]).collect()
}
