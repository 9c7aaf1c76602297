//! What is mapped where in a process: the heap, mappings, the program itself.
//!
//! ```text
//!   MODULE_OFFSET  program | brk heap ->          <- mappings | guard | main stack | USER_END
//! ```
//!
//! All addresses in this file are slot offsets.

mod regions;

pub(crate) use regions::{Backing, Region, Regions};

use lfi_abi::layout::{USER_END, USER_START};
use lfi_runtime::{Access, Error, PAGE_SIZE, Sandbox, SandboxRange};
use rustix::io::Errno;

/// Size of the main stack.
pub(crate) const STACK_SIZE: u64 = 8 << 20;
/// Never mapped, below the main stack.
pub(crate) const STACK_GUARD: u64 = 1 << 20;

/// The address space of one process, beside what the sandbox itself knows.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) regions: Regions,
    heap_start: u64,
    /// The program break: need not be a multiple of the page size.
    heap_end: u64,
    /// Most bytes that may be mapped.
    pub(crate) limit: u64,
    /// Most bytes of data: memory of the process's own that it may write, but for the main stack.
    pub(crate) data_limit: u64,
}

/// Errors of the runtime as errno.
pub(crate) fn errno(error: &Error) -> Errno {
    match error {
        Error::Fault | Error::OutOfRange => Errno::FAULT,
        Error::Code => Errno::ACCESS,
        Error::Unaligned => Errno::INVAL,
        Error::Busy => Errno::BUSY,
        Error::Unsupported(_) => Errno::NODEV,
        Error::Host(_, error) => error.raw_os_error().map_or(Errno::NOMEM, Errno::from_raw_os_error),
        _ => Errno::NOMEM,
    }
}

/// Rounds a length up to pages.
pub(crate) fn round_up(len: u64) -> Option<u64> {
    len.checked_next_multiple_of(PAGE_SIZE)
}

impl Memory {
    /// The address space of a program that ends at `program_end`, with its
    /// regions, and a stack of [`STACK_SIZE`] below `USER_END`.
    pub(crate) fn new(regions: Regions, program_end: u64) -> Self {
        let heap_start = program_end.next_multiple_of(PAGE_SIZE);
        Self { regions, heap_start, heap_end: heap_start, limit: u64::MAX, data_limit: u64::MAX }
    }

    /// Bytes that are mapped.
    pub(crate) fn mapped(&self) -> u64 {
        self.regions.mapped_in(0, u64::MAX)
    }

    /// Fails when with `[start, start + len)` more were mapped than may be.
    pub(crate) fn admit(&self, start: u64, len: u64) -> Result<(), Errno> {
        if self.limit == u64::MAX {
            return Ok(());
        }
        let more = len - self.regions.mapped_in(start, start + len);
        if more > 0 && self.mapped() + more > self.limit { Err(Errno::NOMEM) } else { Ok(()) }
    }

    /// Fails where `more` bytes of data would be too many.
    pub(crate) fn admit_data(&self, more: u64) -> Result<(), Errno> {
        if self.data_limit == u64::MAX || more == 0 {
            return Ok(());
        }
        let data = self.own_in(0, USER_END - STACK_SIZE, |access| access == Access::ReadWrite);
        if data + more > self.data_limit { Err(Errno::NOMEM) } else { Ok(()) }
    }

    /// Bytes of `[start, end)` that are memory of the process's own with such an access.
    pub(crate) fn own_in(&self, start: u64, end: u64, such: impl Fn(Access) -> bool) -> u64 {
        let own = |region: &Region| matches!(region.backing, Backing::Anonymous | Backing::Image);
        let parts = self.regions.overlapping(start, end).filter(|(_, _, region)| own(region) && such(region.access));
        parts.map(|(start, end, _)| end - start).sum()
    }

    /// `[start, start + len)`, both multiples of the page size, `len` not
    /// zero, as a range of the sandbox.
    pub(crate) fn range(sandbox: &Sandbox, start: u64, len: u64) -> Result<SandboxRange, Errno> {
        let address = sandbox.base().checked_add(start).ok_or(Errno::NOMEM)?;
        let range = sandbox.range(address, len).map_err(|_| Errno::NOMEM)?;
        if range.is_page_aligned() && !range.is_empty() { Ok(range) } else { Err(Errno::INVAL) }
    }

    /// The highest free place for `len` bytes.
    pub(crate) fn find(&self, len: u64) -> Result<u64, Errno> {
        self.regions.highest_gap(len, USER_START, USER_END - STACK_SIZE - STACK_GUARD).ok_or(Errno::NOMEM)
    }

    /// Maps zero pages over `[start, start + len)`, replacing what was there.
    pub(crate) fn map(&mut self, sandbox: &Sandbox, start: u64, len: u64, access: Access) -> Result<(), Errno> {
        self.admit(start, len)?;
        if access == Access::ReadWrite {
            self.admit_data(len - self.own_in(start, start + len, |access| access == Access::ReadWrite))?;
        }
        sandbox.map(Self::range(sandbox, start, len)?, access).map_err(|e| errno(&e))?;
        self.regions.insert(start, start + len, Region { access, backing: Backing::Anonymous });
        Ok(())
    }

    /// Unmaps whatever is mapped in `[start, start + len)`.
    pub(crate) fn unmap(&mut self, sandbox: &Sandbox, start: u64, len: u64) -> Result<(), Errno> {
        sandbox.unmap(Self::range(sandbox, start, len)?).map_err(|e| errno(&e))?;
        self.regions.remove(start, start + len);
        Ok(())
    }

    /// Throws away the contents of `[start, end)`, all of which is mapped.
    pub(crate) fn discard(&mut self, sandbox: &Sandbox, start: u64, end: u64) -> Result<(), Errno> {
        if !sandbox.has_snapshot() {
            return sandbox.discard(Self::range(sandbox, start, end - start)?).map_err(|e| errno(&e));
        }
        // Memory of its own becomes zero, not what it was then.
        let parts: Vec<_> = self.regions.overlapping(start, end).collect();
        for (start, end, region) in parts {
            match region.backing {
                Backing::Anonymous => self.map(sandbox, start, end - start, region.access)?,
                _ => sandbox.discard(Self::range(sandbox, start, end - start)?).map_err(|e| errno(&e))?,
            }
        }
        Ok(())
    }

    /// Takes over what another copy of this says.
    pub(crate) fn restore(&mut self, saved: &Self, mappings_changed: bool) {
        if mappings_changed {
            self.regions.clone_from(&saved.regions);
        }
        self.heap_end = saved.heap_end;
    }

    /// Sets the program break and returns what it is then (brk(2): the old one
    /// when the wish cannot be granted).
    pub(crate) fn set_break(&mut self, sandbox: &Sandbox, wish: u64) -> u64 {
        let old_page = self.heap_end.next_multiple_of(PAGE_SIZE);
        let Some(new_page) = round_up(wish).filter(|_| wish >= self.heap_start && wish <= USER_END) else {
            return self.heap_end;
        };
        let done = if new_page > old_page {
            if self.regions.is_free(old_page, new_page) {
                self.map(sandbox, old_page, new_page - old_page, Access::ReadWrite)
            } else {
                Err(Errno::NOMEM)
            }
        } else if new_page < old_page {
            self.unmap(sandbox, new_page, old_page - new_page)
        } else {
            Ok(())
        };
        if done.is_ok() {
            self.heap_end = wish;
        }
        self.heap_end
    }
}
