//! The limit of file sizes (`RLIMIT_FSIZE`).
//!
//! The kernel's own limit is of the host's process. Here the place where a write
//! will land is found first, and then it lands there: the position of a file, which
//! other threads move, is not looked at twice.

use crate::{
    call::file::is_regular,
    fs::File,
    process::{Process, lock},
    signal::Info,
};
use rustix::{
    fs::{OFlags, SeekFrom, fcntl_getfl, fstat, seek},
    io::Errno,
};
use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};

/// How large a process may make files.
#[derive(Debug)]
pub(crate) struct FileSize {
    /// The soft limit.
    most: AtomicU64,
    /// Held by who writes to a file, or says where writes land, while there is a limit.
    writing: Mutex<()>,
}

/// What a write may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Bytes.
    pub(crate) most: u64,
    /// The offset to write at. None: the file's own position.
    pub(crate) at: Option<u64>,
}

impl FileSize {
    pub(crate) fn new(most: u64) -> Self {
        Self { most: most.into(), writing: Mutex::default() }
    }

    pub(crate) fn set(&self, most: u64) {
        let _alone = lock(&self.writing);
        self.most.store(most, Ordering::Relaxed);
    }

    fn most(&self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }

    /// Whether the file has a limit.
    pub(crate) fn limits(&self, file: &File) -> bool {
        self.most() != u64::MAX && file.fd().is_ok_and(is_regular)
    }

    /// Nobody writes meanwhile who has found out where.
    pub(crate) fn between_writes(&self) -> MutexGuard<'_, ()> {
        lock(&self.writing)
    }
}

impl Process {
    /// Writes to a file what may make it larger, at `at` or its position, and does not wait for anybody. The
    /// write is told how much it may write, and where; `behind`: at the end, whatever the file's flags say.
    pub(crate) fn writing(
        &self,
        file: &File,
        at: Option<u64>,
        behind: bool,
        write: impl FnOnce(Room) -> Result<usize, Errno>,
    ) -> Result<usize, Errno> {
        if !self.file_size.limits(file) {
            return file.growing(|most| write(Room { most, at }));
        }
        let _alone = self.file_size.between_writes();
        let fd = file.fd()?;
        let appends = behind || fcntl_getfl(fd)?.contains(OFlags::APPEND);
        let start = match at {
            _ if appends => fstat(fd)?.st_size.cast_unsigned(),
            Some(at) => at,
            None => seek(fd, SeekFrom::Current(0))?,
        };
        let left = self.file_size.most().saturating_sub(start);
        if left == 0 {
            return self.too_large();
        }
        let there = if appends { at } else { Some(start) };
        let written = file.growing(|most| write(Room { most: most.min(left), at: there }))?;
        if at.is_none() && !appends {
            seek(fd, SeekFrom::Start(start + written as u64))?;
        }
        Ok(written)
    }

    /// Does what makes a file `size` bytes long, if it is shorter, and does not wait for anybody.
    pub(crate) fn resizing(
        &self,
        file: &File,
        size: u64,
        change: impl FnOnce() -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        if !self.file_size.limits(file) {
            return change();
        }
        let _alone = self.file_size.between_writes();
        if size > self.file_size.most() && size > fstat(file.fd()?)?.st_size.cast_unsigned() {
            return self.too_large();
        }
        change()
    }

    fn too_large<T>(&self) -> Result<T, Errno> {
        self.pending.add(Info::of_kernel(libc::SIGXFSZ), None)?;
        Err(Errno::FBIG)
    }
}
