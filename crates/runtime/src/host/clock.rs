//! Clocks of threads.

use std::{mem::MaybeUninit, time::Duration};

/// The processor time that a thread of this process has used, by the kernel's id. None when it has ended.
pub fn of_thread(tid: i32) -> Option<Duration> {
    /// What `clock_getcpuclockid` makes of a thread's id: the clock of a thread, by the scheduler's count.
    const THREAD: i32 = 0b110;
    read((!tid << 3) | THREAD)
}

/// The processor time that the calling thread has used.
pub(crate) fn of_this_thread() -> Option<Duration> {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

fn read(clock: libc::clockid_t) -> Option<Duration> {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the kernel fills the structure, or the call fails.
    if unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: the call has succeeded.
    let time = unsafe { time.assume_init() };
    Some(Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32))
}
