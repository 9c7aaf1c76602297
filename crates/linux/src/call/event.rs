//! Descriptors that tell of events: counters, timers, sets of descriptors.

use super::{
    poll::{milliseconds, optional_time},
    signal::mask_for_call,
    time::read_timespec,
};
use crate::{
    fs::{File, MAX_FILES},
    policy::Clocks,
    process::{Process, lock},
    table::Outcome,
    thread::Thread,
    user::Bytes,
};
use rustix::{
    event::{
        EventfdFlags,
        epoll::{self, CreateFlags, Event, EventData, EventFlags},
    },
    io::Errno,
    time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec},
};
use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{Arc, Mutex, Weak},
};

fn insert(process: &Process, fd: OwnedFd, close_on_exec: bool) -> Outcome {
    let number = process.files.insert(File::plain(fd), 0, close_on_exec)?;
    u64::try_from(number).map_err(|_| Errno::MFILE)
}

pub(crate) fn eventfd(process: &Process, value: u32) -> Outcome {
    eventfd2(process, value, 0)
}

pub(crate) fn eventfd2(process: &Process, value: u32, flags: u32) -> Outcome {
    let known = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK | EventfdFlags::SEMAPHORE;
    let flags = EventfdFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    let fd = rustix::event::eventfd(value, flags | EventfdFlags::CLOEXEC)?;
    insert(process, fd, flags.contains(EventfdFlags::CLOEXEC))
}

pub(crate) fn timerfd_create(process: &Process, clock: i32, flags: u32) -> Outcome {
    let known = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
    let flags = TimerfdFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    let clock = match clock {
        libc::CLOCK_REALTIME => TimerfdClockId::Realtime,
        libc::CLOCK_MONOTONIC => TimerfdClockId::Monotonic,
        libc::CLOCK_BOOTTIME => TimerfdClockId::Boottime,
        _ => return Err(Errno::INVAL),
    };
    let fd = rustix::time::timerfd_create(clock, flags | TimerfdFlags::CLOEXEC)?;
    insert(process, fd, flags.contains(TimerfdFlags::CLOEXEC))
}

fn encode(timer: &Itimerspec) -> Vec<u8> {
    [timer.it_interval, timer.it_value]
        .iter()
        .fold(Bytes::new(), |bytes, time| bytes.i64(time.tv_sec).i64(time.tv_nsec))
        .done()
}

/// A point in time is one of the host's clock: where the program's stands still,
/// none can be reached.
pub(crate) fn timerfd_settime(process: &Process, fd: i32, flags: u32, new: u64, old: u64) -> Outcome {
    let known = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    let flags = TimerfdTimerFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    if flags.contains(TimerfdTimerFlags::ABSTIME) && matches!(process.policy.clocks, Clocks::Fixed(_)) {
        return Err(Errno::INVAL);
    }
    let file = process.files.get(fd)?;
    let timer = Itimerspec {
        it_interval: read_timespec(process, new)?,
        it_value: read_timespec(process, new.wrapping_add(16))?,
    };
    let before = rustix::time::timerfd_settime(file.fd()?, flags, &timer)?;
    process.write_optional(old, &encode(&before))?;
    Ok(0)
}

pub(crate) fn timerfd_gettime(process: &Process, fd: i32, buffer: u64) -> Outcome {
    let timer = rustix::time::timerfd_gettime(process.files.get(fd)?.fd()?)?;
    process.write_bytes(buffer, &encode(&timer))?;
    Ok(0)
}

pub(crate) fn epoll_create(process: &Process, size: i32) -> Outcome {
    if size <= 0 { Err(Errno::INVAL) } else { epoll_create1(process, 0) }
}

pub(crate) fn epoll_create1(process: &Process, flags: u32) -> Outcome {
    let flags = CreateFlags::from_bits(flags).filter(|f| CreateFlags::CLOEXEC.contains(*f)).ok_or(Errno::INVAL)?;
    let fd = epoll::create(CreateFlags::CLOEXEC)?;
    insert(process, fd, flags.contains(CreateFlags::CLOEXEC))
}

/// `struct epoll_event` of x86-64: packed.
const EVENT_SIZE: usize = 12;

/// In which sets a file is, by which of its numbers. To the host descriptors that are copies of each
/// other are one: the second of them in a set is a copy of the host's, too, which ends with the file.
#[derive(Debug, Default)]
pub(crate) struct Registrations(Mutex<Vec<Registration>>);

#[derive(Debug)]
struct Registration {
    set: Weak<File>,
    number: i32,
    /// None: the file's own.
    copy: Option<Copied>,
}

/// A copy of the host's descriptor, and its part of how many the process has.
#[derive(Debug)]
struct Copied {
    fd: OwnedFd,
    _counted: Arc<()>,
}

impl Copied {
    /// As many as there may be descriptors: they are the host's, and outlive their numbers.
    fn new(process: &Process, fd: BorrowedFd<'_>) -> Result<Self, Errno> {
        if Arc::strong_count(&process.files.copies) > process.files.limit() {
            return Err(Errno::NOSPC);
        }
        Ok(Self { fd: rustix::io::fcntl_dupfd_cloexec(fd, 0)?, _counted: Arc::clone(&process.files.copies) })
    }
}

impl Registration {
    fn is(&self, set: &Arc<File>, number: i32) -> bool {
        self.is_in(set) && self.number == number
    }

    fn is_in(&self, set: &Arc<File>) -> bool {
        self.set.as_ptr() == Arc::as_ptr(set)
    }

    /// What the set has: the copy, or the file's `own`.
    fn fd<'a>(&'a self, own: BorrowedFd<'a>) -> BorrowedFd<'a> {
        self.copy.as_ref().map_or(own, |copy| copy.fd.as_fd())
    }
}

/// Puts a file into a set, by a number.
fn add(
    process: &Process,
    set: &Arc<File>,
    file: &File,
    number: i32,
    data: EventData,
    events: EventFlags,
) -> Result<(), Errno> {
    let own = file.fd().map_err(|_| Errno::PERM)?;
    let mut list = lock(&file.registrations.0);
    list.retain(|known| known.set.strong_count() != 0);
    if list.iter().any(|known| known.is(set, number)) {
        return Err(Errno::EXIST);
    }
    let taken = list.iter().any(|known| known.is_in(set) && known.copy.is_none());
    let copy = taken.then(|| Copied::new(process, own)).transpose()?;
    let added = Registration { set: Arc::downgrade(set), number, copy };
    epoll::add(set.fd()?, added.fd(own), data, events)?;
    list.push(added);
    Ok(())
}

/// Does something about a file in a set; takes it out if asked to.
fn change(
    set: &Arc<File>,
    file: &File,
    number: i32,
    remove: bool,
    change: impl FnOnce(BorrowedFd<'_>) -> Result<(), Errno>,
) -> Result<(), Errno> {
    let own = file.fd().map_err(|_| Errno::PERM)?;
    let mut list = lock(&file.registrations.0);
    let index = list.iter().position(|known| known.is(set, number)).ok_or(Errno::NOENT)?;
    change(list[index].fd(own))?;
    if remove {
        list.swap_remove(index);
    }
    Ok(())
}

pub(crate) fn epoll_ctl(process: &Process, fd: i32, operation: i32, other_fd: i32, event: u64) -> Outcome {
    /// `EPOLLWAKEUP` keeps the machine awake, which is not the program's to decide.
    const WAKE_UP: u32 = 1 << 29;
    let (set, file) = (process.files.get(fd)?, process.files.get(other_fd)?);
    let set_fd = set.fd().map_err(|_| Errno::INVAL)?;
    if operation == libc::EPOLL_CTL_DEL {
        change(&set, &file, other_fd, true, |file| epoll::delete(set_fd, file))?;
        return Ok(0);
    }
    let raw: [u8; EVENT_SIZE] = process.read_array(event)?;
    let [a, b, c, d, data @ ..] = raw;
    let events = EventFlags::from_bits_retain(u32::from_ne_bytes([a, b, c, d]) & !WAKE_UP);
    let data = EventData::new_u64(u64::from_ne_bytes(data));
    match operation {
        libc::EPOLL_CTL_ADD => add(process, &set, &file, other_fd, data, events)?,
        libc::EPOLL_CTL_MOD => {
            change(&set, &file, other_fd, false, |file| epoll::modify(set_fd, file, data, events))?;
        }
        _ => return Err(Errno::INVAL),
    }
    Ok(0)
}

pub(crate) fn epoll_wait(process: &Process, fd: i32, events: u64, count: i32, timeout: i32) -> Outcome {
    wait(process, fd, events, count, milliseconds(timeout))
}

pub(crate) fn epoll_pwait(
    thread: &mut Thread,
    fd: i32,
    events: u64,
    count: i32,
    timeout: i32,
    mask: u64,
    size: u64,
) -> Outcome {
    mask_for_call(thread, mask, size)?;
    epoll_wait(&thread.process, fd, events, count, timeout)
}

pub(crate) fn epoll_pwait2(
    thread: &mut Thread,
    fd: i32,
    events: u64,
    count: i32,
    timeout: u64,
    mask: u64,
    size: u64,
) -> Outcome {
    let timeout = optional_time(&thread.process, timeout)?;
    mask_for_call(thread, mask, size)?;
    wait(&thread.process, fd, events, count, timeout)
}

fn wait(process: &Process, fd: i32, events: u64, count: i32, timeout: Option<Timespec>) -> Outcome {
    let count = usize::try_from(count).ok().filter(|&count| count != 0).ok_or(Errno::INVAL)?;
    let file = process.files.get(fd)?;
    let set = file.fd().map_err(|_| Errno::INVAL)?;
    let mut found: Vec<Event> = Vec::with_capacity(count.min(MAX_FILES));
    epoll::wait(set, rustix::buffer::spare_capacity(&mut found), timeout.as_ref())?;
    let mut bytes = Vec::with_capacity(found.len() * EVENT_SIZE);
    for event in &found {
        let (flags, data) = (event.flags, event.data);
        bytes.extend(Bytes::new().u32(flags.bits()).u64(data.u64()).done());
    }
    process.write_bytes(events, &bytes)?;
    Ok(found.len() as u64)
}
