//! Signals: what a process does about them, those that wait, and how a thread
//! takes one.
//!
//! A signal is sent by the process to itself, by a fault of its code, or by the
//! layer for it. It waits in [`Pending`] until a thread takes it that does not
//! block it, which happens between a system call and the next entry: the
//! thread's context is put aside, in the host's memory, and it goes on in the
//! handler (`frame.rs`).

mod frame;
mod timer;

pub(crate) use frame::{Suspended, call_handler, return_from_handler};
pub(crate) use timer::{Clock, Notice, Remaining, Timer, Timers};

use crate::{
    process::{Process, Status, lock},
    thread::Thread,
    user::Bytes,
};
use lfi_runtime::{Nudger, Trap};
use rustix::{
    io::Errno,
    thread::futex,
    time::{ClockId, Timespec},
};
use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};
use timer::Sender;

/// Highest signal number.
pub(crate) const LAST: i32 = 64;
/// The first of the signals that queue.
const FIRST_REAL_TIME: i32 = 32;
/// Most signals that wait (RLIMIT_SIGPENDING).
const MOST_PENDING: usize = 1024;
/// `siginfo_t`.
pub(crate) const INFO_SIZE: usize = 128;

/// A set of signals: bit `n - 1` is signal `n`.
pub(crate) type Set = u64;

/// The set of one signal.
pub(crate) fn bit(signal: i32) -> Set {
    1 << (signal - 1)
}

/// What cannot be blocked.
pub(crate) fn never_blocked() -> Set {
    bit(libc::SIGKILL) | bit(libc::SIGSTOP)
}

/// A number as an index, if it is a signal's.
pub(crate) fn index(signal: i32) -> Result<usize, Errno> {
    usize::try_from(signal).ok().filter(|_| (1..=LAST).contains(&signal)).ok_or(Errno::INVAL)
}

/// `struct sigaction` of the kernel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Action {
    pub(crate) handler: u64,
    pub(crate) flags: u64,
    /// Where a handler returns to.
    pub(crate) restorer: u64,
    /// What is blocked while the handler runs.
    pub(crate) mask: Set,
}

/// What is done about a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disposition {
    Ignore,
    Kill,
    Handle,
}

impl Action {
    /// Whether a flag of sigaction(2) is set.
    pub(crate) fn has(&self, flag: i32) -> bool {
        self.flags & u64::from(flag.cast_unsigned()) != 0
    }

    /// Whether nobody takes the signal, which is dropped then.
    pub(crate) fn ignores(&self, signal: i32) -> bool {
        self.disposition(signal) == Disposition::Ignore
    }

    fn disposition(&self, signal: i32) -> Disposition {
        match self.handler as usize {
            libc::SIG_IGN => Disposition::Ignore,
            libc::SIG_DFL if harmless(signal) => Disposition::Ignore,
            libc::SIG_DFL => Disposition::Kill,
            _ => Disposition::Handle,
        }
    }
}

/// Signals that are ignored, or only stop a process, by default (signal(7)).
fn harmless(signal: i32) -> bool {
    matches!(
        signal,
        libc::SIGCHLD
            | libc::SIGURG
            | libc::SIGWINCH
            | libc::SIGCONT
            | libc::SIGSTOP
            | libc::SIGTSTP
            | libc::SIGTTIN
            | libc::SIGTTOU
    )
}

/// What a process asked for: an action for each signal.
#[derive(Clone, Debug)]
pub(crate) struct Actions([Action; LAST as usize + 1]);

impl Actions {
    /// Those of `ignored` are ignored, all others have their default.
    pub(crate) fn new(ignored: Set) -> Self {
        let mut actions = [Action::default(); LAST as usize + 1];
        for signal in (1..=LAST).filter(|&signal| ignored & bit(signal) != 0) {
            actions[signal as usize].handler = libc::SIG_IGN as u64;
        }
        Self(actions)
    }

    pub(crate) fn of(&mut self, signal: i32) -> Result<&mut Action, Errno> {
        Ok(&mut self.0[index(signal)?])
    }

    /// Those of `set` that a thread would notice.
    pub(crate) fn noticed(&self, set: Set) -> Set {
        let ignored = |n: &i32| self.0[*n as usize].disposition(*n) == Disposition::Ignore;
        (1..=LAST).filter(ignored).fold(set, |set, n| set & !bit(n))
    }
}

/// What a handler is told (`siginfo_t`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Info {
    pub(crate) signal: i32,
    pub(crate) bytes: [u8; INFO_SIZE],
}

impl Info {
    fn new(signal: i32, code: i32, rest: Bytes) -> Self {
        let head = Bytes::new().u32(signal.cast_unsigned()).u32(0).u32(code.cast_unsigned()).u32(0).done();
        let mut bytes = [0; INFO_SIZE];
        let all = [head, rest.done()].concat();
        bytes[..all.len()].copy_from_slice(&all);
        Self { signal, bytes }
    }

    /// Sent by the process itself.
    pub(crate) fn sent(process: &Process, signal: i32, code: i32) -> Self {
        let (pid, uid) = (process.threads.first().cast_unsigned(), rustix::process::getuid().as_raw());
        Self::new(signal, code, Bytes::new().u32(pid).u32(uid))
    }

    /// The same with a value.
    pub(crate) fn sent_with(process: &Process, signal: i32, code: i32, value: u64) -> Self {
        const VALUE: usize = 24;
        let mut info = Self::sent(process, signal, code);
        info.bytes[VALUE..VALUE + 8].copy_from_slice(&value.to_ne_bytes());
        info
    }

    /// Sent by the kernel, as far as the process is concerned.
    pub(crate) fn of_kernel(signal: i32) -> Self {
        const SI_KERNEL: i32 = 0x80;
        Self::new(signal, SI_KERNEL, Bytes::new())
    }

    /// Sent by a timer that was created.
    pub(crate) fn of_timer(signal: i32, id: i32, value: u64) -> Self {
        Self::new(signal, libc::SI_TIMER, Bytes::new().u32(id.cast_unsigned()).u32(0).u64(value))
    }

    /// How often the timer would have gone off besides, in the information of one that was created.
    fn set_overrun(&mut self, overrun: i32) {
        const CODE: usize = 8;
        const OVERRUN: usize = 20;
        if self.bytes[CODE..CODE + 4] == libc::SI_TIMER.to_ne_bytes() {
            self.bytes[OVERRUN..OVERRUN + 4].copy_from_slice(&overrun.to_ne_bytes());
        }
    }

    fn of_fault(process: &Process, trap: &Trap) -> Self {
        // To the host's kernel what is not mapped is mapped without access.
        const SEGV_MAPERR: i32 = 1;
        const SEGV_ACCERR: i32 = 2;
        let mapped = |address: u64| {
            let offset = address.wrapping_sub(process.base());
            process.memory().regions.overlapping(offset, offset.saturating_add(1)).next().is_some()
        };
        let nowhere = trap.signal == lfi_runtime::Signal::Segv
            && trap.code == SEGV_ACCERR
            && trap.address.is_some_and(|address| !mapped(address));
        let code = if nowhere { SEGV_MAPERR } else { trap.code };
        let address = trap.address.unwrap_or(match trap.signal {
            lfi_runtime::Signal::Ill | lfi_runtime::Signal::Fpe => trap.pc,
            _ => 0,
        });
        Self::new(trap.signal.number(), code, Bytes::new().u64(address))
    }
}

/// Signals of a process that nobody has taken yet, and what is done about them.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) actions: Mutex<Actions>,
    list: Mutex<VecDeque<Waiting>>,
    /// Counts what has come: those who wait for a signal sleep on it.
    arrivals: AtomicU32,
    /// How many wait.
    waiting: AtomicU32,
    threads: Mutex<Vec<Target>>,
}

/// A thread that signals are for.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) tid: i32,
    pub(crate) nudger: Nudger,
    /// What it blocks.
    pub(crate) mask: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Waiting {
    info: Info,
    /// The thread it is for; none: any.
    thread: Option<i32>,
    /// The timer that has sent it.
    sender: Option<Sender>,
}

impl Pending {
    pub(crate) fn new(actions: Actions) -> Self {
        Self {
            actions: Mutex::new(actions),
            list: Mutex::default(),
            arrivals: AtomicU32::default(),
            waiting: AtomicU32::default(),
            threads: Mutex::default(),
        }
    }

    /// Whether a signal is dropped, as one is that is ignored and that somebody would take: it wakes nobody.
    fn is_ignored(&self, signal: i32, thread: Option<i32>) -> bool {
        let ignored = lock(&self.actions).of(signal).is_ok_and(|action| action.ignores(signal));
        ignored && !self.is_blocked(signal, thread)
    }

    /// Adds a signal. A second one of the kind that does not queue is dropped.
    pub(crate) fn add(&self, info: Info, thread: Option<i32>) -> Result<(), Errno> {
        if self.is_ignored(info.signal, thread) {
            return Ok(());
        }
        let list = lock(&self.list);
        let there = |other: &Waiting| other.info.signal == info.signal && other.thread == thread;
        if info.signal < FIRST_REAL_TIME && list.iter().any(there) {
            return Ok(());
        }
        self.push(list, Waiting { info, thread, sender: None })
    }

    /// Adds a signal of a timer, which has one that waits at most.
    fn add_of_timer(&self, notice: Notice, sender: Sender) -> Result<(), Errno> {
        let Notice { info, thread } = notice;
        if self.is_ignored(info.signal, thread) {
            sender.ignored();
            return Ok(());
        }
        self.push(lock(&self.list), Waiting { info, thread, sender: Some(sender) })
    }

    fn push(&self, mut list: MutexGuard<'_, VecDeque<Waiting>>, waiting: Waiting) -> Result<(), Errno> {
        if list.len() >= MOST_PENDING {
            return Err(Errno::AGAIN);
        }
        let (signal, thread) = (waiting.info.signal, waiting.thread);
        list.push_back(waiting);
        self.waiting.store(list.len() as u32, Ordering::Release);
        drop(list);
        self.nudge(signal, thread);
        self.announce();
        Ok(())
    }

    /// Has a thread look up that the signal is for: the one, or the one whose handler runs.
    fn nudge(&self, signal: i32, thread: Option<i32>) {
        let threads = lock(&self.threads);
        let target = match thread {
            Some(tid) => threads.iter().find(|target| target.tid == tid),
            None => preferred(&threads, signal),
        };
        if let Some(target) = target {
            target.nudger.nudge();
        }
    }

    /// Has others look up, when a thread takes these no more.
    fn hand_on(&self, set: Set) {
        if !self.any() {
            return;
        }
        let shared: Vec<i32> = {
            let list = lock(&self.list);
            let shared = list.iter().filter(|waiting| waiting.thread.is_none() && set & bit(waiting.info.signal) != 0);
            shared.map(|waiting| waiting.info.signal).collect()
        };
        for signal in &shared {
            self.nudge(*signal, None);
        }
        if !shared.is_empty() {
            self.announce();
        }
    }

    /// Wakes those who wait for a signal.
    fn announce(&self) {
        self.arrivals.fetch_add(1, Ordering::Release);
        let _ = futex::wake(&self.arrivals, futex::Flags::PRIVATE, u32::MAX >> 1);
    }

    /// Whether the thread that a signal is for blocks it, or all threads do.
    fn is_blocked(&self, signal: i32, thread: Option<i32>) -> bool {
        let threads = lock(&self.threads);
        let mut targets = threads.iter().filter(|target| thread.is_none_or(|tid| tid == target.tid));
        targets.all(|target| target.mask.load(Ordering::Relaxed) & bit(signal) != 0)
    }

    /// The thread of the host that runs this one at present.
    pub(crate) fn host_thread(&self, tid: i32) -> Option<i32> {
        lock(&self.threads).iter().find(|target| target.tid == tid)?.nudger.thread()
    }

    /// Makes a thread one that signals are for.
    pub(crate) fn add_thread(&self, target: Target) {
        let mut threads = lock(&self.threads);
        threads.retain(|other| other.tid != target.tid);
        threads.push(target);
    }

    /// Drops all signals.
    pub(crate) fn clear(&self) {
        lock(&self.list).clear();
        self.waiting.store(0, Ordering::Release);
    }

    /// Whether any waits, whoever it is for.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.waiting.load(Ordering::Acquire) != 0
    }

    /// Takes the lowest of those in `set` that are for this thread.
    pub(crate) fn take(&self, thread: i32, set: Set) -> Option<Info> {
        self.take_if(|waiting| waiting.is_for(thread, set))
    }

    /// Takes the lowest of those in `set`, which this thread does not block, whose handlers run in it.
    fn take_for_handler(&self, thread: i32, set: Set) -> Option<Info> {
        self.take_if(|waiting| waiting.is_for(thread, set) && !self.is_left_to_another(waiting, thread))
    }

    /// Whether the handler runs in another thread, though this one may not block it.
    fn is_left_to_another(&self, waiting: &Waiting, thread: i32) -> bool {
        let signal = waiting.info.signal;
        waiting.thread.is_none() && preferred(&lock(&self.threads), signal).is_some_and(|other| other.tid != thread)
    }

    fn take_if(&self, is_mine: impl Fn(&Waiting) -> bool) -> Option<Info> {
        if !self.any() {
            return None;
        }
        let mut list = lock(&self.list);
        let mine = list.iter().enumerate().filter(|(_, waiting)| is_mine(waiting));
        let (at, _) = mine.min_by_key(|(_, waiting)| waiting.info.signal)?;
        let mut taken = list.remove(at)?;
        self.waiting.store(list.len() as u32, Ordering::Release);
        drop(list);
        if let Some(sender) = taken.sender {
            sender.taken(&mut taken.info);
        }
        Some(taken.info)
    }

    /// What waits for this thread.
    pub(crate) fn set(&self, thread: i32) -> Set {
        let list = lock(&self.list);
        list.iter().filter(|waiting| waiting.is_for(thread, Set::MAX)).fold(0, |set, w| set | bit(w.info.signal))
    }

    /// Those of `set`, which this thread does not block, whose handlers run in it.
    pub(crate) fn for_handlers(&self, thread: i32, set: Set) -> Set {
        let list = lock(&self.list);
        let mine = list.iter().filter(|w| w.is_for(thread, set) && !self.is_left_to_another(w, thread));
        mine.fold(0, |set, waiting| set | bit(waiting.info.signal))
    }

    /// Drops what a thread has not taken that has ended.
    pub(crate) fn forget_thread(&self, tid: i32) {
        lock(&self.threads).retain(|target| target.tid != tid);
        let mut list = lock(&self.list);
        list.retain(|waiting| waiting.thread != Some(tid));
        self.waiting.store(list.len() as u32, Ordering::Release);
        drop(list);
        self.hand_on(Set::MAX);
    }

    /// Drops all signals of a kind, since they are ignored from now on.
    pub(crate) fn forget(&self, signal: i32) {
        let mut list = lock(&self.list);
        let (dropped, kept) = std::mem::take(&mut *list).into_iter().partition(|w: &Waiting| w.info.signal == signal);
        *list = kept;
        self.waiting.store(list.len() as u32, Ordering::Release);
        drop(list);
        for mut waiting in Vec::from(dropped) {
            if let Some(sender) = waiting.sender {
                sender.taken(&mut waiting.info);
            }
        }
    }
}

/// The thread in which the handler of a signal of the process runs, as Linux chooses it: the first that does not block
/// it, which is the process's first where that does not. One that is at work goes before those that are not.
fn preferred(threads: &[Target], signal: i32) -> Option<&Target> {
    let takes = |target: &&Target| target.mask.load(Ordering::Relaxed) & bit(signal) == 0;
    let at_work = |target: &&Target| target.nudger.thread().is_some();
    threads.iter().filter(takes).find(at_work).or_else(|| threads.iter().find(takes))
}

impl Waiting {
    fn is_for(&self, thread: i32, set: Set) -> bool {
        set & bit(self.info.signal) != 0 && self.thread.is_none_or(|tid| tid == thread)
    }
}

/// `stack_t`: where handlers run that ask for it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AlternateStack {
    pub(crate) start: u64,
    pub(crate) size: u64,
}

impl AlternateStack {
    pub(crate) fn contains(&self, address: u64) -> bool {
        address.wrapping_sub(self.start) < self.size
    }
}

/// What a thread asked for, and what it was doing before its handlers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    pub(crate) mask: Set,
    /// What the mask becomes when the call is over that has changed it.
    pub(crate) restore: Option<Set>,
    pub(crate) stack: Option<AlternateStack>,
    suspended: VecDeque<Suspended>,
    /// The registers are not those of a call that returns.
    pub(crate) returned: bool,
    /// The system call that a handler has interrupted is made again.
    pub(crate) again: bool,
}

impl Signals {
    /// What a new thread has of its maker's.
    pub(crate) fn of_new_thread(&self) -> Self {
        Self { mask: self.mask, ..Self::default() }
    }
}

/// Sends a signal to the process, or one of its threads. One that kills does
/// so at once, unless whom it is for blocks it.
pub(crate) fn send(sender: &Thread, info: Info, thread: Option<i32>) -> Result<(), Errno> {
    let process = sender.process();
    let disposition = lock(&process.pending.actions).of(info.signal)?.disposition(info.signal);
    match disposition {
        Disposition::Kill if !process.pending.is_blocked(info.signal, thread) => {
            process.end_by_signal(info.signal, sender.context().registers());
        }
        _ => process.pending.add(info, thread)?,
    }
    Ok(())
}

impl Thread {
    /// Takes the signals that wait for this thread: after a system call, which
    /// has failed with `EINTR` or not.
    ///
    /// Whether a handler is called now.
    pub(crate) fn take_signals(&mut self, interrupted_call: Option<u64>) -> bool {
        let mut again = interrupted_call;
        let mut handled = false;
        while let Some(info) = self.process.pending.take_for_handler(self.tid, !self.signals.mask) {
            if self.process.ended().is_some() {
                return handled;
            }
            let action = self.action_of(info.signal);
            match action.disposition(info.signal) {
                Disposition::Ignore => {}
                Disposition::Kill => self.process.end_by_signal(info.signal, self.context.registers()),
                Disposition::Handle => {
                    handled = true;
                    let again = again.take().filter(|_| action.has(libc::SA_RESTART));
                    if call_handler(self, &action, &info, again).is_err() {
                        self.process.end_by_signal(libc::SIGSEGV, self.context.registers());
                    }
                }
            }
        }
        if let Some(mask) = self.signals.restore.take() {
            self.set_mask(mask);
        }
        handled
    }

    /// Blocks these signals, and no others, from now on; those that were blocked.
    pub(crate) fn set_mask(&mut self, mask: Set) -> Set {
        let mask = mask & !never_blocked();
        self.blocked.store(mask, Ordering::Relaxed);
        let before = std::mem::replace(&mut self.signals.mask, mask);
        self.process.pending.hand_on(mask & !before);
        before
    }

    /// A fault: its handler is called, or the process ends.
    pub(crate) fn take_fault(&mut self, trap: Trap) {
        let info = Info::of_fault(&self.process, &trap);
        let action = self.action_of(info.signal);
        let handled = action.disposition(info.signal) == Disposition::Handle
            && self.signals.mask & bit(info.signal) == 0
            && self.context.is_interrupted()
            && call_handler(self, &action, &info, None).is_ok();
        if !handled {
            self.process.end(Status::Trapped(trap));
        }
    }

    fn action_of(&self, signal: i32) -> Action {
        lock(&self.process.pending.actions).of(signal).copied().unwrap_or_default()
    }

    /// Waits until one of `set` waits for this thread, or one of `handled` whose handler runs in it, or for so long.
    pub(crate) fn wait_for_signal(&self, set: Set, handled: Set, until: Option<Timespec>) -> Result<(), Errno> {
        let process: &Process = &self.process;
        loop {
            let arrivals = process.pending.arrivals.load(Ordering::Acquire);
            let pending = &process.pending;
            if pending.set(self.tid) & set != 0 || pending.for_handlers(self.tid, handled) != 0 {
                return Ok(());
            }
            if process.ended().is_some() {
                return Err(Errno::INTR);
            }
            let flags = futex::Flags::PRIVATE;
            match futex::wait_bitset(&process.pending.arrivals, flags, arrivals, until.as_ref(), NonZeroU32::MAX) {
                Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Waits for a signal that the mask lets through and that is not ignored.
    pub(crate) fn wait_for_handler(&self) -> Result<(), Errno> {
        let set = lock(&self.process.pending.actions).noticed(!self.signals.mask);
        self.wait_for_signal(0, set, None)
    }
}

/// The time on the monotonic clock when a span is over.
pub(crate) fn after(span: Timespec) -> Timespec {
    let now = rustix::time::clock_gettime(ClockId::Monotonic);
    now.checked_add(span).unwrap_or(Timespec { tv_sec: i64::MAX, tv_nsec: 0 })
}
