//! What one instruction does, as a decoder tells it.

/// What one instruction does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects {
    /// In bytes.
    pub length: usize,
    /// Where control goes.
    pub flow: Flow,
    /// Registers written, pushes and pops left aside.
    pub written: Written,
    /// Whether the stack is pushed or popped, by 8 bytes.
    pub stack: bool,
    /// `%rsp` plus this constant is all that `%rsp` becomes.
    pub adjusts: Option<i64>,
    /// Memory accesses.
    pub accesses: Vec<Access>,
    /// State beyond general and vector registers that it changes or shows.
    pub state: State,
    /// Why sandboxed code may not have it whatever the operands, if so.
    pub foreign: Option<&'static str>,
}

/// Where control goes after an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// To the next instruction.
    Next,
    /// Perhaps to this address.
    Branch(u64),
    /// To this address.
    Jump(u64),
    /// To this address, with a return address pushed.
    Call(u64),
    /// Nowhere: it traps.
    Trap,
    /// Anywhere else.
    Other,
}

/// A set of registers written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// General registers, bit by number.
    pub general: u16,
    /// A register of the system: segment, control, debug, model-specific, ...
    pub system: bool,
}

/// Number of `%rsp`.
pub const RSP: u8 = 4;

impl Written {
    /// Whether `%rsp` is written in any width.
    pub fn stack_pointer(self) -> bool {
        self.general & 1 << RSP != 0
    }
}

/// One access to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// The slot that a push, pop or call uses.
    pub slot: bool,
    /// The segment whose base is added.
    pub segment: Segment,
    /// The address is taken modulo 2^32 before the segment's base is added.
    pub short: bool,
    /// What the displacement is added to.
    pub base: Base,
    /// Whether there is an index, general or vector.
    pub index: Option<Index>,
    /// For pc-relative operands the address, else the displacement, sign-extended.
    pub displacement: i64,
    /// In bytes.
    pub size: i64,
    /// Memory is read.
    pub reads: bool,
    /// Memory is written.
    pub writes: bool,
    /// The instruction cannot complete without this access.
    pub certain: bool,
}

/// The displacement in its one form, where 32-bit addresses have two.
pub(crate) fn displacement(value: i64, short: bool, relative: bool) -> i64 {
    match (short, relative) {
        (false, _) => value,
        (true, false) => i64::from(value as i32),
        (true, true) => i64::from(value as u32),
    }
}

/// A segment by what its base is in 64-bit mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// 0
    Flat,
    /// The host's.
    Fs,
    /// The sandbox's.
    Gs,
}

/// The base of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base {
    /// None.
    None,
    /// A general register.
    Register(u8),
    /// The address of the next instruction.
    Pc,
}

/// The index of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Index {
    /// A general register.
    Register(u8),
    /// A vector register: one address an element.
    Vector(u8),
}

/// Processor state that the verifier's summary has a class for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// An x87 instruction.
    pub x87: bool,
    /// The x87 control word may change.
    pub x87_control: bool,
    /// The whole x87 environment or state is loaded or stored.
    pub x87_whole: bool,
    /// An MMX register is an operand.
    pub mmx: bool,
    /// MXCSR is an operand.
    pub mxcsr: bool,
    /// The direction flag may be set.
    pub direction: bool,
    /// A vector register is an operand of a VEX or EVEX instruction.
    pub upper: bool,
    /// An EVEX instruction, or one with a mask register as operand.
    pub masks: bool,
}
