//! The host's own signal handlers. These run in processes of their own: this
//! test binary starts itself again with the name of a scenario.

use crate::{CODE, Program, STACK, VERIFIED};
use lfi_abi::Returns;
use lfi_runtime::{Config, Context, Engine, Error, Exit};
use std::{
    process::{Command, ExitStatus},
    sync::atomic::{AtomicU32, AtomicUsize, Ordering},
};

const SCENARIO: &str = "LFI_RUNTIME_SCENARIO";

/// Runs the test `name` of this file in a new process as a scenario.
fn scenario(name: &str) -> Option<(ExitStatus, String)> {
    scenario_in("handlers", name)
}

/// Runs the test `name` of a file in a new process as a scenario.
pub(crate) fn scenario_in(file: &str, name: &str) -> Option<(ExitStatus, String)> {
    if std::env::var_os(SCENARIO).is_some_and(|v| v == name) {
        return None;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{file}::{name}"), "--nocapture", "--test-threads=1"])
        .env(SCENARIO, name)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Some((output.status, text))
}

pub(crate) fn install(signal: i32, handler: usize, flags: i32) {
    // SAFETY: the handlers below do nothing that is not async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        assert_eq!(libc::sigaction(signal, &action, std::ptr::null_mut()), 0);
    }
}

/// An address at which nothing is mapped.
fn touch_null() {
    // SAFETY: not at all; the handler skips the instruction (2 bytes: movb %al, (%rdi)).
    unsafe { std::arch::asm!(".byte 0x88, 0x07", in("rdi") 8, in("al") 1u8) };
}

static SEEN: AtomicU32 = AtomicU32::new(0);

extern "C" fn skip_two_bytes(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    SEEN.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the kernel's ucontext.
    unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_RIP as usize] += 2 };
}

#[test]
fn faults_of_the_host_reach_the_handler_that_was_there() {
    let name = "faults_of_the_host_reach_the_handler_that_was_there";
    if let Some((status, text)) = scenario(name) {
        assert!(status.success(), "{text}");
        return;
    }
    install(libc::SIGSEGV, skip_two_bytes as *const () as usize, libc::SA_SIGINFO | libc::SA_ONSTACK);
    let mut program = Program::new("xorl %ecx, %ecx \n movl $1, %gs:(%ecx) \n return_to_host");
    touch_null();
    assert!(matches!(program.enter(), Exit::Trap(_)));
    touch_null();
    program.restart();
    assert!(matches!(program.enter(), Exit::Trap(_)));
    assert_eq!(SEEN.load(Ordering::Relaxed), 2);
}

#[test]
fn without_a_handler_a_fault_of_the_host_kills_it() {
    let name = "without_a_handler_a_fault_of_the_host_kills_it";
    if let Some((status, text)) = scenario(name) {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(status.signal(), Some(libc::SIGSEGV), "{text}");
        return;
    }
    install(libc::SIGSEGV, libc::SIG_DFL, 0);
    let mut program = Program::new("return_to_host");
    assert_eq!(program.enter(), Exit::Return);
    touch_null();
}

#[test]
fn a_signal_that_is_sent_goes_to_the_host() {
    let name = "a_signal_that_is_sent_goes_to_the_host";
    if let Some((status, text)) = scenario(name) {
        assert!(status.success(), "{text}");
        return;
    }
    extern "C" fn count(_: i32) {
        SEEN.fetch_add(1, Ordering::Relaxed);
    }
    install(libc::SIGBUS, count as *const () as usize, libc::SA_ONSTACK);
    let mut program = Program::new("return_to_host");
    assert_eq!(program.enter(), Exit::Return);
    // SAFETY: sends a signal that has a handler.
    unsafe { libc::raise(libc::SIGBUS) };
    assert_eq!(SEEN.load(Ordering::Relaxed), 1);
}

#[test]
fn a_signal_that_interrupts_the_sandbox_does_not_disturb_it() {
    let name = "a_signal_that_interrupts_the_sandbox_does_not_disturb_it";
    if let Some((status, text)) = scenario(name) {
        assert!(status.success(), "{text}");
        return;
    }
    static STACK: AtomicU32 = AtomicU32::new(0);
    extern "C" fn look(_: i32) {
        SEEN.fetch_add(1, Ordering::Relaxed);
        let here = 0u8;
        // Not in the slot of the sandbox, which starts on a multiple of 4 GiB that nothing else shares.
        STACK.store(((&raw const here as u64) >> 32) as u32, Ordering::Relaxed);
    }
    install(libc::SIGALRM, look as *const () as usize, libc::SA_ONSTACK | libc::SA_RESTART);
    let mut program = Program::new(
        "vpcmpeqd %ymm5, %ymm5, %ymm5
         movl $400000000, %ecx
         1: decl %ecx
         jnz 1b
         vmovdqu %ymm5, %gs:(%edi)
         return_to_host",
    );
    let every = libc::timeval { tv_sec: 0, tv_usec: 2000 };
    // SAFETY: a timer whose signal has a handler.
    unsafe {
        libc::setitimer(
            libc::ITIMER_REAL,
            &libc::itimerval { it_interval: every, it_value: every },
            std::ptr::null_mut(),
        )
    };
    assert_eq!(program.enter(), Exit::Return);
    assert!(SEEN.load(Ordering::Relaxed) > 0);
    assert_ne!(STACK.load(Ordering::Relaxed), (program.sandbox.base() >> 32) as u32);
    assert_eq!(program.data::<32>(0), [0xff; 32]);
}

#[test]
fn handlers_that_would_run_on_a_sandbox_stack_are_refused() {
    let name = "handlers_that_would_run_on_a_sandbox_stack_are_refused";
    if let Some((status, text)) = scenario(name) {
        assert!(status.success(), "{text}");
        return;
    }
    extern "C" fn nothing(_: i32) {}
    install(libc::SIGUSR1, nothing as *const () as usize, 0);
    let error = Engine::new(&Config::default()).unwrap_err();
    assert!(matches!(error, Error::HandlerOnSandboxStack(libc::SIGUSR1)), "{error}");
    assert!(error.to_string().contains("SIGUSR1"));
    install(libc::SIGUSR1, nothing as *const () as usize, libc::SA_ONSTACK);
    Engine::new(&Config::default()).unwrap();
}

#[test]
fn a_handler_cannot_enter_a_sandbox() {
    let name = "a_handler_cannot_enter_a_sandbox";
    if let Some((status, text)) = scenario(name) {
        assert!(status.success(), "{text}");
        return;
    }
    // A new thread: its first entry is in the handler, on the stack that std gave it.
    extern "C" fn enter(_: i32) {
        let mut program = Program::new("return_to_host");
        let error = program.sandbox.enter(&mut program.context).unwrap_err();
        assert!(matches!(error, Error::InSignalHandler));
        SEEN.fetch_add(1, Ordering::Relaxed);
    }
    install(libc::SIGUSR1, enter as *const () as usize, libc::SA_ONSTACK);
    std::thread::spawn(|| {
        // The alternate stack that std sets up is small: bring a large one.
        let mut stack = vec![0u8; 1 << 20];
        let stack = libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: stack.len() };
        // SAFETY: the stack outlives the signal.
        unsafe {
            assert_eq!(libc::sigaltstack(&stack, std::ptr::null_mut()), 0);
            libc::raise(libc::SIGUSR1);
            let off = libc::stack_t { ss_sp: std::ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
            libc::sigaltstack(&off, std::ptr::null_mut());
        }
    })
    .join()
    .unwrap();
    assert_eq!(SEEN.load(Ordering::Relaxed), 1);
}

#[test]
fn class_21_handlers_chain_in_either_order() {
    let name = "class_21_handlers_chain_in_either_order";
    if let Some((status, text)) = scenario(name) {
        assert!(status.success(), "{text}");
        return;
    }
    static BEFORE: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn count_and_pass_on(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        SEEN.fetch_add(1, Ordering::Relaxed);
        let before = BEFORE.load(Ordering::Relaxed);
        // SAFETY: the handler that this one has replaced, which has this signature.
        let before: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
            unsafe { std::mem::transmute(before) };
        before(signal, info, context);
    }
    let flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    install(libc::SIGSEGV, skip_two_bytes as *const () as usize, flags);
    let mut program = Program::new("xorl %ecx, %ecx \n movl $1, %gs:(%ecx) \n return_to_host");
    // SAFETY: asks for the engine's handler.
    let engines = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGSEGV, std::ptr::null(), &mut action);
        action.sa_sigaction
    };
    BEFORE.store(engines, Ordering::Relaxed);
    install(libc::SIGSEGV, count_and_pass_on as *const () as usize, flags);
    // Through the last to the engine's, and from there to the first.
    touch_null();
    assert_eq!(SEEN.load(Ordering::Relaxed), 2);
    assert!(matches!(program.enter(), Exit::Trap(_)));
    assert_eq!(SEEN.load(Ordering::Relaxed), 3);
}

#[test]
fn class_21_an_application_with_handlers_of_its_own_passes_faults_on() {
    let name = "class_21_an_application_with_handlers_of_its_own_passes_faults_on";
    if let Some((status, text)) = scenario(name) {
        assert!(status.success(), "{text}");
        return;
    }
    extern "C" fn handler(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: this is a handler.
        if !unsafe { lfi_runtime::handle_fault(signal, info, context) } {
            skip_two_bytes(signal, info, context);
        }
    }
    let flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    install(libc::SIGSEGV, handler as *const () as usize, flags);
    let mut config = Config::default();
    config.fault_handlers = false;
    let engine = Engine::new(&config).unwrap();
    let sandbox = engine.sandbox(Returns::Jump).unwrap();
    let code = crate::assemble("xorl %ecx, %ecx \n movl $1, %gs:(%ecx) \n return_to_host");
    sandbox.publish(sandbox.base() + CODE, &code, VERIFIED).unwrap();
    let mut context = Context::new();
    context.registers_mut().rip = sandbox.base() + CODE;
    assert!(matches!(sandbox.enter(&mut context), Ok(Exit::Trap(_))));
    // A copy of memory that is not there.
    assert!(matches!(sandbox.read(sandbox.base() + STACK, &mut [0]), Err(Error::Fault)));
    touch_null();
    assert_eq!(SEEN.load(Ordering::Relaxed), 1);
    // SAFETY: asks for a handler.
    let untouched = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGFPE, std::ptr::null(), &mut action);
        action.sa_sigaction == libc::SIG_DFL
    };
    assert!(untouched);
}
