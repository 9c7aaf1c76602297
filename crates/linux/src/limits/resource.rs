//! Limits as the process sees and sets them (getrlimit(2)).

use super::{Limits, Pair};
use crate::{
    fs::MAX_FILES,
    memory::STACK_SIZE,
    process::{Process, lock},
    queue,
};
use lfi_abi::layout::{USER_END, USER_START};
use rustix::io::Errno;
use std::sync::Mutex;

/// How many there are.
const COUNT: usize = libc::RLIMIT_RTTIME as usize + 1;
/// The most that can be mapped.
const WHOLE: u64 = USER_END - USER_START;

/// All of them, by their numbers. That of processor time is kept elsewhere, with what has been used of it.
pub(crate) type Pairs = [Pair; COUNT];

/// What a process may set, beginning with what its policy gave.
#[derive(Debug)]
pub(crate) struct Resources(Mutex<Pairs>);

impl Resources {
    pub(crate) fn new(limits: &Limits) -> Self {
        let mut pairs = [Pair::of(libc::RLIM_INFINITY); COUNT];
        for (resource, most) in [
            (libc::RLIMIT_FSIZE, limits.file_size),
            (libc::RLIMIT_NOFILE, limits.descriptors.min(MAX_FILES) as u64),
            (libc::RLIMIT_STACK, STACK_SIZE),
            (libc::RLIMIT_CORE, 0),
            (libc::RLIMIT_NPROC, limits.threads as u64),
            (libc::RLIMIT_AS, limits.memory.min(WHOLE)),
            (libc::RLIMIT_MSGQUEUE, queue::MOST_BYTES),
        ] {
            pairs[resource as usize] = Pair::of(most);
        }
        Self(Mutex::new(pairs))
    }

    /// What they are now.
    pub(crate) fn all(&self) -> Pairs {
        *lock(&self.0)
    }
}

impl Process {
    /// The limits of a resource.
    pub(crate) fn limit(&self, resource: u32) -> Result<Pair, Errno> {
        let kept = self.resources.all().get(resource as usize).copied().ok_or(Errno::INVAL)?;
        Ok(if resource == libc::RLIMIT_CPU { self.cpu_time.limit() } else { kept })
    }

    /// Sets them. The hard one is only ever lowered: what the policy gave is never exceeded.
    pub(crate) fn set_limit(&self, resource: u32, wish: Pair) -> Result<(), Errno> {
        // Locked all the time: what is obeyed is what is shown, and no hard one comes back.
        let mut pairs = lock(&self.resources.0);
        let kept = pairs.get_mut(resource as usize).ok_or(Errno::INVAL)?;
        let present = if resource == libc::RLIMIT_CPU { self.cpu_time.limit() } else { *kept };
        if wish.soft > wish.hard {
            return Err(Errno::INVAL);
        }
        if wish == present {
            return Ok(());
        }
        if wish.hard > present.hard {
            return Err(Errno::PERM);
        }
        if resource == libc::RLIMIT_CPU {
            return self.cpu_time.set(wish);
        }
        *kept = wish;
        self.obey(resource, wish.soft);
        Ok(())
    }

    /// Makes them, but for that of processor time, what they were.
    pub(crate) fn restore_limits(&self, saved: &Pairs) {
        let mut pairs = lock(&self.resources.0);
        if *pairs != *saved {
            *pairs = *saved;
            (0..).zip(saved).for_each(|(resource, pair)| self.obey(resource, pair.soft));
        }
    }

    /// Has what a soft limit is about kept within it from now on: what there is already stays.
    fn obey(&self, resource: u32, soft: u64) {
        let number = || usize::try_from(soft).unwrap_or(usize::MAX);
        match resource {
            libc::RLIMIT_FSIZE => self.file_size.set(soft),
            libc::RLIMIT_NOFILE => self.files.set_limit(number()),
            libc::RLIMIT_NPROC => self.threads.set_limit(number()),
            libc::RLIMIT_AS => self.memory().limit = if soft < WHOLE { soft } else { u64::MAX },
            libc::RLIMIT_MSGQUEUE => self.queues.set_limit(soft),
            libc::RLIMIT_DATA => self.memory().data_limit = soft,
            // The main stack is there from the start and does not grow, and what the others are about is not here: core
            // files, locked memory, priorities, processes that inherit them.
            _ => {}
        }
    }
}
