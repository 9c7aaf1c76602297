//! The state that Rust and the assembly of the context switch share.

use super::{
    call::{Call, CallArguments, CallResults},
    cpu::has_wide_registers,
};
use crate::CallbackResults;
use lfi_abi::layout::ENTRY_PAGE;
use lfi_verifier::Classes;

/// The general registers of a context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
#[allow(missing_docs)] // the manual's names
pub struct Registers {
    pub rax: u64,
    pub rbx: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rsi: u64,
    pub rdi: u64,
    pub rbp: u64,
    pub rsp: u64,
    pub r8: u64,
    pub r9: u64,
    pub r10: u64,
    pub r11: u64,
    pub r12: u64,
    pub r13: u64,
    pub r14: u64,
    pub r15: u64,
    /// Where the context goes on. On entry it is rounded down to a bundle of
    /// the slot, and `rsp` is brought into the slot.
    pub rip: u64,
    /// The flags at a trap. Not loaded on entry.
    pub rflags: u64,
}

/// The x87 control word after reset: exceptions masked, full precision.
const X87_CONTROL_DEFAULT: u16 = 0x37f;
/// Which register is the top of the stack, in the x87 status word. The rest of that tells of computations.
const X87_TOP: u16 = 7 << 11;
/// MXCSR after reset: exceptions masked, round to nearest.
const MXCSR_DEFAULT: u32 = 0x1f80;

/// The area of `fxsave64` (AMD64 manual 2, 11.5.5): x87 registers and
/// environment, MXCSR, and the low halves of the vector registers.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub(super) struct Legacy {
    pub(super) control: u16,
    pub(super) status: u16,
    /// One bit for each register that is in use.
    pub(super) tags: u8,
    /// Opcode and addresses of the last instruction.
    pointers: [u8; 19],
    pub(super) mxcsr: u32,
    _mxcsr_mask: u32,
    /// From the top of the stack.
    x87: [[u8; 16]; 8],
    _rest: [u8; 352],
}

impl Legacy {
    /// As after reset.
    const INITIAL: Self = Self {
        control: X87_CONTROL_DEFAULT,
        status: 0,
        tags: 0,
        pointers: [0; 19],
        mxcsr: MXCSR_DEFAULT,
        _mxcsr_mask: 0,
        x87: [[0; 16]; 8],
        _rest: [0; 352],
    };

    /// Takes everything off the x87 stack, as it is when a function is called.
    fn empty_x87(&mut self) {
        (self.status, self.tags, self.x87) = (0, 0, [[0; 16]; 8]);
    }

    /// Puts registers on the x87 stack, which is empty otherwise; the first is its top.
    fn fill_x87(&mut self, registers: &[[u8; 16]]) {
        self.empty_x87();
        let top = (8 - registers.len()) % 8;
        self.status = (top as u16) << 11;
        for (index, register) in registers.iter().enumerate() {
            self.tags |= 1 << ((top + index) % 8);
            self.x87[index] = *register;
        }
    }

    /// Register `index` of the x87 stack, or zero when it is empty.
    fn x87(&self, index: usize) -> [u8; 16] {
        // The tags are of physical registers, the registers stand in the order of the stack.
        let physical = (usize::from(self.status >> 11) + index) % 8;
        if self.tags >> physical & 1 == 0 { [0; 16] } else { self.x87[index] }
    }

    /// Clears what code of the care `before` could not have changed, and code of the care `now` can see.
    fn clear_between(&mut self, before: Care, now: Care) {
        let more = now.0 & !before.0;
        if before.0 & (Care::X87 | Care::X87_WHOLE) == 0 {
            *self = Self { mxcsr: self.mxcsr, ..Self::INITIAL };
        }
        if more & Care::X87_CONTROL != 0 {
            self.control = X87_CONTROL_DEFAULT;
            self.status &= X87_TOP;
        }
        if more & Care::X87_WHOLE != 0 {
            self.pointers = [0; 19];
            let top = self.status >> 11;
            for (index, register) in (0..).zip(&mut self.x87) {
                if self.tags >> ((top + index) % 8) & 1 == 0 {
                    *register = [0; 16];
                }
            }
        }
        if more & Care::MXCSR != 0 {
            self.mxcsr = MXCSR_DEFAULT;
        }
    }
}

/// The vector and mask registers, cut so that what is saved without AVX-512 lies close together: a crossing
/// waits for each line of the cache that it writes.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Vectors {
    /// The first 32 bytes of the first 16.
    pub(super) low: [[u8; 32]; 16],
    /// With AVX-512: the rest of these.
    pub(super) high: [[u8; 32]; 16],
    /// With AVX-512: the others.
    pub(super) upper: [[u8; 64]; 16],
    pub(super) masks: [u64; 8],
}

impl Vectors {
    const ZERO: Self = Self { low: [[0; 32]; 16], high: [[0; 32]; 16], upper: [[0; 64]; 16], masks: [0; 8] };

    /// Makes the first registers these low halves of 128 bits, with nothing above.
    fn set_low(&mut self, values: &[u64]) {
        for ((low, high), value) in self.low.iter_mut().zip(&mut self.high).zip(values) {
            (*low, *high) = ([0; 32], [0; 32]);
            low[..8].copy_from_slice(&value.to_le_bytes());
        }
    }
}

/// The state of a context beyond the general registers.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct ExtendedState {
    pub(super) legacy: Legacy,
    pub(super) vectors: Vectors,
}

impl ExtendedState {
    /// Every register zero, x87 empty, control words as after reset.
    pub(crate) const INITIAL: Self = Self { legacy: Legacy::INITIAL, vectors: Vectors::ZERO };
}

/// Why the sandbox was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    SystemCall,
    Return,
    Trap,
    Callback,
}

/// What has to be taken care of on the way in and out, by what the code of the
/// sandbox can see or change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Care(u8);

impl Care {
    pub(crate) const NONE: Self = Self(0);
    /// The x87 stack.
    pub(super) const X87: u8 = 1;
    /// The x87 control and status words.
    pub(super) const X87_CONTROL: u8 = 2;
    /// What else is in the x87 unit: contents of unused registers, pointers.
    pub(super) const X87_WHOLE: u8 = 4;
    /// MXCSR.
    pub(super) const MXCSR: u8 = 8;
    /// The direction flag.
    pub(super) const DIRECTION: u8 = 16;
    /// The AVX-512 registers: on the processors that have them.
    pub(super) const WIDE: u8 = 32;
    /// Anything in the x87 unit.
    pub(super) const X87_UNIT: u8 = Self::X87 | Self::X87_CONTROL | Self::X87_WHOLE;

    /// All of it.
    pub(crate) const ALL: Self = Self(u8::MAX);
    /// All but the x87 unit, which only x87 instructions touch.
    pub(crate) const WITHOUT_X87: Self = Self(!Self::X87_UNIT);

    /// What code calls for that nobody verified: anything may be in it.
    pub(crate) fn of_unknown() -> Self {
        let wide = if has_wide_registers() { Self::WIDE } else { 0 };
        Self(wide | Self::X87_UNIT | Self::MXCSR | Self::DIRECTION)
    }

    /// What accepted code of these classes calls for.
    pub(crate) fn of(classes: Classes) -> Self {
        let bits = [
            (Classes::X87, Self::X87),
            (Classes::X87_CONTROL, Self::X87 | Self::X87_CONTROL),
            (Classes::X87_WHOLE, Self::X87_WHOLE),
            (Classes::MMX, Self::X87_WHOLE),
            (Classes::MXCSR, Self::MXCSR),
            (Classes::DIRECTION, Self::DIRECTION),
            (Classes::AVX512, if has_wide_registers() { Self::WIDE } else { 0 }),
        ];
        Self(bits.into_iter().filter(|(class, _)| classes.contains(*class)).fold(0, |all, (_, bit)| all | bit))
    }

    /// Whether the short way of `call` does.
    #[inline]
    pub(crate) const fn is_short(self) -> bool {
        self.0 & Self::X87_WHOLE == 0
    }

    /// Whether there is anything to take care of in the x87 unit.
    #[inline]
    pub(crate) const fn has_x87(self) -> bool {
        self.0 & Self::X87_UNIT != 0
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    #[inline]
    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}

/// A fault as the signal handler saw it.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct RawTrap {
    pub(crate) signal: i32,
    pub(crate) code: i32,
    pub(crate) address: u64,
}

/// System calls that the assembly answers, each with a constant.
#[repr(C)]
pub(super) struct Constants {
    /// For each number: 1 + the place of its value, or 0.
    pub(super) index: [u8; Self::NUMBERS],
    pub(super) values: [u64; Self::VALUES],
}

impl Constants {
    /// One more than the highest number.
    pub(super) const NUMBERS: usize = 512;
    const VALUES: usize = 8;
    const NONE: Self = Self { index: [0; Self::NUMBERS], values: [0; Self::VALUES] };

    /// Adds one, if there is room.
    fn add(&mut self, number: u64, value: u64) {
        let used = usize::from(self.index.iter().copied().max().unwrap_or(0));
        let place = usize::try_from(number).ok().and_then(|number| self.index.get_mut(number));
        if let (Some(index), Some(free)) = (place, self.values.get_mut(used)) {
            *free = value;
            *index = used as u8 + 1;
        }
    }
}

impl RawTrap {
    /// What stands for no fault: the sandbox is stopped.
    pub(super) const STOP: Self = Self { signal: 0, code: 0, address: 0 };

    pub(crate) fn is_stop(self) -> bool {
        self.signal == Self::STOP.signal
    }
}

/// One context: the sandbox's registers while the host runs, and what the
/// host needs back while the sandbox runs.
#[repr(C, align(64))]
pub(crate) struct Frame {
    pub(crate) extended: ExtendedState,
    /// What state code in the sandbox can see or change: see [`Care`].
    pub(crate) care: Care,
    /// The context was entered by `enter`, and not by `call`, which saves less of the host's state.
    pub(super) entered: bool,
    /// `enter` goes on at the very instruction where the context was interrupted: rip, rsp and flags are taken as
    /// they are. The registers are those that the signal handler saved, in this sandbox. Set anew on every entry.
    pub(crate) resumes: bool,
    pub(crate) registers: Registers,
    /// Tells this frame from every other that the process ever has.
    pub(crate) id: u64,
    /// Which state of which sandbox the fields below and `care` are of.
    pub(crate) lent: u64,
    /// The same when `call` may enter with it, by who holds the sandbox: one that nobody else uses, one that is
    /// shared. Otherwise zero, which is no version.
    pub(crate) callable: [u64; 2],
    /// The id of that sandbox.
    pub(crate) sandbox: u64,
    /// Base of the slot.
    pub(crate) base: u64,
    /// The thread pointer.
    pub(crate) thread_pointer: u64,
    /// Where else "set thread pointer" stores: the runtime page of an
    /// exclusive slot, or `unused`.
    pub(crate) thread_pointer_copy: *mut u64,
    pub(crate) unused: u64,
    /// The host's MXCSR and x87 control word, when the sandbox can change them.
    pub(super) host_mxcsr: u32,
    pub(super) host_control: u16,
    /// Where the x87 status word is looked at.
    pub(super) status: u16,
    /// The host's `%gs` base, or 0 when it has none to care for.
    pub(super) host_gs: u64,
    pub(crate) trap: RawTrap,
    pub(super) constants: Constants,
    /// Whether the sandbox is stopped: of its `Control`.
    pub(crate) stopped: *const bool,
    /// Whether the thread is nudged: of its `Place`, or null.
    pub(crate) nudged: *const bool,
}

impl Frame {
    /// A context with all registers zero. The pointers must be set before it
    /// is entered.
    pub(crate) const fn new(id: u64) -> Self {
        Self {
            extended: ExtendedState::INITIAL,
            care: Care::NONE,
            entered: false,
            resumes: false,
            id,
            lent: 0,
            sandbox: 0,
            registers: Registers {
                rax: 0,
                rbx: 0,
                rcx: 0,
                rdx: 0,
                rsi: 0,
                rdi: 0,
                rbp: 0,
                rsp: 0,
                r8: 0,
                r9: 0,
                r10: 0,
                r11: 0,
                r12: 0,
                r13: 0,
                r14: 0,
                r15: 0,
                rip: 0,
                rflags: 0,
            },
            base: 0,
            thread_pointer: 0,
            thread_pointer_copy: std::ptr::null_mut(),
            unused: 0,
            callable: [0; 2],
            host_mxcsr: 0,
            host_control: 0,
            status: 0,
            host_gs: 0,
            trap: RawTrap::STOP,
            stopped: std::ptr::null(),
            nudged: std::ptr::null(),
            constants: Constants::NONE,
        }
    }

    /// Takes over the registers of another context, with what is known of them.
    /// The sandbox must lend itself anew.
    pub(crate) fn set_state(&mut self, other: &Self) {
        self.extended = other.extended;
        self.care = other.care;
        self.registers = other.registers;
        self.thread_pointer = other.thread_pointer;
        self.take_back();
    }

    /// The next sandbox that is entered lends itself anew.
    pub(crate) fn take_back(&mut self) {
        (self.lent, self.callable) = (0, [0; 2]);
    }

    /// Sets what code in the sandbox can see or change. What the short way in has
    /// left alone is the host's in the saved state, too: it is cleared before
    /// code can see it.
    pub(crate) fn set_care(&mut self, care: Care) {
        self.extended.legacy.clear_between(self.care, care);
        self.care = care;
    }

    /// Takes over a state that was saved with another care, by the same rule.
    pub(crate) fn take_up(&mut self, saved: ExtendedState, care: Care) {
        self.extended = saved;
        self.extended.legacy.clear_between(care, self.care);
    }

    /// Makes the registers those of a call that enters at the entry page.
    pub(crate) fn set_call(&mut self, call: &Call) {
        let &Call { function, stack_pointer: rsp, arguments: CallArguments { integers, vectors, vectors_used } } = call;
        let [rdi, rsi, rdx, rcx, r8, r9] = integers;
        let rax = vectors_used as u64;
        self.registers =
            Registers { rax, rdi, rsi, rdx, rcx, r8, r9, r10: function, rsp, rip: ENTRY_PAGE, ..Registers::default() };
        self.extended.legacy.empty_x87();
        self.extended.vectors = Vectors::ZERO;
        self.extended.vectors.set_low(&vectors);
    }

    /// Register `index` of the x87 stack.
    pub(crate) fn x87(&self, index: usize) -> [u8; 16] {
        self.extended.legacy.x87(index)
    }

    /// Makes these system calls, at most 8, constants, and no others.
    pub(crate) fn set_constants(&mut self, constants: impl Iterator<Item = (u64, u64)>) {
        self.constants = Constants::NONE;
        constants.for_each(|(number, value)| self.constants.add(number, value));
    }

    /// Sets the results of a function of the host that the sandbox has called.
    pub(crate) fn set_results(&mut self, results: &CallbackResults) {
        let CallResults { rax, rdx, vectors } = results.registers;
        (self.registers.rax, self.registers.rdx) = (rax, rdx);
        self.extended.vectors.set_low(&vectors);
        self.extended.legacy.fill_x87(results.on_x87());
    }

    /// The low 128 bits of a vector register.
    #[inline]
    pub(crate) fn xmm(&self, index: usize) -> u128 {
        let mut low = [0; 16];
        low.copy_from_slice(&self.extended.vectors.low[index][..16]);
        u128::from_le_bytes(low)
    }
}
