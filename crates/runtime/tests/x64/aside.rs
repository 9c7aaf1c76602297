//! What a fault has interrupted, put aside and taken up again.

use crate::{CODE, DATA, Program, VERIFIED, assemble, engine, switch::dirty_host};
use lfi_abi::Returns;
use lfi_runtime::{Access, Aside, Exit, Registers};

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
