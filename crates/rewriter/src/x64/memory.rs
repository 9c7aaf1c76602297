//! Memory operands: [x64.rewrite.memory].

use lfi_abi::{
    Kind,
    x64::{DRIFT, RED_ZONE},
};

use super::{
    emit::{Code, Emitter},
    mnemonic::Class,
    program::{Form, Operand, R11_ALL},
    register::{NAMES32, NAMES64, NONE, R11, RSP, Register, Set},
    thread::loaded_register,
};
use crate::{Assembler, error::Reason, expr::constant};

/// No access is larger (`fxsave`).
const LARGEST: i64 = 512;

/// The displacement of an access `d(%rsp)` that cannot leave the guard regions
/// even where the stack pointer has drifted.
pub(super) fn stack_reach(operand: &Operand) -> Option<i64> {
    if operand.form != Form::Address
        || !operand.base.is(Set::Gpr64, RSP)
        || operand.index.set != Set::None
        || operand.segment.set != Set::None
    {
        return None;
    }
    let displacement = if operand.expression.is_empty() { 0 } else { constant(operand.expression)? };
    (-DRIFT < displacement && displacement < DRIFT - LARGEST).then_some(displacement)
}

/// The operand for a spilled register, below the red zone.
pub(super) fn frame_slot(slot: u64) -> String {
    format!("-{}(%rsp)", RED_ZONE + 8 * (slot + 1))
}

/// Whether an address is computed in 32 bits, for which there is only the
/// guarded form.
fn is_short(operand: &Operand) -> bool {
    operand.base.set == Set::Gpr32 || operand.index.set == Set::Gpr32
}

/// Adds the guarded form of a memory operand.
fn push_guarded(out: &mut String, operand: &Operand) {
    out.push_str("%gs:");
    out.push_str(operand.expression);
    if operand.base.set == Set::None && operand.index.set == Set::None {
        // Without a register there is no address size: an index that counts as
        // zero gives it one.
        out.push_str("(,%eiz)");
    } else {
        push_address(out, operand, &NAMES32);
    }
}

/// Adds base and index, under the names given.
fn push_address(out: &mut String, operand: &Operand, names: &[&str; 16]) {
    out.push('(');
    push_register(out, operand.base, names);
    if operand.index.set != Set::None {
        out.push(',');
        push_register(out, operand.index, names);
        out.push(',');
        out.push(char::from(b'0' + operand.scale));
    }
    out.push(')');
}

fn push_register(out: &mut String, register: Register, names: &[&str; 16]) {
    match register.set {
        Set::Gpr64 | Set::Gpr32 => {
            out.push('%');
            out.push_str(names[usize::from(register.number)]);
        }
        Set::Zero => out.push_str(if names == &NAMES64 { "%riz" } else { "%eiz" }),
        Set::Xmm | Set::Ymm | Set::Zmm => {
            out.push_str(match register.set {
                Set::Xmm => "%xmm",
                Set::Ymm => "%ymm",
                _ => "%zmm",
            });
            out.push_str(&register.number.to_string());
        }
        _ => {}
    }
}

impl Emitter<'_, '_> {
    /// Whether a memory operand takes the guarded form.
    pub(super) fn is_guarded(&self, operand: &Operand, store: bool) -> bool {
        let wanted = match self.options.kind {
            Kind::Full => true,
            Kind::Stores => store,
            Kind::Jumps => false,
        };
        let wanted = wanted && operand.base.set != Set::Rip && stack_reach(operand).is_none();
        wanted || is_short(operand)
    }

    /// Writes an instruction, its memory operand guarded where it has to be.
    pub(super) fn memory_access(&mut self, code: &Code, mnemonic: &str, prefixes: u8) -> Result<(), Reason> {
        let Some((index, store)) = code.memory_operand() else {
            return match (code.class(), code.operands) {
                (Class::Lea, [address, _]) if address.segment.set != Set::None => Err(Reason::Segment),
                (Class::Lea, [address, to]) if is_short(address) => self.short_lea(code, address, to),
                _ => {
                    self.write(code, mnemonic, prefixes, None);
                    Ok(())
                }
            };
        };
        check_access(code)?;
        let operand = &code.operands[index];
        if self.is_guarded(operand, store) {
            if self.needs_long_address(operand) {
                return self.access_by_register(code, index, mnemonic, prefixes);
            }
            let text = self.guarded(operand);
            self.write(code, mnemonic, prefixes, Some((index, &text)));
            self.text = text;
        } else {
            self.write(code, mnemonic, prefixes, None);
        }
        Ok(())
    }

    /// `lea` of an address of 32 bits: the low half of that of 64 bits, the upper one zero.
    fn short_lea(&mut self, code: &Code, address: &Operand, to: &Operand) -> Result<(), Reason> {
        let text = self.plain(address);
        match to.base.set {
            Set::Gpr64 => self.line(&["leal\t", &text, ", %", NAMES32[usize::from(to.base.number)]]),
            Set::Gpr32 | Set::Gpr16 => self.line(&[code.mnemonic(), "\t", &text, ", ", to.text]),
            _ => return Err(Reason::Operand),
        }
        self.text = text;
        Ok(())
    }

    /// Writes an instruction with another memory operand than it has.
    pub(super) fn access(&mut self, code: &Code, index: usize, operand: &Operand) {
        let text = if self.is_guarded(operand, code.instruction.writes(index)) {
            self.guarded(operand)
        } else {
            self.plain(operand)
        };
        self.write(code, code.mnemonic(), code.instruction.prefixes, Some((index, &text)));
        self.text = text;
    }

    /// GNU as relocates what `x@tpoff` and the like stand for as a signed number,
    /// and takes it in addresses of 64 bits only.
    pub(super) fn needs_long_address(&self, operand: &Operand) -> bool {
        self.options.assembler == Assembler::Gnu && operand.expression.contains('@')
    }

    /// Writes an instruction with the address of its memory operand computed
    /// first: in the register that it loads, or in `%r11`.
    fn access_by_register(&mut self, code: &Code, index: usize, mnemonic: &str, prefixes: u8) -> Result<(), Reason> {
        let operand = &code.operands[index];
        let loaded = loaded_register(code, operand);
        let number = loaded.unwrap_or(R11);
        let spilled = loaded.is_none() && code.instruction.live_before() & R11_ALL != 0;
        if spilled && code.moves_rsp() || loaded.is_none() && code.operands.iter().any(|o| o.mentions(R11)) {
            return Err(Reason::R11Live);
        }
        if spilled {
            self.spill_r11();
        }
        self.load_address(operand, number);
        let operand = Operand { base: Register { set: Set::Gpr64, number }, index: NONE, expression: "", ..*operand };
        let text = self.guarded(&operand);
        self.write(code, mnemonic, prefixes, Some((index, &text)));
        self.text = text;
        if spilled {
            self.reload_r11();
        }
        Ok(())
    }

    /// `leaq` of an operand.
    pub(super) fn load_address(&mut self, operand: &Operand, number: u8) {
        let text = self.plain(operand);
        self.line(&["leaq\t", &text, ", %", NAMES64[usize::from(number)]]);
        self.text = text;
    }

    /// A memory operand as it is, in the buffer likewise.
    fn plain(&mut self, operand: &Operand) -> String {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        text.push_str(operand.expression);
        push_address(&mut text, operand, &NAMES64);
        text
    }

    /// The guarded form of a memory operand, in the buffer `self.text`, which
    /// the caller gives back.
    pub(super) fn guarded(&mut self, operand: &Operand) -> String {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        push_guarded(&mut text, operand);
        text
    }
}

/// Whether the memory operand of an instruction is one that can be guarded.
pub(super) fn check_access(code: &Code) -> Result<(), Reason> {
    match code.class() {
        Class::MovAbs => Err(Reason::Refused("an absolute 64-bit address cannot be guarded")),
        _ if code.operands.iter().filter(|o| o.is_memory()).count() > 1 => Err(Reason::Operand),
        _ if gathers_into_its_index(code) => Err(Reason::Refused("the vectors of a gather must differ")),
        _ => Ok(()),
    }
}

/// Whether two of the vectors of a gather are the same, which the processor refuses.
fn gathers_into_its_index(code: &Code) -> bool {
    // A scatter reads both.
    if !code.operands.iter().any(|o| o.is_memory() && o.index.is_vector()) || code.memory_operand().is_some_and(|m| m.1)
    {
        return false;
    }
    let register = |operand: &Operand| if operand.is_memory() { operand.index } else { operand.base };
    let vectors = code.operands.iter().map(register).filter(|register| register.is_vector());
    let mut vectors: Vec<u8> = vectors.map(|vector| vector.number).collect();
    vectors.sort_unstable();
    vectors.windows(2).any(|pair| pair[0] == pair[1])
}
