//! Sandboxes that are stopped from other threads.

use crate::{
    CODE, Program,
    calls::{call, integers, programs},
    engine,
};
use lfi_abi::Returns;
use lfi_runtime::{Alarm, Call, Error, Exit};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const LOOPS: [&str; 3] = [
    "1: jmp 1b",
    // Most of the time outside, in the runtime's own code.
    "1: get_thread_pointer \n jmp 1b",
    "1: pushq $1 \n popq %rax \n jmp 1b",
];

#[test]
fn class_21_an_endless_loop_is_stopped() {
    for code in LOOPS {
        for returns in [Returns::Jump, Returns::Ret] {
            let mut program = Program::with(code, returns, crate::VERIFIED);
            let interrupter = program.sandbox.interrupter();
            let presence = program.sandbox.presence();
            let before = presence.prepare_and_arrive().unwrap();
            let stopper = thread::spawn({
                let interrupter = interrupter.clone();
                move || {
                    thread::sleep(Duration::from_millis(5));
                    interrupter.stop();
                }
            });
            assert_eq!(program.enter(), Exit::Stopped, "{code}");
            presence.leave(before);
            stopper.join().unwrap();
            assert!(interrupter.is_stopped());
            assert!(matches!(program.sandbox.enter(&mut program.context), Err(Error::Stopped)));
        }
    }
}

#[test]
fn class_21_calls_are_stopped_and_refused_until_the_sandbox_starts_again() {
    // Loops if its argument says so.
    for mut program in programs("testl %edi, %edi \n 1: jne 1b \n movl $7, %eax \n RETURN") {
        let [endless, short] = [1, 0].map(|first| integers([first, 0, 0, 0, 0, 0]));
        assert_eq!(call(&mut program, &short).unwrap().rax, 7);
        let (interrupter, presence) = (program.sandbox.interrupter(), program.sandbox.presence());
        let before = presence.arrive();
        let stopper = thread::spawn(move || {
            thread::sleep(Duration::from_millis(5));
            interrupter.stop();
        });
        assert_eq!(*call(&mut program, &endless).unwrap_err(), Exit::Stopped);
        presence.leave(before);
        stopper.join().unwrap();
        let mut refused = Call { function: program.sandbox.base() + CODE, stack_pointer: 0, arguments: short };
        assert!(lfi_runtime::call::<Program>(&mut program, &mut refused).is_none());
        let refused = program.sandbox.call_goes_on(&mut program.context, &refused);
        assert!(matches!(refused, Err(Error::Stopped)));
        program.sandbox.restart().unwrap();
        assert_eq!(call(&mut program, &short).unwrap().rax, 7);
    }
}

#[test]
fn who_is_at_work_keeps_a_sandbox_from_starting_again() {
    let sandbox = engine().sandbox(Returns::Jump).unwrap();
    let presence = sandbox.presence();
    let before = presence.prepare_and_arrive().unwrap();
    sandbox.interrupter().stop();
    assert!(matches!(sandbox.restart(), Err(Error::Busy)));
    presence.leave(before);
    sandbox.restart().unwrap();
    assert!(!sandbox.is_stopped());
}

#[test]
fn a_host_that_waits_is_woken() {
    let sandbox = engine().sandbox(Returns::Jump).unwrap();
    let presence = sandbox.presence();
    let before = presence.prepare_and_arrive().unwrap();
    let interrupter = sandbox.interrupter();
    let stopper = thread::spawn(move || {
        thread::sleep(Duration::from_millis(5));
        interrupter.stop();
    });
    let long = libc::timespec { tv_sec: 100, tv_nsec: 0 };
    // SAFETY: the time is valid; the rest is not asked for.
    assert_eq!(unsafe { libc::nanosleep(&raw const long, std::ptr::null_mut()) }, -1);
    assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::EINTR));
    presence.leave(before);
    stopper.join().unwrap();
}

#[test]
fn alarms_ring_once_and_when_they_should() {
    let rung = Arc::new(AtomicU32::new(0));
    let alarm = Alarm::new({
        let rung = Arc::clone(&rung);
        move || {
            rung.fetch_add(1, Ordering::Relaxed);
        }
    })
    .unwrap();
    let start = Instant::now();
    alarm.set(Duration::from_millis(20));
    while rung.load(Ordering::Relaxed) == 0 {
        thread::yield_now();
    }
    assert!(start.elapsed() >= Duration::from_millis(20));
    for _ in 0..1000 {
        alarm.set(Duration::from_secs(1000));
        alarm.clear();
    }
    thread::sleep(Duration::from_millis(5));
    assert_eq!(rung.load(Ordering::Relaxed), 1);
    let dropped = Arc::new(AtomicBool::new(false));
    let alarm = Alarm::new({
        let dropped = Arc::clone(&dropped);
        move || dropped.store(true, Ordering::Relaxed)
    })
    .unwrap();
    alarm.set(Duration::from_millis(5));
    drop(alarm);
    thread::sleep(Duration::from_millis(20));
    assert!(!dropped.load(Ordering::Relaxed));
}
