//! What every command needs before it can start: Debian packages, the tools
//! built and installed, a sysroot.

use std::{
    collections::BTreeSet,
    env, fs,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use lfi_abi::{Kind, Returns};

use crate::{
    cache,
    failure::{Context, Failure, Result},
    fetch::{self, pins},
    ui,
};

/// Debian packages that must be installed, each with its reason.
const PACKAGES: &[(&str, &str)] = &[
    ("clang-19", "the stock compiler and assembler"),
    ("lld-19", "the linker"),
    ("llvm-19", "archiver and disassembler"),
    ("libc6-dev", "native builds to compare with"),
    ("gcc", "native builds to compare with"),
    ("linux-libc-dev", "kernel headers for the sysroot"),
    ("python3", "the build of XED, a decoder to compare with"),
    ("make", "builds of the C library and of test programs"),
    ("patch", "Debian's patches of the C library"),
    ("xz-utils", "unpacking of sources"),
    ("bzip2", "unpacking of sources"),
    ("tcl", "makes sqlite's amalgamation"),
    ("linux-perf", "counts of cycles and instructions; where the machine has none, time is taken"),
];

/// Names under which the driver is installed.
const DRIVER_NAMES: &[&str] = &[
    "x86_64-lfi-linux-musl-clang",
    "x86_64_lfi-linux-musl-clang",
    "x86_64-lfi-linux-musl-cc",
    "x86_64-lfi-linux-musl-gcc",
];

/// Binary utilities that build systems look for under the target's name.
const UTILITIES: &[&str] = &["ar", "nm", "objcopy", "objdump", "ranlib", "readelf", "strip"];

/// Makes sure that the Debian packages are there: as root they are installed,
/// otherwise the command that would do it is the error.
pub(crate) fn packages() -> Result {
    let names: Vec<&str> = PACKAGES.iter().map(|(name, _)| *name).collect();
    install(&names)
}

/// The same for packages that not every Debian archive has.
pub(crate) fn install(names: &[&str]) -> Result {
    let missing = missing_packages(names);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !root {
        return Err(Failure::could_not(format!(
            "these Debian packages are missing; install them and run this again:\n    \
             sudo apt-get update && sudo apt-get install --no-install-recommends {names}"
        )));
    }
    ui::step(&format!("installing Debian packages: {names}"), || {
        let install = || {
            let mut command = Command::new("apt-get");
            command.env("DEBIAN_FRONTEND", "noninteractive");
            command.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(&missing);
            command
        };
        // A new machine's package lists are empty or old.
        if ui::run(&mut install()).is_err() {
            ui::run(Command::new("apt-get").args(["update", "--quiet"]))?;
            ui::run(&mut install())?;
        }
        Ok(())
    })
}

fn missing_packages<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let installed = |name: &str| {
        Command::new("dpkg-query")
            .args(["--show", "--showformat=${db:Status-Status}", name])
            .stderr(Stdio::null())
            .output()
            .is_ok_and(|output| output.stdout.starts_with(b"installed"))
    };
    names.iter().copied().filter(|name| !installed(name)).collect()
}

/// The directory of this repository.
pub(crate) fn repository() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// The installed tools: `target/lfi` of the repository.
pub(crate) struct Tools {
    root: PathBuf,
}

impl Tools {
    /// The path of a tool.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join("bin").join(name)
    }

    /// A command that runs a tool.
    pub(crate) fn command(&self, name: &str) -> Command {
        Command::new(self.path(name))
    }

    /// The driver, for one kind and form of return, whose sysroot is built if
    /// it is not there yet.
    pub(crate) fn driver(&self, kind: Kind, returns: Returns) -> Result<Command> {
        self.sysroot(kind, returns)?;
        let mut command = self.clean_driver()?;
        command.arg(format!("--lfi-kind={kind}")).arg(format!("--lfi-returns={returns}"));
        Ok(command)
    }

    /// The driver for native programs to compare with: the same compiler,
    /// flags and C library.
    pub(crate) fn native_driver(&self) -> Result<Command> {
        self.native_sysroot()?;
        let mut command = self.clean_driver()?;
        command.arg("--lfi-emit=native");
        Ok(command)
    }

    /// The sysroot of native programs.
    pub(crate) fn native_sysroot(&self) -> Result<PathBuf> {
        self.build_sysroot(None, "native", &["--native".to_owned()])
    }

    /// The driver with nothing that the user set for himself.
    fn clean_driver(&self) -> Result<Command> {
        let mut command = self.command("lfi-cc");
        for variable in ["LFI_SYSROOT", "LFI_KIND", "LFI_RETURNS", "LFI_AS"] {
            command.env_remove(variable);
        }
        // The same sources are compiled for each kind: only the rewriting differs.
        command.env("LFI_CACHE_DIR", cache::root()?.join("compiled"));
        Ok(command)
    }

    /// The sysroot for one kind and form of return: built when it is not
    /// there, or when anything that it is made from or by has changed.
    pub(crate) fn sysroot(&self, kind: Kind, returns: Returns) -> Result<PathBuf> {
        self.sysroot_at(None, kind, returns)
    }

    /// The same, with the libraries compiled at a level of optimisation (`O0`)
    /// that they would not choose themselves. Such a one is not installed.
    pub(crate) fn sysroot_at(&self, level: Option<&str>, kind: Kind, returns: Returns) -> Result<PathBuf> {
        let flags = [format!("--kind={kind}"), format!("--returns={returns}")];
        self.build_sysroot(level, &format!("{kind}-{returns}"), &flags)
    }

    /// The sysroot `x64-NAME`, for which `lfi-sysroot build` takes `flags`.
    fn build_sysroot(&self, level: Option<&str>, name: &str, flags: &[String]) -> Result<PathBuf> {
        let builder = self.path("lfi-sysroot");
        let stock = stock_assembly(&builder, level)?;
        let prefix = format!("x64{}-{name}-", level.unwrap_or_default());
        let stock_name = stock.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let key = toolchain_key()?.bytes(stock_name.as_bytes()).text();
        let sysroot = cache::entry(&format!("sysroot/{prefix}{key}"), |dir| {
            ui::step(&format!("building the sysroot {name} {}", level.unwrap_or_default()), || {
                let mut command = Command::new(&builder);
                command.arg("build").arg("--stock").arg(&stock).arg("-o").arg(dir);
                command.args(flags);
                ui::run(&mut command).map(drop)
            })
        })?;
        cache::forget_others(&sysroot, &prefix)?;
        if level.is_none() {
            link(&sysroot, &self.root.join("sysroot").join(format!("x64-{name}")))?;
        }
        Ok(sysroot)
    }
}

/// The crates that driver and sysroot builder are made of: their own and what it depends on.
const TOOLCHAIN: [&str; 3] = ["abi", "rewriter", "toolchain"];

/// The beginning of the key of what driver or sysroot builder make: all sources that decide what they do. The
/// executables say more than that, since other tools of their package share a library with them: they change with the
/// Linux layer, too.
pub(crate) fn toolchain_key() -> Result<cache::Key> {
    let repository = repository();
    let lock = repository.join("Cargo.lock");
    let lock = fs::read_to_string(&lock).at(&lock)?;
    let mut key = locked(&lock, &TOOLCHAIN.map(|name| format!("lfi-{name}")))
        .iter()
        .fold(cache::Key::new(), |key, package| key.bytes(package.as_bytes()));
    for name in TOOLCHAIN {
        let package = repository.join("crates").join(name);
        key = key.file(&package.join("Cargo.toml"))?.tree(&package.join("src"))?;
    }
    let tools = repository.join("crates/cli/src/bin");
    key.file(&tools.join("lfi-cc.rs"))?.file(&tools.join("lfi-sysroot.rs"))
}

/// What `Cargo.lock` says of these packages and of all that they depend on.
fn locked<'a>(lock: &'a str, names: &[String]) -> BTreeSet<&'a str> {
    let packages: Vec<&str> = lock.split("[[package]]\n").skip(1).collect();
    let mut found = BTreeSet::new();
    let mut left = names.to_vec();
    while let Some(name) = left.pop() {
        let line = format!("name = \"{name}\"\n");
        for package in packages.iter().filter(|package| package.starts_with(&line)) {
            if found.insert(*package) {
                let (_, list) = package.split_once("dependencies = [").unwrap_or_default();
                // "NAME", or "NAME VERSION" where there are several.
                let names = list.lines().filter_map(|line| line.trim().strip_prefix('"')?.split(['"', ' ']).next());
                left.extend(names.map(str::to_owned));
            }
        }
    }
    found
}

/// The libraries as the stock compiler compiles them: what all sysroots are
/// rewritten from.
fn stock_assembly(builder: &Path, level: Option<&str>) -> Result<PathBuf> {
    let musl = fetch::debian_source(&pins::MUSL)?;
    let llvm = fetch::debian_source(&pins::LLVM)?;
    let version = ui::run(Command::new("clang-19").arg("--version"))?;
    let headers = fetch::kernel_headers()?;
    let key = cache::Key::new()
        .bytes(musl.as_os_str().as_encoded_bytes())
        .bytes(llvm.as_os_str().as_encoded_bytes())
        .bytes(version.as_bytes())
        .bytes(headers.as_os_str().as_encoded_bytes())
        .tree(&repository().join("crates/toolchain/src"))?
        .text();
    let prefix = format!("x64{}-", level.unwrap_or_default());
    let stock = cache::entry(&format!("stock/{prefix}{key}"), |dir| {
        let level = level.unwrap_or_default();
        ui::step(&format!("compiling the C library and the compiler's run-time library {level}"), || {
            let mut command = Command::new(builder);
            // Whatever compiler the user has chosen for programs.
            command.env("LFI_CC", "clang-19").arg("compile").arg("--musl").arg(&musl).arg("--llvm").arg(&llvm);
            command.arg("--kernel-headers").arg(&headers).arg("-o").arg(dir);
            if !level.is_empty() {
                command.arg("--level").arg(format!("-{level}"));
            }
            ui::run(&mut command).map(drop)
        })
    })?;
    cache::forget_others(&stock, &prefix)?;
    Ok(stock)
}

/// Builds the tools and installs them below `target/lfi`.
pub(crate) fn tools() -> Result<Tools> {
    packages()?;
    let root = repository().join("target/lfi");
    let executables = ui::step("building the tools", || build_release("lfi-cli", &["--bins"]))?;
    let bin = root.join("bin");
    fs::create_dir_all(&bin).at(&bin)?;
    fs::create_dir_all(root.join("sysroot")).at(&root)?;
    for executable in executables {
        let tool = bin.join(executable.file_name().unwrap_or_default());
        // One that is in use elsewhere would no longer find what is beside it.
        if fs::read(&tool).ok() != Some(fs::read(&executable).at(&executable)?) {
            replace(&tool, |path| fs::copy(&executable, path).map(drop))?;
        }
    }
    for name in DRIVER_NAMES {
        link(Path::new("lfi-cc"), &bin.join(name))?;
    }
    for name in UTILITIES {
        link(Path::new(&format!("/usr/bin/llvm-{name}-19")), &bin.join(format!("x86_64-lfi-linux-musl-{name}")))?;
    }
    Ok(Tools { root })
}

/// Builds targets of one of our packages; paths of the executables, as cargo reports them.
pub(crate) fn build_release(package: &str, targets: &[&str]) -> Result<Vec<PathBuf>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--package", package, "--message-format=json-render-diagnostics"])
        .args(targets)
        .current_dir(repository())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::could_not(format!("cargo: {error}")))?;
    if !output.status.success() {
        return Err(Failure::could_not(format!("{package} could not be built")));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text
        .lines()
        .filter_map(|line| line.split_once("\"executable\":\"")?.1.split('"').next())
        .map(PathBuf::from)
        .collect())
}

fn link(target: &Path, path: &Path) -> Result {
    if fs::read_link(path).is_ok_and(|old| old == target) {
        return Ok(());
    }
    replace(path, |path| symlink(target, path))
}

/// Makes a file beside `path` and renames it, since the old one may be in use.
fn replace(path: &Path, make: impl FnOnce(&Path) -> std::io::Result<()>) -> Result {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let new = PathBuf::from(name);
    make(&new).at(&new)?;
    fs::rename(&new, path).at(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_locked_is_what_is_used() {
        let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
        let found = locked(&lock, &["lfi-toolchain".to_owned()]);
        let has = |name: &str| found.iter().any(|package| package.starts_with(&format!("name = \"{name}\"\n")));
        for name in ["lfi-toolchain", "lfi-rewriter", "object", "sha2", "digest", "iced-x86"] {
            assert!(has(name), "{name}");
        }
        assert!(!has("lfi-cli") && !has("toml"));
        let text = "version = 4\n\n[[package]]\nname = \"a\"\ndependencies = [\n \"b 1\",\n]\n\n[[package]]\nname = \"b\"\n\n\
                    [[package]]\nname = \"c\"\n";
        assert_eq!(locked(text, &["a".to_owned()]).len(), 2);
    }

    #[test]
    fn the_toolchains_key_has_all_of_our_crates_that_the_toolchain_is_made_of() {
        for name in TOOLCHAIN {
            let manifest = fs::read_to_string(repository().join("crates").join(name).join("Cargo.toml")).unwrap();
            let (_, dependencies) = manifest.split_once("\n[dependencies]").unwrap();
            let dependencies = dependencies.split("\n[").next().unwrap();
            let ours = dependencies.lines().filter_map(|line| line.strip_prefix("lfi-"));
            for used in ours {
                let used = used.split(['.', ' ', '=']).next().unwrap();
                assert!(TOOLCHAIN.contains(&used), "{name} depends on lfi-{used}");
            }
        }
    }
}
