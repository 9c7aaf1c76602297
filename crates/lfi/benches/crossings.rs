//! What it costs to cross the boundary, against a native call through a
//! pointer: `cargo bench -p lfi`. The toolchain must be installed
//! (`cargo xtask toolchain --all`).
#![allow(missing_docs)]

use std::hint::black_box;

use lfi::{Config, Engine, Func, Module, Sandbox};
use lfi_filetest::{compare, library_with, part, sqlite_library};

const SOURCE: &str = r#"
    #include <sys/syscall.h>
    #include <unistd.h>
    int add(int a, int b) { return a + b; }
    void getpids(unsigned n) { while (n--) syscall(SYS_getpid); }
"#;
const CALLS: u32 = 20_000;
const ROUNDS: usize = 25;

fn main() {
    let engine = Engine::new(&Config::default()).expect("an engine");
    calls(&engine);
    loading(&engine);
}

fn calls(engine: &Engine) {
    let mut jump = Library::load(engine, "jump");
    let mut ret = Library::load(engine, "ret");
    let native: extern "C" fn(i32, i32) -> i32 = black_box(add);
    let each = f64::from(CALLS);
    compare(
        "int add(int, int)",
        ROUNDS,
        vec![
            part("native, through a pointer", each, || {
                for n in 0..CALLS {
                    black_box(native(black_box(n as i32), 1));
                }
            }),
            part("sandboxed, returns as masked jumps", each, || jump.adds()),
            part("sandboxed, masked ret (exclusive)", each, || ret.adds()),
        ],
    );
    compare(
        "runtime call: getpid",
        ROUNDS,
        vec![
            part("the kernel's", each, || {
                for _ in 0..CALLS {
                    black_box(kernel_getpid());
                }
            }),
            part("emulated, returns as masked jumps", each, || jump.getpids()),
            part("emulated, masked ret (exclusive)", each, || ret.getpids()),
        ],
    );
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

struct Library {
    sandbox: Sandbox,
    add: Func<(i32, i32), i32>,
    getpids: Func<(u32,), ()>,
}

impl Library {
    fn load(engine: &Engine, returns: &str) -> Self {
        let file = library_with(SOURCE, &["-O2", &format!("--lfi-returns={returns}")]);
        let sandbox = Sandbox::new(engine, &Module::open(file).expect("a library")).expect("a sandbox");
        let add = sandbox.func("add").expect("a function");
        let getpids = sandbox.func("getpids").expect("a function");
        Self { sandbox, add, getpids }
    }

    fn adds(&mut self) {
        for n in 0..CALLS {
            black_box(self.add.call(&mut self.sandbox, (n as i32, 1)).expect("a sum"));
        }
    }

    fn getpids(&mut self) {
        self.getpids.call(&mut self.sandbox, (CALLS,)).expect("no fault");
    }
}

extern "C" fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

/// The system call itself: the C library would be free to remember the answer.
fn kernel_getpid() -> i64 {
    rustix::process::getpid().as_raw_nonzero().get().into()
}
