//! compiler-rt's builtins and crt files, and libunwind; and the start of
//! libraries, which is ours.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{files, parallel};
use crate::{
    command_line::CommandLine,
    compile::{self, Source},
    error::{At, Result},
    link::LIBRARY_START,
    options::Options,
    stock::Stock,
};

/// Sources of the builtins' directory that are not for this target, with the
/// reason.
const EXCLUDED: [(&str, &str); 11] = [
    ("apple_versioning", "another system"),
    ("atomic_flag_clear", "another system"),
    ("atomic_flag_clear_explicit", "another system"),
    ("atomic_flag_test_and_set", "another system"),
    ("atomic_flag_test_and_set_explicit", "another system"),
    ("atomic_signal_fence", "another system"),
    ("atomic_thread_fence", "another system"),
    ("crtbegin", "a file of its own"),
    ("crtend", "a file of its own"),
    ("enable_execute_stack", "a sandbox's stack is never executable"),
    ("fp_mode", "the x86 one is used"),
];

/// As compiler-rt's own build has them, where they matter.
/// Conversions of `_Float16` take it in a vector register, as compilers pass it.
const BUILTIN_FLAGS: &str = "-c -O2 -std=c11 -w -fPIC -fno-builtin -fomit-frame-pointer -ffunction-sections \
                             -fvisibility=hidden -DVISIBILITY_HIDDEN -DCOMPILER_RT_HAS_FLOAT16";
const CRT_FLAGS: &str = "-c -O2 -std=c11 -w -fPIC -DCRT_HAS_INITFINI_ARRAY";
/// Every function has unwind tables, so that a backtrace can begin in them.
const UNWIND_FLAGS: &str = "-c -O2 -w -fPIC -fno-exceptions -fno-rtti -funwind-tables -ffunction-sections \
                            -D_LIBUNWIND_IS_NATIVE_ONLY -D_LIBUNWIND_USE_DLADDR=0 -DNDEBUG -nostdinc++";

/// Fills `output/{include,builtins,unwind,crt}`.
pub(super) fn compile(source: &Path, stock: &Stock, options: &Options, level: Option<&str>, output: &Path) -> Result {
    let (builtins, unwind) = (source.join("compiler-rt/lib/builtins"), source.join("libunwind"));
    let include = output.join("include");
    for header in ["unwind.h", "unwind_itanium.h", "libunwind.h", "__libunwind_config.h"] {
        let from = unwind.join("include").join(header);
        fs::copy(&from, include.join(header)).at(&from)?;
    }
    let to = |name: &str| -> Result<PathBuf> {
        let dir = output.join(name);
        fs::create_dir_all(&dir).at(&dir)?;
        Ok(dir)
    };
    let job = |path: PathBuf, flags: &str, include: &Path, to: &Path, name: &str| Job {
        flags: flags
            .split_whitespace()
            .chain(level)
            .map(str::to_owned)
            .chain([format!("-I{}", include.display())])
            .collect(),
        to: to.join(format!("{name}.s")),
        path,
    };
    let mut jobs = Vec::new();

    let dir = to("builtins")?;
    let special = files(&builtins.join("x86_64"))?;
    let general = files(&builtins)?;
    let has_special = |name: &str| special.iter().any(|path| stem(path) == name);
    for path in general.iter().filter(|path| is_source(path)) {
        let name = stem(path);
        if !EXCLUDED.iter().any(|(excluded, _)| *excluded == name) && !has_special(name) {
            jobs.push(job(path.clone(), BUILTIN_FLAGS, &builtins, &dir, name));
        }
    }
    let scratch = tempfile::tempdir().at("a temporary directory")?;
    let others = [builtins.join("i386/fp_mode.c"), cpu_model(&builtins, scratch.path())?];
    for path in special.iter().filter(|path| is_source(path) && stem(path) != "chkstk").chain(&others) {
        jobs.push(job(path.clone(), BUILTIN_FLAGS, &builtins, &dir, stem(path)));
    }

    let dir = to("crt")?;
    jobs.push(job(builtins.join("crtbegin.c"), CRT_FLAGS, &builtins, &dir, "crtbeginS"));
    jobs.push(job(builtins.join("crtend.c"), CRT_FLAGS, &builtins, &dir, "crtendS"));
    let library = scratch.path().join("library.c");
    fs::write(&library, include_str!("library.c")).at(&library)?;
    let flags = format!("{CRT_FLAGS} -DLFI_RETURN={}", lfi_abi::layout::ENTRY_RETURN);
    jobs.push(job(library, &flags, scratch.path(), &dir, stem(Path::new(LIBRARY_START))));

    let dir = to("unwind")?;
    for (name, standard) in [
        ("libunwind.cpp", "-std=c++17"),
        ("UnwindLevel1.c", "-std=c99"),
        ("UnwindLevel1-gcc-ext.c", "-std=c99"),
        ("UnwindRegistersRestore.S", "-std=c99"),
        ("UnwindRegistersSave.S", "-std=c99"),
    ] {
        let path = unwind.join("src").join(name);
        let flags = format!("{UNWIND_FLAGS} {standard}");
        jobs.push(job(path.clone(), &flags, &unwind.join("include"), &dir, stem(&path)));
    }
    parallel::each(&jobs, |job| job.run(stock, options))
}

/// The one source that is changed: it spells an instruction in bytes, for old
/// assemblers, and what bytes mean the rewriter cannot know.
fn cpu_model(builtins: &Path, scratch: &Path) -> Result<PathBuf> {
    let from = builtins.join("cpu_model/x86.c");
    let text = fs::read_to_string(&from).at(&from)?;
    let include = format!("\"{}\"", builtins.join("cpu_model/cpu_model.h").display());
    let text = text.replace(".byte 0x0f, 0x01, 0xd0", "xgetbv").replace("\"cpu_model.h\"", &include);
    let to = scratch.join("cpu_model.c");
    fs::write(&to, text).at(&to)?;
    Ok(to)
}

/// One source to be compiled.
struct Job {
    path: PathBuf,
    flags: Vec<String>,
    to: PathBuf,
}

impl Job {
    fn run(&self, stock: &Stock, options: &Options) -> Result {
        let (path, to) = (self.path.to_string_lossy(), self.to.to_string_lossy());
        let words = self.flags.iter().cloned().chain([path.clone().into_owned()]);
        let line = CommandLine::parse(words, options.clone())?;
        compile::to_object(stock, &line, Source { path: &path, explicit: None }, &to, &to)
    }
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "c" || extension == "S")
}
