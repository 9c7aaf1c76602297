//! The signals that the caller of this process ignores: what it starts ignores them, too (execve(2)).
//!
//! Rust has `SIGPIPE` ignored before `main` runs, so they are looked up before that, when the C library sets up the
//! executable.
#![allow(unsafe_code)] // a function that runs before `main`, and a question to the C library

use std::{
    mem::MaybeUninit,
    ptr,
    sync::atomic::{AtomicU64, Ordering},
};

/// Highest signal number.
const LAST: i32 = 64;

/// Bit `n - 1` is signal `n`.
static IGNORED: AtomicU64 = AtomicU64::new(0);

// SAFETY: what stands in this section are pointers to functions like this one, which needs nothing of Rust's start.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = look;

extern "C" fn look() {
    let ignored = (1..=LAST).filter(|&signal| is_ignored(signal)).fold(0, |set, signal| set | 1 << (signal - 1));
    IGNORED.store(ignored, Ordering::Relaxed);
}

fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: changes nothing, and writes where an action has room.
    let asked = unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all of it was zero, which is an action, or has been written.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Their numbers.
pub fn signals() -> impl Iterator<Item = i32> {
    let ignored = IGNORED.load(Ordering::Relaxed);
    (1..=LAST).filter(move |signal| ignored >> (signal - 1) & 1 != 0)
}
