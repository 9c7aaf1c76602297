//! Executable bytes become atoms: instructions, and units, which count as one.

use iced_x86::{
    Code, ConstantOffsets, Decoder, DecoderOptions, EncodingKind, FlowControl, Instruction, Mnemonic, OpKind, Register,
};
use lfi_abi::x64::BUNDLE;

use super::{anchors::Anchors, error::PostlinkError, image::Text};

/// The longest instruction the architecture allows.
const MAX_LENGTH: u8 = 15;
/// Redundant prefixes an instruction may carry. Decoders of some small cores
/// slow down beyond three prefixes in all.
const MAX_PREFIXES: u8 = 3;

/// Where control goes after an atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// To the next one.
    Next,
    /// To the next one or elsewhere.
    Branch,
    /// Elsewhere and back.
    Call,
    /// Never to the next one.
    End,
}

/// A field that holds a distance from the end of its atom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Distance {
    /// Offset within the atom.
    pub(super) at: u8,
    /// 1 or 4 bytes.
    pub(super) size: u8,
    /// What it leads to.
    pub(super) target: u64,
}

/// One instruction, or one unit, whose parts must stay adjacent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Atom {
    /// Offset from the start of the segment.
    pub(super) start: usize,
    /// Bytes.
    pub(super) len: u8,
    /// Does nothing and may be replaced by other nops or prefixes.
    pub(super) nop: bool,
    /// Where control goes.
    pub(super) flow: Flow,
    /// The distance it contains.
    pub(super) distance: Option<Distance>,
    /// The redundant prefix that it bears, and how many more of it.
    pub(super) prefix: Option<(u8, u8)>,
    /// Must stay where it is, for a reason other than anchors.
    pub(super) pinned: bool,
}

impl Atom {
    pub(super) fn end(&self) -> usize {
        self.start + usize::from(self.len)
    }

    fn pin(&mut self, text: &Text, anchors: &mut Anchors) {
        self.nop = false;
        self.prefix = None;
        anchors.add_range(text.address + self.start as u64, text.address + self.end() as u64);
    }
}

/// Splits a segment into atoms, checks that none crosses a bundle boundary, and
/// adds to the anchors what the code itself refers to.
pub(super) fn atoms(text: &Text, anchors: &mut Anchors) -> Result<Vec<Atom>, PostlinkError> {
    let mut decoder = Decoder::with_ip(64, &text.bytes, text.address, DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    let mut atoms: Vec<Atom> = Vec::new();
    let mut previous = Instruction::default();
    while decoder.can_decode() {
        let start = decoder.position();
        decoder.decode_out(&mut instruction);
        let problem = |problem| Err(PostlinkError::Code { address: text.address + start as u64, problem });
        if instruction.is_invalid() {
            return problem("not an instruction");
        }
        let bundle = BUNDLE as usize;
        if start / bundle != (decoder.position() - 1) / bundle {
            return problem("instruction crosses a bundle boundary");
        }
        let bytes = &text.bytes[start..decoder.position()];
        let atom = classify(&instruction, decoder.get_constant_offsets(&instruction), bytes, start);
        if let Some(distance) = atom.distance {
            anchors.add(distance.target);
        }
        match atoms.last_mut() {
            Some(last)
                if !start.is_multiple_of(bundle)
                    && in_one_unit(&previous, &text.bytes[last.start..start], &instruction) =>
            {
                extend(last, &atom);
            }
            _ => atoms.push(atom),
        }
        previous = instruction;
    }
    Ok(atoms)
}

/// Pins what has an anchor in its middle (and must not be cut in two), and
/// what must stay put for other reasons.
pub(super) fn pin_anchored(atoms: &mut [Atom], text: &Text, anchors: &mut Anchors) {
    for atom in atoms {
        let inside = (atom.start + 1..atom.end()).any(|at| anchors.contains(text.address + at as u64));
        if inside || atom.pinned {
            atom.pin(text, anchors);
        }
    }
}

fn classify(instruction: &Instruction, offsets: ConstantOffsets, bytes: &[u8], start: usize) -> Atom {
    let mut atom = Atom {
        start,
        len: bytes.len() as u8, // at most 15
        nop: is_nop(instruction),
        flow: match instruction.flow_control() {
            FlowControl::ConditionalBranch => Flow::Branch,
            _ if instruction.mnemonic() == Mnemonic::Call => Flow::Call, // not syscall
            FlowControl::UnconditionalBranch
            | FlowControl::IndirectBranch
            | FlowControl::Return
            | FlowControl::Exception => Flow::End,
            _ => Flow::Next,
        },
        distance: None,
        prefix: prefix(instruction, bytes),
        pinned: false,
    };
    let branch = (0..instruction.op_count()).find(|&i| {
        matches!(instruction.op_kind(i), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64)
    });
    let (at, size, target) = if branch.is_some() {
        (offsets.immediate_offset(), offsets.immediate_size(), instruction.near_branch_target())
    } else if instruction.is_ip_rel_memory_operand() {
        (offsets.displacement_offset(), offsets.displacement_size(), instruction.ip_rel_memory_address())
    } else {
        return atom;
    };
    // Forms that are not the plain 64-bit ones are the verifier's business: they stay.
    let plain = match branch {
        Some(i) => instruction.op_kind(i) == OpKind::NearBranch64 && matches!(size, 1 | 4),
        None => instruction.memory_base() == Register::RIP && size == 4,
    };
    atom.distance = Some(Distance { at: at as u8, size: size as u8, target });
    atom.pinned = !plain;
    atom
}

fn is_nop(instruction: &Instruction) -> bool {
    matches!(
        instruction.code(),
        Code::Nopw | Code::Nopd | Code::Nopq | Code::Nop_rm16 | Code::Nop_rm32 | Code::Nop_rm64
    )
}

/// The redundant prefix that an instruction may bear, and how many more: `65`
/// where `65 67` guards an operand, `2e` where no segment is overridden.
fn prefix(instruction: &Instruction, bytes: &[u8]) -> Option<(u8, u8)> {
    let plain = instruction.flow_control() == FlowControl::Next
        && matches!(instruction.encoding(), EncodingKind::Legacy | EncodingKind::VEX)
        && !instruction.is_string_instruction()
        && !is_nop(instruction)
        && !matches!(
            instruction.mnemonic(),
            Mnemonic::Pause
                | Mnemonic::Hlt
                | Mnemonic::Wait
                | Mnemonic::Endbr64
                | Mnemonic::Cpuid
                | Mnemonic::Rdtsc
                | Mnemonic::Xgetbv
                | Mnemonic::Cld
                | Mnemonic::Std
        );
    if !plain {
        return None;
    }
    let count = |byte| legacy_prefixes(bytes).filter(|&b| b == byte).count();
    let (byte, present) = match (count(0x67), count(0x65), count(0x2e)) {
        (1, guards @ 1.., 0) => (0x65, guards - 1),
        (0, 0, present) => (0x2e, present),
        _ => return None,
    };
    if [0x26, 0x36, 0x3e, 0x64, 0xf0].into_iter().any(|other| count(other) != 0) {
        return None;
    }
    let present = u8::try_from(present).ok()?;
    let room = MAX_PREFIXES.saturating_sub(present).min(MAX_LENGTH.saturating_sub(bytes.len() as u8));
    Some((byte, room))
}

fn legacy_prefixes(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let is_prefix = |b: &u8| matches!(b, 0x26 | 0x2e | 0x36 | 0x3e | 0x64..=0x67 | 0xf0 | 0xf2 | 0xf3);
    bytes.iter().copied().take_while(is_prefix)
}

/// Whether an instruction belongs to the same unit as the one before it
/// (`spec/x64/units.md`). `unit` holds the bytes of the atom so far. It is
/// enough to know what the rewriter emits: an atom too long costs a little
/// layout, one too short is refused by the verifier.
fn in_one_unit(previous: &Instruction, unit: &[u8], next: &Instruction) -> bool {
    let adds_base_to = |register| adds_base(previous) && previous.op0_register() == register;
    match next.code() {
        // Mask or zero-extension; then the base.
        Code::Add_r64_rm64 if adds_base(next) => {
            next.op0_register() == Register::RSP
                || previous.op0_register().full_register() == next.op0_register().full_register()
        }
        Code::Jmp_rm64 | Code::Call_rm64 if next.op0_kind() == OpKind::Register => {
            adds_base(previous) && previous.op0_register() == next.op0_register()
        }
        Code::Push_r64 => next.op0_register() == Register::R11 && adds_base_to(Register::R11),
        Code::Retnq => unit.len() > 2 && unit.ends_with(&[0x41, 0x53]),
        // Runtime call.
        Code::Jmp_rm64 => next.segment_prefix() == Register::GS,
        // Second register of a string unit.
        Code::Mov_r32_rm32 | Code::Mov_rm32_r32 if next.op0_register() == Register::ESI => {
            adds_base_to(Register::RDI) || loads_base(previous) || moves_by_base(previous, Register::RDI)
        }
        _ if next.is_string_instruction() => {
            adds_base_to(Register::RDI)
                || adds_base_to(Register::RSI)
                || moves_by_base(previous, Register::RDI)
                || moves_by_base(previous, Register::RSI)
        }
        // Flag-preserving twins: the base in r11, then a write of esp, edi or esi, then lea.
        _ if loads_base(previous) => {
            matches!(next.op0_register(), Register::ESP | Register::EDI | Register::ESI)
        }
        Code::Lea_r64_m => {
            unit.starts_with(&LOAD_BASE)
                && [Register::RSP, Register::RDI, Register::RSI].into_iter().any(|r| moves_by_base(next, r))
        }
        _ => false,
    }
}

/// `movq %gs:0x10000, %r11`.
const LOAD_BASE: [u8; 9] = [0x65, 0x4c, 0x8b, 0x1c, 0x25, 0x00, 0x00, 0x01, 0x00];

/// Whether the memory operand is that of the base.
fn is_base(instruction: &Instruction) -> bool {
    instruction.memory_segment() == Register::GS
        && instruction.memory_base() == Register::None
        && instruction.memory_index() == Register::None
        && instruction.memory_displacement64() == u64::from(lfi_abi::x64::BASE_DISP)
}

fn adds_base(instruction: &Instruction) -> bool {
    instruction.code() == Code::Add_r64_rm64 && instruction.op1_kind() == OpKind::Memory && is_base(instruction)
}

fn loads_base(instruction: &Instruction) -> bool {
    instruction.code() == Code::Mov_r64_rm64
        && instruction.op0_register() == Register::R11
        && instruction.op1_kind() == OpKind::Memory
        && is_base(instruction)
}

/// `leaq (register,%r11), register`.
fn moves_by_base(instruction: &Instruction, register: Register) -> bool {
    instruction.code() == Code::Lea_r64_m
        && instruction.op0_register() == register
        && instruction.memory_base() == register
        && instruction.memory_index() == Register::R11
}

/// Makes an instruction the next part of a unit.
fn extend(unit: &mut Atom, part: &Atom) {
    let shifted = part.distance.map(|d| Distance { at: d.at + unit.len, ..d });
    // A runtime call refers to its own end: it stays where it is. So does
    // whatever has two distances.
    unit.pinned |= part.pinned || unit.distance.is_some() || shifted.is_some();
    unit.distance = shifted.or(unit.distance);
    unit.len += part.len; // units lie inside a bundle
    unit.flow = part.flow;
    unit.nop = false;
    unit.prefix = None;
}
