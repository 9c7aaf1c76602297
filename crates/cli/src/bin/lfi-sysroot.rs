//! `lfi-sysroot`: builds the sysroot that `lfi-cc` compiles with.

use std::{env, path::PathBuf, process::ExitCode};

use lexopt::{Arg, Parser, ValueExt};
use lfi_cli::message::{complain, say};
use lfi_toolchain::{Emit, Options, sysroot};

const USAGE: &str = "\
usage: lfi-sysroot compile --musl DIR --llvm DIR --kernel-headers DIR [--level LEVEL] -o STOCK
       lfi-sysroot build --stock STOCK [--kind full|stores|jumps] [--returns jump|ret | --native] -o SYSROOT

`compile` has the stock compiler make assembly of the C library, the compiler's
run-time library and the unwinder; `build` makes a sysroot of that assembly, for
one kind of sandbox and form of return, or a native one to compare with. The directories that they fill must be
empty. LEVEL (`-O0`) replaces the levels of optimisation that the libraries choose. The stock compiler is LFI_CC (clang-19).";

fn main() -> ExitCode {
    let words = match Words::read() {
        Ok(words) => words,
        Err(error) => {
            complain("lfi-sysroot", format!("{error} (see --help)"));
            return ExitCode::from(2);
        }
    };
    match words.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error.to_string().lines() {
                complain("lfi-sysroot", line);
            }
            ExitCode::from(error.status())
        }
    }
}

/// The command line.
#[derive(Default)]
struct Words {
    command: Option<String>,
    directories: Vec<(String, PathBuf)>,
    options: Options,
    level: Option<String>,
    help: bool,
}

impl Words {
    fn read() -> Result<Self, Box<dyn std::error::Error>> {
        let mut words = Self { options: Options::from_environment()?, ..Self::default() };
        let mut parser = Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Long("help") | Arg::Short('h') => words.help = true,
                Arg::Long("kind") => words.options.kind = parser.value()?.parse()?,
                Arg::Long("level") => words.level = Some(parser.value()?.string()?),
                Arg::Long("native") => words.options.emit = Emit::Native,
                Arg::Long("returns") => words.options.returns = parser.value()?.parse()?,
                Arg::Long(name @ ("musl" | "llvm" | "kernel-headers" | "stock")) => {
                    let name = name.to_owned();
                    words.directories.push((name, parser.value()?.into()));
                }
                Arg::Short('o') => words.directories.push(("o".to_owned(), parser.value()?.into())),
                Arg::Value(command) if words.command.is_none() => words.command = Some(command.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        let needed: &[&str] = match words.command.as_deref() {
            _ if words.help => &[],
            Some("compile") => &["musl", "llvm", "kernel-headers", "o"],
            Some("build") => &["stock", "o"],
            _ => return Err("no such command".into()),
        };
        match needed.iter().find(|name| words.directory(name).as_os_str().is_empty()) {
            Some(name) => Err(format!("the directory `{name}` is missing").into()),
            None => Ok(words),
        }
    }

    fn directory(&self, name: &str) -> PathBuf {
        self.directories.iter().find(|(key, _)| key == name).map_or(PathBuf::new(), |(_, path)| path.clone())
    }

    fn run(&self) -> lfi_toolchain::Result {
        let output = self.directory("o");
        if self.help {
            say(format!("{USAGE}\n"));
            return Ok(());
        }
        if self.command.as_deref() == Some("build") {
            return sysroot::build(&self.directory("stock"), &self.options, &output);
        }
        let sources = sysroot::Sources {
            musl: self.directory("musl"),
            llvm: self.directory("llvm"),
            kernel_headers: self.directory("kernel-headers"),
        };
        let driver = env::current_exe().unwrap_or_default().with_file_name("lfi-cc");
        sysroot::compile(&sources, &driver, &self.options, self.level.as_deref(), &output)
    }
}
