//! Mappings. Addresses are checked and turned into slot offsets here.

use crate::{
    fs::{File, FileKind},
    memory::{Backing, Memory, Region, errno, round_up},
    process::Process,
    table::Outcome,
};
use lfi_abi::{
    Returns,
    layout::{SLOT_SIZE, USER_END, USER_START},
};
use lfi_runtime::{Access, PAGE_SIZE};
use rustix::{fs::OFlags, io::Errno};

pub(crate) fn brk(process: &Process, address: u64) -> Outcome {
    let base = process.sandbox.base();
    // An address below the slot is a question, like 0.
    let wish = address.saturating_sub(base);
    Ok(base + process.memory().set_break(&process.sandbox, wish))
}

/// What a protection means. Nothing is executable at the program's wish.
fn access(protection: i32) -> Result<Access, Errno> {
    const READ: i32 = libc::PROT_READ;
    const WRITE: i32 = libc::PROT_WRITE;
    if protection & libc::PROT_EXEC != 0 {
        return Err(Errno::ACCESS);
    }
    match protection {
        libc::PROT_NONE => Ok(Access::None),
        READ => Ok(Access::Read),
        // Write-only pages do not exist.
        p if p & !(READ | WRITE) == 0 => Ok(Access::ReadWrite),
        _ => Err(Errno::INVAL),
    }
}

/// `[address, address + len)` as slot offsets of whole pages. The start must
/// be aligned; the length is rounded up and must not be zero.
fn pages(process: &Process, address: u64, len: u64) -> Result<(u64, u64), Errno> {
    if len == 0 || !address.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::INVAL);
    }
    let len = round_up(len).ok_or(Errno::NOMEM)?;
    let range = process.sandbox.range(address, len).map_err(|_| Errno::NOMEM)?;
    Ok((range.start() - process.sandbox.base(), range.end() - process.sandbox.base()))
}

/// Fails where code is, which stays as it was published, and where the host has
/// mapped memory of its own.
fn not_fixed(memory: &Memory, start: u64, end: u64) -> Result<(), Errno> {
    let fixed = |(_, _, region): (u64, u64, Region)| matches!(region.backing, Backing::Code | Backing::Shared);
    if memory.regions.overlapping(start, end).any(fixed) { Err(Errno::ACCESS) } else { Ok(()) }
}

/// Flags that say how, and mean nothing here: there is no swap, every mapping
/// lies below 4 GiB of the slot, and stacks do not grow.
const MAP_IGNORED: i32 = libc::MAP_NORESERVE
    | libc::MAP_POPULATE
    | libc::MAP_NONBLOCK
    | libc::MAP_STACK
    | libc::MAP_GROWSDOWN
    | libc::MAP_DENYWRITE
    | libc::MAP_EXECUTABLE
    | libc::MAP_LOCKED
    | libc::MAP_32BIT;

pub(crate) fn mmap(
    process: &Process,
    address: u64,
    len: u64,
    protection: i32,
    flags: i32,
    fd: i32,
    offset: u64,
) -> Outcome {
    let access = access(protection)?;
    let sharing = flags & libc::MAP_TYPE;
    let known = libc::MAP_TYPE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_FIXED_NOREPLACE | MAP_IGNORED;
    if flags & !known != 0 || ![libc::MAP_SHARED, libc::MAP_PRIVATE, libc::MAP_SHARED_VALIDATE].contains(&sharing) {
        return Err(Errno::INVAL);
    }
    if len == 0 || !offset.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::INVAL);
    }
    let len = round_up(len).filter(|&len| len <= SLOT_SIZE).ok_or(Errno::NOMEM)?;
    let memory = &mut *process.memory();
    let start = place(process, memory, address, len, flags)?;
    let end = start + len;

    let backing = if flags & libc::MAP_ANONYMOUS != 0 {
        // Shared with nobody: there is no other process.
        memory.map(&process.sandbox, start, len, access)?;
        Backing::Anonymous
    } else {
        map_file(process, memory, (start, len), access, sharing != libc::MAP_PRIVATE, fd, offset)?;
        Backing::File
    };
    memory.regions.insert(start, end, Region { access, backing });
    Ok(process.sandbox.base() + start)
}

/// Where a mapping goes, as a slot offset.
fn place(process: &Process, memory: &Memory, address: u64, len: u64, flags: i32) -> Result<u64, Errno> {
    if flags & (libc::MAP_FIXED | libc::MAP_FIXED_NOREPLACE) != 0 {
        let (start, end) = pages(process, address, len)?;
        if flags & libc::MAP_FIXED_NOREPLACE != 0 && !memory.regions.is_free(start, end) {
            return Err(Errno::EXIST);
        }
        not_fixed(memory, start, end)?;
        return Ok(start);
    }
    // A hint: taken where it is free.
    if address.is_multiple_of(PAGE_SIZE)
        && let Ok((start, end)) = pages(process, address, len)
        && memory.regions.is_free(start, end)
    {
        return Ok(start);
    }
    memory.find(len)
}

fn map_file(
    process: &Process,
    memory: &mut Memory,
    (start, len): (u64, u64),
    access: Access,
    shared: bool,
    fd: i32,
    offset: u64,
) -> Result<(), Errno> {
    let file = process.files.get(fd)?;
    if !matches!(file.kind, FileKind::Plain(_) | FileKind::Either(_)) {
        return Err(Errno::NODEV);
    }
    let fd = file.fd()?;
    let stat = rustix::fs::fstat(fd)?;
    if rustix::fs::FileType::from_raw_mode(stat.st_mode) != rustix::fs::FileType::RegularFile {
        return Err(Errno::NODEV);
    }
    if process.sandbox.returns() == Returns::Ret {
        // Nobody else may write an exclusive sandbox's memory.
        return if shared { Err(Errno::NODEV) } else { copy_file(process, memory, start, len, access, &file, offset) };
    }
    memory.admit(start, len)?;
    let range = Memory::range(&process.sandbox, start, len)?;
    let mapped = if shared {
        process.sandbox.map_file_shared(range, access, fd, offset)
    } else {
        process.sandbox.map_file(range, access, fd, offset)
    };
    mapped.map_err(|e| errno(&e))
}

/// A private mapping as a copy. Pages behind the end of the file are zero.
///
/// Only exclusive sandboxes need this: to all others a file that changes or
/// shrinks is what it is on Linux, and they share the host's page cache.
fn copy_file(
    process: &Process,
    memory: &mut Memory,
    start: u64,
    len: u64,
    access: Access,
    file: &File,
    mut offset: u64,
) -> Result<(), Errno> {
    const PIECE: usize = 64 << 10;
    let fd = file.fd()?;
    // Before anything is replaced: mmap(2), EACCES.
    let mode = rustix::fs::fcntl_getfl(fd)? & OFlags::RWMODE;
    if mode == OFlags::WRONLY {
        return Err(Errno::ACCESS);
    }
    memory.map(&process.sandbox, start, len, Access::ReadWrite)?;
    let mut piece = vec![0; PIECE];
    let mut done = 0;
    let mut fill = || -> Result<(), Errno> {
        while done < len {
            let want = PIECE.min((len - done) as usize);
            let read = rustix::io::pread(fd, &mut piece[..want], offset)?;
            if read == 0 {
                break;
            }
            process.write_bytes(process.sandbox.base() + start + done, &piece[..read])?;
            done += read as u64;
            offset += read as u64;
        }
        let range = Memory::range(&process.sandbox, start, len)?;
        process.sandbox.protect(range, access).map_err(|e| errno(&e))
    };
    if let Err(error) = fill() {
        memory.unmap(&process.sandbox, start, len)?;
        return Err(error);
    }
    Ok(())
}

pub(crate) fn munmap(process: &Process, address: u64, len: u64) -> Outcome {
    let (start, end) = pages(process, address, len).map_err(|_| Errno::INVAL)?;
    let mut memory = process.memory();
    not_fixed(&memory, start, end)?;
    memory.unmap(&process.sandbox, start, end - start)?;
    Ok(0)
}

pub(crate) fn mprotect(process: &Process, address: u64, len: u64, protection: i32) -> Outcome {
    let access = access(protection)?;
    if len == 0 {
        return if address.is_multiple_of(PAGE_SIZE) { Ok(0) } else { Err(Errno::INVAL) };
    }
    let (start, end) = pages(process, address, len)?;
    let mut memory = process.memory();
    not_fixed(&memory, start, end)?;
    if !memory.regions.is_mapped(start, end) {
        return Err(Errno::NOMEM);
    }
    if access == Access::ReadWrite {
        memory.admit_data(memory.own_in(start, end, |access| access != Access::ReadWrite))?;
    }
    let range = Memory::range(&process.sandbox, start, end - start)?;
    process.sandbox.protect(range, access).map_err(|e| errno(&e))?;
    let parts: Vec<_> = memory.regions.overlapping(start, end).collect();
    for (start, end, region) in parts {
        memory.regions.insert(start, end, Region { access, ..region });
    }
    Ok(0)
}

pub(crate) fn mremap(process: &Process, address: u64, len: u64, new_len: u64, flags: i32, new_address: u64) -> Outcome {
    if flags & !(libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED) != 0 || new_len == 0 {
        return Err(Errno::INVAL);
    }
    let fixed = flags & libc::MREMAP_FIXED != 0;
    if fixed && flags & libc::MREMAP_MAYMOVE == 0 {
        return Err(Errno::INVAL);
    }
    let (start, end) = pages(process, address, len).map_err(|_| Errno::INVAL)?;
    let new_len = round_up(new_len).filter(|&len| len <= SLOT_SIZE).ok_or(Errno::NOMEM)?;
    let memory = &mut *process.memory();
    not_fixed(memory, start, end)?;
    let region = memory.regions.single(start, end).ok_or(Errno::FAULT)?;
    let base = process.sandbox.base();

    if fixed {
        let (to, to_end) = pages(process, new_address, new_len).map_err(|_| Errno::INVAL)?;
        if to < end && start < to_end {
            return Err(Errno::INVAL);
        }
        not_fixed(memory, to, to_end)?;
        relocate(process, memory, (start, end), to, new_len, region)?;
        return Ok(base + to);
    }
    let new_end = start + new_len;
    if new_end <= end {
        if new_end < end {
            memory.unmap(&process.sandbox, new_end, end - new_end)?;
        }
        return Ok(base + start);
    }
    if region.backing == Backing::Anonymous && new_end <= USER_END && memory.regions.is_free(end, new_end) {
        memory.map(&process.sandbox, end, new_end - end, region.access)?;
        return Ok(base + start);
    }
    if flags & libc::MREMAP_MAYMOVE == 0 {
        return Err(Errno::NOMEM);
    }
    let to = memory.find(new_len)?;
    relocate(process, memory, (start, end), to, new_len, region)?;
    Ok(base + to)
}

/// Moves mapped pages. Only anonymous ones grow on the way: a file's would
/// need the file.
fn relocate(
    process: &Process,
    memory: &mut Memory,
    (start, end): (u64, u64),
    to: u64,
    new_len: u64,
    region: Region,
) -> Result<(), Errno> {
    if region.backing != Backing::Anonymous && new_len > end - start {
        return Err(Errno::NOMEM);
    }
    let kept = new_len.min(end - start);
    if new_len > kept {
        memory.map(&process.sandbox, to + kept, new_len - kept, region.access)?;
    }
    let (from_range, to_range) =
        (Memory::range(&process.sandbox, start, kept)?, Memory::range(&process.sandbox, to, kept)?);
    if let Err(error) = process.sandbox.move_pages(from_range, to_range) {
        // The target holds what it held, or nothing, or the part that was to grow: nothing from here on.
        let unmapped = memory.unmap(&process.sandbox, to, new_len);
        memory.regions.remove(to, to + new_len);
        return unmapped.and(Err(errno(&error)));
    }
    memory.regions.insert(to, to + kept, region);
    memory.unmap(&process.sandbox, start, end - start)
}

pub(crate) fn madvise(process: &Process, address: u64, len: u64, advice: i32) -> Outcome {
    if !address.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::INVAL);
    }
    if len == 0 {
        return Ok(0);
    }
    let (start, end) = pages(process, address, len)?;
    let mut memory = process.memory();
    match advice {
        libc::MADV_DONTNEED => {
            not_fixed(&memory, start, end)?;
            if !memory.regions.is_mapped(start, end) {
                return Err(Errno::NOMEM);
            }
            let file = |(_, _, region): (u64, u64, Region)| region.backing == Backing::File;
            if process.sandbox.returns() == Returns::Ret && memory.regions.overlapping(start, end).any(file) {
                // A copy does not come back from the file.
                return Err(Errno::INVAL);
            }
            memory.discard(&process.sandbox, start, end)?;
            Ok(0)
        }
        // Advice about speed.
        libc::MADV_NORMAL
        | libc::MADV_RANDOM
        | libc::MADV_SEQUENTIAL
        | libc::MADV_WILLNEED
        | libc::MADV_FREE
        | libc::MADV_DONTFORK
        | libc::MADV_DOFORK
        | libc::MADV_MERGEABLE
        | libc::MADV_UNMERGEABLE
        | libc::MADV_HUGEPAGE
        | libc::MADV_NOHUGEPAGE
        | libc::MADV_DONTDUMP
        | libc::MADV_DODUMP
        | libc::MADV_COLD
        | libc::MADV_PAGEOUT => Ok(0),
        _ => Err(Errno::INVAL),
    }
}

/// The host's page cache is the file: nothing to do for coherence, and fsync
/// is there for durability.
pub(crate) fn msync(process: &Process, address: u64, len: u64, flags: i32) -> Outcome {
    let both = libc::MS_ASYNC | libc::MS_SYNC;
    if flags & !(both | libc::MS_INVALIDATE) != 0 || flags & both == both || !address.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::INVAL);
    }
    if len == 0 {
        return Ok(0);
    }
    let (start, end) = pages(process, address, len)?;
    debug_assert!(start >= USER_START);
    if process.memory().regions.is_mapped(start, end) { Ok(0) } else { Err(Errno::NOMEM) }
}

/// mlock(2) and munlock(2). What stays in memory the host decides, so that nothing is done about it.
pub(crate) fn mlock(process: &Process, address: u64, len: u64) -> Outcome {
    if len == 0 {
        return Ok(0);
    }
    let within = address % PAGE_SIZE;
    let (start, end) = pages(process, address - within, len.saturating_add(within)).map_err(|_| Errno::NOMEM)?;
    if process.memory().regions.is_mapped(start, end) { Ok(0) } else { Err(Errno::NOMEM) }
}

/// The same for all that is mapped, or will be.
pub(crate) fn mlockall(_: &Process, flags: i32) -> Outcome {
    let when = libc::MCL_CURRENT | libc::MCL_FUTURE;
    if flags & when != 0 && flags & !(when | libc::MCL_ONFAULT) == 0 { Ok(0) } else { Err(Errno::INVAL) }
}
