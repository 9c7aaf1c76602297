//! Faults in the sandbox are values, and the host goes on.

use crate::{CODE, Program, STACK};
use lfi_abi::layout;
use lfi_runtime::{Exit, Signal, Trap};

fn trap(program: &mut Program) -> Trap {
    match program.enter() {
        Exit::Trap(trap) => trap,
        other => panic!("no trap: {other:?}"),
    }
}

#[test]
fn every_kind_of_fault_is_a_value() {
    for (source, signal, pc, address) in [
        ("nop \n movl $1, %gs:0x40", Signal::Segv, 1, Some(0x40)),
        ("movl $-4, %ecx \n movl %gs:(%ecx), %eax", Signal::Segv, 5, Some(0xffff_fffc)),
        ("movl $1, %gs:0x10000", Signal::Segv, 0, Some(layout::RUNTIME_PAGE)),
        ("movl $1, %gs:0x100000", Signal::Segv, 0, Some(CODE)),
        ("nop \n ud2", Signal::Ill, 1, None),
        ("nop \n int3", Signal::Trap, 1, None),
        ("hlt", Signal::Segv, 0, None),
        ("xorl %ecx, %ecx \n xorl %edx, %edx \n divl %ecx", Signal::Fpe, 4, None),
        ("jmp . + 0x1000", Signal::Segv, 0x1000, Some(CODE + 0x1000)),
        ("", Signal::Trap, 0, None), // the int3 behind the code
    ] {
        // Two of these are what the verifier would refuse.
        let mut program = Program::trusted(if source.is_empty() { ".byte 0xcc" } else { source });
        let base = program.sandbox.base();
        for _ in 0..2 {
            program.restart();
            let trap = trap(&mut program);
            assert_eq!(trap.signal, signal, "{source}");
            assert_eq!(trap.pc, base + CODE + pc, "{source}");
            assert_eq!(trap.address, address.map(|a| base + a), "{source}");
            assert_eq!(trap.registers.rdi, base + crate::DATA, "{source}");
        }
    }
}

#[test]
fn a_stack_overflow_is_a_value() {
    let mut program = Program::new("1: pushq %rax \n jmp 1b");
    let base = program.sandbox.base();
    let trap = trap(&mut program);
    assert_eq!(trap.signal, Signal::Segv);
    assert_eq!(trap.address, Some(base + STACK - 8));
    assert_eq!(trap.registers.rsp, base + STACK);
}

#[test]
fn a_stack_outside_what_is_mapped_is_a_value() {
    for rsp in [0, 8, layout::SLOT_SIZE - 8, layout::USER_END] {
        let mut program = Program::new("pushq %rax \n return_to_host");
        program.context.registers_mut().rsp = rsp;
        assert_eq!(trap(&mut program).signal, Signal::Segv, "{rsp:#x}");
    }
}

#[test]
fn a_jump_to_data_is_a_value() {
    let mut program = Program::new(
        ".bundle_lock
         andl $-32, %edi
         addq %gs:0x10000, %rdi
         jmpq *%rdi
         .bundle_unlock",
    );
    let base = program.sandbox.base();
    program.sandbox.write(base + crate::DATA, &[0x90; 64]).unwrap();
    let trap = trap(&mut program);
    assert_eq!((trap.signal, trap.pc), (Signal::Segv, base + crate::DATA));
}

#[test]
fn after_a_trap_the_sandbox_can_be_entered_again() {
    let mut program = Program::new(
        "ud2
         .p2align 5, 0x90
         movl $3, %eax
         return_to_host",
    );
    trap(&mut program);
    let base = program.sandbox.base();
    program.context.registers_mut().rip = base + CODE + 32;
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.context.registers().rax, 3);
}

#[test]
fn a_truncated_file_behind_a_mapping_is_a_value() {
    use std::{io::Write, os::fd::AsFd};
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("truncated-{}", std::process::id()));
    let mut file = std::fs::File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    file.write_all(&[1; 4096]).unwrap();
    let mut program = Program::new("movl %gs:(%edi), %eax \n return_to_host");
    let place = program.sandbox.base() + 0x50_0000;
    let range = program.sandbox.range(place, 4096).unwrap();
    program.sandbox.map_file(range, lfi_runtime::Access::Read, file.as_fd(), 0).unwrap();
    file.set_len(0).unwrap();
    std::fs::remove_file(&path).unwrap();
    program.context.registers_mut().rdi = place;
    let trap = trap(&mut program);
    assert_eq!((trap.signal, trap.address), (Signal::Bus, Some(place)));
    // The host's own copy of it fails, too.
    assert!(matches!(program.sandbox.read(place, &mut [0; 8]), Err(lfi_runtime::Error::Fault)));
}
