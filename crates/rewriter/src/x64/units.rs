//! Writes instructions and units, see `spec/x64/units.md`.

use lfi_abi::{Returns, x64::RUNTIME_CALLS};

use super::{
    emit::Emitter,
    register::{NAMES32, NAMES64, R11},
};
use crate::Assembler;

/// Sizes in bytes of what ends at a bundle boundary.
const CALL: usize = 5;
const CALL_UNIT: usize = 16;
const CALL_UNIT_LOW: usize = 14;
const RUNTIME_CALL: usize = 15;
const BUNDLE: usize = lfi_abi::x64::BUNDLE as usize;

/// Entries of the runtime page that the rewriter calls.
#[derive(Clone, Copy)]
pub(super) enum RuntimeCall {
    Syscall = 0,
    GetThreadPointer = 1,
}

impl Emitter<'_, '_> {
    /// Writes one instruction.
    pub(super) fn line(&mut self, parts: &[&str]) {
        self.directive_line(parts);
        self.set_after_label(false);
    }

    /// Writes a directive, which does not separate a label from what it labels.
    pub(super) fn directive_line(&mut self, parts: &[&str]) {
        self.out.push('\t');
        for part in parts {
            self.out.push_str(part);
        }
        self.out.push('\n');
    }

    pub(super) fn lock(&mut self) {
        self.directive_line(&[".bundle_lock"]);
    }

    pub(super) fn unlock(&mut self) {
        self.directive_line(&[".bundle_unlock"]);
    }

    /// Starts a unit of so many bytes that ends at a bundle boundary.
    fn lock_at_end(&mut self, size: usize) {
        match self.options.assembler {
            Assembler::Clang => {
                if self.is_after_label() {
                    // The assembler puts the padding between an alignment and
                    // the label that follows it; the label must stay aligned.
                    self.line(&["nop"]);
                }
                self.directive_line(&[".bundle_lock align_to_end"]);
            }
            Assembler::Gnu => {
                // There is no align_to_end: a bundle of its own.
                self.line(&[".p2align\t5"]);
                self.nops(BUNDLE - size);
                self.lock();
            }
        }
    }

    /// Long nops of so many bytes in all.
    fn nops(&mut self, mut bytes: usize) {
        while bytes > 0 {
            let (size, nop) = match bytes {
                1 => (1, "nop"),
                2 => (2, "xchgw\t%ax, %ax"),
                3 => (3, "nopl\t(%rax)"),
                4 => (4, "nopl\t8(%rax)"),
                5 => (5, "nopl\t8(%rax,%rax)"),
                6 => (6, "nopw\t8(%rax,%rax)"),
                7 => (7, "nopl\t512(%rax)"),
                8 => (8, "nopl\t512(%rax,%rax)"),
                _ => (9, "nopw\t512(%rax,%rax)"),
            };
            self.line(&[nop]);
            bytes -= size;
        }
    }

    fn mask(&mut self, number: u8) {
        let number = usize::from(number);
        self.line(&["andl\t$-32, %", NAMES32[number]]);
        self.line(&["addq\t%gs:0x10000, %", NAMES64[number]]);
    }

    /// A direct call, given as its text.
    pub(super) fn direct_call(&mut self, text: &str) {
        self.lock_at_end(CALL);
        self.line(&[text]);
        self.unlock();
    }

    /// `call *%reg`
    pub(super) fn call_unit(&mut self, number: u8) {
        self.lock_at_end(if number < 8 { CALL_UNIT_LOW } else { CALL_UNIT });
        self.mask(number);
        self.line(&["callq\t*%", NAMES64[usize::from(number)]]);
        self.unlock();
    }

    /// `jmp *%reg`
    pub(super) fn jump_unit(&mut self, number: u8) {
        self.lock();
        self.mask(number);
        self.line(&["jmpq\t*%", NAMES64[usize::from(number)]]);
        self.unlock();
    }

    /// Return to the address in `%r11`.
    pub(super) fn return_unit(&mut self) {
        self.adjust_cfa("-8");
        match self.options.returns {
            Returns::Jump => self.jump_unit(R11),
            Returns::Ret => {
                self.lock();
                self.mask(R11);
                self.line(&["pushq\t%r11"]);
                self.line(&["retq"]);
                self.unlock();
            }
        }
        self.adjust_cfa("8");
    }

    /// Unwinding from between the `pop` of the return address and the jump to
    /// it: the frame is 8 bytes smaller.
    fn adjust_cfa(&mut self, bytes: &str) {
        if self.cfa.is_from_rsp() {
            self.directive_line(&[".cfi_adjust_cfa_offset ", bytes]);
            self.measure();
        }
    }

    /// A write of the stack pointer by a 32-bit instruction, given as its text.
    pub(super) fn stack_unit(&mut self, write: &[&str]) {
        self.lock();
        self.line(write);
        self.line(&["addq\t%gs:0x10000, %rsp"]);
        self.unlock();
    }

    /// The same by `movl` or `leal`, with the flags left alone.
    pub(super) fn stack_unit_keeping_flags(&mut self, write: &[&str]) {
        self.lock();
        self.line(&["movq\t%gs:0x10000, %r11"]);
        self.line(write);
        self.line(&["leaq\t(%rsp,%r11), %rsp"]);
        self.unlock();
    }

    /// A string instruction with the registers `guard` rebased.
    pub(super) fn string_unit(&mut self, guard: &[&str], keep_flags: bool, instruction: &[&str]) {
        self.lock();
        if keep_flags {
            self.line(&["movq\t%gs:0x10000, %r11"]);
        }
        for register in guard {
            self.line(&["movl\t%e", register, ", %e", register]);
            if keep_flags {
                self.line(&["leaq\t(%r", register, ",%r11), %r", register]);
            } else {
                self.line(&["addq\t%gs:0x10000, %r", register]);
            }
        }
        self.line(instruction);
        self.unlock();
    }

    pub(super) fn runtime_call(&mut self, call: RuntimeCall) {
        let entry = format!("{:#x}", RUNTIME_CALLS[call as usize]);
        self.lock_at_end(RUNTIME_CALL);
        self.line(&["leaq\t8(%rip), %r11"]);
        self.line(&["jmpq\t*%gs:", &entry]);
        self.unlock();
    }
}
