//! Copying between files: the data stays in the host's kernel.
//!
//! A file in memory is accounted for while nothing else can change its size, so
//! what is copied into one must not have to be waited for: only regular files are.

use super::file::{data_file, is_regular};
use crate::{fs::File, process::Process, table::Outcome};
use rustix::{io::Errno, pipe::SpliceFlags};
use std::sync::Arc;

/// Most bytes of one call, as the kernel has it (read(2), "Notes").
const MAX_COUNT: u64 = 0x7fff_f000;

/// An offset that is passed by a pointer: none when that is null.
struct Offset {
    at: u64,
    value: Option<u64>,
}

impl Offset {
    fn read(process: &Process, at: u64) -> Result<Self, Errno> {
        let value = if at == 0 { None } else { Some(process.read_u64(at)?) };
        if value.is_some_and(|value| i64::try_from(value).is_err()) {
            Err(Errno::INVAL)
        } else {
            Ok(Self { at, value })
        }
    }

    /// Shows the program how far it is.
    fn write(&self, process: &Process) -> Result<(), Errno> {
        self.value.map_or(Ok(()), |value| process.write_bytes(self.at, &value.to_ne_bytes()))
    }
}

/// No more than the file can hold at all: it gets no more data than that, even
/// for a moment.
fn capped(count: usize, most: u64) -> Result<usize, Errno> {
    match usize::try_from(most).unwrap_or(usize::MAX) {
        0 if count != 0 => Err(Errno::NOSPC),
        most => Ok(count.min(most)),
    }
}

/// A file to read from. Random numbers are not the host's to copy: the policy
/// says where they come from.
fn source(process: &Process, fd: i32) -> Result<Arc<File>, Errno> {
    let file = data_file(process, fd)?;
    if file.is_random() { Err(Errno::INVAL) } else { Ok(file) }
}

/// Fails where a file's size is limited, for calls that cannot be told where to write, or that wait for data: programs
/// copy in another way then.
fn check_unlimited(process: &Process, output: &File) -> Result<(), Errno> {
    if process.file_size.limits(output) { Err(Errno::INVAL) } else { Ok(()) }
}

pub(crate) fn sendfile(process: &Process, out_fd: i32, in_fd: i32, offset: u64, count: u64) -> Outcome {
    let (input, output) = (source(process, in_fd)?, data_file(process, out_fd)?);
    if !is_regular(input.fd()?) {
        return Err(Errno::INVAL);
    }
    check_unlimited(process, &output)?;
    let mut offset = Offset::read(process, offset)?;
    let count = count.min(MAX_COUNT) as usize;
    let copied = output
        .growing(|most| rustix::fs::sendfile(output.fd()?, input.fd()?, offset.value.as_mut(), capped(count, most)?));
    let copied = super::file::or_broken_pipe(process, copied)?;
    offset.write(process)?;
    Ok(copied as u64)
}

pub(crate) fn copy_file_range(
    process: &Process,
    in_fd: i32,
    in_offset: u64,
    out_fd: i32,
    out_offset: u64,
    count: u64,
    flags: u32,
) -> Outcome {
    let (input, output) = (source(process, in_fd)?, data_file(process, out_fd)?);
    if flags != 0 {
        return Err(Errno::INVAL);
    }
    for file in [&input, &output] {
        match file.status()?.kind() {
            libc::S_IFREG => {}
            libc::S_IFDIR => return Err(Errno::ISDIR),
            _ => return Err(Errno::INVAL),
        }
    }
    output.check_own(Errno::BADF)?;
    let (mut from, mut to) = (Offset::read(process, in_offset)?, Offset::read(process, out_offset)?);
    let count = count.min(MAX_COUNT) as usize;
    let copied = process.writing(&output, to.value, false, |room| {
        let (count, mut at) = (capped(count, room.most)?, room.at);
        rustix::fs::copy_file_range(input.fd()?, from.value.as_mut(), output.fd()?, at.as_mut(), count)
    })?;
    to.value = to.value.map(|at| at + copied as u64);
    from.write(process)?;
    to.write(process)?;
    Ok(copied as u64)
}

pub(crate) fn splice(
    process: &Process,
    in_fd: i32,
    in_offset: u64,
    out_fd: i32,
    out_offset: u64,
    count: u64,
    flags: u32,
) -> Outcome {
    let flags = splice_flags(flags)?;
    let (input, output) = (source(process, in_fd)?, data_file(process, out_fd)?);
    if output.in_memory() {
        return Err(Errno::INVAL);
    }
    check_unlimited(process, &output)?;
    let (mut from, mut to) = (Offset::read(process, in_offset)?, Offset::read(process, out_offset)?);
    if to.value.is_some() {
        output.check_own(Errno::SPIPE)?;
    }
    let count = count.min(MAX_COUNT) as usize;
    let moved = rustix::pipe::splice(input.fd()?, from.value.as_mut(), output.fd()?, to.value.as_mut(), count, flags);
    let moved = super::file::or_broken_pipe(process, moved)?;
    from.write(process)?;
    to.write(process)?;
    Ok(moved as u64)
}

pub(crate) fn tee(process: &Process, in_fd: i32, out_fd: i32, count: u64, flags: u32) -> Outcome {
    let flags = splice_flags(flags)?;
    let (input, output) = (data_file(process, in_fd)?, data_file(process, out_fd)?);
    let copied = rustix::pipe::tee(input.fd()?, output.fd()?, count.min(MAX_COUNT) as usize, flags);
    super::file::or_broken_pipe(process, copied).map(|copied| copied as u64)
}

fn splice_flags(flags: u32) -> Result<SpliceFlags, Errno> {
    let known = SpliceFlags::MOVE | SpliceFlags::NONBLOCK | SpliceFlags::MORE | SpliceFlags::GIFT;
    SpliceFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)
}
