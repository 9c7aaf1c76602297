//! Waiting for a word of memory to change (futex(2)): the host's kernel does it,
//! on the sandbox's own words.
//!
//! Words are told apart by their address. So private and shared waits are the
//! same here, and a file that is mapped at two places has two words.

use super::time::read_timespec;
use crate::{
    host::futex::{self, Deadline},
    process::Process,
    signal::after,
    table::Outcome,
};
use lfi_runtime::SandboxRange;
use rustix::io::Errno;

pub(crate) fn futex(
    process: &Process,
    address: u64,
    operation: i32,
    value: u32,
    timeout: u64,
    address2: u64,
    value3: u32,
) -> Outcome {
    let realtime = operation & libc::FUTEX_CLOCK_REALTIME != 0;
    let command = operation & !(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME);
    // Instead of a time these calls have a number there.
    let second_count = (timeout & 0xffff_ffff) as u32;
    match command {
        libc::FUTEX_WAIT => {
            let deadline = match timeout {
                0 => None,
                // A span, by a clock that nobody sets.
                _ => Some(Deadline { realtime: false, time: after(read_timespec(process, timeout)?) }),
            };
            futex::wait(word(process, address)?, value, u32::MAX, deadline)
        }
        libc::FUTEX_WAIT_BITSET => {
            let deadline = match timeout {
                0 => None,
                _ => Some(Deadline { realtime, time: read_timespec(process, timeout)? }),
            };
            futex::wait(word(process, address)?, value, value3, deadline)
        }
        libc::FUTEX_WAKE => wake(process, address, value),
        libc::FUTEX_WAKE_BITSET => futex::wake(word(process, address)?, value, value3),
        libc::FUTEX_REQUEUE | libc::FUTEX_CMP_REQUEUE => {
            let words = [word(process, address)?, word(process, address2)?];
            futex::requeue(words, [value, second_count], (command == libc::FUTEX_CMP_REQUEUE).then_some(value3))
        }
        // Inheritance of priorities, which are the host's; an operation that newer programs do without.
        _ => Err(Errno::NOSYS),
    }
}

/// The word at an address.
fn word(process: &Process, address: u64) -> Result<SandboxRange, Errno> {
    if !address.is_multiple_of(4) {
        return Err(Errno::INVAL);
    }
    process.sandbox.range(address, 4).map_err(|_| Errno::FAULT)
}

/// Wakes up to `count` of those who wait at `address`.
pub(crate) fn wake(process: &Process, address: u64, count: u32) -> Outcome {
    futex::wake(word(process, address)?, count, u32::MAX)
}
