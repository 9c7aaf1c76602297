//! Several engines, and several copies of this library, in one process.

use crate::{CODE, Program, VERIFIED, assemble, engine};
use lfi_abi::Returns;
use lfi_runtime::{Code, Context, Exit, Signal};
use std::{ffi::CString, os::unix::ffi::OsStrExt, path::PathBuf};

#[test]
fn class_23_engines_have_slots_of_their_own_and_share_verdicts() {
    let code = Code::new(CODE, &assemble("movl $5, %eax \n return_to_host \n ud2"), Returns::Jump, VERIFIED).unwrap();
    let engines = [engine(), engine(), engine()];
    let sandboxes = engines.map(|engine| engine.sandbox(Returns::Jump).unwrap());
    let mut context = Context::new();
    for round in 0..3 {
        for sandbox in &sandboxes {
            if round == 0 {
                sandbox.map_code(&code).unwrap();
            }
            context.registers_mut().rip = sandbox.base() + CODE;
            assert_eq!(sandbox.enter(&mut context).unwrap(), Exit::Return);
            assert_eq!(context.registers().rax, 5);
            let Exit::Trap(trap) = sandbox.enter(&mut context).unwrap() else { panic!("no trap") };
            assert_eq!((trap.signal, trap.pc & !0xffff_ffff), (Signal::Ill, sandbox.base()));
        }
    }
}

/// `examples/second_copy.rs` as a shared object, with all of the library linked
/// into it once more.
fn second_copy() -> extern "C" fn() -> i32 {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples/libsecond_copy.so");
    let name = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: a library of ours, which stays loaded.
    let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    assert!(!library.is_null(), "{}: built by `cargo test` with the tests", path.display());
    // SAFETY: the handle is valid and the name a C string.
    let function = unsafe { libc::dlsym(library, c"trap_and_return".as_ptr()) };
    assert!(!function.is_null());
    // SAFETY: it is defined with this signature.
    unsafe { std::mem::transmute(function) }
}

/// Both copies have fault handlers, which chain, words of their own in
/// thread-local memory, and a signal stack each; each takes the `%gs` base that
/// the other has left for one of the host's.
#[test]
fn class_23_two_copies_of_the_library() {
    let traps = || {
        let mut program = Program::new("ud2");
        for _ in 0..2 {
            program.restart();
            assert!(matches!(program.enter(), Exit::Trap(trap) if trap.signal == Signal::Ill));
        }
    };
    traps();
    let other = second_copy();
    for _ in 0..3 {
        assert_eq!(other(), 0);
        traps();
    }
    // Threads that one copy prepares first, and then the other.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            traps();
            assert_eq!(other(), 0);
            traps();
        });
        scope.spawn(|| {
            assert_eq!(other(), 0);
            traps();
            assert_eq!(other(), 0);
        });
    });
}
