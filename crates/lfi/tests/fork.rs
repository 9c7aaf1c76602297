//! Hosts that fork. One test, in a process with one thread that uses sandboxes: the child has no other.
#![allow(missing_docs)]
#![allow(unsafe_code)] // fork

use lfi::{Config, Engine, Error, Module, Sandbox, SandboxPtr};
use std::{
    sync::atomic::{AtomicI32, Ordering},
    time::Duration,
};

const SOURCE: &str = r#"
    #define _GNU_SOURCE
    #include <signal.h>
    #include <unistd.h>
    static int count;
    int next(void) { return ++count; }
    int id(void) { return getpid(); }
    int kill_gently(void) { return kill(getpid(), 0) == 0 && gettid() == getpid(); }
    void crash(void) { *(volatile int *)16 = 1; }
    void spin(void) { for (volatile int i = 0;; i++) ; }
    int spin_if(int (*f)(void)) { if (f()) spin(); return 1; }
"#;

/// Has a forked child do something, and sees that it did. In the child this does not return.
fn in_child(does: impl FnOnce()) {
    // SAFETY: the other thread, the harness's, waits, and holds no lock.
    match unsafe { libc::fork() } {
        0 => {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(does));
            // SAFETY: nothing of the harness is to run here.
            unsafe { libc::_exit(i32::from(result.is_err())) }
        }
        child => wait_for(child),
    }
}

fn wait_for(child: i32) {
    assert!(child > 0);
    let mut status = -1;
    // SAFETY: waits for the child, and stores its status.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);
}

/// Forks in a callback, and in the child once more. The calls of both children do not come back by themselves: they
/// are stopped as `stopped` says. Each child does `begin` before its call goes on.
fn fork_in_a_callback(mut sandbox: Sandbox, begin: fn(&Sandbox), stopped: fn(&Error) -> bool) {
    static CHILD: AtomicI32 = AtomicI32::new(0);
    let parent = std::process::id();
    let fork = sandbox.callback(move |sandbox: &mut Sandbox, ()| {
        let forked = || {
            // SAFETY: as in `in_child`.
            CHILD.store(unsafe { libc::fork() }, Ordering::Relaxed);
            CHILD.load(Ordering::Relaxed) == 0
        };
        if forked() {
            let _ = forked();
            // SAFETY: no preconditions. Ends the child, should nothing stop it.
            unsafe { libc::alarm(60) };
            begin(sandbox);
        }
        i32::from(std::process::id() != parent)
    });
    let fork = fork.unwrap();
    let spin_if = sandbox.func::<(SandboxPtr<()>,), i32>("spin_if").unwrap();
    let result = spin_if.call(&mut sandbox, (fork.pointer(),));
    let is_child = std::process::id() != parent;
    let right = if is_child { result.as_ref().is_err_and(stopped) } else { matches!(result, Ok(1)) };
    let shown = format!("{result:?}");
    let ended = std::panic::catch_unwind(|| {
        assert!(right, "{shown}");
        match CHILD.load(Ordering::Relaxed) {
            0 => {}
            child => wait_for(child),
        }
    });
    if is_child {
        // SAFETY: as in `in_child`.
        unsafe { libc::_exit(i32::from(ended.is_err())) }
    }
    ended.unwrap();
}

#[test]
fn a_forked_child_has_copies_of_the_sandboxes() {
    let engine = Engine::new(&Config::default()).unwrap();
    let module = Module::open(lfi_filetest::library(SOURCE)).unwrap();
    let [mut first, mut crashing, mut limited, mut metered] = [(); 4].map(|()| Sandbox::new(&engine, &module).unwrap());
    let next = first.func::<(), i32>("next").unwrap();
    let id = first.func::<(), i32>("id").unwrap();
    let kill_gently = first.func::<(), i32>("kill_gently").unwrap();
    // The watch is there.
    limited.set_time_limit(Some(Duration::from_millis(20))).unwrap();
    metered.set_cpu_limit(Some(Duration::from_millis(50))).unwrap();
    assert_eq!(next.call(&mut first, ()).unwrap(), 1);
    let own = id.call(&mut first, ()).unwrap();
    assert_eq!(own, std::process::id() as i32);

    in_child(|| {
        assert_ne!(own, std::process::id() as i32);
        // SAFETY: no preconditions. Ends the child, should a limit not hold.
        unsafe { libc::alarm(60) };
        // First: nobody has asked for the watch in the child.
        let spin = metered.func::<(), ()>("spin").unwrap();
        assert!(matches!(spin.call(&mut metered, ()), Err(Error::OutOfCpuTime)));
        // For the library nothing has happened.
        assert_eq!(next.call(&mut first, ()).unwrap(), 2);
        assert_eq!(id.call(&mut first, ()).unwrap(), own);
        assert_eq!(kill_gently.call(&mut first, ()).unwrap(), 1);
        let crash = crashing.func::<(), ()>("crash").unwrap();
        assert!(matches!(crash.call(&mut crashing, ()), Err(Error::Fault(_))));
        let spin = limited.func::<(), ()>("spin").unwrap();
        assert!(matches!(spin.call(&mut limited, ()), Err(Error::TimedOut)));
        let mut new = Sandbox::new(&engine, &module).unwrap();
        let id = new.func::<(), i32>("id").unwrap();
        assert_eq!(id.call(&mut new, ()).unwrap(), std::process::id() as i32);
        let (spin, interrupter) = (new.func::<(), ()>("spin").unwrap(), new.interrupter());
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(5));
            interrupter.interrupt();
        });
        assert!(matches!(spin.call(&mut new, ()), Err(Error::Interrupted)));
        stopper.join().unwrap();
    });
    assert_eq!(next.call(&mut first, ()).unwrap(), 2);
    assert_eq!(id.call(&mut first, ()).unwrap(), own);

    let [mut timed, mut metered, free] = [(); 3].map(|()| Sandbox::new(&engine, &module).unwrap());
    timed.set_time_limit(Some(Duration::from_millis(200))).unwrap();
    fork_in_a_callback(timed, |_| {}, |error| matches!(error, Error::TimedOut));
    metered.set_cpu_limit(Some(Duration::from_millis(200))).unwrap();
    fork_in_a_callback(metered, |_| {}, |error| matches!(error, Error::OutOfCpuTime));
    let interrupt_soon = |sandbox: &Sandbox| {
        let interrupter = sandbox.interrupter();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            interrupter.interrupt();
        });
    };
    fork_in_a_callback(free, interrupt_soon, |error| matches!(error, Error::Interrupted));
}
