//! Signals, as calls; `crate::signal` does what they ask for.

use super::time::read_timespec;
use crate::{
    process::{Process, lock},
    signal::{self, Action, AlternateStack, INFO_SIZE, Info, Set, bit, index, never_blocked},
    table::Outcome,
    thread::Thread,
    user::Bytes,
};
use rustix::io::Errno;

/// Size of the kernel's signal set, which callers pass along.
const SET_SIZE: u64 = 8;
/// `MINSIGSTKSZ`.
const LEAST_STACK: u64 = 2048;
/// What sigaction(2) knows of the target.
const FLAGS: i32 = libc::SA_NOCLDSTOP
    | libc::SA_NOCLDWAIT
    | libc::SA_SIGINFO
    | libc::SA_ONSTACK
    | libc::SA_RESTART
    | libc::SA_NODEFER
    | libc::SA_RESETHAND
    | SA_RESTORER;
const SA_RESTORER: i32 = 0x0400_0000;

pub(crate) fn rt_sigaction(process: &Process, number: i32, new: u64, old: u64, size: u64) -> Outcome {
    index(number)?;
    if size != SET_SIZE {
        return Err(Errno::INVAL);
    }
    let wanted = if new == 0 { None } else { Some(process.read_array::<32>(new)?) };
    if wanted.is_some() && never_blocked() & bit(number) != 0 {
        return Err(Errno::INVAL);
    }
    let before = {
        let mut actions = lock(&process.pending.actions);
        let action = actions.of(number)?;
        let before = *action;
        if let Some(bytes) = wanted {
            let word = |at: usize| u64::from_ne_bytes(std::array::from_fn(|i| bytes[at + i]));
            let flags = word(8) & u64::from(FLAGS.cast_unsigned());
            *action = Action { handler: word(0), flags, restorer: word(16), mask: word(24) & !never_blocked() };
            if action.ignores(number) {
                process.pending.forget(number);
            }
        }
        before
    };
    let bytes = Bytes::new().u64(before.handler).u64(before.flags).u64(before.restorer).u64(before.mask);
    process.write_optional(old, &bytes.done())?;
    Ok(0)
}

pub(crate) fn rt_sigreturn(thread: &mut Thread) -> Outcome {
    match signal::return_from_handler(thread) {
        Ok(()) => Ok(0),
        Err(errno) => {
            // Nothing to go on with.
            thread.process().end_by_signal(libc::SIGSEGV, thread.context().registers());
            Err(errno)
        }
    }
}

pub(crate) fn rt_sigprocmask(thread: &mut Thread, how: i32, new: u64, old: u64, size: u64) -> Outcome {
    if size != SET_SIZE {
        return Err(Errno::INVAL);
    }
    let before = thread.signals.mask;
    if new != 0 {
        let set = thread.process.read_u64(new)?;
        let mask = match how {
            libc::SIG_BLOCK => before | set,
            libc::SIG_UNBLOCK => before & !set,
            libc::SIG_SETMASK => set,
            _ => return Err(Errno::INVAL),
        };
        thread.set_mask(mask);
    }
    thread.process.write_optional(old, &before.to_ne_bytes())?;
    Ok(0)
}

pub(crate) fn rt_sigpending(thread: &mut Thread, buffer: u64, size: u64) -> Outcome {
    if size > SET_SIZE {
        return Err(Errno::INVAL);
    }
    let set = thread.process.pending.set(thread.tid) & thread.signals.mask;
    thread.process.write_bytes(buffer, &set.to_ne_bytes()[..size as usize])?;
    Ok(0)
}

pub(crate) fn sigaltstack(thread: &mut Thread, new: u64, old: u64) -> Outcome {
    let wanted = if new == 0 { None } else { Some(thread.process.read_array::<24>(new)?) };
    let stack_pointer = thread.context.registers().rsp;
    let before = thread.signals.stack;
    let used = before.is_some_and(|stack| stack.contains(stack_pointer));
    if old != 0 {
        let flags = if used {
            libc::SS_ONSTACK
        } else if before.is_none() {
            libc::SS_DISABLE
        } else {
            0
        };
        let stack = before.unwrap_or_default();
        let bytes = Bytes::new().u64(stack.start).u32(flags.cast_unsigned()).u32(0).u64(stack.size).done();
        thread.process.write_bytes(old, &bytes)?;
    }
    let Some(bytes) = wanted else { return Ok(0) };
    let word = |at: usize| u64::from_ne_bytes(std::array::from_fn(|i| bytes[at + i]));
    if used {
        return Err(Errno::PERM);
    }
    thread.signals.stack = match (word(8) & 0xffff_ffff) as i32 {
        libc::SS_DISABLE => None,
        0 | libc::SS_ONSTACK if word(16) < LEAST_STACK => return Err(Errno::NOMEM),
        0 | libc::SS_ONSTACK => Some(AlternateStack { start: word(0), size: word(16) }),
        _ => return Err(Errno::INVAL),
    };
    Ok(0)
}

pub(crate) fn kill(thread: &mut Thread, pid: i32, number: i32) -> Outcome {
    check_own(thread, pid)?;
    send(thread, number, libc::SI_USER, None)
}

pub(crate) fn tkill(thread: &mut Thread, tid: i32, number: i32) -> Outcome {
    if tid <= 0 {
        return Err(Errno::INVAL);
    }
    if !thread.process.threads.contains(tid) {
        return Err(Errno::SRCH);
    }
    send(thread, number, libc::SI_TKILL, Some(tid))
}

pub(crate) fn tgkill(thread: &mut Thread, pid: i32, tid: i32, number: i32) -> Outcome {
    if pid <= 0 {
        return Err(Errno::INVAL);
    }
    check_own(thread, pid)?;
    tkill(thread, tid, number)
}

/// There is no other process, which -1 stands for; 0 and the other negative numbers are its group: itself.
fn check_own(thread: &Thread, pid: i32) -> Result<(), Errno> {
    let own = thread.process.threads.first();
    if [own, -own, 0].contains(&pid) { Ok(()) } else { Err(Errno::SRCH) }
}

fn send(thread: &Thread, number: i32, code: i32, target: Option<i32>) -> Outcome {
    if number != 0 {
        index(number)?;
        signal::send(thread, Info::sent(&thread.process, number, code), target)?;
    }
    Ok(0)
}

pub(crate) fn rt_sigqueueinfo(thread: &mut Thread, pid: i32, number: i32, info: u64) -> Outcome {
    check_own(thread, pid)?;
    queue(thread, number, info, None)
}

pub(crate) fn rt_tgsigqueueinfo(thread: &mut Thread, pid: i32, tid: i32, number: i32, info: u64) -> Outcome {
    check_own(thread, pid)?;
    if !thread.process.threads.contains(tid) {
        return Err(Errno::SRCH);
    }
    queue(thread, number, info, Some(tid))
}

/// The information is the process's own word to itself.
fn queue(thread: &Thread, number: i32, info: u64, target: Option<i32>) -> Outcome {
    let mut bytes = thread.process.read_array::<INFO_SIZE>(info)?;
    if number != 0 {
        index(number)?;
        bytes[..4].copy_from_slice(&number.to_ne_bytes());
        signal::send(thread, Info { signal: number, bytes }, target)?;
    }
    Ok(0)
}

pub(crate) fn pause(thread: &mut Thread) -> Outcome {
    thread.wait_for_handler()?;
    Err(Errno::INTR)
}

pub(crate) fn rt_sigsuspend(thread: &mut Thread, set: u64, size: u64) -> Outcome {
    if size != SET_SIZE {
        return Err(Errno::INVAL);
    }
    let mask = thread.process.read_u64(set)?;
    thread.signals.restore = Some(thread.set_mask(mask));
    pause(thread)
}

/// The mask for the time of a call that waits, none when `set` is null. `EINTR`
/// when a handler is to run at once; the old mask is back after the call.
pub(super) fn mask_for_call(thread: &mut Thread, set: u64, size: u64) -> Result<(), Errno> {
    if set == 0 {
        return Ok(());
    }
    if size != SET_SIZE {
        return Err(Errno::INVAL);
    }
    let mask = thread.process.read_u64(set)?;
    thread.signals.restore = Some(thread.set_mask(mask));
    let noticed = lock(&thread.process.pending.actions).noticed(!thread.signals.mask);
    if thread.process.pending.for_handlers(thread.tid, noticed) != 0 { Err(Errno::INTR) } else { Ok(()) }
}

pub(crate) fn rt_sigtimedwait(thread: &mut Thread, set: u64, info: u64, timeout: u64, size: u64) -> Outcome {
    if size != SET_SIZE {
        return Err(Errno::INVAL);
    }
    let set: Set = thread.process.read_u64(set)? & !never_blocked();
    let until = match timeout {
        0 => None,
        _ => Some(signal::after(read_timespec(&thread.process, timeout)?)),
    };
    loop {
        if let Some(taken) = thread.process.pending.take(thread.tid, set) {
            thread.process.write_optional(info, &taken.bytes)?;
            return Ok(u64::from(taken.signal.cast_unsigned()));
        }
        // Handlers of others run meanwhile.
        let handled = lock(&thread.process.pending.actions).noticed(!thread.signals.mask);
        if thread.process.pending.for_handlers(thread.tid, handled & !set) != 0 {
            return Err(Errno::INTR);
        }
        match thread.wait_for_signal(set, handled & !set, until) {
            Err(Errno::TIMEDOUT) => return Err(Errno::AGAIN),
            waited => waited?,
        }
    }
}
