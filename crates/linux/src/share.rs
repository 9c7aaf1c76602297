//! Memory that the host and a process have together, and memory of a process
//! that the host borrows.
#![allow(unsafe_code)] // two views of memory that is the caller's alone

use crate::{
    memory::{Backing, Memory, Region},
    process::Process,
    thread::Thread,
};
use lfi_runtime::{Access, Error, PAGE_SIZE, SharedMemory};
use std::slice;

impl Process {
    /// Maps `memory` at a free place and gives its address. The process cannot
    /// unmap it, or change what it allows.
    ///
    /// # Errors
    /// When the process has no room, or as [`lfi_runtime::Sandbox::map_shared`].
    pub fn share(&self, shared: &SharedMemory) -> Result<u64, Error> {
        let mut memory = self.memory();
        let start = memory.find(shared.len()).map_err(|_| Error::OutOfRange)?;
        self.sandbox.map_shared(self.base() + start, shared)?;
        let access = if shared.is_writable() { Access::ReadWrite } else { Access::Read };
        memory.regions.insert(start, start + shared.len(), Region { access, backing: Backing::Shared });
        Ok(self.base() + start)
    }

    /// Takes away what [`Self::share`] has mapped at an address.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when there is no such mapping.
    pub fn unshare(&self, address: u64, len: u64) -> Result<(), Error> {
        let mut memory = self.memory();
        let start = address.wrapping_sub(self.base());
        let range = Memory::range(&self.sandbox, start, len).map_err(|_| Error::OutOfRange)?;
        let end = start + range.len();
        let shared = memory.regions.overlapping(start, end).all(|(_, _, region)| region.backing == Backing::Shared);
        if !shared || !memory.regions.is_mapped(start, end) {
            return Err(Error::OutOfRange);
        }
        self.sandbox.unmap(range)?;
        memory.regions.remove(start, end);
        Ok(())
    }
}

impl Thread {
    /// The memory `[address, address + len)` of the process, borrowed.
    ///
    /// # Errors
    /// [`Error::Busy`] when the process has another thread, whoever runs it, or
    /// the host another handle on it: they could change the memory.
    /// [`Error::Fault`] when it is not all readable memory of the process' own:
    /// pages of files can vanish, and code is nobody's.
    pub fn bytes(&mut self, address: u64, len: u64) -> Result<&[u8], Error> {
        let place = self.own_memory(address, len, &[Access::Read, Access::ReadWrite])?;
        // SAFETY: as `own_memory` has it. The borrow of `self` is what could let others in, or change mappings.
        Ok(unsafe { slice::from_raw_parts(place, len as usize) })
    }

    /// The same, to be written.
    ///
    /// # Errors
    /// As [`Self::bytes`]; also when it is not all writable.
    pub fn bytes_mut(&mut self, address: u64, len: u64) -> Result<&mut [u8], Error> {
        let place = self.own_memory(address, len, &[Access::ReadWrite])?;
        // SAFETY: as above, and all of it is writable.
        Ok(unsafe { slice::from_raw_parts_mut(place, len as usize) })
    }

    /// Where memory is that stays mapped with one of these accesses, and that
    /// nothing changes, while `self` is borrowed mutably.
    fn own_memory(&mut self, address: u64, len: u64, allowed: &[Access]) -> Result<*mut u8, Error> {
        let process = self.process.alone().ok_or(Error::Busy)?;
        let range = process.sandbox.range(address, len)?;
        let base = process.base();
        let start = (range.start() - base) / PAGE_SIZE * PAGE_SIZE;
        let end = (range.end() - base).next_multiple_of(PAGE_SIZE);
        let memory = process.memory();
        let own = |region: Region| {
            matches!(region.backing, Backing::Anonymous | Backing::Image) && allowed.contains(&region.access)
        };
        let all_own = memory.regions.overlapping(start, end).all(|(_, _, region)| own(region));
        if all_own && memory.regions.is_mapped(start, end) {
            // Not null: no address of a sandbox is.
            Ok(range.start() as *mut u8)
        } else {
            Err(Error::Fault)
        }
    }
}
