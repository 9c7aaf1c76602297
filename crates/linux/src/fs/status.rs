//! What is known about a file, whether the host has it or this layer.

use rustix::fs::Stat;

/// A time as `struct stat` has it: seconds and nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: u32,
}

impl Time {
    fn new(seconds: i64, nanoseconds: u64) -> Self {
        Self { seconds, nanoseconds: u32::try_from(nanoseconds).unwrap_or(0) }
    }

    pub(crate) fn now() -> Self {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        Self { seconds: now.tv_sec, nanoseconds: u32::try_from(now.tv_nsec).unwrap_or(0) }
    }
}

/// The fields of stat(2).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Status {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) links: u64,
    pub(crate) mode: u32,
    pub(crate) user: u32,
    pub(crate) group: u32,
    pub(crate) special: u64,
    pub(crate) size: i64,
    pub(crate) block_size: i64,
    pub(crate) blocks: i64,
    pub(crate) accessed: Time,
    pub(crate) modified: Time,
    pub(crate) changed: Time,
}

impl Status {
    /// The type of the file: the bits of its mode that say it.
    pub(crate) fn kind(&self) -> u32 {
        self.mode & libc::S_IFMT
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.kind() == libc::S_IFDIR
    }
}

impl From<Stat> for Status {
    fn from(stat: Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            links: stat.st_nlink,
            mode: stat.st_mode,
            user: stat.st_uid,
            group: stat.st_gid,
            special: stat.st_rdev,
            size: stat.st_size,
            block_size: stat.st_blksize,
            blocks: stat.st_blocks,
            accessed: Time::new(stat.st_atime, stat.st_atime_nsec),
            modified: Time::new(stat.st_mtime, stat.st_mtime_nsec),
            changed: Time::new(stat.st_ctime, stat.st_ctime_nsec),
        }
    }
}
