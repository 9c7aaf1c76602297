//! Units: fixed instruction sequences inside one bundle (`spec/x64/units.md`).
//!
//! A unit is recognised by its bytes as a whole; there is no other encoding of
//! any of its instructions that would do. Whether the module may use it, and
//! where, is judged afterwards: what is a unit does not depend on options or on
//! what came before, so that walking a bundle always finds the same starts.

use super::decode::{BUNDLE, Bundle, RSP};
use lfi_abi::x64::RUNTIME_CALLS;

/// `%gs:0x10000` as ModRM.rm = 4 has it: SIB and displacement.
const BASE_OPERAND: [u8; 5] = {
    let disp = lfi_abi::x64::BASE_DISP.to_le_bytes();
    [0x25, disp[0], disp[1], disp[2], disp[3]]
};

/// What a unit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Masks a register and jumps to it.
    Jump,
    /// Masks a register and calls it.
    Call,
    /// Masks `%r11`, pushes it and returns to it.
    Return,
    /// Writes `%rsp`, masked.
    Stack,
    /// Masks `%rdi` and/or `%rsi` and runs a string instruction.
    String {
        /// `%rdi` is masked, or need not be: the instruction does not use it.
        rdi: bool,
        /// The same for `%rsi`.
        rsi: bool,
        /// The instruction writes memory, at `%rdi`.
        writes: bool,
    },
    /// Calls the runtime, which comes back to the next bundle.
    RuntimeCall,
}

/// A unit found in a bundle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) kind: Kind,
    /// Where in the bundle it ends.
    pub(super) end: usize,
    /// Number of instructions.
    pub(super) instructions: u64,
}

/// Whether a unit may start at `at`, where an instruction up to `end` is: a quick look that never misses one. All but runtime calls begin with
/// `movq B,%r11`, or go on with `addq B,%rX`.
#[inline(always)]
pub(super) fn is_likely(bundle: Bundle<'_>, at: usize, end: usize) -> bool {
    const LOAD: u32 = u32::from_le_bytes([0x65, 0x4c, 0x8b, 0x1c]);
    const RUNTIME_CALL: u32 = u32::from_le_bytes([0x4c, 0x8d, 0x1d, 0x08]);
    // REX is 48 or 4c, and ModRM anything.
    const ADD: u32 = u32::from_le_bytes([0x65, 0x48, 0x03, 0]);
    const ADD_MASK: u32 = u32::from_le_bytes([0xff, 0xfb, 0xff, 0]);
    let first = bundle.long(at);
    (first == LOAD) | (first == RUNTIME_CALL) | (bundle.long(end) & ADD_MASK == ADD)
}

/// The unit that starts at `at` in the bundle and ends in it, if there is one.
pub(super) fn find(bundle: Bundle<'_>, at: usize) -> Option<Unit> {
    // By first byte, so that most instructions pass quickly.
    let cursor = Cursor { bundle, at, instructions: 0 };
    let (kind, end) = match bundle.byte(at) {
        0x83 => branch(cursor).or_else(|| stack(cursor))?,
        0x89 => string(cursor).or_else(|| stack(cursor))?,
        0x41 => branch(cursor).or_else(|| stack(cursor))?,
        0x4c => runtime_call(cursor)?,
        0x65 => string(cursor).or_else(|| stack(cursor))?,
        0x01 | 0x21 | 0x29 | 0x42..=0x44 | 0x81 | 0x8d | 0xbc => stack(cursor)?,
        _ => return None,
    };
    Some(Unit { kind, end: end.at, instructions: end.instructions })
}

/// A place in the bundle and the instructions passed so far.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    bundle: Bundle<'a>,
    at: usize,
    instructions: u64,
}

impl Cursor<'_> {
    fn byte(&self) -> Option<u8> {
        (self.at < BUNDLE).then(|| self.bundle.byte(self.at))
    }

    /// Passes these bytes, or nothing.
    fn bytes(mut self, bytes: &[u8]) -> Option<Self> {
        if !self.bundle.holds(self.at, bytes) {
            return None;
        }
        self.at += bytes.len();
        Some(self)
    }

    /// Passes any `n` bytes.
    fn any(mut self, n: usize) -> Option<Self> {
        self.at += n;
        (self.at <= BUNDLE).then_some(self)
    }

    /// Passes exactly one instruction, given as bytes.
    fn instruction(self, bytes: &[u8]) -> Option<Self> {
        Some(self.bytes(bytes)?.end())
    }

    fn end(mut self) -> Self {
        self.instructions += 1;
        self
    }

    /// `addq B,%rX`
    fn add_base(self, x: u8) -> Option<Self> {
        let rex = if x >= 8 { 0x4c } else { 0x48 };
        self.bytes(&[0x65, rex, 0x03, 0x04 | (x & 7) << 3])?.instruction(&BASE_OPERAND)
    }

    /// `movq B,%r11`
    fn load_base(self) -> Option<Self> {
        self.bytes(&[0x65, 0x4c, 0x8b, 0x1c])?.instruction(&BASE_OPERAND)
    }

    /// `movl %eX,%eX`, then the base added to `%rX` or, with the base in `%r11`, `leaq (%rX,%r11),%rX`.
    fn guard(self, by_lea: bool, mov: [u8; 2], x: u8, lea: [u8; 4]) -> Option<Self> {
        let truncated = self.instruction(&mov)?;
        if by_lea { truncated.instruction(&lea) } else { truncated.add_base(x) }
    }
}

type Found<'a> = Option<(Kind, Cursor<'a>)>;

/// `[x64.unit.branch]`, `[x64.unit.return]`: `andl $-32,%eX; addq B,%rX`, then
/// `jmpq *%rX`, `callq *%rX`, or with X = r11 `pushq %r11; retq`.
fn branch(cursor: Cursor) -> Found {
    let high = cursor.byte()? == 0x41;
    let rex: &[u8] = if high { &[0x41] } else { &[] };
    let cursor = cursor.bytes(rex)?.bytes(&[0x83])?;
    let low = cursor.byte()?.wrapping_sub(0xe0);
    if low > 7 || !high && low == RSP {
        return None;
    }
    let x = if high { low | 8 } else { low };
    let cursor = cursor.any(1)?.instruction(&[0xe0])?.add_base(x)?;
    if x == 11
        && let Some(end) = cursor.instruction(&[0x41, 0x53]).and_then(|c| c.instruction(&[0xc3]))
    {
        return Some((Kind::Return, end));
    }
    let cursor = cursor.bytes(rex)?.bytes(&[0xff])?;
    match cursor.byte()?.wrapping_sub(low) {
        0xe0 => Some((Kind::Jump, cursor.any(1)?.end())),
        0xd0 => Some((Kind::Call, cursor.any(1)?.end())),
        _ => None,
    }
}

/// `[x64.unit.runtime]`: `leaq 8(%rip),%r11; jmpq *%gs:D` up to the bundle's end.
fn runtime_call(cursor: Cursor) -> Found {
    let cursor = cursor.instruction(&[0x4c, 0x8d, 0x1d, 0x08, 0x00, 0x00, 0x00])?.bytes(&[0x65, 0xff, 0x24, 0x25])?;
    let end = RUNTIME_CALLS.iter().find_map(|entry| cursor.instruction(&entry.to_le_bytes()))?;
    (end.at == BUNDLE).then_some((Kind::RuntimeCall, end))
}

/// `[x64.unit.stack]`: `W; addq B,%rsp`, or `movq B,%r11; W; leaq (%rsp,%r11),%rsp`.
fn stack(cursor: Cursor) -> Found {
    if let Some(cursor) = cursor.load_base() {
        let end = move_to_esp(cursor, true).or_else(|| lea_to_esp(cursor, true))?;
        return Some((Kind::Stack, end.instruction(&[0x4a, 0x8d, 0x24, 0x1c])?));
    }
    let end = move_to_esp(cursor, false).or_else(|| lea_to_esp(cursor, false)).or_else(|| arithmetic_on_esp(cursor))?;
    Some((Kind::Stack, end.add_base(RSP)?))
}

/// `movl %eY,%esp`; Y is not r11 when that holds the base.
fn move_to_esp(cursor: Cursor, base_in_r11: bool) -> Option<Cursor> {
    register_to_esp(cursor, &[0x89], base_in_r11)
}

/// One of these opcodes with register Y as source and `%esp` as destination.
fn register_to_esp<'a>(cursor: Cursor<'a>, opcodes: &[u8], base_in_r11: bool) -> Option<Cursor<'a>> {
    let high = cursor.byte()? == 0x44;
    let cursor = if high { cursor.any(1)? } else { cursor };
    if !opcodes.contains(&cursor.byte()?) {
        return None;
    }
    let cursor = cursor.any(1)?;
    let modrm = cursor.byte()?;
    if modrm & 0xc7 != 0xc4 || base_in_r11 && high && modrm >> 3 & 7 == 3 {
        return None;
    }
    Some(cursor.any(1)?.end())
}

/// `movl $imm32,%esp`, `addl/subl/andl` of a register or an immediate to `%esp`.
fn arithmetic_on_esp(cursor: Cursor) -> Option<Cursor> {
    if let Some(end) = register_to_esp(cursor, &[0x01, 0x29, 0x21], false) {
        return Some(end);
    }
    let size = match cursor.byte()? {
        0xbc => return Some(cursor.any(5)?.end()),
        0x83 => 1,
        0x81 => 4,
        _ => return None,
    };
    let cursor = cursor.any(1)?;
    if !matches!(cursor.byte()?, 0xc4 | 0xec | 0xe4) {
        return None;
    }
    Some(cursor.any(1 + size)?.end())
}

/// `leal M,%esp` with M any address form but a pc-relative one; without `%r11`
/// in M when that holds the base.
fn lea_to_esp(cursor: Cursor, base_in_r11: bool) -> Option<Cursor> {
    let (mut cursor, mut x, mut b) = (cursor, 0, 0);
    if let rex @ 0x41..=0x43 = cursor.byte()? {
        x = if rex & 2 != 0 { 8 } else { 0 };
        b = if rex & 1 != 0 { 8 } else { 0 };
        cursor = cursor.any(1)?;
    }
    cursor = cursor.bytes(&[0x8d])?;
    let modrm = cursor.byte()?;
    cursor = cursor.any(1)?;
    let mode = modrm >> 6;
    if mode == 3 || modrm >> 3 & 7 != RSP || mode == 0 && modrm & 7 == 5 {
        return None;
    }
    let mut base = modrm & 7;
    let mut index = None;
    if base == 4 {
        let sib = cursor.byte()?;
        cursor = cursor.any(1)?;
        base = sib & 7;
        index = Some(sib >> 3 & 7 | x);
    }
    let displacement = match mode {
        1 => 1,
        0 if base != 5 => 0,
        _ => 4,
    };
    if base_in_r11 && (base | b == 11 || index == Some(11)) {
        return None;
    }
    Some(cursor.any(displacement)?.end())
}

/// `[x64.unit.string]`: guards of `%rdi`, then of `%rsi`, by adding the base or,
/// with the base in `%r11`, by `lea`; then the instruction.
fn string(cursor: Cursor) -> Found {
    let loaded = cursor.load_base();
    let by_lea = loaded.is_some();
    let (mut cursor, mut rdi, mut rsi) = (loaded.unwrap_or(cursor), false, false);
    if let Some(next) = cursor.guard(by_lea, [0x89, 0xff], 7, [0x4a, 0x8d, 0x3c, 0x1f]) {
        cursor = next;
        rdi = true;
    }
    if let Some(next) = cursor.guard(by_lea, [0x89, 0xf6], 6, [0x4a, 0x8d, 0x34, 0x1e]) {
        cursor = next;
        rsi = true;
    }
    if !rdi && !rsi {
        return None;
    }

    // GNU as writes `66` before the repeat prefix, clang after it.
    let (mut operand_size, mut repeat) = (false, 0);
    loop {
        match cursor.byte()? {
            0x66 if !operand_size => operand_size = true,
            byte @ (0xf2 | 0xf3) if repeat == 0 => repeat = byte,
            _ => break,
        }
        cursor = cursor.any(1)?;
    }
    let wide = cursor.bytes(&[0x48]);
    cursor = wide.unwrap_or(cursor);
    let opcode = cursor.byte()?;
    let (uses_rdi, uses_rsi, writes, compares) = match opcode & !1 {
        0xa4 => (true, true, true, false),
        0xa6 => (true, true, false, true),
        0xaa => (true, false, true, false),
        0xac => (false, true, false, false),
        0xae => (true, false, false, true),
        _ => return None,
    };
    let byte = opcode & 1 == 0;
    let sizes = usize::from(operand_size) + usize::from(wide.is_some());
    if sizes > usize::from(!byte) || repeat == 0xf2 && !compares || rdi && !uses_rdi || rsi && !uses_rsi {
        return None;
    }
    let kind = Kind::String { rdi: rdi || !uses_rdi, rsi: rsi || !uses_rsi, writes };
    Some((kind, cursor.any(1)?.end()))
}
