//! A thread of a process: one context, and what system calls change for it
//! alone.
//!
//! A program runs to its end ([`Thread::run`]). A library is started, comes
//! back, and is then called: its host prepares the context and lets it go on
//! ([`Thread::resume`]), again and again.

use crate::{
    audit::Question,
    call::{futex, socket},
    fs::Files,
    holder::Holder,
    host::WriteSignalsBlocked,
    load,
    module::{LoadError, Module},
    policy::{Rule, Source},
    process::{Process, Setup, Status, Watch},
    signal::{Signals, Target},
    table::{self, Argument},
    threads::Counters,
    trace,
};
use lfi_runtime::{Before, Context, Engine, Error, Exit, Presence, Registers, Stay};
use rustix::io::Errno;
use std::{
    panic::{self, AssertUnwindSafe},
    sync::{Arc, atomic::AtomicU64},
};

/// Why sandboxed code stopped running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It came back to its host: a call has ended.
    Returned,
    /// The process has ended, and cannot go on.
    Ended(Status),
    /// It has called the callback with this number: see [`Exit::Callback`].
    Callback(usize),
    /// A callback has abandoned the call: see [`Exit::Abandoned`].
    Abandoned,
}

/// A thread of a program. When the last one is dropped, everything that the
/// program held is given back.
#[derive(Debug)]
pub struct Thread {
    pub(crate) process: Holder,
    pub(crate) context: Context,
    pub(crate) signals: Signals,
    pub(crate) tid: i32,
    pub(crate) counters: Arc<Counters>,
    /// A word to clear when the thread ends, and wake a waiter there.
    pub(crate) clear_tid: u64,
    /// How the thread ended.
    pub(crate) ended: Option<Status>,
    pub(crate) presence: Presence,
    /// The signals that it blocks, as others see it.
    pub(crate) blocked: Arc<AtomicU64>,
    role: Role,
    /// While the host asks for a thread: the one that the program has made.
    pub(crate) asked: Option<Option<Box<Self>>>,
}

/// Who runs a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The process's first one: the host, which has started it.
    First,
    /// The host, which has asked the program for it. The function ends it.
    Attached { detach: u64 },
    /// A thread of the host that the layer has started.
    Own,
}

impl Thread {
    /// Loads a program; returns its first thread, ready to run.
    ///
    /// # Errors
    /// When the setup cannot be had, or the host lacks something.
    pub fn start(engine: &Engine, module: &Module, setup: Setup) -> Result<Self, LoadError> {
        let sandbox = engine.sandbox(module.note().returns).map_err(LoadError::Runtime)?;
        let Setup { arguments, policy, trace, auditor } = setup;
        let files = Files::new(&policy, arguments.clone()).map_err(LoadError::Directory)?;
        let random = Source::new(policy.randomness);
        let (memory, context) = load::load(&sandbox, module, &arguments, &policy.environment, &random)?;
        let watch = Watch { trace, auditor };
        Ok(Self::first(Process::new(sandbox, memory, files, policy, random, watch)?, context))
    }

    /// The first thread of a process.
    pub(crate) fn first(process: Process, context: Context) -> Self {
        let (presence, tid) = (process.sandbox.presence(), process.threads.first());
        Self::new(Holder::Alone(Box::new(process)), context, Signals::default(), tid, presence, Role::First)
    }

    fn new(process: Holder, context: Context, signals: Signals, tid: i32, presence: Presence, role: Role) -> Self {
        let counters = process.threads.counters(tid);
        let mut thread = Self {
            process,
            context,
            blocked: Arc::new(AtomicU64::new(signals.mask)),
            signals,
            tid,
            counters,
            clear_tid: 0,
            ended: None,
            presence,
            role,
            asked: None,
        };
        thread.presence.look_after(&mut thread.context);
        let (nudger, mask) = (thread.presence.nudger(), Arc::clone(&thread.blocked));
        thread.process.pending.add_thread(Target { tid, nudger, mask });
        thread.set_constants();
        thread
    }

    /// Has the runtime answer calls that always have the same answer, unless
    /// every call is to be heard of.
    fn set_constants(&mut self) {
        if !self.process.watch.sees_all() {
            let constants = table::constants(self);
            self.context.set_constants(constants);
        }
    }

    /// One more thread of a process.
    pub(crate) fn another(process: &Arc<Process>, context: Context, signals: &Signals) -> Result<Self, Errno> {
        let tid = process.threads.add()?;
        let (holder, presence) = (Holder::Shared(Arc::clone(process)), process.sandbox.presence());
        Ok(Self::new(holder, context, signals.of_new_thread(), tid, presence, Role::Own))
    }

    /// A second thread of the process, which has not run yet.
    #[cfg(test)]
    pub(crate) fn sibling(&mut self) -> Option<Self> {
        let process = self.process.share()?;
        Self::another(process, Context::new(), &self.signals).ok()
    }

    /// Runs the thread on one of the host, to its end.
    pub(crate) fn spawn(mut self) -> Result<(), Errno> {
        let Holder::Shared(process) = &self.process else { return Err(Errno::NOSYS) };
        let process = Arc::clone(process);
        let run = move || {
            match process.runner.get() {
                Some(run) => run(self),
                None => {
                    if self.resume().is_err() {
                        self.fail();
                    }
                }
            }
            process.cpu_time.thread_ends();
        };
        std::thread::Builder::new().name("lfi-thread".to_owned()).spawn(run).map(drop).map_err(|_| Errno::AGAIN)
    }

    /// The same thread, for another owner to run, from `function` on.
    fn heir(&mut self, process: &Arc<Process>, function: u64) -> Self {
        let (mut context, presence) = (std::mem::take(&mut self.context), process.sandbox.presence());
        let registers = context.registers_mut();
        // As after a call, whose return address nobody needs.
        (registers.rip, registers.rsp) = (function, (registers.rsp & !15).wrapping_sub(8));
        let holder = Holder::Shared(Arc::clone(process));
        let mut heir = Self::new(holder, context, Signals::default(), self.tid, presence, Role::Own);
        heir.clear_tid = self.clear_tid;
        self.ended = Some(Status::Exited(0));
        heir
    }

    /// From now on the host runs it, and in the end `detach` is called.
    pub(crate) fn attached(mut self, detach: u64) -> Self {
        self.role = Role::Attached { detach };
        self.process.threads.add_of_host();
        self
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// When the host cannot enter the sandbox; nothing that the program does
    /// is an error here.
    pub fn run(&mut self) -> Result<Status, Error> {
        match self.resume()? {
            Stop::Ended(status) => {
                self.end(status);
                self.process.threads.wait_for_none();
                Ok(self.process.ended().unwrap_or(status))
            }
            // The layer gave the program no code that returns to the host; it did so by itself.
            Stop::Returned => {
                let low = self.context.registers().rax & 0xff;
                Ok(Status::Exited(low as i32))
            }
            // There are no callback entries either.
            Stop::Callback(_) | Stop::Abandoned => Ok(Status::Signalled(libc::SIGSEGV)),
        }
    }

    /// Runs the context until it returns to the host, or the thread or its process ends. A
    /// thread that has ended stays so: it is not run again.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn resume(&mut self) -> Result<Stop, Error> {
        let before = self.presence.prepare_and_arrive()?;
        self.at_work(before, |thread| thread.go_on(None))
    }

    /// What the thread does while it is at work, until it leaves. If that panics, as an auditor may, a call is given up in
    /// the middle: the process has ended.
    pub(crate) fn at_work<T>(&mut self, before: Before, work: impl FnOnce(&mut Self) -> T) -> T {
        let done = panic::catch_unwind(AssertUnwindSafe(|| work(self)));
        self.presence.leave(before);
        done.unwrap_or_else(|payload| {
            self.abandon();
            panic::resume_unwind(payload)
        })
    }

    /// The same, from an exit on, by who has arrived.
    pub(crate) fn go_on(&mut self, exit: Option<Exit>) -> Result<Stop, Error> {
        let _blocked = WriteSignalsBlocked::new();
        if let Some(stop) = exit.and_then(|exit| self.answer(&exit, None)) {
            return Ok(stop);
        }
        loop {
            if let Some(status) = self.ended() {
                return Ok(Stop::Ended(status));
            }
            if self.presence.take_nudge() {
                self.take_signals(None);
            }
            let stop = match self.enter() {
                Ok((ref exit, answered)) => self.answer(exit, answered),
                Err(Error::Stopped) => self.answer(&Exit::Stopped, None),
                Err(error) => return Err(error),
            };
            if let Some(stop) = stop {
                return Ok(stop);
            }
        }
    }

    /// Enters, and answers light calls, until the context leaves for something else: that, and the answer of a system call
    /// that has one.
    fn enter(&mut self) -> Result<(Exit, Option<table::Outcome>), Error> {
        let mut stay = self.process.held().enter(&mut self.context)?;
        loop {
            let pause = match stay {
                Stay::Pauses(pause) => pause,
                Stay::Ends(exit) => return Ok((exit, None)),
            };
            let answered = light_call(&mut self.process, &self.counters, pause.registers());
            let looks_up = || self.process.pending.any() || self.presence.take_nudge();
            match answered {
                Some(result) if result != Err(Errno::INTR) && !looks_up() => {
                    stay = self.process.held().go_on(pause, register(result))?;
                }
                _ => return Ok((Exit::SystemCall, answered)),
            }
        }
    }

    /// Does what an exit calls for, but for a system call that is answered; none if the thread goes on.
    fn answer(&mut self, exit: &Exit, answered: Option<table::Outcome>) -> Option<Stop> {
        match exit {
            Exit::SystemCall => self.system_call(answered),
            Exit::Return => return Some(Stop::Returned),
            Exit::Trap(trap) => self.take_fault(*trap),
            Exit::Callback(number) => return Some(Stop::Callback(*number)),
            Exit::Abandoned => return Some(Stop::Abandoned),
            Exit::Stopped => self.context.stay(),
        }
        None
    }

    /// How the thread or its process has ended.
    pub fn ended(&self) -> Option<Status> {
        self.process.ended().or(self.ended)
    }

    /// Whether the thread or its process has ended.
    #[inline]
    pub fn has_ended(&self) -> bool {
        self.ended.is_some() || self.process.sandbox.is_stopped()
    }

    /// Ends the thread; with the last one the process ends.
    pub(crate) fn end(&mut self, status: Status) {
        if self.ended.replace(status).is_some() {
            return;
        }
        // Whoever calls a function looks at the context alone.
        self.context.take_back();
        if self.clear_tid != 0 && self.process.ended().is_none() {
            // The thread is gone for the others from here on.
            let _ = self.process.sandbox.store(self.clear_tid, 0);
            let _ = futex::wake(&self.process, self.clear_tid, 1);
        }
        self.process.pending.forget_thread(self.tid);
        if let Some(status) = self.process.threads.remove(self.tid, status) {
            self.process.end(status);
        }
    }

    /// The process that it belongs to.
    #[inline]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The registers as the thread left them.
    #[inline]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The registers that the thread goes on with. All values are safe.
    #[inline]
    pub fn context_mut(&mut self) -> &mut Context {
        &mut self.context
    }

    /// Answers a system call, once or again and again; the first time with this, if it is answered.
    fn system_call(&mut self, mut answered: Option<table::Outcome>) {
        loop {
            self.one_system_call(answered.take());
            if !std::mem::take(&mut self.signals.again) {
                break;
            }
        }
    }

    fn one_system_call(&mut self, answered: Option<table::Outcome>) {
        // The kernel looks at the low half only.
        let number = self.context.registers().rax & 0xffff_ffff;
        let Registers { rdi, rsi, rdx, r10, r8, r9, .. } = *self.context.registers();
        let result = answered.unwrap_or_else(|| {
            self.counters.system_calls.increase();
            match is_unseen(&self.process, number) {
                true => table::handler(number)(self, rdi, rsi, rdx, r10, r8, r9),
                false => self.seen_call(number, [rdi, rsi, rdx, r10, r8, r9]),
            }
        });
        // After the return from a handler the registers are those of what it interrupted.
        if !std::mem::take(&mut self.signals.returned) {
            self.context.registers_mut().rax = register(result);
        }
        if !self.signals.again {
            let interrupted =
                (result == Err(Errno::INTR) && restarts(&self.process, number, rdi, r10)).then_some(number);
            if interrupted.is_some() {
                // What it was woken for is looked at now. It would be woken again and again otherwise.
                self.presence.take_nudge();
            }
            if !self.take_signals(interrupted) && interrupted.is_some() && self.ended().is_none() {
                // The signal was not this thread's.
                self.context.registers_mut().rax = number;
                self.signals.again = true;
            }
        }
    }

    /// Answers a call that somebody wants to hear of, or that has a rule.
    #[cold]
    fn seen_call(&mut self, number: u64, arguments: [u64; 6]) -> table::Outcome {
        let arguments = &arguments;
        let auditor = self.process.watch.auditor.clone();
        // Before the call, which may change what the arguments point to.
        let question = auditor.as_ref().map(|_| Question::new(&self.process, number, arguments));
        let shown = self.process.watch.trace || self.process.policy.calls.rule(number) == Rule::Log;
        let line = shown.then(|| trace::call(self, number, arguments));
        let result = table::dispatch(self, number, arguments);
        if let Some(line) = line {
            trace::print(&line, self.ended().is_none().then_some(result));
        }
        if let (Some(auditor), Some(question)) = (auditor, question) {
            question.answered(&*auditor, number, arguments, &result);
        }
        result
    }
}

/// Answers a call for which nothing of the thread is needed, and of which nobody wants to hear.
#[inline]
fn light_call(process: &mut Holder, counters: &Counters, registers: &Registers) -> Option<table::Outcome> {
    let Registers { rax, rdi, rsi, rdx, r10, r8, r9, .. } = *registers;
    let number = rax & 0xffff_ffff;
    let handler = table::light_handler(number).filter(|_| is_unseen(process, number))?;
    counters.system_calls.increase();
    Some(handler(process, rdi, rsi, rdx, r10, r8, r9))
}

/// Whether nobody wants to hear of a call, and no rule is to be looked up for it.
#[inline]
fn is_unseen(process: &Process, number: u64) -> bool {
    !process.watch.sees_all() && process.policy.calls.rule(number) == Rule::Allow
}

/// A result as a register has it: errors are small negative numbers (syscalls(2)).
#[inline]
fn register(result: table::Outcome) -> u64 {
    result.unwrap_or_else(|errno| i64::from(-errno.raw_os_error()).cast_unsigned())
}

impl Drop for Thread {
    fn drop(&mut self) {
        let Holder::Shared(process) = &self.process else { return };
        if self.role != Role::Own && process.threads.count() < 2 {
            return;
        }
        let process = Arc::clone(process);
        match self.role {
            // A callback has panicked in the middle of what the thread did for others.
            Role::Own if std::thread::panicking() => process.end(Status::Signalled(libc::SIGABRT)),
            Role::Attached { detach } if self.ended().is_none() => {
                // The C library's part of the thread's end: its stack, its thread-local values. Without a thread of
                // the host for it, the memory stays the sandbox's.
                let _ = self.heir(&process, detach).spawn();
            }
            _ => {}
        }
        if self.role != Role::Own && process.threads.remove_of_host() {
            // Nobody is left who could use what the others do.
            process.end(Status::Interrupted);
        }
        self.end(Status::Exited(0));
    }
}

/// Whether a call that a signal has ended is made again after a handler with
/// `SA_RESTART`: all but those that wait for a signal or a time (signal(7)), which would begin anew.
fn restarts(process: &Process, number: u64, first_argument: u64, fourth_argument: u64) -> bool {
    const NEVER: &[&str] = &[
        "pause",
        "rt_sigsuspend",
        "rt_sigtimedwait",
        "nanosleep",
        "clock_nanosleep",
        "poll",
        "ppoll",
        "select",
        "pselect6",
        "epoll_wait",
        "epoll_pwait",
        "epoll_pwait2",
    ];
    /// Not if the socket has a time.
    const SOCKETS: &[&str] = &[
        "read", "readv", "recvfrom", "recvmsg", "recvmmsg", "accept", "accept4", "write", "writev", "sendto",
        "sendmsg", "sendmmsg", "connect",
    ];
    table::find(number).is_some_and(|row| match row.name {
        "futex" => fourth_argument == 0,
        name if SOCKETS.contains(&name) => !socket::has_time(process, i32::from_register(first_argument)),
        name => !NEVER.contains(&name),
    })
}
