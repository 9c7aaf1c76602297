//! One source file to assembly, sandboxed assembly, or an object file.
//!
//! ```text
//! .c .i .cc ... -- stock compiler, -S --\
//! .S ----------- stock preprocessor -----+-- rewriter --+-- (-S)
//! .s ------------------------------------/              \-- stock assembler -- .o
//! ```
//! The stages are joined by pipes. Nothing reaches the assembler but through
//! the rewriter, unless a native build was asked for.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use lfi_abi::Target;

use crate::{
    cache,
    command_line::CommandLine,
    driver::say,
    error::{At, Error, Result},
    language::{Language, is_cpp, language},
    options::Emit,
    options::Options,
    output::{self, Mode},
    stock::Stock,
};

/// One source of the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    /// The path; `-` is standard input.
    pub(crate) path: &'a str,
    /// What `-x` said.
    pub(crate) explicit: Option<&'a str>,
}

impl Source<'_> {
    /// The name in messages about its assembly.
    fn name(&self) -> String {
        let name = if self.path == "-" { "<stdin>" } else { self.path };
        match language(self.path, self.explicit) {
            // The lines are not the user's; `--lfi-emit=stock -S` shows them.
            Language::Compiled => format!("assembly of {name}"),
            _ => name.to_owned(),
        }
    }

    /// The file's name with another suffix, in the working directory: where
    /// outputs go that nobody named.
    pub(crate) fn with_suffix(&self, suffix: &str) -> String {
        let name = Path::new(self.path).file_name().unwrap_or_default();
        PathBuf::from(name).with_extension(suffix).to_string_lossy().into_owned()
    }
}

/// `-S`: sandboxed assembly into `output`.
pub(crate) fn to_assembly(stock: &Stock, line: &CommandLine, source: Source<'_>, output: &str) -> Result {
    let text = assembly(stock, line, source, output)?;
    if stock.dry_run {
        return Ok(());
    }
    output::write(output, Mode::Data, &text)
}

/// `-c`: a sandboxed object file into `output`. `named` is what the user
/// called it, for dependency files.
pub(crate) fn to_object(stock: &Stock, line: &CommandLine, source: Source<'_>, output: &str, named: &str) -> Result {
    let text = assembly(stock, line, source, named)?;
    if line.options.emit == Emit::Stock && !stock.dry_run {
        return output::write(output, Mode::Data, &text);
    }
    let assemble = |path: &Path| stock.assemble(&line.assemble, &text, path);
    if stock.dry_run { assemble(Path::new(output)) } else { output::create(output, Mode::Data, assemble) }
}

/// Assembly that may run in a sandbox, or the stock compiler's when that or a
/// native build was asked for.
fn assembly(stock: &Stock, line: &CommandLine, source: Source<'_>, named: &str) -> Result<Vec<u8>> {
    let text = stock_assembly(stock, line, source, named)?;
    if line.options.emit != Emit::Sandboxed || stock.dry_run {
        return Ok(text);
    }
    rewrite(stock, &text, &source.name(), &line.options)
}

/// What the rewriter makes of assembly; its errors name the file `name`.
pub(crate) fn rewrite(stock: &Stock, text: &[u8], name: &str, options: &Options) -> Result<Vec<u8>> {
    let (kind, returns, assembler) = (options.kind, options.returns, stock.assembler().dialect());
    let sandbox = lfi_rewriter::Options { target: Target::X64, kind, returns, assembler };
    let start = Instant::now();
    let out = lfi_rewriter::rewrite_bytes(text, name, &sandbox);
    let out = out.map_err(|errors| Error::Rewrite(errors.to_string()))?;
    if let Some(path) = &options.statistics {
        note(path, text, start.elapsed())?;
    }
    Ok(out.into_bytes())
}

/// Adds a line about one rewriting: lines and bytes of the source, seconds.
fn note(path: &Path, text: &[u8], took: Duration) -> Result {
    let lines = text.iter().filter(|&&byte| byte == b'\n').count();
    let line = format!("{lines}\t{}\t{:.6}\n", text.len(), took.as_secs_f64());
    // In one piece: several drivers may run at once.
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(line.as_bytes())).at(path)
}

/// The assembly of a source before it is rewritten.
fn stock_assembly(stock: &Stock, line: &CommandLine, source: Source<'_>, named: &str) -> Result<Vec<u8>> {
    let mut words = stock.compile_words(&line.compile);
    match language(source.path, source.explicit) {
        Language::Assembly if source.path == "-" => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).at("standard input")?;
            Ok(bytes)
        }
        Language::Assembly => fs::read(source.path).at(source.path),
        Language::PreprocessedAssembly => {
            words.extend(dependencies(line, source, named));
            words.extend(["-E", "-o", "-", "-x", "assembler-with-cpp", source.path].map(str::to_owned));
            stock.compile(&words, None)
        }
        Language::Compiled => {
            words.extend(source.explicit.map(|language| format!("-x{language}")));
            words.push(source.path.to_owned());
            let extra = dependencies(line, source, named);
            let text = match &line.options.cache {
                Some(dir) if source.path != "-" => {
                    let sysroot = line.options.sysroot();
                    cache::assembly(stock, dir, &sysroot.to_string_lossy(), &words, &extra)
                }
                _ => {
                    words.extend(extra);
                    words.extend(["-S", "-o", "-"].map(str::to_owned));
                    stock.compile(&words, None)
                }
            };
            if matches!(text, Err(Error::Failed { .. })) && is_cpp(source.path, source.explicit) {
                say(format_args!("lfi-cc: note: there is no C++ library yet: only freestanding C++ compiles\n"));
            }
            text
        }
        Language::Object => Err(Error::Usage(format!("{}: not a source file", source.path))),
    }
}

/// The words that have the preprocessor write a dependency file as it would
/// for an output called `named`: since it is run with another output, its own
/// guesses would be wrong.
fn dependencies(line: &CommandLine, source: Source<'_>, named: &str) -> Vec<String> {
    let wanted = &line.dependencies;
    let Some(write) = &wanted.write else { return Vec::new() };
    let mut words = vec![write.clone()];
    words.extend(wanted.flags.iter().cloned());
    let output = line.output.as_deref().filter(|output| *output != "-");
    let file = wanted.file.clone().unwrap_or_else(|| match output {
        Some(output) => Path::new(output).with_extension("d").to_string_lossy().into_owned(),
        None => source.with_suffix("d"),
    });
    words.extend(["-MF".to_owned(), file]);
    if !wanted.has_target() {
        words.extend(["-MQ".to_owned(), named.to_owned()]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(arguments: &str, named: &str) -> String {
        let line = CommandLine::parse(arguments.split(' ').map(str::to_owned), Options::default()).unwrap();
        let (path, explicit) = line.files().next().unwrap();
        dependencies(&line, Source { path, explicit }, named).join(" ")
    }

    #[test]
    fn dependency_files_are_named_as_clang_names_them() {
        assert_eq!(words("-c a.c", "a.o"), "");
        assert_eq!(words("-MD -c dir/a.c", "a.o"), "-MD -MF a.d -MQ a.o");
        assert_eq!(words("-MMD -MP -c dir/a.c -o out/b.o", "out/b.o"), "-MMD -MP -MF out/b.d -MQ out/b.o");
        assert_eq!(
            words("-MT out/b.o -MD -MP -MF out/.deps/b.Tpo -c a.c -o out/b.o", "out/b.o"),
            "-MD -MT out/b.o -MP -MF out/.deps/b.Tpo"
        );
        assert_eq!(words("-Wp,-MMD,out/.b.o.d -c a.c -o out/b.o", "out/b.o"), "-MMD -MF out/.b.o.d -MQ out/b.o");
    }
}
