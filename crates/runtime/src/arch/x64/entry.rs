//! Code of the runtime's own in a sandbox whose functions the host calls: the
//! entry page, and the callback entries behind it. All is position-independent and
//! judged by the verifier like any other code.
//!
//! ```text
//!   entry page      how functions are called, and where they return to: call.rs
//!   each callback   leaq 1f(%rip), %r11; jmpq *%gs:CALLBACK
//!                   1: popq %r11; mask; jmpq *%r11, or pushq %r11; ret
//! ```
//!
//! Callback entries do not differ: which one was called the runtime sees by
//! `%r11`, which no code in the sandbox can forge.

use crate::PAGE_SIZE;
use lfi_abi::{
    Returns,
    layout::{CALLBACK_SIZE, CALLBACKS, ENTRY_SIZE, RUNTIME_PAGE, page},
    x64::BUNDLE,
};

const INT3: u8 = 0xcc;
/// `nopl 0(%rax,%rax)` with a long displacement, and the same with an operand-size prefix.
const NOP_8: [u8; 8] = [0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0];
const NOP_9: [u8; 9] = [0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0];

/// What is mapped at `ENTRY_PAGE`.
pub(crate) fn entry_code(returns: Returns) -> Vec<u8> {
    let mut code = Vec::with_capacity(ENTRY_SIZE as usize);
    put(&mut code, &[&calling(returns)]);
    put(&mut code, &[&NOP_8, &NOP_9, &runtime_call(page::RETURN)]);
    code.resize(PAGE_SIZE as usize, INT3);
    let mut callback = Vec::with_capacity(CALLBACK_SIZE as usize);
    put(&mut callback, &[&NOP_8, &NOP_9, &runtime_call(page::CALLBACK)]);
    put(&mut callback, &[&returning(returns)]);
    code.extend(callback.repeat(CALLBACKS as usize));
    code
}

/// Calls the function in `%r10`, which returns to the next bundle.
fn calling(returns: Returns) -> Vec<u8> {
    let [low, high, ..] = (RUNTIME_PAGE + page::BASE).to_le_bytes();
    // andl $-32, %r10d; addq %gs:BASE, %r10
    let mask = [0x41, 0x83, 0xe2, 0xe0, 0x65, 0x4c, 0x03, 0x14, 0x25, low, high, 1, 0];
    match returns {
        // leaq 25(%rip), %r11; pushq %r11; ...; jmpq *%r10; nopl
        Returns::Jump => [
            [0x4c, 0x8d, 0x1d, 25, 0, 0, 0, 0x41, 0x53].as_slice(),
            &mask,
            &[0x41, 0xff, 0xe2],
            &[0x0f, 0x1f, 0x80, 0, 0, 0, 0],
        ]
        .concat(),
        // ...; callq *%r10, which must end where its bundle does.
        Returns::Ret => [NOP_8.as_slice(), &NOP_8, &mask, &[0x41, 0xff, 0xd2]].concat(),
    }
}

/// Returns to the caller in the sandbox.
fn returning(returns: Returns) -> Vec<u8> {
    let [low, high, ..] = (RUNTIME_PAGE + page::BASE).to_le_bytes();
    // popq %r11; andl $-32, %r11d; addq %gs:BASE, %r11
    let mask = [0x41, 0x5b, 0x41, 0x83, 0xe3, 0xe0, 0x65, 0x4c, 0x03, 0x1c, 0x25, low, high, 1, 0];
    let branch = match returns {
        Returns::Jump => [0x41, 0xff, 0xe3], // jmpq *%r11
        Returns::Ret => [0x41, 0x53, 0xc3],  // pushq %r11; ret
    };
    [mask.as_slice(), &branch].concat()
}

/// `leaq 8(%rip), %r11; jmpq *%gs:FIELD`
fn runtime_call(field: u64) -> [u8; 15] {
    let [low, high, ..] = (RUNTIME_PAGE + field).to_le_bytes();
    [0x4c, 0x8d, 0x1d, 8, 0, 0, 0, 0x65, 0xff, 0x24, 0x25, low, high, 1, 0]
}

/// Appends a bundle that starts with these parts.
fn put(code: &mut Vec<u8>, parts: &[&[u8]]) {
    code.extend(parts.concat());
    code.resize(code.len().next_multiple_of(BUNDLE as usize), INT3);
}
