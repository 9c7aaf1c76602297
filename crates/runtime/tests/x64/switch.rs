//! Registers on the way in, on the way out, and across runtime calls.

use crate::Program;
use lfi_abi::Returns;
use lfi_runtime::{Error, Exit, Held, PublishError, Registers, Stay};
use std::{arch::asm, io::Write as _};

#[test]
fn returns_to_host() {
    let mut program = Program::new(
        "movl $42, %eax
         movl $7, %edx
         movq %rax, %xmm0
         movq %rdx, %xmm1
         return_to_host
         addl $1, %eax
         return_to_host",
    );
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.context.registers().rax, 42);
    assert_eq!(program.context.registers().rdx, 7);
    assert_eq!((program.context.xmm(0), program.context.xmm(1)), (42, 7));
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.context.registers().rax, 43);
}

#[test]
fn arguments_arrive() {
    let mut program = Program::new("return_to_host");
    let base = program.sandbox.base();
    let registers = Registers {
        rax: 1,
        rbx: 2,
        rcx: 3,
        rdx: 4,
        rsi: 5,
        rdi: 6,
        rbp: 7,
        rsp: base + crate::STACK + 8,
        r8: 8,
        r9: 9,
        r10: 10,
        r11: 0,
        r12: 12,
        r13: 13,
        r14: 14,
        r15: 15,
        rip: base + crate::CODE,
        rflags: 0,
    };
    *program.context.registers_mut() = registers;
    assert_eq!(program.enter(), Exit::Return);
    let back = base + crate::CODE + 32;
    // %rcx and %r11 as a system call leaves them.
    assert_eq!(*program.context.registers(), Registers { rcx: back, r11: back, rip: back, ..registers });
}

#[test]
fn pc_and_stack_pointer_are_brought_into_the_slot() {
    let mut program = Program::new("return_to_host");
    let base = program.sandbox.base();
    let registers = program.context.registers_mut();
    registers.rip = 0xdead_0000_0000_0000 + crate::CODE + 31;
    registers.rsp = 0x1234_5678_0000_0000 + crate::STACK;
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.context.registers().rip, base + crate::CODE + 32);
    assert_eq!(program.context.registers().rsp, base + crate::STACK);
}

/// Stores every register the program was entered with into its data.
const DUMP: &str = "
    movq %rax, %gs:(%edi)
    lahf
    movq %rax, %gs:8(%edi)
    movq %rbx, %gs:16(%edi)
    movq %rcx, %gs:24(%edi)
    movq %rdx, %gs:32(%edi)
    movq %rsi, %gs:40(%edi)
    movq %rdi, %gs:48(%edi)
    movq %rbp, %gs:56(%edi)
    movq %rsp, %gs:64(%edi)
    movq %r8, %gs:72(%edi)
    movq %r9, %gs:80(%edi)
    movq %r10, %gs:88(%edi)
    movq %r11, %gs:96(%edi)
    movq %r12, %gs:104(%edi)
    movq %r13, %gs:112(%edi)
    movq %r14, %gs:120(%edi)
    movq %r15, %gs:128(%edi)
    stmxcsr %gs:136(%edi)
    fnstenv %gs:160(%edi)
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    vmovdqu %ymm\\i, %gs:256+32*\\i(%edi)
    .endr
    ";

#[test]
fn nothing_of_the_host_leaks_in() {
    let mut program = Program::trusted(&format!("{DUMP} return_to_host"));
    let base = program.sandbox.base();
    dirty_host();
    assert_eq!(program.enter(), Exit::Return);
    let expected = [(6, base + crate::DATA), (8, base + crate::STACK + crate::STACK_SIZE), (12, base + crate::CODE)];
    for index in (0..17).filter(|&i| i != 1) {
        let wanted = expected.iter().find(|(i, _)| *i == index).map_or(0, |(_, value)| *value);
        assert_eq!(program.word(8 * index), wanted, "word {index}");
    }
    // mxcsr, and the x87 environment: nothing but the control, status and tag words.
    assert_eq!(program.word(136) as u32, 0x1f80);
    let x87: [u8; 28] = program.data(160);
    assert_eq!(u16::from_le_bytes([x87[0], x87[1]]), 0x37f);
    assert_eq!(u16::from_le_bytes([x87[4], x87[5]]), 0);
    assert_eq!(u16::from_le_bytes([x87[8], x87[9]]), 0xffff);
    assert!(x87[12..24].iter().all(|&b| b == 0), "x87 pointers: {x87:x?}");
    assert_eq!(program.data::<512>(256), [0; 512], "vector registers");
    // Flags are those of arithmetic on the sandbox's own addresses.
    let flags = program.word(8);
    program.restart();
    dirty_host();
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.word(8), flags);
}

/// Puts patterns where Rust code does not look, as far as a test can.
pub(crate) fn dirty_host() {
    // SAFETY: changes only registers that are declared, and leaves x87 empty.
    unsafe {
        asm!(
            "fld1", "fldpi", "fmulp", "fstp dword ptr [{scratch}]",
            "vpcmpeqd ymm0, ymm0, ymm0",
            "vmovaps ymm6, ymm0", "vmovaps ymm7, ymm0", "vmovaps ymm8, ymm0", "vmovaps ymm9, ymm0",
            "vmovaps ymm10, ymm0", "vmovaps ymm11, ymm0", "vmovaps ymm12, ymm0", "vmovaps ymm13, ymm0",
            "vmovaps ymm14, ymm0", "vmovaps ymm15, ymm0",
            scratch = in(reg) &mut [0u8; 8],
            out("ymm0") _, out("ymm6") _, out("ymm7") _, out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _, out("ymm14") _, out("ymm15") _, out("st(0)") _, out("st(1)") _,
            out("st(2)") _, out("st(3)") _, out("st(4)") _, out("st(5)") _, out("st(6)") _, out("st(7)") _,
        );
    }
}

/// Whether there are AVX-512 registers to test; says so if not.
fn has_avx512(test: &str) -> bool {
    let has = std::arch::is_x86_feature_detected!("avx512bw");
    if !has {
        // Past the capture of the test harness.
        let _ = writeln!(std::io::stderr(), "{test}: LEFT OUT, this processor has no AVX-512");
    }
    has
}

const AVX512: &str = "
    movl $-1, %eax
    kmovd %eax, %k2
    vmovdqu64 %zmm31, %gs:(%edi){%k2}
    .p2align 5
    kmovq %k5, %gs:64(%edi)
    vpternlogd $255, %zmm30, %zmm30, %zmm30
    .p2align 5
    vpternlogd $255, %zmm3, %zmm3, %zmm3
    kxnorq %k1, %k1, %k1
    system_call
    vmovdqu64 %zmm30, %gs:128(%edi)
    .p2align 5
    vmovdqu64 %zmm3, %gs:192(%edi)
    kmovq %k1, %gs:256(%edi)
    return_to_host";

#[test]
fn avx512_registers_do_not_leak_and_survive_runtime_calls() {
    if !has_avx512("avx512_registers_do_not_leak_and_survive_runtime_calls") {
        return;
    }
    for pauses in [false, true] {
        for mut program in [Program::new(AVX512), Program::trusted(AVX512)] {
            dirty_avx512();
            let Program { sandbox, context, .. } = &mut program;
            let Stay::Pauses(pause) = Held::Alone(sandbox).enter(context).unwrap() else { panic!() };
            clear_avx512();
            dirty_avx512();
            if pauses {
                assert!(matches!(Held::Alone(sandbox).go_on(pause, 0), Ok(Stay::Ends(Exit::Return))));
            } else {
                drop(pause);
                assert_eq!(program.enter(), Exit::Return);
            }
            assert_eq!(program.data::<72>(0), [0; 72]);
            assert_eq!(program.data::<136>(128), [0xff; 136]);
        }
    }
}

#[test]
fn avx512_registers_are_cleared_before_code_that_reads_them_can_run() {
    if !has_avx512("avx512_registers_are_cleared_before_code_that_reads_them_can_run") {
        return;
    }
    let later = crate::CODE + 0x10_0000;
    // Entered without such code: a thread could be inside.
    let mut program = Program::new("return_to_host");
    let place = program.sandbox.base() + later;
    let code = crate::assemble(AVX512);
    assert_eq!(program.enter(), Exit::Return);
    let error = program.sandbox.publish(place, &code, crate::VERIFIED).unwrap_err();
    assert!(matches!(error, PublishError::Runtime(Error::LateCode)), "{error}");
    program.sandbox.publish(place, &crate::assemble("nop"), crate::VERIFIED).unwrap();
    // Entered with it: more may come.
    let mut program = Program::new(AVX512);
    let place = program.sandbox.base() + later;
    assert_eq!(program.enter(), Exit::SystemCall);
    program.sandbox.publish(place, &code, crate::VERIFIED).unwrap();
    program.restart();
    program.context.registers_mut().rip = place;
    dirty_avx512();
    assert_eq!(program.enter(), Exit::SystemCall);
    assert_eq!(program.data::<72>(0), [0; 72]);
}

pub(crate) fn dirty_avx512() {
    // SAFETY: AVX-512 was detected; changes only registers that are declared.
    unsafe {
        asm!(
            "vpternlogd zmm31, zmm31, zmm31, 255",
            "kxnorq k5, k5, k5",
            out("zmm31") _, out("k5") _,
        );
    }
}

fn clear_avx512() {
    // SAFETY: as above.
    unsafe {
        asm!(
            "vpxord zmm30, zmm30, zmm30",
            "vpxord zmm3, zmm3, zmm3",
            "kxorq k1, k1, k1",
            out("zmm30") _, out("zmm3") _, out("k1") _,
        );
    }
}

#[test]
fn a_system_call_preserves_all_that_linux_preserves() {
    let fill = "
        .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        movl $0x1010101*(\\i+1), %eax
        vmovd %eax, %xmm\\i
        vpshufd $0, %xmm\\i, %xmm\\i
        vinsertf128 $1, %xmm\\i, %ymm\\i, %ymm\\i
        .endr
        movl $0x3f80, %gs:4096(%edi)
        ldmxcsr %gs:4096(%edi)
        movw $0xb7f, %gs:4096(%edi)
        fldcw %gs:4096(%edi)
        fldpi
        fld1
        movl $1, %ebx
        movl $2, %edx
        movl $3, %esi
        movl $4, %ebp
        movl $5, %r8d
        movl $6, %r9d
        movl $7, %r10d
        movl $8, %r12d
        movl $9, %r13d
        movl $10, %r14d
        movl $11, %r15d
        movl $39, %eax
        system_call";
    let mut program =
        Program::trusted(&format!("{fill} {DUMP} fstpt %gs:1024(%edi) \n fstpt %gs:1040(%edi) \n return_to_host"));
    let base = program.sandbox.base();
    assert_eq!(program.enter(), Exit::SystemCall);
    assert_eq!(program.context.registers().rax, 39);
    program.context.registers_mut().rax = 1234;
    dirty_host();
    assert_eq!(program.enter(), Exit::Return);

    let stack = base + crate::STACK + crate::STACK_SIZE;
    let wanted = [1234, 0, 1, 0, 2, 3, base + crate::DATA, 4, stack, 5, 6, 7, 0, 8, 9, 10, 11];
    // Flags, %rcx and %r11 are the call's.
    for index in (0..17).filter(|i| ![1, 3, 12].contains(i)) {
        assert_eq!(program.word(8 * index as u64), wanted[index], "word {index}");
    }
    assert_eq!(program.word(136) as u32, 0x3f80);
    let control: [u8; 2] = program.data(160);
    assert_eq!(u16::from_le_bytes(control), 0xb7f);
    for (index, byte) in (1u8..=16).enumerate() {
        assert_eq!(program.data::<32>(256 + 32 * index as u64), [byte; 32], "ymm{index}");
    }
    assert_eq!(program.data(1024), [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f], "st0 = 1");
    assert_eq!(program.data(1040), [0x35, 0xc2, 0x68, 0x21, 0xa2, 0xda, 0x0f, 0xc9, 0x00, 0x40], "st1 = pi");
}

#[test]
fn thread_pointer() {
    for returns in [Returns::Jump, Returns::Ret] {
        let mut program = Program::with(
            "get_thread_pointer
             movq %rax, %gs:(%edi)
             movl $0x5678, %eax
             set_thread_pointer
             movq %rcx, %gs:8(%edi)
             movl $1, %ebx
             cmpl $1, %ebx
             movl $0, %eax
             stc
             get_thread_pointer
             setc %bl
             movq %rax, %gs:16(%edi)
             movq %rbx, %gs:24(%edi)
             movq %gs:0x10028, %rax
             movq %rax, %gs:32(%edi)
             return_to_host",
            returns,
            lfi_runtime::Check::Trust,
        );
        program.context.set_thread_pointer(0x1234);
        assert_eq!(program.enter(), Exit::Return);
        assert_eq!(program.word(0), 0x1234);
        assert_eq!(program.word(8), 0, "no host address in a clobbered register");
        assert_eq!(program.word(16), 0x5678);
        assert_eq!(program.word(24), 1, "flags and rbx are preserved");
        assert_eq!(program.word(32), if returns == Returns::Ret { 0x5678 } else { 0 });
        assert_eq!(program.context.thread_pointer(), 0x5678);
    }
}

/// Control words that no host has, with exceptions unmasked; the data is overwritten.
pub(crate) const CONTROL_WORDS: &str = "
        movl $0x7fbf, %gs:(%edi)
        ldmxcsr %gs:(%edi)
        movl $0x0c33, %gs:(%edi)
        fldcw %gs:(%edi)";

/// Control state as the host's code sees it after an exit.
#[derive(Debug, PartialEq)]
pub(crate) struct HostState {
    pub(crate) flags: u64,
    pub(crate) mxcsr: u32,
    pub(crate) x87_control: u16,
    pub(crate) x87_status: u16,
    pub(crate) x87_tags: u16,
}

pub(crate) fn host_state() -> HostState {
    let (mut mxcsr, mut environment) = (0u32, [0u16; 14]);
    let flags: u64;
    // SAFETY: stores state, and restores the control word that fnstenv changes.
    unsafe {
        asm!(
            "pushfq", "pop {flags}",
            "stmxcsr [{mxcsr}]",
            "fnstenv [{environment}]", "fldenv [{environment}]",
            flags = out(reg) flags, mxcsr = in(reg) &mut mxcsr, environment = in(reg) &mut environment,
        );
    }
    HostState {
        flags: flags & 0x4_4500, // AC, NT, DF, TF
        mxcsr,
        x87_control: environment[0],
        x87_status: environment[2],
        x87_tags: environment[4],
    }
}

#[test]
fn host_state_is_restored_on_every_way_out() {
    let spoil = format!(
        "
        std
        pushfq
        popq %rax
        orq $0x44000, %rax
        pushq %rax
        popfq
        {CONTROL_WORDS}
        fld1
        fld1
        fld1
        fld1
        fld1
        fld1
        fld1
        fldz
        fdivrp
        vpcmpeqd %ymm0, %ymm0, %ymm0"
    );
    // The division's exception is unmasked and still pending.
    let before = host_state();
    assert_eq!((before.flags, before.x87_tags), (0, 0xffff));
    for way in ["system_call", "return_to_host", "callback", "ud2", "movb $0, %gs:0", "int3"] {
        let mut program = Program::trusted(&format!("{spoil}\n{way}"));
        let exit = program.enter();
        assert_eq!(host_state(), before, "{way}: {exit:?}");
        match way {
            "system_call" => assert_eq!(exit, Exit::SystemCall),
            "return_to_host" => assert_eq!(exit, Exit::Return),
            _ => assert!(matches!(exit, Exit::Trap(_))),
        }
    }
}

#[test]
fn masked_x87_exceptions_do_not_reach_the_host() {
    for source in
        ["fldz \n fld1 \n fdivp \n fstp %st(0)", "fldz \n fldz \n fdivp \n fstp %st(0)", "fldpi \n fsin \n fstp %st(0)"]
    {
        for way in ["system_call", "return_to_host", "ud2"] {
            let mut program = Program::new(&format!("{source}\n{way}"));
            program.enter();
            // SAFETY: stores a word.
            let status = unsafe {
                let mut status = 0u16;
                asm!("fnstsw [{}]", in(reg) &mut status);
                status
            };
            assert_eq!(status & 0xff, 0, "{source}: {way}");
        }
    }
}

#[test]
fn control_words_of_the_host_are_its_own() {
    let mut program = Program::trusted("stmxcsr %gs:(%edi) \n return_to_host");
    // SAFETY: another rounding mode, set back below; the test does no floating point in between.
    let (before, changed) = unsafe {
        let mut before = 0u32;
        asm!("stmxcsr [{}]", in(reg) &mut before);
        let changed = before | 0x6000;
        asm!("ldmxcsr [{}]", in(reg) &changed);
        (before, changed)
    };
    assert_eq!(program.enter(), Exit::Return);
    let after = host_state().mxcsr;
    // SAFETY: as it was.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &before) };
    assert_eq!(after, changed);
    assert_eq!(program.word(0) as u32, 0x1f80, "the sandbox has its own");
}

#[test]
fn two_sandboxes_alternate_on_a_thread() {
    let source = "
        1: addq $1, %gs:(%edi)
        movl $0x10000, %ecx
        movq %gs:(%ecx), %rax
        system_call
        jmp 1b";
    let (mut a, mut b) = (Program::new(source), Program::new(source));
    for round in 1..=10 {
        for program in [&mut a, &mut b] {
            assert_eq!(program.enter(), Exit::SystemCall);
            assert_eq!(program.context.registers().rax, program.sandbox.base());
            assert_eq!(program.word(0), round);
        }
    }
}

#[test]
fn a_host_that_uses_gs_gets_it_back() {
    for value in [0x1_2345_6789u64, 1, u64::MAX] {
        std::thread::spawn(move || {
            // SAFETY: nothing else on this thread uses %gs.
            unsafe { asm!("wrgsbase {}", in(reg) value) };
            let mut program = Program::new("return_to_host");
            for _ in 0..2 {
                program.restart();
                assert_eq!(program.enter(), Exit::Return);
                let after: u64;
                // SAFETY: reads a register.
                unsafe { asm!("rdgsbase {}", out(reg) after) };
                assert_eq!(after, value);
            }
        })
        .join()
        .unwrap();
    }
}

#[test]
fn contexts_move_between_threads() {
    let mut program = Program::new("movl $5, %ebx \n system_call \n movl %ebx, %eax \n return_to_host");
    assert_eq!(program.enter(), Exit::SystemCall);
    let program = std::thread::spawn(move || {
        assert_eq!(program.enter(), Exit::Return);
        program
    })
    .join()
    .unwrap();
    assert_eq!(program.context.registers().rax, 5);
}

/// Soundness 17 and 19: how much is saved follows from what verified code can touch; each combination saves enough, for
/// the sandbox and for the host.
#[test]
fn class_19_system_calls_preserve_what_code_of_each_class_can_see() {
    let vectors = ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        movl $0x1010101*(\\i+1), %eax
        vmovd %eax, %xmm\\i
        vpshufd $0, %xmm\\i, %xmm\\i
        vinsertf128 $1, %xmm\\i, %ymm\\i, %ymm\\i
        .endr";
    // What is set before the call and what is stored after it, where, and what that must be.
    let mxcsr =
        ("movl $0x3f80, %gs:(%edi) \n ldmxcsr %gs:(%edi)", "stmxcsr %gs:1024(%edi)", 1024, 0x3f80u64, 0xffff_ffff);
    let control = ("movw $0xb7f, %gs:(%edi) \n fldcw %gs:(%edi)", "fnstcw %gs:1032(%edi)", 1032, 0xb7f, 0xffff);
    let stack = ("fld1 \n fld1", "faddp \n fstpl %gs:1040(%edi)", 1040, 2f64.to_bits(), u64::MAX);
    let direction = ("std", "pushfq \n popq %gs:1048(%edi)", 1048, 0, 0x400);
    let all = [mxcsr, control, stack, direction];
    for choice in 0..1 << all.len() {
        let parts: Vec<_> = (0..all.len()).filter(|n| choice >> n & 1 == 1).map(|n| all[n]).collect();
        let before: Vec<&str> = parts.iter().map(|part| part.0).collect();
        let after: Vec<&str> = parts.iter().map(|part| part.1).collect();
        let mut program = Program::new(&format!(
            "{} \n {vectors} \n movl $39, %eax \n system_call \n {}
            .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
            vmovdqu %ymm\\i, %gs:256+32*\\i(%edi)
            .endr
            return_to_host",
            before.join("\n"),
            after.join("\n")
        ));
        let host = host_state();
        assert_eq!(program.enter(), Exit::SystemCall);
        assert_eq!(host_state(), host, "{before:?}");
        dirty_host();
        // SAFETY: the control word is as it was; the status word, in which the host keeps what it computes, is cleared.
        unsafe { asm!("fninit") };
        assert_eq!(program.enter(), Exit::Return);
        assert_eq!(host_state(), host, "{before:?}");
        for (index, byte) in (1u8..=16).enumerate() {
            assert_eq!(program.data::<32>(256 + 32 * index as u64), [byte; 32], "ymm{index}: {before:?}");
        }
        for (set, _, place, expected, mask) in parts {
            assert_eq!(program.word(place) & mask, expected, "{set}: {before:?}");
        }
    }
}

/// Answered without the host: everything but the result and what the kernel changes stays.
#[test]
fn constants_are_answered_without_leaving() {
    let mut program = Program::new(
        "vpcmpeqd %ymm5, %ymm5, %ymm5
         movl $3, %ebx
         movl $4, %edx
         movl $39, %eax
         system_call
         movq %rcx, %gs:8(%edi)
         movq %r11, %gs:16(%edi)
         movq %rax, %gs:(%edi)
         movl $511, %eax
         system_call
         movq %rax, %gs:24(%edi)
         vmovdqu %ymm5, %gs:32(%edi)
         movl $40, %eax
         system_call
         movl $512, %eax
         system_call
         btsq $32, %rax
         movb $39, %al
         system_call
         return_to_host",
    );
    // One too many, and one too high.
    let many = (0..7).map(|n| (n, n)).chain([(39, 0x1234_5678_9abc), (40, 7), (512, 8)]);
    program.context.set_constants(many);
    program.context.set_constants([(39, 0x1234_5678_9abc), (511, u64::MAX), (512, 8)]);
    for number in [40, 512, 0x1_0000_0027] {
        assert_eq!(program.enter(), Exit::SystemCall);
        let registers = *program.context.registers();
        assert_eq!((registers.rax, registers.rbx, registers.rdx), (number, 3, 4));
        program.context.registers_mut().rax = 0;
    }
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!((program.word(0), program.word(24)), (0x1234_5678_9abc, u64::MAX));
    // The return address, as the kernel leaves it.
    assert_eq!(program.word(8), program.word(16));
    assert_eq!(program.word(8) & !0xfff, program.sandbox.base() + crate::CODE);
    assert_eq!(program.data::<32>(32), [0xff; 32]);
    // And none any more.
    program.restart();
    program.context.set_constants([]);
    assert_eq!(program.enter(), Exit::SystemCall);
    assert_eq!(program.context.registers().rax, 39);
}
