//! Resets, as far as code and the place of the sandbox are concerned. (That no
//! byte of a use is left is tested with libraries, in `crates/lfi`.)

use crate::{CODE, DATA, Program, STACK, VERIFIED, assemble};
use lfi_abi::Returns;
use lfi_runtime::{Access, Check, Code, Config, Engine, Error, Exit, HotPages, Sandbox, Signal};

/// What [`Program`] maps.
fn take_snapshot(sandbox: &mut Sandbox) {
    let base = sandbox.base();
    let data = [(STACK, crate::STACK_SIZE), (DATA, crate::DATA_SIZE)];
    let mapped = data.map(|(offset, len)| (sandbox.range(base + offset, len).unwrap(), Access::ReadWrite));
    sandbox.take_snapshot(&mapped, &HotPages::default()).unwrap();
}

#[test]
fn class_22_code_is_that_of_the_snapshot() {
    for returns in [Returns::Jump, Returns::Ret] {
        let mut program = Program::with("movl $1, %eax \n return_to_host", returns, VERIFIED);
        take_snapshot(&mut program.sandbox);
        let (base, later) = (program.sandbox.base(), CODE + 0x8_0000);
        for round in 0..3 {
            // Code that was published since is gone, and its place is free for other code.
            let code = assemble(&format!("movl ${}, %eax \n return_to_host", 10 + round));
            program.sandbox.publish(base + later, &code, VERIFIED).unwrap();
            program.context.registers_mut().rip = base + later;
            assert_eq!(program.enter(), Exit::Return);
            assert_eq!(program.context.registers().rax, 10 + round);
            program.sandbox.reset().unwrap();
            program.context.registers_mut().rip = base + later;
            assert!(matches!(program.enter(), Exit::Trap(trap) if trap.signal == Signal::Segv));

            // Code that was retired since is back.
            program.sandbox.retire(base + CODE).unwrap();
            program.restart();
            assert!(matches!(program.enter(), Exit::Trap(_)));
            program.sandbox.reset().unwrap();
            program.restart();
            assert_eq!(program.enter(), Exit::Return);
            assert_eq!(program.context.registers().rax, 1);
        }
    }
}

#[test]
fn without_a_snapshot_nothing_is_reset() {
    let mut program = Program::new("return_to_host");
    assert!(matches!(program.sandbox.reset(), Err(Error::NoSnapshot)));
    let outside = Program::new("return_to_host");
    let range = outside.sandbox.range(outside.sandbox.base() + DATA, 4096).unwrap();
    let foreign = program.sandbox.take_snapshot(&[(range, Access::ReadWrite)], &HotPages::default());
    assert!(matches!(foreign, Err(Error::OutOfRange)));
    let code = program.sandbox.range(program.sandbox.base() + CODE, 4096).unwrap();
    let code = program.sandbox.take_snapshot(&[(code, Access::Read)], &HotPages::default());
    assert!(matches!(code, Err(Error::Code)));
}

#[test]
fn class_15_a_verdict_holds_for_its_rules_and_place_alone() {
    let engine = crate::engine();
    let masked_return = assemble("andl $-32, %r11d \n addq %gs:0x10000, %r11 \n pushq %r11 \n retq");
    let code = Code::new(CODE, &masked_return, Returns::Ret, VERIFIED).unwrap();
    let shared = engine.sandbox(Returns::Jump).unwrap();
    assert!(matches!(shared.map_code(&code), Err(Error::OtherReturns)));
    let exclusive = engine.sandbox(Returns::Ret).unwrap();
    exclusive.map_code(&code).unwrap();
    let weaker = Code::new(2 * CODE, &assemble("nop"), Returns::Ret, Check::Verify(lfi_abi::Kind::Stores)).unwrap();
    assert!(matches!(exclusive.map_code(&weaker), Err(Error::OtherKind)));
    // The same pages, with nothing to be verified, at the same offset of another slot.
    let other = engine.sandbox(Returns::Ret).unwrap();
    other.map_code(&code).unwrap();
    let mut bytes = [0; 8];
    other.read(other.base() + CODE, &mut bytes).unwrap();
    assert_eq!(bytes, masked_return[..8]);
}

/// One sandbox of a process can be at address 0: everything works there, too.
#[test]
fn a_sandbox_at_address_zero() {
    let mut config = Config::default();
    config.at_zero = true;
    let engine = Engine::new(&config).unwrap();
    for returns in [Returns::Jump, Returns::Ret, Returns::Jump] {
        let sandbox = engine.sandbox(returns).unwrap();
        assert_eq!(sandbox.base(), 0, "the first, and the next after its end");
        assert!(engine.sandbox(returns).unwrap().base() > 0, "there is one such place");
        let source = "movl %gs:(%edi), %eax \n movl $7, %gs:4(%edi) \n return_to_host
                      movl %gs:(%esi), %eax \n return_to_host";
        let mut program = Program::of(sandbox, &assemble(source), VERIFIED);
        program.sandbox.write(DATA, &5u32.to_le_bytes()).unwrap();
        assert_eq!(program.enter(), Exit::Return);
        assert_eq!((program.context.registers().rax, program.word(0) >> 32), (5, 7));
        assert_eq!(program.context.registers().rsp, STACK + crate::STACK_SIZE);
        // Null pointers fault here as everywhere.
        program.context.registers_mut().rsi = 0x8000;
        let Exit::Trap(trap) = program.enter() else { panic!("no trap") };
        assert_eq!((trap.signal, trap.address), (Signal::Segv, Some(0x8000)));
        assert!(matches!(program.sandbox.read(0, &mut [0; 8]), Err(Error::OutOfRange)));
    }
}
