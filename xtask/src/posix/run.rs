//! Builds and runs one test, natively and in a sandbox.

use std::{
    env, fs,
    fs::File,
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use lfi_abi::{Kind, Returns};

use super::{Outcome, Pair, Test};
use crate::{
    cache,
    corpus::{self, Program},
    failure::{Context, Failure, Result},
    fetch::{self, pins},
    limit,
    setup::{self, Tools},
};

const LEVEL: &str = "-O2";
/// Longer than any test takes that ends.
const LIMIT: Duration = Duration::from_secs(30);
/// Who runs the tests when root runs us: some of them would set the clock.
const NOBODY: u32 = 65534;

/// Where tests are built and run: a directory that everybody can reach, since
/// nobody runs them. It goes with this value.
pub(super) struct Bench {
    root: PathBuf,
    native: Command,
    sandboxed: Command,
    flags: Vec<String>,
    /// We can become somebody else.
    privileged: bool,
}

impl Bench {
    pub(super) fn new(tools: &Tools) -> Result<Self> {
        let root = env::temp_dir().join(format!("lfi-posix-{}", std::process::id()));
        cache::remove(&root)?;
        fs::create_dir_all(&root).at(&root)?;
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).at(&root)?;
        let run = root.join("lfi-run");
        fs::copy(tools.path("lfi-run"), &run).at(&run)?;
        let include = fetch::debian_source(&pins::POSIX)?.join("include");
        // Some forget the header that declares open(2).
        let mut flags = corpus::words("-std=gnu99 -D_GNU_SOURCE -D_POSIX_C_SOURCE=200112L -include fcntl.h -I");
        flags.push(include.display().to_string());
        Ok(Self {
            root,
            native: tools.native_driver()?,
            sandboxed: tools.driver(Kind::Full, Returns::Jump)?,
            flags,
            privileged: fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0),
        })
    }

    fn place(&self, test: &Test, sandboxed: bool) -> PathBuf {
        self.root.join(&test.name).join(if sandboxed { "sandboxed" } else { "native" })
    }

    /// A file for what one build of a test says; it stays.
    fn log(test: &Test, sandboxed: bool) -> Result<File> {
        let name = format!("{}.{}", test.name, if sandboxed { "sandboxed" } else { "native" });
        let path = setup::repository().join("target/posix").join(name);
        cache::create_parent(&path)?;
        File::create(&path).at(&path)
    }

    /// Both builds of a test. One that fails is a result as any other: not all is there in every C library.
    pub(super) fn build(&self, test: &Test) -> Result {
        let program = Program {
            name: "test".into(),
            sources: vec![test.source.clone()],
            flags: self.flags.clone(),
            libraries: &["-lm"],
            files: Vec::new(),
            runs: Vec::new(),
            succeeds: None,
        };
        for (driver, sandboxed) in [(&self.native, false), (&self.sandboxed, true)] {
            let dir = self.place(test, sandboxed);
            if let Err(failure) = program.build(driver, LEVEL, &dir) {
                let mut log = Self::log(test, sandboxed)?;
                writeln!(log, "{failure}").at(&dir)?;
            }
        }
        Ok(())
    }

    /// Runs both builds of a test that was built.
    pub(super) fn run(&self, test: &Test) -> Result<Pair> {
        Ok(Pair { native: self.outcome(test, false)?, sandboxed: self.outcome(test, true)? })
    }

    fn outcome(&self, test: &Test, sandboxed: bool) -> Result<Outcome> {
        let place = self.place(test, sandboxed);
        let executable = place.join("test");
        if !executable.exists() {
            return Ok(Outcome::NotBuilt);
        }
        let dir = place.join("files");
        cache::remove(&dir)?;
        fs::create_dir_all(&dir).at(&dir)?;
        let mut command = limit::within(LIMIT);
        if self.privileged {
            chown(&dir, Some(NOBODY), Some(NOBODY)).at(&dir)?;
            // What they leave behind in the kernel, such as message queues, goes with a namespace.
            command.args(["unshare", "--ipc", "setpriv", "--clear-groups"]);
            command.arg(format!("--reuid={NOBODY}")).arg(format!("--regid={NOBODY}"));
        }
        if sandboxed {
            command.arg(self.root.join("lfi-run")).args(["--base", "random", "--dev", "--proc"]);
            command.args(["--tmpfs", "/tmp=16m", "--tmpfs", "/dev/shm=16m", "--wd", "/w"]);
            command.arg("--dir").arg(format!("/w={}:rw", dir.display()));
        }
        let log = Self::log(test, sandboxed)?;
        command.arg(&executable).current_dir(&dir).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        command.stdout(log.try_clone().at(&place)?).stderr(log);
        let mut child = spawn(&mut command).map_err(|error| Failure::could_not(format!("timeout: {error}")))?;
        let status = child.wait().map_err(|error| Failure::could_not(format!("timeout: {error}")))?;
        if !sandboxed {
            end_group(child.id())?;
        }
        Ok(Outcome::from(status))
    }
}

/// Some tests make as many processes and threads as they can: while they do, nobody may have one more.
fn spawn(command: &mut Command) -> io::Result<Child> {
    let start = Instant::now();
    loop {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && start.elapsed() < LIMIT => {
                thread::sleep(Duration::from_millis(50));
            }
            spawned => return spawned,
        }
    }
}

/// Ends what a native test has forked and left behind: it is in the process group that `timeout` has made.
fn end_group(id: u32) -> Result {
    let script = format!("kill -s KILL -- -{id} 2>/dev/null || true");
    let status = Command::new("sh").args(["-c", &script]).status();
    status.map(drop).map_err(|error| Failure::could_not(format!("sh: {error}")))
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = cache::remove(&self.root);
    }
}
