//! Threads: how they begin and end, and what is each one's own.

use crate::{
    host,
    process::{Process, Status},
    table::Outcome,
    thread::Thread,
};
use rustix::io::Errno;
use std::sync::atomic::Ordering;

/// What a thread of the same process shares with its maker (pthread_create(3)).
const THREAD: i32 = libc::CLONE_VM
    | libc::CLONE_FS
    | libc::CLONE_FILES
    | libc::CLONE_SIGHAND
    | libc::CLONE_THREAD
    | libc::CLONE_SYSVSEM;
/// What it may ask for beside. All threads are detached, as the kernel's are.
const OPTIONS: i32 = libc::CLONE_SETTLS
    | libc::CLONE_PARENT_SETTID
    | libc::CLONE_CHILD_SETTID
    | libc::CLONE_CHILD_CLEARTID
    | libc::CLONE_DETACHED;

/// Makes a thread. Nothing else can be made: one process per sandbox. In an
/// exclusive sandbox there is one thread, too.
pub(crate) fn clone(
    thread: &mut Thread,
    flags: i32,
    stack: u64,
    parent_tid: u64,
    child_tid: u64,
    pointer: u64,
) -> Outcome {
    if thread.process.is_exclusive() || flags & libc::CLONE_THREAD == 0 {
        return Err(Errno::NOSYS);
    }
    if flags & THREAD != THREAD || flags & !(THREAD | OPTIONS) != 0 || stack == 0 {
        return Err(Errno::INVAL);
    }
    let asks = |flag: i32| flags & flag != 0;
    let mut context = thread.context.clone();
    context.registers_mut().rax = 0;
    context.registers_mut().rsp = stack;
    if asks(libc::CLONE_SETTLS) {
        context.set_thread_pointer(pointer);
    }
    let process = thread.process.share().ok_or(Errno::NOSYS)?;
    let mut child = Thread::another(process, context, &thread.signals)?;
    let tid = child.tid.cast_unsigned();
    if asks(libc::CLONE_CHILD_CLEARTID) {
        child.clear_tid = child_tid;
    }
    for (flag, place) in [(libc::CLONE_PARENT_SETTID, parent_tid), (libc::CLONE_CHILD_SETTID, child_tid)] {
        if asks(flag) {
            // As on Linux the thread is made where this cannot be written.
            let _ = process.sandbox.store(place, tid);
        }
    }
    match &mut thread.asked {
        Some(place) if place.is_none() => *place = Some(Box::new(child)),
        _ => child.spawn()?,
    }
    Ok(tid.into())
}

/// The same with its arguments in a structure: `flags`, `pidfd`, `child_tid`, `parent_tid`, `exit_signal`, `stack`,
/// `stack_size`, `tls`, and what the kernel has learnt since, which must be zero.
pub(crate) fn clone3(thread: &mut Thread, arguments: u64, size: u64) -> Outcome {
    /// The first and the present size (`CLONE_ARGS_SIZE_VER0`, `VER2`).
    const SIZES: std::ops::RangeInclusive<u64> = 64..=88;
    if thread.process.is_exclusive() {
        return Err(Errno::NOSYS);
    }
    if !SIZES.contains(&size) {
        return Err(if size < *SIZES.start() { Errno::INVAL } else { Errno::TOOBIG });
    }
    let mut bytes = [0; *SIZES.end() as usize];
    thread.process.read_bytes(arguments, &mut bytes[..size as usize])?;
    let [flags, _, child_tid, parent_tid, exit_signal, stack, stack_size, tls, more @ ..]: [u64; 11] =
        std::array::from_fn(|i| u64::from_ne_bytes(std::array::from_fn(|j| bytes[8 * i + j])));
    let flags = i32::try_from(flags).map_err(|_| Errno::INVAL)?;
    if more != [0; 3] || exit_signal != 0 || flags & libc::CLONE_DETACHED != 0 || stack == 0 || stack_size == 0 {
        return Err(Errno::INVAL);
    }
    clone(thread, flags, stack.wrapping_add(stack_size), parent_tid, child_tid, tls)
}

pub(crate) fn exit(thread: &mut Thread, status: i32) -> Outcome {
    thread.end(Status::Exited(status & 0xff));
    Ok(0)
}

pub(crate) fn gettid(thread: &mut Thread) -> Outcome {
    Ok(thread.tid.cast_unsigned().into())
}

pub(crate) fn set_tid_address(thread: &mut Thread, address: u64) -> Outcome {
    thread.clear_tid = address;
    gettid(thread)
}

/// Fails where `tid` is no thread of the process, nor 0, the caller.
pub(super) fn check_thread(process: &Process, tid: i32) -> Result<(), Errno> {
    if tid == 0 || process.threads.contains(tid) { Ok(()) } else { Err(Errno::SRCH) }
}

pub(crate) fn sched_yield(_: &mut Thread) -> Outcome {
    std::thread::yield_now();
    Ok(0)
}

/// Barriers between all threads, of every process or of this one. Between those of processes that have registered there are
/// none, nor for code that changes itself: there is no such code.
pub(crate) fn membarrier(process: &Process, command: i32, flags: u32) -> Outcome {
    if flags != 0 {
        return Err(Errno::INVAL);
    }
    match command {
        libc::MEMBARRIER_CMD_QUERY => {
            let offered = libc::MEMBARRIER_CMD_GLOBAL
                | libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED
                | libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
            Ok(host::membarrier(command)? & offered as u64)
        }
        libc::MEMBARRIER_CMD_GLOBAL => host::membarrier(command),
        libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED if !process.barriers.load(Ordering::Relaxed) => Err(Errno::PERM),
        libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED => host::membarrier(command),
        libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED => {
            host::membarrier(command)?;
            process.barriers.store(true, Ordering::Relaxed);
            Ok(0)
        }
        _ => Err(Errno::INVAL),
    }
}

// arch_prctl(2).
const ARCH_SET_FS: i32 = 0x1002;
const ARCH_GET_FS: i32 = 0x1003;

pub(crate) fn arch_prctl(thread: &mut Thread, code: i32, address: u64) -> Outcome {
    match code {
        // Any value is safe: it is only ever used as an address in the sandbox.
        ARCH_SET_FS => thread.context.set_thread_pointer(address),
        ARCH_GET_FS => {
            let pointer = thread.context.thread_pointer();
            thread.process.write_bytes(address, &pointer.to_ne_bytes())?;
        }
        _ => return Err(Errno::INVAL),
    }
    Ok(0)
}
