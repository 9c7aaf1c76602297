//! Exclusive sandboxes: one user at a time.

use crate::{Program, VERIFIED};
use lfi_abi::Returns;
use lfi_runtime::{Access, Context, Error, Exit};
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn masked_returns_run() {
    let mut program = Program::with(
        "jmp 2f
         .p2align 5, 0x90
         1: movl $9, %eax
         popq %r11
         .bundle_lock
         andl $-32, %r11d
         addq %gs:0x10000, %r11
         pushq %r11
         retq
         .bundle_unlock
         .p2align 5, 0x90
         2:
         .bundle_lock align_to_end
         callq 1b
         .bundle_unlock
         addl $1, %eax
         return_to_host",
        Returns::Ret,
        VERIFIED,
    );
    assert_eq!(program.enter(), Exit::Return);
    assert_eq!(program.context.registers().rax, 10);
}

#[test]
fn nothing_touches_the_slot_while_a_context_is_inside() {
    // Spins until the word at the data's start is not zero; only a copy of it by the host can change that.
    let source = "movl $1, %gs:8(%edi)
                  1: pause
                  cmpl $0, %gs:(%edi)
                  je 1b
                  return_to_host";
    let mut program = Program::with(source, Returns::Ret, VERIFIED);
    let base = program.sandbox.base();
    let range = program.sandbox.range(base + 0x50_0000, 4096).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sandbox = &program.sandbox;
        let context = &mut program.context;
        scope.spawn(|| {
            // Ends by a trap: the page it spins on is taken away below.
            let exit = sandbox.enter(context).unwrap();
            assert!(matches!(exit, Exit::Return));
            done.store(true, Ordering::Release);
        });
        let inside = || {
            let mut word = [0; 4];
            sandbox.read(base + crate::DATA + 8, &mut word).unwrap();
            word != [0; 4]
        };
        while !inside() {
            std::thread::yield_now();
        }
        assert!(matches!(sandbox.write(base + crate::DATA + 64, &[1]), Err(Error::Busy)));
        assert!(matches!(sandbox.map(range, Access::ReadWrite), Err(Error::Busy)));
        assert!(matches!(sandbox.unmap(range), Err(Error::Busy)));
        assert!(matches!(sandbox.protect(range, Access::Read), Err(Error::Busy)));
        assert!(matches!(sandbox.discard(range), Err(Error::Busy)));
        assert!(matches!(sandbox.retire(base + crate::CODE), Err(Error::Busy)));
        assert!(matches!(sandbox.enter(&mut Context::new()), Err(Error::Busy)));
        assert!(!done.load(Ordering::Acquire));
        // Let it out: only the test may do this, by force through /proc.
        let mem = std::fs::File::options().write(true).open("/proc/self/mem").unwrap();
        std::os::unix::fs::FileExt::write_all_at(&mem, &[1], base + crate::DATA).unwrap();
    });
    assert!(done.load(Ordering::Acquire));
    program.sandbox.write(base + crate::DATA, &[1]).unwrap();
    program.sandbox.map(range, Access::ReadWrite).unwrap();
}
