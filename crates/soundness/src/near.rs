//! Near misses: units changed in every small way, and bundles of parts of units.
//! What of that is accepted is judged by what it computes ([`crate::bundle`]).

use std::collections::BTreeMap;

use iced_x86::{Decoder, DecoderOptions};
use lfi_abi::{Kind, Returns, Target};
use lfi_verifier::{Options, verify};

use crate::{
    Form, Source,
    bundle::{Bundle, Walker},
    encoding, unit,
};

const OFFSET: u32 = 0x20_0000;
const SIZE: usize = 32;
const NOP: u8 = 0x90;
const LONG_NOP: [u8; 9] = [0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0];
const PREFIXES: [u8; 11] = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65];

/// Adjustments of `%rsp`, what settles it, and what only seems to.
const ON_STACK: [&[u8]; 6] = [
    &[0x48, 0x83, 0xec, 0x08],             // subq $8,%rsp
    &[0x48, 0x81, 0xc4, 0x00, 0x80, 0, 0], // addq $32768,%rsp
    &[0x48, 0x8d, 0x64, 0x24, 0xf0],       // leaq -16(%rsp),%rsp
    &[0x50],                               // pushq %rax
    &[0x8b, 0x44, 0x24, 0x08],             // movl 8(%rsp),%eax
    &[0x8b, 0x44, 0x24, 0xf8],             // movl -8(%rsp),%eax
];

/// What was tried and found.
#[derive(Debug, Default)]
pub struct Misses {
    walker: Walker,
    /// Changed units tried, in each kind and form of return.
    pub tried: u64,
    /// Those of them that the verifier accepts.
    pub accepted: u64,
    /// What is wrong with accepted ones, each with an example.
    pub failures: BTreeMap<String, String>,
}

impl Misses {
    /// Changes a random unit in every way.
    pub fn unit(&mut self, source: &mut Source) {
        let (bytes, ends_bundle) = unit(source);
        let parts = parts(&bytes);
        let mut attempt = |changed: &[u8]| self.attempt(changed, ends_bundle);
        attempt(&bytes);
        for at in 0..bytes.len() {
            // Another byte; one missing; a prefix before it.
            let mut changed = bytes.clone();
            for value in 0..=255 {
                changed[at] = value;
                attempt(&changed);
            }
            let mut changed = bytes.clone();
            changed.remove(at);
            attempt(&changed);
            for prefix in PREFIXES.into_iter().chain(0x40..0x50).chain([NOP]) {
                let mut changed = bytes.clone();
                changed.insert(at, prefix);
                attempt(&changed);
            }
            // Two bits: REX and ModRM, ModRM and SIB, of one or two instructions.
            for other in at + 1..bytes.len() {
                for (bit, second) in (0..64).map(|n| (n / 8, n % 8)) {
                    let mut changed = bytes.clone();
                    changed[at] ^= 1 << bit;
                    changed[other] ^= 1 << second;
                    attempt(&changed);
                }
            }
        }
        for n in 0..parts.len() {
            // A part missing, in each other place, twice.
            let mut rest = parts.clone();
            let part = rest.remove(n);
            attempt(&rest.concat());
            for place in 0..=rest.len() {
                let mut changed = rest.clone();
                changed.insert(place, part);
                attempt(&changed.concat());
                let mut changed = parts.clone();
                changed.insert(place, part);
                attempt(&changed.concat());
            }
        }
        // The beginning of this unit with the end of another one.
        let (other, _) = unit(source);
        let others = self::parts(&other);
        for (n, m) in (0..parts.len()).flat_map(|n| (0..others.len()).map(move |m| (n, m))) {
            self.attempt(&[parts[..n].concat(), others[m..].concat()].concat(), ends_bundle);
        }
    }

    /// A bundle of parts of units and other instructions, in any order.
    pub fn mixture(&mut self, source: &mut Source) {
        let mut bytes = Vec::new();
        let mut ends_bundle = false;
        loop {
            let piece = match source.byte() % 8 {
                0 => source.pick(&ON_STACK).to_vec(),
                1 => instruction(source),
                2 | 3 => {
                    let (unit, ends) = unit(source);
                    ends_bundle |= ends;
                    unit
                }
                _ => {
                    let (unit, _) = unit(source);
                    source.pick(&parts(&unit)).to_vec()
                }
            };
            if bytes.len() + piece.len() > SIZE {
                break;
            }
            bytes.extend(piece);
        }
        self.attempt(&bytes, ends_bundle);
    }

    /// Tries these bytes at the beginning or end of a bundle of nops.
    fn attempt(&mut self, bytes: &[u8], ends_bundle: bool) {
        let Some(room) = SIZE.checked_sub(bytes.len()) else { return };
        let mut code = [NOP; SIZE];
        let at = if ends_bundle { room } else { 0 };
        code[at..at + bytes.len()].copy_from_slice(bytes);
        for kind in [Kind::Full, Kind::Stores, Kind::Jumps] {
            for returns in [Returns::Jump, Returns::Ret] {
                self.tried += 1;
                let options = Options { target: Target::X64, kind, returns };
                if verify(&code, OFFSET, &options).is_err() {
                    continue;
                }
                self.accepted += 1;
                let bundle = Bundle { code: &code, offset: OFFSET, kind, returns, starts: starts(&code, &options) };
                if let Err((at, what)) = self.walker.walk(&bundle) {
                    let example = || format!("{code:02x?} at byte {at}, starts {:#x}", bundle.starts);
                    self.failures.entry(format!("kind {kind}, returns {returns}: {what}")).or_insert_with(example);
                }
            }
        }
    }
}

/// The bytes of `code` that a branch from another bundle may go to, for the verifier.
fn starts(code: &[u8; SIZE], options: &Options) -> u32 {
    let mut region = [0; 2 * SIZE];
    region[..SIZE].copy_from_slice(code);
    region[SIZE] = 0xe9;
    region[SIZE + 5..].copy_from_slice([LONG_NOP; 3].as_flattened());
    (0..SIZE as i32)
        .filter(|at| {
            region[SIZE + 1..SIZE + 5].copy_from_slice(&(at - (SIZE as i32 + 5)).to_le_bytes());
            verify(&region, OFFSET, options).is_ok()
        })
        .fold(0, |starts, at| starts | 1 << at)
}

/// A random instruction.
fn instruction(source: &mut Source) -> Vec<u8> {
    let mut bytes = encoding(Form::any(source), source);
    bytes.truncate(Decoder::new(64, &bytes, DecoderOptions::NONE).decode().len());
    bytes
}

/// The instructions of a unit.
fn parts(bytes: &[u8]) -> Vec<&[u8]> {
    let mut decoder = Decoder::new(64, bytes, DecoderOptions::NONE);
    let mut parts = Vec::new();
    let mut at = 0;
    while decoder.can_decode() {
        let length = decoder.decode().len();
        parts.push(&bytes[at..at + length]);
        at += length;
    }
    parts
}
