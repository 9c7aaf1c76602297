//! How the options of clang and gcc are spelled and whose they are.
//!
//! Only what is not simply handed to the stock compiler stands here, and what
//! takes a word after it: without that knowledge a value would be taken for an
//! input. Source: clang's "Clang command line argument reference" and gcc's
//! manual, "Option Summary".

/// Where an option goes.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    /// To the stock compiler.
    Compile,
    /// To the assembler.
    Assemble,
    /// To the linker as it is, in order with the inputs.
    Link,
    /// `-Wl,`: words for the linker, separated by commas.
    LinkWords,
    /// `-Xlinker`: one word for the linker.
    LinkWord,
    /// To the linker under another name.
    LinkAs(&'static str),
    /// The parser acts on it.
    Act,
    /// A question.
    Query,
    /// `-Wp,`.
    Preprocessor,
    /// It asks for what is so anyway, or for what has no meaning here.
    Ignore,
    /// Left out with a note: the result is still right without it.
    Drop(&'static str),
    /// Refused: the result would not be what was asked for.
    Refuse(&'static str),
}

/// What follows an option's name.
enum Takes {
    /// Nothing.
    Nothing,
    /// A value in the same word, perhaps an empty one.
    Joined,
    /// A value in the next word.
    Next,
    /// Either.
    Either,
}

/// One option.
pub(super) struct Row {
    pub(super) name: &'static str,
    takes: Takes,
    pub(super) fate: Fate,
}

/// The value of an option as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// It has none.
    None,
    /// In the same word.
    Joined(&'a str),
    /// In the next word.
    Next,
}

const fn row(name: &'static str, takes: Takes, fate: Fate) -> Row {
    Row { name, takes, fate }
}

use Fate::{Act, Assemble, Compile, Drop, Ignore, Link, LinkAs, LinkWord, LinkWords, Preprocessor, Query, Refuse};
use Takes::{Either, Joined, Next, Nothing};

const LTO: &str = "left out: the rewriter works on assembly, file by file";
const SHARED: &str = "shared objects are not supported yet; link a static-pie program";
const INTEL: &str = "the rewriter reads AT&T assembly only";
const IR: &str = "only assembly can be sandboxed, not LLVM's intermediate code";
const ASSEMBLER: &str = "left out: --lfi-assembler chooses";
const SPECS: &str = "left out: the scheme says how gcc is run";
const WIDTH: &str = "only 64-bit code can be sandboxed";

/// What no row names.
const OTHER: Row = row("", Joined, Compile);

/// The first row that fits a word is taken, so that longer names stand before
/// the shorter ones that they begin with.
const ROWS: &[Row] = &[
    // What to make.
    row("-c", Nothing, Act),
    row("-S", Nothing, Act),
    row("-E", Nothing, Act),
    row("-M", Nothing, Act),
    row("-MM", Nothing, Act),
    row("-fsyntax-only", Nothing, Act),
    row("-r", Nothing, Act),
    row("-emit-llvm", Nothing, Refuse(IR)),
    row("--emit-llvm", Nothing, Refuse(IR)),
    row("-shared", Nothing, Refuse(SHARED)),
    row("--shared", Nothing, Refuse(SHARED)),
    row("-v", Nothing, Act),
    row("-###", Nothing, Act),
    // Questions.
    row("--version", Nothing, Query),
    row("--help", Nothing, Query),
    row("-help", Nothing, Query),
    row("-dumpmachine", Nothing, Query),
    row("-dumpversion", Nothing, Query),
    row("-dumpfullversion", Nothing, Query),
    row("-print-file-name=", Joined, Query),
    row("-print-prog-name=", Joined, Query),
    row("-print-target-triple", Nothing, Query),
    row("-print-effective-triple", Nothing, Query),
    row("-print-multiarch", Nothing, Query),
    row("-print-libgcc-file-name", Nothing, Query),
    row("-print-search-dirs", Nothing, Query),
    row("-print-sysroot", Nothing, Query),
    row("-print-multi-directory", Nothing, Query),
    row("-print-multi-os-directory", Nothing, Query),
    row("-print-multi-lib", Nothing, Query),
    row("-print-", Joined, Query),
    // Dependencies.
    row("-MD", Nothing, Act),
    row("-MMD", Nothing, Act),
    row("-MP", Nothing, Act),
    row("-MG", Nothing, Act),
    row("-MV", Nothing, Act),
    row("-MF", Either, Act),
    row("-MT", Either, Act),
    row("-MQ", Either, Act),
    row("-MJ", Either, Compile),
    row("-Wp,", Joined, Preprocessor),
    // The scheme decides.
    row("-static", Nothing, Ignore),
    row("--static", Nothing, Ignore),
    row("-static-pie", Nothing, Ignore),
    row("--static-pie", Nothing, Ignore),
    row("-pie", Nothing, Ignore),
    row("-no-pie", Nothing, Ignore),
    row("-nopie", Nothing, Ignore),
    row("-fPIC", Nothing, Act),
    row("-fpic", Nothing, Act),
    row("-fPIE", Nothing, Act),
    row("-fpie", Nothing, Act),
    row("-fno-PIC", Nothing, Ignore),
    row("-fno-pic", Nothing, Ignore),
    row("-fno-PIE", Nothing, Ignore),
    row("-fno-pie", Nothing, Ignore),
    row("-mdynamic-no-pic", Nothing, Ignore),
    row("-ftls-model=", Joined, Ignore),
    row("-fcf-protection", Joined, Ignore),
    row("-mstack-protector-guard", Joined, Ignore),
    row("-faddrsig", Nothing, Ignore),
    row("-fno-lto", Nothing, Ignore),
    row("-flto", Joined, Drop(LTO)),
    row("-fthinlto", Joined, Drop(LTO)),
    row("-ffat-lto-objects", Nothing, Drop(LTO)),
    row("-fsplit-lto-unit", Nothing, Drop(LTO)),
    row("-fwhole-program-vtables", Nothing, Drop(LTO)),
    row("-fembed-bitcode", Joined, Drop(LTO)),
    row("-fno-fat-lto-objects", Nothing, Ignore),
    row("-fuse-linker-plugin", Nothing, Ignore),
    row("-fno-use-linker-plugin", Nothing, Ignore),
    row("-gsplit-dwarf", Joined, Drop("left out: debugging information goes into the object file")),
    row("-save-temps", Joined, Drop("left out: use -S")),
    row("--save-temps", Joined, Drop("left out: use -S")),
    row("-integrated-as", Nothing, Ignore),
    row("-fintegrated-as", Nothing, Ignore),
    row("-no-integrated-as", Nothing, Drop(ASSEMBLER)),
    row("-fno-integrated-as", Nothing, Drop(ASSEMBLER)),
    row("-specs", Joined, Drop(SPECS)),
    row("--specs", Joined, Drop(SPECS)),
    row("-wrapper", Next, Drop("left out: the driver runs its tools itself")),
    row("-pipe", Nothing, Ignore),
    row("-masm=att", Nothing, Ignore),
    row("-masm=", Joined, Refuse(INTEL)),
    row("-m64", Nothing, Ignore),
    row("-m32", Nothing, Refuse(WIDTH)),
    row("-m16", Nothing, Refuse(WIDTH)),
    row("-mx32", Nothing, Refuse(WIDTH)),
    row("--target=", Joined, Act),
    row("-target", Next, Act),
    row("--sysroot=", Joined, Act),
    row("--sysroot", Next, Act),
    row("-B", Either, Ignore),
    row("--gcc-toolchain=", Joined, Ignore),
    row("-gcc-toolchain", Next, Ignore),
    row("-fuse-ld=", Joined, Ignore),
    row("--ld-path=", Joined, Ignore),
    row("-rtlib=", Joined, Ignore),
    row("--rtlib=", Joined, Ignore),
    row("-unwindlib=", Joined, Ignore),
    row("--unwindlib=", Joined, Ignore),
    row("-static-libgcc", Nothing, Ignore),
    row("-shared-libgcc", Nothing, Ignore),
    row("-static-libstdc++", Nothing, Ignore),
    // Linking.
    row("-o", Either, Act),
    row("-l", Either, Link),
    row("-L", Either, Link),
    row("--library-directory=", Joined, LinkWord),
    row("-undef", Nothing, Compile),
    row("-u", Either, Link),
    row("-z", Either, Link),
    row("-T", Either, Link),
    row("-export-dynamic", Nothing, LinkAs("--export-dynamic")),
    row("-rdynamic", Nothing, LinkAs("--export-dynamic")),
    row("-rpath", Next, Ignore),
    row("-e", Either, Link),
    row("-s", Nothing, LinkAs("--strip-all")),
    row("-Wl,", Joined, LinkWords),
    row("-Xlinker", Next, LinkWord),
    row("-nostdlib", Nothing, Act),
    row("--no-standard-libraries", Nothing, Act),
    row("-nostartfiles", Nothing, Act),
    row("-nodefaultlibs", Nothing, Act),
    row("-nolibc", Nothing, Act),
    // Assembling.
    row("-Wa,", Joined, Assemble),
    row("-Xassembler", Next, Assemble),
    row("-gz", Joined, Assemble),
    // For the stock compiler, with a word after them.
    row("-x", Either, Act),
    row("-D", Either, Compile),
    row("-U", Either, Compile),
    row("-I", Either, Compile),
    row("-include-pch", Next, Compile),
    row("-include", Either, Compile),
    row("-imacros", Either, Compile),
    row("-isystem-after", Either, Compile),
    row("-isystem", Either, Compile),
    row("-isysroot", Either, Compile),
    row("-iquote", Either, Compile),
    row("-idirafter", Either, Compile),
    row("-iprefix", Either, Compile),
    row("-iwithprefixbefore", Either, Compile),
    row("-iwithprefix", Either, Compile),
    row("-iwithsysroot", Either, Compile),
    row("-ivfsoverlay", Either, Compile),
    row("-cxx-isystem", Either, Compile),
    row("-Xclang", Next, Compile),
    row("-Xpreprocessor", Next, Compile),
    row("-Xanalyzer", Next, Compile),
    row("-mllvm", Next, Compile),
    row("--param", Next, Compile),
    row("-aux-info", Next, Compile),
    row("-dumpbase", Next, Compile),
    row("-dumpbase-ext", Next, Compile),
    row("-dumpdir", Next, Compile),
    row("-working-directory", Next, Compile),
    row("-serialize-diagnostics", Next, Compile),
    row("--serialize-diagnostics", Next, Compile),
    row("-dependency-file", Next, Compile),
    row("-A", Either, Compile),
    row("-G", Either, Compile),
];

/// The row of a word that begins with `-`, and the word's value.
pub(super) fn find(word: &str) -> (&'static Row, Value<'_>) {
    // `--print-x` is `-print-x`.
    let plain = match word.strip_prefix("--print-") {
        Some(_) => &word[1..],
        None => word,
    };
    for row in ROWS {
        let Some(rest) = plain.strip_prefix(row.name) else { continue };
        match (&row.takes, rest) {
            (Nothing, "") => return (row, Value::None),
            (Joined, rest) => return (row, Value::Joined(rest)),
            (Next | Either, "") => return (row, Value::Next),
            (Either, rest) => return (row, Value::Joined(rest)),
            _ => {}
        }
    }
    (&OTHER, Value::None)
}
