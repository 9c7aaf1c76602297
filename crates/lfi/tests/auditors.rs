//! Auditors: code of the host that runs while a system call is answered.
#![allow(missing_docs)]

use lfi::{Config, Engine, Error, Module, Sandbox, Setup};
use lfi_linux::{Answered, Auditor};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

const SOURCE: &str = r"
    #include <sched.h>
    int calls;
    int yield(void) { calls++; sched_yield(); return ++calls; }
    int count(void) { return ++calls; }
    void loop(void) { for (;;); }
";

#[derive(Debug)]
struct Panics;

impl Auditor for Panics {
    fn answered(&self, call: &Answered<'_>) {
        assert_ne!(call.name, Some("sched_yield"));
    }
}

/// The call that led there will never be finished.
#[test]
fn class_20_an_auditor_that_panics_leaves_a_dead_sandbox_that_can_be_reset() {
    let engine = Engine::new(&Config::default()).unwrap();
    for arguments in [["--lfi-returns=jump"], ["--lfi-returns=ret"]] {
        let module = Module::open(lfi_filetest::library_with(SOURCE, &arguments)).unwrap();
        let setup = Setup { auditor: Some(Arc::new(Panics)), ..Setup::default() };
        let mut sandbox = Sandbox::with(&engine, &module, setup).unwrap();
        let [yielding, count] = ["yield", "count"].map(|name| sandbox.func::<(), i32>(name).unwrap());
        let endless = sandbox.func::<(), ()>("loop").unwrap();
        sandbox.take_snapshot().unwrap();
        for _ in 0..3 {
            let panicked = catch_unwind(AssertUnwindSafe(|| yielding.call(&mut sandbox, ())));
            assert!(panicked.is_err());
            assert!(matches!(count.call(&mut sandbox, ()), Err(Error::Killed(_))));
            assert!(matches!(count.call(&mut sandbox, ()), Err(Error::Dead)));
            sandbox.reset().unwrap();
            assert_eq!(count.call(&mut sandbox, ()).unwrap(), 1);
        }
        sandbox.set_time_limit(Some(Duration::from_millis(10))).unwrap();
        assert!(matches!(endless.call(&mut sandbox, ()), Err(Error::TimedOut)));
        sandbox.reset().unwrap();
        assert_eq!(count.call(&mut sandbox, ()).unwrap(), 1);
    }
}
