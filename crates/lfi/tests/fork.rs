//! Hosts that fork. One test, in a process with one thread that uses sandboxes: the child has no other.
#![allow(missing_docs)]
#![allow(unsafe_code)] // fork

use lfi::{Config, Engine, Error, Module, Sandbox};
use std::time::Duration;

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
"#;

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

    let in_child = || {
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
    };
    // SAFETY: the other thread, the harness's, waits, and holds no lock.
    match unsafe { libc::fork() } {
        0 => {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(in_child));
            // SAFETY: nothing of the harness is to run here.
            unsafe { libc::_exit(i32::from(result.is_err())) }
        }
        child => {
            assert!(child > 0);
            let mut status = -1;
            // SAFETY: waits for the child, and stores its status.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            assert_eq!(status, 0);
        }
    }
    assert_eq!(next.call(&mut first, ()).unwrap(), 2);
    assert_eq!(id.call(&mut first, ()).unwrap(), own);
}
