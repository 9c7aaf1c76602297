//! What one step may do.

use super::{
    Escape, Failure,
    child::{Registers, Stop},
    world::World,
};
use crate::{OFFSET, Program};
use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, Register,
};
use lfi_abi::{
    Kind,
    layout::SLOT_SIZE,
    x64::{BUNDLE, DRIFT},
};
use lfi_verifier::Options;

/// `si_code` of faults for which the processor reports no address.
const SI_KERNEL: i32 = 0x80;

/// What a step was, if the claim allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the next start's turn.
    GoesOn,
    /// A fault ends the program.
    Faulted,
    /// The processor does not have the instruction.
    Lacking,
    /// Control went elsewhere in the slot, or to the runtime.
    Left,
}

/// A step: the state before it, and what stepped.
pub(super) struct Step<'a> {
    pub(super) world: &'a World,
    pub(super) program: &'a Program,
    pub(super) options: &'a Options,
    pub(super) before: &'a Registers,
}

impl Step<'_> {
    /// Judges how the step ended; the error says what it did.
    pub(super) fn judge(&self, stop: &Stop) -> Result<Verdict, String> {
        let at = self.at(self.before.rip).ok_or("the program counter is outside the program")?;
        let instruction =
            Decoder::with_ip(64, &self.program.code()[at..], self.before.rip, DecoderOptions::NONE).decode();
        match stop {
            Stop::Ended => Err("the process ended".to_owned()),
            Stop::SystemCall => Err("a system call".to_owned()),
            Stop::Signal { signal, code, address, registers } => {
                self.state(registers, &instruction, true)?;
                self.fault(&instruction, (*signal, *code), *address)
            }
            Stop::Stepped(after) => {
                self.state(after, &instruction, false)?;
                self.next(at, after, &instruction)
            }
        }
    }

    pub(super) fn escape(&self, what: String, stop: &Stop) -> Failure {
        let mut registers = format!("base: {:#x}\nbefore: {:x?}", self.world.base, self.before);
        match stop {
            Stop::Stepped(after) | Stop::Signal { registers: after, .. } => {
                registers += &format!("\nafter: {after:x?}")
            }
            Stop::SystemCall | Stop::Ended => {}
        }
        let at = self.at(self.before.rip).unwrap_or(0);
        Failure::Escape(Box::new(Escape {
            what,
            code: self.program.code().to_vec(),
            at,
            options: *self.options,
            registers,
        }))
    }

    /// Where an address is in the program.
    pub(super) fn at(&self, address: u64) -> Option<usize> {
        let at = usize::try_from(address.checked_sub(self.world.base + u64::from(OFFSET))?).ok()?;
        (at < self.program.code().len()).then_some(at)
    }

    fn fault(&self, instruction: &Instruction, (signal, code): (i32, i32), address: u64) -> Result<Verdict, String> {
        let kind = self.options.kind;
        match signal {
            libc::SIGTRAP if instruction.mnemonic() == Mnemonic::Int3 => Ok(Verdict::Faulted),
            libc::SIGILL if instruction.mnemonic() == Mnemonic::Ud2 => Ok(Verdict::Faulted),
            libc::SIGILL if !instruction.is_invalid() && !self.world.processor.has(instruction) => Ok(Verdict::Lacking),
            libc::SIGFPE => Ok(Verdict::Faulted),
            libc::SIGSEGV if code == SI_KERNEL => {
                if kind != Kind::Full || faults_without_address(instruction) {
                    Ok(Verdict::Faulted)
                } else {
                    Err("a general protection fault: a non-canonical address?".to_owned())
                }
            }
            libc::SIGSEGV if self.world.may_fault_at(address) => Ok(Verdict::Faulted),
            libc::SIGSEGV => Err(format!("an access to {address:#x}")),
            // In the other kinds reads may use non-canonical addresses, through %rbp, too.
            libc::SIGBUS if kind != Kind::Full => Ok(Verdict::Faulted),
            _ => Err(format!("signal {signal}, code {code}, address {address:#x}")),
        }
    }

    /// Judges where control went.
    fn next(&self, at: usize, after: &Registers, instruction: &Instruction) -> Result<Verdict, String> {
        let sequential = instruction.next_ip();
        if !instruction.is_invalid() && instruction.flow_control() == FlowControl::Next && after.rip != sequential {
            let repeats = instruction.has_rep_prefix() || instruction.has_repne_prefix();
            if !(repeats && after.rip == self.before.rip) {
                return Err(format!("no branch, but control went to {:#x}", after.rip));
            }
        }
        let piece = self.program.piece_at(at);
        let next = self.at(after.rip);
        // Inside a unit nothing is claimed but that it is not left.
        if next.is_some_and(|next| piece.contains(&next) && next >= at && next != piece.start) {
            return Ok(Verdict::GoesOn);
        }
        if World::is_entry(after.rip) {
            let back = self.world.base + u64::from(OFFSET) + piece.end as u64;
            return if after.r11 == back && back.is_multiple_of(BUNDLE) {
                self.settled(after, 0)?;
                Ok(Verdict::Left)
            } else {
                Err("a runtime call that does not come back behind its unit".to_owned())
            };
        }
        match next {
            Some(next) if self.program.piece_at(next).start == next => {
                let adrift = self.options.kind == Kind::Jumps || self.program.is_adrift(next, self.options);
                self.settled(after, if adrift { DRIFT as u64 } else { 0 })?;
                Ok(Verdict::GoesOn)
            }
            Some(_) => Err(format!("control went into a unit or an instruction, {:#x}", after.rip)),
            None if after.rip.is_multiple_of(BUNDLE) && after.rip.wrapping_sub(self.world.base) < SLOT_SIZE => {
                self.settled(after, 0)?;
                Ok(Verdict::Left)
            }
            None => Err(format!("control went to {:#x}", after.rip)),
        }
    }

    /// The stack pointer is at most `drift` bytes out of the slot.
    fn settled(&self, after: &Registers, drift: u64) -> Result<(), String> {
        let from_start = after.rsp.wrapping_sub(self.world.base).wrapping_add(drift);
        if self.options.kind == Kind::Jumps || from_start < SLOT_SIZE + 2 * drift {
            Ok(())
        } else {
            Err(format!("the stack pointer is {:#x}", after.rsp))
        }
    }

    /// Judges what became of registers.
    fn state(&self, after: &Registers, instruction: &Instruction, faulted: bool) -> Result<(), String> {
        if World::fixed(self.before) != World::fixed(after) {
            return Err("segment registers or system flags changed".to_owned());
        }
        if instruction.is_invalid() {
            return Ok(());
        }
        let mut factory = InstructionInfoFactory::new();
        let info = factory.info(instruction);
        let may_change = |register: Register| {
            info.used_registers().iter().any(|used| {
                used.register().full_register() == register
                    && !matches!(
                        used.access(),
                        OpAccess::None | OpAccess::Read | OpAccess::CondRead | OpAccess::NoMemAccess
                    )
            })
        };
        for ((register, before), (_, after)) in general(self.before).into_iter().zip(general(after)) {
            // A repeated instruction and a gather leave what they have done when they fault.
            if before != after && !may_change(register) {
                return Err(format!(
                    "{register:?} changed{}",
                    if faulted { " by an instruction that faulted" } else { "" }
                ));
            }
        }
        Ok(())
    }
}

/// Instructions that raise general protection faults for other reasons than
/// non-canonical addresses: alignment, reserved bits, privilege.
fn faults_without_address(instruction: &Instruction) -> bool {
    use Mnemonic::{Hlt, Ldmxcsr, Vldmxcsr, Xgetbv};
    matches!(instruction.mnemonic(), Hlt | Ldmxcsr | Vldmxcsr | Xgetbv) || instruction.memory_size().size() >= 16
}

fn general(r: &Registers) -> [(Register, u64); 16] {
    [
        (Register::RAX, r.rax),
        (Register::RBX, r.rbx),
        (Register::RCX, r.rcx),
        (Register::RDX, r.rdx),
        (Register::RSI, r.rsi),
        (Register::RDI, r.rdi),
        (Register::RBP, r.rbp),
        (Register::RSP, r.rsp),
        (Register::R8, r.r8),
        (Register::R9, r.r9),
        (Register::R10, r.r10),
        (Register::R11, r.r11),
        (Register::R12, r.r12),
        (Register::R13, r.r13),
        (Register::R14, r.r14),
        (Register::R15, r.r15),
    ]
}
