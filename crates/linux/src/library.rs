//! Calls of functions of a library.

use crate::{
    load::LoadError,
    memory::{Backing, Region},
    process::{Process, Status, Stop},
};
use lfi_abi::layout::ENTRY_PAGE;
use lfi_runtime::{Access, Error, Exit, PAGE_SIZE};

impl Process {
    /// Makes the process one whose functions can be called. Once in its life.
    ///
    /// # Errors
    /// When the runtime could not do its part.
    pub fn prepare_calls(&mut self) -> Result<(), LoadError> {
        self.sandbox.prepare_calls()?;
        let code = Region { access: Access::Read, backing: Backing::Code };
        self.memory.regions.insert(ENTRY_PAGE, ENTRY_PAGE + PAGE_SIZE, code);
        Ok(())
    }

    /// Calls the function at `function` with what is in the context, as
    /// [`Sandbox::call`](lfi_runtime::Sandbox::call) has it, and answers its
    /// system calls until it returns or the process ends.
    ///
    /// # Errors
    /// When the host cannot enter the sandbox; nothing that the function does
    /// is an error here.
    #[inline]
    pub fn call(&mut self, function: u64) -> Result<Stop, Error> {
        if let Some(status) = self.ended {
            return Ok(Stop::Ended(status));
        }
        match self.sandbox.call(&mut self.context, function)? {
            Exit::Return => Ok(Stop::Returned),
            exit => self.go_on_after(exit),
        }
    }

    #[cold]
    fn go_on_after(&mut self, exit: Exit) -> Result<Stop, Error> {
        match exit {
            Exit::Return => return Ok(Stop::Returned),
            Exit::SystemCall => self.system_call_of_library(),
            Exit::Trap(trap) => self.ended = Some(Status::Trapped(trap)),
        }
        self.resume()
    }
}
