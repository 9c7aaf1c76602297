//! Calls of functions of a library.

use crate::{
    memory::{Backing, Region},
    module::LoadError,
    process::Status,
    thread::{Stop, Thread},
};
use lfi_abi::{
    Returns,
    layout::{ENTRY_PAGE, ENTRY_SIZE},
};
use lfi_runtime::{Access, Before, Call, Context, Error, Exit, Held};

impl Thread {
    /// Makes the process one whose functions can be called. Once in its life.
    ///
    /// # Errors
    /// When the runtime could not do its part.
    pub fn prepare_calls(&mut self) -> Result<(), LoadError> {
        self.process.sandbox.prepare_calls()?;
        let code = Region { access: Access::Read, backing: Backing::Code };
        self.process.memory().regions.insert(ENTRY_PAGE, ENTRY_PAGE + ENTRY_SIZE, code);
        Ok(())
    }

    /// What [`lfi_runtime::call`] wants of its host. A process that has ended is not called.
    #[inline]
    pub fn parts(&mut self) -> (Held<'_>, &mut Context) {
        (self.process.held(), &mut self.context)
    }

    /// Whether a call that gave `None` was made.
    #[cold]
    pub fn has_left(&self) -> bool {
        self.context.has_left()
    }

    /// Goes on with a call that gave `None`, as that has left it: answers
    /// its system calls until it returns or stops otherwise. When it has returned, the results are in the context.
    ///
    /// # Errors
    /// When the host cannot enter the sandbox.
    ///
    /// # Panics
    /// When a callback of the call did.
    #[cold]
    pub fn call_goes_on(&mut self, call: &Call) -> Result<Stop, Error> {
        // Before the thread arrives: nobody would see it leave.
        self.context.resume_panic();
        let before = self.presence.prepare_and_arrive()?;
        self.at_work(before, |thread| {
            let exit = match thread.process.sandbox.call_goes_on(&mut thread.context, call) {
                Err(Error::Stopped) => Ok(Exit::Stopped),
                other => other,
            };
            thread.go_on(Some(exit?))
        })
    }

    /// Ends the process with the trap of a callback that is not there, or whose
    /// arguments at `address` are not, after [`Stop::Callback`].
    pub fn refuse_callback(&mut self, address: u64) {
        self.process.end(Status::Trapped(self.context.callback_trap(address)));
    }

    /// Ends the process as if it had killed itself, since its host has given up a call in the middle.
    pub fn abandon(&mut self) {
        self.process.end(Status::Signalled(libc::SIGABRT));
    }
}

impl Thread {
    /// The next thread that the program makes is not started, but kept for the
    /// host, which asks the program for one.
    ///
    /// # Errors
    /// In an exclusive sandbox, which has one thread.
    pub fn ask_for_thread(&mut self) -> Result<(), Error> {
        match self.process.sandbox.returns() {
            Returns::Ret => Err(Error::Unsupported("a second thread in an exclusive sandbox")),
            Returns::Jump => {
                self.asked = Some(None);
                Ok(())
            }
        }
    }

    /// The thread that the program has made since it was asked, from now on the host's to
    /// run. When it is dropped, the layer has it call the function at `end`, which ends it.
    pub fn take_thread(&mut self, end: u64) -> Option<Self> {
        self.asked.take().flatten().map(|thread| thread.attached(end))
    }

    /// What runs the threads that the library makes, each on a thread of the host of its own. Once in the life of a process.
    pub fn set_runner(&self, run: impl Fn(Self) + Send + Sync + 'static) {
        self.process.runner.set(Box::new(run));
    }

    /// Ends the process, since the host could not run this thread.
    pub fn fail(&self) {
        self.process.end(Status::Signalled(libc::SIGKILL));
    }

    /// The calling thread goes to work, or comes back from it, in a call by the short way. To
    /// be noted around [`lfi_runtime::call`].
    #[inline]
    pub fn arrive(&self) -> Before {
        self.counters.calls.increase();
        self.presence.arrive()
    }

    /// The end of what [`Self::arrive`] began.
    #[inline]
    pub fn leave(&self, before: Before) {
        self.presence.leave(before);
    }
}
