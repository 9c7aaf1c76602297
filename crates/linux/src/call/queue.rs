//! Message queues, as calls; `crate::queue` has the queues.

use super::{
    directory::created_mode,
    poll::optional_time,
    timer::{Event, SIGEV_NONE},
};
use crate::{
    fs::{File, FileKind},
    process::Process,
    queue::{MOST_MESSAGES, MOST_SIZE, Message, Notice, OpenQueue, Opening, Size},
    signal::{Info, index},
    table::Outcome,
    user::{Bytes, word},
};
use rustix::{event::Timespec, io::Errno, time::ClockId};
use std::sync::Arc;

/// Longest name (limits.h).
const NAME_MAX: usize = 255;
/// Priorities are below (limits.h).
const MQ_PRIO_MAX: u32 = 32768;

/// The name of a queue, which the C library has taken the slash from.
fn name(process: &Process, at: u64) -> Result<Vec<u8>, Errno> {
    let name = process.read_path(at)?.into_bytes();
    match name.as_slice() {
        b"" => Err(Errno::NOENT),
        b"." | b".." => Err(Errno::ACCESS),
        long if long.len() > NAME_MAX => Err(Errno::NAMETOOLONG),
        name if name.contains(&b'/') => Err(Errno::ACCESS),
        _ => Ok(name),
    }
}

pub(crate) fn mq_open(process: &Process, path: u64, flags: i32, mode: u32, attributes: u64) -> Outcome {
    let size = match attributes {
        0 => Ok(Size { messages: MOST_MESSAGES, bytes: MOST_SIZE }),
        at => {
            let raw: [u8; ATTRIBUTES_SIZE] = process.read_array(at)?;
            let within = |at, most: usize| {
                usize::try_from(word(&raw, at)).ok().filter(|value| (1..=most).contains(value)).ok_or(Errno::INVAL)
            };
            within(8, MOST_MESSAGES).and_then(|messages| Ok(Size { messages, bytes: within(16, MOST_SIZE)? }))
        }
    };
    let name = name(process, path)?;
    let (readable, writable) = match flags & libc::O_ACCMODE {
        libc::O_RDONLY => (true, false),
        libc::O_WRONLY => (false, true),
        libc::O_RDWR => (true, true),
        _ => return Err(Errno::INVAL),
    };
    let opening = Opening { readable, writable, nonblocking: flags & libc::O_NONBLOCK != 0 };
    let permissions = created_mode(process, mode).bits();
    // A queue that is there has its size, whatever was asked for.
    let new = (flags & libc::O_CREAT != 0).then(|| size.map(|size| (size, permissions)));
    // Before anything is made, or opened: with what is closed again goes what the process wanted to hear.
    process.files.check_room()?;
    let queue = process.queues.open(&name, new, flags & libc::O_EXCL != 0, opening)?;
    let file = Arc::new(File::new(FileKind::Queue(queue), true));
    u64::try_from(process.files.insert(file, 0, true)?).map_err(|_| Errno::MFILE)
}

pub(crate) fn mq_unlink(process: &Process, path: u64) -> Outcome {
    process.queues.unlink(&name(process, path)?)?;
    Ok(0)
}

/// Does something with the queue behind a descriptor.
fn with<T>(process: &Process, fd: i32, act: impl FnOnce(&OpenQueue) -> Result<T, Errno>) -> Result<T, Errno> {
    match &process.files.get(fd)?.kind {
        FileKind::Queue(queue) => act(queue),
        _ => Err(Errno::BADF),
    }
}

/// Until when the program waits, on the host's real-time clock.
fn until(process: &Process, timeout: u64) -> Result<Option<Timespec>, Errno> {
    let time = optional_time(process, timeout)?;
    time.map(|time| process.policy.clocks.to_host(ClockId::Realtime, time)).transpose()
}

pub(crate) fn mq_timedsend(process: &Process, fd: i32, message: u64, len: u64, priority: u32, timeout: u64) -> Outcome {
    if priority >= MQ_PRIO_MAX {
        return Err(Errno::INVAL);
    }
    let until = until(process, timeout)?;
    with(process, fd, |queue| {
        // More than fits is refused by the queue.
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(queue.size().bytes + 1);
        let mut bytes = vec![0; len];
        if len <= queue.size().bytes {
            process.read_bytes(message, &mut bytes)?;
        }
        queue.send(Message { priority, bytes }, until, &process.pending, || process.ended().is_some())
    })?;
    Ok(0)
}

pub(crate) fn mq_timedreceive(
    process: &Process,
    fd: i32,
    buffer: u64,
    len: u64,
    priority: u64,
    timeout: u64,
) -> Outcome {
    let until = until(process, timeout)?;
    let message = with(process, fd, |queue| queue.receive(len, until, || process.ended().is_some()))?;
    process.write_optional(priority, &message.priority.to_ne_bytes())?;
    process.write_bytes(buffer, &message.bytes)?;
    Ok(message.bytes.len() as u64)
}

/// `struct sigevent`. With `SIGEV_THREAD` the C library waits at a netlink socket, which there is none of.
pub(crate) fn mq_notify(process: &Process, fd: i32, event: u64) -> Outcome {
    if event == 0 {
        with(process, fd, |queue| {
            queue.unregister();
            Ok(())
        })?;
        return Ok(0);
    }
    let notice = match Event::read(process, event)? {
        Event { how: SIGEV_NONE, .. } | Event { how: libc::SIGEV_SIGNAL, signal: 0, .. } => Notice(None),
        Event { how: libc::SIGEV_SIGNAL, signal, value, .. } => {
            index(signal)?;
            Notice(Some(Info::sent_with(process, signal, libc::SI_MESGQ, value)))
        }
        _ => return Err(Errno::INVAL),
    };
    with(process, fd, |queue| queue.register(notice))?;
    Ok(0)
}

/// `struct mq_attr`: flags, messages, bytes of one, messages that are there.
const ATTRIBUTES_SIZE: usize = 64;

pub(crate) fn mq_getsetattr(process: &Process, fd: i32, new: u64, old: u64) -> Outcome {
    let nonblocking = match new {
        0 => None,
        at => {
            let flags = word(&process.read_array::<ATTRIBUTES_SIZE>(at)?, 0);
            let known = libc::O_NONBLOCK as u64;
            if flags & !known != 0 {
                return Err(Errno::INVAL);
            }
            Some(flags != 0)
        }
    };
    let before = with(process, fd, |queue| {
        let size = queue.size();
        let before = Bytes::new()
            .u64((queue.flags() & libc::O_NONBLOCK) as u64)
            .u64(size.messages as u64)
            .u64(size.bytes as u64)
            .u64(queue.len() as u64)
            .pad_to(ATTRIBUTES_SIZE);
        if let Some(nonblocking) = nonblocking {
            queue.set_nonblocking(nonblocking);
        }
        Ok(before)
    })?;
    process.write_optional(old, &before)?;
    Ok(0)
}
