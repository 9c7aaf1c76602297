//! Time, signals, identity, limits, the end.

use super::*;
use crate::process::Status;

#[test]
fn clocks() {
    let mut f = Fixture::new(Mounts::new());
    let buffer = f.buffer(32);
    f.ok("clock_gettime", &[libc::CLOCK_REALTIME as u64, buffer]);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(f.get_u64(buffer)) <= 2);
    assert!(now.abs_diff(f.ok("time", &[0])) <= 2);
    f.ok("gettimeofday", &[buffer, 0]);
    assert!(now.abs_diff(f.get_u64(buffer)) <= 2);
    f.ok("clock_getres", &[libc::CLOCK_MONOTONIC as u64, 0]);
    f.fails(Errno::INVAL, "clock_gettime", &[99, buffer]);
    f.fails(Errno::INVAL, "clock_gettime", &[(-6i64) as u64, buffer]); // another process's
    let time = |f: &mut Fixture, s: i64, ns: i64| f.put(&[s.to_ne_bytes(), ns.to_ne_bytes()].concat());
    let (short, wrong, negative) = (time(&mut f, 0, 1000), time(&mut f, 0, 1_000_000_000), time(&mut f, -1, 0));
    f.ok("nanosleep", &[short, 0]);
    f.fails(Errno::INVAL, "nanosleep", &[wrong, 0]);
    f.fails(Errno::INVAL, "nanosleep", &[negative, 0]);
    f.ok("clock_nanosleep", &[1, libc::TIMER_ABSTIME as u64, short, 0]);
    f.fails(Errno::INVAL, "clock_nanosleep", &[1, 7, short, 0]);
}

#[test]
fn signals_are_recorded() {
    let mut f = Fixture::new(Mounts::new());
    let action: Vec<u8> = (1..=32).collect();
    let (new, old) = (f.put(&action), f.buffer(32));
    f.ok("rt_sigaction", &[10, new, old, 8]);
    assert_eq!(f.get(old, 32), [0; 32]);
    f.ok("rt_sigaction", &[10, 0, old, 8]);
    assert_eq!(f.get(old, 32), action);
    f.fails(Errno::INVAL, "rt_sigaction", &[9, new, 0, 8]);
    f.fails(Errno::INVAL, "rt_sigaction", &[0, new, 0, 8]);
    f.fails(Errno::INVAL, "rt_sigaction", &[65, new, 0, 8]);
    f.fails(Errno::INVAL, "rt_sigaction", &[u64::MAX, new, 0, 8]);
    f.fails(Errno::INVAL, "rt_sigaction", &[10, new, 0, 16]);
    let set = f.put(&u64::MAX.to_ne_bytes());
    f.ok("rt_sigprocmask", &[libc::SIG_SETMASK as u64, set, 0, 8]);
    f.ok("rt_sigprocmask", &[0, 0, old, 8]);
    assert_eq!(f.get_u64(old), !(1 << 8 | 1 << 18), "all but SIGKILL and SIGSTOP");
    f.fails(Errno::INVAL, "rt_sigprocmask", &[99, set, 0, 8]);
}

#[test]
fn signals_that_kill_do() {
    let own = u64::from(std::process::id());
    for (signal, ends) in [(0, false), (libc::SIGCHLD, false), (libc::SIGABRT, true), (libc::SIGKILL, true)] {
        let mut f = Fixture::new(Mounts::new());
        f.ok("tgkill", &[own, own, signal as u64]);
        assert_eq!(f.thread.process.ended(), ends.then_some(Status::Signalled(signal)));
    }
    let mut f = Fixture::new(Mounts::new());
    for other in [1, own + 1] {
        f.fails(Errno::SRCH, "kill", &[other, libc::SIGKILL as u64]);
        f.fails(Errno::SRCH, "tkill", &[other, libc::SIGKILL as u64]);
    }
    f.fails(Errno::INVAL, "kill", &[own, 99]);
    let ignore = f.put(&[&1u64.to_ne_bytes()[..], &[0; 24]].concat());
    f.ok("rt_sigaction", &[libc::SIGABRT as u64, ignore, 0, 8]);
    f.ok("kill", &[own, libc::SIGABRT as u64]);
    assert_eq!(f.thread.process.ended(), None);
    assert_eq!(Status::Signalled(libc::SIGABRT).code(), 134);
}

#[test]
fn the_end_has_a_status() {
    let mut f = Fixture::new(Mounts::new());
    f.ok("exit_group", &[0x1_0307]);
    assert_eq!(f.thread.process.ended(), Some(Status::Exited(7)));
}

#[test]
fn limits_are_fixed() {
    let mut f = Fixture::new(Mounts::new());
    let buffer = f.buffer(16);
    f.ok("prlimit64", &[0, u64::from(libc::RLIMIT_NOFILE), 0, buffer]);
    assert_eq!(f.get_u64(buffer), 1024);
    f.ok("setrlimit", &[u64::from(libc::RLIMIT_NOFILE), buffer]);
    let more = f.put(&[4096u64, 4096].map(u64::to_ne_bytes).concat());
    f.fails(Errno::PERM, "setrlimit", &[u64::from(libc::RLIMIT_NOFILE), more]);
    f.fails(Errno::INVAL, "getrlimit", &[99, buffer]);
    f.fails(Errno::SRCH, "prlimit64", &[1, 7, 0, buffer]);
}

#[test]
fn waiting_for_other_threads_ends() {
    let mut f = Fixture::new(Mounts::new());
    let word = f.put(&7u32.to_ne_bytes());
    f.fails(Errno::AGAIN, "futex", &[word, 128, 8, 0]);
    let timeout = f.put(&[0u64, 1_000_000].map(u64::to_ne_bytes).concat());
    f.fails(Errno::TIMEDOUT, "futex", &[word, 0, 7, timeout]);
    assert_eq!(f.ok("futex", &[word, 1, 1, 0]), 0);
    f.fails(Errno::INVAL, "futex", &[word + 1, 1, 1, 0]);
    f.fails(Errno::FAULT, "futex", &[8, 0, 7, 0]);
    f.fails(Errno::NOSYS, "futex", &[word, 6, 7, 0]);
    f.fails(Errno::INVAL, "futex", &[word, 9, 7, timeout, 0, 0]); // nobody could wake it
    f.fails(Errno::AGAIN, "futex", &[word, 4, 1, 1, word, 8]);
    assert_eq!(f.ok("futex", &[word, 4, 1, 1, word, 7]), 0);
}

#[test]
fn the_thread_pointer() {
    let mut f = Fixture::new(Mounts::new());
    f.ok("arch_prctl", &[0x1002, 0x1234]);
    assert_eq!(f.thread.context.thread_pointer(), 0x1234);
    let buffer = f.buffer(8);
    f.ok("arch_prctl", &[0x1003, buffer]);
    assert_eq!(f.get_u64(buffer), 0x1234);
    f.fails(Errno::INVAL, "arch_prctl", &[0x1001, 0]); // %gs is not the program's
    f.fails(Errno::INVAL, "arch_prctl", &[0x3001, 0]);
}

#[test]
fn the_machine() {
    let mut f = Fixture::new(Mounts::new());
    let buffer = f.buffer(400);
    f.ok("uname", &[buffer]);
    assert_eq!(f.get(buffer, 6), b"Linux\0");
    assert_eq!(f.get(buffer + 4 * 65, 7), b"x86_64\0");
    f.ok("sysinfo", &[buffer]);
    f.ok("getrandom", &[buffer, 32, 0]);
    assert_ne!(f.get(buffer, 32), [0; 32]);
    f.fails(Errno::INVAL, "getrandom", &[buffer, 32, 99]);
    assert_eq!(f.ok("sched_getaffinity", &[0, 128, buffer]), 8);
}
