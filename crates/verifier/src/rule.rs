//! The rules by name. Their full text is `spec/x64/verification.md`.

use core::fmt;

/// A place where code breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Slot offset of the instruction (or of the end of the region).
    pub offset: u32,
    /// The rule it breaks.
    pub rule: Rule,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}: {} [{}]", self.offset, self.rule.message(), self.rule.id())
    }
}

impl core::error::Error for Violation {}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $message:literal;)+) => {
        /// A rule of the verifier.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])* #[doc = concat!("`[", $id, "]` ", $message)] $name,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The rule's id in the specification.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// What code that breaks the rule does wrong.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message),+ }
            }
        }
    };
}

rules! {
    Target = "target.supported",
        "no rules are known for this target";
    RegionBounds = "x64.region.bounds",
        "a code region must be non-empty, lie in the slot, and start and end at multiples of 32";
    BundleBoundary = "x64.bundle.boundary",
        "the instruction crosses a 32-byte boundary";
    UnitBundle = "x64.unit.bundle",
        "the unit crosses a 32-byte boundary";

    Instruction = "x64.instruction.allowed",
        "not an instruction that sandboxed code may use";
    System = "x64.instruction.system",
        "system calls, segment state and system state are out of bounds";
    BitOffset = "x64.instruction.bit-offset",
        "a register bit offset reaches beyond the memory operand";
    Length = "x64.instruction.length",
        "the instruction is longer than 15 bytes";

    PrefixSegment = "x64.prefix.segment",
        "this segment prefix is not allowed here";
    PrefixAddressSize = "x64.prefix.address-size",
        "the address-size prefix belongs to guarded memory operands only";
    PrefixOperandSize = "x64.prefix.operand-size",
        "the operand-size prefix is not allowed here";
    PrefixRepeat = "x64.prefix.repeat",
        "the repeat prefix is not allowed here";
    PrefixLock = "x64.prefix.lock",
        "the lock prefix needs a read-modify-write of memory";
    PrefixRex = "x64.prefix.rex",
        "this REX prefix is not allowed here";
    PrefixVex = "x64.prefix.vex",
        "a field of the VEX prefix is reserved, or another prefix stands before it";
    PrefixEvex = "x64.prefix.evex",
        "a field of the EVEX prefix is reserved, or another prefix stands before it";
    PrefixRepeated = "x64.prefix.repeated",
        "the same prefix is given twice";

    BranchTarget = "x64.branch.target",
        "the target is not the start of an instruction";
    BranchPrefix = "x64.branch.prefix",
        "a direct branch takes no prefix";
    BranchIndirect = "x64.branch.indirect",
        "an indirect branch must be the end of a masked unit";
    BranchReturn = "x64.branch.return",
        "a return must be the end of a masked unit, in a module that has an exclusive slot";
    RuntimeCall = "x64.runtime.call",
        "a runtime call must be the whole unit, for a known entry, at the end of a bundle";

    MemoryGuard = "x64.memory.guard",
        "the memory operand must be a guarded one: %gs and 32-bit address size";
    MemoryStack = "x64.memory.stack",
        "the displacement from the stack pointer is too large for an unguarded operand";
    MemoryRip = "x64.memory.rip",
        "the pc-relative operand lies outside the sandbox";
    MemoryVector = "x64.memory.vector",
        "a gather or scatter must be guarded: %gs and 32-bit address size";
    StringGuard = "x64.string.guard",
        "a string instruction must end a unit that guards its addresses";

    StackWrite = "x64.stack.write",
        "the stack pointer may only be written by a unit or a small adjustment";
    StackDrift = "x64.stack.drift",
        "the stack pointer is adjusted too far, or again before an access through it";
    StackSettle = "x64.stack.settle",
        "control leaves before an access through the adjusted stack pointer";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}
