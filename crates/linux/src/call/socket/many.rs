//! Several messages in one call.

use super::{recvmsg, sendmsg};
use crate::{
    call::time::read_timespec,
    process::Process,
    table::Outcome,
    user::{Bytes, IOV_MAX},
};
use std::time::{Duration, Instant};

/// `struct mmsghdr`: a `struct msghdr`, how long the message was, padding.
const SIZE: u64 = 64;
const LEN: u64 = 56;

/// Does `one` for each of the structures until it fails, or `enough` says so, and gives how many were done. An error
/// behind the first is not told: a stream's comes again, a datagram's concerned the one that was not sent.
fn each(
    process: &Process,
    messages: u64,
    count: u32,
    mut one: impl FnMut(u64) -> Outcome,
    mut enough: impl FnMut() -> bool,
) -> Outcome {
    let mut done = 0;
    while done < u64::from(count).min(IOV_MAX) {
        let message = messages.wrapping_add(done * SIZE);
        let len = one(message).and_then(|len| {
            process.write_bytes(message.wrapping_add(LEN), &(len as u32).to_ne_bytes())?;
            Ok(len)
        });
        match len {
            Err(errno) if done == 0 => return Err(errno),
            Err(_) => break,
            Ok(_) => done += 1,
        }
        // A process that has ended does not go on with the next.
        if enough() || process.ended().is_some() {
            break;
        }
    }
    Ok(done)
}

pub(crate) fn sendmmsg(process: &Process, fd: i32, messages: u64, count: u32, flags: i32) -> Outcome {
    each(process, messages, count, |message| sendmsg(process, fd, message, flags), || false)
}

/// As on Linux the time is looked at behind each message: it ends no wait for one.
pub(crate) fn recvmmsg(process: &Process, fd: i32, messages: u64, count: u32, flags: i32, timeout: u64) -> Outcome {
    let end = match timeout {
        0 => None,
        at => {
            let time = read_timespec(process, at)?;
            let time = Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32);
            // Behind all that a clock can show there is no end.
            Instant::now().checked_add(time)
        }
    };
    let left = |end: Instant| end.saturating_duration_since(Instant::now());
    let mut flags_now = flags & !libc::MSG_WAITFORONE;
    let one = |message| {
        let received = recvmsg(process, fd, message, flags_now);
        if flags & libc::MSG_WAITFORONE != 0 {
            flags_now |= libc::MSG_DONTWAIT;
        }
        received
    };
    let done = each(process, messages, count, one, || end.is_some_and(|end| left(end).is_zero()))?;
    if let Some(end) = end {
        let left = left(end);
        let bytes = Bytes::new().u64(left.as_secs()).u64(left.subsec_nanos().into()).done();
        process.write_bytes(timeout, &bytes)?;
    }
    Ok(done)
}
