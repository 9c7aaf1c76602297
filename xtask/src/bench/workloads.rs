//! The programs of the suite: what they are made of and how much they do. Each
//! takes a third of a second or more natively, so that start and loading (some
//! milliseconds) hardly count.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    cache,
    corpus::{self, Program, c_files, words},
    failure::{Context, Result},
    fetch::{self, pins},
    setup::{self, Tools},
};

/// A program of the suite.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    make: Make,
}

/// How it is made.
enum Make {
    /// From `bench/programs/NAME.c`, which takes a number.
    Own { full: u32, quick: u32 },
    /// From a library.
    Library(fn(&Inputs, Amount) -> Result<Program>),
}

/// What kind of program it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Libraries that everybody uses, on real data.
    Libraries,
    /// Loops over arrays and numbers.
    Kernels,
    /// Calls, indirect branches, recursion.
    Calls,
}

/// Every group.
pub(crate) const GROUPS: &[Group] = &[Group::Libraries, Group::Kernels, Group::Calls];

impl Group {
    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Libraries => "libraries",
            Self::Kernels => "kernels",
            Self::Calls => "calls",
        }
    }
}

/// How much a program has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    /// Enough to measure.
    Full,
    /// As little as shows that it works.
    Quick,
}

impl Amount {
    fn pick<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// What programs are made from and work on.
pub(crate) struct Inputs {
    /// Sources of our own.
    own: PathBuf,
    /// A directory for generated headers.
    made: PathBuf,
    /// A large text: C.
    text: PathBuf,
    /// A large binary file: an archive of object files.
    binary: PathBuf,
}

/// The suite.
pub(crate) const WORKLOADS: &[Workload] = &[
    library("zlib", zlib),
    library("bzip2", bzip2),
    library("lz4", |inputs, amount| lz4(inputs, amount.pick(["1", "12", "10000000"], ["1", "1", "50000"]))),
    library("lz4hc", |inputs, amount| lz4(inputs, amount.pick(["9", "1", "8000000"], ["9", "1", "50000"]))),
    library("zstd", |inputs, amount| zstd(inputs, amount.pick(["3", "6", "10000000"], ["3", "1", "50000"]))),
    library("zstd-17", |inputs, amount| zstd(inputs, amount.pick(["17", "1", "1500000"], ["17", "1", "50000"]))),
    library("xz", xz),
    library("sqlite", |_, _| corpus::sqlite(setup::repository())),
    library("lua", lua),
    library("quickjs", quickjs),
    library("png", png),
    library("mbedtls", mbedtls),
    kernel("gemm", 160, 1),
    kernel("jacobi", 2400, 1),
    kernel("seidel", 700, 1),
    kernel("lu", 400, 1),
    kernel("floyd", 70, 1),
    kernel("nbody", 700, 1),
    kernel("spectral", 600, 1),
    kernel("fannkuch", 2, 1),
    kernel("mandelbrot", 1900, 50),
    kernel("sha256", 60, 1),
    kernel("search", 45, 1),
    kernel("heapsort", 20, 1),
    kernel("kernels", 4000, 1),
    calls("fib", 41, 20),
    calls("ackermann", 500, 1),
    calls("queens", 13, 6),
    calls("trees", 18, 8),
    calls("quicksort", 90, 1),
    calls("tasks", 16000, 1),
    calls("shapes", 60000, 1),
    calls("parser", 5000, 1),
    calls("switch", 240, 1),
    calls("goto", 300, 1),
];

const fn library(name: &'static str, make: fn(&Inputs, Amount) -> Result<Program>) -> Workload {
    Workload { name, group: Group::Libraries, make: Make::Library(make) }
}

const fn kernel(name: &'static str, full: u32, quick: u32) -> Workload {
    Workload { name, group: Group::Kernels, make: Make::Own { full, quick } }
}

const fn calls(name: &'static str, full: u32, quick: u32) -> Workload {
    Workload { name, group: Group::Calls, make: Make::Own { full, quick } }
}

impl Workload {
    /// The program, with what it is to do.
    pub(crate) fn program(&self, inputs: &Inputs, amount: Amount) -> Result<Program> {
        match self.make {
            Make::Library(make) => make(inputs, amount),
            Make::Own { full, quick } => {
                let mut program = inputs.program(self.name, Vec::new(), Vec::new());
                program.libraries = &["-lm"];
                program.runs = vec![vec![amount.pick(full, quick).to_string()]];
                Ok(program)
            }
        }
    }
}

impl Inputs {
    /// Fetches and builds what is not there yet.
    pub(crate) fn new(tools: &Tools) -> Result<Self> {
        Ok(Self {
            own: setup::repository().join("bench/programs"),
            made: setup::repository().join("target/bench/include"),
            text: fetch::sqlite()?.join("sqlite3.c"),
            binary: tools.native_sysroot()?.join("lib/libc.a"),
        })
    }

    /// A program of our own in one file, with a library's sources and the flags for all.
    fn program(&self, name: &str, mut sources: Vec<PathBuf>, flags: Vec<String>) -> Program {
        sources.push(self.own.join(name).with_extension("c"));
        Program {
            name: name.into(),
            sources,
            flags,
            libraries: &[],
            files: Vec::new(),
            runs: Vec::new(),
            succeeds: None,
        }
    }

    /// A compression library with a program around it (`codec.h`), which gets level, rounds and most bytes of each
    /// file as arguments.
    fn codec(&self, name: &str, sources: Vec<PathBuf>, flags: Vec<String>, arguments: [&str; 3]) -> Program {
        let mut program = self.program(name, sources, flags);
        program.files = vec![("text".into(), self.text.clone()), ("binary".into(), self.binary.clone())];
        program.runs = vec![arguments.into_iter().chain(["text", "binary"]).map(str::to_owned).collect()];
        program
    }
}

fn zlib(inputs: &Inputs, amount: Amount) -> Result<Program> {
    let source = fetch::debian_source(&pins::ZLIB)?;
    let mut flags = words("-DHAVE_UNISTD_H -DHAVE_STDARG_H");
    flags.extend(include(&source, &[""]));
    Ok(inputs.codec("zlib", c_files(&source, &[])?, flags, amount.pick(["6", "2", "5000000"], ["6", "1", "50000"])))
}

fn bzip2(inputs: &Inputs, amount: Amount) -> Result<Program> {
    let source = fetch::debian_source(&pins::BZIP2)?;
    let sources = ["blocksort", "huffman", "crctable", "randtable", "compress", "decompress", "bzlib"];
    let sources = sources.map(|name| source.join(name).with_extension("c")).into();
    let arguments = amount.pick(["9", "1", "3000000"], ["9", "1", "50000"]);
    Ok(inputs.codec("bzip2", sources, include(&source, &[""]), arguments))
}

fn lz4(inputs: &Inputs, arguments: [&str; 3]) -> Result<Program> {
    let source = fetch::debian_source(&pins::LZ4)?.join("lib");
    let sources = vec![source.join("lz4.c"), source.join("lz4hc.c")];
    Ok(inputs.codec("lz4", sources, include(&source, &[""]), arguments))
}

fn zstd(inputs: &Inputs, arguments: [&str; 3]) -> Result<Program> {
    let source = fetch::debian_source(&pins::ZSTD)?.join("lib");
    let mut sources = Vec::new();
    for part in ["common", "compress", "decompress"] {
        sources.extend(c_files(&source.join(part), &[])?);
    }
    let mut flags = words("-DZSTD_DISABLE_ASM"); // its macros are not for the rewriter
    flags.extend(include(&source, &[""]));
    Ok(inputs.codec("zstd", sources, flags, arguments))
}

fn xz(inputs: &Inputs, amount: Amount) -> Result<Program> {
    let source = fetch::debian_source(&pins::XZ)?.join("src");
    let parts = ["common", "check", "lz", "lzma", "rangecoder", "api", "delta", "simple"];
    let mut sources = Vec::new();
    for part in &parts[..5] {
        sources.extend(c_files(&source.join("liblzma").join(part), &XZ_LEFT_OUT)?);
    }
    // What its configure would find and choose, without threads and filters for machine code.
    let mut flags = words(
        "-std=gnu99 -DNDEBUG -DTUKLIB_SYMBOL_PREFIX=lzma_ -DTUKLIB_FAST_UNALIGNED_ACCESS -DASSUME_RAM=128 \
         -DHAVE_STDINT_H -DHAVE_INTTYPES_H -DHAVE_STDBOOL_H -DHAVE_STRING_H -DHAVE___BUILTIN_BSWAPXX -DHAVE_VISIBILITY=0 \
         -DHAVE_ENCODERS -DHAVE_ENCODER_LZMA1 -DHAVE_ENCODER_LZMA2 -DHAVE_DECODERS -DHAVE_DECODER_LZMA1 \
         -DHAVE_DECODER_LZMA2 -DHAVE_CHECK_CRC32 -DHAVE_CHECK_CRC64 \
         -DHAVE_MF_HC3 -DHAVE_MF_HC4 -DHAVE_MF_BT2 -DHAVE_MF_BT3 -DHAVE_MF_BT4",
    );
    flags.extend(include(&source, &["common"]));
    flags.extend(include(&source.join("liblzma"), &parts));
    Ok(inputs.codec("xz", sources, flags, amount.pick(["6", "1", "1500000"], ["6", "1", "50000"])))
}

/// Sources of liblzma that are for other configurations, or generate tables.
const XZ_LEFT_OUT: [&str; 18] = [
    "crc_clmul_consts_gen.c",
    "crc32_small.c",
    "crc32_tablegen.c",
    "crc64_small.c",
    "crc64_tablegen.c",
    "sha256.c",
    "fastpos_tablegen.c",
    "price_tablegen.c",
    "alone_encoder.c",
    "file_info.c",
    "hardware_cputhreads.c",
    "hardware_physmem.c",
    "lzip_decoder.c",
    "microlzma_decoder.c",
    "microlzma_encoder.c",
    "stream_decoder_mt.c",
    "stream_encoder_mt.c",
    "string_conversion.c",
];

fn lua(inputs: &Inputs, amount: Amount) -> Result<Program> {
    let mut program = corpus::lua(setup::repository())?;
    for name in ["objects.lua", "text.lua"] {
        program.files.push((name.into(), inputs.own.join(name)));
        program.runs.push(vec![name.into(), amount.pick("100", "1").into()]);
    }
    Ok(program)
}

fn quickjs(inputs: &Inputs, amount: Amount) -> Result<Program> {
    let source = fetch::debian_source(&pins::QUICKJS)?;
    let sources = ["quickjs", "dtoa", "libregexp", "libunicode", "cutils"];
    let sources = sources.map(|name| source.join(name).with_extension("c")).into();
    let mut flags = words("-D_GNU_SOURCE -DCONFIG_VERSION=\"pinned\" -fwrapv");
    flags.extend(include(&source, &[""]));
    let mut program = inputs.program("quickjs", sources, flags);
    program.libraries = &["-lm"];
    program.files = vec![("script.js".into(), inputs.own.join("script.js"))];
    program.runs = vec![vec!["script.js".into(), amount.pick("20", "1").into()]];
    Ok(program)
}

fn png(inputs: &Inputs, amount: Amount) -> Result<Program> {
    let source = fetch::debian_source(&pins::PNG)?;
    let zlib = fetch::debian_source(&pins::ZLIB)?;
    let mut sources = c_files(&source, &["example.c", "pngtest.c"])?;
    sources.extend(c_files(&zlib, &[])?);
    // Its makefiles, too, take the prebuilt configuration where nothing is to be configured.
    let configuration = inputs.made.join("pnglibconf.h");
    cache::create_parent(&configuration)?;
    fs::copy(source.join("scripts/pnglibconf.h.prebuilt"), &configuration).at(&configuration)?;
    let mut flags = words("-DHAVE_UNISTD_H -DHAVE_STDARG_H -DPNG_INTEL_SSE_OPT=0");
    for dir in [&source, &zlib, &inputs.made] {
        flags.extend(include(dir, &[""]));
    }
    let mut program = inputs.program("png", sources, flags);
    program.libraries = &["-lm"];
    program.runs = vec![amount.pick(words("2 1024"), words("1 32"))];
    Ok(program)
}

fn mbedtls(inputs: &Inputs, amount: Amount) -> Result<Program> {
    let source = fetch::debian_source(&pins::MBEDTLS)?;
    let sources = c_files(&source.join("library"), &[])?;
    // AES by intrinsics: its inline assembly codes instructions as bytes.
    let mut flags = words("-maes -mpclmul -msse4.1");
    flags.extend(include(&source, &["include", "library"]));
    let mut program = inputs.program("mbedtls", sources, flags);
    program.runs = vec![words(amount.pick("60", "1"))];
    Ok(program)
}

/// Flags that have headers looked for in some directories below one.
fn include(below: &Path, dirs: &[&str]) -> Vec<String> {
    dirs.iter().map(|dir| format!("-I{}", below.join(dir).display())).collect()
}
