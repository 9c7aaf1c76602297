//! Reading and writing.
//!
//! The kernel reads and writes the sandbox's memory itself. What it does not make
//! (random numbers of a policy) passes through a buffer of the host in pieces.

use crate::{
    fs::{File, FileKind, Last, Node, Scope},
    holder::Holder,
    limits::Room,
    memory::errno,
    process::Process,
    signal::Info,
    table::Outcome,
    user::Slice,
};
use lfi_runtime::SandboxRange;
use rustix::{
    fs::{Advice, FallocateFlags, FileType, FlockOperation, MemfdFlags, Mode, OFlags, SeekFrom, fstat},
    io::{Errno, ReadWriteFlags},
    rand::GetRandomFlags,
};
use std::{
    os::fd::BorrowedFd,
    sync::{Arc, atomic::Ordering},
};

/// Most bytes that pass through the buffer at a time.
const PIECE: usize = 64 << 10;
/// Most bytes of one call, as the kernel has it (read(2), "Notes").
const MAX_COUNT: u64 = 0x7fff_f000;

/// Where in a file, for calls that do not use its position.
type Position = Option<u64>;

/// How a transfer goes.
#[derive(Clone, Copy)]
struct Manner {
    at: Position,
    flags: ReadWriteFlags,
}

/// At the file's own position.
const PLAIN: Manner = Manner { at: None, flags: ReadWriteFlags::empty() };

impl Manner {
    fn at(offset: i64) -> Result<Self, Errno> {
        Ok(Self { at: Some(position(offset)?), ..PLAIN })
    }

    /// preadv2(2): an offset of -1 is the file's own position.
    fn new(offset: i64, flags: u32) -> Result<Self, Errno> {
        let known = ReadWriteFlags::HIPRI
            | ReadWriteFlags::DSYNC
            | ReadWriteFlags::SYNC
            | ReadWriteFlags::NOWAIT
            | ReadWriteFlags::APPEND;
        let flags = ReadWriteFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::OPNOTSUPP)?;
        let at = if offset == -1 { None } else { Some(position(offset)?) };
        Ok(Self { at, flags })
    }

    fn bits(self) -> i32 {
        self.flags.bits().cast_signed()
    }
}

pub(crate) fn read(process: &mut Holder, fd: i32, buffer: u64, count: u64) -> Outcome {
    transfer_in(process, fd, &[Slice { address: buffer, len: count }], PLAIN)
}

pub(crate) fn write(process: &mut Holder, fd: i32, buffer: u64, count: u64) -> Outcome {
    transfer_out(process, fd, &[Slice { address: buffer, len: count }], PLAIN)
}

pub(crate) fn readv(process: &mut Holder, fd: i32, vector: u64, count: u64) -> Outcome {
    let slices = process.read_iovecs(vector, count)?;
    transfer_in(process, fd, &slices, PLAIN)
}

pub(crate) fn writev(process: &mut Holder, fd: i32, vector: u64, count: u64) -> Outcome {
    let slices = process.read_iovecs(vector, count)?;
    transfer_out(process, fd, &slices, PLAIN)
}

pub(crate) fn pread(process: &mut Holder, fd: i32, buffer: u64, count: u64, offset: i64) -> Outcome {
    transfer_in(process, fd, &[Slice { address: buffer, len: count }], Manner::at(offset)?)
}

pub(crate) fn pwrite(process: &mut Holder, fd: i32, buffer: u64, count: u64, offset: i64) -> Outcome {
    transfer_out(process, fd, &[Slice { address: buffer, len: count }], Manner::at(offset)?)
}

pub(crate) fn preadv(process: &mut Holder, fd: i32, vector: u64, count: u64, offset: i64) -> Outcome {
    let slices = process.read_iovecs(vector, count)?;
    transfer_in(process, fd, &slices, Manner::at(offset)?)
}

pub(crate) fn pwritev(process: &mut Holder, fd: i32, vector: u64, count: u64, offset: i64) -> Outcome {
    let slices = process.read_iovecs(vector, count)?;
    transfer_out(process, fd, &slices, Manner::at(offset)?)
}

/// `_high` is of targets whose registers are too short for an offset.
pub(crate) fn preadv2(
    process: &mut Holder,
    fd: i32,
    vector: u64,
    count: u64,
    offset: i64,
    _high: u64,
    flags: u32,
) -> Outcome {
    let slices = process.read_iovecs(vector, count)?;
    transfer_in(process, fd, &slices, Manner::new(offset, flags)?)
}

/// `_high` as in [`preadv2`].
pub(crate) fn pwritev2(
    process: &mut Holder,
    fd: i32,
    vector: u64,
    count: u64,
    offset: i64,
    _high: u64,
    flags: u32,
) -> Outcome {
    let slices = process.read_iovecs(vector, count)?;
    transfer_out(process, fd, &slices, Manner::new(offset, flags)?)
}

fn position(offset: i64) -> Result<u64, Errno> {
    u64::try_from(offset).map_err(|_| Errno::INVAL)
}

/// Passes the slices on as ranges of the sandbox, up to the first that is not one
/// and no more than `most` bytes.
fn with_ranges<T>(
    process: &Process,
    slices: &[Slice],
    most: u64,
    transfer: impl FnOnce(&[SandboxRange]) -> Result<T, lfi_runtime::Error>,
) -> Result<T, Errno> {
    if let [slice] = slices
        && (1..=most).contains(&slice.len)
    {
        let range = process.sandbox.range(slice.address, slice.len).map_err(|_| Errno::FAULT)?;
        return transfer(&[range]).map_err(|e| errno(&e));
    }
    let wanted = || slices.iter().filter(|slice| slice.len != 0);
    if most == 0 && wanted().next().is_some() {
        return Err(Errno::NOSPC);
    }
    let mut left = most;
    let mut ranges = Vec::with_capacity(slices.len());
    for range in wanted().map_while(|slice| process.sandbox.range(slice.address, slice.len).ok()) {
        ranges.push(range.first(left));
        left = left.saturating_sub(range.len());
    }
    if ranges.is_empty() && wanted().next().is_some() {
        return Err(Errno::FAULT);
    }
    transfer(&ranges).map_err(|e| errno(&e))
}

/// Whether a file is a regular one: nobody waits for its data.
pub(crate) fn is_regular(fd: BorrowedFd<'_>) -> bool {
    fstat(fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
}

pub(super) fn data_file(process: &Process, fd: i32) -> Result<Arc<File>, Errno> {
    let file = process.files.get(fd)?;
    file.check_data()?;
    Ok(file)
}

fn transfer_in(process: &mut Holder, fd: i32, slices: &[Slice], manner: Manner) -> Outcome {
    process.with_file(fd, |process, file| {
        file.check_data()?;
        if file.is_random() {
            return read_random(process, slices);
        }
        let fd = file.fd()?;
        let read = |to: &[SandboxRange]| process.sandbox.read_from(fd, to, manner.at, manner.bits());
        with_ranges(process, slices, u64::MAX, read).map(|read| read as u64)
    })
}

/// Fills the slices with random numbers, as far as they go. What is done counts;
/// an error is shown only when nothing is.
fn read_random(process: &Process, slices: &[Slice]) -> Outcome {
    let mut buffer = Vec::new();
    let mut total = 0;
    for piece in pieces(slices) {
        buffer.resize(piece.len as usize, 0);
        let filled = process.random.fill(&mut buffer, GetRandomFlags::empty()).and_then(|filled| {
            process.write_bytes(piece.address, &buffer[..filled])?;
            Ok(filled as u64)
        });
        match filled {
            Ok(filled) => total += filled,
            Err(errno) if total == 0 => return Err(errno),
            Err(_) => break,
        }
        if filled != Ok(piece.len) || process.ended().is_some() {
            break;
        }
    }
    Ok(total)
}

fn transfer_out(process: &mut Holder, fd: i32, slices: &[Slice], manner: Manner) -> Outcome {
    process.with_file(fd, |process, file| {
        file.check_data().map_err(|_| Errno::BADF)?;
        if manner.at.is_some() {
            file.check_own(Errno::SPIPE)?;
        }
        let fd = file.fd()?;
        let written = writing(process, file, slices, manner, |room| {
            let write = |from: &[SandboxRange]| process.sandbox.write_to(fd, from, room.at, manner.bits());
            with_ranges(process, slices, room.most, write)
        });
        or_broken_pipe(process, written).map(|written| written as u64)
    })
}

/// Does what writes the slices, within what the file may grow to.
fn writing(
    process: &Process,
    file: &File,
    slices: &[Slice],
    manner: Manner,
    write: impl FnOnce(Room) -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    if slices.iter().all(|slice| slice.len == 0) {
        return write(Room { most: u64::MAX, at: manner.at });
    }
    process.writing(file, manner.at, manner.flags.contains(ReadWriteFlags::APPEND), write)
}

/// A signal comes with the error that nobody reads any more (write(2)).
pub(super) fn or_broken_pipe<T>(process: &Process, result: Result<T, Errno>) -> Result<T, Errno> {
    if matches!(result, Err(Errno::PIPE)) {
        process.pending.add(Info::of_kernel(libc::SIGPIPE), None)?;
    }
    result
}

/// The slices cut into pieces that fit into the buffer, without empty ones.
fn pieces(slices: &[Slice]) -> impl Iterator<Item = Slice> + '_ {
    let mut left = MAX_COUNT;
    slices.iter().flat_map(move |slice| {
        let len = slice.len.min(left);
        left -= len;
        let address = slice.address;
        (0..len)
            .step_by(PIECE)
            .map(move |done| Slice { address: address.wrapping_add(done), len: (len - done).min(PIECE as u64) })
    })
}

pub(crate) fn lseek(process: &Process, fd: i32, offset: i64, whence: i32) -> Outcome {
    let file = process.files.get(fd)?;
    let from = match whence {
        libc::SEEK_SET => SeekFrom::Start(position(offset)?),
        libc::SEEK_CUR => SeekFrom::Current(offset),
        libc::SEEK_END => SeekFrom::End(offset),
        libc::SEEK_DATA => SeekFrom::Data(position(offset)?),
        libc::SEEK_HOLE => SeekFrom::Hole(position(offset)?),
        _ => return Err(Errno::INVAL),
    };
    if let FileKind::Memory(shown) = &file.kind {
        // rewinddir, seekdir
        let SeekFrom::Start(number) = from else { return Err(Errno::INVAL) };
        shown.store(number, Ordering::Relaxed);
        return Ok(number);
    }
    let fd = file.fd()?;
    let flags = rustix::fs::fcntl_getfl(fd)?;
    if flags.intersection(OFlags::RWMODE) != OFlags::RDONLY && matches!(file.kind, FileKind::Standard(_)) {
        // Where the next write lands may be asked: a program that reads the file, too, sees by it that it never ends.
        let position = rustix::fs::tell(fd)?;
        return match from {
            SeekFrom::Current(0) => Ok(position),
            SeekFrom::End(0) if flags.contains(OFlags::APPEND) => Ok(fstat(fd)?.st_size.cast_unsigned()),
            _ => Err(Errno::SPIPE),
        };
    }
    rustix::fs::seek(fd, from)
}

pub(crate) fn ftruncate(process: &Process, fd: i32, len: i64) -> Outcome {
    if process.files.get(fd)?.directory().is_ok() {
        return Err(Errno::INVAL);
    }
    let file = data_file(process, fd).map_err(|_| Errno::BADF)?;
    file.check_own(Errno::INVAL)?;
    file.check_writable()?;
    let len = position(len)?;
    process.resizing(&file, len, || file.resize(len))?;
    Ok(0)
}

pub(crate) fn truncate(process: &Process, path: u64, len: i64) -> Outcome {
    let path = process.read_path(path)?;
    let len = position(len)?;
    process.files.resolve_writable(libc::AT_FDCWD, &path, Last::Follow)?;
    let flags = OFlags::WRONLY | OFlags::NONBLOCK;
    let file = process.files.open(process, libc::AT_FDCWD, &path, flags, Mode::empty(), Scope::default())?;
    process.resizing(&file, len, || file.resize(len))?;
    Ok(0)
}

pub(crate) fn fallocate(process: &Process, fd: i32, mode: u32, offset: i64, len: i64) -> Outcome {
    let file = data_file(process, fd).map_err(|_| Errno::BADF)?;
    file.check_own(Errno::SPIPE)?;
    file.check_writable()?;
    let known = FallocateFlags::KEEP_SIZE
        | FallocateFlags::PUNCH_HOLE
        | FallocateFlags::COLLAPSE_RANGE
        | FallocateFlags::ZERO_RANGE
        | FallocateFlags::INSERT_RANGE;
    let mode = FallocateFlags::from_bits(mode).filter(|m| known.contains(*m)).ok_or(Errno::OPNOTSUPP)?;
    let (offset, len) = (position(offset)?, position(len)?);
    if process.file_size.limits(&file) && mode.contains(FallocateFlags::INSERT_RANGE) {
        return Err(Errno::OPNOTSUPP);
    }
    let size = if mode.contains(FallocateFlags::KEEP_SIZE) { 0 } else { offset.saturating_add(len) };
    process.resizing(&file, size, || allocate(&file, mode, offset, len))?;
    Ok(0)
}

fn allocate(file: &File, mode: FallocateFlags, offset: u64, len: u64) -> Result<(), Errno> {
    if file.in_memory() && mode != FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE {
        // The kernel would take memory for all that is asked for, until the host has none left. Here it is the size
        // that takes room, whether pages are there or not.
        if mode.is_empty() {
            let end = offset.checked_add(len).filter(|_| len > 0).ok_or(Errno::INVAL)?;
            return file.growing(|most| match rustix::fs::fstat(file.fd()?)?.st_size.cast_unsigned() < end {
                true if end > most => Err(Errno::NOSPC),
                true => rustix::fs::ftruncate(file.fd()?, end),
                false => Ok(()),
            });
        }
        return Err(Errno::OPNOTSUPP);
    }
    file.growing(|_| rustix::fs::fallocate(file.fd()?, mode, offset, len))
}

pub(crate) fn fsync(process: &Process, fd: i32) -> Outcome {
    rustix::fs::fsync(process.files.get(fd)?.fd()?)?;
    Ok(0)
}

pub(crate) fn fdatasync(process: &Process, fd: i32) -> Outcome {
    rustix::fs::fdatasync(process.files.get(fd)?.fd()?)?;
    Ok(0)
}

pub(crate) fn flock(process: &Process, fd: i32, operation: i32) -> Outcome {
    let operation = match operation {
        libc::LOCK_SH => FlockOperation::LockShared,
        libc::LOCK_EX => FlockOperation::LockExclusive,
        libc::LOCK_UN => FlockOperation::Unlock,
        op if op == libc::LOCK_SH | libc::LOCK_NB => FlockOperation::NonBlockingLockShared,
        op if op == libc::LOCK_EX | libc::LOCK_NB => FlockOperation::NonBlockingLockExclusive,
        op if op == libc::LOCK_UN | libc::LOCK_NB => FlockOperation::NonBlockingUnlock,
        _ => return Err(Errno::INVAL),
    };
    let file = process.files.get(fd)?;
    file.check_lockable()?;
    rustix::fs::flock(file.fd()?, operation)?;
    Ok(0)
}

pub(crate) fn fadvise64(process: &Process, fd: i32, offset: i64, len: i64, advice: i32) -> Outcome {
    let advice = match advice {
        libc::POSIX_FADV_NORMAL => Advice::Normal,
        libc::POSIX_FADV_RANDOM => Advice::Random,
        libc::POSIX_FADV_SEQUENTIAL => Advice::Sequential,
        libc::POSIX_FADV_WILLNEED => Advice::WillNeed,
        libc::POSIX_FADV_DONTNEED => Advice::DontNeed,
        libc::POSIX_FADV_NOREUSE => Advice::NoReuse,
        _ => return Err(Errno::INVAL),
    };
    let file = process.files.get(fd)?;
    rustix::fs::fadvise(file.fd()?, position(offset)?, position(len)?.try_into().ok(), advice)?;
    Ok(0)
}

/// A file in memory without a name; all of them together have a limit.
pub(crate) fn memfd_create(process: &Process, name: u64, flags: u32) -> Outcome {
    /// Longest name, with its terminator (memfd_create(2)).
    const MOST: usize = 250;
    let known = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL | MemfdFlags::EXEC;
    let flags = MemfdFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    if process.read_path(name)?.to_bytes_with_nul().len() > MOST {
        return Err(Errno::INVAL);
    }
    // Nothing is executed, so whether it might be means nothing.
    let sealing = flags.intersection(MemfdFlags::ALLOW_SEALING);
    let node = Node::memory_file(&process.files.memory, sealing, 0o777)?;
    let kind = FileKind::Plain(node.open(OFlags::RDWR)?);
    let file = File { node: Some(node), ..File::new(kind, true) };
    let fd = process.files.insert(Arc::new(file), 0, flags.contains(MemfdFlags::CLOEXEC))?;
    u64::try_from(fd).map_err(|_| Errno::MFILE)
}
