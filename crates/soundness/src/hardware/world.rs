//! What the child process sees: a slot, and registers.
//!
//! ```text
//! base + RUNTIME_PAGE   the base, and addresses that stand for the runtime's entries
//! base + USER_START     data  (the start of the user part)
//! base + OFFSET         the program
//! base + 2 GiB - 32 KiB data  (where 32-bit numbers change their sign)
//! base + USER_END - ..  data  (up to the end of the user part)
//! base + OUTSIDE        pages outside that can be read; only where the kind allows it
//! ```
//!
//! Everything else is unmapped.
#![allow(unsafe_code)] // maps memory

use super::{child::Child, child::Registers, processor::Processor};
use crate::{OFFSET, Source};
use lfi_abi::{Kind, layout, x64::RUNTIME_CALLS};
use std::{
    arch::x86_64::__cpuid_count,
    io::{Error, Result},
    ptr,
    sync::atomic::{AtomicU8, Ordering},
};

/// Size of each range of data, and of the pages outside.
const DATA_SIZE: u64 = 64 << 10;
/// The most code that a program can have.
const CODE_SIZE: u64 = 64 << 10;
/// Slot offsets of the data.
const DATA: [u64; 3] = [layout::USER_START, (2 << 30) - DATA_SIZE / 2, layout::USER_END - DATA_SIZE];
/// Place of the pages that can be read, from the base.
const OUTSIDE: u64 = layout::SLOT_SIZE + (1 << 30);
/// Stands for the entries of the runtime calls: nothing is there.
const ENTRIES: u64 = 0x7123_4567_8000;
/// Stands for the thread state of a host.
const FS_BASE: u64 = 0x7234_5678_9000;
/// How many states of the vector registers there are.
const EXTENDED: usize = 32;

#[derive(Debug)]
pub(super) struct World {
    pub(super) child: Child,
    pub(super) base: u64,
    pub(super) processor: Processor,
    kind: Kind,
    start: Registers,
    extended: Vec<Vec<u8>>,
    /// Writable view of the child's code.
    code: &'static [AtomicU8],
    // Kept for what it owns.
    _slot: Mapping,
}

impl World {
    pub(super) fn new(kind: Kind) -> Result<Self> {
        let none = libc::PROT_NONE;
        let anonymous = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let slot = Mapping::new(None, 3 * layout::SLOT_SIZE, none, anonymous, -1)?;
        let base = slot.start.next_multiple_of(layout::SLOT_SIZE);
        let place = |start, size, protection, flags, file| Mapping::place(start, size, protection, flags, file);
        let write = libc::PROT_READ | libc::PROT_WRITE;
        for offset in DATA {
            place(base + offset, DATA_SIZE, write, anonymous, -1)?;
        }
        place(base + OUTSIDE, DATA_SIZE, libc::PROT_READ, anonymous, -1)?;
        place(base + layout::RUNTIME_PAGE, layout::RUNTIME_PAGE_SIZE, write, anonymous, -1)?;
        let page = (base + layout::RUNTIME_PAGE) as *mut [u64; 7];
        // SAFETY: the start of the page just mapped. The sixth word is the thread pointer.
        unsafe { page.write([base, entry(0), entry(1), entry(2), entry(3), 0, entry(4)]) };
        // SAFETY: a page of this mapping.
        if unsafe { libc::mprotect(page.cast(), layout::RUNTIME_PAGE_SIZE as usize, libc::PROT_READ) } != 0 {
            return Err(Error::last_os_error());
        }
        // SAFETY: makes a descriptor.
        let file = unsafe { libc::memfd_create(c"code".as_ptr(), libc::MFD_CLOEXEC) };
        // SAFETY: of a descriptor just made, or an invalid one.
        if file < 0 || unsafe { libc::ftruncate(file, CODE_SIZE as libc::off_t) } != 0 {
            return Err(Error::last_os_error());
        }
        let code = Mapping::new(None, CODE_SIZE, write, libc::MAP_SHARED, file);
        let executable = libc::PROT_READ | libc::PROT_EXEC;
        let result = place(base + u64::from(OFFSET), CODE_SIZE, executable, libc::MAP_SHARED, file);
        // SAFETY: nobody else has the descriptor.
        unsafe { libc::close(file) };
        result?;
        let code = code?.leak();

        let mut child = Child::fork()?;
        let slot_itself = base..base + layout::SLOT_SIZE;
        let readable = base + OUTSIDE..base + OUTSIDE + DATA_SIZE;
        let keep = [slot_itself, readable];
        child.keep_only(if kind == Kind::Full { &keep[..1] } else { &keep })?;
        let start = child.registers()?;
        let extended = extended_states(&child.extended()?);
        Ok(Self { child, base, processor: Processor::this()?, kind, start, extended, code, _slot: slot })
    }

    /// Places a program.
    pub(super) fn load(&self, code: &[u8]) {
        assert!(code.len() as u64 <= CODE_SIZE, "programs are small");
        for (place, byte) in self.code.iter().zip(code) {
            place.store(*byte, Ordering::Relaxed);
        }
    }

    /// Random registers, for the start `at` of the program.
    pub(super) fn registers(&self, at: usize, source: &mut Source) -> Registers {
        let mut value = || self.value(source);
        let mut registers = Registers {
            rax: value(),
            rbx: value(),
            rcx: value(),
            rdx: value(),
            rsi: value(),
            rdi: value(),
            rbp: value(),
            r8: value(),
            r9: value(),
            r10: value(),
            r11: value(),
            r12: value(),
            r13: value(),
            r14: value(),
            r15: value(),
            rip: self.base + u64::from(OFFSET) + at as u64,
            orig_rax: u64::MAX,
            fs_base: FS_BASE,
            gs_base: self.base,
            ..self.start
        };
        registers.rsp = self.base + (self.value(source) & 0xffff_ffff);
        // IF, the reserved bit, and any arithmetic flags; sometimes DF.
        registers.eflags = 0x202 | source.word() & 0x8d5 | u64::from(source.chance(16)) << 10;
        registers
    }

    /// A register's value: often an address or the distance to one, or close to an edge.
    fn value(&self, source: &mut Source) -> u64 {
        let near = u64::from(source.byte()).wrapping_sub(if source.chance(128) { 128 } else { 0 });
        match source.byte() % 16 {
            0 => source.word(),
            1 => near,
            2 => near << 2,
            3 => self.base.wrapping_add(near),
            4 => (self.base + layout::SLOT_SIZE).wrapping_add(near),
            5 => (1_u64 << 31).wrapping_add(near),
            6 => (1_u64 << 32).wrapping_add(near),
            7 => (1_u64 << 63).wrapping_add(near),
            8 => (self.base + OUTSIDE + DATA_SIZE / 2).wrapping_add(near),
            9 => self.base + (source.word() & 0xffff_ffff),
            10 => (self.base + layout::USER_END).wrapping_add(near),
            11 => (self.base + u64::from(OFFSET)).wrapping_add(near),
            12 => self.base.wrapping_add(near << 7),
            _ => (self.base + source.pick(&DATA) + DATA_SIZE / 2).wrapping_add(near & !7),
        }
    }

    /// Random contents of the vector, mask and x87 registers.
    pub(super) fn extended(&self, source: &mut Source) -> &[u8] {
        &self.extended[source.below(EXTENDED)]
    }

    /// The segment registers, their bases and flags that code must not change.
    pub(super) fn fixed(registers: &Registers) -> [u64; 9] {
        // IOPL, NT, VM, AC, VIF, VIP, ID, IF.
        const SYSTEM: u64 = 0x3e_7200;
        let r = registers;
        [r.cs, r.ss, r.ds, r.es, r.fs, r.gs, r.fs_base, r.gs_base, r.eflags & SYSTEM]
    }

    /// Whether a runtime call goes to this address.
    pub(super) fn is_entry(address: u64) -> bool {
        (0..RUNTIME_CALLS.len() as u64).any(|index| entry(index) == address)
    }

    /// Whether an access to this address that failed is within the claim: it was
    /// an attempt on the slot or its guards, or a read in a kind that allows it.
    pub(super) fn may_fault_at(&self, address: u64) -> bool {
        let around = self.base - layout::NULL_SIZE..self.base + layout::SLOT_SIZE + layout::NULL_SIZE;
        let outside = self.base + OUTSIDE..self.base + OUTSIDE + DATA_SIZE;
        match self.kind {
            Kind::Full => around.contains(&address),
            // These can be read: the fault was a write.
            Kind::Stores => !outside.contains(&address),
            Kind::Jumps => true,
        }
    }
}

fn entry(index: u64) -> u64 {
    ENTRIES + 16 * index
}

/// Variations of a state as `xsave` has it (Intel SDM volume 1, 13.4).
fn extended_states(state: &[u8]) -> Vec<Vec<u8>> {
    // x87, SSE, AVX, mask registers, upper halves of zmm0 to 15, zmm16 to 31.
    const COMPONENTS: u64 = 0b1110_0111;
    // Where the kernel says what this processor has (Linux, `struct _fpx_sw_bytes`).
    let supported = state.get(472..480).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
    let mut random = Source::seeded(0);
    (0..EXTENDED)
        .map(|_| {
            let mut state = state.to_vec();
            let present = supported & COMPONENTS | 3;
            state[512..520].copy_from_slice(&present.to_le_bytes());
            // Control words as after a reset; any status, tags and registers.
            state[0..2].copy_from_slice(&0x37f_u16.to_le_bytes());
            state[2..4].copy_from_slice(&((random.word() as u16) & 0x7840).to_le_bytes());
            state[4] = random.byte();
            state[24..28].copy_from_slice(&0x1f80_u32.to_le_bytes());
            state[32..416].fill_with(|| random.byte());
            for component in (2..8).filter(|component| present >> component & 1 != 0) {
                let leaf = __cpuid_count(0xd, component);
                let place = leaf.ebx as usize..(leaf.ebx + leaf.eax) as usize;
                state[place].fill_with(|| random.byte());
            }
            state
        })
        .collect()
}

/// Memory of this process, unmapped when dropped.
#[derive(Debug)]
struct Mapping {
    start: u64,
    size: u64,
}

impl Mapping {
    fn new(at: Option<u64>, size: u64, protection: i32, flags: i32, file: i32) -> Result<Self> {
        let address = at.unwrap_or(0) as *mut libc::c_void;
        // SAFETY: a new mapping where nothing is, or one that replaces a part of a reservation of ours.
        let start = unsafe { libc::mmap(address, size as usize, protection, flags, file, 0) };
        if start == libc::MAP_FAILED {
            return Err(Error::last_os_error());
        }
        Ok(Self { start: start as u64, size })
    }

    /// Memory that stays mapped.
    fn leak(self) -> &'static [AtomicU8] {
        let (start, size) = (self.start as *const AtomicU8, self.size as usize);
        std::mem::forget(self);
        // SAFETY: mapped for reading and writing, and never unmapped.
        unsafe { std::slice::from_raw_parts(start, size) }
    }

    /// Maps over a part of a reservation, which goes on to own it.
    fn place(start: u64, size: u64, protection: i32, flags: i32, file: i32) -> Result<()> {
        std::mem::forget(Self::new(Some(start), size, protection, flags | libc::MAP_FIXED, file)?);
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: owned, and nothing refers to it any more.
        unsafe { libc::munmap(ptr::without_provenance_mut(self.start as usize), self.size as usize) };
    }
}
