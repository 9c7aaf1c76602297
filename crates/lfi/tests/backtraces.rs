//! What is said of a library's end, in both forms of return.

#[path = "common/sandboxes.rs"]
mod common;

use lfi::{Backtrace, Cause, Config, Engine, Error, Frame, Module, Sandbox, SandboxPtr};
use lfi_filetest::library_with;
use object::{Object, ObjectSection};
use std::{
    ops::Range,
    sync::{Arc, Mutex},
    time::Duration,
};

const SOURCE: &str = r#"#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __attribute__((noinline)) int poke(int *p) { *p = 1; return 2; }
static inline __attribute__((always_inline)) int within(int *p) { return poke(p) + 1; }
int outer(int *p)
{
    return within(p) + 1;
}
unsigned long length(const char *p) { return strlen(p) + 1; }
int indirect(int (*f)(int)) { return f(3) + 1; }
static __attribute__((noinline)) int fail(int n) { if (n) abort(); return n; }
int give_up(int n) { return fail(n) + 1; }
int deep(int n) { volatile char frame[1000]; frame[0] = n; return n ? deep(n - 1) + frame[0] : 0; }
static __attribute__((noinline)) int spin(volatile int *n) { for (;;) ++*n; return 1; }
int for_ever(int n) { return spin(&n) + n; }
int wait(int n) { for (;;) n += sleep(1000); return n; }
int divide(int a) { return 7 / a; }
void trap(void) { __builtin_trap(); }
/* The stack pointer and the frame pointer are whatever the caller says. */
__attribute__((naked)) int lost(unsigned long sp) { __asm__("movq %rdi, %rsp\n movq (%rsp), %rax\n movq 8, %rax\n retq"); }
/* A stack full of things that could be return addresses. */
int loops(unsigned long n)
{
    volatile unsigned long full[512];
    for (int i = 0; i < 512; i++) full[i] = (unsigned long)loops;
    return *(volatile int *)n;
}
int through(int (*f)(int), int n) { return f(n) + 1; }
long through_with_frame(long (*f)(int), int n) { volatile char more[n * 16]; more[0] = f(n); return more[0] + 1; }

#include <pthread.h>
static void *die(void *argument) { fail(1); return argument; }
int die_elsewhere(void)
{
    pthread_t thread;
    return pthread_create(&thread, 0, die, 0) + pthread_join(thread, 0);
}
"#;

fn sandboxes(options: &[&str]) -> impl Iterator<Item = Sandbox> {
    common::sandboxes(SOURCE, options)
}

fn end(sandbox: &mut Sandbox, name: &str, argument: u64) -> Error {
    sandbox.func::<(u64,), i32>(name).unwrap().call(sandbox, (argument,)).unwrap_err()
}

fn names(backtrace: &Backtrace) -> Vec<&str> {
    backtrace.frames().iter().map(|frame| frame.function.as_deref().unwrap_or("?")).collect()
}

fn cause(error: &Error) -> Cause {
    match error {
        Error::Fault(fault) => fault.cause,
        other => panic!("{other}"),
    }
}

#[test]
fn functions_and_lines_with_those_inlined() {
    for mut sandbox in sandboxes(&["-O1", "-g"]) {
        let error = end(&mut sandbox, "outer", 8);
        assert_eq!(cause(&error), Cause::NullPointer);
        let backtrace = error.backtrace().unwrap();
        assert_eq!(names(&backtrace), ["poke", "within", "outer"]);
        let lines: Vec<_> = backtrace.frames().iter().map(|frame| (frame.line.unwrap(), frame.inlined)).collect();
        assert_eq!(lines, [(5, false), (6, true), (9, false)]);
        assert!(
            backtrace.frames().iter().all(|frame| frame.file.as_deref().unwrap().ends_with(".c") && !frame.guessed)
        );
        // It is kept, whatever becomes of the sandbox.
        drop(sandbox);
        let text = error.backtrace().unwrap().to_string();
        assert!(
            text.starts_with("   0: poke at ") && text.contains("\n   1: within at ") && text.contains("(inlined)"),
            "{text}"
        );
    }
}

#[test]
fn names_without_debugging_information() {
    for mut sandbox in sandboxes(&["-O1"]) {
        let backtrace = end(&mut sandbox, "outer", 8).backtrace().unwrap();
        assert_eq!(names(&backtrace), ["poke", "outer"]);
        assert!(backtrace.frames().iter().all(|frame| frame.line.is_none()));
    }
}

#[test]
fn the_c_librarys_callers_are_guessed() {
    for mut sandbox in sandboxes(&["-O1"]) {
        let backtrace = end(&mut sandbox, "length", 8).backtrace().unwrap();
        assert_eq!(names(&backtrace), ["strlen", "length"]);
        let guessed = |frame: &Frame| frame.guessed;
        assert!(!guessed(&backtrace.frames()[0]) && guessed(&backtrace.frames()[1]));
    }
}

#[test]
fn calls_that_go_astray() {
    for mut sandbox in sandboxes(&["-O1"]) {
        let error = end(&mut sandbox, "indirect", 0);
        assert_eq!(cause(&error), Cause::Jump);
        assert_eq!(names(&error.backtrace().unwrap()), ["?", "indirect"]);
    }
}

#[test]
fn the_end_of_the_stack() {
    for mut sandbox in sandboxes(&["-O1"]) {
        let error = end(&mut sandbox, "deep", u64::from(u32::MAX >> 1));
        assert_eq!(cause(&error), Cause::StackOverflow);
        let backtrace = error.backtrace().unwrap();
        assert!(names(&backtrace).iter().all(|name| *name == "deep"));
        assert!((10..=100).contains(&backtrace.frames().len()), "{}", backtrace.frames().len());
        assert!(error.to_string().starts_with("SIGSEGV (stack overflow) in deep+"));
    }
}

#[test]
fn other_causes() {
    let memory = ("outer", 0x4000_0000, Cause::Memory);
    for (name, argument, expected) in [("divide", 0, Cause::Arithmetic), ("trap", 0, Cause::Instruction), memory] {
        for mut sandbox in sandboxes(&["-O1"]) {
            assert_eq!(cause(&end(&mut sandbox, name, argument)), expected);
        }
    }
}

#[test]
fn where_it_gave_up() {
    for mut sandbox in sandboxes(&["-O1"]) {
        let error = end(&mut sandbox, "give_up", 1);
        assert_eq!(error.to_string(), "the library killed itself with SIGABRT");
        let backtrace = error.backtrace().unwrap();
        let names = names(&backtrace);
        assert!(names.ends_with(&["abort", "fail", "give_up"]), "{names:?}");
    }
}

#[test]
fn calls_behind_callbacks() {
    for mut sandbox in sandboxes(&["-O1"]) {
        let outer = sandbox.func::<(u64,), i32>("outer").unwrap();
        let through = sandbox.func::<(SandboxPtr<()>, i32), i32>("through").unwrap();
        let with_frame = sandbox.func::<(SandboxPtr<()>, i32), i64>("through_with_frame").unwrap();
        let ended = Arc::new(Mutex::new(None));
        let innermost = sandbox
            .callback({
                let ended = Arc::clone(&ended);
                move |sandbox: &mut Sandbox, (_,): (i32,)| -> i32 {
                    *ended.lock().unwrap() = outer.call(sandbox, (8,)).err();
                    0
                }
            })
            .unwrap();
        let pointer = innermost.pointer();
        let middle = sandbox
            .callback(move |sandbox: &mut Sandbox, (n,): (i32,)| -> i64 {
                through.call(sandbox, (pointer, n)).unwrap_or_default().into()
            })
            .unwrap();
        let last = with_frame.call(&mut sandbox, (middle.pointer(), 3)).unwrap_err();
        for error in [ended.lock().unwrap().take().unwrap(), last] {
            let backtrace = error.backtrace().unwrap();
            assert_eq!(names(&backtrace), ["poke", "outer", "through", "through_with_frame"], "{backtrace}");
            let calls_host: Vec<_> = backtrace.frames().iter().map(|frame| frame.calls_host).collect();
            assert_eq!(calls_host, [false, false, true, true]);
        }
    }
}

#[test]
fn where_another_thread_gave_up() {
    let mut sandbox = common::sandbox(SOURCE, &["-O1"], "jump");
    let die = sandbox.func::<(), i32>("die_elsewhere").unwrap();
    let backtrace = die.call(&mut sandbox, ()).unwrap_err().backtrace().unwrap();
    let names = names(&backtrace);
    assert!(names.windows(3).any(|names| names == ["abort", "fail", "die"]), "{names:?}");
}

#[test]
fn where_it_was_interrupted() {
    for mut sandbox in sandboxes(&["-O1"]) {
        assert!(sandbox.backtrace().frames().is_empty());
        sandbox.set_time_limit(Some(Duration::from_millis(20))).unwrap();
        assert!(matches!(end(&mut sandbox, "for_ever", 0), Error::TimedOut));
        assert_eq!(names(&sandbox.backtrace()), ["spin", "for_ever"]);
    }
    for mut sandbox in sandboxes(&["-O1"]) {
        sandbox.set_time_limit(Some(Duration::from_millis(20))).unwrap();
        assert!(matches!(end(&mut sandbox, "wait", 0), Error::TimedOut));
        let backtrace = sandbox.backtrace();
        assert!(names(&backtrace).ends_with(&["sleep", "wait"]), "{backtrace}");
    }
}

#[test]
fn what_is_on_the_stack_is_the_librarys_word() {
    for (name, argument) in [("lost", 0), ("lost", u64::MAX), ("lost", 0x10000), ("lost", 0x7fff_fff0), ("loops", 8)] {
        for mut sandbox in sandboxes(&["-O1"]) {
            let backtrace = end(&mut sandbox, name, argument).backtrace().unwrap();
            assert_eq!(names(&backtrace)[0], name);
            assert!(backtrace.frames().len() <= 100);
        }
    }
}

#[test]
fn broken_tables_break_nothing() {
    let file = library_with(SOURCE, &["-O1", "-g"]);
    let whole = std::fs::read(file).unwrap();
    let engine = Engine::new(&Config::default()).unwrap();
    let tables: Vec<Range<u64>> = object::File::parse(&*whole)
        .unwrap()
        .sections()
        .filter(|section| {
            let name = section.name().unwrap();
            [".eh_frame", ".symtab", ".strtab"].contains(&name) || name.starts_with(".debug_")
        })
        .filter_map(|section| section.file_range().map(|(start, len)| start..start + len))
        .collect();
    assert!(tables.len() > 5);
    let mut state: u64 = 1;
    let mut random = |end: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) % end
    };
    for _ in 0..60 {
        let mut file = whole.clone();
        for _ in 0..30 {
            let table = &tables[random(tables.len() as u64) as usize];
            let at = table.start + random(table.end - table.start);
            file[at as usize] = random(256) as u8;
        }
        let mut sandbox = Sandbox::new(&engine, &Module::new(file).unwrap()).unwrap();
        let backtrace = end(&mut sandbox, "outer", 8).backtrace().unwrap();
        assert!((1..1000).contains(&backtrace.to_string().lines().count()));
    }
}
