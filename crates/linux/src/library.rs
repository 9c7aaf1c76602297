//! Calls of functions of a library.

use crate::{
    memory::{Backing, Region},
    module::LoadError,
    process::{Holder, Status},
    thread::{Stop, Thread},
};
use lfi_abi::layout::{ENTRY_PAGE, ENTRY_SIZE};
use lfi_runtime::{Access, CallArguments, Context, Error, Held};

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
        let held = match &mut self.process {
            Holder::Alone(process) => Held::Alone(&mut process.sandbox),
            Holder::Shared(process) => Held::Shared(&process.sandbox),
        };
        (held, &mut self.context)
    }

    /// Goes on with a call that gave `None`, with the same arguments: answers
    /// its system calls until it returns or stops otherwise. When it has returned, the results are in the context.
    ///
    /// # Errors
    /// When the host cannot enter the sandbox.
    #[cold]
    pub fn call_goes_on(&mut self, function: u64, arguments: &CallArguments) -> Result<Stop, Error> {
        if let Some(status) = self.process.ended() {
            return Ok(Stop::Ended(status));
        }
        let exit = self.process.sandbox.call_goes_on(&mut self.context, function, arguments)?;
        self.answer(exit).map_or_else(|| self.resume(), Ok)
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
