//! Random programs that the verifier accepts.

use crate::{Form, Source, encoding, encoding::LONGEST, unit};
use iced_x86::{Decoder, DecoderOptions};
use lfi_abi::{layout::MODULE_OFFSET, x64::BUNDLE};
use lfi_verifier::{Options, Rule, verify, violations};
use std::ops::Range;

/// Slot offset at which programs stand.
pub const OFFSET: u32 = MODULE_OFFSET as u32;

const BUNDLE_SIZE: usize = BUNDLE as usize;
const NOP: u8 = 0x90;
const PUSH: u8 = 0x50;

/// What a program is made of: an instruction, or a unit, or a direct branch.
#[derive(Clone, Debug)]
pub struct Piece {
    bytes: Vec<u8>,
    ends_bundle: bool,
    /// The last four bytes are the distance to the piece with this number.
    target: Option<usize>,
}

impl Piece {
    /// An accepted instruction of this form, if the choices make one: how it is
    /// encoded and how long it is, is what the verifier says.
    ///
    /// # Panics
    /// When the verifier takes an instruction to be of another length than the
    /// independent decoder does.
    pub fn instruction(form: Form, source: &mut Source, options: &Options) -> Option<Self> {
        let bytes = encoding(form, source);
        let theirs = Decoder::new(64, &bytes, DecoderOptions::NONE).decode();
        let lengths = if theirs.is_invalid() { 1..=LONGEST } else { theirs.len()..=theirs.len() };
        let length = lengths.into_iter().find(|&length| is_accepted(&bytes[..length], options))?;
        Some(Self::new(bytes[..length].to_vec()))
    }

    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, ends_bundle: false, target: None }
    }

    /// A random piece for a program of `count` pieces.
    pub fn any(count: usize, source: &mut Source, options: &Options) -> Option<Self> {
        match source.byte() % 16 {
            0..=10 => Self::instruction(Form::any(source), source, options),
            11..=13 => Some(Self::unit(source)),
            _ => {
                let opcode = match source.byte() % 4 {
                    0 => vec![0xe9],
                    1 => vec![0xe8],
                    _ => vec![0x0f, 0x80 | source.byte() & 15],
                };
                let target = Some(source.below(count));
                Some(Self { bytes: [&opcode[..], &[0; 4]].concat(), ends_bundle: false, target })
            }
        }
    }

    /// A random unit.
    pub fn unit(source: &mut Source) -> Self {
        let (bytes, ends_bundle) = unit(source);
        Self { bytes, ends_bundle, target: None }
    }

    /// `leaq i(%rsp),%rsp`, after which the stack pointer is unsettled.
    pub fn adjustment(source: &mut Source) -> Self {
        let amount = match source.byte() % 4 {
            0 => 0x8000,
            1 => -0x8000,
            2 => i32::from(source.byte().cast_signed()),
            // Mostly too far.
            _ => source.word() as i32 >> 12,
        };
        Self::new([&[0x48, 0x8d, 0xa4, 0x24], &amount.to_le_bytes()[..]].concat())
    }

    /// `movq %rax,(%rsp)`, which settles the stack pointer.
    pub fn settling() -> Self {
        Self::new(vec![0x48, 0x89, 0x04, 0x24])
    }
}

/// Whether the verifier accepts these bytes, followed by what settles the stack
/// pointer, as one instruction of this length.
///
/// # Panics
/// When it accepts more or fewer instructions than these are.
fn is_accepted(bytes: &[u8], options: &Options) -> bool {
    let mut bundle = [NOP; BUNDLE_SIZE];
    bundle[..bytes.len()].copy_from_slice(bytes);
    bundle[bytes.len()] = PUSH;
    // With the last bytes missing, nops would be taken for them: the count tells.
    verify(&bundle, OFFSET, options).is_ok_and(|summary| summary.instructions as usize == BUNDLE_SIZE + 1 - bytes.len())
}

/// Accepted code at slot offset [`OFFSET`], and what it consists of.
#[derive(Clone, Debug)]
pub struct Program {
    code: Vec<u8>,
    /// In order. What is not in a piece is nops of one byte.
    pieces: Vec<Range<usize>>,
}

impl Program {
    /// Lays out pieces, all of which are less than a bundle long, and takes out
    /// what the verifier does not accept.
    pub fn new(pieces: &[Piece], options: &Options) -> Self {
        let mut program = Self { code: Vec::new(), pieces: Vec::with_capacity(pieces.len()) };
        for piece in pieces {
            program.place(piece);
        }
        program.link(pieces);
        // A program that ends adrift would be refused for that.
        program.code.push(PUSH);
        program.pad_to(BUNDLE_SIZE);
        program.take_out_refused(options);
        program
    }

    /// A random program of at most `count` pieces.
    pub fn any(count: usize, source: &mut Source, options: &Options) -> Self {
        let mut pieces = Vec::with_capacity(count);
        for _ in 0..4 * count {
            if pieces.len() == count || source.is_empty() {
                break;
            }
            pieces.extend(Piece::any(count, source, options));
        }
        Self::new(&pieces, options)
    }

    /// The code: whole bundles.
    pub fn code(&self) -> &[u8] {
        &self.code
    }

    /// How many instructions and units the program has, beside padding.
    pub fn count(&self) -> usize {
        self.pieces.len()
    }

    /// The piece that the byte at `at` belongs to.
    pub fn piece_at(&self, at: usize) -> Range<usize> {
        let after = self.pieces.partition_point(|piece| piece.start <= at);
        match self.pieces[..after].last() {
            Some(piece) if piece.contains(&at) => piece.clone(),
            _ => at..at + 1,
        }
    }

    /// Whether the stack pointer may be out of the slot at the start `at`.
    pub fn is_adrift(&self, at: usize, options: &Options) -> bool {
        let mut until = self.code[..at].to_vec();
        until.resize(at.next_multiple_of(BUNDLE_SIZE), NOP);
        let end = OFFSET + until.len() as u32;
        violations(&until, OFFSET, options).any(|v| v.rule == Rule::StackSettle && v.offset == end)
    }

    fn pad_to(&mut self, multiple: usize) {
        self.code.resize(self.code.len().next_multiple_of(multiple), NOP);
    }

    fn place(&mut self, piece: &Piece) {
        let length = piece.bytes.len();
        if self.code.len() % BUNDLE_SIZE + length > BUNDLE_SIZE {
            self.pad_to(BUNDLE_SIZE);
        }
        if piece.ends_bundle {
            let end = (self.code.len() + length).next_multiple_of(BUNDLE_SIZE);
            self.code.resize(end - length, NOP);
        }
        let start = self.code.len();
        self.code.extend_from_slice(&piece.bytes);
        self.pieces.push(start..start + length);
    }

    fn link(&mut self, pieces: &[Piece]) {
        for (place, piece) in self.pieces.iter().zip(pieces) {
            let Some(target) = piece.target.and_then(|target| self.pieces.get(target)) else { continue };
            let distance = target.start as i32 - place.end as i32;
            self.code[place.end - 4..place.end].copy_from_slice(&distance.to_le_bytes());
        }
    }

    fn take_out_refused(&mut self, options: &Options) {
        loop {
            let refused: Vec<_> = violations(&self.code, OFFSET, options).collect();
            if refused.is_empty() {
                return;
            }
            for violation in refused {
                let place = self.piece_at((violation.offset - OFFSET) as usize);
                self.code[place.clone()].fill(NOP);
                self.pieces.retain(|piece| *piece != place);
            }
        }
    }
}
