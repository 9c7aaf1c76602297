//! Calls by unlucky hosts: odd processor state, threads, signal handlers.

use crate::{
    DATA, STACK, STACK_SIZE, VERIFIED, assemble,
    calls::{call, call_at, integers, programs, trap},
    handlers::{install, scenario_in},
    switch::host_state,
};
use lfi_abi::Returns;
use lfi_runtime::{Call, CallArguments, Error, Exit};
use std::arch::asm;

/// Runs with an x87 control word, and says what it is afterwards.
fn with_x87_control(control: u16, run: impl FnOnce()) -> u16 {
    let default = host_state().x87_control;
    let mut after = 0u16;
    // SAFETY: no x87 code of the host runs in between but that of `run`.
    unsafe { asm!("fnclex", "fldcw [{}]", in(reg) &control) };
    run();
    // SAFETY: writes one variable; the control word is as it was before.
    unsafe { asm!("fnstcw [{}]", "fldcw [{}]", in(reg) &mut after, in(reg) &default) };
    after
}

/// Leaves "inexact" and condition codes in the status word.
fn dirty_x87_status() {
    // SAFETY: the x87 stack is as it was.
    unsafe { asm!("fldpi", "fld1", "fdivrp st(1), st", "ftst", "fstp st(0)", out("st(0)") _, out("st(1)") _) };
}

#[test]
fn class_17_the_x87_control_word_survives_calls_that_do_not_return() {
    for way in ["fldpi \n fld1 \n fdivp \n ud2", "ud2", "system_call"] {
        for mut program in programs(way) {
            for _ in 0..3 {
                let control = with_x87_control(0x27f, || {
                    dirty_x87_status();
                    assert!(call(&mut program, &CallArguments::default()).is_err());
                });
                assert_eq!(control, 0x27f, "{way}");
            }
        }
    }
}

#[test]
fn class_17_inexact_results_of_a_call_do_not_strike_a_host_that_has_unmasked_them() {
    // With a control word of its own the sandbox masks them.
    for first in ["", "fnclex"] {
        for mut program in programs(&format!("{first} \n fldpi \n fld1 \n fdivp \n RETURN")) {
            call(&mut program, &CallArguments::default()).unwrap();
            let control = with_x87_control(0x35f, || {
                call(&mut program, &CallArguments::default()).unwrap();
                // SAFETY: waits for an exception.
                unsafe { asm!("fwait") };
            });
            assert_eq!(control, 0x35f);
        }
    }
}

#[test]
fn class_18_the_x87_status_of_the_host_does_not_leak_into_a_call() {
    for mut program in programs("fnstsw %ax \n movzwl %ax, %eax \n RETURN") {
        for _ in 0..3 {
            dirty_x87_status();
            assert_eq!(call(&mut program, &CallArguments::default()).unwrap().rax, 0);
        }
    }
}

/// The compiler need not clear the upper half of a register that holds an argument, and in optimised builds it does not.
#[test]
fn class_18_upper_halves_of_argument_registers_are_cleared() {
    for mut program in programs("movhps %xmm0, %gs:(%edi) \n RETURN") {
        let base = program.sandbox.base();
        for _ in 0..3 {
            let secret: std::arch::x86_64::__m128d;
            // SAFETY: sets one register.
            unsafe { asm!("vpcmpeqd {0}, {0}, {0}", out(xmm_reg) secret) };
            // SAFETY: every x86-64 processor has this.
            let low = unsafe { std::arch::x86_64::_mm_cvtsd_f64(secret) };
            let mut arguments = CallArguments { vectors_used: 1, ..integers([base + DATA, 0, 0, 0, 0, 0]) };
            arguments.vectors[0] = low.to_bits();
            program.context.registers_mut().rsp = base + STACK + STACK_SIZE;
            call_at(&mut program, base + crate::CODE, &arguments).unwrap();
            assert_eq!(program.word(0), 0);
        }
    }
}

/// What a call without x87 code has left alone is in the context after a system call.
#[test]
fn class_18_late_x87_code_does_not_see_what_the_host_had() {
    let mut program = programs("system_call \n RETURN").find(|p| p.sandbox.returns() == Returns::Ret).unwrap();
    for _ in 0..2 {
        // SAFETY: changes x87 registers only, and leaves them marked as unused.
        unsafe {
            asm!("movq mm0, {0}", "movq mm7, {0}", "emms", in(reg) 0x5ec2_e75e_c2e7_5ec2u64,
                out("mm0") _, out("mm7") _);
        }
        dirty_x87_status();
        assert_eq!(call(&mut program, &CallArguments::default()), Err(Box::new(Exit::SystemCall)));
    }
    let place = program.sandbox.base() + crate::CODE + 0x1000;
    program.sandbox.publish(place, &assemble("fnsave %gs:(%edi) \n return_to_host"), VERIFIED).unwrap();
    program.context.registers_mut().rip = place;
    program.context.registers_mut().rdi = program.sandbox.base() + DATA;
    assert_eq!(program.enter(), Exit::Return);
    let saved: [u8; 108] = program.data(0);
    // Control, status, tags, each with padding; pointers and registers.
    assert_eq!(saved[..4], [0x7f, 0x03, 0xff, 0xff]);
    assert_eq!(saved[4..6], [0, 0]);
    assert_eq!(saved[12..16], [0; 4]);
    assert_eq!(saved[20..24], [0; 4]);
    assert_eq!(saved[28..], [0; 80]);
}

/// The status word of a unit whose stack alone was looked at is the host's, too.
#[test]
fn class_18_late_code_does_not_see_the_x87_status_of_the_host() {
    let sources = programs("fld1 \n fstp %st(0) \n system_call \n RETURN");
    let mut program = sources.into_iter().find(|p| p.sandbox.returns() == Returns::Ret).unwrap();
    dirty_x87_status();
    assert_eq!(program.enter(), Exit::SystemCall);
    let place = program.sandbox.base() + crate::CODE + 0x1000;
    program.sandbox.publish(place, &assemble("fnstsw %ax \n movzwl %ax, %ebx \n return_to_host"), VERIFIED).unwrap();
    program.context.registers_mut().rip = place;
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.context.registers().rbx, 0);
}

/// A thread has the `%gs` base of its creator, but not its signal stack.
#[test]
fn a_new_thread_is_not_taken_for_one_that_is_prepared() {
    for mut program in programs("ud2") {
        std::thread::spawn(move || {
            trap(&mut program);
            // This thread has the slot's base now; so has the next.
            let thread = std::thread::spawn(move || {
                let off = libc::stack_t { ss_sp: std::ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
                // SAFETY: this thread does not overflow its stack.
                assert_eq!(unsafe { libc::sigaltstack(&raw const off, std::ptr::null_mut()) }, 0);
                trap(&mut program);
                let mut stack = [0; STACK_SIZE as usize - 8];
                program.sandbox.read(program.sandbox.base() + STACK, &mut stack).unwrap();
                assert!(stack.iter().all(|&byte| byte == 0), "a signal frame on the sandbox's stack");
            });
            thread.join().unwrap();
        })
        .join()
        .unwrap();
    }
}

#[test]
fn a_handler_on_the_stack_of_a_prepared_thread_cannot_enter() {
    let name = "a_handler_on_the_stack_of_a_prepared_thread_cannot_enter";
    if let Some((status, text)) = scenario_in("hosts", name) {
        assert!(status.success(), "{text}");
        return;
    }
    static PROGRAM: std::sync::Mutex<Option<crate::Program>> = std::sync::Mutex::new(None);
    extern "C" fn enter(_: i32) {
        let mut program = PROGRAM.lock().unwrap();
        let program = program.as_mut().unwrap();
        let mut call = Call { function: program.sandbox.base() + crate::CODE, ..Call::default() };
        assert_eq!(lfi_runtime::call::<crate::Program>(program, &mut call), None);
        let (sandbox, context) = (&mut program.sandbox, &mut program.context);
        let error = sandbox.call_goes_on(context, &call).unwrap_err();
        assert!(matches!(error, Error::InSignalHandler), "{error}");
        assert!(matches!(sandbox.enter(context), Err(Error::InSignalHandler)));
    }
    for mut program in programs("ud2") {
        install(libc::SIGUSR1, enter as *const () as usize, libc::SA_ONSTACK);
        trap(&mut program);
        *PROGRAM.lock().unwrap() = Some(program);
        // SAFETY: sends a signal that has a handler.
        unsafe { libc::raise(libc::SIGUSR1) };
        trap(PROGRAM.lock().unwrap().as_mut().unwrap());
    }
}

fn block_all_signals() {
    // SAFETY: a set is filled and becomes the thread's mask.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        assert_eq!(libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut()), 0);
    }
}

#[test]
fn a_thread_that_blocks_all_signals_survives_faults() {
    let name = "a_thread_that_blocks_all_signals_survives_faults";
    if let Some((status, text)) = scenario_in("hosts", name) {
        assert!(status.success(), "{text}");
        return;
    }
    for mut program in programs("ud2") {
        std::thread::spawn(move || {
            block_all_signals();
            for _ in 0..2 {
                trap(&mut program);
            }
        })
        .join()
        .unwrap();
    }
}

#[test]
fn a_prepared_thread_that_blocks_all_signals_survives_faults_when_it_is_prepared_again() {
    let name = "a_prepared_thread_that_blocks_all_signals_survives_faults_when_it_is_prepared_again";
    if let Some((status, text)) = scenario_in("hosts", name) {
        assert!(status.success(), "{text}");
        return;
    }
    for mut program in programs("ud2") {
        trap(&mut program);
        block_all_signals();
        crate::engine().prepare_thread().unwrap();
        trap(&mut program);
    }
}

/// Forks; the child ends at once.
fn fork() {
    // SAFETY: the child calls nothing but _exit.
    match unsafe { libc::fork() } {
        // SAFETY: no preconditions.
        0 => unsafe { libc::_exit(0) },
        child => {
            let mut status = -1;
            // SAFETY: waits for the child, and stores its status.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            assert_eq!(status, 0);
        }
    }
}

#[test]
fn a_thread_can_fork_while_its_values_are_destroyed() {
    struct Forks;
    impl Drop for Forks {
        fn drop(&mut self) {
            fork();
        }
    }
    thread_local!(static FORKS: std::cell::OnceCell<Forks> = const { std::cell::OnceCell::new() });
    let name = "a_thread_can_fork_while_its_values_are_destroyed";
    if let Some((status, text)) = scenario_in("hosts", name) {
        assert!(status.success(), "{text}");
        return;
    }
    crate::engine();
    let thread = std::thread::spawn(|| {
        // Destroyed after those that the first fork makes.
        assert!(FORKS.with(|forks| forks.set(Forks).is_ok()));
        fork();
    });
    thread.join().unwrap();
}

/// The standard library switches a thread's alternate stack off before destructors of thread-local values run. The
/// handler would run on the sandbox's stack then.
#[test]
fn a_fault_without_a_signal_stack_ends_the_process() {
    let name = "a_fault_without_a_signal_stack_ends_the_process";
    if let Some((status, text)) = scenario_in("hosts", name) {
        use std::os::unix::process::ExitStatusExt;
        assert_eq!(status.signal(), Some(libc::SIGKILL), "{text}");
        return;
    }
    struct TrapsWhenDropped(crate::Program);
    impl Drop for TrapsWhenDropped {
        fn drop(&mut self) {
            trap(&mut self.0);
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Option<TrapsWhenDropped>> = const { std::cell::RefCell::new(None) });
    let mut program = programs("ud2").next().unwrap();
    std::thread::spawn(|| {
        trap(&mut program);
        LAST.set(Some(TrapsWhenDropped(program)));
    })
    .join()
    .unwrap();
}
