//! What a process is given. Nothing, unless it is said here.

mod calls;
mod clocks;
mod random;

pub use calls::{Calls, NoCall, Rule};
pub use clocks::Clocks;
pub use random::Randomness;
pub(crate) use random::Source;

use crate::{
    fs::{MountError, Mounts},
    limits::Limits,
    signal::{self, Set},
};
use std::{
    ffi::{CString, NulError},
    path::Path,
};

/// What a process is given: files, variables, clocks, a network, and how much
/// of each. The default is a library's: nothing but memory, random numbers and
/// the time.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use lfi_linux::{Clocks, Network, Policy};
/// let policy = Policy::new()
///     .standard_streams(true)
///     .directory("/data", "./data", false)?
///     .variable("LANG", "C")?
///     .clocks(Clocks::Coarse)
///     .network(Network::None);
/// # Ok(())
/// # }
/// ```
///
/// Any number of processes can be started with clones of one policy. They share
/// the directories that it names, and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub(crate) mounts: Mounts,
    pub(crate) directory: Option<CString>,
    pub(crate) environment: Vec<CString>,
    pub(crate) umask: Option<u32>,
    pub(crate) ignored: Set,
    pub(crate) standard_streams: bool,
    pub(crate) terminal: bool,
    pub(crate) devices: bool,
    pub(crate) process_files: bool,
    pub(crate) clocks: Clocks,
    pub(crate) randomness: Randomness,
    pub(crate) network: Network,
    pub(crate) calls: Calls,
    pub(crate) limits: Limits,
}

/// Which sockets a process may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Network {
    /// None.
    #[default]
    None,
    /// Those of the Unix domain, by paths of its own directories.
    Unix,
    /// These, and internet sockets that reach this machine only (127.0.0.0/8, ::1).
    /// Such a socket cannot be disconnected (`AF_UNSPEC`): the kernel would take it off the loopback device.
    Loopback,
    /// All of these, and every internet address.
    Full,
}

impl Policy {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows the host's directory `host` at `place` (absolute) in the sandbox, to
    /// read or to write, too; see [`Mounts::add`].
    ///
    /// # Errors
    /// When the place is not one, or the directory cannot be opened.
    pub fn directory(mut self, place: &str, host: impl AsRef<Path>, writable: bool) -> Result<Self, MountError> {
        self.mounts.add(place.as_bytes(), host.as_ref(), writable)?;
        Ok(self)
    }

    /// Puts an empty file system in memory at `place` (absolute) in the sandbox,
    /// which holds at most `bytes`; see [`Mounts::add_memory`].
    ///
    /// # Errors
    /// When the place is not one.
    pub fn memory(mut self, place: &str, bytes: u64) -> Result<Self, MountError> {
        self.mounts.add_memory(place.as_bytes(), bytes)?;
        Ok(self)
    }

    /// Starts in this directory of the sandbox, an absolute path; `/` by default.
    ///
    /// # Errors
    /// When there is a null byte in it.
    pub fn working_directory(mut self, path: &str) -> Result<Self, NulError> {
        self.directory = Some(CString::new(path)?);
        Ok(self)
    }

    /// The permissions that its new files lack until it says so itself, umask(2); 022 by default. On
    /// the host's own files, the host's mask counts, too.
    pub fn umask(mut self, mask: u32) -> Self {
        self.umask = Some(mask & 0o777);
        self
    }

    /// Signals that it ignores until it says otherwise, as those do that their callers had ignored (execve(2)); none by
    /// default. What cannot be ignored is not.
    ///
    /// ```
    /// # use lfi_linux::Policy;
    /// let policy = Policy::new().standard_streams(true).ignored_signals([libc::SIGPIPE]);
    /// ```
    pub fn ignored_signals(mut self, signals: impl IntoIterator<Item = i32>) -> Self {
        let known = signals.into_iter().filter(|&signal| signal::index(signal).is_ok());
        self.ignored = known.fold(0, |set, signal| set | signal::bit(signal)) & !signal::never_blocked();
        self
    }

    /// Sets a variable of the environment, which is empty otherwise; the last
    /// value of a name counts.
    ///
    /// # Errors
    /// When there is a null byte in it.
    pub fn variable(mut self, name: &str, value: &str) -> Result<Self, NulError> {
        let variable = CString::new(format!("{name}={value}"))?;
        let start = &variable.as_bytes()[..=name.len()];
        self.environment.retain(|other| !other.as_bytes().starts_with(start));
        self.environment.push(variable);
        Ok(self)
    }

    /// Gives it the host's standard input, output and error. Without them it
    /// reads nothing, and what it writes is dropped.
    pub fn standard_streams(mut self, given: bool) -> Self {
        self.standard_streams = given;
        self
    }

    /// Where a standard stream is a terminal, lets it see and change the
    /// terminal's settings. Without that, no stream is a terminal.
    pub fn terminal(mut self, given: bool) -> Self {
        self.terminal = given;
        self
    }

    /// Gives it a `/dev` of the layer's own: `null`, `zero`, `urandom` and the like.
    pub fn devices(mut self, given: bool) -> Self {
        self.devices = given;
        self
    }

    /// Gives it a `/proc` of the layer's own, which tells it about itself.
    pub fn process_files(mut self, given: bool) -> Self {
        self.process_files = given;
        self
    }

    /// What its clocks show.
    pub fn clocks(mut self, clocks: Clocks) -> Self {
        self.clocks = clocks;
        self
    }

    /// Where its random numbers come from.
    pub fn randomness(mut self, randomness: Randomness) -> Self {
        self.randomness = randomness;
        self
    }

    /// Which sockets it may have.
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// The most that it may use.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How system calls are answered.
    pub fn calls(mut self, calls: Calls) -> Self {
        self.calls = calls;
        self
    }
}
