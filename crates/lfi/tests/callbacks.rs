//! Functions of the host that libraries call, in both forms of return.

#[path = "common/sandboxes.rs"]
mod common;

use lfi::{Callback, Error, Sandbox, SandboxPtr, Signal};
use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

const SOURCE: &str = r#"
    #include <setjmp.h>
    #include <stdbool.h>
    #include <stdlib.h>
    #include <unistd.h>

    int apply(int (*f)(int), int n) { return f(n) + 1; }
    /* The same after a system call that leaves the sandbox, from where on the host is reached by the general way. */
    int apply_late(int (*f)(int), int n) { getpgid(0); return f(n) + 1; }
    int apply_with_system_call(int (*f)(int), int n) { int a = f(n); getpgid(0); return a + f(n); }

    double (*many_given)(signed char, unsigned short, int, long, float, double, bool, char *, long, int, double, long);
    double many(double (*f)(signed char, unsigned short, int, long, float, double, bool, char *, long, int, double, long))
    { return f(-100, 60000, -7, 1L << 40, 0.25f, 0.5, true, (char *)f, -9, -10, 11.5, -12); }
    double floats(double (*f)(float, double, float, double, float, double, float, double, float, double))
    { return f(1, 2, 3, 4, 5, 6, 7, 8, 9, 10); }

    bool invert(bool (*f)(bool), bool b) { return f(b); }
    signed char narrow(signed char (*f)(void)) { return f(); }
    float single(float (*f)(float), float x) { return f(x) * 2; }
    void nothing(void (*f)(void)) { f(); }
    int *where(int *(*f)(int *), int *p) { return f(p) + 1; }

    static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
    void sort(int *p, size_t n, int (*f)(const void *, const void *)) { qsort(p, n, sizeof *p, f ? f : compare); }

    int fibonacci(int (*f)(int), int n) { return n < 2 ? n : f(n - 1) + f(n - 2); }

    static jmp_buf back;
    int landing(int (*f)(int), int n) { int r = setjmp(back); return r ? r : f(n); }
    int jump(int n) { longjmp(back, n); }

    int crash(void) { return *(volatile int *)0; }
    int leave(void) { exit(3); }
    int one(void) { return 1; }
    char *here(void) { return __builtin_frame_address(0); }
    int keep_stack(int (*f)(int), int n)
    {
        volatile int local[64];
        for (int i = 0; i < 64; i++) local[i] = n + i;
        int sum = f(n);
        for (int i = 0; i < 64; i++) if (local[i] != n + i) return -1;
        return sum;
    }
"#;

fn sandboxes() -> impl Iterator<Item = Sandbox> {
    common::sandboxes(SOURCE, &["-O1"]).map(|mut sandbox| {
        // The first call on a thread goes the long way.
        sandbox.func::<(), i32>("one").unwrap().call(&mut sandbox, ()).unwrap();
        sandbox
    })
}

type OfInt = Callback<(i32,), i32>;
type Pointer = SandboxPtr<()>;

fn call_int(sandbox: &mut Sandbox, name: &str, callback: &OfInt, n: i32) -> Result<i32, Error> {
    sandbox.func::<(Pointer, i32), i32>(name).unwrap().call(sandbox, (callback.pointer(), n))
}

#[test]
fn callbacks_of_every_type() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        type Many = (i8, u16, i32, i64, f32, f64, bool, SandboxPtr<u8>, i64, i32, f64, i64);
        let many = s
            .callback(|_: &mut Sandbox, (a, b, c, d, e, f, g, h, i, j, k, l): Many| {
                assert_eq!((a, b, c, d, e, f, g), (-100, 60000, -7, 1 << 40, 0.25, 0.5, true));
                assert_eq!((i, j, k, l), (-9, -10, 11.5, -12));
                (h.address() % (1 << 32)) as f64
            })
            .unwrap();
        let result = s.func::<(Pointer,), f64>("many").unwrap().call(s, (many.pointer(),)).unwrap();
        assert_eq!(result, (many.pointer::<()>().address() % (1 << 32)) as f64);

        type Floats = (f32, f64, f32, f64, f32, f64, f32, f64, f32, f64);
        let floats = s
            .callback(|_: &mut Sandbox, (a, b, c, d, e, f, g, h, i, j): Floats| {
                assert_eq!((a, b, c, d, e, f, g, h, i, j), (1., 2., 3., 4., 5., 6., 7., 8., 9., 10.));
                -1.5
            })
            .unwrap();
        assert_eq!(s.func::<(Pointer,), f64>("floats").unwrap().call(s, (floats.pointer(),)).unwrap(), -1.5);

        let not = s.callback(|_: &mut Sandbox, (b,): (bool,)| !b).unwrap();
        let invert = s.func::<(Pointer, bool), bool>("invert").unwrap();
        assert!(invert.call(s, (not.pointer(), false)).unwrap() && !invert.call(s, (not.pointer(), true)).unwrap());
        let minus = s.callback(|_: &mut Sandbox, ()| -3i8).unwrap();
        assert_eq!(s.func::<(Pointer,), i8>("narrow").unwrap().call(s, (minus.pointer(),)).unwrap(), -3);
        let half = s.callback(|_: &mut Sandbox, (x,): (f32,)| x / 2.0).unwrap();
        assert_eq!(s.func::<(Pointer, f32), f32>("single").unwrap().call(s, (half.pointer(), 5.0)).unwrap(), 5.0);
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let count = s
            .callback(move |_: &mut Sandbox, ()| {
                counted.fetch_add(1, Ordering::Relaxed);
            })
            .unwrap();
        s.func::<(Pointer,), ()>("nothing").unwrap().call(s, (count.pointer(),)).unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        let next = s.callback(|_: &mut Sandbox, (p,): (SandboxPtr<i32>,)| p.add(1)).unwrap();
        let address = |n| SandboxPtr::<i32>::new(n);
        let moved = s.func::<(Pointer, SandboxPtr<i32>), SandboxPtr<i32>>("where").unwrap();
        assert_eq!(moved.call(s, (next.pointer(), address(100))).unwrap(), address(108));
    }
}

#[test]
fn callbacks_read_and_write_the_sandbox() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        type Pair = (SandboxPtr<i32>, SandboxPtr<i32>);
        let descending = s
            .callback(|s: &mut Sandbox, (a, b): Pair| s.read_value(b).unwrap().cmp(&s.read_value(a).unwrap()) as i32)
            .unwrap();
        let mut numbers: Vec<i32> = (0..200).map(|n| n * 7919 % 211).collect();
        let copy = s.alloc_from(&numbers).unwrap();
        let sort = s.func::<(SandboxPtr<i32>, usize, Pointer), ()>("sort").unwrap();
        sort.call(s, (copy, numbers.len(), descending.pointer())).unwrap();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(s.read_vec(copy, numbers.len()).unwrap(), numbers);
    }
}

/// Soundness 20: each callback calls the function that calls it.
#[test]
fn class_20_callbacks_inside_callbacks() {
    for mut sandbox in sandboxes() {
        for name in ["fibonacci", "keep_stack", "apply_late"] {
            let s = &mut sandbox;
            let own = Arc::new(std::sync::OnceLock::<OfInt>::new());
            let inner = own.clone();
            let callback = s
                .callback(move |s: &mut Sandbox, (n,): (i32,)| {
                    if n <= 0 {
                        0
                    } else {
                        call_int(s, name, inner.get().unwrap(), n - i32::from(name != "fibonacci")).unwrap()
                    }
                })
                .unwrap();
            let callback = own.get_or_init(|| callback);
            let expected = match name {
                "fibonacci" => 6765,
                "keep_stack" => 0,
                _ => 21,
            };
            for _ in 0..2 {
                assert_eq!(call_int(s, name, callback, 20).unwrap(), expected, "{name}");
            }
        }
    }
}

#[test]
fn callbacks_and_system_calls_by_turns() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let double = s.callback(|_: &mut Sandbox, (n,): (i32,)| 2 * n).unwrap();
        for _ in 0..3 {
            assert_eq!(call_int(s, "apply", &double, 5).unwrap(), 11);
            assert_eq!(call_int(s, "apply_with_system_call", &double, 5).unwrap(), 20);
            assert_eq!(call_int(s, "apply_late", &double, 5).unwrap(), 11);
        }
    }
}

/// Soundness 20: the library jumps out of a nested call, over a callback of the host. Its own frames are gone, and
/// the jump lands where the outer call has never come back to: that is a matter of the library's stack alone.
#[test]
fn class_20_longjmp_out_of_a_callback() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let callback = s
            .callback(|s: &mut Sandbox, (n,): (i32,)| {
                let jump = s.func::<(i32,), i32>("jump").unwrap();
                // Comes back as if from `landing`: its caller is the outer call's entry.
                jump.call(s, (n,)).unwrap() + 100
            })
            .unwrap();
        // `landing` returns 5 to the nested call; the callback then returns into a frame that has returned already.
        let result = call_int(s, "landing", &callback, 5);
        assert!(matches!(result, Ok(105) | Err(Error::Fault(_))), "{result:?}");
        if !s.is_dead() {
            assert_eq!(s.func::<(), i32>("one").unwrap().call(s, ()).unwrap(), 1);
        }
    }
}

#[test]
fn class_20_a_panic_goes_on_in_the_caller_and_the_sandbox_is_dead() {
    for name in ["apply", "apply_late"] {
        for mut sandbox in sandboxes() {
            let s = &mut sandbox;
            let callback = s.callback(|_: &mut Sandbox, (n,): (i32,)| -> i32 { panic!("{n} on purpose") }).unwrap();
            let result = panic::catch_unwind(AssertUnwindSafe(|| call_int(s, name, &callback, 7)));
            assert_eq!(*result.unwrap_err().downcast::<String>().unwrap(), "7 on purpose");
            assert!(s.is_dead());
            assert!(matches!(call_int(s, name, &callback, 7), Err(Error::Dead)));
        }
    }
}

/// The stack pointer of the callback is the library's word, and counts no longer after a reset.
#[test]
fn class_22_the_stack_of_a_callback_that_panicked_is_forgotten() {
    for name in ["apply", "apply_late"] {
        for mut sandbox in sandboxes() {
            let s = &mut sandbox;
            let callback = s.callback(|_: &mut Sandbox, _: (i32,)| -> i32 { panic!("on purpose") }).unwrap();
            let here = s.func::<(), Pointer>("here").unwrap();
            let before = here.call(s, ()).unwrap().address();
            s.take_snapshot().unwrap();
            panic::catch_unwind(AssertUnwindSafe(|| call_int(s, name, &callback, 7))).unwrap_err();
            s.reset().unwrap();
            assert_eq!(here.call(s, ()).unwrap().address(), before);
        }
    }
}

/// A callback that was removed while it ran is dropped when it has ended: that is a part of it.
#[test]
fn class_20_a_callback_whose_end_panics_counts_once() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    for name in ["apply", "apply_late"] {
        for mut sandbox in sandboxes() {
            let s = &mut sandbox;
            s.take_snapshot().unwrap();
            let own = Arc::new(Mutex::new(None::<OfInt>));
            let (inner, owned) = (own.clone(), Panics);
            let callback = s
                .callback(move |s: &mut Sandbox, (n,): (i32,)| {
                    let _ = &owned;
                    s.remove_callback(inner.lock().unwrap().take().unwrap()).unwrap();
                    n
                })
                .unwrap();
            let pointer = callback.pointer::<()>();
            *own.lock().unwrap() = Some(callback);
            let apply = s.func::<(Pointer, i32), i32>(name).unwrap();
            panic::catch_unwind(AssertUnwindSafe(|| apply.call(s, (pointer, 7)))).unwrap_err();
            assert!(s.is_dead());
            s.reset().unwrap();
            assert_eq!(s.func::<(), i32>("one").unwrap().call(s, ()).unwrap(), 1);
        }
    }
}

/// Soundness 21: how deep they go is up to the library, and must not be up to the host's stack.
#[test]
fn class_21_callbacks_without_end_end_in_an_error() {
    for name in ["apply", "apply_late"] {
        for mut sandbox in sandboxes() {
            let s = &mut sandbox;
            let own = Arc::new(std::sync::OnceLock::<OfInt>::new());
            let (inner, depth) = (own.clone(), Arc::new(AtomicUsize::new(0)));
            let deepest = depth.clone();
            let callback = s
                .callback(move |s: &mut Sandbox, (n,): (i32,)| {
                    let n = n + 1;
                    depth.store(n as usize, Ordering::Relaxed);
                    call_int(s, name, inner.get().unwrap(), n).unwrap_or(-1)
                })
                .unwrap();
            let error = call_int(s, name, own.get_or_init(|| callback), 0).unwrap_err();
            assert!(matches!(error, Error::Fault(_)), "{error}");
            assert_eq!(deepest.load(Ordering::Relaxed), 100);
        }
    }
}

#[test]
fn class_20_a_sandbox_that_dies_in_a_nested_call_is_dead_for_all() {
    for outer in ["apply", "apply_late"] {
        for inner in ["crash", "leave"] {
            for mut sandbox in sandboxes() {
                let s = &mut sandbox;
                let callback = s
                    .callback(move |s: &mut Sandbox, _: (i32,)| {
                        let error = s.func::<(), i32>(inner).unwrap().call(s, ()).unwrap_err();
                        assert_eq!(matches!(error, Error::Fault(_)), inner == "crash");
                        assert!(matches!(s.func::<(), i32>("one").unwrap().call(s, ()), Err(Error::Dead)));
                        1
                    })
                    .unwrap();
                let error = call_int(s, outer, &callback, 0).unwrap_err();
                match inner {
                    "crash" => assert!(error.to_string().starts_with("SIGSEGV in crash+"), "{error}"),
                    _ => assert!(matches!(error, Error::Exited(3)), "{error}"),
                }
                assert!(matches!(call_int(s, outer, &callback, 0), Err(Error::Dead)));
            }
        }
    }
}

#[test]
fn class_20_a_callback_that_was_removed_is_a_fault() {
    for outer in ["apply", "apply_late"] {
        for mut sandbox in sandboxes() {
            let s = &mut sandbox;
            let callback: OfInt = s.callback(|_: &mut Sandbox, (n,): (i32,)| n).unwrap();
            assert_eq!(call_int(s, outer, &callback, 1).unwrap(), 2);
            let pointer = callback.pointer::<()>();
            s.remove_callback(callback).unwrap();
            // Its number is not given away at once.
            let _other: OfInt = s.callback(|_: &mut Sandbox, _: (i32,)| 7).unwrap();
            let error = s.func::<(Pointer, i32), i32>(outer).unwrap().call(s, (pointer, 1)).unwrap_err();
            let Error::Fault(fault) = error else { panic!("{error}") };
            assert_eq!((fault.signal, fault.address), (Signal::Segv, Some(pointer.address())));
            assert!(s.is_dead());
        }
    }
}

/// The closure that runs is not dropped under its feet.
#[test]
fn a_callback_can_be_removed_while_it_runs() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let (own, text) = (Arc::new(std::sync::Mutex::new(None::<OfInt>)), "still here".to_owned());
        let inner = own.clone();
        let callback: OfInt = s
            .callback(move |s: &mut Sandbox, (n,): (i32,)| {
                if let Some(callback) = inner.lock().unwrap().take() {
                    s.remove_callback(callback).unwrap();
                }
                n + text.len() as i32
            })
            .unwrap();
        let pointer = callback.pointer::<()>();
        *own.lock().unwrap() = Some(callback);
        let apply = s.func::<(Pointer, i32), i32>("apply").unwrap();
        assert_eq!(apply.call(s, (pointer, 1)).unwrap(), 12);
        assert_eq!(Arc::strong_count(&own), 1, "it was dropped afterwards");
        assert!(matches!(apply.call(s, (pointer, 1)), Err(Error::Fault(_))));
    }
}

#[test]
fn class_21_callbacks_are_finite_and_numbers_are_used_again() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let mut all: Vec<OfInt> =
            (0..1024).map(|k| s.callback(move |_: &mut Sandbox, (n,): (i32,)| n + k).unwrap()).collect();
        let full = s.callback(|_: &mut Sandbox, (n,): (i32,)| n);
        assert!(matches!(full, Err(Error::TooManyCallbacks)));
        for k in [0, 1, 500, 1023] {
            assert_eq!(call_int(s, "apply", &all[k], 10).unwrap(), k as i32 + 11);
        }
        let gone = all.swap_remove(500);
        let place = gone.pointer::<()>();
        s.remove_callback(gone).unwrap();
        let new: OfInt = s.callback(|_: &mut Sandbox, _: (i32,)| -1).unwrap();
        assert_eq!(new.pointer::<()>(), place);
        assert_eq!(call_int(s, "apply", &new, 10).unwrap(), 0);
    }
}

/// A reset takes callbacks away whose handles live on: these name no number that others have since.
#[test]
fn class_20_a_callback_that_a_reset_took_away_is_not_removed_again() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        s.take_snapshot().unwrap();
        let make = |s: &mut Sandbox, k: i32| s.callback(move |_: &mut Sandbox, (n,): (i32,)| n + k);
        let [gone, stale] = [0, 1].map(|k| make(s, k).unwrap());
        s.reset().unwrap();
        s.remove_callback(gone).unwrap();
        let all: Vec<OfInt> = (0..1024).map(|k| make(s, k).unwrap()).collect();
        assert!(matches!(make(s, 0), Err(Error::TooManyCallbacks)), "no number is free twice");
        let same = all.iter().position(|callback| callback.pointer::<()>() == stale.pointer()).unwrap();
        s.remove_callback(stale).unwrap();
        assert_eq!(call_int(s, "apply", &all[same], 10).unwrap(), same as i32 + 11);
    }
}

#[test]
fn class_20_a_sandbox_that_is_replaced_in_a_callback_is_not_gone_back_to() {
    for name in ["apply", "apply_late"] {
        for (mut sandbox, other) in sandboxes().zip(sandboxes()) {
            let s = &mut sandbox;
            let other = std::sync::Mutex::new(Some(other));
            let callback = s
                .callback(move |s: &mut Sandbox, _: (i32,)| {
                    // The sandbox that called is dropped here.
                    *s = other.lock().unwrap().take().unwrap();
                    1
                })
                .unwrap();
            let error = call_int(s, name, &callback, 1).unwrap_err();
            assert!(matches!(error, Error::OtherSandbox), "{error}");
            assert_eq!(s.func::<(), i32>("one").unwrap().call(s, ()).unwrap(), 1, "the other one is fine");
            assert!(matches!(s.remove_callback(callback), Err(Error::OtherSandbox)));
        }
    }
}
