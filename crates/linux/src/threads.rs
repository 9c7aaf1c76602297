//! The threads of a process, by their ids.

use crate::process::{Status, lock};
use rustix::io::Errno;
use std::sync::{
    Arc, Condvar, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// Which threads there are. The first has the id of the process.
#[derive(Debug)]
pub(crate) struct Threads {
    list: Mutex<List>,
    changed: Condvar,
    first: i32,
}

#[derive(Debug)]
struct List {
    /// Most of them.
    limit: usize,
    all: Vec<(i32, Arc<Counters>)>,
    /// Of those that have ended.
    ended: [u64; 2],
    /// The last that was given.
    last: i32,
    /// How the first ended.
    first_ended: Option<Status>,
    /// How many of them the host runs.
    of_host: usize,
}

/// What a thread has done. Nobody else writes here.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) calls: Counter,
    pub(crate) system_calls: Counter,
}

/// A number that one thread counts and others read.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(crate) fn increase(&self) {
        self.0.store(self.0.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl List {
    fn find(&self, id: i32) -> Option<usize> {
        self.all.iter().position(|&(other, _)| other == id)
    }
}

impl Threads {
    /// At most `limit` threads at a time, and now the first, which the host runs.
    pub(crate) fn new(limit: usize) -> Self {
        let first = std::process::id().cast_signed();
        let all = vec![(first, Arc::default())];
        let list = List { limit, all, ended: [0; 2], last: first, first_ended: None, of_host: 1 };
        Self { list: Mutex::new(list), changed: Condvar::new(), first }
    }

    /// The id of the first one, and of the process: the host's, when it was made. In a
    /// forked child of the host it stays what it was, as for the program nothing has happened.
    pub(crate) fn first(&self) -> i32 {
        self.first
    }

    /// Makes an id for another thread.
    pub(crate) fn add(&self) -> Result<i32, Errno> {
        /// Locks of the C library have 30 bits for an id.
        const MOST: i32 = 1 << 29;
        let mut list = lock(&self.list);
        if list.all.len() >= list.limit {
            return Err(Errno::AGAIN);
        }
        loop {
            list.last = if list.last < MOST { list.last + 1 } else { 2 };
            if list.find(list.last).is_none() {
                break;
            }
        }
        let id = list.last;
        list.all.push((id, Arc::default()));
        Ok(id)
    }

    /// There is one thread, which the host runs, and nothing has been done.
    pub(crate) fn restart(&mut self, id: i32) {
        let list = self.list.get_mut().unwrap_or_else(PoisonError::into_inner);
        (list.all, list.ended) = (vec![(id, Arc::default())], [0; 2]);
        (list.first_ended, list.of_host) = (None, 1);
    }

    /// A thread has ended, in this way. When it was the last one, how the
    /// process ends: as its first thread did.
    pub(crate) fn remove(&self, id: i32, status: Status) -> Option<Status> {
        let mut list = lock(&self.list);
        if let Some(index) = list.find(id) {
            let (_, counters) = list.all.swap_remove(index);
            list.ended[0] += counters.calls.get();
            list.ended[1] += counters.system_calls.get();
        }
        if id == self.first {
            list.first_ended = Some(status);
        }
        self.changed.notify_all();
        if list.all.is_empty() { list.first_ended } else { None }
    }

    /// Whether there is a thread with this id.
    pub(crate) fn contains(&self, id: i32) -> bool {
        lock(&self.list).find(id).is_some()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        lock(&self.list).all.len()
    }

    /// How many there are, and how many calls and system calls all have made.
    pub(crate) fn counts(&self) -> (usize, u64, u64) {
        let list = lock(&self.list);
        let add = |[calls, system_calls]: [u64; 2], counters: &Counters| {
            [calls + counters.calls.get(), system_calls + counters.system_calls.get()]
        };
        let [calls, system_calls] = list.all.iter().fold(list.ended, |sums, (_, counters)| add(sums, counters));
        (list.all.len(), calls, system_calls)
    }

    /// What the thread with this id counts in.
    pub(crate) fn counters(&self, id: i32) -> Arc<Counters> {
        let list = lock(&self.list);
        list.find(id).map(|index| Arc::clone(&list.all[index].1)).unwrap_or_default()
    }

    /// Whether there has ever been a second one.
    pub(crate) fn were_several(&self) -> bool {
        lock(&self.list).last != self.first
    }

    /// The host drives one more.
    pub(crate) fn add_of_host(&self) {
        lock(&self.list).of_host += 1;
    }

    /// The host has dropped one; whether it drives none any more.
    pub(crate) fn remove_of_host(&self) -> bool {
        let mut list = lock(&self.list);
        list.of_host -= 1;
        list.of_host == 0
    }

    /// Sets the most that there may be.
    pub(crate) fn set_limit(&self, most: usize) {
        lock(&self.list).limit = most;
    }

    /// Waits until there are none.
    pub(crate) fn wait_for_none(&self) {
        let list = lock(&self.list);
        let gone = self.changed.wait_while(list, |list| !list.all.is_empty());
        drop(gone.unwrap_or_else(PoisonError::into_inner));
    }
}
