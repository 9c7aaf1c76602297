//! Functions with all sorts of signatures get the arguments that they should
//! get, and their results come back.

use lfi::{Config, Engine, Module, Sandbox};

mod generated {
    #![allow(clippy::all, unused_parens)]
    use lfi::{Complex, Float16, LongDouble, Sandbox, SandboxPtr, Variadic};

    /// The function has found all parts of its arguments to be right.
    fn checked(sandbox: &mut Sandbox, name: &str, parts: i32) {
        let wrong = sandbox.func::<(), i32>("get_wrong").unwrap().call(sandbox, ()).unwrap();
        assert_eq!(wrong, 0, "{name}: wrong arguments");
        let checked = sandbox.func::<(), i32>("get_checked").unwrap().call(sandbox, ()).unwrap();
        assert_eq!(checked, parts, "{name}");
    }

    include!(concat!(env!("OUT_DIR"), "/signatures.rs"));
}

const SOURCE: &str = concat!(
    include_str!(concat!(env!("OUT_DIR"), "/signatures.c")),
    "int get_wrong(void) { return wrong; }\nint get_checked(void) { return checked; }\n"
);

fn run(returns: &str) {
    let file = lfi_filetest::library_with(SOURCE, &["-O1", &format!("--lfi-returns={returns}")]);
    let engine = Engine::new(&Config::default()).unwrap();
    let mut sandbox = Sandbox::new(&engine, &Module::open(file).unwrap()).unwrap();
    for function in generated::ALL {
        function(&mut sandbox);
    }
}

#[test]
fn returns_as_masked_jumps() {
    run("jump");
}

#[test]
fn masked_returns() {
    run("ret");
}
