//! Calls of functions: the short way in and out.

use crate::{
    CODE, DATA, Program, STACK, STACK_SIZE, VERIFIED,
    callbacks::CALL,
    handlers::scenario_in,
    switch::{CONTROL_WORDS, dirty_avx512, host_state},
};
use lfi_abi::{Returns, layout};
use lfi_runtime::{
    Answer, Call, CallArguments, CallResults, Check, Config, Engine, Error, Exit, PublishError, Signal, Trap,
};
use std::arch::asm;

/// `return` in the form of the program.
const RETURNS: [(Returns, &str); 2] = [
    (
        Returns::Jump,
        "popq %r11
         .bundle_lock
         andl $-32, %r11d
         addq %gs:0x10000, %r11
         jmpq *%r11
         .bundle_unlock",
    ),
    (
        Returns::Ret,
        "popq %r11
         .bundle_lock
         andl $-32, %r11d
         addq %gs:0x10000, %r11
         pushq %r11
         ret
         .bundle_unlock",
    ),
];

/// A program for each form of return, whose function is at the start of its code.
pub(crate) fn programs(function: &str) -> impl Iterator<Item = Program> {
    RETURNS.iter().map(move |(returns, epilogue)| {
        let program = Program::with(&function.replace("RETURN", epilogue), *returns, VERIFIED);
        program.sandbox.prepare_calls().unwrap();
        program
    })
}

/// Calls the function until it returns or leaves otherwise.
pub(crate) fn call(program: &mut Program, arguments: &CallArguments) -> Result<CallResults, Box<Exit>> {
    let base = program.sandbox.base();
    program.context.registers_mut().rsp = base + STACK + STACK_SIZE;
    call_at(program, base + CODE, arguments)
}

/// The same, of any function, on the context's stack.
pub(crate) fn call_at(
    program: &mut Program,
    function: u64,
    arguments: &CallArguments,
) -> Result<CallResults, Box<Exit>> {
    let mut call = Call { function, stack_pointer: program.context.registers().rsp, arguments: *arguments };
    if let Some(results) = lfi_runtime::call::<Program>(program, &mut call) {
        return Ok(results);
    }
    match program.sandbox.call_goes_on(&mut program.context, &call).unwrap() {
        Exit::Return => Ok(program.context.results()),
        exit => Err(Box::new(exit)),
    }
}

/// Calls the function, which must fault.
pub(crate) fn trap(program: &mut Program) -> Trap {
    match call(program, &CallArguments::default()).map_err(|exit| *exit) {
        Err(Exit::Trap(trap)) => trap,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn integers(integers: [u64; 6]) -> CallArguments {
    CallArguments { integers, ..CallArguments::default() }
}

#[test]
fn arguments_arrive_and_results_come_back() {
    let function = "
        leaq (%rdi,%rsi,2), %rax
        leaq (%rax,%rdx,4), %rax
        leaq (%rax,%rcx,8), %rax
        addq %r8, %rax
        subq %r9, %rax
        movq 8(%rsp), %rdx
        RETURN";
    for mut program in programs(function) {
        let stack = program.sandbox.base() + STACK + STACK_SIZE - 64;
        program.sandbox.write(stack, &77u64.to_le_bytes()).unwrap();
        for round in 0..3 {
            program.context.registers_mut().rsp = stack;
            let function = program.sandbox.base() + CODE;
            let results = call_at(&mut program, function, &integers([1, 10, 100, 1000, 10_000, round]));
            let expected = CallResults { rax: 18_421 - round, rdx: 77, vectors: [0, 0] };
            assert_eq!(results, Ok(expected), "round {round}");
        }
    }
}

#[test]
fn vector_arguments_and_results() {
    let function = "
        movq %rax, %rdx
        addsd %xmm7, %xmm0
        movapd %xmm6, %xmm1
        RETURN";
    for mut program in programs(function) {
        let vectors = [1.5, 0.0, 0.0, 0.0, 0.0, 0.0, 6.0, 7.25].map(f64::to_bits);
        for _ in 0..2 {
            let results =
                call(&mut program, &CallArguments { vectors, vectors_used: 8, ..Default::default() }).unwrap();
            assert_eq!(results.rdx, 8, "variadic functions are told");
            assert_eq!(results.vectors.map(f64::from_bits), [8.75, 6.0]);
        }
    }
}

/// Stores all registers that the function was entered with.
const DUMP: &str = "
    movq %rax, %gs:(%edi)
    movq %rbx, %gs:8(%edi)
    movq %rcx, %gs:16(%edi)
    movq %rdx, %gs:24(%edi)
    movq %rsi, %gs:32(%edi)
    movq %rbp, %gs:40(%edi)
    movq %r8, %gs:48(%edi)
    movq %r9, %gs:56(%edi)
    movq %r10, %gs:64(%edi)
    movq %r11, %gs:72(%edi)
    movq %r12, %gs:80(%edi)
    movq %r13, %gs:88(%edi)
    movq %r14, %gs:96(%edi)
    movq %r15, %gs:104(%edi)
    movq %rsp, %gs:112(%edi)
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    vmovdqu %ymm\\i, %gs:256+32*\\i(%edi)
    .endr
    RETURN";

/// Soundness 18.
#[test]
fn class_18_nothing_of_the_host_leaks_into_a_call() {
    for mut program in programs(DUMP) {
        let base = program.sandbox.base();
        for (round, used) in [0, 0, 1, 8].into_iter().enumerate() {
            let mut arguments = CallArguments { vectors_used: used, ..integers([base + DATA, 0, 0, 0, 0, 0]) };
            arguments.vectors[..used].fill(u64::MAX);
            dirty_vectors();
            call(&mut program, &arguments).unwrap();
            for (index, name) in ["rax", "rbx", "rcx", "rdx", "rsi", "rbp", "r8", "r9"].into_iter().enumerate() {
                let expected = if name == "rax" { used as u64 } else { 0 };
                assert_eq!(program.word(8 * index as u64), expected, "round {round}: {name}");
            }
            // The function, and what the entry code left.
            assert_eq!(program.word(64), base + CODE);
            assert_eq!(program.word(72) & !0xfff, base + layout::ENTRY_PAGE);
            for index in 10..14 {
                assert_eq!(program.word(8 * index), 0, "round {round}: r{}", index + 2);
            }
            assert_eq!(program.word(112), base + STACK + STACK_SIZE - 8);
            let vectors: [u8; 512] = program.data(256);
            for (index, register) in vectors.chunks(32).enumerate() {
                let len = if index < used { 8 } else { 0 };
                assert!(register[..len].iter().all(|&b| b == 0xff), "round {round}: ymm{index} {register:x?}");
                assert!(register[len..].iter().all(|&b| b == 0), "round {round}: ymm{index} {register:x?}");
            }
        }
    }
}

/// Compilers use the last callee-saved registers least: what is in them stays there down to the assembly.
#[test]
fn class_18_callee_saved_registers_of_the_host_do_not_leak_into_a_call() {
    extern "C" fn dump(program: &mut Program) {
        let data = program.sandbox.base() + DATA;
        call(program, &integers([data, 0, 0, 0, 0, 0])).unwrap();
    }
    for mut program in programs(DUMP) {
        for _ in 0..3 {
            // SAFETY: calls a C function with its argument, and registers that it must preserve.
            unsafe {
                asm!(
                    "call {dump}", dump = sym dump, inout("rdi") &raw mut program => _,
                    in("r12") -1i64, in("r13") -1i64, in("r14") -1i64, in("r15") -1i64, clobber_abi("C"),
                );
            }
            for index in 10..14 {
                assert_eq!(program.word(8 * index), 0, "r{}", index + 2);
            }
        }
    }
}

#[test]
fn class_18_avx512_registers_do_not_leak_into_a_call() {
    if !std::arch::is_x86_feature_detected!("avx512bw") {
        eprintln!("left out: this processor has no AVX-512");
        return;
    }
    for mut program in programs("vmovdqu64 %zmm31, %gs:(%edi) \n kmovq %k5, %gs:64(%edi) \n RETURN") {
        let data = program.sandbox.base() + DATA;
        for _ in 0..3 {
            program.sandbox.write(data, &[1; 72]).unwrap();
            dirty_avx512();
            call(&mut program, &integers([data, 0, 0, 0, 0, 0])).unwrap();
            assert_eq!(program.data::<72>(0), [0; 72]);
        }
    }
}

fn dirty_vectors() {
    // SAFETY: changes only registers that are declared.
    unsafe {
        asm!(
            "vpcmpeqd ymm0, ymm0, ymm0", "vmovaps ymm1, ymm0", "vmovaps ymm2, ymm0", "vmovaps ymm6, ymm0",
            "vmovaps ymm7, ymm0", "vmovaps ymm8, ymm0", "vmovaps ymm9, ymm0", "vmovaps ymm14, ymm0", "vmovaps ymm15, ymm0",
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm6") _, out("ymm7") _, out("ymm8") _, out("ymm9") _,
            out("ymm14") _, out("ymm15") _,
        );
    }
}

/// Soundness 17.
#[test]
fn class_17_host_state_is_restored_after_calls() {
    let spoil = format!(
        "
        std
        {CONTROL_WORDS}
        fld1
        fldz
        fdivrp
        vpcmpeqd %ymm0, %ymm0, %ymm0"
    );
    // The division's exception is unmasked and still pending.
    let before = host_state();
    assert_eq!((before.flags, before.x87_tags), (0, 0xffff));
    for way in ["RETURN", "system_call", "ud2", "xorl %eax, %eax \n movb $0, %gs:(%eax)"] {
        for mut program in programs(&format!("{spoil}\n{way}")) {
            let arguments = integers([program.sandbox.base() + DATA, 0, 0, 0, 0, 0]);
            // The first call on a thread goes the long way.
            for round in 0..3 {
                let result = call(&mut program, &arguments);
                let after = host_state();
                assert_eq!(after, before, "{way}, round {round}: {result:?}");
                match way {
                    "RETURN" => assert!(result.is_ok()),
                    "system_call" => assert_eq!(result, Err(Box::new(Exit::SystemCall))),
                    _ => assert!(result.is_err_and(|exit| matches!(*exit, Exit::Trap(_)))),
                }
            }
        }
    }
}

/// The function has x87 instructions, but none that touch the control word.
#[test]
fn class_17_exceptions_left_by_a_call_do_not_strike_a_host_that_unmasks_them() {
    for mut program in programs("fldz \n fld1 \n fdivp \n fstp %st(0) \n fld1 \n RETURN") {
        for _ in 0..3 {
            call(&mut program, &CallArguments::default()).unwrap();
            let (mut before, all) = (0u16, 0x340u16);
            // SAFETY: unmasks all exceptions, waits for one, and masks them again.
            unsafe {
                asm!("fnstcw [{before}]", "fldcw [{all}]", "fwait", "fldcw [{before}]",
                    before = in(reg) &mut before, all = in(reg) &all);
            }
            assert_eq!(host_state().x87_tags, 0xffff);
        }
    }
}

#[test]
fn class_17_control_words_stay_apart() {
    let function = "
        stmxcsr %gs:(%edi)
        fnstcw %gs:8(%edi)
        movl %esi, %gs:16(%edi)
        ldmxcsr %gs:16(%edi)
        movl %edx, %gs:16(%edi)
        fldcw %gs:16(%edi)
        RETURN";
    for mut program in programs(function) {
        let before = host_state();
        let mut expected = (0x1f80, 0x37f);
        for (mxcsr, x87) in [(0x7f80, 0xf7f), (0x3f80, 0x27f), (0x1f80, 0x37f), (0x1f80, 0x37f)] {
            let data = program.sandbox.base() + DATA;
            call(&mut program, &integers([data, mxcsr, x87, 0, 0, 0])).unwrap();
            assert_eq!((program.word(0) as u32, program.word(8) as u16), expected, "the sandbox keeps its own");
            assert_eq!(host_state(), before);
            expected = (mxcsr as u32, x87 as u16);
        }
    }
}

#[test]
fn a_host_that_uses_gs_gets_it_back_after_calls() {
    std::thread::spawn(|| {
        let value = 0x1_2345_6789u64;
        let gs = || {
            let now: u64;
            // SAFETY: reads a register.
            unsafe { asm!("rdgsbase {}", out(reg) now) };
            now
        };
        for way in ["movl $0x10000, %ecx \n movq %gs:(%ecx), %rax \n RETURN", "ud2", "system_call"] {
            for mut program in programs(way) {
                // SAFETY: nothing else on this thread uses %gs.
                unsafe { asm!("wrgsbase {}", in(reg) value) };
                for _ in 0..3 {
                    if let Ok(results) = call(&mut program, &CallArguments::default()) {
                        assert_eq!(results.rax, program.sandbox.base());
                    }
                    assert_eq!(gs(), value, "{way}");
                }
                // A host that does not: the base stays.
                // SAFETY: as above.
                unsafe { asm!("wrgsbase {}", in(reg) 0u64) };
                call(&mut program, &CallArguments::default()).ok();
                assert_eq!(gs(), program.sandbox.base(), "{way}");
            }
        }
    })
    .join()
    .unwrap();
}

/// Calls leave the slot's base in `%gs`, and look whether it is still there.
#[test]
fn class_17_a_gs_base_that_the_host_sets_between_calls_is_its_own() {
    std::thread::spawn(|| {
        // Where there is nothing behind the base, and where there is something else.
        let memory = vec![0u64; 0x3000];
        for mut program in programs("movl $0x10000, %ecx \n movq %gs:(%ecx), %rax \n RETURN") {
            let base = program.sandbox.base();
            for value in [0x1_2345_6789, memory.as_ptr() as u64, 0x1_2345_6789, memory.as_ptr() as u64] {
                for (set, expected) in [(0, base), (value, value), (0, base)] {
                    // SAFETY: nothing else on this thread uses %gs.
                    unsafe { asm!("wrgsbase {}", in(reg) set) };
                    for _ in 0..3 {
                        assert_eq!(call(&mut program, &CallArguments::default()).unwrap().rax, base);
                        let now: u64;
                        // SAFETY: reads a register.
                        unsafe { asm!("rdgsbase {}", out(reg) now) };
                        assert_eq!(now, expected);
                    }
                }
            }
        }
    })
    .join()
    .unwrap();
}

/// The base of a sandbox at address 0 is what most memory holds, and every thread's word for "no base was left".
#[test]
fn class_17_a_sandbox_at_address_zero_is_not_seen_behind_a_gs_base_of_the_host() {
    let name = "class_17_a_sandbox_at_address_zero_is_not_seen_behind_a_gs_base_of_the_host";
    // In a process of its own: there is one such place.
    if let Some((status, text)) = scenario_in("calls", name) {
        assert!(status.success(), "{text}");
        return;
    }
    let mut config = Config::default();
    config.at_zero = true;
    let engine = Engine::new(&config).unwrap();
    let memory = vec![0u64; 0x3000];
    // Reads behind the host's base, if that is still there.
    let source = "movl $0x10008, %ecx \n movq %gs:(%ecx), %rax \n RETURN";
    let callback = format!("pushq %rdi \n movq %rdi, %r10 \n {CALL} \n popq %rdi \n {source}");
    for (returns, epilogue) in RETURNS {
        for source in [source, &callback] {
            let sandbox = engine.sandbox(returns).unwrap();
            assert_eq!(sandbox.base(), 0);
            let mut program = Program::of(sandbox, &crate::assemble(&source.replace("RETURN", epilogue)), VERIFIED);
            program.sandbox.prepare_calls().unwrap();
            program.callback = |_, _, arguments, _| {
                // SAFETY: nothing else on this thread uses %gs.
                unsafe { asm!("wrgsbase {}", in(reg) arguments.integers[1]) };
                Answer::Return
            };
            for value in [0, memory.as_ptr() as u64, 0, memory.as_ptr() as u64, 0x1_2345_6789] {
                for _ in 0..3 {
                    // SAFETY: as above.
                    unsafe { asm!("wrgsbase {}", in(reg) value) };
                    let arguments = integers([layout::CALLBACK_ENTRIES, value, 0, 0, 0, 0]);
                    assert_ne!(call(&mut program, &arguments).unwrap().rax, 0, "memory of the host");
                    let now: u64;
                    // SAFETY: reads a register.
                    unsafe { asm!("rdgsbase {}", out(reg) now) };
                    assert_eq!(now, value);
                }
            }
        }
    }
}

#[test]
fn calls_on_many_threads_and_sandboxes_in_turn() {
    let programs: Vec<Program> = programs("movl $0x10000, %ecx \n movq %gs:(%ecx), %rax \n RETURN").collect();
    let mut programs: Vec<Program> =
        programs.into_iter().chain(self::programs("movl $0, %eax \n addq %gs:(%edi), %rax \n RETURN")).collect();
    for _ in 0..3 {
        programs = std::thread::spawn(move || {
            for round in 0..6 {
                let program = &mut programs[round % 4];
                let base = program.sandbox.base();
                let results = call(program, &integers([base + layout::RUNTIME_PAGE, 0, 0, 0, 0, 0])).unwrap();
                assert_eq!(results.rax, base);
            }
            programs
        })
        .join()
        .unwrap();
    }
}

#[test]
fn a_call_with_system_calls_and_a_trap_at_its_end() {
    for mut program in programs(
        "movq %rdi, %rbx \n pushq %rbx \n system_call \n popq %rcx \n addq %rcx, %rax \n addq %rbx, %rax \n RETURN",
    ) {
        for round in 0..3 {
            assert_eq!(call(&mut program, &integers([round, 0, 0, 0, 0, 0])), Err(Box::new(Exit::SystemCall)));
            assert_eq!(program.context.registers().rdi, round);
            program.context.registers_mut().rax = 1000;
            assert_eq!(program.enter(), Exit::Return);
            assert_eq!(program.context.results().rax, 1000 + 2 * round);
        }
    }
    for mut program in programs("xorl %edx, %edx \n divl %edx") {
        for _ in 0..3 {
            let trap = trap(&mut program);
            assert_eq!((trap.signal, trap.pc), (Signal::Fpe, program.sandbox.base() + CODE + 2));
        }
    }
}

#[test]
fn a_stack_that_is_not_there_is_a_trap() {
    for mut program in programs("RETURN") {
        for stack in [0, layout::RUNTIME_PAGE + 64, layout::USER_END + 64] {
            program.context.registers_mut().rsp = stack;
            let function = program.sandbox.base() + CODE;
            let exit = call_at(&mut program, function, &CallArguments::default()).unwrap_err();
            assert!(matches!(*exit, Exit::Trap(trap) if trap.signal == Signal::Segv), "{exit:?}");
        }
    }
}

#[test]
fn without_an_entry_page_a_call_is_a_trap() {
    for (returns, epilogue) in RETURNS {
        let mut program = Program::with(epilogue, returns, VERIFIED);
        for _ in 0..2 {
            let trap = trap(&mut program);
            assert_eq!((trap.signal, trap.pc), (Signal::Segv, program.sandbox.base() + layout::ENTRY_PAGE));
        }
        program.sandbox.prepare_calls().unwrap();
        assert!(call(&mut program, &CallArguments::default()).is_ok());
        assert!(program.sandbox.prepare_calls().is_err(), "once");
    }
}

/// What has to be kept follows from all code that is published, not from what was there at the first call. Where other
/// contexts may be inside, code that calls for more comes too late.
#[test]
fn code_published_later_counts() {
    for mut program in programs(
        "testq %rdi, %rdi \n je 1f \n addq $0x1000, %r10 \n jmp 2f \n .p2align 5 \n 2: .bundle_lock \n andl $-32, %r10d \n addq %gs:0x10000, %r10 \n jmpq *%r10 \n .bundle_unlock \n 1: RETURN",
    ) {
        call(&mut program, &CallArguments::default()).unwrap();
        let before = host_state();
        let epilogue = RETURNS[usize::from(program.sandbox.returns() == Returns::Ret)].1;
        let later =
            crate::assemble(&format!("std \n movl $0x7f80, %gs:(%edi) \n ldmxcsr %gs:(%edi) \n fld1 \n {epilogue}"));
        let place = program.sandbox.base() + CODE + 0x1000;
        let published = program.sandbox.publish(place, &later, VERIFIED);
        if program.sandbox.returns() == Returns::Jump {
            assert!(matches!(published, Err(PublishError::Runtime(Error::LateCode))));
            continue;
        }
        published.unwrap();
        for _ in 0..2 {
            let data = program.sandbox.base() + DATA;
            call(&mut program, &integers([data, 0, 0, 0, 0, 0])).unwrap();
            assert_eq!(host_state(), before);
        }
    }
}

#[test]
fn unverified_code_goes_the_long_way() {
    let mut program = Program::with(RETURNS[0].1, Returns::Jump, Check::Trust);
    program.sandbox.prepare_calls().unwrap();
    for _ in 0..2 {
        let results =
            call(&mut program, &CallArguments { vectors: [5; 8], vectors_used: 1, ..integers([1, 2, 3, 4, 5, 6]) });
        assert_eq!(results.unwrap().vectors, [5, 5]);
    }
}
