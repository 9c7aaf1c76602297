//! What crosses the boundary, in both forms of return.

#[path = "common/sandboxes.rs"]
mod common;

use lfi::{Config, Engine, Error, Module, Sandbox, SandboxPtr, Signal};
use lfi_filetest::library_with;

const SOURCE: &str = r#"
    #include <errno.h>
    #include <fenv.h>
    #include <setjmp.h>
    #include <signal.h>
    #include <stdarg.h>
    #include <stdbool.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    static int constructed;
    __attribute__((constructor)) static void construct(void) { constructed = 42; }
    int is_constructed(void) { return constructed; }

    int add(int a, int b) { return a + b; }
    signed char narrow(signed char a, unsigned short b) { return a + b; }
    double mix(int a, double b, long c, float d) { return a * b + c * d; }
    float half(float x) { return x / 2; }
    bool not(bool b) { return !b; }

    /* Eight integers and ten floats: two and two on the stack, in this order. */
    double many(long a, double b, long c, double d, long e, double f, long g, double h, long i, double j, long k,
                double l)
    { return a + 2*b + 3*c + 4*d + 5*e + 6*f + 7*g + 8*h + 9*i + 10*j + 11*k + 12*l; }
    long eighth(long a, long b, long c, long d, long e, long f, char g, int h) { return g * 1000 + h; }

    int sum(int count, ...)
    {
        va_list list;
        va_start(list, count);
        double sum = 0;
        while (count--)
            sum += va_arg(list, double);
        va_end(list);
        return sum;
    }

    /* 1 when the stack is aligned as the ABI demands: an SSE spill would fault otherwise. */
    int aligned(void)
    {
        volatile __attribute__((aligned(16))) char place[16];
        return ((unsigned long)__builtin_frame_address(0) & 15) == 0 && ((unsigned long)place & 15) == 0;
    }

    static int counter;
    int count(void) { return ++counter; }

    struct pair { int key; char *value; };
    void fill(struct pair *p) { p->key = 7; p->value = strdup("seven"); }

    int (*chosen(int which))(int, int) { return which ? add : 0; }
    int deep(int n) { volatile char frame[1000]; frame[0] = n; return n ? deep(n - 1) + frame[0] : 0; }

    static jmp_buf before;
    static void on_fault(int signal) { (void)signal; longjmp(before, 1); }
    int handle_faults(void)
    {
        struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
        return sigaction(SIGSEGV, &action, 0);
    }
    long look(const int *at, long otherwise) { return _setjmp(before) ? otherwise : *(const volatile int *)at; }

    void null_write(void) { *(volatile int *)0 = 1; }
    int divide(int a, int b) { return a / b; }
    void give_up(void) { abort(); }
    void leave(int status) { exit(status); }
    void trap(void) { __builtin_trap(); }
    void jump(unsigned long to) { ((void (*)(void))to)(); }
    int spoil(void) { return fesetround(FE_UPWARD); }
    double third(double one) { return one / 3; }
    long say(const char *text) { return write(1, text, strlen(text)); }
    int open_etc(void) { return fopen("/etc/passwd", "r") ? 0 : errno; }
"#;

fn sandboxes() -> impl Iterator<Item = Sandbox> {
    common::sandboxes(SOURCE, &["-O1"])
}

#[test]
fn arguments_and_results() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        assert_eq!(s.func::<(), i32>("is_constructed").unwrap().call(s, ()).unwrap(), 42);
        assert_eq!(s.func::<(i32, i32), i32>("add").unwrap().call(s, (i32::MAX, -7)).unwrap(), i32::MAX - 7);
        assert_eq!(s.func::<(i8, u16), i8>("narrow").unwrap().call(s, (-100, 250)).unwrap(), -106);
        let mix = s.func::<(i32, f64, i64, f32), f64>("mix").unwrap();
        assert_eq!(mix.call(s, (-3, 0.5, 1 << 40, 0.25)).unwrap(), -1.5 + (1u64 << 38) as f64);
        assert_eq!(s.func::<(f32,), f32>("half").unwrap().call(s, (5.0,)).unwrap(), 2.5);
        let not = s.func::<(bool,), bool>("not").unwrap();
        assert!(not.call(s, (false,)).unwrap() && !not.call(s, (true,)).unwrap());
        type Many = (i64, f64, i64, f64, i64, f64, i64, f64, i64, f64, i64, f64);
        let many = s.func::<Many, f64>("many").unwrap();
        let result = many.call(s, (1, 1.0, 1, 1.0, 1, 1.0, 1, 1.0, 1, 1.0, 1, 1.0)).unwrap();
        assert_eq!(result, (1..=12).sum::<i32>().into());
        let eighth = s.func::<(i64, i64, i64, i64, i64, i64, i8, i32), i64>("eighth").unwrap();
        assert_eq!(eighth.call(s, (0, 0, 0, 0, 0, 0, -2, -5)).unwrap(), -2005);
        let sum = s.func::<(i32, f64, f64, f64), i32>("sum").unwrap();
        assert_eq!(sum.call(s, (3, 1.5, 2.0, 3.5)).unwrap(), 7);
    }
}

#[test]
fn the_stack_is_aligned_whatever_is_on_it() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        assert_eq!(s.func::<(), i32>("aligned").unwrap().call(s, ()).unwrap(), 1);
        type Seven = (i64, i64, i64, i64, i64, i64, i64);
        let seven = s.func::<Seven, i32>("aligned").unwrap();
        assert_eq!(seven.call(s, (0, 0, 0, 0, 0, 0, 0)).unwrap(), 1);
    }
}

#[test]
fn state_stays_between_calls_and_sandboxes_have_their_own() {
    let engine = Engine::new(&Config::default()).unwrap();
    let module = Module::open(library_with(SOURCE, &["-O1", "--lfi-returns=ret"])).unwrap();
    let (mut one, mut two) = (Sandbox::new(&engine, &module).unwrap(), Sandbox::new(&engine, &module).unwrap());
    let count = one.func::<(), i32>("count").unwrap();
    for n in 1..=1000 {
        assert_eq!(count.call(&mut one, ()).unwrap(), n);
    }
    assert!(matches!(count.call(&mut two, ()), Err(Error::OtherSandbox)));
    assert_eq!(two.func::<(), i32>("count").unwrap().call(&mut two, ()).unwrap(), 1);
    // Stacks do not grow from call to call.
    let deep = one.func::<(i32,), i32>("deep").unwrap();
    for _ in 0..100 {
        assert_eq!(deep.call(&mut one, (100,)).unwrap(), 5050);
    }
}

#[test]
fn memory_goes_in_and_out() {
    lfi::c_struct! {
        struct Pair { key: i32, value: SandboxPtr<u8> }
    }

    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let pair = s.alloc::<Pair>(1).unwrap();
        s.func::<(SandboxPtr<Pair>,), ()>("fill").unwrap().call(s, (pair,)).unwrap();
        let filled = s.read_value(pair).unwrap();
        assert_eq!(filled.key, 7);
        assert_eq!(s.read_c_str(filled.value, 100).unwrap().as_c_str(), c"seven");
        assert!(matches!(s.read_c_str(filled.value, 5), Err(Error::Memory { .. })), "no end within 5 bytes");
        assert_eq!(s.read_vec(filled.value, 3).unwrap(), b"sev");
        s.free(filled.value).unwrap();
        s.free(pair).unwrap();
        s.free(SandboxPtr::<u8>::NULL).unwrap();

        let long: Vec<u32> = (0..100_000).collect();
        let copy = s.alloc_from(&long).unwrap();
        assert_eq!(s.read_vec(copy, long.len()).unwrap(), long);
        let text = s.alloc_c_str(&std::ffi::CString::new(vec![b'x'; 10_000]).unwrap()).unwrap();
        assert_eq!(s.read_c_str(text, 1 << 20).unwrap().to_bytes().len(), 10_000);
    }
}

#[test]
fn what_is_not_the_sandboxs_is_not_reached() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let mut host = [1u8; 8];
        let outside = SandboxPtr::<u8>::new(host.as_mut_ptr() as u64);
        assert!(matches!(s.write(outside, &[2; 8]), Err(Error::Memory { .. })));
        assert!(matches!(s.read_vec(outside, 8), Err(Error::Memory { .. })));
        assert!(matches!(s.read_c_str(outside, 8), Err(Error::Memory { .. })));
        assert_eq!(host, [1; 8]);
        let inside = s.alloc::<u8>(1).unwrap();
        assert!(matches!(s.read_vec(inside, usize::MAX), Err(Error::Memory { .. })));
        assert!(matches!(s.read_vec(inside.cast::<u64>(), usize::MAX), Err(Error::Memory { .. })));
        assert!(matches!(s.alloc::<u64>(usize::MAX), Err(Error::OutOfMemory)));
        assert!(matches!(s.alloc::<u8>(1 << 33), Err(Error::OutOfMemory)));
        assert!(matches!(s.write(SandboxPtr::NULL, &[1u8]), Err(Error::Memory { .. })));
        // Code is not written to.
        let code = s.func::<(i32,), SandboxPtr<u8>>("chosen").unwrap().call(s, (1,)).unwrap();
        assert!(matches!(s.write(code, &[0xc3u8]), Err(Error::Memory { .. })));
    }
}

#[test]
fn pointers_to_functions() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let chosen = s.func::<(i32,), SandboxPtr<()>>("chosen").unwrap();
        let pointer = chosen.call(s, (1,)).unwrap();
        assert_eq!(s.func_at::<(i32, i32), i32, _>(pointer).call(s, (20, 22)).unwrap(), 42);
        let null = chosen.call(s, (0,)).unwrap();
        assert!(null.is_null());
        assert!(matches!(s.func_at::<(), (), _>(null).call(s, ()), Err(Error::Fault(_))));
    }
}

/// Calls `name` in fresh sandboxes; the host goes on, the sandbox does not.
fn deaths(name: &str, argument: u64) -> Vec<Error> {
    sandboxes()
        .map(|mut sandbox| {
            let function = sandbox.func::<(u64, u64), u64>(name).unwrap();
            let error = function.call(&mut sandbox, (argument, 0)).unwrap_err();
            assert!(sandbox.is_dead());
            assert!(matches!(function.call(&mut sandbox, (0, 0)), Err(Error::Dead)));
            assert!(matches!(sandbox.alloc::<u8>(1), Err(Error::Dead)));
            error
        })
        .collect()
}

#[test]
fn faults_are_errors() {
    for (name, argument, expected) in [
        ("null_write", 0, Signal::Segv),
        ("divide", 1, Signal::Fpe),
        ("trap", 0, Signal::Ill),
        ("deep", i32::MAX as u64, Signal::Segv),
    ] {
        for error in deaths(name, argument) {
            let Error::Fault(fault) = &error else { panic!("{name}: {error}") };
            assert_eq!(fault.signal, expected, "{name}");
            assert_eq!(fault.function.as_ref().unwrap().0, name);
            let overflow = if name == "deep" { " (stack overflow)" } else { "" };
            let start = format!("{}{overflow} in {name}+0x", expected.name());
            assert!(error.to_string().starts_with(&start), "{error}");
        }
    }
    for error in deaths("jump", 0x1234_5678_9abc) {
        let Error::Fault(fault) = error else { panic!() };
        assert_eq!(fault.function, None, "out of the module, but in the sandbox");
    }
}

/// Calls that make no system call before the fault.
#[test]
fn a_library_handles_its_own_faults() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        assert_eq!(s.func::<(), i32>("handle_faults").unwrap().call(s, ()).unwrap(), 0);
        let look = s.func::<(SandboxPtr<i32>, i64), i64>("look").unwrap();
        let value = s.alloc_from(&[5]).unwrap();
        for round in 0..3 {
            assert_eq!(look.call(s, (value, -1)).unwrap(), 5);
            assert_eq!(look.call(s, (SandboxPtr::new(0), round)).unwrap(), round);
        }
    }
}

#[test]
fn ends_are_errors() {
    assert!(deaths("leave", 3).iter().all(|error| matches!(error, Error::Exited(3))));
    assert!(deaths("give_up", 0).iter().all(|error| matches!(error, Error::Killed(killed) if killed.signal == 6)));
}

#[test]
fn the_control_words_of_the_host_are_its_own() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let third = s.func::<(f64,), f64>("third").unwrap();
        assert_eq!(third.call(s, (1.0,)).unwrap(), 1.0 / 3.0);
        assert_eq!(s.func::<(), i32>("spoil").unwrap().call(s, ()).unwrap(), 0);
        let up = third.call(s, (1.0,)).unwrap();
        assert!(up > 1.0 / std::hint::black_box(3.0), "the sandbox keeps its rounding mode, the host its own");
    }
}

#[test]
fn a_library_is_given_nothing() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let text = s.alloc_c_str(c"this must not be seen\n").unwrap();
        assert_eq!(s.func::<(SandboxPtr<u8>,), i64>("say").unwrap().call(s, (text,)).unwrap(), 22);
        const ENOENT: i32 = 2;
        assert_eq!(s.func::<(), i32>("open_etc").unwrap().call(s, ()).unwrap(), ENOENT);
    }
}

#[test]
fn exports_are_the_librarys_functions() {
    let module = Module::open(library_with(SOURCE, &["-O1"])).unwrap();
    let mut names: Vec<_> = module.functions().collect();
    names.sort_unstable();
    assert_eq!(names.len(), 26, "{names:?}");
    assert!(names.contains(&"add") && !names.contains(&"malloc") && !names.contains(&"main"));
    let sandbox = Sandbox::new(&Engine::new(&Config::default()).unwrap(), &module).unwrap();
    let error = sandbox.func::<(), ()>("no_such").unwrap_err();
    assert_eq!(error.to_string(), "the library exports no function no_such");
}

#[test]
fn what_is_no_library_is_refused() {
    let refused = |file: &[u8]| Module::new(file.to_vec()).unwrap_err();
    assert!(matches!(refused(b""), Error::Load(_)));
    assert!(matches!(refused(b"\x7fELF and so on"), Error::Load(_)));
    let good = std::fs::read(library_with(SOURCE, &["-O1"])).unwrap();
    for cut in [100, 1000, good.len() / 2] {
        assert!(Module::new(good[..cut].to_vec()).is_err());
    }
    assert!(matches!(Module::open("/no/such/file"), Err(Error::File(..))));

    // One byte of code changed: the note and the exports are fine, the verifier is not content.
    let mut bad = good;
    let guarded = bad.windows(3).rposition(|w| w == [0x65, 0x67, 0xc7]).expect("a guarded store");
    bad[guarded] = 0x3e;
    let error = refused(&bad);
    assert!(matches!(error, Error::Load(lfi::LoadError::Rejected(_))), "{error}");
}
