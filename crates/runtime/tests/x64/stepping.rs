//! A call, a callback and a call in it, and a stay with pauses, one instruction after the other.

use crate::{
    CODE, Program, STACK, STACK_SIZE,
    callbacks::CALL,
    calls::{integers, programs},
    handlers::scenario_in,
    pauses::WORST,
    switch::{CONTROL_WORDS, host_state},
};
use lfi_abi::{
    Returns,
    layout::{CALLBACK_ENTRIES, SLOT_SIZE},
    x64::SCRATCH_ZONE,
};
use lfi_runtime::{Answer, Call, Error, Exit, Held, Interrupter, Stay};
use std::{
    arch::asm,
    sync::{
        Mutex,
        atomic::{
            AtomicBool, AtomicU64, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    thread,
};

/// The trap flag.
const TF: u64 = 0x100;
/// The runtime's code is as close to where the sandbox is entered and left. (Some of its neighbours are, too.)
const NEAR: u64 = 1 << 10;

static BASE: AtomicU64 = AtomicU64::new(0);
/// How many instructions were counted: the sandbox's and the runtime's.
static COUNTED: AtomicUsize = AtomicUsize::new(0);
/// Before which of them the sandbox is stopped.
static STOP_AT: AtomicUsize = AtomicUsize::new(usize::MAX);
static INTERRUPTER: Mutex<Option<Interrupter>> = Mutex::new(None);
/// Places of the runtime's, as a step found them.
static GATES: [AtomicU64; 32] = [const { AtomicU64::new(0) }; 32];
/// The instruction before, and how many there were since the sandbox.
static BEFORE: AtomicU64 = AtomicU64::new(0);
static SINCE: AtomicUsize = AtomicUsize::new(usize::MAX - 1);

fn is_inside(pc: u64) -> bool {
    pc.wrapping_sub(BASE.load(Relaxed)) < SLOT_SIZE
}

fn add_gate(pc: u64) {
    let known = |gate: &&AtomicU64| matches!(gate.load(Relaxed), 0) || gate.load(Relaxed) == pc;
    GATES.iter().find(known).expect("few ways in and out").store(pc, Relaxed);
}

extern "C" fn step(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel's ucontext.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let pc = registers[libc::REG_RIP as usize] as u64;
    let before = BEFORE.swap(pc, Relaxed);
    if is_inside(pc) {
        let base: u64;
        // SAFETY: reads a register.
        unsafe { asm!("rdgsbase {}", out(reg) base) };
        assert_eq!(base, BASE.load(Relaxed), "inside with another base");
        if SINCE.swap(0, Relaxed) > 1 {
            add_gate(before);
        }
    } else if SINCE.fetch_add(1, Relaxed) == 1 {
        // Behind the stub.
        add_gate(pc);
    }
    if is_inside(pc) || GATES.iter().any(|gate| gate.load(Relaxed).abs_diff(pc) < NEAR) {
        let count = COUNTED.fetch_add(1, Relaxed);
        if count == STOP_AT.load(Relaxed) {
            registers[libc::REG_EFL as usize] &= !(TF as i64);
            INTERRUPTER.lock().unwrap().as_ref().unwrap().stop();
            // Comes at this instruction, when this handler has returned.
            // SAFETY: it has a handler: the engine's.
            unsafe { libc::raise(libc::SIGRTMAX()) };
        }
    }
}

/// Has a handler run at each step. Other signals wait for its end.
fn install(step: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void)) {
    // SAFETY: what the handler does is fit for the only code that it interrupts.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = step as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigfillset(&raw mut action.sa_mask);
        assert_eq!(libc::sigaction(libc::SIGTRAP, &raw const action, std::ptr::null_mut()), 0);
    }
}

/// Wherever a call is interrupted: it ends or goes on, and host and sandbox are what they were.
#[test]
fn class_21_a_call_is_stopped_at_every_instruction() {
    let name = "class_21_a_call_is_stopped_at_every_instruction";
    if let Some((status, text)) = scenario_in("stepping", name) {
        assert!(status.success(), "{text}");
        return;
    }
    let engine = crate::engine();
    install(step);
    let with_care = format!("{CONTROL_WORDS} \n fld1 \n fstp %st(0) \n std");
    for (source, gs) in [("", 0), (with_care.as_str(), 0x1_2345_6789u64)] {
        // Calls back if an argument says so.
        let source = format!(
            "pushq %rdi \n movl $1, %eax \n testq %rsi, %rsi \n je 1f \n movq %rsi, %r10 \n {CALL}
             1: popq %rdi \n incl %eax \n {source} \n RETURN"
        );
        for (index, mut program) in programs(&source).enumerate() {
            let base = program.sandbox.base();
            let data = base + crate::DATA;
            program.callback = |program, _, arguments, results| {
                let stack_pointer = (arguments.stack_pointer - SCRATCH_ZONE) & !15;
                let (function, nested) = (program.sandbox.base() + CODE, [arguments.integers[0], 0, 0, 0, 0, 0]);
                let mut call = Call { function, stack_pointer, arguments: integers(nested) };
                // Whether it was stopped is asked by whoever called.
                if let Some(nested) = lfi_runtime::call::<Program>(program, &mut call) {
                    assert_eq!(nested.rax, 2);
                    results.registers.rax = 5;
                } else if let Ok(exit) = program.sandbox.call_goes_on(&mut program.context, &call) {
                    assert_eq!(exit, Exit::Stopped);
                }
                Answer::Return
            };
            let arguments = integers([data, base + CALLBACK_ENTRIES, 0, 0, 0, 0]);
            BASE.store(base, Relaxed);
            *INTERRUPTER.lock().unwrap() = Some(program.sandbox.interrupter());
            // The first call on a thread goes the long way, and these are to go the short one.
            engine.prepare_thread().unwrap();
            let before = host_state();
            let mut run = |stop_at: usize, flag: u64| {
                STOP_AT.store(stop_at, Relaxed);
                COUNTED.store(0, Relaxed);
                let stack_pointer = base + STACK + STACK_SIZE;
                let mut call = Call { function: base + CODE, stack_pointer, arguments };
                // SAFETY: the trap has a handler; nothing else on this thread uses %gs.
                unsafe { asm!("wrgsbase {}", "pushfq", "or [rsp], {}", "popfq", in(reg) gs, in(reg) flag) };
                let results = lfi_runtime::call::<Program>(&mut program, &mut call);
                // SAFETY: as it was.
                unsafe { asm!("pushfq", "and dword ptr [rsp], 0xfffffeff", "popfq") };
                assert_eq!(host_state(), before);
                match results {
                    Some(results) => assert_eq!(results.rax, 6),
                    None => match program.sandbox.call_goes_on(&mut program.context, &call) {
                        Ok(Exit::Stopped | Exit::Abandoned) | Err(Error::Stopped) => assert_ne!(flag, 0),
                        other => panic!("{other:?} after {stop_at}"),
                    },
                }
                if program.sandbox.is_stopped() {
                    program.sandbox.restart().unwrap();
                }
                COUNTED.load(Relaxed)
            };
            // To find the gates.
            run(usize::MAX, TF);
            let count = run(usize::MAX, TF);
            assert!(count > 150, "{count}");
            // What is the runtime's is the same for both.
            for at in (index..count).step_by(2) {
                run(at, TF);
                run(usize::MAX, 0);
            }
        }
    }
}

/// Enters, and goes on after each system call; what ends it.
fn run_with_pauses(program: &mut Program) -> Result<Exit, Error> {
    let Program { sandbox, context, .. } = program;
    let mut stay = Held::Alone(sandbox).enter(context)?;
    loop {
        stay = match stay {
            Stay::Pauses(pause) => Held::Alone(sandbox).go_on(pause, 7)?,
            Stay::Ends(exit) => return Ok(exit),
        }
    }
}

/// Before which instruction of the way back in another thread publishes code; how many there were, and its answer.
static PUBLISH_AT: AtomicUsize = AtomicUsize::new(usize::MAX);
static PUBLISHES: AtomicBool = AtomicBool::new(false);

extern "C" fn step_in(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel's ucontext.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let is_time = COUNTED.fetch_add(1, Relaxed) == PUBLISH_AT.load(Relaxed);
    if is_time {
        PUBLISHES.store(true, Release);
        while PUBLISHES.load(Acquire) {
            thread::yield_now();
        }
    }
    if is_time || is_inside(registers[libc::REG_RIP as usize] as u64) {
        registers[libc::REG_EFL as usize] &= !(TF as i64);
    }
}

/// Code that is published in an exclusive sandbox while a context goes on, and that changes more than was taken care of, is
/// not run without more care: it comes before the sandbox is claimed, and is seen, or it does not come.
#[test]
fn class_15_code_that_comes_while_a_stay_goes_on_is_taken_care_of() {
    let name = "class_15_code_that_comes_while_a_stay_goes_on_is_taken_care_of";
    if let Some((status, text)) = scenario_in("stepping", name) {
        assert!(status.success(), "{text}");
        return;
    }
    const LATER: u64 = 0x1000;
    let engine = crate::engine();
    install(step_in);
    let early = crate::assemble(&format!("1: nop \n system_call \n jmp 1b + {LATER}"));
    let later = crate::assemble("movl $0x7f80, %gs:(%edi) \n ldmxcsr %gs:(%edi) \n return_to_host");
    let host = host_state();
    let (mut came, mut refused) = (0, 0);
    for at in 0.. {
        let mut program = Program::of(engine.sandbox(Returns::Ret).unwrap(), &early, crate::VERIFIED);
        let base = program.sandbox.base();
        BASE.store(base, Relaxed);
        PUBLISH_AT.store(at, Relaxed);
        COUNTED.store(0, Relaxed);
        let Program { sandbox, context, .. } = &mut program;
        let sandbox = &*sandbox;
        let Stay::Pauses(pause) = Held::Shared(sandbox).enter(context).unwrap() else { panic!() };
        let (stay, published) = thread::scope(|scope| {
            let publisher = scope.spawn(|| {
                while !PUBLISHES.load(Acquire) {
                    thread::yield_now();
                }
                let published = sandbox.publish(base + CODE + LATER, &later, crate::VERIFIED).is_ok();
                PUBLISHES.store(false, Release);
                published
            });
            // SAFETY: the trap has a handler.
            unsafe { asm!("pushfq", "or dword ptr [rsp], 0x100", "popfq") };
            let stay = Held::Shared(sandbox).go_on(pause, 0);
            // SAFETY: as it was.
            unsafe { asm!("pushfq", "and dword ptr [rsp], 0xfffffeff", "popfq") };
            let is_over = COUNTED.load(Relaxed) <= at;
            PUBLISHES.fetch_or(is_over, Release);
            (stay, publisher.join().unwrap() && !is_over)
        });
        assert_eq!(host_state(), host, "{at}");
        if COUNTED.load(Relaxed) <= at {
            break;
        }
        (came, refused) = if published { (came + 1, refused) } else { (came, refused + 1) };
        match stay.unwrap() {
            Stay::Ends(Exit::Return) => assert!(published),
            Stay::Ends(Exit::Trap(_)) => assert!(!published),
            other => panic!("{other:?}"),
        }
    }
    assert!(came > 0 && refused > 0, "{came} {refused}");
}

/// What a stay with pauses leaves for its end, by the class of what its code can see, and how it shows that in 128 bytes.
const STATES: [(&str, &str); 3] = [
    (WORST, "fnsave %gs:(%edi)"),
    // Without what touches all of the unit.
    (
        "movw $0xb7f, %gs:(%edi) \n fldcw %gs:(%edi) \n fldpi \n fldln2",
        "fnstcw %gs:(%edi) \n fstpt %gs:16(%edi) \n fstpt %gs:32(%edi)",
    ),
    // Without the unit.
    (
        "movl $0x5f80, %gs:(%edi) \n ldmxcsr %gs:(%edi) \n vpcmpeqd %ymm5, %ymm5, %ymm5",
        "stmxcsr %gs:(%edi) \n vmovdqu %ymm5, %gs:32(%edi)",
    ),
];

/// Wherever a stay with pauses is interrupted, the host has its own state, and the stay goes on with the sandbox's.
#[test]
fn class_21_a_stay_that_pauses_is_stopped_at_every_instruction() {
    let name = "class_21_a_stay_that_pauses_is_stopped_at_every_instruction";
    if let Some((status, text)) = scenario_in("stepping", name) {
        assert!(status.success(), "{text}");
        return;
    }
    let engine = crate::engine();
    install(step);
    for (index, (spoil, show)) in STATES.into_iter().enumerate() {
        // The second call finds what was there at the first.
        let source =
            format!("{spoil} \n system_call \n pushq %rax \n system_call \n popq %rbx \n {show} \n return_to_host");
        let returns = [Returns::Jump, Returns::Ret][index % 2];
        let mut program = Program::with(&source, returns, crate::VERIFIED);
        BASE.store(program.sandbox.base(), Relaxed);
        *INTERRUPTER.lock().unwrap() = Some(program.sandbox.interrupter());
        engine.prepare_thread().unwrap();
        let host = host_state();
        assert_eq!(run_with_pauses(&mut program).unwrap(), Exit::Return);
        let shown = shown(&program);
        let mut run = |stop_at: usize, flag: u64| {
            STOP_AT.store(stop_at, Relaxed);
            COUNTED.store(0, Relaxed);
            program.restart();
            // SAFETY: the trap has a handler.
            unsafe { asm!("pushfq", "or [rsp], {}", "popfq", in(reg) flag) };
            let mut end = run_with_pauses(&mut program);
            // SAFETY: as it was.
            unsafe { asm!("pushfq", "and dword ptr [rsp], 0xfffffeff", "popfq") };
            assert_eq!(host_state(), host);
            if program.sandbox.is_stopped() {
                program.sandbox.restart().unwrap();
            }
            if matches!(end, Ok(Exit::Stopped) | Err(Error::Stopped)) {
                assert_ne!(flag, 0);
                program.context.stay();
                end = run_with_pauses(&mut program);
                assert_eq!(host_state(), host);
            }
            assert_eq!(end.unwrap(), Exit::Return, "{spoil}: {stop_at}");
            assert_eq!(program.context.registers().rbx, 7, "{spoil}: {stop_at}");
            assert_eq!(self::shown(&program), shown, "{spoil}: {stop_at}");
            COUNTED.load(Relaxed)
        };
        run(usize::MAX, TF);
        let count = run(usize::MAX, TF);
        assert!(count > 200, "{count}");
        // What is the runtime's is much the same for all.
        for at in (index % 2..count).step_by(2) {
            run(at, TF);
            run(usize::MAX, 0);
        }
    }
}

/// What a stay has shown at its end, but for where the last instruction was.
fn shown(program: &Program) -> [u8; 128] {
    let mut shown: [u8; 128] = program.data(0);
    shown[12..28].fill(0);
    shown
}
