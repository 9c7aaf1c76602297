//! Exclusive sandboxes: one user at a time.

use crate::{Program, VERIFIED};
use lfi_abi::Returns;
use lfi_runtime::{Access, Context, Error, Exit};
use std::{
    io::{Read, Write},
    os::fd::AsFd,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

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

#[test]
fn nobody_enters_while_the_kernel_writes_into_the_slot() {
    let mut program = Program::with("return_to_host", Returns::Ret, VERIFIED);
    let at = program.sandbox.base() + crate::DATA;
    let range = program.sandbox.range(at, 8).unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    thread::scope(|scope| {
        // Closed in here when the test fails: the call ends then.
        let mut writer = writer;
        let sandbox = &program.sandbox;
        let call = scope.spawn(|| {
            loop {
                // The claims of the writes below are short.
                match sandbox.read_from(reader.as_fd(), &[range], None, 0) {
                    Err(Error::Busy) => thread::yield_now(),
                    other => break other,
                }
            }
        });
        let start = Instant::now();
        while sandbox.write(at + 64, &[1]).is_ok() {
            assert!(start.elapsed() < Duration::from_secs(10), "the call claims nothing");
            thread::yield_now();
        }
        assert!(matches!(sandbox.enter(&mut program.context), Err(Error::Busy)));
        assert!(matches!(sandbox.read_from(reader.as_fd(), &[range], None, 0), Err(Error::Busy)));
        // What leaves the memory as it is may be done meanwhile.
        let (mut other_reader, other_writer) = std::io::pipe().unwrap();
        assert_eq!(sandbox.write_to(other_writer.as_fd(), &[range], None, 0).unwrap(), 8);
        let mut zeros = [1; 8];
        other_reader.read_exact(&mut zeros).unwrap();
        assert_eq!(zeros, [0; 8]);
        writer.write_all(b"12345678").unwrap();
        assert_eq!(call.join().unwrap().unwrap(), 8);
    });
    let mut bytes = [0; 8];
    program.sandbox.read(at, &mut bytes).unwrap();
    assert_eq!(&bytes, b"12345678");
    assert_eq!(program.enter(), Exit::Return);
}
