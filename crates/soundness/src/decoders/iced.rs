//! `iced-x86`.

use iced_x86::{
    Code, CodeSize, CpuidFeature, Decoder, DecoderOptions, EncodingKind, FlowControl, Instruction,
    InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register, RflagsBits, UsedMemory,
};

use crate::effects::{Access, Base, Effects, Flow, Index, RSP, Segment, State, Written, displacement};

/// The decoder and its scratch memory.
#[derive(Debug)]
pub struct Iced {
    factory: InstructionInfoFactory,
    options: u32,
    instruction: Instruction,
}

/// Features whose instructions sandboxed code may use.
const FEATURES: &[CpuidFeature] = &[
    CpuidFeature::INTEL8086,
    CpuidFeature::INTEL186,
    CpuidFeature::INTEL286,
    CpuidFeature::INTEL386,
    CpuidFeature::INTEL486,
    CpuidFeature::X64,
    CpuidFeature::ADX,
    CpuidFeature::AES,
    CpuidFeature::AVX,
    CpuidFeature::AVX2,
    CpuidFeature::AVX512BW,
    CpuidFeature::AVX512CD,
    CpuidFeature::AVX512DQ,
    CpuidFeature::AVX512F,
    CpuidFeature::AVX512VL,
    CpuidFeature::AVX512_BF16,
    CpuidFeature::AVX512_BITALG,
    CpuidFeature::AVX512_FP16,
    CpuidFeature::AVX512_IFMA,
    CpuidFeature::AVX512_VBMI,
    CpuidFeature::AVX512_VBMI2,
    CpuidFeature::AVX512_VNNI,
    CpuidFeature::AVX512_VP2INTERSECT,
    CpuidFeature::AVX512_VPOPCNTDQ,
    CpuidFeature::AVX_VNNI,
    CpuidFeature::BMI1,
    CpuidFeature::BMI2,
    CpuidFeature::CET_IBT,
    CpuidFeature::CMOV,
    CpuidFeature::CMPXCHG16B,
    CpuidFeature::CPUID,
    CpuidFeature::CX8,
    CpuidFeature::F16C,
    CpuidFeature::FMA,
    CpuidFeature::FMA4,
    CpuidFeature::FPU,
    CpuidFeature::FPU287,
    CpuidFeature::FPU387,
    CpuidFeature::GFNI,
    CpuidFeature::LZCNT,
    CpuidFeature::MMX,
    CpuidFeature::MOVBE,
    CpuidFeature::MULTIBYTENOP,
    CpuidFeature::PAUSE,
    CpuidFeature::PCLMULQDQ,
    CpuidFeature::POPCNT,
    CpuidFeature::PREFETCHW,
    CpuidFeature::RDRAND,
    CpuidFeature::RDSEED,
    CpuidFeature::SHA,
    CpuidFeature::SSE,
    CpuidFeature::SSE2,
    CpuidFeature::SSE3,
    CpuidFeature::SSE4_1,
    CpuidFeature::SSE4_2,
    CpuidFeature::SSSE3,
    CpuidFeature::TSC,
    CpuidFeature::VAES,
    CpuidFeature::VPCLMULQDQ,
    CpuidFeature::XOP,
    CpuidFeature::XSAVE,
];

/// Of these features, what changes or shows the system's state, or is for the kernel.
const SYSTEM: &[Mnemonic] = &[
    Mnemonic::Arpl,
    Mnemonic::Clac,
    Mnemonic::Cli,
    Mnemonic::In,
    Mnemonic::Insb,
    Mnemonic::Insd,
    Mnemonic::Insw,
    Mnemonic::Lar,
    Mnemonic::Lds,
    Mnemonic::Les,
    Mnemonic::Lfs,
    Mnemonic::Lgs,
    Mnemonic::Lsl,
    Mnemonic::Lss,
    Mnemonic::Out,
    Mnemonic::Outsb,
    Mnemonic::Outsd,
    Mnemonic::Outsw,
    Mnemonic::Popf,
    Mnemonic::Popfd,
    Mnemonic::Popfq,
    Mnemonic::Sgdt,
    Mnemonic::Sidt,
    Mnemonic::Sldt,
    Mnemonic::Smsw,
    Mnemonic::Sti,
    Mnemonic::Str,
    Mnemonic::Verr,
    Mnemonic::Verw,
    Mnemonic::Xrstor,
    Mnemonic::Xrstor64,
    Mnemonic::Xsave,
    Mnemonic::Xsave64,
    Mnemonic::Xsetbv,
];

impl Iced {
    /// As on processors by Intel, or by AMD.
    pub fn new(amd: bool) -> Self {
        let options = if amd { DecoderOptions::AMD } else { DecoderOptions::NONE };
        Self { factory: InstructionInfoFactory::new(), options, instruction: Instruction::default() }
    }

    /// The instruction at the start of `code`, which stands at `address`; none if it is not valid.
    pub fn decode(&mut self, code: &[u8], address: u64) -> Option<Effects> {
        Decoder::with_ip(64, code, address, self.options).decode_out(&mut self.instruction);
        if self.instruction.is_invalid() { None } else { Some(self.effects()) }
    }

    /// The length of the instruction at the start of `code`; none if it is not valid.
    pub fn length(&mut self, code: &[u8]) -> Option<usize> {
        Decoder::new(64, code, self.options).decode_out(&mut self.instruction);
        (!self.instruction.is_invalid()).then(|| self.instruction.len())
    }

    /// Where the instruction at the start of `code` has a displacement of 4 bytes, if it has one.
    pub fn long_displacement(&mut self, code: &[u8]) -> Option<usize> {
        let mut decoder = Decoder::new(64, code, self.options);
        decoder.decode_out(&mut self.instruction);
        let offsets = decoder.get_constant_offsets(&self.instruction);
        (offsets.displacement_size() == 4).then(|| offsets.displacement_offset())
    }

    /// Name of the instruction last decoded, and a number that stands for it.
    pub fn name(&self) -> (Mnemonic, u32) {
        (self.instruction.mnemonic(), self.instruction.code() as u32)
    }

    fn effects(&mut self) -> Effects {
        let instruction = &self.instruction;
        let info = self.factory.info(instruction);
        let moved = instruction.stack_pointer_increment().abs() == 8
            && !matches!(instruction.mnemonic(), Mnemonic::Enter | Mnemonic::Leave);
        let mut written = Written::default();
        let mut state = State { masks: instruction.encoding() == EncodingKind::EVEX, ..State::default() };
        for used in info.used_registers() {
            let register = used.register();
            state.mmx |= register.is_mm();
            state.x87 |= register.is_st();
            state.masks |= register.is_k();
            state.upper |= register.is_vector_register() && instruction.encoding() != EncodingKind::Legacy;
            if writes(used.access()) {
                if register.is_gpr() {
                    written.general |= 1 << register.full_register().number();
                } else if !(register.is_vector_register() || register.is_mm() || register.is_st() || register.is_k()) {
                    written.system = true;
                }
            }
        }
        let explicit = (0..instruction.op_count()).any(|n| {
            instruction.op_kind(n) == OpKind::Register
                && instruction.op_register(n).full_register() == Register::RSP
                && writes(info.op_access(n))
        });
        if moved && !explicit {
            written.general &= !(1 << RSP);
        }
        let features = instruction.cpuid_features();
        state.x87 |=
            features.iter().any(|f| matches!(f, CpuidFeature::FPU | CpuidFeature::FPU287 | CpuidFeature::FPU387));
        // `fnsave` and `frstor` are listed with the registers' other name, too.
        state.mmx &= !state.x87;
        state.x87_whole = matches!(
            instruction.mnemonic(),
            Mnemonic::Fldenv | Mnemonic::Fnstenv | Mnemonic::Frstor | Mnemonic::Fnsave
        );
        state.x87_control = state.x87_whole || matches!(instruction.mnemonic(), Mnemonic::Fldcw | Mnemonic::Fninit);
        state.mxcsr = matches!(
            instruction.mnemonic(),
            Mnemonic::Ldmxcsr | Mnemonic::Stmxcsr | Mnemonic::Vldmxcsr | Mnemonic::Vstmxcsr
        );
        state.direction = instruction.rflags_set() & RflagsBits::DF != 0;
        let accesses = info.used_memory().iter().filter_map(|memory| access(instruction, memory, moved)).collect();
        Effects {
            length: instruction.len(),
            flow: flow(instruction),
            written,
            stack: moved,
            adjusts: adjusts(instruction),
            accesses,
            state,
            foreign: foreign(instruction),
        }
    }
}

fn writes(access: OpAccess) -> bool {
    matches!(access, OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
}

fn reads(access: OpAccess) -> bool {
    matches!(access, OpAccess::Read | OpAccess::CondRead | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
}

fn access(instruction: &Instruction, memory: &UsedMemory, moved: bool) -> Option<Access> {
    let access = memory.access();
    if access == OpAccess::NoMemAccess {
        return None;
    }
    let slot = moved
        && memory.base() == Register::RSP
        && match instruction.code() {
            Code::Pop_rm64 => reads(access),
            Code::Push_rm64 => writes(access),
            _ => true,
        };
    let relative = instruction.is_ip_rel_memory_operand() && !slot;
    let general = |register: Register| register.full_register().number() as u8;
    let index = match memory.index() {
        Register::None => None,
        register if register.is_vector_register() => Some(Index::Vector(register.number() as u8)),
        register => Some(Index::Register(general(register))),
    };
    let conditional = matches!(access, OpAccess::CondRead | OpAccess::CondWrite)
        || instruction.op_mask() != Register::None
        || instruction.has_rep_prefix()
        || instruction.has_repne_prefix();
    let short = memory.address_size() != CodeSize::Code64;
    // With a repeat prefix the size of all repetitions is unknown; that of one counts.
    let size = match memory.memory_size().size() {
        0 => instruction.memory_size().size(),
        size => size,
    };
    Some(Access {
        slot,
        segment: match memory.segment() {
            Register::FS => Segment::Fs,
            Register::GS => Segment::Gs,
            _ => Segment::Flat,
        },
        short,
        base: match memory.base() {
            _ if relative => Base::Pc,
            Register::None => Base::None,
            register => Base::Register(general(register)),
        },
        index,
        displacement: displacement(memory.displacement().cast_signed(), short, relative),
        size: size as i64,
        reads: reads(access),
        writes: writes(access),
        certain: !conditional,
    })
}

fn flow(instruction: &Instruction) -> Flow {
    let near = instruction.op_count() > 0 && instruction.op_kind(0) == OpKind::NearBranch64;
    match instruction.flow_control() {
        FlowControl::Next if instruction.code() == Code::Hlt => Flow::Trap,
        FlowControl::Next => Flow::Next,
        FlowControl::ConditionalBranch if near => Flow::Branch(instruction.near_branch64()),
        FlowControl::UnconditionalBranch if near => Flow::Jump(instruction.near_branch64()),
        FlowControl::Call if near => Flow::Call(instruction.near_branch64()),
        FlowControl::Interrupt if instruction.code() == Code::Int3 => Flow::Trap,
        FlowControl::Exception if instruction.code() == Code::Ud2 => Flow::Trap,
        _ => Flow::Other,
    }
}

fn adjusts(instruction: &Instruction) -> Option<i64> {
    match instruction.code() {
        Code::Add_rm64_imm8 | Code::Add_rm64_imm32 if instruction.op0_register() == Register::RSP => {
            Some(instruction.immediate(1).cast_signed())
        }
        Code::Sub_rm64_imm8 | Code::Sub_rm64_imm32 if instruction.op0_register() == Register::RSP => {
            Some(-instruction.immediate(1).cast_signed())
        }
        Code::Lea_r64_m
            if instruction.op0_register() == Register::RSP
                && instruction.memory_base() == Register::RSP
                && instruction.memory_index() == Register::None =>
        {
            Some(instruction.memory_displacement64().cast_signed())
        }
        _ => None,
    }
}

fn foreign(instruction: &Instruction) -> Option<&'static str> {
    if instruction.cpuid_features().iter().any(|feature| !FEATURES.contains(feature)) {
        return Some("instruction set");
    }
    // `hlt` traps in user mode.
    if instruction.is_privileged() && instruction.code() != Code::Hlt {
        return Some("privileged");
    }
    if instruction.is_save_restore_instruction()
        && !matches!(instruction.mnemonic(), Mnemonic::Fnsave | Mnemonic::Frstor)
    {
        return Some("state of the thread");
    }
    let system =
        |register: Register| register.is_segment_register() || register.is_cr() || register.is_dr() || register.is_tr();
    let operand = (0..instruction.op_count())
        .any(|n| instruction.op_kind(n) == OpKind::Register && system(instruction.op_register(n)));
    (operand || SYSTEM.contains(&instruction.mnemonic())).then_some("system")
}
