//! A second copy of the library in one process, for `tests/x64/copies.rs`: a
//! shared object with one function.
#![allow(unsafe_code)] // a name for the dynamic linker

use lfi_abi::Returns;
use lfi_runtime::{Check, Config, Context, Engine, Error, Exit, PublishError, Signal};

/// Enters a sandbox of this copy, which faults, and another one, which returns.
/// 0 when both did what they should.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
pub extern "C" fn trap_and_return() -> i32 {
    match run() {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(_) => 2,
    }
}

fn run() -> Result<bool, PublishError> {
    const CODE: u64 = lfi_abi::layout::MODULE_OFFSET;
    const UD2: [u8; 2] = [0x0f, 0x0b];
    // leaq 8(%rip), %r11; jmpq *%gs:RETURN, in one bundle
    const RETURN: [u8; 15] = [0x4c, 0x8d, 0x1d, 8, 0, 0, 0, 0x65, 0xff, 0x24, 0x25, 0x20, 0, 1, 0];
    let engine = Engine::new(&Config::default())?;
    let enter = |code: &[u8]| -> Result<Exit, PublishError> {
        let sandbox = engine.sandbox(Returns::Jump)?;
        sandbox.publish(sandbox.base() + CODE, code, Check::Trust)?;
        let mut context = Context::new();
        context.registers_mut().rip = sandbox.base() + CODE;
        sandbox.enter(&mut context).map_err(Error::into)
    };
    let trapped = matches!(enter(&UD2)?, Exit::Trap(trap) if trap.signal == Signal::Ill);
    Ok(trapped && enter(&RETURN)? == Exit::Return)
}
