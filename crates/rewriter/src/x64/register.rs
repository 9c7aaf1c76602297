//! Registers.

/// The sets that registers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// No register.
    None,
    /// `%al`, `%spl`, `%r8b` ...
    Gpr8,
    /// `%ah`, `%ch`, `%dh`, `%bh`.
    High8,
    Gpr16,
    Gpr32,
    Gpr64,
    Rip,
    /// `%riz`, `%eiz`: an index that counts as zero.
    Zero,
    Xmm,
    Ymm,
    Zmm,
    /// `%k0` to `%k7`.
    Mask,
    Mmx,
    X87,
    Segment,
    /// Known to the manuals and of no use in a sandbox: control, debug,
    /// bounds and AMX registers.
    Other,
}

/// A register: its set, and its number in the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Register {
    pub(crate) set: Set,
    pub(crate) number: u8,
}

pub(crate) const NONE: Register = Register { set: Set::None, number: 0 };
pub(crate) const RAX: u8 = 0;
pub(crate) const RDX: u8 = 2;
pub(crate) const RSP: u8 = 4;
pub(crate) const RBP: u8 = 5;
pub(crate) const R11: u8 = 11;

/// Names without `%`, by number.
pub(crate) const NAMES64: [&str; 16] =
    ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
pub(crate) const NAMES32: [&str; 16] = [
    "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d",
    "r15d",
];
const NAMES16: [&str; 8] = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
const NAMES8: [&str; 8] = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"];
const HIGH8: [&str; 4] = ["ah", "ch", "dh", "bh"];
const SEGMENTS: [&str; 6] = ["es", "cs", "ss", "ds", "fs", "gs"];

impl Register {
    /// A register by its name without `%`, or `None` when there is none.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut lower = [0; 8];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        let name = std::str::from_utf8(lower).ok()?;
        let of = |set, number: usize| Some(Self { set, number: number as u8 });
        let find = |names: &[&str]| names.iter().position(|&n| n == name);
        match name.as_bytes() {
            [letter @ (b'x' | b'y' | b'z'), b'm', b'm', digits @ ..] => {
                let number = decimal(digits).filter(|&number| number < 32)?;
                let set = match letter {
                    b'x' => Set::Xmm,
                    b'y' => Set::Ymm,
                    _ => Set::Zmm,
                };
                of(set, usize::from(number))
            }
            [b'k', digit @ b'0'..=b'7'] => of(Set::Mask, usize::from(digit - b'0')),
            [b'b', b'n', b'd', ..] | [b't', b'm', b'm', ..] | [b'c' | b'd', b'r', b'0'..=b'9', ..] => of(Set::Other, 0),
            [b'm', b'm', b'0'..=b'7'] => of(Set::Mmx, 0),
            b"st" => of(Set::X87, 0),
            b"rip" => of(Set::Rip, 0),
            b"eip" => of(Set::Other, 0),
            b"riz" | b"eiz" => of(Set::Zero, 4),
            [b'r', b'1'..=b'9', ..] => {
                let (digits, set) = match &name.as_bytes()[1..] {
                    [digits @ .., b'd'] => (digits, Set::Gpr32),
                    [digits @ .., b'w'] => (digits, Set::Gpr16),
                    [digits @ .., b'b'] => (digits, Set::Gpr8),
                    digits => (digits, Set::Gpr64),
                };
                let number = decimal(digits)?;
                match number {
                    8..16 => of(set, usize::from(number)),
                    16..32 => of(Set::Other, 0),
                    _ => None,
                }
            }
            [b'r', ..] => of(Set::Gpr64, find(&NAMES64[..8])?),
            [b'e', _, _] => of(Set::Gpr32, find(&NAMES32[..8])?),
            [_, b's'] => of(Set::Segment, find(&SEGMENTS)?),
            [_, b'h'] => of(Set::High8, find(&HIGH8)?),
            [_, b'l'] | [_, _, b'l'] => of(Set::Gpr8, find(&NAMES8)?),
            [_, _] => of(Set::Gpr16, find(&NAMES16)?),
            _ => None,
        }
    }

    /// Whether any part of this is part of that general register.
    pub(crate) fn is_part_of(self, number: u8) -> bool {
        match self.set {
            Set::Gpr8 | Set::Gpr16 | Set::Gpr32 | Set::Gpr64 => self.number == number,
            Set::High8 => self.number == number,
            _ => false,
        }
    }

    /// Whether this is a general register, written whole when it is written
    /// (a 32-bit write clears the upper half).
    pub(crate) fn is_whole(self) -> bool {
        matches!(self.set, Set::Gpr32 | Set::Gpr64)
    }

    pub(crate) fn is_vector(self) -> bool {
        matches!(self.set, Set::Xmm | Set::Ymm | Set::Zmm)
    }

    pub(crate) fn is(self, set: Set, number: u8) -> bool {
        self.set == set && self.number == number
    }
}

fn decimal(digits: &[u8]) -> Option<u8> {
    match *digits {
        [a @ b'0'..=b'9'] => Some(a - b'0'),
        [a @ b'1'..=b'9', b @ b'0'..=b'9'] => Some((a - b'0') * 10 + (b - b'0')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (names, set) in [(NAMES64, Set::Gpr64), (NAMES32, Set::Gpr32)] {
            for (number, name) in names.iter().enumerate() {
                assert_eq!(Register::parse(name), Some(Register { set, number: number as u8 }), "{name}");
            }
        }
        let parse = |name| Register::parse(name).map(|r| (r.set, r.number));
        assert_eq!(parse("R11B"), Some((Set::Gpr8, 11)));
        assert_eq!(parse("r9w"), Some((Set::Gpr16, 9)));
        assert_eq!(parse("spl"), Some((Set::Gpr8, 4)));
        assert_eq!(parse("ch"), Some((Set::High8, 1)));
        assert_eq!(parse("ymm15"), Some((Set::Ymm, 15)));
        assert_eq!(parse("xmm16"), Some((Set::Xmm, 16)));
        assert_eq!(parse("ZMM31"), Some((Set::Zmm, 31)));
        assert_eq!(parse("k7"), Some((Set::Mask, 7)));
        assert_eq!(parse("fs"), Some((Set::Segment, 4)));
        for name in ["", "r", "r32", "rxx", "r08", "foo", "mm8", "k8", "xmm", "zmm32", "eeeeeeeeeeee", "é", "sh", "zl"]
        {
            assert_eq!(Register::parse(name), None, "{name}");
        }
    }
}
