//! Callbacks: functions of the host that a sandbox calls.

use crate::{
    CODE, DATA, Program, STACK, STACK_SIZE, VERIFIED,
    calls::{call, call_at, integers, programs},
    switch::{CONTROL_WORDS, HostState, dirty_avx512, host_state},
};
use lfi_abi::{
    Returns,
    layout::{CALLBACK_ENTRIES, CALLBACK_SIZE, CALLBACKS},
    x64::SCRATCH_ZONE,
};
use lfi_runtime::{Answer, Call, CallResults, CallbackArguments, CallbackResults, Exit, Signal};
use std::{
    arch::asm,
    panic::{self, AssertUnwindSafe},
    sync::Mutex,
};

/// Calls the callback whose entry is `%rdi` with arguments of all kinds and 77 on
/// the stack, adds up what must be preserved, and returns it in rdx, the results in rax and xmm1.
const CALLER: &str = "
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movl $1, %ebx
    movl $2, %ebp
    movl $4, %r12d
    movl $8, %r13d
    movl $16, %r14d
    movl $32, %r15d
    movq %rdi, %r10
    movl $101, %edi
    movl $102, %esi
    movl $103, %edx
    movl $104, %ecx
    movl $105, %r8d
    movl $106, %r9d
    .irp i, 0,1,2,3,4,5,6,7
    movl $0x40000000+\\i, %eax
    vmovd %eax, %xmm\\i
    vpshufd $0, %xmm\\i, %xmm\\i
    .endr
    pushq $0
    pushq $77
    CALL
    popq %r11
    popq %r11
    movq %xmm0, %rcx
    addq %rcx, %rax
    movl %ebx, %edx
    addl %ebp, %edx
    addl %r12d, %edx
    addl %r13d, %edx
    addl %r14d, %edx
    addl %r15d, %edx
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    RETURN";

/// The unit of a call through `%r10`.
pub(crate) const CALL: &str = "
    .bundle_lock align_to_end
    andl $-32, %r10d
    addq %gs:0x10000, %r10
    callq *%r10
    .bundle_unlock";

fn entry(program: &Program, number: u64) -> u64 {
    program.sandbox.base() + CALLBACK_ENTRIES + number * CALLBACK_SIZE
}

/// Programs whose function calls callbacks: after nothing, which is the short way, and
/// after a system call, which is the long one.
fn callers(function: &str) -> impl Iterator<Item = Program> {
    let function = function.replace("CALL", CALL);
    let after_system_call = format!("pushq %rdi \n movl $39, %eax \n system_call \n popq %rdi \n {function}");
    [function, after_system_call].into_iter().flat_map(|function| programs(&function).collect::<Vec<_>>())
}

/// Calls the function with the entry of a callback until it returns or traps.
fn run(program: &mut Program, number: u64) -> Result<CallResults, Box<Exit>> {
    let entry = entry(program, number);
    let left = call(program, &integers([entry, 0, 0, 0, 0, 0]));
    finish(program, left)
}

/// The same in a callback, with `%rdi`.
fn nested(program: &mut Program, arguments: &CallbackArguments, rdi: u64) -> Result<CallResults, Box<Exit>> {
    program.context.registers_mut().rsp = (arguments.stack_pointer - SCRATCH_ZONE) & !15;
    let function = program.sandbox.base() + CODE;
    let left = call_at(program, function, &integers([rdi, 0, 0, 0, 0, 0]));
    finish(program, left)
}

/// Answers system calls with 0, and callbacks, until the call is over.
fn finish(program: &mut Program, mut left: Result<CallResults, Box<Exit>>) -> Result<CallResults, Box<Exit>> {
    loop {
        match left.as_ref().map_err(|exit| **exit) {
            Err(Exit::SystemCall) => program.context.registers_mut().rax = 0,
            Err(Exit::Callback(number)) => {
                let (arguments, registers) = (program.context.callback_arguments(), *program.context.registers());
                assert_eq!(registers.rax, 0, "a value of the host's");
                let mut results = CallbackResults::default();
                let answer = (program.callback)(program, number, &arguments, &mut results);
                *program.context.registers_mut() = registers;
                match answer {
                    Answer::Return => program.context.set_results(&results),
                    Answer::Trap(address) => return Err(Box::new(Exit::Trap(program.context.callback_trap(address)))),
                    Answer::Abandon => return Err(Box::new(Exit::Abandoned)),
                }
            }
            _ => return left,
        }
        left = match program.enter() {
            Exit::Return => Ok(program.context.results()),
            exit => Err(Box::new(exit)),
        };
    }
}

const RESULTS: CallResults = CallResults { rax: 1000, rdx: u64::MAX, vectors: [5, 6] };

/// Returns these.
fn give(results: &mut CallbackResults) -> Answer {
    results.registers = RESULTS;
    Answer::Return
}

#[test]
fn arguments_and_results_of_callbacks() {
    for mut program in callers(CALLER) {
        program.callback = |program, number, arguments, results| {
            assert_eq!(number, 3);
            assert_eq!(arguments.integers, [101, 102, 103, 104, 105, 106]);
            assert_eq!(arguments.vectors, std::array::from_fn(|i| 0x4000_0000_4000_0000 + i as u64 * 0x1_0000_0001));
            let mut word = [0; 8];
            program.sandbox.read(arguments.stack_pointer + 8, &mut word).unwrap();
            assert_eq!(u64::from_le_bytes(word), 77);
            give(results)
        };
        for _ in 0..3 {
            let results = run(&mut program, 3).unwrap();
            assert_eq!((results.rax, results.rdx, results.vectors[1]), (1005, 63, 6));
        }
    }
}

/// Each callback calls the function again, which calls the callback of the next number, as deep as five.
#[test]
fn class_20_callbacks_call_into_the_sandbox_again() {
    for mut program in callers(CALLER) {
        program.callback = |program, number, arguments, results| {
            let entry = entry(program, number as u64 + 1);
            let nested = if number < 5 { nested(program, arguments, entry).unwrap().rax } else { 0 };
            results.registers.rax = nested * 10 + number as u64;
            Answer::Return
        };
        for _ in 0..3 {
            let results = run(&mut program, 1).unwrap();
            assert_eq!((results.rax, results.rdx), (54_321, 63));
        }
    }
}

/// The division's exception is unmasked and still pending. The control words that the callback sees are the host's, and the sandbox has its own again
/// afterwards.
#[test]
fn class_17_host_state_is_restored_in_callbacks() {
    static SEEN: Mutex<Option<HostState>> = Mutex::new(None);
    let source = format!(
        "pushq %rdi
        std
        movl ${DATA:#x}, %edi
        {CONTROL_WORDS}
        fld1
        fldz
        fdivrp
        vpcmpeqd %ymm0, %ymm0, %ymm0
        popq %r10
        CALL
        pushfq
        popq %rdx
        movl ${DATA:#x}, %edi
        stmxcsr %gs:(%edi)
        fnstcw %gs:8(%edi)
        movl %gs:(%edi), %eax
        RETURN"
    );
    let before = host_state();
    assert_eq!((before.flags, before.x87_tags), (0, 0xffff));
    for mut program in callers(&source) {
        program.callback = |_, _, _, results| {
            *SEEN.lock().unwrap() = Some(host_state());
            give(results)
        };
        for _ in 0..3 {
            let results = run(&mut program, 0).unwrap();
            assert_eq!(host_state(), before);
            assert_eq!(SEEN.lock().unwrap().take().as_ref(), Some(&before));
            assert_eq!(results.rdx & 0x4_4500, 0, "DF is clear, as the psABI has it");
            assert_eq!((program.word(0) as u32 & !0x3f, program.word(8) as u16), (0x7f80, 0xc33 | 0x40));
        }
    }
}

/// Stores all registers that come back from the callback.
const DUMP: &str = "
    pushq %rdi
    movq %rdi, %r10
    CALL
    popq %r11
    .bundle_lock
    movl $0x300000, %r11d
    .bundle_unlock
    movq %rax, %gs:(%r11d)
    movq %rcx, %gs:8(%r11d)
    movq %rdx, %gs:16(%r11d)
    movq %rsi, %gs:24(%r11d)
    movq %rdi, %gs:32(%r11d)
    movq %r8, %gs:40(%r11d)
    movq %r9, %gs:48(%r11d)
    movq %r10, %gs:56(%r11d)
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    vmovdqu %ymm\\i, %gs:256+32*\\i(%r11d)
    .endr
    RETURN";

#[test]
fn class_18_nothing_of_the_host_leaks_out_of_a_callback() {
    for mut program in programs(&DUMP.replace("CALL", CALL)) {
        program.callback = |_, _, _, results| {
            dirty_vectors();
            give(results)
        };
        // The first call on a thread goes the long way, in which these are the sandbox's own.
        run(&mut program, 0).unwrap();
        for _ in 0..3 {
            run(&mut program, 0).unwrap();
            let integers: [u64; 8] = std::array::from_fn(|index| program.word(8 * index as u64));
            assert_eq!(integers, [1000, 0, u64::MAX, 0, 0, 0, 0, 0]);
            let vectors: [u8; 512] = program.data(256);
            let mut expected = [0; 512];
            (expected[0], expected[32]) = (5, 6);
            assert_eq!(vectors, expected);
        }
    }
}

/// The record of a callback lies on the host's stack.
#[test]
fn class_18_results_that_a_callback_has_room_for_are_zero() {
    let source = "movq %rdi, %r10 \n CALL \n pushq $1 \n pushq $1 \n fstpt (%rsp) \n popq %rax \n popq %rdx \n RETURN";
    for mut program in callers(source) {
        program.callback = |_, _, _, results| {
            assert!(results.put_on_x87(1).iter().flatten().all(|&byte| byte == 0));
            Answer::Return
        };
        for _ in 0..3 {
            std::hint::black_box([0x5eu8; 4096]);
            assert_eq!(run(&mut program, 0).unwrap().rax, 0);
        }
    }
}

#[test]
fn class_18_avx512_registers_do_not_leak_out_of_a_callback() {
    if !std::arch::is_x86_feature_detected!("avx512bw") {
        eprintln!("left out: this processor has no AVX-512");
        return;
    }
    let source = "pushq %rdi \n movq %rdi, %r10 \n CALL \n popq %r11 \n movl $0x300000, %edi
        vmovdqu64 %zmm31, %gs:(%edi) \n kmovq %k5, %gs:64(%edi) \n RETURN";
    for mut program in programs(&source.replace("CALL", CALL)) {
        program.callback = |_, _, _, results| {
            dirty_avx512();
            give(results)
        };
        for _ in 0..3 {
            program.sandbox.write(program.sandbox.base() + DATA, &[1; 72]).unwrap();
            run(&mut program, 0).unwrap();
            assert_eq!(program.data::<72>(0), [0; 72]);
        }
    }
}

fn dirty_vectors() {
    // SAFETY: changes only registers that are declared.
    unsafe {
        asm!(
            "vpcmpeqd ymm0, ymm0, ymm0", "vmovaps ymm1, ymm0", "vmovaps ymm2, ymm0", "vmovaps ymm7, ymm0",
            "vmovaps ymm8, ymm0", "vmovaps ymm14, ymm0", "vmovaps ymm15, ymm0",
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm7") _, out("ymm8") _, out("ymm14") _, out("ymm15") _,
        );
    }
}

/// What is on the host's stack below the call is not the sandbox's to see, and nothing of the host's is written to its.
#[test]
fn class_18_a_callback_writes_nothing_to_the_stack_of_the_sandbox() {
    for mut program in programs(&CALLER.replace("CALL", CALL)) {
        program.callback = |_, _, _, results| give(results);
        run(&mut program, 0).unwrap();
        let stack = program.sandbox.base() + STACK;
        program.sandbox.write(stack, &[0; STACK_SIZE as usize]).unwrap();
        run(&mut program, 0).unwrap();
        let mut bytes = vec![0; STACK_SIZE as usize];
        program.sandbox.read(stack, &mut bytes).unwrap();
        // Return addresses, six registers that were zero, 77.
        let words = bytes.chunks(8).filter(|word| word.iter().any(|&byte| byte != 0)).count();
        assert_eq!(words, 3);
        let below = bytes.iter().position(|&byte| byte != 0).unwrap() as u64;
        assert_eq!(below / 8, (STACK_SIZE - 8 * (1 + 6 + 2 + 1)) / 8);
    }
}

#[test]
fn class_20_callbacks_that_are_not_there_are_traps() {
    for mut program in callers(CALLER) {
        program.callback = |program, number, _, _| Answer::Trap(entry(program, number as u64));
        for number in [0, 7, CALLBACKS - 1] {
            let exit = run(&mut program, number).unwrap_err();
            let Exit::Trap(trap) = *exit else { panic!("{exit:?}") };
            assert_eq!((trap.signal, trap.address), (Signal::Segv, Some(entry(&program, number))));
            assert_eq!((trap.registers.rdi, trap.registers.rbx, trap.registers.r15), (101, 1, 32));
            assert_eq!(trap.registers.rsp, program.sandbox.base() + STACK + STACK_SIZE - 8 * (1 + 6 + 2 + 1));
        }
    }
}

/// Code in the sandbox may have the runtime call anywhere: it is no callback's.
#[test]
fn class_20_a_forged_callback_is_a_trap() {
    for prefix in ["", "system_call"] {
        for mut program in programs(&format!("{prefix} \n movl $1, %r10d \n callback \n RETURN")) {
            for _ in 0..2 {
                let exit = run(&mut program, 0).unwrap_err();
                assert!(matches!(*exit, Exit::Trap(trap) if trap.signal == Signal::Segv), "{exit:?}");
            }
        }
    }
    // Behind the last one, and where none is mapped.
    for mut program in callers(CALLER) {
        let exit = run(&mut program, CALLBACKS).unwrap_err();
        assert!(matches!(*exit, Exit::Trap(trap) if trap.signal == Signal::Segv), "{exit:?}");
    }
}

/// The second half of an entry is a return, and nothing else.
#[test]
fn class_20_a_callback_entered_in_the_middle_only_returns() {
    for mut program in programs(&format!("leaq 32(%rdi), %r10 \n {CALL} \n movl $7, %eax \n RETURN")) {
        assert_eq!(run(&mut program, 0).unwrap().rax, 7);
    }
}

#[test]
fn class_20_a_panic_in_a_callback_goes_on_in_the_caller() {
    for mut program in programs(&CALLER.replace("CALL", CALL)) {
        run_quietly(&mut program);
        for _ in 0..2 {
            program.callback = |_, _, _, _| panic!("on purpose");
            let before = host_state();
            let result = panic::catch_unwind(AssertUnwindSafe(|| run(&mut program, 0)));
            assert_eq!(*result.unwrap_err().downcast::<&str>().unwrap(), "on purpose");
            assert_eq!(host_state(), before);
            run_quietly(&mut program);
        }
    }
}

fn run_quietly(program: &mut Program) {
    program.callback = |_, _, _, results| give(results);
    assert_eq!(run(program, 0).unwrap().rax, 1005);
}

#[test]
fn class_20_a_callback_that_abandons_ends_the_call() {
    for mut program in callers(CALLER) {
        for _ in 0..2 {
            program.callback = |_, _, _, _| Answer::Abandon;
            assert_eq!(run(&mut program, 0), Err(Box::new(Exit::Abandoned)));
            run_quietly(&mut program);
        }
    }
}

/// What dies in a nested call is the nested call; the outer one goes on if the host wants.
#[test]
fn class_20_a_trap_in_a_nested_call_comes_back_to_its_caller() {
    let source = format!("testq %rdi, %rdi \n jne 1f \n xorl %eax, %eax \n movb $0, %gs:(%eax) \n 1: {CALLER}");
    for mut program in callers(&source) {
        program.callback = |program, _, arguments, results| {
            let before = host_state();
            let left = nested(program, arguments, 0);
            assert!(matches!(*left.unwrap_err(), Exit::Trap(trap) if trap.signal == Signal::Segv));
            assert_eq!(host_state(), before);
            give(results)
        };
        for _ in 0..3 {
            let results = run(&mut program, 0).unwrap();
            assert_eq!((results.rax, results.rdx), (1005, 63));
        }
    }
}

/// The host moves the context, the sandbox, or both: nothing goes back to where they were.
#[test]
fn class_20_a_host_that_replaces_what_is_called_ends_the_call() {
    type Replace = fn(&mut Program, &mut Program);
    static OTHER: Mutex<Option<(Program, Replace)>> = Mutex::new(None);
    let replace: [Replace; 3] = [
        |a, b| std::mem::swap(&mut a.context, &mut b.context),
        |a, b| std::mem::swap(&mut a.sandbox, &mut b.sandbox),
        |a, b| std::mem::swap(a, b),
    ];
    for replace in replace {
        for returns in [Returns::Jump, Returns::Ret] {
            let caller = || {
                let mut program =
                    programs(&CALLER.replace("CALL", CALL)).find(|p| p.sandbox.returns() == returns).unwrap();
                run_quietly(&mut program);
                program
            };
            let mut program = caller();
            *OTHER.lock().unwrap() = Some((caller(), replace));
            program.callback = |program, _, _, results| {
                let (mut other, replace) = OTHER.lock().unwrap().take().unwrap();
                replace(program, &mut other);
                // The other's parts are dropped here.
                give(results)
            };
            let mut call = Call {
                function: program.sandbox.base() + CODE,
                stack_pointer: program.context.registers().rsp,
                arguments: integers([entry(&program, 0), 0, 0, 0, 0, 0]),
            };
            assert_eq!(lfi_runtime::call::<Program>(&mut program, &mut call), None);
            program.restart();
            run_quietly(&mut program);
        }
    }
}

#[test]
fn a_host_that_uses_gs_has_it_in_callbacks() {
    std::thread::spawn(|| {
        const VALUE: u64 = 0x1_2345_6789;
        fn gs() -> u64 {
            let now: u64;
            // SAFETY: reads a register.
            unsafe { asm!("rdgsbase {}", out(reg) now) };
            now
        }
        for mut program in callers(CALLER) {
            program.callback = |_, _, _, results| {
                assert_eq!(gs(), VALUE);
                give(results)
            };
            // SAFETY: nothing else on this thread uses %gs.
            unsafe { asm!("wrgsbase {}", in(reg) VALUE) };
            for _ in 0..3 {
                assert_eq!(run(&mut program, 0).unwrap().rax, 1005);
                assert_eq!(gs(), VALUE);
            }
        }
    })
    .join()
    .unwrap();
}

#[test]
fn class_17_a_gs_base_that_the_host_sets_in_a_callback_is_its_own() {
    const VALUE: u64 = 0x1_2345_6789;
    std::thread::spawn(|| {
        for mut program in callers(CALLER) {
            program.callback = |_, _, _, results| {
                // SAFETY: nothing else on this thread uses %gs.
                unsafe { asm!("wrgsbase {}", in(reg) VALUE) };
                give(results)
            };
            for _ in 0..3 {
                // SAFETY: as above.
                unsafe { asm!("wrgsbase {}", in(reg) 0u64) };
                assert_eq!(run(&mut program, 0).unwrap().rax, 1005);
                let now: u64;
                // SAFETY: reads a register.
                unsafe { asm!("rdgsbase {}", out(reg) now) };
                assert_eq!(now, VALUE);
            }
        }
    })
    .join()
    .unwrap();
}

/// Two sandboxes call one another by turns through callbacks, on one thread.
#[test]
fn callbacks_between_sandboxes() {
    static OTHERS: Mutex<Vec<Program>> = Mutex::new(Vec::new());
    let mut all: Vec<Program> = callers(CALLER).collect();
    let mut first = all.pop().unwrap();
    for program in all.iter_mut().chain([&mut first]) {
        program.callback = |_, _, _, results| {
            let next = OTHERS.lock().unwrap().pop();
            results.registers.rax = 1 + next.map_or(0, |mut program| run(&mut program, 0).unwrap().rax);
            Answer::Return
        };
    }
    let count = all.len() as u64;
    *OTHERS.lock().unwrap() = all;
    assert_eq!(run(&mut first, 0).unwrap().rax, count + 1);
}

/// Code that is published in a callback and calls for more care is cared for, or too late.
#[test]
fn code_published_in_a_callback() {
    for mut program in programs(&CALLER.replace("CALL", CALL)) {
        run_quietly(&mut program);
        program.callback = |program, _, _, results| {
            let place = program.sandbox.base() + CODE + 0x1000;
            let published = program.sandbox.publish(place, &crate::assemble("fldenv %gs:(%edi)"), VERIFIED);
            assert_eq!(published.is_ok(), program.sandbox.returns() == Returns::Ret);
            give(results)
        };
        let result = run(&mut program, 0);
        match program.sandbox.returns() {
            Returns::Jump => assert_eq!(result.unwrap().rax, 1005),
            // Entered by the general way only from now on.
            Returns::Ret => assert_eq!(result, Err(Box::new(Exit::Abandoned))),
        }
    }
}

#[test]
fn arguments_are_plain_data() {
    fn plain<T: Copy + Send + Sync>() {}
    plain::<CallbackArguments>();
}
