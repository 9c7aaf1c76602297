//! Message queues, mq_overview(7), between the threads of a process: their names are its own.
//!
//! The host has an eventfd for each time that one was opened, which is read and written here only, so that a program can
//! wait for a queue as for any file: something is in it while there are messages, and there is no room in it while the
//! queue is full.

use crate::{
    fs::check_permissions,
    process::lock,
    signal::{Info, Pending},
};
use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd},
    io::Errno,
    time::{ClockId, clock_gettime},
};
use std::{
    collections::{BTreeMap, VecDeque},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

/// What processes without privileges may ask for, mq_overview(7): messages of a queue, bytes of a message.
pub(crate) const MOST_MESSAGES: usize = 10;
pub(crate) const MOST_SIZE: usize = 8192;
/// Most queues that a process has, those included that it has unlinked and not closed.
const MOST_QUEUES: usize = 64;
/// Bytes that its queues may hold together at most (RLIMIT_MSGQUEUE), and what a message takes beside its own.
pub(crate) const MOST_BYTES: u64 = 819_200;
const MESSAGE_BYTES: usize = 96;

/// How much a queue holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Messages.
    pub(crate) messages: usize,
    /// Bytes of one.
    pub(crate) bytes: usize,
}

impl Size {
    fn charge(self) -> u64 {
        (self.messages * (self.bytes + MESSAGE_BYTES)) as u64
    }
}

/// The queues of a process.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    names: Mutex<BTreeMap<Vec<u8>, Arc<Queue>>>,
    charged: Arc<Mutex<Charged>>,
}

/// What all queues of a process take, and may take.
#[derive(Debug)]
struct Charged {
    queues: usize,
    bytes: u64,
    most_bytes: u64,
}

impl Default for Charged {
    fn default() -> Self {
        Self { queues: 0, bytes: 0, most_bytes: MOST_BYTES }
    }
}

/// How a queue is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) nonblocking: bool,
}

impl Queues {
    /// Opens the queue of a name. One that is not there is made if it is said how: its size and permissions, or why they
    /// are none; `exclusive`: it must not be there.
    pub(crate) fn open(
        &self,
        name: &[u8],
        new: Option<Result<(Size, u32), Errno>>,
        exclusive: bool,
        opening: Opening,
    ) -> Result<OpenQueue, Errno> {
        let mut names = lock(&self.names);
        let (queue, is_new) = match (names.get(name), new) {
            (Some(_), Some(_)) if exclusive => return Err(Errno::EXIST),
            (Some(queue), _) => {
                let bit = |wanted, bit| if wanted { bit } else { 0 };
                check_permissions(queue.permissions, false, bit(opening.readable, 4) | bit(opening.writable, 2))?;
                (Arc::clone(queue), false)
            }
            (None, None) => return Err(Errno::NOENT),
            (None, Some(new)) => {
                let (size, permissions) = new?;
                (Arc::new(Queue::new(&self.charged, size, permissions)?), true)
            }
        };
        let event = queue.new_event()?;
        if is_new {
            names.insert(name.to_vec(), Arc::clone(&queue));
        }
        let Opening { readable, writable, nonblocking } = opening;
        Ok(OpenQueue { queue, event, readable, writable, nonblocking: nonblocking.into() })
    }

    /// Takes a name away; the queue lives on while it is open.
    pub(crate) fn unlink(&self, name: &[u8]) -> Result<(), Errno> {
        lock(&self.names).remove(name).map(|_| ()).ok_or(Errno::NOENT)
    }

    /// Sets how many bytes they may hold together. Those that are there stay.
    pub(crate) fn set_limit(&self, most: u64) {
        lock(&self.charged).most_bytes = most;
    }

    /// Whether there is none that has a name.
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.names).is_empty()
    }

    /// Takes all names away.
    pub(crate) fn clear(&self) {
        lock(&self.names).clear();
    }
}

/// A message queue.
#[derive(Debug)]
struct Queue {
    size: Size,
    permissions: u32,
    content: Mutex<Content>,
    charged: Arc<Mutex<Charged>>,
}

#[derive(Debug, Default)]
struct Content {
    /// The next to be received first.
    messages: VecDeque<Message>,
    /// Who hears of the first message in an empty queue; none: nobody.
    notice: Option<Notice>,
    /// Threads that wait for a message.
    receivers: usize,
    /// What those who have it open wait for.
    events: Vec<Weak<OwnedFd>>,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) priority: u32,
    pub(crate) bytes: Vec<u8>,
}

/// What is sent to the process when a message comes: a signal, or nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notice(pub(crate) Option<Info>);

impl Queue {
    fn new(charged: &Arc<Mutex<Charged>>, size: Size, permissions: u32) -> Result<Self, Errno> {
        let mut all = lock(charged);
        if all.queues >= MOST_QUEUES {
            return Err(Errno::NOSPC);
        }
        if all.bytes + size.charge() > all.most_bytes {
            return Err(Errno::MFILE);
        }
        all.queues += 1;
        all.bytes += size.charge();
        Ok(Self { size, permissions, content: Mutex::default(), charged: Arc::clone(charged) })
    }

    /// An eventfd that tells what the queue is.
    fn new_event(&self) -> Result<Arc<OwnedFd>, Errno> {
        let event = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let mut content = lock(&self.content);
        content.events.retain(|event| event.strong_count() != 0);
        content.events.push(Arc::downgrade(&event));
        self.show(&content)?;
        Ok(event)
    }

    /// Has the eventfds tell what the queue is now.
    fn show(&self, content: &Content) -> Result<(), Errno> {
        const FULL: u64 = u64::MAX - 1;
        let value = match content.messages.len() {
            0 => None,
            len if len >= self.size.messages => Some(FULL),
            _ => Some(1u64),
        };
        for event in content.events.iter().filter_map(Weak::upgrade) {
            match rustix::io::read(&event, &mut [0; 8]) {
                Ok(_) | Err(Errno::AGAIN) => {}
                Err(errno) => return Err(errno),
            }
            if let Some(value) = value {
                rustix::io::write(&event, &value.to_ne_bytes())?;
            }
        }
        Ok(())
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let mut all = lock(&self.charged);
        all.queues -= 1;
        all.bytes -= self.size.charge();
    }
}

/// A queue as it was opened.
#[derive(Debug)]
pub(crate) struct OpenQueue {
    queue: Arc<Queue>,
    event: Arc<OwnedFd>,
    readable: bool,
    writable: bool,
    nonblocking: AtomicBool,
}

impl OpenQueue {
    /// To wait for, not to be read or written.
    pub(crate) fn event(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }

    pub(crate) fn size(&self) -> Size {
        self.queue.size
    }

    /// How many messages are in it.
    pub(crate) fn len(&self) -> usize {
        lock(&self.queue.content).messages.len()
    }

    /// Its flags as `F_GETFL` shows them.
    pub(crate) fn flags(&self) -> i32 {
        let access = match (self.readable, self.writable) {
            (true, true) => libc::O_RDWR,
            (false, true) => libc::O_WRONLY,
            _ => libc::O_RDONLY,
        };
        access | if self.nonblocking.load(Ordering::Relaxed) { libc::O_NONBLOCK } else { 0 }
    }

    pub(crate) fn set_nonblocking(&self, value: bool) {
        self.nonblocking.store(value, Ordering::Relaxed);
    }

    /// Puts a message in behind those of its priority; waits for room, until a time of the host's real-time clock. `pending`
    /// gets the signal of who wants to hear of it.
    ///
    /// # Errors
    /// `EBADF` when it is not open to be written, `EMSGSIZE` for too long a message; `EAGAIN`, `ETIMEDOUT`, `EINTR` when
    /// there is no room.
    pub(crate) fn send(
        &self,
        message: Message,
        until: Option<Timespec>,
        pending: &Pending,
        ended: impl Fn() -> bool,
    ) -> Result<(), Errno> {
        if !self.writable {
            return Err(Errno::BADF);
        }
        if message.bytes.len() > self.queue.size.bytes {
            return Err(Errno::MSGSIZE);
        }
        loop {
            let mut content = lock(&self.queue.content);
            if content.messages.len() < self.queue.size.messages {
                let before = content.messages.iter().position(|other| other.priority < message.priority);
                let at = before.unwrap_or(content.messages.len());
                content.messages.insert(at, message);
                let notice = match (content.messages.len(), content.receivers) {
                    (1, 0) => content.notice.take(),
                    _ => None,
                };
                let shown = self.queue.show(&content);
                drop(content);
                if let Some(Notice(Some(info))) = notice {
                    // As on Linux: one signal too many is lost.
                    let _ = pending.add(info, None);
                }
                return shown;
            }
            drop(content);
            self.wait(PollFlags::OUT, until, &ended)?;
        }
    }

    /// Takes the oldest message of the highest priority; waits for one otherwise as [`Self::send`].
    ///
    /// # Errors
    /// `EBADF` when it is not open to be read, `EMSGSIZE` when `room` is less than a message may be; `EAGAIN`,
    /// `ETIMEDOUT`, `EINTR` when there is none.
    pub(crate) fn receive(
        &self,
        room: u64,
        until: Option<Timespec>,
        ended: impl Fn() -> bool,
    ) -> Result<Message, Errno> {
        if !self.readable {
            return Err(Errno::BADF);
        }
        if room < self.queue.size.bytes as u64 {
            return Err(Errno::MSGSIZE);
        }
        loop {
            let mut content = lock(&self.queue.content);
            if let Some(message) = content.messages.pop_front() {
                self.queue.show(&content)?;
                return Ok(message);
            }
            content.receivers += 1;
            drop(content);
            let waited = self.wait(PollFlags::IN, until, &ended);
            lock(&self.queue.content).receivers -= 1;
            waited?;
        }
    }

    fn wait(&self, events: PollFlags, until: Option<Timespec>, ended: impl Fn() -> bool) -> Result<(), Errno> {
        if self.nonblocking.load(Ordering::Relaxed) {
            return Err(Errno::AGAIN);
        }
        if ended() {
            return Err(Errno::INTR);
        }
        let left = until.map(|until| until.checked_sub(clock_gettime(ClockId::Realtime)).ok_or(Errno::INVAL));
        let left = left.transpose()?;
        if left.is_some_and(|left| left.tv_sec < 0) {
            return Err(Errno::TIMEDOUT);
        }
        match rustix::event::poll(&mut [PollFd::new(&self.event, events)], left.as_ref())? {
            0 => Err(Errno::TIMEDOUT),
            _ => Ok(()),
        }
    }

    /// Has the process hear of the next message in an empty queue; once.
    ///
    /// # Errors
    /// `EBUSY` when that is asked for already.
    pub(crate) fn register(&self, notice: Notice) -> Result<(), Errno> {
        let mut content = lock(&self.queue.content);
        if content.notice.is_some() {
            return Err(Errno::BUSY);
        }
        content.notice = Some(notice);
        Ok(())
    }

    /// Has nobody hear of it.
    pub(crate) fn unregister(&self) {
        lock(&self.queue.content).notice = None;
    }
}

/// With any descriptor of a queue goes what its process wanted to hear of it, mq_close(3).
impl Drop for OpenQueue {
    fn drop(&mut self) {
        self.unregister();
    }
}
