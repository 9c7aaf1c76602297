//! The state that Rust and the assembly of the context switch share.

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

/// Bytes of an `xsave` area of the components in [`XSAVE_MASK`], in the
/// standard format. `check_cpu` makes sure that the processor agrees.
pub(super) const XSAVE_SIZE: usize = 2688;

/// The extended state that is the sandbox's while it runs and the host's
/// otherwise: x87, SSE, AVX, AVX-512 (opmask, upper halves, upper registers).
/// The processor ignores what the system has not enabled.
pub(super) const XSAVE_MASK: u32 = 0b1110_0111;

/// Offset of MXCSR in an `xsave` area.
const MXCSR: usize = 24;
/// MXCSR after reset: all exceptions masked, round to nearest.
const MXCSR_DEFAULT: u32 = 0x1f80;

/// An `xsave` area.
#[repr(C, align(64))]
pub(super) struct ExtendedState([u8; XSAVE_SIZE]);

impl ExtendedState {
    /// Every component in its initial state: registers zero, x87 empty.
    pub(super) const INITIAL: Self = {
        // XSTATE_BV (at 512) is zero: nothing but MXCSR is read from the area.
        let mut bytes = [0; XSAVE_SIZE];
        let mxcsr = MXCSR_DEFAULT.to_le_bytes();
        let mut i = 0;
        while i < 4 {
            bytes[MXCSR + i] = mxcsr[i];
            i += 1;
        }
        Self(bytes)
    };

    /// The low half of a vector register.
    fn xmm(&self, index: usize) -> u128 {
        let header = u64::from_le_bytes(self.array(512));
        // A component in its initial state is not written to the area.
        if header & 0b10 == 0 { 0 } else { u128::from_le_bytes(self.array(160 + 16 * index)) }
    }

    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.0[at..at + N]);
        bytes
    }
}

/// Why the sandbox was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    SystemCall,
    Return,
    Trap,
}

/// A fault as the signal handler saw it.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct RawTrap {
    pub(crate) signal: i32,
    pub(crate) code: i32,
    pub(crate) address: u64,
}

/// One context: the sandbox's registers while the host runs, and what the
/// host needs back while the sandbox runs.
#[repr(C, align(64))]
pub(crate) struct Frame {
    pub(super) extended: ExtendedState,
    pub(crate) registers: Registers,
    /// Base of the slot.
    pub(crate) base: u64,
    /// The thread pointer.
    pub(crate) thread_pointer: u64,
    /// Where else "set thread pointer" stores: the runtime page of an
    /// exclusive slot, or `unused`.
    pub(crate) thread_pointer_copy: *mut u64,
    pub(crate) unused: u64,
    /// The host's stack pointer at `enter`.
    pub(super) host_rsp: u64,
    /// The host's `%gs` base, or 0 when it has none to care for.
    pub(super) host_gs: u64,
    pub(crate) trap: RawTrap,
}

impl Frame {
    /// A context with all registers zero. The pointers must be set before it
    /// is entered.
    pub(crate) const fn new() -> Self {
        Self {
            extended: ExtendedState::INITIAL,
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
            host_rsp: 0,
            host_gs: 0,
            trap: RawTrap { signal: 0, code: 0, address: 0 },
        }
    }

    /// Puts x87 and vector registers into their initial state.
    pub(crate) fn clear_extended(&mut self) {
        self.extended = ExtendedState::INITIAL;
    }

    /// The low 128 bits of a vector register.
    pub(crate) fn xmm(&self, index: usize) -> u128 {
        self.extended.xmm(index)
    }
}
