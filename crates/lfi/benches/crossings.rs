//! What it costs to cross the boundary, against a native call through a
//! pointer: `cargo bench -p lfi`, or `cargo bench -p lfi -- WORD` for what has that word in its title. The toolchain must be installed
//! (`cargo xtask toolchain --all`).
#![allow(missing_docs)]

use lfi::{CallbackArguments, CallbackResult, Config, Engine, Func, Module, Sandbox, SandboxPtr};
use lfi_filetest::{compare, library_with, part, sqlite_library};
use std::hint::black_box;

const SOURCE: &str = r#"
    #include <sys/syscall.h>
    #include <unistd.h>
    int add(int a, int b) { return a + b; }
    int six(int a, int b, int c, int d, int e, int f) { return a + b + c + d + e + f; }
    double eight(double a, double b, double c, double d, double e, double f, double g, double h)
    { return a + b + c + d + e + f + g + h; }
    long nine(long a, long b, long c, long d, long e, long f, long g, long h, long i)
    { return a + b + c + d + e + f + g + h + i; }
    struct point { double x, y; };
    struct point swap(struct point p) { return (struct point){ p.y, p.x }; }
    struct large { long words[3]; };
    struct large largest(struct large l) { return l; }
    void getpids(unsigned n) { while (n--) syscall(SYS_getpid); }
    void groups(unsigned n) { while (n--) syscall(SYS_getgroups, 0, 0); }
    void call_back(unsigned n, int (*f)(int, int)) { for (unsigned i = 0; i < n; i++) f(i, 1); }
    void call_back_doubles(unsigned n, double (*f)(double, double)) { for (unsigned i = 0; i < n; i++) f(i, 1); }
"#;

lfi::c_struct! {
    #[derive(Default)]
    struct Point { x: f64, y: f64 }
    #[derive(Default)]
    struct Large { words: [i64; 3] }
}

const CALLS: u32 = 20_000;
const ROUNDS: usize = 25;

fn main() {
    let engine = Engine::new(&Config::default()).expect("an engine");
    let mut jump = load(&engine, "jump");
    let mut ret = load(&engine, "ret");
    calls(&mut jump, &mut ret);
    callbacks(&mut jump, &mut ret);
    runtime_calls(&mut jump, &mut ret);
    loading(&engine);
}

/// Native, and in both forms of return: the same function with the same arguments.
macro_rules! compare_calls {
    ($title:literal, $jump:expr, $ret:expr, $name:ident($($argument:expr),*): fn($($type:ty),*) -> $result:ty) => {{
        extern "C" fn $name($(_: $type),*) -> $result {
            <$result>::default()
        }
        let native: extern "C" fn($($type),*) -> $result = black_box($name);
        let sandboxed = |library: &mut Sandbox| {
            let function: Func<($($type,)*), $result> = library.func(stringify!($name)).expect("a function");
            for _ in 0..CALLS {
                black_box(function.call(library, ($(black_box($argument),)*)).expect("a result"));
            }
        };
        compare(
            $title,
            ROUNDS,
            vec![
                part("native, through a pointer", f64::from(CALLS), || {
                    for _ in 0..CALLS {
                        black_box(native($(black_box($argument)),*));
                    }
                }),
                part("sandboxed, returns as masked jumps", f64::from(CALLS), || sandboxed($jump)),
                part("sandboxed, masked ret (exclusive)", f64::from(CALLS), || sandboxed($ret)),
            ],
        );
    }};
}

fn calls(jump: &mut Sandbox, ret: &mut Sandbox) {
    compare_calls!("int add(int, int)", jump, ret, add(1, 2): fn(i32, i32) -> i32);
    compare_calls!("six ints", jump, ret, six(1, 2, 3, 4, 5, 6): fn(i32, i32, i32, i32, i32, i32) -> i32);
    compare_calls!(
        "eight doubles", jump, ret,
        eight(1., 2., 3., 4., 5., 6., 7., 8.): fn(f64, f64, f64, f64, f64, f64, f64, f64) -> f64
    );
    compare_calls!(
        "nine longs, three on the stack", jump, ret,
        nine(1, 2, 3, 4, 5, 6, 7, 8, 9): fn(i64, i64, i64, i64, i64, i64, i64, i64, i64) -> i64
    );
    compare_calls!(
        "a structure in registers, in and out", jump, ret,
        swap(Point { x: 1., y: 2. }): fn(Point) -> Point
    );
    compare_calls!(
        "a structure in memory, in and out", jump, ret,
        largest(Large { words: [1, 2, 3] }): fn(Large) -> Large
    );
}

fn callbacks(jump: &mut Sandbox, ret: &mut Sandbox) {
    extern "C" fn add(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }
    extern "C" fn add_doubles(a: f64, b: f64) -> f64 {
        a + b
    }
    let native: extern "C" fn(i32, i32) -> i32 = black_box(add);
    let calls_native = || {
        for n in 0..CALLS {
            black_box(native(black_box(n as i32), 1));
        }
    };
    compare_callbacks("callback int(int, int)", jump, ret, "call_back", calls_native, |_| {
        |_: &mut Sandbox, (a, b): (i32, i32)| add(a, b)
    });
    compare_callbacks("callback double(double, double)", jump, ret, "call_back_doubles", calls_native, |_| {
        |_: &mut Sandbox, (a, b): (f64, f64)| add_doubles(a, b)
    });
    compare_callbacks(
        "callback that calls a function of the library",
        jump,
        ret,
        "call_back",
        calls_native,
        |library| {
            let add = library.func::<(i32, i32), i32>("add").expect("a function");
            move |sandbox: &mut Sandbox, arguments: (i32, i32)| add.call(sandbox, arguments).expect("a sum")
        },
    );
}

/// A function of the library that calls a callback again and again, beside `native`.
fn compare_callbacks<A: CallbackArguments + 'static, R: CallbackResult + 'static, F>(
    title: &str,
    jump: &mut Sandbox,
    ret: &mut Sandbox,
    name: &str,
    native: impl FnMut(),
    callback: impl Fn(&Sandbox) -> F,
) where
    F: Fn(&mut Sandbox, A) -> R + Send + Sync + 'static,
{
    let caller = |library: &mut Sandbox| {
        let callback = library.callback(callback(library)).expect("room").pointer::<()>();
        let function = library.func::<(u32, SandboxPtr<()>), ()>(name).expect("a function");
        move |library: &mut Sandbox| function.call(library, (CALLS, callback)).expect("no fault")
    };
    let (from_jump, from_ret) = (caller(jump), caller(ret));
    let each = f64::from(CALLS);
    compare(
        title,
        ROUNDS,
        vec![
            part("native, through a pointer", each, native),
            part("from returns as masked jumps", each, || from_jump(jump)),
            part("from masked ret (exclusive)", each, || from_ret(ret)),
        ],
    );
}

fn runtime_calls(jump: &mut Sandbox, ret: &mut Sandbox) {
    let each = f64::from(CALLS);
    for (title, name) in
        [("runtime call: getpid, a constant", "getpids"), ("runtime call: getgroups, by the Linux layer", "groups")]
    {
        let in_sandbox = |library: &mut Sandbox| {
            let function = library.func::<(u32,), ()>(name).expect("a function");
            function.call(library, (CALLS,)).expect("no fault");
        };
        compare(
            title,
            ROUNDS,
            vec![
                part("the kernel's getpid", each, || {
                    for _ in 0..CALLS {
                        black_box(kernel_getpid());
                    }
                }),
                part("emulated, returns as masked jumps", each, || in_sandbox(jump)),
                part("emulated, masked ret (exclusive)", each, || in_sandbox(ret)),
            ],
        );
    }
}

/// Verify, map and start; then everything is given back. Only the first sandbox of a module has it verified.
fn loading(engine: &Engine) {
    let small = std::fs::read(library_with(SOURCE, &["-O2"])).expect("a library");
    let sqlite = sqlite_library("jump");
    for (name, each, file) in
        [("a library of two functions, and what it needs of libc", 20, small), ("sqlite", 1, sqlite)]
    {
        let module = Module::new(file.clone()).expect("a library");
        let start = |module: &Module| drop(black_box(Sandbox::new(engine, module).expect("a sandbox")));
        compare(
            name,
            9,
            vec![
                part("verify, load, start and drop", f64::from(each), || {
                    (0..each).for_each(|_| start(&Module::new(file.clone()).expect("a library")));
                }),
                part("load, start and drop, verified before", f64::from(each), || {
                    (0..each).for_each(|_| start(&module));
                }),
            ],
        );
    }
}

fn load(engine: &Engine, returns: &str) -> Sandbox {
    let file = library_with(SOURCE, &["-O2", &format!("--lfi-returns={returns}")]);
    Sandbox::new(engine, &Module::open(file).expect("a library")).expect("a sandbox")
}

/// The system call itself: the C library would be free to remember the answer.
fn kernel_getpid() -> i64 {
    rustix::process::getpid().as_raw_nonzero().get().into()
}
