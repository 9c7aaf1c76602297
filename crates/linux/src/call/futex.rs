//! Waiting for a word of memory to change (futex(2)).
//!
//! Words are told apart by their address. So private and shared waits are the
//! same here, and a file that is mapped at two places has two words.

use super::time::read_timespec;
use crate::{
    memory::errno,
    process::{Process, lock},
    table::Outcome,
};
use rustix::{
    io::Errno,
    thread::futex,
    time::{ClockId, Timespec},
};
use std::{
    collections::{HashMap, VecDeque},
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

/// Those who wait, by address, the first who came first. Whoever compares or
/// wakes holds the lock, which nobody waits with.
#[derive(Debug, Default)]
pub(crate) struct Futexes(Mutex<Queues>);

type Queues = HashMap<u64, VecDeque<Arc<Waiter>>>;

/// One who waits.
#[derive(Debug)]
struct Waiter {
    /// Who of these may be woken (`FUTEX_WAIT_BITSET`).
    bits: u32,
    /// 1 when it is woken.
    woken: AtomicU32,
}

/// A point in time, by one of two clocks.
struct Deadline {
    realtime: bool,
    time: Timespec,
}

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
            wait(process, address, value, u32::MAX, deadline)
        }
        libc::FUTEX_WAIT_BITSET => {
            let deadline = match timeout {
                0 => None,
                _ => Some(Deadline { realtime, time: read_timespec(process, timeout)? }),
            };
            wait(process, address, value, value3, deadline)
        }
        libc::FUTEX_WAKE => wake(process, address, value, u32::MAX),
        libc::FUTEX_WAKE_BITSET => wake(process, address, value, value3),
        libc::FUTEX_REQUEUE => requeue(process, [address, address2], [value, second_count], None),
        libc::FUTEX_CMP_REQUEUE => requeue(process, [address, address2], [value, second_count], Some(value3)),
        // Inheritance of priorities, which are the host's; an operation that newer programs do without.
        _ => Err(Errno::NOSYS),
    }
}

/// The time on the monotonic clock when a span is over.
fn after(span: Timespec) -> Timespec {
    let now = rustix::time::clock_gettime(ClockId::Monotonic);
    let nanos = now.tv_nsec + span.tv_nsec;
    let tv_sec = now.tv_sec.saturating_add(span.tv_sec).saturating_add(nanos / 1_000_000_000);
    Timespec { tv_sec, tv_nsec: nanos % 1_000_000_000 }
}

/// The word, as it is now.
fn load(process: &Process, address: u64) -> Result<u32, Errno> {
    process.sandbox.load(address).map_err(|error| errno(&error))
}

fn wait(process: &Process, address: u64, value: u32, bits: u32, deadline: Option<Deadline>) -> Outcome {
    if bits == 0 {
        return Err(Errno::INVAL);
    }
    let waiter = Arc::new(Waiter { bits, woken: AtomicU32::new(0) });
    {
        let mut queues = lock(&process.futexes.0);
        if load(process, address)? != value {
            return Err(Errno::AGAIN);
        }
        queues.entry(address).or_default().push_back(Arc::clone(&waiter));
    }
    let slept = sleep(process, &waiter, deadline);
    let mut queues = lock(&process.futexes.0);
    if waiter.woken.load(Ordering::Acquire) == 1 {
        // Whoever woke it has counted it.
        return Ok(0);
    }
    remove(&mut queues, &waiter);
    slept
}

/// Sleeps until the waiter is woken. A signal of the host ends that (`EINTR`), so
/// that a process that is stopped does not sleep on.
fn sleep(process: &Process, waiter: &Waiter, deadline: Option<Deadline>) -> Outcome {
    let (flags, time) = match &deadline {
        Some(deadline) if deadline.realtime => (futex::Flags::CLOCK_REALTIME, Some(&deadline.time)),
        Some(deadline) => (futex::Flags::empty(), Some(&deadline.time)),
        None => (futex::Flags::empty(), None),
    };
    while waiter.woken.load(Ordering::Acquire) == 0 {
        if process.ended().is_some() {
            return Err(Errno::INTR);
        }
        match futex::wait_bitset(&waiter.woken, flags | futex::Flags::PRIVATE, 0, time, NonZeroU32::MAX) {
            Ok(_) | Err(Errno::AGAIN) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(0)
}

/// Takes a waiter out of its queue, which may not be the one that it came to.
fn remove(queues: &mut Queues, waiter: &Arc<Waiter>) {
    queues.retain(|_, queue| {
        queue.retain(|other| !Arc::ptr_eq(other, waiter));
        !queue.is_empty()
    });
}

/// Wakes up to `count` of those who wait at `address` and have one of `bits`.
pub(crate) fn wake(process: &Process, address: u64, count: u32, bits: u32) -> Outcome {
    if bits == 0 || !address.is_multiple_of(4) {
        return Err(Errno::INVAL);
    }
    process.sandbox.addr(address).map_err(|_| Errno::FAULT)?;
    let mut queues = lock(&process.futexes.0);
    Ok(wake_queue(&mut queues, address, count, bits).into())
}

fn wake_queue(queues: &mut Queues, address: u64, count: u32, bits: u32) -> u32 {
    let Some(queue) = queues.get_mut(&address) else { return 0 };
    let mut woken = 0;
    queue.retain(|waiter| {
        let wakes = woken < count && waiter.bits & bits != 0;
        if wakes {
            woken += 1;
            waiter.woken.store(1, Ordering::Release);
            // Nobody else waits there. An error would mean that nobody does.
            let _ = futex::wake(&waiter.woken, futex::Flags::PRIVATE, 1);
        }
        !wakes
    });
    if queue.is_empty() {
        queues.remove(&address);
    }
    woken
}

/// Wakes some of those who wait at the first address, and has others wait at
/// the second. Returns how many these are, as the kernel does.
fn requeue(process: &Process, [from, to]: [u64; 2], [wake, move_on]: [u32; 2], expected: Option<u32>) -> Outcome {
    if i32::try_from(wake).is_err() || i32::try_from(move_on).is_err() {
        return Err(Errno::INVAL);
    }
    for address in [from, to] {
        if !address.is_multiple_of(4) {
            return Err(Errno::INVAL);
        }
        process.sandbox.addr(address).map_err(|_| Errno::FAULT)?;
    }
    let mut queues = lock(&process.futexes.0);
    if expected.is_some_and(|value| load(process, from) != Ok(value)) {
        load(process, from)?;
        return Err(Errno::AGAIN);
    }
    let woken = wake_queue(&mut queues, from, wake, u32::MAX);
    let waiting = queues.remove(&from).unwrap_or_default();
    let mut moved = waiting;
    let left = moved.split_off(moved.len().min(move_on as usize));
    let count = moved.len() as u64;
    if !left.is_empty() {
        queues.insert(from, left);
    }
    if !moved.is_empty() {
        queues.entry(to).or_default().extend(moved);
    }
    Ok(u64::from(woken) + count)
}
