//! A library that leaves the x87 unit and MXCSR in the worst state it can, makes system calls so, and comes back in every
//! way: the host never computes with any of it.
#![allow(missing_docs)]
#![allow(unsafe_code)] // the host's registers are looked at

use lfi::{Config, Engine, Error, Module, Sandbox, SandboxPtr, Setup};
use lfi_linux::{Answered, Auditor};
use std::{
    arch::asm,
    sync::{Arc, Mutex},
    time::Duration,
};

const SOURCE: &str = r#"
    #include <signal.h>
    #include <sys/syscall.h>
    #include <time.h>
    #include <unistd.h>

    static const unsigned mxcsr = 0x6000; /* rounds to zero; no exception is masked */
    static const unsigned short control = 0x0c30;

    /* A full stack, an odd control word, and an exception that waits. */
    #define SPOIL "fninit; fld1; fld1; fld1; fld1; fld1; fld1; fld1; fldz; fldcw %[control]; ldmxcsr %[mxcsr]; fdivr %%st(1), %%st\n\t"

    static long spoiled(long number, long a, long b, long c)
    {
        __asm__ volatile(SPOIL "syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), [control] "m"(control), [mxcsr] "m"(mxcsr)
                         : "rcx", "r11", "memory");
        return number;
    }

    static volatile int handled;
    static void handler(int number) { handled += number; spoiled(SYS_getgroups, 0, 0, 0); }

    static void make_calls(void)
    {
        char byte;
        spoiled(SYS_getpid, 0, 0, 0);
        spoiled(SYS_getgroups, 0, 0, 0);
        spoiled(SYS_read, -1, (long)&byte, 1);
        spoiled(SYS_clock_gettime, CLOCK_REALTIME, 8, 0); /* the copy faults */
        spoiled(SYS_rt_sigaction, SIGUSR2, 0, 0);
        spoiled(SYS_tgkill, spoiled(SYS_getpid, 0, 0, 0), spoiled(SYS_gettid, 0, 0, 0), SIGUSR1);
    }

    int leave(int how, int (*back)(int))
    {
        static const struct timespec day = {86400};
        signal(SIGUSR1, handler);
        make_calls();
        switch (how) {
        case 0: break;
        case 1: handled += back(handled); make_calls(); break;
        case 2: __builtin_trap();
        case 3: spoiled(SYS_exit_group, 7, 0, 0);
        case 4: spoiled(SYS_nanosleep, (long)&day, 0, 0);
        case 5: for (;;) spoiled(SYS_getgroups, 0, 0, 0);
        }
        __asm__ volatile(SPOIL : : [control] "m"(control), [mxcsr] "m"(mxcsr));
        return handled;
    }
"#;

/// Control word, status word and tags of the x87 unit, and MXCSR without the exceptions that were masked.
fn units() -> [u32; 4] {
    let (mut mxcsr, mut environment) = (0u32, [0u16; 14]);
    // SAFETY: stores state, and restores the control word that fnstenv changes.
    unsafe {
        asm!(
            "stmxcsr [{mxcsr}]",
            "fnstenv [{environment}]",
            "fldenv [{environment}]",
            mxcsr = in(reg) &raw mut mxcsr,
            environment = in(reg) &raw mut environment,
        );
    }
    let [control, _, status, _, tags, ..] = environment.map(u32::from);
    [control, status, tags, mxcsr & !0x3f]
}

#[test]
fn class_19_the_host_has_its_units_however_a_call_comes_back() {
    let engine = Engine::new(&Config::default()).unwrap();
    let host = units();
    assert_eq!(host, [0x37f, 0, 0xffff, 0x1f80]);
    for arguments in [["--lfi-returns=jump"], ["--lfi-returns=ret"]] {
        let module = Module::open(lfi_filetest::library_with(SOURCE, &arguments)).unwrap();
        let mut sandbox = Sandbox::new(&engine, &module).unwrap();
        let leave = sandbox.func::<(i32, SandboxPtr<()>), i32>("leave").unwrap();
        let back = sandbox.callback(move |_: &mut Sandbox, (handled,): (i32,)| {
            assert_eq!(units(), host);
            handled
        });
        let back = back.unwrap();
        sandbox.take_snapshot().unwrap();
        for how in 0..=5 {
            if how > 3 {
                sandbox.set_time_limit(Some(Duration::from_millis(20))).unwrap();
            }
            let result = leave.call(&mut sandbox, (how, back.pointer()));
            assert_eq!(units(), host, "{how}");
            match how {
                // The handler counts signals, by number; the callback doubles.
                0 => assert_eq!(result.unwrap(), 10),
                1 => assert_eq!(result.unwrap(), 30),
                2 => assert!(matches!(result, Err(Error::Fault(_))), "{result:?}"),
                3 => assert!(matches!(result, Err(Error::Exited(7))), "{result:?}"),
                _ => assert!(matches!(result, Err(Error::TimedOut)), "{result:?}"),
            }
            sandbox.reset().unwrap();
            assert_eq!(units(), host, "{how}");
            assert_eq!(leave.call(&mut sandbox, (0, back.pointer())).unwrap(), 10, "{how}");
            sandbox.reset().unwrap();
        }
    }
}

/// What an auditor finds, call by call.
#[derive(Debug, Default)]
struct Finds(Mutex<Vec<(Option<&'static str>, [u32; 4])>>);

impl Auditor for Finds {
    fn answered(&self, call: &Answered<'_>) {
        self.0.lock().unwrap().push((call.name, units()));
    }
}

#[test]
fn class_19_an_auditor_has_the_units_of_the_host() {
    let engine = Engine::new(&Config::default()).unwrap();
    let host = units();
    let module = Module::open(lfi_filetest::library_with(SOURCE, &["--lfi-returns=jump"])).unwrap();
    let finds = Arc::new(Finds::default());
    let setup = Setup { auditor: Some(Arc::clone(&finds) as Arc<dyn Auditor>), ..Setup::default() };
    let mut sandbox = Sandbox::with(&engine, &module, setup).unwrap();
    let leave = sandbox.func::<(i32, SandboxPtr<()>), i32>("leave").unwrap();
    assert_eq!(leave.call(&mut sandbox, (0, SandboxPtr::new(0))).unwrap(), 10);
    let found = finds.0.lock().unwrap();
    for name in ["getpid", "getgroups", "read", "rt_sigaction", "tgkill"] {
        assert!(found.iter().any(|(found, _)| *found == Some(name)), "{name}");
    }
    for (name, units) in found.iter() {
        assert_eq!(*units, host, "{name:?}");
    }
}
