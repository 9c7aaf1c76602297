//! The driver with the real stock compiler: what comes out of ordinary command
//! lines. Programs here need no sysroot.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use lfi_abi::{
    Kind, Returns, Target, layout,
    note::{self, Note},
};
use lfi_toolchain::{Error, Options, driver};
use object::{Object, ObjectSection, ObjectSymbol};

const C: &str = "int global; int add(int *p, int i) { global += p[i]; return global; }\n";
/// A program that calls, stores, returns and makes a system call.
const PROGRAM: &str = "static int data[8];
__attribute__((noinline)) static int fill(int *to, int n) { for (int i = 0; i < n; i++) to[i] = i; return to[n - 1]; }
void _start(void) {
    long result, status = fill(data, 8);
    __asm__ volatile(\"syscall\" : \"=a\"(result) : \"0\"(60L), \"D\"(status) : \"rcx\", \"r11\", \"memory\");
    __builtin_trap();
}
";

/// A directory of its own for each test; the driver's words are relative to it
/// by `{}`.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn run_with(&self, options: Options, words: &str) -> Result<(), Error> {
        let dir = self.0.path().to_str().unwrap();
        driver::run(words.split(' ').map(|word| word.replace("{}", dir).into()), options)
    }

    fn run(&self, words: &str) -> Result<(), Error> {
        self.run_with(Options::default(), words)
    }
}

fn note(path: &Path) -> Note {
    let bytes = fs::read(path).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let section = file.section_by_name(note::SECTION).expect("a note");
    Note::from_bytes(section.data().unwrap()).unwrap()
}

/// Every executable segment is accepted by the verifier.
fn verify(path: &Path, kind: Kind, returns: Returns) {
    let bytes = fs::read(path).unwrap();
    let options = lfi_verifier::Options { target: Target::X64, kind, returns };
    let elf = lfi_verifier::elf::Elf::parse(&bytes).unwrap();
    let mut judged = 0;
    for segment in elf.segments().filter(|segment| segment.executable) {
        let offset = u32::try_from(layout::MODULE_OFFSET + segment.vaddr).unwrap();
        lfi_verifier::verify(segment.data, offset, &options).unwrap_or_else(|violation| panic!("{violation:?}"));
        judged += 1;
    }
    assert_eq!(judged, 1);
}

#[test]
fn every_object_says_what_it_was_built_to() {
    let place = Place::new();
    place.write("a.c", C);
    place.write("a.s", ".text\n.globl f\n.type f,@function\nf: movl (%rdi), %eax\nret\n");
    place.write("b.S", "#define RESULT $7\n.globl g\ng: mov RESULT, %eax\nret\n");
    for kind in [Kind::Full, Kind::Stores, Kind::Jumps] {
        for returns in [Returns::Jump, Returns::Ret] {
            for source in ["a.c", "a.s", "b.S"] {
                let words = format!("--lfi-kind={kind} --lfi-returns={returns} -O2 -c {{}}/{source} -o {{}}/x.o");
                place.run(&words).unwrap_or_else(|error| panic!("{words}: {error}"));
                let expected = Note { target: Target::X64, kind, returns, laid_out: false };
                assert_eq!(note(&place.path("x.o")), expected, "{words}");
            }
        }
    }
}

#[test]
fn assembly_out_is_the_rewritten_one() {
    let place = Place::new();
    place.write("a.c", C);
    place.run("-O2 -S {}/a.c -o {}/a.s").unwrap();
    let sandboxed = fs::read_to_string(place.path("a.s")).unwrap();
    assert!(sandboxed.contains("%gs:") && sandboxed.contains(note::SECTION), "{sandboxed}");
    place.run("--lfi-emit=stock -O2 -S {}/a.c -o {}/stock.s").unwrap();
    let stock = fs::read_to_string(place.path("stock.s")).unwrap();
    assert!(!stock.contains("%gs:"), "{stock}");
    // The compiler shows the characters of `.byte` in comments, whatever they are.
    fs::write(place.path("b.s"), b".data\n.byte 240 # \xf0\n").unwrap();
    place.run("-c {}/b.s -o {}/b.o").unwrap();
    let error = place.run("-S {}/a.s -o {}/a.s").unwrap_err();
    assert!(error.to_string().contains("overwrite the input"), "{error}");
}

#[test]
fn dependency_files() {
    let place = Place::new();
    place.write("a.c", "#include \"a.h\"\n");
    place.write("a.h", C);
    place.run("-MMD -MP -c {}/a.c -o {}/out.o").unwrap();
    let text = fs::read_to_string(place.path("out.d")).unwrap().replace(place.0.path().to_str().unwrap(), "");
    assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["/out.o:", "/a.c", "/a.h", "/a.h:"]);
    let cache = place.path("cache");
    let options = Options { cache: Some(cache), ..Options::default() };
    place.run_with(options, "-MD -MF {}/x.d -MT target -c {}/a.c -o {}/out.o").unwrap();
    assert!(fs::read_to_string(place.path("x.d")).unwrap().starts_with("target: "));
}

#[test]
fn failures_leave_the_old_output_and_nothing_else() {
    let place = Place::new();
    place.write("bad.c", "int f( {");
    place.write("bad.s", ".text\nf:\n  lgdt (%rax)\n");
    place.write("worse.s", ".text\nf:\n  nosuchinstruction %rax\n");
    place.write("out.o", "old");
    let error = place.run("-w -fno-caret-diagnostics -c {}/bad.c -o {}/out.o").unwrap_err();
    assert_eq!((error.status(), error.is_silent()), (1, true));
    for source in ["bad.s", "worse.s"] {
        let error = place.run(&format!("-c {{}}/{source} -o {{}}/out.o")).unwrap_err();
        assert!(matches!(error, Error::Rewrite(_)), "{error}");
        assert_eq!(error.status(), 1);
        assert!(error.to_string().contains(&format!("{source}:3")), "{error}");
    }
    assert!(place.run("-c {}/missing.c -o {}/out.o").is_err());
    assert_eq!(fs::read_to_string(place.path("out.o")).unwrap(), "old");
    assert_eq!(place.names(), ["bad.c", "bad.s", "out.o", "worse.s"]);
}

#[test]
fn programs_are_laid_out() {
    let place = Place::new();
    place.write("p.c", PROGRAM);
    for kind in [Kind::Full, Kind::Stores, Kind::Jumps] {
        for returns in [Returns::Jump, Returns::Ret] {
            let words = format!("--lfi-kind={kind} --lfi-returns={returns} -O2 -nostdlib {{}}/p.c -o {{}}/p");
            place.run(&words).unwrap_or_else(|error| panic!("{words}: {error}"));
            let expected = Note { target: Target::X64, kind, returns, laid_out: true };
            assert_eq!(note(&place.path("p")), expected);
            verify(&place.path("p"), kind, returns);
        }
    }
    let bytes = fs::read(place.path("p")).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    assert_eq!(file.kind(), object::ObjectKind::Dynamic, "position-independent");
    assert!(file.symbols().any(|symbol| symbol.name() == Ok("_start")));
    // Code of a length that is no multiple of a bundle, in several sections.
    place.write("q.c", &format!("{PROGRAM}__attribute__((section(\"other\"))) int g(int a) {{ return a * 3; }}\n"));
    place.run("-O2 -nostdlib {}/q.c -o {}/q").unwrap();
    verify(&place.path("q"), Kind::Full, Returns::Jump);
    let run = "--lfi-kind=jumps --lfi-returns=ret -nostdlib";
    place.run(&format!("{run} -c {{}}/p.c -o {{}}/p.o")).unwrap();
    place.run(&format!("{run} -s {{}}/p.o -o {{}}/stripped")).unwrap();
    assert!(fs::metadata(place.path("stripped")).unwrap().len() < bytes.len() as u64);
    place.run(&format!("{run} -r {{}}/p.o -o {{}}/r.o")).unwrap();
    assert!(note(&place.path("r.o")).kind == Kind::Jumps);
}

/// Words that make clang 19 assemble gcc's output, and GNU as clang's.
const OTHER_PAIRS: [&str; 3] = ["--lfi-compiler=gcc-12", "--compiler=gcc-12 --lfi-assembler=as", "--lfi-assembler=as"];

#[test]
fn other_compilers_and_assemblers() {
    let place = Place::new();
    place.write("p.c", &format!("#include <stdarg.h>\n{PROGRAM}"));
    for pair in OTHER_PAIRS {
        for returns in [Returns::Jump, Returns::Ret] {
            let words = format!("{pair} --lfi-returns={returns} -O2 -g -Wa,--noexecstack -nostdlib {{}}/p.c -o {{}}/p");
            place.run(&words).unwrap_or_else(|error| panic!("{words}: {error}"));
            verify(&place.path("p"), Kind::Full, returns);
            let bytes = fs::read(place.path("p")).unwrap();
            let file = object::File::parse(&*bytes).unwrap();
            assert!(file.section_by_name(".debug_line").is_some(), "{words}");
        }
        place.run(&format!("{pair} --lfi-emit=native -O2 -g -c {{}}/p.c -o {{}}/native.o")).unwrap();
        place.write("b.S", "#define RESULT $7\n.globl g\ng: mov RESULT, %eax\nret\n");
        place.run(&format!("{pair} -c {{}}/b.S -o {{}}/b.o")).unwrap();
        assert_eq!(note(&place.path("b.o")).kind, Kind::Full);
    }
    let cache = Options { cache: Some(place.path("cache")), ..Options::default() };
    place.run("--compiler=gcc-12 -O2 -c {}/p.c -o {}/plain.o").unwrap();
    for name in ["first.o", "second.o"] {
        place.run_with(cache.clone(), &format!("--compiler=gcc-12 -O2 -c {{}}/p.c -o {{}}/{name}")).unwrap();
        assert_eq!(fs::read(place.path("plain.o")).unwrap(), fs::read(place.path(name)).unwrap());
    }
}

#[test]
fn code_on_the_stack_is_refused() {
    let place = Place::new();
    place.write(
        "a.c",
        "void call(int (*)(int));\nint f(int i) { int g(int j) { return i += j; } call(g); return i; }\n",
    );
    let error = place.run("--compiler=gcc-12 -c {}/a.c -o {}/a.o").unwrap_err();
    assert!(matches!(error, Error::Rewrite(_)), "{error}");
    assert!(error.to_string().contains("stack is never executable"), "{error}");
}

#[test]
fn foreign_and_mismatched_objects_are_refused_by_name() {
    let place = Place::new();
    place.write("p.c", PROGRAM);
    place.write("a.c", C);
    place.run("-nostdlib -c {}/p.c -o {}/p.o").unwrap();
    let clang = |words: &[&str]| {
        let status = Command::new("clang-19").current_dir(place.0.path()).args(words).status().unwrap();
        assert!(status.success());
    };
    let refused = |words: &str, what: &str| {
        let error = place.run(&format!("-nostdlib {{}}/p.o {words} -o {{}}/p")).unwrap_err();
        assert!(matches!(error, Error::Foreign { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(error.status(), 1);
        assert!(!place.path("p").exists());
    };
    clang(&["-c", "a.c", "-o", "foreign.o"]);
    refused("{}/foreign.o", "foreign.o: not built by the LFI toolchain");
    let archive = Command::new("llvm-ar-19").current_dir(place.0.path()).args(["rcs", "libf.a", "foreign.o"]).status();
    assert!(archive.unwrap().success());
    refused("{}/libf.a", "libf.a(foreign.o): not built");
    refused("-L{} -lf", "libf.a(foreign.o): not built");
    refused("-L {} -l f", "libf.a(foreign.o): not built");
    refused("-Wl,-L,{},-l:libf.a", "libf.a(foreign.o): not built");
    clang(&["-flto", "-c", "a.c", "-o", "lto.o"]);
    refused("{}/lto.o", "intermediate code");
    clang(&["-shared", "-nostdlib", "-fPIC", "a.c", "-o", "so.so"]);
    refused("{}/so.so", "shared objects");
    place.run("--lfi-kind=stores -c {}/a.c -o {}/stores.o").unwrap();
    refused("{}/stores.o", "built for kind stores with returns jump, but this link is for kind full");
    // Data has no code that could be foreign.
    place.write("d.c", "int table[4] = {1, 2, 3, 4};");
    clang(&["-fPIC", "-c", "d.c", "-o", "data.o"]);
    place.run("-nostdlib {}/p.o {}/data.o -o {}/p").unwrap();
}

#[test]
fn the_cache_gives_the_same_object() {
    let place = Place::new();
    place.write("a.c", C);
    let options = Options { cache: Some(place.path("cache")), ..Options::default() };
    place.run("-O2 -c {}/a.c -o {}/plain.o").unwrap();
    place.run_with(options.clone(), "-O2 -c {}/a.c -o {}/first.o").unwrap();
    let entries = fs::read_dir(place.path("cache")).unwrap().count();
    place.run_with(options.clone(), "-O2 -c {}/a.c -o {}/second.o").unwrap();
    place.run_with(options.clone(), "--lfi-kind=jumps -O2 -c {}/a.c -o {}/jumps.o").unwrap();
    assert_eq!(fs::read_dir(place.path("cache")).unwrap().count(), entries, "one entry serves all kinds");
    let read = |name: &str| fs::read(place.path(name)).unwrap();
    assert_eq!(read("plain.o"), read("first.o"));
    assert_eq!(read("plain.o"), read("second.o"));
    assert_ne!(read("plain.o"), read("jumps.o"));
    place.write("a.c", &C.replace("+=", "-="));
    place.run_with(options, "-O2 -c {}/a.c -o {}/third.o").unwrap();
    assert_ne!(read("plain.o"), read("third.o"), "another source is another entry");
}

#[test]
fn without_a_sysroot_the_message_says_where_to_get_one() {
    let place = Place::new();
    place.write("p.c", "int main(void) { return 0; }\n");
    let error = place.run("--lfi-sysroot={}/none {}/p.c -o {}/p").unwrap_err();
    assert!(matches!(error, Error::NoSysroot(_)), "{error}");
    assert_eq!(error.status(), 2);
}
