//! Stays that pause for system calls: the x87 unit is left as the sandbox has it, and nobody else sees it.

use crate::{
    CODE, DATA, Program, VERIFIED, assemble,
    handlers::{install, scenario_in},
    switch::{HostState, dirty_host, host_state},
};
use lfi_abi::Returns;
use lfi_runtime::{Access, Alarm, Error, Exit, Held, Sandbox, Stay};
use std::{
    arch::asm,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, mpsc},
    time::Duration,
};

/// What code of each class does to the unit, and how it shows what it has there.
const CASES: [(&str, &str); 7] = [
    // A full stack, with values that differ.
    (
        "fld1 \n fldpi \n fldl2t \n fldl2e \n fldlg2 \n fldln2 \n fldz \n fld1",
        ".irp i, 0,1,2,3,4,5,6,7 \n fstpt %gs:16*\\i(%edi) \n .endr",
    ),
    // An odd control word, and part of a stack.
    (
        "movw $0xb7f, %gs:(%edi) \n fldcw %gs:(%edi) \n fldpi \n fld1",
        "fnstcw %gs:(%edi) \n fstpt %gs:16(%edi) \n fstpt %gs:32(%edi)",
    ),
    // Nothing on the stack, but an exception that is masked.
    ("fldz \n fld1 \n fdivp \n fstp %st(0)", "fnstsw %ax \n movw %ax, %gs:(%edi)"),
    // Exceptions unmasked, and one of them pending.
    ("movw $0x0c33, %gs:(%edi) \n fldcw %gs:(%edi) \n fld1 \n fldz \n fdivrp", "fnsave %gs:(%edi)"),
    // A top and tags that no compiler leaves.
    ("fldpi \n fld1 \n fincstp \n fld1 \n ffree %st(3)", "fnsave %gs:(%edi)"),
    ("movl $77, %eax \n movd %eax, %mm0 \n movd %eax, %mm7", "movq %mm0, %gs:(%edi) \n movq %mm7, %gs:8(%edi)"),
    ("movl $0x3f80, %gs:(%edi) \n ldmxcsr %gs:(%edi) \n fld1", "stmxcsr %gs:(%edi) \n fstpt %gs:16(%edi)"),
];

/// Where `fnsave` says what the last instruction was. Neither processors nor kernels keep that in every case.
const POINTERS: Range<usize> = 12..28;

/// `spoil`, a call with this number, and `show`.
fn source(spoil: &str, number: u32, show: &str) -> String {
    format!(
        "{spoil}
         vpcmpeqd %ymm5, %ymm5, %ymm5
         movl ${number}, %eax
         system_call
         vmovdqu %ymm5, %gs:512(%edi)
         movl %eax, %ebx
         {show}
         return_to_host"
    )
}

/// How a call is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    /// Inside.
    Constant,
    /// In a pause.
    Pause,
    /// After the pause.
    Late,
    /// In a pause in which the sandbox changes, so that the context is lent to it anew.
    Anew,
}

fn held(sandbox: &mut Sandbox, alone: bool) -> Held<'_> {
    if alone { Held::Alone(sandbox) } else { Held::Shared(sandbox) }
}

/// Runs the program, whose call with number 500 comes back with 1234.
fn run(program: &mut Program, answer: Answer, alone: bool) {
    let base = program.sandbox.base();
    if answer == Answer::Constant {
        program.context.set_constants([(500, 1234)]);
        assert_eq!(program.enter(), Exit::Return);
        return;
    }
    let Program { sandbox, context, .. } = program;
    let Stay::Pauses(pause) = held(sandbox, alone).enter(context).unwrap() else { panic!() };
    assert_eq!(pause.registers().rax, 500);
    let mut mxcsr = 0u32;
    // SAFETY: stores a word, and changes registers that are declared, none of x87.
    unsafe { asm!("stmxcsr [{}]", "vpcmpeqd ymm5, ymm5, ymm5", in(reg) &mut mxcsr, out("ymm5") _) };
    assert_eq!(mxcsr & !0x3f, 0x1f80);
    if answer == Answer::Late {
        drop(pause);
        dirty_host();
        context.registers_mut().rax = 1234;
        assert_eq!(sandbox.enter(context).unwrap(), Exit::Return);
        return;
    }
    if answer == Answer::Anew {
        sandbox.publish(base + CODE + 0x10_0000, &assemble("nop"), VERIFIED).unwrap();
    }
    let stay = held(sandbox, alone).go_on(pause, 1234).unwrap();
    assert!(matches!(stay, Stay::Ends(Exit::Return)), "{stay:?}");
}

#[test]
fn class_19_the_x87_unit_is_the_same_after_a_pause() {
    for (spoil, show) in CASES {
        let source = source(spoil, 500, show);
        for (returns, alone) in
            [(Returns::Jump, false), (Returns::Jump, true), (Returns::Ret, false), (Returns::Ret, true)]
        {
            let mut shown = Vec::new();
            for answer in [Answer::Constant, Answer::Pause, Answer::Late, Answer::Anew] {
                let mut program = Program::with(&source, returns, VERIFIED);
                let host = host_state();
                run(&mut program, answer, alone);
                assert_eq!(host_state(), host, "{spoil}: {answer:?}");
                assert_eq!(program.context.registers().rbx, 1234);
                assert_eq!(program.data::<32>(512), [0xff; 32], "{spoil}: {answer:?}");
                let mut unit: [u8; 256] = program.data(0);
                if show.starts_with("fnsave") {
                    unit[POINTERS].fill(0);
                }
                assert_ne!(unit, [0; 256], "{spoil}");
                shown.push((answer, unit));
            }
            for (answer, unit) in &shown[1..] {
                assert_eq!(*unit, shown[0].1, "{spoil}: {answer:?}");
            }
        }
    }
}

/// What spoils most: a full stack, an odd control word, and an exception that waits for the next instruction of the unit.
pub(crate) const WORST: &str = "
    fld1 \n fld1 \n fld1 \n fld1 \n fld1 \n fld1 \n fld1 \n fldz
    movw $0x0c33, %gs:(%edi) \n fldcw %gs:(%edi) \n fdivr %st(1), %st";

/// Whatever becomes of a pause, the host has its own unit.
#[test]
fn class_19_the_host_has_its_x87_unit_after_every_end_of_a_stay() {
    let ways = ["return_to_host", "ud2", "xorl %ecx, %ecx \n movb $0, %gs:(%ecx)", "callback", "int3", "system_call"];
    for way in ways {
        let mut program = Program::new(&format!("{WORST} \n system_call \n {way}"));
        let host = host_state();
        let Program { sandbox, context, .. } = &mut program;
        let Stay::Pauses(pause) = Held::Alone(sandbox).enter(context).unwrap() else { panic!() };
        let stay = Held::Alone(sandbox).go_on(pause, 0).unwrap();
        assert_eq!(matches!(stay, Stay::Pauses(_)), way == "system_call");
        drop(stay);
        assert_eq!(host_state(), host, "{way}");
    }
    // It is not gone on with: dropped, forgotten by a panic, stopped.
    let mut program = Program::new(&format!("{WORST} \n system_call \n system_call \n system_call \n return_to_host"));
    let interrupter = program.sandbox.interrupter();
    let host = host_state();
    let Program { sandbox, context, .. } = &mut program;
    drop(Held::Shared(sandbox).enter(context).unwrap());
    assert_eq!(host_state(), host);
    // The context has it.
    assert_eq!(context.x87(2)[9], 0x3f);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _stay = Held::Shared(sandbox).enter(context).unwrap();
        panic!("in a pause");
    }));
    assert!(panicked.is_err());
    assert_eq!(host_state(), host);
    let Stay::Pauses(pause) = Held::Shared(sandbox).enter(context).unwrap() else { panic!() };
    interrupter.stop();
    assert!(matches!(Held::Shared(sandbox).go_on(pause, 0), Err(Error::Stopped)));
    assert_eq!(host_state(), host);
    assert_eq!(context.x87(2)[9], 0x3f);
    sandbox.restart().unwrap();
    assert_eq!(sandbox.enter(context).unwrap(), Exit::Return);
    assert_eq!(host_state(), host);
}

/// An exclusive sandbox may be written to in a pause, and is claimed for the rest of the stay.
#[test]
fn in_a_pause_nobody_is_inside() {
    let mut program = Program::with(
        &format!("{WORST} \n system_call \n movq %gs:64(%edi), %rbx \n return_to_host"),
        Returns::Ret,
        VERIFIED,
    );
    let at = program.sandbox.base() + DATA + 64;
    let Program { sandbox, context, .. } = &mut program;
    let Stay::Pauses(pause) = Held::Shared(sandbox).enter(context).unwrap() else { panic!() };
    sandbox.write(at, &7u64.to_le_bytes()).unwrap();
    assert!(matches!(Held::Shared(sandbox).go_on(pause, 0), Ok(Stay::Ends(Exit::Return))));
    assert_eq!(context.registers().rbx, 7);
}

/// What has gone on at an instruction goes on after a system call as any other: with flags of its own.
#[test]
fn a_stay_that_was_resumed_pauses_like_any_other() {
    let mut program = Program::new(
        "std
         movl %gs:(%edi), %ecx
         cld
         system_call
         pushfq
         popq %rbx
         return_to_host",
    );
    let Program { sandbox, context, .. } = &mut program;
    let data = sandbox.range(sandbox.base() + DATA, 4096).unwrap();
    sandbox.protect(data, Access::None).unwrap();
    assert!(matches!(Held::Shared(sandbox).enter(context), Ok(Stay::Ends(Exit::Trap(_)))));
    sandbox.protect(data, Access::ReadWrite).unwrap();
    context.stay();
    let Stay::Pauses(pause) = Held::Shared(sandbox).enter(context).unwrap() else { panic!() };
    assert!(matches!(Held::Shared(sandbox).go_on(pause, 0), Ok(Stay::Ends(Exit::Return))));
    assert_eq!(context.registers().rbx & 0x400, 0);
}

/// A handler of the host's that comes in a pause computes with a unit of its own, and leaves the sandbox's alone.
#[test]
fn class_19_a_signal_in_a_pause_sees_a_fresh_x87_unit() {
    let name = "class_19_a_signal_in_a_pause_sees_a_fresh_x87_unit";
    if let Some((status, text)) = scenario_in("pauses", name) {
        assert!(status.success(), "{text}");
        return;
    }
    static SEEN: Mutex<Option<HostState>> = Mutex::new(None);
    extern "C" fn look(_: i32) {
        *SEEN.lock().unwrap() = Some(host_state());
        dirty_host();
    }
    install(libc::SIGUSR1, look as *const () as usize, libc::SA_ONSTACK);
    let mut program = Program::new(&format!("{WORST} \n system_call \n fnsave %gs:(%edi) \n return_to_host"));
    let mut units = Vec::new();
    for signal in [false, true] {
        program.restart();
        let host = host_state();
        let Program { sandbox, context, .. } = &mut program;
        let Stay::Pauses(pause) = Held::Alone(sandbox).enter(context).unwrap() else { panic!() };
        if signal {
            // SAFETY: it has a handler.
            unsafe { libc::raise(libc::SIGUSR1) };
            assert_eq!(SEEN.lock().unwrap().take(), Some(host_state_of_a_handler()));
        }
        assert!(matches!(Held::Alone(sandbox).go_on(pause, 0), Ok(Stay::Ends(Exit::Return))));
        assert_eq!(host_state(), host);
        let mut unit: [u8; 108] = program.data(0);
        unit[POINTERS].fill(0);
        units.push(unit);
    }
    assert_eq!(units[0], units[1]);
}

/// A signal that a call sends in a pause may start the watch, whose thread inherits the state of the one that starts it.
#[test]
fn class_19_the_watch_does_not_have_the_x87_unit_of_a_pause() {
    let name = "class_19_the_watch_does_not_have_the_x87_unit_of_a_pause";
    if let Some((status, text)) = scenario_in("pauses", name) {
        assert!(status.success(), "{text}");
        return;
    }
    let mut program = Program::new(&format!("{WORST} \n system_call"));
    let presence = program.sandbox.presence();
    presence.look_after(&mut program.context);
    let before = presence.prepare_and_arrive().unwrap();
    let host = host_state();
    let Program { sandbox, context, .. } = &mut program;
    let Stay::Pauses(pause) = Held::Alone(sandbox).enter(context).unwrap() else { panic!() };
    presence.nudger().nudge();
    drop(pause);
    presence.leave(before);
    let (seen, sees) = mpsc::channel();
    let alarm = Alarm::new(move || seen.send(host_state()).unwrap()).unwrap();
    alarm.set(Duration::ZERO);
    assert_eq!(sees.recv(), Ok(host));
}

fn host_state_of_a_handler() -> HostState {
    HostState { flags: 0, mxcsr: 0x1f80, x87_control: 0x37f, x87_status: 0, x87_tags: 0xffff }
}
