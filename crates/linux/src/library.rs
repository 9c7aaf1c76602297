//! Calls of functions of a library.

use crate::{
    memory::{Backing, Region},
    module::LoadError,
    process::{Holder, Status},
    thread::{Stop, Thread},
};
use lfi_abi::layout::ENTRY_PAGE;
use lfi_runtime::{Access, CallArguments, CallResults, Error, PAGE_SIZE};

impl Thread {
    /// Makes the process one whose functions can be called. Once in its life.
    ///
    /// # Errors
    /// When the runtime could not do its part.
    pub fn prepare_calls(&mut self) -> Result<(), LoadError> {
        self.process.sandbox.prepare_calls()?;
        let code = Region { access: Access::Read, backing: Backing::Code };
        self.process.memory().regions.insert(ENTRY_PAGE, ENTRY_PAGE + PAGE_SIZE, code);
        Ok(())
    }

    /// Calls the function at `function`, as [`Sandbox::call`](lfi_runtime::Sandbox::call) has it. The stack
    /// pointer is the context's.
    ///
    /// When this is `None` the function has not returned yet, and
    /// [`Self::call_goes_on`] must be asked.
    #[inline]
    pub fn call(&mut self, function: u64, arguments: &CallArguments) -> Option<CallResults> {
        if self.process.ended().is_some() {
            return None;
        }
        match &mut self.process {
            Holder::Alone(process) => process.sandbox.call(&mut self.context, function, arguments),
            Holder::Shared(process) => process.sandbox.call_shared(&mut self.context, function, arguments),
        }
    }

    /// Goes on with a call that gave `None`, with the same arguments: answers
    /// its system calls until it returns or the process ends.
    ///
    /// # Errors
    /// When the function does not return.
    #[cold]
    pub fn call_goes_on(&mut self, function: u64, arguments: &CallArguments) -> Result<CallResults, Unreturned> {
        if let Some(status) = self.process.ended() {
            return Err(Unreturned::Ended(Box::new(status)));
        }
        let exit = self.process.sandbox.call_goes_on(&mut self.context, function, arguments);
        match exit.and_then(|exit| self.answer(exit).map_or_else(|| self.resume(), Ok)) {
            Ok(Stop::Returned) => Ok(self.context.results()),
            Ok(Stop::Ended(status)) => Err(Unreturned::Ended(Box::new(status))),
            Err(error) => Err(Unreturned::Host(error)),
        }
    }
}

/// Why a function has not returned.
#[derive(Debug)]
pub enum Unreturned {
    /// The process has ended, now or earlier.
    Ended(Box<Status>),
    /// The host could not enter the sandbox.
    Host(Error),
}
