//! The most that a process may use.

mod cpu;
mod file_size;
mod resource;

pub(crate) use cpu::{CpuTime, Setting as CpuSetting};
pub(crate) use file_size::{FileSize, Room};
pub(crate) use resource::{Pairs, Resources};

use crate::{fs::MAX_FILES, process::Interrupter};
use lfi_runtime::{Alarm, Error};
use std::time::Duration;

/// The most that a process may use. What it asks for beyond is refused, or ends it.
///
/// ```
/// let mut limits = lfi_linux::Limits::default();
/// limits.memory = 64 << 20;
/// limits.cpu_time = Some(std::time::Duration::from_secs(10));
/// let policy = lfi_linux::Policy::new().limits(limits);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Threads. An exclusive sandbox has one.
    pub threads: usize,
    /// Bytes of its address space that are mapped, the program itself and its
    /// stacks included. Pages take memory of the host only when they are used.
    pub memory: u64,
    /// Descriptors, at most 1024. Most take one of the host, whose own limit
    /// (`RLIMIT_NOFILE`) has to leave room for them.
    pub descriptors: usize,
    /// Files and directories that it watches for events (inotify(7)), by at most four descriptors; more is `ENOSPC`. Each
    /// is one of those that the host's user may have (`fs.inotify.max_user_watches`, `max_user_instances`).
    pub watches: usize,
    /// Processor time of all its threads together, those of the host included while they are in the sandbox or in a
    /// callback. The process ends then: [`Status::OutOfCpuTime`](crate::Status::OutOfCpuTime).
    ///
    /// A thread of the host looks at the clocks of the threads: no code in the sandbox, no call and no system call
    /// takes longer. It looks at least every 10 ms, and at least every millisecond towards the end: threads that stay
    /// inside use at most a millisecond each beyond the limit, and what the host's scheduler keeps that thread waiting
    /// for. Calls from the host that are shorter than that are charged by chance, and right in the mean.
    pub cpu_time: Option<Duration>,
    /// Bytes of a file that the process writes to or extends; files that are longer
    /// already can be read. `EFBIG`, with a `SIGXFSZ`.
    pub file_size: u64,
    /// Time that passes from its start, or its last reset, to its end. The process ends
    /// then: [`Status::TimedOut`](crate::Status::TimedOut).
    pub time: Option<Duration>,
}

impl Default for Limits {
    /// 256 threads, all of the address space, 1024 descriptors, 128 watches, no other limit.
    fn default() -> Self {
        Self {
            threads: 256,
            memory: u64::MAX,
            descriptors: MAX_FILES,
            watches: 128,
            cpu_time: None,
            file_size: u64::MAX,
            time: None,
        }
    }
}

/// A limit that a process can set itself: the soft one counts, and can be
/// raised as far as the hard one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) soft: u64,
    pub(crate) hard: u64,
}

impl Pair {
    /// Nothing but `most`.
    pub(crate) fn of(most: u64) -> Self {
        Self { soft: most, hard: most }
    }
}

/// Ends a process when its time is over.
#[derive(Debug, Default)]
pub(crate) struct LifeTime {
    /// And what rings then.
    limit: Option<(Duration, Alarm)>,
}

impl LifeTime {
    /// It begins now.
    pub(crate) fn new(limit: Option<Duration>, interrupter: &Interrupter) -> Result<Self, Error> {
        let alarm = |limit| {
            let interrupter = interrupter.clone();
            Ok::<_, Error>((limit, Alarm::new(move || interrupter.time_out())?))
        };
        let life = Self { limit: limit.map(alarm).transpose()? };
        life.restart();
        Ok(life)
    }

    /// It does not end any more when this returns, unless it has, until it begins anew.
    pub(crate) fn stop(&self) {
        if let Some((_, alarm)) = &self.limit {
            alarm.clear();
        }
    }

    /// It begins anew.
    pub(crate) fn restart(&self) {
        if let Some((limit, alarm)) = &self.limit {
            alarm.set(*limit);
        }
    }
}
