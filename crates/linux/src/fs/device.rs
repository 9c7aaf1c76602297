//! The devices of `/dev`: the host's own, when they are what they ought to be.

use rustix::{
    fs::{CWD, Mode, OFlags, fstat, openat},
    io::Errno,
};
use std::os::fd::OwnedFd;

/// The devices that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    Null,
    Zero,
    Full,
    Random,
    Terminal,
}

impl Device {
    /// The host's own, and its number: major and minor.
    fn of_host(self) -> (&'static str, (u32, u32)) {
        match self {
            Self::Null => ("/dev/null", (1, 3)),
            Self::Zero => ("/dev/zero", (1, 5)),
            Self::Full => ("/dev/full", (1, 7)),
            Self::Random => ("/dev/urandom", (1, 9)),
            Self::Terminal => ("/dev/tty", (5, 0)),
        }
    }

    /// Its number, as in `st_rdev`.
    pub(crate) fn number(self) -> u64 {
        let (_, (major, minor)) = self.of_host();
        rustix::fs::makedev(major, minor)
    }

    /// Opens it, if it is on the host what it ought to be.
    pub(crate) fn open(self, flags: OFlags) -> Result<OwnedFd, Errno> {
        let (path, number) = self.of_host();
        let fd = openat(CWD, path, flags | OFlags::CLOEXEC | OFlags::NOCTTY, Mode::empty())?;
        let stat = fstat(&fd)?;
        let found = (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev));
        if found == number { Ok(fd) } else { Err(Errno::NXIO) }
    }
}
