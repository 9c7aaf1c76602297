//! Calling a handler and coming back: the frame on the program's stack.
//!
//! ```text
//!   rsp -> where the handler returns to      8 bytes (sa_restorer)
//!          ucontext_t                        304, as the kernel has it
//!          siginfo_t                         128
//! ```
//!
//! The program may read the frame, and change it. What the thread goes on with
//! when the handler returns is what was put aside in the host's memory; only
//! where the program has changed the registers in its copy they are taken from
//! there, as values that any entry makes safe: `rip` at a bundle, `rsp` in the
//! slot, no flags. The frame has no vector registers: those are not the
//! program's to change.

use super::{Action, INFO_SIZE, Info, bit};
use crate::{thread::Thread, user::Bytes};
use lfi_runtime::{Aside, Registers};
use rustix::io::Errno;

/// `ucontext_t` of the kernel: `uc_flags`, `uc_link`, `uc_stack`, then registers,
/// a pointer to others, and the mask.
const CONTEXT_SIZE: usize = 304;
const REGISTERS_AT: usize = 40;
const REGISTERS: usize = 23;
const MASK_AT: usize = 296;

/// What the psABI lets a function use below its stack pointer.
const RED_ZONE: u64 = 128;
/// Most handlers that are remembered: one that is further back returns as if
/// it had changed the registers.
const MOST_SUSPENDED: usize = 64;
/// `leaq 1f(%rip), %r11; jmpq *%gs:...`: a system call up to where it returns to.
const CALL_SIZE: u64 = 15;

/// Flags of user code (IF is always set), and its segments.
const FLAGS: u64 = 0x202;
const SEGMENTS: u64 = 0x002b_0000_0000_0033;

/// What a thread was doing when a handler was called.
#[derive(Clone, Debug)]
pub(crate) struct Suspended {
    /// Where the frame is.
    at: u64,
    aside: Aside,
    /// The registers as they stand in the frame.
    shown: [u64; REGISTERS],
    /// The number of the system call to make again.
    again: Option<u64>,
}

/// Makes the thread's context that of a handler at its start. `again` is the
/// number of a system call to be made again when it returns.
pub(crate) fn call_handler(thread: &mut Thread, action: &Action, info: &Info, again: Option<u64>) -> Result<(), Errno> {
    let registers = *thread.context.registers();
    let interrupted = thread.context.is_interrupted();
    let stack = thread.signals.stack.filter(|stack| !stack.contains(registers.rsp));
    let top = match stack.filter(|_| action.has(libc::SA_ONSTACK)) {
        Some(stack) => stack.start.wrapping_add(stack.size),
        None => registers.rsp.wrapping_sub(RED_ZONE),
    };
    let size = (8 + CONTEXT_SIZE + INFO_SIZE) as u64;
    let at = (top.wrapping_sub(size) & !15).wrapping_sub(8);
    let (context_at, info_at) = (at.wrapping_add(8), at.wrapping_add(8 + CONTEXT_SIZE as u64));

    let mut shown = shown(&registers, interrupted);
    if again.is_some() {
        shown[16] = registers.rip.wrapping_sub(CALL_SIZE);
    }
    // The mask from before a call that has changed it for its time.
    let mask = thread.signals.restore.take().unwrap_or(thread.signals.mask);
    let (stack_start, stack_size) = thread.signals.stack.map_or((0, 0), |stack| (stack.start, stack.size));
    let stack_flags = if thread.signals.stack.is_some() { 0 } else { libc::SS_DISABLE.cast_unsigned() };
    let head = Bytes::new().u64(action.restorer).u64(0).u64(0).u64(stack_start).u32(stack_flags).u32(0).u64(stack_size);
    let frame = shown.iter().fold(head, |bytes, &register| bytes.u64(register));
    let mut frame = frame.pad_to(8 + MASK_AT);
    frame.extend(mask.to_ne_bytes());
    frame.extend(info.bytes);
    thread.process.write_bytes(at, &frame)?;

    let signals = &mut thread.signals;
    // A frame where this one is has been left by other ways than a return.
    signals.suspended.retain(|suspended| suspended.at != at);
    if signals.suspended.len() == MOST_SUSPENDED {
        signals.suspended.pop_front();
    }
    signals.suspended.push_back(Suspended { at, aside: thread.context.put_aside(), shown, again });
    let own = if action.has(libc::SA_NODEFER) { 0 } else { bit(info.signal) };
    let masked = signals.mask | action.mask | own;
    thread.set_mask(masked);
    if action.has(libc::SA_RESETHAND) {
        crate::process::lock(&thread.process.pending.actions).of(info.signal)?.handler = libc::SIG_DFL as u64;
    }
    *thread.context.registers_mut() = Registers {
        rip: action.handler,
        rsp: at,
        rdi: u64::from(info.signal.cast_unsigned()),
        rsi: info_at,
        rdx: context_at,
        rax: 0,
        ..registers
    };
    Ok(())
}

/// `rt_sigreturn`: a handler has returned, and the stack pointer is behind the
/// return address.
pub(crate) fn return_from_handler(thread: &mut Thread) -> Result<(), Errno> {
    let context_at = thread.context.registers().rsp;
    let bytes = thread.process.read_array::<CONTEXT_SIZE>(context_at)?;
    let word = |at: usize| u64::from_ne_bytes(std::array::from_fn(|i| bytes[at + i]));
    let registers: [u64; REGISTERS] = std::array::from_fn(|i| word(REGISTERS_AT + 8 * i));
    thread.set_mask(word(MASK_AT));
    let signals = &mut thread.signals;
    signals.returned = true;
    let known = signals.suspended.iter().position(|suspended| suspended.at == context_at.wrapping_sub(8));
    let Some(suspended) = known.and_then(|index| {
        // Handlers that were called in this one have been left.
        signals.suspended.truncate(index + 1);
        signals.suspended.pop_back()
    }) else {
        *thread.context.registers_mut() = wanted(&registers);
        return Ok(());
    };
    if registers != suspended.shown {
        thread.context.take_up_elsewhere(&suspended.aside, wanted(&registers));
        return Ok(());
    }
    thread.context.take_up(suspended.aside);
    if let Some(number) = suspended.again {
        thread.context.registers_mut().rax = number;
        signals.again = true;
    }
    Ok(())
}

/// The registers in the order of `gregs` (sys/ucontext.h).
fn shown(r: &Registers, interrupted: bool) -> [u64; REGISTERS] {
    let flags = if interrupted { r.rflags } else { FLAGS };
    [
        r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rdi, r.rsi, r.rbp, r.rbx, r.rdx, r.rax, r.rcx, r.rsp,
        r.rip, flags, SEGMENTS, 0, 0, 0, 0,
    ]
}

fn wanted(gregs: &[u64; REGISTERS]) -> Registers {
    let [r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, ..] = *gregs;
    Registers { rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15, rip, rflags: 0 }
}
