//! Scheduling, which is the host's: a process is an ordinary one, and only what
//! changes nothing is granted.

use super::{process::check_own, thread::check_thread};
use crate::{process::Process, table::Outcome};
use rustix::io::Errno;

pub(crate) fn sched_getscheduler(process: &Process, pid: i32) -> Outcome {
    check_thread(process, pid)?;
    Ok(libc::SCHED_OTHER as u64)
}

/// `struct sched_param`: a priority, which ordinary processes have none of.
fn check_param(process: &Process, parameters: u64) -> Outcome {
    match process.read_u32(parameters)? {
        0 => Ok(0),
        1..=99 => Err(Errno::PERM),
        _ => Err(Errno::INVAL),
    }
}

pub(crate) fn sched_setscheduler(process: &Process, pid: i32, policy: i32, parameters: u64) -> Outcome {
    check_thread(process, pid)?;
    check_policy(policy)?;
    if policy == libc::SCHED_OTHER { check_param(process, parameters) } else { Err(Errno::PERM) }
}

pub(crate) fn sched_getparam(process: &Process, pid: i32, parameters: u64) -> Outcome {
    check_thread(process, pid)?;
    process.write_bytes(parameters, &0u32.to_ne_bytes())?;
    Ok(0)
}

pub(crate) fn sched_setparam(process: &Process, pid: i32, parameters: u64) -> Outcome {
    check_thread(process, pid)?;
    check_param(process, parameters)
}

fn check_policy(policy: i32) -> Result<(), Errno> {
    let known = [libc::SCHED_OTHER, libc::SCHED_FIFO, libc::SCHED_RR, libc::SCHED_BATCH, libc::SCHED_IDLE];
    if known.contains(&policy) { Ok(()) } else { Err(Errno::INVAL) }
}

fn real_time(policy: i32) -> Result<bool, Errno> {
    check_policy(policy)?;
    Ok([libc::SCHED_FIFO, libc::SCHED_RR].contains(&policy))
}

pub(crate) fn sched_get_priority_max(_: &Process, policy: i32) -> Outcome {
    Ok(if real_time(policy)? { 99 } else { 0 })
}

pub(crate) fn sched_get_priority_min(_: &Process, policy: i32) -> Outcome {
    Ok(real_time(policy)?.into())
}

/// The slice of a round-robin process, which this is none of.
pub(crate) fn sched_rr_get_interval(process: &Process, pid: i32, buffer: u64) -> Outcome {
    check_thread(process, pid)?;
    process.write_bytes(buffer, &[0; 16])?;
    Ok(0)
}

// sys/resource.h
const PRIO_PROCESS: i32 = 0;
const PRIO_PGRP: i32 = 1;
const PRIO_USER: i32 = 2;

fn check_target(process: &Process, which: i32, who: i32) -> Result<(), Errno> {
    match which {
        PRIO_PROCESS | PRIO_PGRP => check_own(process, who),
        PRIO_USER => Ok(()),
        _ => Err(Errno::INVAL),
    }
}

pub(crate) fn getpriority(process: &Process, which: i32, who: i32) -> Outcome {
    check_target(process, which, who)?;
    // 20 less what nice(1) shows, which is 0.
    Ok(20)
}

pub(crate) fn setpriority(process: &Process, which: i32, who: i32, nice: i32) -> Outcome {
    check_target(process, which, who)?;
    if nice == 0 { Ok(0) } else { Err(Errno::ACCESS) }
}
