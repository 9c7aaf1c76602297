//! Judges a bundle of code by what it computes: which values its registers can
//! hold where it accesses memory or control leaves. It knows neither units nor
//! encodings, so that a sequence that the verifier takes for a unit is judged by
//! its meaning.

use iced_x86::{Code, Decoder, DecoderOptions, Instruction, OpKind, Register};
use lfi_abi::{
    Kind, Returns,
    layout::SLOT_SIZE,
    x64::{BASE_DISP, BUNDLE, DRIFT, RUNTIME_CALLS},
};

use crate::{
    decoders::{Iced, Xed},
    effects::{Access, Base, Effects, Flow, RSP, Segment},
    judge::{difference, is_confined, judge, settles},
};

/// What is known of a register, with the sandbox's base b.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    /// Nothing.
    Any,
    /// Less than 2^32.
    Low,
    /// A multiple of 32 less than 2^32.
    LowStart,
    /// b
    SandboxBase,
    /// In the slot: b and something less than 2^32.
    InSlot,
    /// b and a multiple of 32 less than 2^32: where control may go.
    Start,
    /// Not further than [`DRIFT`] from the slot.
    NearSlot,
}

impl Value {
    /// After 32-bit truncation.
    fn truncated(self) -> Self {
        match self {
            Self::Start | Self::LowStart => Self::LowStart,
            _ => Self::Low,
        }
    }

    /// The sum with b.
    fn rebased(self) -> Self {
        match self {
            Self::Low => Self::InSlot,
            Self::LowStart => Self::Start,
            _ => Self::Any,
        }
    }

    fn in_slot(self) -> bool {
        matches!(self, Self::InSlot | Self::Start)
    }
}

const R11: usize = 11;

/// A bundle of a region that ends with it, and how it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Bundle<'a> {
    /// 32 bytes.
    pub code: &'a [u8],
    /// Slot offset.
    pub offset: u32,
    /// Which accesses are confined.
    pub kind: Kind,
    /// Whether `ret` is allowed.
    pub returns: Returns,
    /// Bit n: control may come to byte n from anywhere.
    pub starts: u32,
}

/// Walks bundles.
#[derive(Debug)]
pub struct Walker {
    iced: Iced,
    xed: Xed,
    registers: [Value; 16],
    /// What stands at `%rsp`, if it was just pushed.
    top: Value,
}

impl Default for Walker {
    fn default() -> Self {
        Self { iced: Iced::new(false), xed: Xed::default(), registers: [Value::Any; 16], top: Value::Any }
    }
}

impl Walker {
    /// Whether the bundle keeps the invariant, whatever registers and memory hold at its starts.
    ///
    /// # Errors
    /// What it does wrong, and at which byte.
    pub fn walk(&mut self, bundle: &Bundle) -> Result<(), (usize, &'static str)> {
        let rsp = usize::from(RSP);
        let mut at = 0;
        self.registers[rsp] = Value::InSlot;
        while at < BUNDLE as usize {
            let fail = |what| (at, what);
            if bundle.starts >> at & 1 != 0 {
                let pointer = self.registers[rsp];
                if bundle.kind != Kind::Jumps && !pointer.in_slot() && pointer != Value::NearSlot {
                    return Err(fail("%rsp is not near the slot at a start"));
                }
                self.registers = [Value::Any; 16];
                self.registers[rsp] = pointer;
                self.top = Value::Any;
            }
            let rest = &bundle.code[at..];
            let address = u64::from(bundle.offset) + at as u64;
            let (Some(effects), Some(other)) = (self.iced.decode(rest, address), self.xed.decode(rest, address)) else {
                return Err(fail("not an instruction"));
            };
            if let Some(what) = difference(&effects, &other) {
                return Err(fail(what));
            }
            let instruction = Decoder::with_ip(64, rest, address, DecoderOptions::NONE).decode();
            self.step(bundle, &instruction, &effects).map_err(fail)?;
            at += effects.length;
        }
        if at > BUNDLE as usize {
            return Err((at, "reaches beyond the bundle"));
        }
        if bundle.kind != Kind::Jumps && !self.registers[rsp].in_slot() {
            return Err((at, "the region ends with %rsp out of the slot"));
        }
        Ok(())
    }

    fn step(&mut self, bundle: &Bundle, instruction: &Instruction, effects: &Effects) -> Result<(), &'static str> {
        // Whatever it is, but for memory, %rsp and indirect branches, which depend on values here.
        let flow = effects.flow;
        let without = Effects { flow: if flow == Flow::Other { Flow::Next } else { flow }, ..effects.clone() };
        judge(&without, Kind::Jumps)?;
        let confines = bundle.kind != Kind::Jumps;
        let runtime_call = is_runtime_call(instruction);
        for access in &effects.accesses {
            if confines && (access.writes || bundle.kind == Kind::Full) && !runtime_call {
                self.access(instruction, access)?;
            }
        }
        if confines {
            self.stack(effects)?;
        }
        let settled = !confines || self.registers[usize::from(RSP)].in_slot();
        match flow {
            Flow::Next | Flow::Trap => {}
            Flow::Branch(target) | Flow::Jump(target) | Flow::Call(target) => {
                let place = target.wrapping_sub(bundle.offset.into());
                let here = place < BUNDLE && bundle.starts >> place & 1 != 0;
                if !here && (!target.is_multiple_of(BUNDLE) || target >= SLOT_SIZE) {
                    return Err("branches to no start");
                }
                if !settled {
                    return Err("branches with %rsp out of the slot");
                }
            }
            Flow::Other => {
                if !settled {
                    return Err("leaves with %rsp out of the slot");
                }
                let target = match instruction.code() {
                    Code::Jmp_rm64 | Code::Call_rm64 if instruction.op0_kind() == OpKind::Register => {
                        self.value(instruction.op0_register())
                    }
                    Code::Jmp_rm64 if runtime_call => self.registers[R11],
                    Code::Retnq if bundle.returns == Returns::Ret => self.top,
                    _ => return Err("control goes anywhere"),
                };
                if target != Value::Start {
                    return Err("control goes to no start");
                }
            }
        }
        self.update(instruction, effects);
        Ok(())
    }

    /// Judges a confined access.
    fn access(&self, instruction: &Instruction, access: &Access) -> Result<(), &'static str> {
        let pointer = self.registers[usize::from(RSP)];
        if is_confined(access) {
            let through = access.base == Base::Register(RSP) && !access.short;
            return if !through || pointer.in_slot() || pointer == Value::NearSlot {
                Ok(())
            } else {
                Err("accesses memory through a %rsp that is no address")
            };
        }
        // The base itself, in the runtime's page.
        if is_sandbox_base(instruction) && access.reads && !access.writes && access.size == 8 {
            return Ok(());
        }
        let steps = instruction.is_string_instruction() && access.index.is_none() && access.displacement == 0;
        match access.base {
            Base::Register(n)
                if steps
                    && access.segment == Segment::Flat
                    && !access.short
                    && access.size <= 8
                    && self.registers[usize::from(n)].in_slot() =>
            {
                Ok(())
            }
            _ => Err("memory outside the sandbox"),
        }
    }

    /// What an instruction does to `%rsp`, but for what [`Self::update`] finds.
    fn stack(&mut self, effects: &Effects) -> Result<(), &'static str> {
        let pointer = &mut self.registers[usize::from(RSP)];
        if effects.adjusts.is_some_and(|i| (-DRIFT..=DRIFT).contains(&i)) {
            if !pointer.in_slot() {
                return Err("adjusts a %rsp that is not in the slot");
            }
            *pointer = Value::NearSlot;
        } else if effects.stack && !pointer.in_slot() && *pointer != Value::NearSlot {
            return Err("pushes or pops through a %rsp that is no address");
        } else if settles(effects) && *pointer == Value::NearSlot {
            *pointer = Value::InSlot;
        }
        Ok(())
    }

    /// The registers' values after the instruction.
    fn update(&mut self, instruction: &Instruction, effects: &Effects) {
        let result = self.result(instruction);
        self.top = match instruction.code() {
            Code::Push_r64 => self.value(instruction.op0_register()),
            _ => Value::Any,
        };
        for n in (0..16).filter(|n| effects.written.general >> n & 1 != 0) {
            let adjusted = n == usize::from(RSP) && effects.adjusts.is_some();
            if !adjusted {
                self.registers[n] = Value::Any;
            }
        }
        if let Some((register, value)) = result {
            let adjusted = register == Register::RSP && effects.adjusts.is_some();
            if !adjusted {
                self.registers[register.number()] = value;
            }
        }
    }

    /// The register that an instruction writes and its value, as far as they are followed.
    fn result(&self, instruction: &Instruction) -> Option<(Register, Value)> {
        if instruction.op0_kind() != OpKind::Register {
            return None;
        }
        let to = instruction.op0_register();
        let other = || match instruction.op1_kind() {
            OpKind::Register => self.value(instruction.op1_register()),
            OpKind::Memory if is_sandbox_base(instruction) => Value::SandboxBase,
            _ => Value::Any,
        };
        let value = match instruction.code() {
            Code::Mov_rm32_r32 | Code::Mov_r32_rm32 => other().truncated(),
            Code::Mov_rm64_r64 | Code::Mov_r64_rm64 => other(),
            Code::And_rm32_imm8 | Code::And_EAX_imm32 | Code::And_rm32_imm32
                if instruction.immediate(1).is_multiple_of(BUNDLE) =>
            {
                Value::LowStart
            }
            Code::Mov_r32_imm32
            | Code::Lea_r32_m
            | Code::Add_rm32_r32
            | Code::Add_rm32_imm8
            | Code::Add_rm32_imm32
            | Code::Sub_rm32_r32
            | Code::Sub_rm32_imm8
            | Code::Sub_rm32_imm32
            | Code::And_rm32_r32
            | Code::And_rm32_imm8
            | Code::And_rm32_imm32 => Value::Low,
            Code::Add_r64_rm64 if other() == Value::SandboxBase => self.value(to).rebased(),
            Code::Lea_r64_m => self.lea(instruction),
            _ => return None,
        };
        Some((to.full_register(), value))
    }

    fn lea(&self, instruction: &Instruction) -> Value {
        if instruction.is_ip_rel_memory_operand() {
            let target = instruction.ip_rel_memory_address();
            return if target.is_multiple_of(BUNDLE) && target < SLOT_SIZE { Value::Start } else { Value::Any };
        }
        let (base, index) = (instruction.memory_base(), instruction.memory_index());
        let plain = base.is_gpr64()
            && index.is_gpr64()
            && instruction.memory_index_scale() == 1
            && instruction.memory_displacement64() == 0;
        match (plain, self.value(base), self.value(index)) {
            (true, Value::SandboxBase, low) | (true, low, Value::SandboxBase) => low.rebased(),
            _ => Value::Any,
        }
    }

    fn value(&self, register: Register) -> Value {
        if register.is_gpr64() || register.is_gpr32() { self.registers[register.number()] } else { Value::Any }
    }
}

/// Whether the memory operand is `%gs:0x10000`, whatever the registers hold.
fn is_sandbox_base(instruction: &Instruction) -> bool {
    is_constant_in_slot(instruction) && instruction.memory_displacement64() == u64::from(BASE_DISP)
}

fn is_runtime_call(instruction: &Instruction) -> bool {
    let known = || RUNTIME_CALLS.iter().any(|entry| u64::from(*entry) == instruction.memory_displacement64());
    instruction.code() == Code::Jmp_rm64 && is_constant_in_slot(instruction) && known()
}

fn is_constant_in_slot(instruction: &Instruction) -> bool {
    (0..instruction.op_count()).any(|n| instruction.op_kind(n) == OpKind::Memory)
        && instruction.memory_segment() == Register::GS
        && instruction.memory_base() == Register::None
        && instruction.memory_index() == Register::None
}
