//! A thread of a process: one context, and what system calls change for it
//! alone.
//!
//! A program runs to its end ([`Thread::run`]). A library is started, comes
//! back, and is then called: its host prepares the context and lets it go on
//! ([`Thread::resume`]), again and again.

use crate::{
    audit::Question,
    call::signal::Signals,
    fs::Files,
    host::WriteSignalsBlocked,
    load,
    module::{LoadError, Module},
    policy::{Rule, Source},
    process::{Holder, Process, Setup, Status, Watch},
    table, trace,
};
use lfi_abi::Returns;
use lfi_runtime::{Context, Engine, Error, Exit};
use rustix::io::Errno;
use std::sync::Arc;

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
    /// Where bulk data passes through.
    buffer: Vec<u8>,
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
        Ok(Self::first(Process::new(sandbox, memory, files, policy, random, Watch { trace, auditor }), context))
    }

    /// The first thread of a process.
    pub(crate) fn first(process: Process, context: Context) -> Self {
        let process = match process.sandbox.returns() {
            Returns::Jump => Holder::Shared(Arc::new(process)),
            Returns::Ret => Holder::Alone(Box::new(process)),
        };
        let mut thread = Self { process, context, signals: Signals::default(), buffer: Vec::new() };
        thread.set_constants();
        thread
    }

    /// Has the runtime answer calls that always have the same answer, unless
    /// every call is to be heard of.
    fn set_constants(&mut self) {
        let watch = &self.process.watch;
        if !watch.trace && watch.auditor.is_none() {
            let constants = table::constants(self);
            self.context.set_constants(constants);
        }
    }

    /// A second thread of the process, which has not run yet.
    #[cfg(test)]
    pub(crate) fn sibling(&self) -> Option<Self> {
        let Holder::Shared(process) = &self.process else { return None };
        let process = Holder::Shared(Arc::clone(process));
        Some(Self { process, context: Context::new(), signals: Signals::default(), buffer: Vec::new() })
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// When the host cannot enter the sandbox; nothing that the program does
    /// is an error here.
    pub fn run(&mut self) -> Result<Status, Error> {
        match self.resume()? {
            Stop::Ended(status) => Ok(status),
            // The layer gave the program no code that returns to the host; it did so by itself.
            Stop::Returned => {
                let low = self.context.registers().rax & 0xff;
                Ok(Status::Exited(low as i32))
            }
            // There are no callback entries either.
            Stop::Callback(_) | Stop::Abandoned => Ok(Status::Signalled(libc::SIGSEGV)),
        }
    }

    /// Runs the context until it returns to the host or the process ends. A
    /// process that has ended stays so: it is not entered again.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn resume(&mut self) -> Result<Stop, Error> {
        let _blocked = WriteSignalsBlocked::new();
        loop {
            if let Some(status) = self.process.ended() {
                return Ok(Stop::Ended(status));
            }
            let exit = self.process.sandbox.enter(&mut self.context)?;
            if let Some(stop) = self.deal_with(exit) {
                return Ok(stop);
            }
        }
    }

    /// Deals with an exit of a context that nobody has run but the caller.
    pub(crate) fn answer(&mut self, exit: Exit) -> Option<Stop> {
        let _blocked = WriteSignalsBlocked::new();
        self.deal_with(exit)
    }

    /// Answers a system call, or says why the context stops.
    fn deal_with(&mut self, exit: Exit) -> Option<Stop> {
        match exit {
            Exit::SystemCall => self.system_call(),
            Exit::Return => return Some(Stop::Returned),
            Exit::Trap(trap) => self.process.end(Status::Trapped(trap)),
            Exit::Callback(number) => return Some(Stop::Callback(number)),
            Exit::Abandoned => return Some(Stop::Abandoned),
        }
        None
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

    /// The buffer for bulk data, to be given back by [`Self::keep_buffer`], with
    /// room for `len` bytes.
    pub(crate) fn take_buffer(&mut self, len: usize) -> Result<Vec<u8>, Errno> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.try_reserve_exact(len.saturating_sub(buffer.len())).map_err(|_| Errno::NOMEM)?;
        Ok(buffer)
    }

    pub(crate) fn keep_buffer(&mut self, buffer: Vec<u8>) {
        self.buffer = buffer;
    }

    fn system_call(&mut self) {
        let registers = self.context.registers();
        // The kernel looks at the low half only.
        let number = registers.rax & 0xffff_ffff;
        let arguments = [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9];
        let auditor = self.process.watch.auditor.clone();
        // Before the call, which may change what the arguments point to.
        let question = auditor.as_ref().map(|_| Question::new(&self.process, number, &arguments));
        let shown = self.process.watch.trace || self.process.policy.calls.rule(number) == Rule::Log;
        let line = shown.then(|| trace::call(&self.process, number, &arguments));
        let result = table::dispatch(self, number, &arguments);
        if let Some(line) = line {
            trace::print(&line, (self.process.ended().is_none()).then_some(result));
        }
        if let (Some(auditor), Some(question)) = (auditor, question) {
            question.answered(&*auditor, number, &arguments, &result);
        }
        // Errors are small negative numbers (syscalls(2)).
        self.context.registers_mut().rax = match result {
            Ok(value) => value,
            Err(errno) => i64::from(-errno.raw_os_error()).cast_unsigned(),
        };
    }
}
