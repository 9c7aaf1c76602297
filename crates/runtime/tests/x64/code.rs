//! Code is published whole, verified where nothing can write, and stays.

use crate::{CODE, Program, VERIFIED, assemble, engine, memory::maps};
use lfi_abi::{Kind, Returns};
use lfi_runtime::{Access, Check, Error, Exit, PublishError};

#[test]
fn unverifiable_code_is_refused_with_rule_and_place() {
    let sandbox = engine().sandbox(Returns::Jump).unwrap();
    for source in
        ["nop \n syscall", "nop \n retq", "nop \n movq %rax, (%rdi)", "nop \n jmpq *%rax", "nop \n wrgsbase %rax"]
    {
        let result = sandbox.publish(sandbox.base() + CODE, &assemble(source), VERIFIED);
        let Err(PublishError::Rejected(violation)) = result else { panic!("{source}: {result:?}") };
        assert_eq!(u64::from(violation.offset), CODE + 1, "{source}");
        assert!(!violation.rule.id().is_empty());
    }
    // Nothing of it was mapped.
    assert!(matches!(sandbox.read(sandbox.base() + CODE, &mut [0]), Err(Error::Fault)));
    sandbox.publish(sandbox.base() + CODE, &assemble("nop"), VERIFIED).unwrap();
}

#[test]
fn places_for_code_are_checked() {
    let sandbox = engine().sandbox(Returns::Jump).unwrap();
    let code = assemble("nop");
    for (at, code) in [
        (CODE + 1, &code[..]),
        (CODE + 16, &code),
        (CODE, &[]),
        (0, &code),
        (lfi_abi::layout::RUNTIME_PAGE, &code),
        (lfi_abi::layout::USER_END, &code),
        (lfi_abi::layout::SLOT_SIZE, &code),
    ] {
        assert!(sandbox.publish(sandbox.base() + at, code, VERIFIED).is_err(), "{at:#x}");
    }
}

#[test]
fn class_16_code_is_never_changed_moved_or_mapped_over() {
    let mut program = Program::new("movl $1, %eax \n return_to_host");
    let (sandbox, base) = (&program.sandbox, program.sandbox.base());
    let page = sandbox.range(base + CODE, 4096).unwrap();
    let around = sandbox.range(base + CODE - 4096, 3 * 4096).unwrap();
    let elsewhere = sandbox.range(base + 0x400_0000, 4096).unwrap();
    sandbox.map(elsewhere, Access::ReadWrite).unwrap();
    let file = std::fs::File::open("/proc/self/exe").unwrap();
    for range in [page, around] {
        assert!(matches!(sandbox.map(range, Access::ReadWrite), Err(Error::Code)));
        assert!(matches!(sandbox.unmap(range), Err(Error::Code)));
        assert!(matches!(sandbox.protect(range, Access::ReadWrite), Err(Error::Code)));
        assert!(matches!(sandbox.discard(range), Err(Error::Code)));
        let fd = std::os::fd::AsFd::as_fd(&file);
        assert!(matches!(sandbox.map_file(range, Access::Read, fd, 0), Err(Error::Code)));
    }
    assert!(matches!(sandbox.move_pages(page, elsewhere), Err(Error::OutOfRange | Error::Code)));
    assert!(matches!(sandbox.move_pages(elsewhere, page), Err(Error::Code)));
    assert!(matches!(sandbox.write(base + CODE, &[0x90]), Err(Error::Fault)));
    assert!(sandbox.publish(base + CODE + 64, &assemble("nop"), VERIFIED).is_err());
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.context.registers().rax, 1);
}

#[test]
fn class_15_no_alias_of_code_is_writable() {
    let program = Program::new("return_to_host");
    let base = program.sandbox.base();
    let maps = maps();
    let code = maps.iter().find(|(start, ..)| *start == base + CODE).expect("code is mapped");
    assert_eq!(code.2, "r-xs");
    assert!(maps.iter().all(|(_, _, permissions, _)| !permissions.starts_with("rwx")), "writable and executable");
    assert!(maps.iter().filter(|m| m.3.contains("lfi-code")).all(|m| !m.2.contains('w')));
    // Even the host cannot make the mapping writable.
    // SAFETY: asks for something that must be refused.
    let result = unsafe { libc::mprotect(code.0 as *mut libc::c_void, 4096, libc::PROT_READ | libc::PROT_WRITE) };
    assert_eq!(result, -1);
}

#[test]
fn slack_is_filled_with_breakpoints() {
    let sandbox = engine().sandbox(Returns::Jump).unwrap();
    let code = assemble("nop");
    sandbox.publish(sandbox.base() + CODE + 64, &code, VERIFIED).unwrap();
    let mut page = [0; 4096];
    sandbox.read(sandbox.base() + CODE, &mut page).unwrap();
    assert_eq!(page[64..96], code[..]);
    assert!(page[..64].iter().chain(&page[96..]).all(|&b| b == 0xcc));
}

#[test]
fn retired_code_is_gone_for_good() {
    let mut program = Program::new("return_to_host");
    let base = program.sandbox.base();
    assert!(matches!(program.sandbox.retire(base + CODE + 4096), Err(Error::Code)));
    program.sandbox.retire(base + CODE).unwrap();
    assert!(matches!(program.enter(), Exit::Trap(_)));
    assert!(program.sandbox.publish(base + CODE, &assemble("nop"), VERIFIED).is_err());
    let range = program.sandbox.range(base + CODE, 4096).unwrap();
    assert!(matches!(program.sandbox.map(range, Access::Read), Err(Error::Code)));
}

/// A masked `ret` is safe in an exclusive sandbox alone, and a sandbox
/// protects as its weakest code: neither is left to the caller.
#[test]
fn rules_follow_the_sandbox() {
    let engine = engine();
    let masked_return = assemble("andl $-32, %r11d \n addq %gs:0x10000, %r11 \n pushq %r11 \n retq");
    let shared = engine.sandbox(Returns::Jump).unwrap();
    let result = shared.publish(shared.base() + CODE, &masked_return, VERIFIED);
    assert!(matches!(result, Err(PublishError::Rejected(_))), "{result:?}");
    let exclusive = engine.sandbox(Returns::Ret).unwrap();
    exclusive.publish(exclusive.base() + CODE, &masked_return, VERIFIED).unwrap();

    let weaker = exclusive.publish(exclusive.base() + 2 * CODE, &assemble("nop"), Check::Verify(Kind::Stores));
    assert!(matches!(weaker, Err(PublishError::Runtime(Error::OtherKind))), "{weaker:?}");
    exclusive.publish(exclusive.base() + 2 * CODE, &assemble("nop"), VERIFIED).unwrap();
}
