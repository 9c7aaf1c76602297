//! Waiting for descriptors. `select` is done by poll.

use super::{signal::mask_for_call, time::read_timespec};
use crate::{
    fs::{File, FileKind, MAX_FILES},
    process::Process,
    table::Outcome,
    thread::Thread,
};
use rustix::{
    event::{PollFd, PollFlags, Timespec},
    io::Errno,
};
use std::sync::Arc;

pub(crate) fn poll(process: &Process, fds: u64, count: u64, timeout: i32) -> Outcome {
    poll_until(process, fds, count, milliseconds(timeout))
}

/// A timeout in milliseconds: none when it is negative.
pub(super) fn milliseconds(timeout: i32) -> Option<Timespec> {
    u32::try_from(timeout).ok().map(|milliseconds| Timespec {
        tv_sec: (milliseconds / 1000).into(),
        tv_nsec: i64::from(milliseconds % 1000) * 1_000_000,
    })
}

pub(crate) fn ppoll(thread: &mut Thread, fds: u64, count: u64, timeout: u64, mask: u64, size: u64) -> Outcome {
    let timeout = optional_time(&thread.process, timeout)?;
    mask_for_call(thread, mask, size)?;
    poll_until(&thread.process, fds, count, timeout)
}

/// A timeout that is passed by a pointer: none when that is null.
pub(super) fn optional_time(process: &Process, at: u64) -> Result<Option<Timespec>, Errno> {
    if at == 0 { Ok(None) } else { read_timespec(process, at).map(Some) }
}

/// One descriptor that is asked about.
struct Question {
    fd: i32,
    events: PollFlags,
    answer: PollFlags,
}

fn poll_until(process: &Process, fds: u64, count: u64, timeout: Option<Timespec>) -> Outcome {
    const SIZE: u64 = 8; // struct pollfd: fd, events, revents
    if count > process.files.limit() as u64 {
        return Err(Errno::INVAL);
    }
    let mut questions = Vec::new();
    for index in 0..count {
        let raw: [u8; 8] = process.read_array(fds.wrapping_add(index * SIZE))?;
        questions.push(Question {
            fd: i32::from_ne_bytes([raw[0], raw[1], raw[2], raw[3]]),
            events: PollFlags::from_bits_retain(u16::from_ne_bytes([raw[4], raw[5]])),
            answer: PollFlags::empty(),
        });
    }
    let ready = ask(process, &mut questions, timeout)?;
    for (index, question) in (0u64..).zip(&questions) {
        let place = fds.wrapping_add(index * SIZE + 6);
        process.write_bytes(place, &question.answer.bits().to_ne_bytes())?;
    }
    Ok(ready)
}

/// Asks the host; returns how many have an answer.
fn ask(process: &Process, questions: &mut [Question], mut timeout: Option<Timespec>) -> Outcome {
    let mut files: Vec<(usize, Arc<File>)> = Vec::new();
    for (index, question) in questions.iter_mut().enumerate() {
        match process.files.get(question.fd) {
            // Negative ones are left out on purpose (poll(2)).
            Err(_) if question.fd < 0 => {}
            Err(_) => question.answer = PollFlags::NVAL,
            Ok(file) if matches!(file.kind, FileKind::Memory(_)) => {
                question.answer = question.events & (PollFlags::IN | PollFlags::OUT);
            }
            Ok(file) => files.push((index, file)),
        }
    }
    if questions.iter().any(|question| !question.answer.is_empty()) {
        timeout = Some(Timespec { tv_sec: 0, tv_nsec: 0 });
    }
    let mut host = Vec::new();
    for (index, file) in &files {
        host.push(PollFd::from_borrowed_fd(file.fd()?, questions[*index].events));
    }
    rustix::event::poll(&mut host, timeout.as_ref())?;
    for ((index, _), answer) in files.iter().zip(&host) {
        questions[*index].answer = answer.revents();
    }
    Ok(questions.iter().filter(|question| !question.answer.is_empty()).count() as u64)
}

pub(crate) fn select(
    process: &Process,
    count: i32,
    readable: u64,
    writable: u64,
    exceptional: u64,
    timeout: u64,
) -> Outcome {
    let until = if timeout == 0 {
        None
    } else {
        let seconds = process.read_u64(timeout)?.cast_signed();
        let micros = process.read_u64(timeout.wrapping_add(8))?.cast_signed();
        if seconds < 0 || micros < 0 {
            return Err(Errno::INVAL);
        }
        let seconds = seconds.saturating_add(micros / 1_000_000);
        Some(Timespec { tv_sec: seconds, tv_nsec: micros % 1_000_000 * 1000 })
    };
    select_until(process, count, [readable, writable, exceptional], until)
}

/// The mask comes with its size, by a pointer to both.
pub(crate) fn pselect6(
    thread: &mut Thread,
    count: i32,
    readable: u64,
    writable: u64,
    exceptional: u64,
    timeout: u64,
    mask: u64,
) -> Outcome {
    let until = optional_time(&thread.process, timeout)?;
    if mask != 0 {
        let (set, size) = (thread.process.read_u64(mask)?, thread.process.read_u64(mask.wrapping_add(8))?);
        mask_for_call(thread, set, size)?;
    }
    select_until(&thread.process, count, [readable, writable, exceptional], until)
}

fn select_until(process: &Process, count: i32, sets: [u64; 3], timeout: Option<Timespec>) -> Outcome {
    const EVENTS: [PollFlags; 3] = [PollFlags::IN, PollFlags::OUT, PollFlags::PRI];
    // What select(2) takes for ready.
    const READY: [PollFlags; 3] = [
        PollFlags::IN.union(PollFlags::HUP).union(PollFlags::ERR),
        PollFlags::OUT.union(PollFlags::ERR),
        PollFlags::PRI,
    ];
    let count = usize::try_from(count).map_err(|_| Errno::INVAL)?.min(MAX_FILES);
    let bytes = count.div_ceil(64) * 8;
    let mut asked: [Vec<u8>; 3] = Default::default();
    for (bits, &place) in asked.iter_mut().zip(&sets) {
        bits.resize(bytes, 0);
        if place != 0 {
            process.read_bytes(place, bits)?;
        }
    }
    let has = |bits: &[u8], fd: usize| bits[fd / 8] >> (fd % 8) & 1 == 1;
    let mut questions = Vec::new();
    for fd in 0..count {
        let mut events = PollFlags::empty();
        for (bits, event) in asked.iter().zip(EVENTS) {
            if has(bits, fd) {
                events |= event;
            }
        }
        if !events.is_empty() {
            let fd = i32::try_from(fd).map_err(|_| Errno::INVAL)?;
            process.files.get(fd)?;
            questions.push(Question { fd, events, answer: PollFlags::empty() });
        }
    }
    ask(process, &mut questions, timeout)?;

    let mut total = 0;
    for ((bits, &place), ready) in asked.iter().zip(&sets).zip(READY) {
        let mut result = vec![0; bytes];
        for question in &questions {
            let fd = question.fd as usize;
            if has(bits, fd) && question.answer.intersects(ready) {
                result[fd / 8] |= 1 << (fd % 8);
                total += 1;
            }
        }
        process.write_optional(place, &result)?;
    }
    Ok(total)
}
