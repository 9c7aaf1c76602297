//! Calls on descriptors themselves.

use crate::{
    fs::{File, FileKind, MAX_FILES},
    holder::Holder,
    host::{self, Lock},
    process::Process,
    table::Outcome,
    user::Bytes,
};
use rustix::{
    fs::{OFlags, SealFlags},
    io::Errno,
    pipe::PipeFlags,
};
use std::sync::Arc;

pub(crate) fn close(process: &mut Holder, fd: i32) -> Outcome {
    // Without the table: closing may take its time.
    let closed = process.with_table(|table| table.take(fd))?;
    drop(closed);
    Ok(0)
}

pub(crate) fn close_range(process: &Process, first: u32, last: u32, flags: u32) -> Outcome {
    if first > last || flags & !libc::CLOSE_RANGE_CLOEXEC != 0 {
        return Err(Errno::INVAL);
    }
    for fd in (0..MAX_FILES as i32).filter(|fd| (first..=last).contains(&fd.cast_unsigned())) {
        // Numbers that are not in use are fine here.
        let _ = if flags == 0 { process.files.close(fd) } else { process.files.set_close_on_exec(fd, true) };
    }
    Ok(0)
}

pub(crate) fn dup(process: &Process, fd: i32) -> Outcome {
    let file = process.files.get(fd)?;
    number(process.files.insert(file, 0, false)?)
}

pub(crate) fn dup2(process: &Process, fd: i32, new_fd: i32) -> Outcome {
    process.files.get(fd)?;
    if fd != new_fd {
        process.files.replace(fd, new_fd, false)?;
    }
    number(new_fd)
}

pub(crate) fn dup3(process: &Process, fd: i32, new_fd: i32, flags: i32) -> Outcome {
    if fd == new_fd || flags & !libc::O_CLOEXEC != 0 {
        return Err(Errno::INVAL);
    }
    process.files.replace(fd, new_fd, flags & libc::O_CLOEXEC != 0)?;
    number(new_fd)
}

fn number(fd: i32) -> Outcome {
    u64::try_from(fd).map_err(|_| Errno::BADF)
}

/// Status flags that a program may change on an open file.
const CHANGEABLE: OFlags = OFlags::APPEND.union(OFlags::NONBLOCK).union(OFlags::NOATIME).union(OFlags::DIRECT);

pub(crate) fn fcntl(process: &Process, fd: i32, command: i32, argument: u64) -> Outcome {
    match command {
        libc::F_DUPFD | libc::F_DUPFD_CLOEXEC => {
            let file = process.files.get(fd)?;
            let least = usize::try_from(argument).ok().filter(|&n| n < process.files.limit()).ok_or(Errno::INVAL)?;
            number(process.files.insert(file, least, command == libc::F_DUPFD_CLOEXEC)?)
        }
        libc::F_GETFD => process.files.close_on_exec(fd).map(u64::from),
        libc::F_SETFD => {
            process.files.set_close_on_exec(fd, argument & 1 != 0)?;
            Ok(0)
        }
        libc::F_GETFL => {
            let file = process.files.get(fd)?;
            match &file.kind {
                FileKind::Memory(_) => Ok((libc::O_RDONLY | libc::O_DIRECTORY) as u64),
                FileKind::Queue(queue) => Ok(queue.flags() as u64),
                _ => Ok(rustix::fs::fcntl_getfl(file.fd()?)?.bits().into()),
            }
        }
        libc::F_SETFL => {
            let file = process.files.get(fd)?;
            let new = OFlags::from_bits_retain((argument & 0xffff_ffff) as u32) & CHANGEABLE;
            if let FileKind::Queue(queue) = &file.kind {
                queue.set_nonblocking(new.contains(OFlags::NONBLOCK));
                return Ok(0);
            }
            let old = rustix::fs::fcntl_getfl(file.fd()?)?;
            if matches!(file.kind, FileKind::Standard(_)) {
                // The description is shared with the host and others: it stays as it is.
                return Ok(0);
            }
            let _where_to = process.file_size.between_writes();
            rustix::fs::fcntl_setfl(file.fd()?, (old - CHANGEABLE) | new)?;
            Ok(0)
        }
        libc::F_GET_SEALS => {
            let file = process.files.get(fd)?;
            file.node.as_ref().ok_or(Errno::INVAL)?.seals().map(|seals| seals.bits().into())
        }
        libc::F_ADD_SEALS => {
            let known =
                SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::FUTURE_WRITE;
            let seals = SealFlags::from_bits((argument & 0xffff_ffff) as u32);
            let seals = seals.filter(|seals| known.contains(*seals)).ok_or(Errno::INVAL)?;
            process.files.get(fd)?.node.as_ref().ok_or(Errno::INVAL)?.add_seals(seals)?;
            Ok(0)
        }
        libc::F_GETPIPE_SZ => Ok(rustix::pipe::fcntl_getpipe_size(process.files.get(fd)?.fd()?)? as u64),
        libc::F_SETPIPE_SZ => set_pipe_size(&*process.files.get(fd)?, argument),
        libc::F_GETLK | libc::F_SETLK | libc::F_SETLKW => lock(process, fd, command, argument),
        libc::F_OFD_GETLK | libc::F_OFD_SETLK | libc::F_OFD_SETLKW => lock(process, fd, command, argument),
        _ => Err(Errno::INVAL),
    }
}

/// Of a pipe that the process has made; its buffer is memory of the host, and
/// becomes no larger than it is by itself.
fn set_pipe_size(file: &File, size: u64) -> Outcome {
    const LARGEST: u64 = 64 << 10;
    let fd = file.fd()?;
    rustix::pipe::fcntl_getpipe_size(fd)?; // `EBADF` for what is no pipe
    file.check_own(Errno::PERM)?;
    if file.path.is_some() || size > LARGEST {
        return Err(Errno::PERM);
    }
    Ok(rustix::pipe::fcntl_setpipe_size(fd, size as usize)? as u64)
}

/// Record locks. The kernel's locks of a process are the whole host's: it would
/// lose its own when a program closes a descriptor of the file. So a program's
/// are locks of an open file description, the same one for all descriptors of a
/// file ([`Files::lock_holder`]), and end when that one is closed. A circle of
/// waiters is not found (`EDEADLK`). Who has a lock is not told: the process is
/// 0, as for one of another namespace.
///
/// [`Files::lock_holder`]: crate::fs::Files::lock_holder
fn lock(process: &Process, fd: i32, command: i32, argument: u64) -> Outcome {
    let file = process.files.get(fd)?;
    file.check_lockable()?;
    let raw: [u8; 32] = process.read_array(argument)?;
    let short = |at: usize| i16::from_ne_bytes([raw[at], raw[at + 1]]);
    let long = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&raw[at..at + 8]);
        i64::from_ne_bytes(bytes)
    };
    let mut lock = Lock { kind: short(0), whence: short(2), start: long(8), len: long(16) };
    let (of_process, command) = match command {
        libc::F_GETLK => (true, libc::F_OFD_GETLK),
        libc::F_SETLK => (true, libc::F_OFD_SETLK),
        libc::F_SETLKW => (true, libc::F_OFD_SETLKW),
        of_description => (false, of_description),
    };
    let gets = command == libc::F_OFD_GETLK;
    let mut holder = Arc::clone(&file);
    if of_process {
        if i32::from(lock.whence) == libc::SEEK_CUR {
            // The position of this description, not of the holder.
            let position = rustix::fs::tell(file.fd()?)?.cast_signed();
            lock.start = lock.start.checked_add(position).ok_or(Errno::OVERFLOW)?;
            lock.whence = libc::SEEK_SET as i16;
        }
        if !gets && !may_lock(&file, lock.kind)? {
            return Err(Errno::BADF);
        }
        holder = process.files.lock_holder(fd)?;
        if !gets && !may_lock(&holder, lock.kind)? {
            // Then this one has a lock of its own, which is stricter than asked for.
            holder = Arc::clone(&file);
        }
        if i32::from(lock.kind) == libc::F_UNLCK && !gets && !Arc::ptr_eq(&file, &holder) {
            host::record_lock(file.fd()?, command, lock)?;
        }
    }
    let found = host::record_lock(holder.fd()?, command, lock)?;
    if gets && i32::from(found.kind) == libc::F_UNLCK {
        process.write_bytes(argument, &found.kind.to_ne_bytes())?;
    } else if gets {
        let bytes = Bytes::new()
            .u16(found.kind.cast_unsigned())
            .u16(found.whence.cast_unsigned())
            .zero(4)
            .i64(found.start)
            .i64(found.len)
            .pad_to(32);
        process.write_bytes(argument, &bytes)?;
    }
    Ok(0)
}

/// Whether a file is open in the way that a kind of record lock asks for.
fn may_lock(file: &File, kind: i16) -> Result<bool, Errno> {
    let mode = rustix::fs::fcntl_getfl(file.fd()?)?.intersection(OFlags::RWMODE);
    Ok(match i32::from(kind) {
        libc::F_RDLCK => mode != OFlags::WRONLY,
        libc::F_WRLCK => mode != OFlags::RDONLY,
        _ => true,
    })
}

// ioctl requests (ioctl_tty(2), asm-generic/ioctls.h).
const TCGETS: u32 = 0x5401;
const TCSETS: u32 = 0x5402;
const TCSETSW: u32 = 0x5403;
const TCSETSF: u32 = 0x5404;
const TIOCGWINSZ: u32 = 0x5413;
const FIONREAD: u32 = 0x541b;
const FIONBIO: u32 = 0x5421;
const FIONCLEX: u32 = 0x5450;
const FIOCLEX: u32 = 0x5451;

/// `struct termios` of the kernel, `struct winsize`.
const TERMIOS_SIZE: usize = 36;
const WINSIZE_SIZE: usize = 8;

pub(crate) fn ioctl(process: &Process, fd: i32, request: u32, argument: u64) -> Outcome {
    let file = process.files.get(fd)?;
    let standard = matches!(file.kind, FileKind::Standard(_));
    let terminal = (standard || file.is_terminal()) && process.policy.terminal;
    let mut raw = [0; 64];
    match request {
        // A terminal is the host's standard one or `/dev/tty` where it is given, or none.
        TCGETS | TIOCGWINSZ if terminal => {
            host::small_ioctl(file.fd()?, request, &mut raw)?;
            let size = if request == TCGETS { TERMIOS_SIZE } else { WINSIZE_SIZE };
            process.write_bytes(argument, &raw[..size])?;
            Ok(0)
        }
        TCSETS | TCSETSW | TCSETSF if terminal => {
            process.read_bytes(argument, &mut raw[..TERMIOS_SIZE])?;
            host::small_ioctl(file.fd()?, request, &mut raw)
        }
        FIONREAD => {
            let available = rustix::io::ioctl_fionread(file.fd()?)?;
            let available = u32::try_from(available).unwrap_or(u32::MAX);
            process.write_bytes(argument, &available.to_ne_bytes())?;
            Ok(0)
        }
        FIONBIO => {
            let value = process.read_u32(argument)? != 0;
            match &file.kind {
                FileKind::Standard(_) => {}
                FileKind::Queue(queue) => queue.set_nonblocking(value),
                _ => rustix::io::ioctl_fionbio(file.fd()?, value)?,
            }
            Ok(0)
        }
        FIOCLEX | FIONCLEX => {
            process.files.set_close_on_exec(fd, request == FIOCLEX)?;
            Ok(0)
        }
        _ => Err(Errno::NOTTY),
    }
}

pub(crate) fn pipe(process: &Process, fds: u64) -> Outcome {
    pipe2(process, fds, 0)
}

pub(crate) fn pipe2(process: &Process, fds: u64, flags: u32) -> Outcome {
    let known = PipeFlags::CLOEXEC | PipeFlags::NONBLOCK;
    let flags = PipeFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
    let close_on_exec = flags.contains(PipeFlags::CLOEXEC);
    let (reader, writer) = rustix::pipe::pipe_with(flags | PipeFlags::CLOEXEC)?;
    insert_pair(process, [File::plain(reader), File::plain(writer)], close_on_exec, fds)
}

/// Gives two files numbers and tells the program which: both, or none.
pub(super) fn insert_pair(process: &Process, files: [Arc<File>; 2], close_on_exec: bool, fds: u64) -> Outcome {
    let [first, second] = files;
    let first = process.files.insert(first, 0, close_on_exec)?;
    let told = process.files.insert(second, 0, close_on_exec).and_then(|second| {
        let bytes = Bytes::new().u32(first.cast_unsigned()).u32(second.cast_unsigned()).done();
        process.write_bytes(fds, &bytes).inspect_err(|_| {
            let _ = process.files.close(second);
        })
    });
    if told.is_err() {
        process.files.close(first)?;
    }
    told.map(|()| 0)
}
