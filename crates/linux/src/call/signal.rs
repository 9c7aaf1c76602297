//! Signals: recorded, not delivered. A signal that a program sends itself and
//! that kills by default ends it; handlers are not called yet.

use crate::{
    process::{Process, Status, lock},
    table::Outcome,
    thread::Thread,
};
use rustix::io::Errno;

/// Highest signal number.
const LAST: i32 = 64;
/// Size of the kernel's signal set, which callers pass along.
const SET_SIZE: u64 = 8;
/// `struct sigaction` of the kernel: handler, flags, restorer, mask.
const ACTION_SIZE: usize = 32;
/// `stack_t`.
const STACK_SIZE: usize = 24;

/// What a process asked for: an action for each signal.
#[derive(Clone, Debug)]
pub(crate) struct Actions([[u8; ACTION_SIZE]; LAST as usize + 1]);

impl Default for Actions {
    fn default() -> Self {
        Self([[0; ACTION_SIZE]; LAST as usize + 1])
    }
}

/// What a thread asked for.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    mask: u64,
    stack: [u8; STACK_SIZE],
}

impl Default for Signals {
    fn default() -> Self {
        let mut stack = [0; STACK_SIZE];
        stack[8..12].copy_from_slice(&libc::SS_DISABLE.to_ne_bytes());
        Self { mask: 0, stack }
    }
}

impl Signals {
    /// What a new thread has of its maker's.
    pub(crate) fn of_new_thread(&self) -> Self {
        Self { mask: self.mask, ..Self::default() }
    }
}

fn index(signal: i32) -> Result<usize, Errno> {
    usize::try_from(signal).ok().filter(|_| (1..=LAST).contains(&signal)).ok_or(Errno::INVAL)
}

pub(crate) fn rt_sigaction(process: &Process, signal: i32, new: u64, old: u64, size: u64) -> Outcome {
    let index = index(signal)?;
    if size != SET_SIZE {
        return Err(Errno::INVAL);
    }
    let wanted = if new == 0 { None } else { Some(process.read_array::<ACTION_SIZE>(new)?) };
    if wanted.is_some() && matches!(signal, libc::SIGKILL | libc::SIGSTOP) {
        return Err(Errno::INVAL);
    }
    let before = {
        let mut actions = lock(&process.actions);
        let before = actions.0[index];
        actions.0[index] = wanted.unwrap_or(before);
        before
    };
    process.write_optional(old, &before)?;
    Ok(0)
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
        let never = 1 << (libc::SIGKILL - 1) | 1 << (libc::SIGSTOP - 1);
        thread.signals.mask = mask & !never;
    }
    thread.process.write_optional(old, &before.to_ne_bytes())?;
    Ok(0)
}

pub(crate) fn rt_sigpending(process: &Process, buffer: u64, size: u64) -> Outcome {
    if size > SET_SIZE {
        return Err(Errno::INVAL);
    }
    process.write_bytes(buffer, &[0; SET_SIZE as usize][..size as usize])?;
    Ok(0)
}

pub(crate) fn sigaltstack(thread: &mut Thread, new: u64, old: u64) -> Outcome {
    let wanted = if new == 0 { None } else { Some(thread.process.read_array::<STACK_SIZE>(new)?) };
    thread.process.write_optional(old, &thread.signals.stack)?;
    if let Some(mut wanted) = wanted {
        wanted[12..16].fill(0); // padding
        thread.signals.stack = wanted;
    }
    Ok(0)
}

pub(crate) fn tgkill(process: &Process, pid: i32, tid: i32, signal: i32) -> Outcome {
    if pid <= 0 || tid <= 0 {
        return Err(Errno::INVAL);
    }
    if i64::from(pid) != super::process::own_id().cast_signed() {
        return Err(Errno::SRCH);
    }
    tkill(process, tid, signal)
}

/// A signal that kills a thread kills its process.
pub(crate) fn tkill(process: &Process, tid: i32, signal: i32) -> Outcome {
    if tid <= 0 {
        return Err(Errno::INVAL);
    }
    if !process.threads.contains(tid) {
        return Err(Errno::SRCH);
    }
    send(process, signal)
}

pub(crate) fn kill(process: &Process, pid: i32, signal: i32) -> Outcome {
    let own = i32::try_from(super::process::own_id()).unwrap_or(0);
    // 0 and -own are the process's group: itself.
    if pid != own && pid != 0 && pid != -own && pid != -1 {
        return Err(Errno::SRCH);
    }
    send(process, signal)
}

fn send(process: &Process, signal: i32) -> Outcome {
    if signal == 0 {
        return Ok(0);
    }
    if raise(process, signal)? {
        Ok(0)
    } else {
        // Honest, rather than dropped without a word.
        Err(Errno::NOSYS)
    }
}

/// Does what a signal does to the process without calling a handler. False
/// when it has one.
pub(crate) fn raise(process: &Process, signal: i32) -> Result<bool, Errno> {
    let action = lock(&process.actions).0[index(signal)?];
    let mut handler = [0; 8];
    handler.copy_from_slice(&action[..8]);
    match u64::from_ne_bytes(handler) as usize {
        libc::SIG_DFL => {
            if !harmless(signal) {
                process.end(Status::Signalled(signal));
            }
            Ok(true)
        }
        libc::SIG_IGN => Ok(true),
        _ => Ok(false),
    }
}

/// Signals that are ignored, or only stop a process, by default (signal(7)).
fn harmless(signal: i32) -> bool {
    matches!(
        signal,
        libc::SIGCHLD
            | libc::SIGURG
            | libc::SIGWINCH
            | libc::SIGCONT
            | libc::SIGSTOP
            | libc::SIGTSTP
            | libc::SIGTTIN
            | libc::SIGTTOU
    )
}
