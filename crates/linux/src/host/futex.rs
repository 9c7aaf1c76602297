//! futex(2) on words of a sandbox: the kernel reads them itself, and finds out
//! what is not mapped. It changes none.
//!
//! Words are told apart by their address (`FUTEX_PRIVATE_FLAG`), which lies in a
//! slot: neither another sandbox nor the host waits there.
#![allow(unsafe_code)] // one system call with addresses of a sandbox

use super::result;
use crate::table::Outcome;
use lfi_runtime::SandboxRange;
use rustix::time::Timespec;
use std::ptr;

/// A point in time, by one of two clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub(crate) realtime: bool,
    pub(crate) time: Timespec,
}

/// Waits while `word` has that value, until one that wakes one of `bits` wakes it.
pub(crate) fn wait(word: SandboxRange, value: u32, bits: u32, deadline: Option<Deadline>) -> Outcome {
    let realtime = deadline.is_some_and(|deadline| deadline.realtime);
    let command = libc::FUTEX_WAIT_BITSET | if realtime { libc::FUTEX_CLOCK_REALTIME } else { 0 };
    let time = deadline.map(|deadline| libc::timespec { tv_sec: deadline.time.tv_sec, tv_nsec: deadline.time.tv_nsec });
    call(
        word,
        command,
        value,
        time.as_ref().map_or(0, |time| ptr::from_ref(time).expose_provenance() as u64),
        None,
        bits,
    )
}

/// Wakes up to `count` of those who wait at `word` and have one of `bits`.
pub(crate) fn wake(word: SandboxRange, count: u32, bits: u32) -> Outcome {
    call(word, libc::FUTEX_WAKE_BITSET, count, 0, None, bits)
}

/// Wakes some of those who wait at the first word, and has others wait at the
/// second; only if the first has the value `expected`, if there is one.
pub(crate) fn requeue([from, to]: [SandboxRange; 2], [wake, move_on]: [u32; 2], expected: Option<u32>) -> Outcome {
    let command = if expected.is_some() { libc::FUTEX_CMP_REQUEUE } else { libc::FUTEX_REQUEUE };
    call(from, command, wake, move_on.into(), Some(to), expected.unwrap_or(0))
}

/// `time` is the address of one of the caller's, a number, or 0, as the command has it.
fn call(word: SandboxRange, command: i32, value: u32, time: u64, second: Option<SandboxRange>, third: u32) -> Outcome {
    let (at, second) = (word.start(), second.map_or(0, SandboxRange::start));
    let command = command | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: these commands read the word, which is the sandbox's, or nothing; a time is a live one of the caller's.
    result(unsafe { libc::syscall(libc::SYS_futex, at, command, value, time, second, third) })
}
