//! What a policy changes.

use super::*;
use crate::policy::{Calls, Clocks, Randomness, Rule};

fn under(policy: Policy) -> Fixture {
    Fixture::with_policy(policy, Returns::Jump)
}

#[test]
fn calls_are_denied_by_name_and_by_default() {
    let mut calls = Calls::new();
    calls.set("getpid", Rule::Deny(libc::EACCES as u16)).unwrap();
    assert!(calls.set("no_such_call", Rule::Allow).is_err());
    let mut f = under(Policy::new().calls(calls.clone()));
    f.fails(Errno::ACCESS, "getpid", &[]);
    f.ok("getuid", &[]);

    calls.set_others(Rule::Deny(libc::EPERM as u16));
    calls.set("getuid", Rule::Log).unwrap();
    let mut f = under(Policy::new().calls(calls));
    f.fails(Errno::ACCESS, "getpid", &[]);
    f.ok("getuid", &[]);
    f.fails(Errno::PERM, "getgid", &[]);
    let unknown = 100_000;
    assert_eq!(dispatch(&mut f.thread, unknown, &[0; 6]), Err(Errno::PERM));
}

#[test]
fn error_numbers_that_are_none_still_fail() {
    for (number, errno) in [(0, 1), (u16::MAX, 4095)] {
        let mut calls = Calls::new();
        calls.set_others(Rule::Deny(number));
        under(Policy::new().calls(calls)).fails(Errno::from_raw_os_error(errno), "getpid", &[]);
    }
}

#[test]
fn time_stands_still() {
    let mut f = under(Policy::new().clocks(Clocks::Fixed(1_000_000_000)));
    let buffer = f.buffer(16);
    for _ in 0..2 {
        f.ok("clock_gettime", &[libc::CLOCK_REALTIME as u64, buffer]);
        assert_eq!((f.get_u64(buffer), f.get_u64(buffer + 8)), (1_000_000_000, 0));
        f.ok("clock_gettime", &[libc::CLOCK_MONOTONIC as u64, buffer]);
        assert_eq!((f.get_u64(buffer), f.get_u64(buffer + 8)), (0, 0));
        assert_eq!(f.ok("time", &[0]), 1_000_000_000);
        f.ok("gettimeofday", &[buffer, 0]);
        assert_eq!((f.get_u64(buffer), f.get_u64(buffer + 8)), (1_000_000_000, 0));
        assert_eq!(f.ok("times", &[0]), 0);
        // Sleeping until then takes its time all the same.
        let until = f.put(&[0u64, 20_000_000].map(u64::to_ne_bytes).concat());
        let start = std::time::Instant::now();
        f.ok("clock_nanosleep", &[libc::CLOCK_MONOTONIC as u64, libc::TIMER_ABSTIME as u64, until, 0]);
        assert!(start.elapsed().as_millis() >= 20);
    }
    // A timer that goes off at a time of the clock never would.
    let (id, at) = (f.buffer(4), f.put(&[0u64, 0, 1_000_000_001, 0].map(u64::to_ne_bytes).concat()));
    f.ok("timer_create", &[libc::CLOCK_REALTIME as u64, 0, id]);
    f.fails(Errno::INVAL, "timer_settime", &[0, libc::TIMER_ABSTIME as u64, at, 0]);
    // That of a thread's processor time stands still, too.
    let own = u64::from(((!0i32 << 3) | 6).cast_unsigned());
    f.ok("clock_gettime", &[own, buffer]);
    assert_eq!((f.get_u64(buffer), f.get_u64(buffer + 8)), (0, 0));
}

#[test]
fn coarse_clocks_show_steps() {
    let mut f = under(Policy::new().clocks(Clocks::Coarse));
    let buffer = f.buffer(16);
    for clock in [libc::CLOCK_REALTIME, libc::CLOCK_MONOTONIC, libc::CLOCK_PROCESS_CPUTIME_ID] {
        f.ok("clock_gettime", &[clock as u64, buffer]);
        assert!(f.get_u64(buffer + 8).is_multiple_of(10_000_000));
        f.ok("clock_getres", &[clock as u64, buffer]);
        assert_eq!(f.get_u64(buffer + 8), 10_000_000);
    }
}

#[test]
fn seeded_numbers_repeat() {
    let numbers = |randomness| {
        let mut f = under(Policy::new().randomness(randomness));
        let buffer = f.buffer(32);
        assert_eq!(f.ok("getrandom", &[buffer, 32, 0]), 32);
        f.get(buffer, 32)
    };
    assert_eq!(numbers(Randomness::Seeded(1)), numbers(Randomness::Seeded(1)));
    assert_ne!(numbers(Randomness::Real), numbers(Randomness::Real));
}
