//! Calls of the host that rustix does not offer in the form needed here.
#![allow(unsafe_code)] // each function is one system call with buffers of its own

pub(crate) mod futex;
pub(crate) mod socket;

use rustix::io::Errno;
use std::{
    os::fd::{AsRawFd, BorrowedFd},
    sync::OnceLock,
    thread,
};

fn result(value: libc::c_long) -> Result<u64, Errno> {
    u64::try_from(value).map_err(|_| Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL))
}

/// A value of the host's auxiliary vector (0 when absent).
pub(crate) fn auxiliary(key: libc::c_ulong) -> u64 {
    // SAFETY: reads a table the C library keeps.
    unsafe { libc::getauxval(key) }
}

/// Processors that the host's process may use, as at the first time. To find out takes files.
pub(crate) fn processors() -> u32 {
    static COUNT: OnceLock<u32> = OnceLock::new();
    let count = || thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX));
    *COUNT.get_or_init(count)
}

/// membarrier(2) without flags. It concerns all threads of the host's process.
pub(crate) fn membarrier(command: i32) -> Result<u64, Errno> {
    // SAFETY: no preconditions.
    result(unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) })
}

/// getdents64(2): fills `buffer` with records and returns their bytes.
pub(crate) fn directory_entries(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most the buffer's length.
    let n = unsafe { libc::syscall(libc::SYS_getdents64, fd.as_raw_fd(), buffer.as_mut_ptr(), buffer.len()) };
    result(n).map(|n| n as usize)
}

/// An ioctl(2) whose argument is a structure of at most 64 bytes, in and out.
/// Only for requests known to be no larger.
pub(crate) fn small_ioctl(fd: BorrowedFd<'_>, request: u32, argument: &mut [u8; 64]) -> Result<u64, Errno> {
    // SAFETY: the callers' requests read or write at most 64 bytes.
    let value = unsafe { libc::ioctl(fd.as_raw_fd(), libc::Ioctl::from(request), argument.as_mut_ptr()) };
    result(value.into())
}

/// Whether what is open here is a regular file or a directory. Quicker than to ask for its status; no driver is asked.
pub(crate) fn is_file_or_directory(fd: BorrowedFd<'_>) -> bool {
    /// asm-generic/ioctls.h. The kernel itself answers, for files, directories and links that are not followed.
    const FIOQSIZE: u32 = 0x5460;
    small_ioctl(fd, FIOQSIZE, &mut [0; 64]).is_ok()
}

/// A record lock of an open file description, as fcntl(2) has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lock {
    pub(crate) kind: i16,
    pub(crate) whence: i16,
    pub(crate) start: i64,
    pub(crate) len: i64,
}

/// fcntl(2) with `F_OFD_GETLK`, `F_OFD_SETLK` or `F_OFD_SETLKW`.
pub(crate) fn record_lock(fd: BorrowedFd<'_>, command: i32, lock: Lock) -> Result<Lock, Errno> {
    let mut raw =
        libc::flock { l_type: lock.kind, l_whence: lock.whence, l_start: lock.start, l_len: lock.len, l_pid: 0 };
    // SAFETY: these commands read and write the one structure.
    let value = unsafe { libc::fcntl(fd.as_raw_fd(), command, &raw mut raw) };
    result(value.into())?;
    Ok(Lock { kind: raw.l_type, whence: raw.l_whence, start: raw.l_start, len: raw.l_len })
}

/// getrusage(2): user and system time in microseconds, and the largest
/// resident size in KiB.
pub(crate) fn usage(who: i32) -> Result<(i64, i64, i64), Errno> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the kernel fills the structure.
    result(unsafe { libc::getrusage(who, usage.as_mut_ptr()) }.into())?;
    // SAFETY: zero was valid before, and the kernel has filled it.
    let usage = unsafe { usage.assume_init() };
    let micros = |t: libc::timeval| t.tv_sec * 1_000_000 + t.tv_usec;
    Ok((micros(usage.ru_utime), micros(usage.ru_stime), usage.ru_maxrss))
}

/// What comes with a write that fails.
const WRITE_SIGNALS: [i32; 2] = [libc::SIGPIPE, libc::SIGXFSZ];

/// While it lives, a write to a pipe that nobody reads does not kill the host
/// (SIGPIPE), nor one beyond the file size limit (SIGXFSZ): the calls fail.
#[derive(Debug)]
pub(crate) struct WriteSignalsBlocked {
    /// Those that the host has not blocked itself.
    ours: [Option<i32>; 2],
}

impl WriteSignalsBlocked {
    pub(crate) fn new() -> Self {
        let (blocked, mut before) = (set_of(WRITE_SIGNALS), set_of([]));
        // SAFETY: both sets are valid.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const blocked, &raw mut before) };
        // SAFETY: the set is valid.
        let is_ours = |signal| unsafe { libc::sigismember(&raw const before, signal) == 0 };
        Self { ours: WRITE_SIGNALS.map(|signal| is_ours(signal).then_some(signal)) }
    }
}

impl Drop for WriteSignalsBlocked {
    fn drop(&mut self) {
        let ours = self.ours.into_iter().flatten();
        // Those that came meanwhile are taken.
        for signal in ours.clone() {
            let (one, now) = (set_of([signal]), libc::timespec { tv_sec: 0, tv_nsec: 0 });
            // SAFETY: set and time are valid; no information is asked for.
            unsafe { libc::sigtimedwait(&raw const one, std::ptr::null_mut(), &raw const now) };
        }
        // Not the mask of before as a whole: with that glibc would unblock its own signals, which the runtime
        // has blocked, since their handlers would run on the sandbox's stack.
        let ours = set_of(ours);
        // SAFETY: the set is valid.
        unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const ours, std::ptr::null_mut()) };
    }
}

fn set_of(signals: impl IntoIterator<Item = i32>) -> libc::sigset_t {
    let mut set = std::mem::MaybeUninit::zeroed();
    // SAFETY: initialises the set.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: was just initialised.
    let mut set = unsafe { set.assume_init() };
    for signal in signals {
        // SAFETY: the set is valid.
        unsafe { libc::sigaddset(&raw mut set, signal) };
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs::File, os::fd::AsFd};

    #[test]
    fn only_files_and_directories_are_said_to_be_ones() {
        let directory = tempfile::tempdir().unwrap();
        let file = tempfile::tempfile_in(&directory).unwrap();
        let open = |path: &std::path::Path| File::open(path).unwrap();
        for fd in [&file, &open(directory.path()), &open("/proc/self/exe".as_ref())] {
            assert!(is_file_or_directory(fd.as_fd()), "{fd:?}");
        }
        for path in ["/dev/null", "/dev/zero", "/dev/urandom"] {
            assert!(!is_file_or_directory(open(path.as_ref()).as_fd()), "{path}");
        }
        let (pipe, _) = std::io::pipe().unwrap();
        let (socket, _) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(!is_file_or_directory(pipe.as_fd()));
        assert!(!is_file_or_directory(socket.as_fd()));
    }
}
