//! What a fault has interrupted, put aside and taken up again.

use crate::{
    CODE, DATA, Program, VERIFIED, assemble, calls::programs, engine, handlers::scenario_in, switch::dirty_host,
};
use lfi_abi::Returns;
use lfi_runtime::{Access, Aside, Call, Exit, Registers, Signal};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// Faults in the middle of its first bundle at what `%rdi` points to, with flags and
/// `%r11` that count; the second bundle is a handler that spoils all of it.
const SOURCE: &str = "
    incl %r12d
    movl $77, %r11d
    cmpl %r12d, %r12d
    movl %gs:(%edi), %ecx
    sete %al
    leaq (%r11,%rcx), %rbx
    .p2align 5, 0x90
    return_to_host
    .p2align 5, 0x90
    xorl %r11d, %r11d
    movl $-1, %ecx
    pcmpeqd %xmm1, %xmm1
    addl $1, %ecx
    incl %ecx
    .p2align 5, 0x90
    return_to_host";
/// Slot offset of the handler.
const HANDLER: u64 = CODE + 64;

/// A program that has faulted and run its handler; what was put aside.
fn interrupted(returns: Returns) -> (Program, Aside) {
    let mut program = Program::with(SOURCE, returns, crate::VERIFIED);
    let base = program.sandbox.base();
    let data = program.sandbox.range(base + DATA, 4096).unwrap();
    program.sandbox.write(base + DATA, &5u32.to_le_bytes()).unwrap();
    program.sandbox.protect(data, Access::None).unwrap();
    program.context.registers_mut().rdi = base + DATA;
    assert!(!program.context.is_interrupted());
    let Exit::Trap(trap) = program.enter() else { panic!() };
    assert!(!trap.pc.is_multiple_of(32));
    assert!(program.context.is_interrupted());
    let aside = program.context.put_aside();
    program.context.registers_mut().rip = base + HANDLER;
    assert!(!program.context.is_interrupted());
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.context.xmm(1), u128::MAX);
    program.sandbox.protect(data, Access::ReadWrite).unwrap();
    (program, aside)
}

#[test]
fn it_goes_on_at_the_instruction() {
    for returns in [Returns::Jump, Returns::Ret] {
        let (mut program, aside) = interrupted(returns);
        program.context.take_up(aside);
        assert_eq!(program.enter(), Exit::Return);
        let registers = program.context.registers();
        assert_eq!((registers.r12, registers.rax & 0xff, registers.rbx), (1, 1, 82));
        assert_eq!(program.context.xmm(1), 0);
    }
}

/// A host that mixes up its sandboxes: what stood at an instruction of one goes on at a bundle of another.
#[test]
fn class_19_what_a_call_in_one_sandbox_left_does_not_stand_in_another() {
    let (mut one, other) = (programs("ud2").next().unwrap(), programs("ud2").next().unwrap());
    let base = one.sandbox.base();
    let stack_pointer = base + crate::STACK + crate::STACK_SIZE;
    let mut call = Call { function: base + CODE, stack_pointer, ..Call::default() };
    // The first call on a thread goes the long way.
    crate::engine().prepare_thread().unwrap();
    assert_eq!(lfi_runtime::call::<Program>(&mut one, &mut call), None);
    let exit = other.sandbox.call_goes_on(&mut one.context, &call).unwrap();
    assert!(matches!(exit, Exit::Trap(trap) if trap.pc == base + CODE), "{exit:?}");
    one.context.stay();
    let Exit::Trap(trap) = other.sandbox.enter(&mut one.context).unwrap() else { panic!() };
    assert_eq!(trap.pc, other.sandbox.base() + CODE);
}

#[test]
fn class_19_changed_registers_go_on_at_a_bundle() {
    let (mut program, aside) = interrupted(Returns::Jump);
    let registers = lfi_runtime::Registers { rbx: 1, ..*program.context.registers() };
    let pc = {
        program.context.take_up(aside.clone());
        program.context.registers().rip
    };
    // By the program's wish, or by its host's hand after it was taken up.
    let wanted = lfi_runtime::Registers { rip: pc, rdi: program.sandbox.base() + DATA, r12: 1, ..registers };
    program.context.take_up_elsewhere(&aside, wanted);
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.context.registers().r12, 2, "from the start of the bundle");

    program.context.take_up(aside);
    program.context.registers_mut().rbx += 1;
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.context.registers().r12, 2, "from the start of the bundle");
}

#[test]
fn class_19_another_sandbox_is_entered_at_a_bundle() {
    let (mut program, aside) = interrupted(Returns::Jump);
    let other = engine().sandbox(Returns::Jump).unwrap();
    let base = other.base();
    other.publish(base + CODE, &crate::assemble(SOURCE), crate::VERIFIED).unwrap();
    other.map(other.range(base + DATA, 4096).unwrap(), Access::ReadWrite).unwrap();
    program.context.take_up(aside);
    assert_eq!(other.enter(&mut program.context).unwrap(), Exit::Return);
    assert_eq!(program.context.registers().r12, 2, "from the start of the bundle");
}

/// What was put aside holds x87 registers of the host where no code could see them: code that is published
/// meanwhile does not see them either.
#[test]
fn class_18_what_was_put_aside_is_cleared_before_later_code_sees_it() {
    let source = "movl $0x1f80, %gs:(%edi) \n ldmxcsr %gs:(%edi) \n movl %gs:(%esi), %eax";
    let mut program = Program::with(source, Returns::Ret, VERIFIED);
    let (base, later) = (program.sandbox.base(), CODE + 0x8_0000);
    dirty_host();
    assert!(matches!(program.enter(), Exit::Trap(_)));
    let aside = program.context.put_aside();
    let look = assemble(".irp i, 0,1,2,3,4,5,6,7 \n movq %mm\\i, %gs:8*\\i(%edi) \n .endr \n emms \n return_to_host");
    program.sandbox.publish(base + later, &look, VERIFIED).unwrap();
    let registers = Registers { rip: base + later, ..*program.context.registers() };
    *program.context.registers_mut() = registers;
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.data::<64>(0), [0; 64]);
    program.context.take_up_elsewhere(&aside, registers);
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.data::<64>(0), [0; 64]);
}

/// Where a signal has interrupted an exclusive sandbox just before a `ret`, the address that was masked is in memory
/// already, where its host can write before the context goes on. Here the processor steps up to there.
#[test]
fn class_19_an_interrupted_return_masks_its_address_again() {
    let name = "class_19_an_interrupted_return_masks_its_address_again";
    if let Some((status, text)) = scenario_in("aside", name) {
        assert!(status.success(), "{text}");
        return;
    }
    const TIMES: usize = 5;
    /// Slot offset of what the changed address leads to.
    const ELSEWHERE: u64 = CODE + 128;
    let source = "
        jmp 2f
        .p2align 5, 0x90
        1: RETURN
        .p2align 5, 0x90
        2:
        .bundle_lock align_to_end
        callq 1b
        .bundle_unlock
        jmp 2b
        .p2align 5, 0x90
        ud2";
    let mut program = programs(source).find(|program| program.sandbox.returns() == Returns::Ret).unwrap();
    program.restart();
    let base = program.sandbox.base();
    stepping::install(base);
    // SAFETY: no preconditions.
    let thread = unsafe { libc::pthread_self() };
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // SAFETY: the thread waits for this one.
                unsafe { libc::pthread_kill(thread, libc::SIGUSR1) };
                thread::sleep(Duration::from_micros(200));
            }
        });
        let exits: Vec<_> = (0..TIMES)
            .map(|_| {
                let exit = program.enter();
                let rsp = program.context.registers().rsp;
                program.sandbox.write(rsp, &(base + ELSEWHERE).to_le_bytes()).unwrap();
                let aside = program.context.put_aside();
                program.context.take_up(aside);
                exit
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        for exit in exits {
            let Exit::Trap(trap) = exit else { panic!("{exit:?}") };
            assert_eq!(trap.signal, Signal::Trap);
            let mut instruction = [0];
            program.sandbox.read(trap.registers.rip, &mut instruction).unwrap();
            assert_eq!(instruction, [stepping::RET]);
        }
    });
}

/// Has the processor step through a sandbox from where a signal arrives, and reports a fault at the next `ret`.
mod stepping {
    use crate::handlers::install as install_handler;
    use lfi_abi::layout::SLOT_SIZE;
    use std::sync::atomic::{AtomicU64, Ordering};

    pub(super) const RET: u8 = 0xc3;
    /// The trap flag.
    const TF: i64 = 0x100;
    static BASE: AtomicU64 = AtomicU64::new(0);

    pub(super) fn install(base: u64) {
        BASE.store(base, Ordering::Relaxed);
        let flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        install_handler(libc::SIGUSR1, begin as *const () as usize, flags);
        install_handler(libc::SIGTRAP, step as *const () as usize, flags | libc::SA_NODEFER);
    }

    /// Where the interrupted code stands: in the sandbox, or none.
    fn inside(context: &libc::ucontext_t) -> Option<u64> {
        let pc = context.uc_mcontext.gregs[libc::REG_RIP as usize] as u64;
        (pc.wrapping_sub(BASE.load(Ordering::Relaxed)) < SLOT_SIZE).then_some(pc)
    }

    extern "C" fn begin(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: the kernel's ucontext.
        let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
        if inside(context).is_some() {
            context.uc_mcontext.gregs[libc::REG_EFL as usize] |= TF;
        }
    }

    extern "C" fn step(signal: i32, info: *mut libc::siginfo_t, raw: *mut libc::c_void) {
        // SAFETY: the kernel's ucontext.
        let context = unsafe { &mut *raw.cast::<libc::ucontext_t>() };
        // SAFETY: the sandbox's code is readable.
        let at_return = inside(context).map(|pc| unsafe { (pc as *const u8).read() } == RET);
        if at_return != Some(false) {
            context.uc_mcontext.gregs[libc::REG_EFL as usize] &= !TF;
        }
        if at_return == Some(true) {
            // SAFETY: the handler's own arguments.
            assert!(unsafe { lfi_runtime::handle_fault(signal, info, raw) });
        }
    }
}
