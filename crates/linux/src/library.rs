//! What the host needs in a sandbox to call functions of a library.

use crate::{
    load::LoadError,
    memory::{Backing, Region},
    process::Process,
};
use lfi_abi::layout::{ENTRY_PAGE, page};
use lfi_runtime::{Access, Check, PAGE_SIZE};

/// Where functions return to that the host has called: a bundle that holds the
/// runtime call "return to host" (`[x64.unit.runtime]`), which ends it.
const RETURN_TO_HOST: [u8; 32] = {
    let [low, high, ..] = (lfi_abi::layout::RUNTIME_PAGE + page::RETURN).to_le_bytes();
    [
        0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, // nopw 0(%rax,%rax)
        0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, // nopl 0(%rax,%rax)
        0x4c, 0x8d, 0x1d, 8, 0, 0, 0, // leaq 8(%rip), %r11
        0x65, 0xff, 0x24, 0x25, low, high, 1, 0, // jmpq *%gs:RETURN
    ]
};

impl Process {
    /// Publishes the code that a function returns to when the host has called
    /// it, and gives its address. It is verified like all code. Once in the
    /// life of a process.
    ///
    /// # Errors
    /// When the runtime could not do its part.
    pub fn publish_return(&mut self) -> Result<u64, LoadError> {
        let address = self.sandbox.base() + ENTRY_PAGE;
        self.sandbox.publish(address, &RETURN_TO_HOST, Check::Verify(self.kind))?;
        let code = Region { access: Access::Read, backing: Backing::Code };
        self.memory.regions.insert(ENTRY_PAGE, ENTRY_PAGE + PAGE_SIZE, code);
        Ok(address)
    }
}
