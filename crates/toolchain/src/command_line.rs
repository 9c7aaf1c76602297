//! An ordinary clang command line, sorted by who needs which part of it.
//!
//! What no table names is the stock compiler's: it knows its options better,
//! and complains about the wrong ones. What would make the stock compiler do
//! something that cannot be sandboxed is refused or left out, with a note.

mod response;
mod spelling;

use crate::{
    error::{Error, Result},
    options::Options,
};
use spelling::{Fate, Value};

/// Where the driver stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Make a program, or one object file out of several (`-r`).
    Link,
    /// `-c`: an object file for each input.
    Object,
    /// `-S`: sandboxed assembly for each input.
    Assembly,
    /// `-E`, `-M`, `-MM`, `-fsyntax-only`, header files: the stock compiler does all of it.
    Stock,
    /// A question about the toolchain; nothing is compiled.
    Query(Query),
}

/// A question of a build system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Query {
    /// `--version`, or `-v` with nothing to do.
    Version,
    /// `--help`.
    Help,
    /// `-dumpmachine`, `-print-target-triple` and the like.
    Target,
    /// `-print-file-name=FILE`.
    File(String),
    /// `-print-prog-name=PROGRAM`.
    Program(String),
    /// `-print-libgcc-file-name`.
    Builtins,
    /// `-print-search-dirs`.
    SearchDirs,
    /// `-print-sysroot`.
    Sysroot,
    /// `-print-multi-directory`, `-print-multi-os-directory`.
    MultiDirectory,
    /// `-print-multi-lib`.
    MultiLib,
    /// `-print-multiarch`.
    Multiarch,
    /// `-dumpversion`, `-print-resource-dir` and what else only the stock
    /// compiler knows.
    Stock(String),
}

/// One thing to link, in the order of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A file, with the language that `-x` gave it (`none` is no language).
    File {
        /// The path; `-` is standard input.
        path: String,
        /// As `-x` wants it.
        language: Option<String>,
    },
    /// A word for the linker: `-lm`, or from `-Wl,`.
    Linker(String),
}

/// `-MD` and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dependencies {
    /// `-MD` or `-MMD`.
    pub(crate) write: Option<String>,
    /// `-MF`.
    pub(crate) file: Option<String>,
    /// `-MT x`, `-MQ x`, `-MP`, `-MG`, `-MV`.
    pub(crate) flags: Vec<String>,
}

impl Dependencies {
    /// Whether `-MT` or `-MQ` names the target.
    pub(crate) fn has_target(&self) -> bool {
        self.flags.iter().any(|flag| flag.starts_with("-MT") || flag.starts_with("-MQ"))
    }
}

/// A command line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// Where the driver stops.
    pub(crate) action: Action,
    /// `-o`.
    pub(crate) output: Option<String>,
    /// Inputs and words for the linker, in order.
    pub(crate) items: Vec<Item>,
    /// For the stock compiler, in order.
    pub(crate) compile: Vec<String>,
    /// For the assembler.
    pub(crate) assemble: Vec<String>,
    /// `-MD` and what belongs to it.
    pub(crate) dependencies: Dependencies,
    /// `-nostartfiles` or `-nostdlib`: no crt files.
    pub(crate) no_start_files: bool,
    /// `-nodefaultlibs` or `-nostdlib`: no libraries but the named ones.
    pub(crate) no_default_libraries: bool,
    /// `-nolibc`: no C library.
    pub(crate) no_libc: bool,
    /// `-r`.
    pub(crate) relocatable: bool,
    /// `-v`: show the commands.
    pub(crate) verbose: bool,
    /// `-###`: show the commands and run none.
    pub(crate) dry_run: bool,
    /// What was left out, to be said once.
    pub(crate) notes: Vec<String>,
    /// The options of this driver.
    pub(crate) options: Options,
}

impl CommandLine {
    /// Reads the words after the program's name. Response files are expanded;
    /// `options` are what the environment says.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>, options: Options) -> Result<Self> {
        let mut parser = Parser {
            line: Self {
                action: Action::Link,
                output: None,
                items: Vec::new(),
                compile: Vec::new(),
                assemble: Vec::new(),
                dependencies: Dependencies::default(),
                no_start_files: false,
                no_default_libraries: false,
                no_libc: false,
                relocatable: false,
                verbose: false,
                dry_run: false,
                notes: Vec::new(),
                options,
            },
            language: None,
            position_independent: false,
        };
        let mut words = response::expand(arguments)?.into_iter();
        while let Some(word) = words.next() {
            parser.word(word, &mut words)?;
        }
        parser.finish()
    }

    /// The option that stops earliest wins, whatever the order; a question
    /// wins over all.
    fn stop(&mut self, action: Action) {
        let rank = |action: &Action| match action {
            Action::Link => 0,
            Action::Object => 1,
            Action::Assembly => 2,
            Action::Stock => 3,
            Action::Query(_) => 4,
        };
        if rank(&action) > rank(&self.action) {
            self.action = action;
        }
    }

    /// The input files, in order.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.items.iter().filter_map(|item| match item {
            Item::File { path, language } => Some((path.as_str(), language.as_deref())),
            Item::Linker(_) => None,
        })
    }
}

struct Parser {
    line: CommandLine,
    /// The present `-x`.
    language: Option<String>,
    /// A `-fPIC` or `-fPIE` is among the words for the compiler.
    position_independent: bool,
}

impl Parser {
    fn word(&mut self, word: String, rest: &mut impl Iterator<Item = String>) -> Result {
        if word == "--" {
            rest.for_each(|path| self.file(path));
            return Ok(());
        }
        if word == "-" || !word.starts_with('-') {
            self.file(word);
            return Ok(());
        }
        if self.line.options.flag(&word)? {
            return Ok(());
        }
        let (row, value) = spelling::find(&word);
        let (fate, name) = (row.fate, row.name);
        match value {
            Value::None => self.option(fate, name, &[&word], ""),
            Value::Joined(value) => self.option(fate, name, &[&word], value),
            Value::Next => {
                let next = rest.next();
                let next = next.ok_or_else(|| Error::Usage(format!("argument to '{word}' is missing")))?;
                self.option(fate, name, &[&word, &next], &next)
            }
        }
    }

    fn file(&mut self, path: String) {
        self.line.items.push(Item::File { path, language: self.language.clone() });
    }

    /// Acts on one option: `name` as the table has it, `words` as it was
    /// written, `value` what follows the name.
    fn option(&mut self, fate: Fate, name: &str, words: &[&str], value: &str) -> Result {
        let line = &mut self.line;
        let owned = || words.iter().map(|word| (*word).to_owned());
        let linker = |word: &str| Item::Linker(word.to_owned());
        match fate {
            Fate::Compile => line.compile.extend(owned()),
            Fate::Assemble => line.assemble.extend(owned()),
            Fate::Link => line.items.extend(words.iter().map(|word| linker(word))),
            Fate::LinkWords => line.items.extend(value.split(',').map(linker)),
            Fate::LinkWord => line.items.push(linker(value)),
            Fate::LinkAs(word) => line.items.push(linker(word)),
            Fate::Act => self.act(name, words, value)?,
            Fate::Query => self.query(name, words, value),
            Fate::Preprocessor => self.preprocessor(words, value),
            Fate::Ignore => {}
            Fate::Drop(why) => line.notes.push(format!("{}: {why}", words.join(" "))),
            Fate::Refuse(why) => return Err(Error::Unsupported { option: words.join(" "), why }),
        }
        Ok(())
    }

    fn act(&mut self, name: &str, words: &[&str], value: &str) -> Result {
        let line = &mut self.line;
        match name {
            "-c" => line.stop(Action::Object),
            "-S" => line.stop(Action::Assembly),
            "-E" | "-M" | "-MM" | "-fsyntax-only" => {
                line.stop(Action::Stock);
                line.compile.push(name.to_owned());
            }
            "-o" => line.output = Some(value.to_owned()),
            "-x" => self.language = (value != "none").then(|| value.to_owned()),
            "-MD" | "-MMD" => line.dependencies.write = Some(name.to_owned()),
            "-MF" => line.dependencies.file = Some(value.to_owned()),
            "-MT" | "-MQ" => line.dependencies.flags.extend([name.to_owned(), value.to_owned()]),
            "-MP" | "-MG" | "-MV" => line.dependencies.flags.push(name.to_owned()),
            "-v" => line.verbose = true,
            "-###" => line.dry_run = true,
            "-r" => line.relocatable = true,
            "-nostdlib" | "--no-standard-libraries" => {
                (line.no_start_files, line.no_default_libraries) = (true, true);
            }
            "-nostartfiles" => line.no_start_files = true,
            "-nodefaultlibs" => line.no_default_libraries = true,
            "-nolibc" => line.no_libc = true,
            "-fPIC" | "-fpic" | "-fPIE" | "-fpie" => {
                self.position_independent = true;
                line.compile.push(name.to_owned());
            }
            "--sysroot" | "--sysroot=" => line.options.sysroot = Some(value.into()),
            "-target" | "--target=" => target(words, value)?,
            // Every row that says `Act` is above.
            _ => line.compile.extend(words.iter().map(|word| (*word).to_owned())),
        }
        Ok(())
    }

    fn query(&mut self, name: &str, words: &[&str], value: &str) {
        self.line.stop(Action::Query(match name {
            "--version" => Query::Version,
            "--help" | "-help" => Query::Help,
            "-dumpmachine" | "-print-target-triple" | "-print-effective-triple" => Query::Target,
            "-print-file-name=" => Query::File(value.to_owned()),
            "-print-prog-name=" => Query::Program(value.to_owned()),
            "-print-libgcc-file-name" => Query::Builtins,
            "-print-search-dirs" => Query::SearchDirs,
            "-print-sysroot" => Query::Sysroot,
            "-print-multi-directory" | "-print-multi-os-directory" => Query::MultiDirectory,
            "-print-multi-lib" => Query::MultiLib,
            "-print-multiarch" => Query::Multiarch,
            _ => Query::Stock(words.join(" ")),
        }));
    }

    /// `-Wp,`: words for the preprocessor. Makefiles ask for dependency files
    /// in this way; the rest is the stock compiler's.
    fn preprocessor(&mut self, words: &[&str], value: &str) {
        let line = &mut self.line;
        match value.split(',').collect::<Vec<_>>()[..] {
            [flag @ ("-MD" | "-MMD"), file] => {
                line.dependencies.write = Some(flag.to_owned());
                line.dependencies.file = Some(file.to_owned());
            }
            _ => line.compile.extend(words.iter().map(|word| (*word).to_owned())),
        }
    }

    fn finish(self) -> Result<CommandLine> {
        let mut line = self.line;
        if !self.position_independent {
            line.compile.push("-fPIE".to_owned());
        }
        if matches!(line.action, Action::Query(_)) {
            return Ok(line);
        }
        if line.files().any(|(path, language)| is_header(path, language)) {
            line.stop(Action::Stock); // precompiled headers hold no machine code
        }
        let files = line.files().count();
        if files == 0 {
            if line.verbose {
                line.action = Action::Query(Query::Version);
                return Ok(line);
            }
            return Err(Error::Usage("no input files".to_owned()));
        }
        if files > 1 && line.output.is_some() && matches!(line.action, Action::Object | Action::Assembly) {
            return Err(Error::Usage("cannot specify -o when generating multiple output files".to_owned()));
        }
        Ok(line)
    }
}

fn is_header(path: &str, language: Option<&str>) -> bool {
    match language {
        Some(language) => language.ends_with("-header"),
        None => [".h", ".hh", ".hpp", ".H"].iter().any(|suffix| path.ends_with(suffix)),
    }
}

/// Only our own target can be asked for; build systems repeat it.
fn target(words: &[&str], triple: &str) -> Result {
    let mut parts = triple.split('-');
    let first = parts.next().unwrap_or_default();
    let ours = match first {
        "x86_64_lfi" => true,
        "x86_64" => parts.next() == Some("lfi"),
        _ => false,
    };
    if ours {
        return Ok(());
    }
    Err(Error::Unsupported { option: words.join(" "), why: "this driver compiles for x86_64-lfi-linux-musl only" })
}

#[cfg(test)]
mod tests;
