//! Signals: recorded, not delivered. A signal that a program sends itself and
//! that kills by default ends it; handlers are not called yet.

use crate::{
    process::{Process, Status},
    table::Outcome,
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

/// What a program asked for.
#[derive(Debug)]
pub(crate) struct Signals {
    actions: Vec<[u8; ACTION_SIZE]>,
    mask: u64,
    stack: [u8; STACK_SIZE],
}

impl Default for Signals {
    fn default() -> Self {
        let mut stack = [0; STACK_SIZE];
        stack[8..12].copy_from_slice(&libc::SS_DISABLE.to_ne_bytes());
        Self { actions: vec![[0; ACTION_SIZE]; LAST as usize + 1], mask: 0, stack }
    }
}

fn index(signal: i32) -> Result<usize, Errno> {
    usize::try_from(signal).ok().filter(|_| (1..=LAST).contains(&signal)).ok_or(Errno::INVAL)
}

pub(crate) fn rt_sigaction(process: &mut Process, signal: i32, new: u64, old: u64, size: u64) -> Outcome {
    let index = index(signal)?;
    if size != SET_SIZE {
        return Err(Errno::INVAL);
    }
    let wanted = if new == 0 { None } else { Some(process.read_array::<ACTION_SIZE>(new)?) };
    if wanted.is_some() && matches!(signal, libc::SIGKILL | libc::SIGSTOP) {
        return Err(Errno::INVAL);
    }
    let before = process.signals.actions[index];
    process.write_optional(old, &before)?;
    if let Some(wanted) = wanted {
        process.signals.actions[index] = wanted;
    }
    Ok(0)
}

pub(crate) fn rt_sigprocmask(process: &mut Process, how: i32, new: u64, old: u64, size: u64) -> Outcome {
    if size != SET_SIZE {
        return Err(Errno::INVAL);
    }
    let before = process.signals.mask;
    if new != 0 {
        let set = process.read_u64(new)?;
        let mask = match how {
            libc::SIG_BLOCK => before | set,
            libc::SIG_UNBLOCK => before & !set,
            libc::SIG_SETMASK => set,
            _ => return Err(Errno::INVAL),
        };
        let never = 1 << (libc::SIGKILL - 1) | 1 << (libc::SIGSTOP - 1);
        process.signals.mask = mask & !never;
    }
    process.write_optional(old, &before.to_ne_bytes())?;
    Ok(0)
}

pub(crate) fn rt_sigpending(process: &mut Process, buffer: u64, size: u64) -> Outcome {
    if size > SET_SIZE {
        return Err(Errno::INVAL);
    }
    process.write_bytes(buffer, &[0; SET_SIZE as usize][..size as usize])?;
    Ok(0)
}

pub(crate) fn sigaltstack(process: &mut Process, new: u64, old: u64) -> Outcome {
    let wanted = if new == 0 { None } else { Some(process.read_array::<STACK_SIZE>(new)?) };
    process.write_optional(old, &process.signals.stack)?;
    if let Some(mut wanted) = wanted {
        wanted[12..16].fill(0); // padding
        process.signals.stack = wanted;
    }
    Ok(0)
}

pub(crate) fn tgkill(process: &mut Process, pid: i32, tid: i32, signal: i32) -> Outcome {
    if pid <= 0 || tid <= 0 {
        return Err(Errno::INVAL);
    }
    if pid != tid {
        return Err(Errno::SRCH);
    }
    kill(process, pid, signal)
}

pub(crate) fn kill(process: &mut Process, pid: i32, signal: i32) -> Outcome {
    let own = i32::try_from(super::process::own_id()).unwrap_or(0);
    // 0 and -own are the process's group: itself.
    if pid != own && pid != 0 && pid != -own && pid != -1 {
        return Err(Errno::SRCH);
    }
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
pub(crate) fn raise(process: &mut Process, signal: i32) -> Result<bool, Errno> {
    let action = process.signals.actions[index(signal)?];
    let mut handler = [0; 8];
    handler.copy_from_slice(&action[..8]);
    match u64::from_ne_bytes(handler) as usize {
        libc::SIG_DFL => {
            if !harmless(signal) {
                process.ended = Some(Status::Signalled(signal));
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
