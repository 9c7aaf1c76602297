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
    let used = |id: i32, kind: i32| u64::from(((!id << 3) | kind).cast_unsigned());
    let own = std::process::id().cast_signed();
    for clock in [used(0, 2), used(own, 2), used(0, 6)] {
        f.ok("clock_gettime", &[clock, buffer]);
        f.ok("clock_getres", &[clock, buffer]);
    }
    for clock in [used(1, 2), used(0, 3), used(1, 6), used(0, 7)] {
        f.fails(Errno::INVAL, "clock_gettime", &[clock, buffer]);
        f.fails(Errno::INVAL, "clock_getres", &[clock, buffer]);
    }
    let time = |f: &mut Fixture, s: i64, ns: i64| f.put(&[s.to_ne_bytes(), ns.to_ne_bytes()].concat());
    let (short, wrong, negative) = (time(&mut f, 0, 1000), time(&mut f, 0, 1_000_000_000), time(&mut f, -1, 0));
    f.ok("nanosleep", &[short, 0]);
    f.fails(Errno::INVAL, "nanosleep", &[wrong, 0]);
    f.fails(Errno::INVAL, "nanosleep", &[negative, 0]);
    f.ok("clock_nanosleep", &[1, libc::TIMER_ABSTIME as u64, short, 0]);
    f.fails(Errno::INVAL, "clock_nanosleep", &[1, 7, short, 0]);
    f.fails(Errno::PERM, "clock_settime", &[libc::CLOCK_REALTIME as u64, short]);
    f.fails(Errno::INVAL, "clock_settime", &[libc::CLOCK_REALTIME as u64, wrong]);
    f.fails(Errno::INVAL, "clock_settime", &[libc::CLOCK_MONOTONIC as u64, short]);
}

/// The signals that the calling thread blocks, as the kernel has it.
fn blocked() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let set = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap();
    u64::from_str_radix(set.trim(), 16).unwrap()
}

/// The handlers of the C library's own signals would run on the sandbox's stack.
#[test]
fn class_21_what_the_runtime_blocks_stays_blocked_after_a_call() {
    Engine::new(&Config::default()).unwrap().prepare_thread().unwrap();
    let before = blocked();
    assert_eq!(before >> 31 & 3, 3, "the first two real-time signals");
    drop(crate::host::WriteSignalsBlocked::new());
    assert_eq!(blocked(), before);
}

#[test]
fn signals_are_recorded() {
    let mut f = Fixture::new(Mounts::new());
    // Handler, flags, restorer, mask.
    let words = [0x1234, 0x1400_0004u64, 0x5678, u64::MAX];
    let action: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let (new, old) = (f.put(&action), f.buffer(32));
    f.ok("rt_sigaction", &[10, new, old, 8]);
    assert_eq!(f.get(old, 32), [0; 32]);
    f.ok("rt_sigaction", &[10, 0, old, 8]);
    assert_eq!([0, 8, 16].map(|at| f.get_u64(old + at)), words[..3]);
    assert_eq!(f.get_u64(old + 24), !(1 << 8 | 1 << 18), "all but SIGKILL and SIGSTOP");
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

/// Makes `signal` one that has a handler.
fn handle(f: &mut Fixture, signal: i32, flags: u64) {
    let handler = f.base() + CODE;
    let action = f.put(&[handler, flags, handler + 64, 0].map(u64::to_ne_bytes).concat());
    f.ok("rt_sigaction", &[signal as u64, action, 0, 8]);
}

#[test]
fn class_19_a_handler_cannot_make_its_caller_go_on_where_it_likes() {
    let own = u64::from(std::process::id());
    let mut f = Fixture::new(Mounts::new());
    handle(&mut f, libc::SIGUSR1, 0);
    let (base, stack) = (f.base(), f.base() + SCRATCH + SCRATCH_SIZE - 64);
    let before = |f: &mut Fixture| {
        let registers = f.thread.context_mut().registers_mut();
        (registers.rip, registers.rsp, registers.rbx) = (base + CODE + 32, stack, 7);
    };
    before(&mut f);
    f.ok("kill", &[own, libc::SIGUSR1 as u64]);
    f.thread.take_signals(None);
    let in_handler = *f.thread.context().registers();
    assert_eq!((in_handler.rip, in_handler.rdi), (base + CODE, libc::SIGUSR1 as u64));
    assert_eq!(in_handler.rsp % 16, 8, "as after a call");
    assert_eq!(f.get_u64(in_handler.rsp), base + CODE + 64);

    // It comes back with other registers: they count, and any entry makes them safe.
    let registers_at = in_handler.rsp + 8 + 40;
    let (rbx_at, rip_at, flags_at) = (registers_at + 11 * 8, registers_at + 16 * 8, registers_at + 17 * 8);
    for (at, value) in [(rbx_at, 8u64), (rip_at, 0xffff_8000_0000_1235), (flags_at, u64::MAX)] {
        f.thread.process.sandbox.write(at, &value.to_ne_bytes()).unwrap();
    }
    f.thread.context_mut().registers_mut().rsp = in_handler.rsp + 8;
    f.ok("rt_sigreturn", &[]);
    let after = *f.thread.context().registers();
    assert_eq!((after.rbx, after.rip, after.rflags), (8, 0xffff_8000_0000_1235, 0));
    assert!(!f.thread.context().is_interrupted());

    // A frame that nobody has made, and one that is not there.
    f.thread.context_mut().registers_mut().rsp = base + SCRATCH;
    f.ok("rt_sigreturn", &[]);
    assert!(!f.thread.context().is_interrupted());
    f.thread.context_mut().registers_mut().rsp = 0x1000;
    f.fails(Errno::FAULT, "rt_sigreturn", &[]);
    assert_eq!(f.thread.process.ended(), Some(Status::Signalled(libc::SIGSEGV)));
}

#[test]
fn handlers_without_end_are_forgotten() {
    let own = u64::from(std::process::id());
    let mut f = Fixture::new(Mounts::new());
    let nodefer = libc::SA_NODEFER as u64;
    handle(&mut f, libc::SIGUSR1, nodefer);
    let stack = f.base() + SCRATCH + SCRATCH_SIZE - 64;
    f.thread.context_mut().registers_mut().rsp = stack;
    for _ in 0..1000 {
        f.ok("kill", &[own, libc::SIGUSR1 as u64]);
        f.thread.take_signals(None);
    }
    assert_eq!(f.thread.process.ended(), None);
    // The stack runs out before the host's memory does.
    for _ in 0..10_000 {
        f.ok("kill", &[own, libc::SIGUSR1 as u64]);
        f.thread.take_signals(None);
    }
    assert_eq!(f.thread.process.ended(), Some(Status::Signalled(libc::SIGSEGV)));
}

#[test]
fn timers_are_limited() {
    let mut f = Fixture::new(Mounts::new());
    let id = f.buffer(4);
    // Every nanosecond.
    let often = f.put(&[0u64, 1, 0, 1].map(u64::to_ne_bytes).concat());
    let all = f.put(&u64::MAX.to_ne_bytes());
    f.ok("rt_sigprocmask", &[libc::SIG_SETMASK as u64, all, 0, 8]);
    let made = (0..1000).take_while(|_| f.call("timer_create", &[1, 0, id]).is_ok()).count() as u64;
    assert!((32..1000).contains(&made), "{made}");
    f.fails(Errno::AGAIN, "timer_create", &[1, 0, id]);
    for timer in 0..made {
        f.ok("timer_settime", &[timer, 0, often, 0]);
    }
    std::thread::sleep(std::time::Duration::from_millis(20));
    // Each has one signal that waits, though they are of one kind, and does not go on until it is taken.
    let (info, soon) = (f.buffer(128), f.put(&[10u64, 0].map(u64::to_ne_bytes).concat()));
    let taken = (0..made).map(|_| {
        assert_eq!(f.ok("rt_sigtimedwait", &[all, info, soon, 8]), libc::SIGALRM as u64);
        let word = f.get_u64(info + 16);
        (word & 0xffff_ffff, word >> 32)
    });
    let taken: Vec<(u64, u64)> = taken.collect();
    assert!(taken[0].1 > 1_000_000, "the first has missed some milliseconds: {taken:?}");
    assert!(taken.iter().any(|(timer, _)| *timer != taken[0].0), "{taken:?}");
    for timer in 0..made {
        f.ok("timer_delete", &[timer]);
        f.fails(Errno::INVAL, "timer_gettime", &[timer, info]);
    }
}

/// What is ignored nobody takes, but it is the watch's time that passes with it, which all processes need and none is charged.
#[test]
fn class_28_a_timer_whose_signal_is_ignored_goes_off_seldom() {
    let mut f = Fixture::new(Mounts::new());
    let (id, often) = (f.buffer(4), f.put(&[0u64, 1, 0, 1].map(u64::to_ne_bytes).concat()));
    let ignore = f.put(&[libc::SIG_IGN as u64, 0, 0, 0].map(u64::to_ne_bytes).concat());
    f.ok("rt_sigaction", &[libc::SIGALRM as u64, ignore, 0, 8]);
    f.ok("timer_create", &[1, 0, id]);
    f.ok("timer_settime", &[0, 0, often, 0]);
    let begin = std::time::Instant::now();
    let mut seen = Vec::new();
    for _ in 0..50 {
        std::thread::sleep(std::time::Duration::from_millis(2));
        seen.push(f.ok("timer_getoverrun", &[0]));
    }
    seen.dedup();
    let most = begin.elapsed().as_millis() / 10 + 2;
    assert!(seen.len() as u128 <= most, "{seen:?}");
}

#[test]
fn signals_that_wait_are_limited() {
    let own = u64::from(std::process::id());
    let mut f = Fixture::new(Mounts::new());
    let (set, info) = (f.put(&u64::MAX.to_ne_bytes()), f.put(&[0; 128]));
    f.ok("rt_sigprocmask", &[libc::SIG_SETMASK as u64, set, 0, 8]);
    let real_time = 40;
    let sent = (0..5000).filter(|_| f.call("rt_sigqueueinfo", &[own, real_time, info]).is_ok()).count();
    assert_eq!(sent, 1024);
    f.fails(Errno::AGAIN, "rt_sigqueueinfo", &[own, real_time, info]);
    let taken = f.ok("rt_sigtimedwait", &[set, info, 0, 8]);
    assert_eq!(taken, real_time);
}
