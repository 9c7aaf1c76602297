//! The decoders whose word is the truth: `iced-x86` and Intel's XED. They share
//! no table with each other or with the verifier.
//!
//! Nothing that they disagree on passes. Where one of them is known to tell less
//! than the manuals, it is corrected, which is reviewed; this is all of it:
//!
//! - iced has no size for string instructions with a repeat prefix (that of one
//!   step is taken), lists the MMX registers for `fnsave` and `frstor` beside the x87 ones.
//! - XED counts `fwait` as x87, which changes nothing there.
//! - XED gives `pop m` the address before `%rsp` moves, lists an access for hints and nops, and not all registers
//!   of `vzeroall`, `vzeroupper`, `fldenv` and `fnstenv`.
//! - Neither says that a bit offset in a register moves the operand.
//! - iced takes masked VEX loads for certain. What settles `%rsp` must be so for both.
//! - Names that differ for one instruction are in `names.rs`.

mod iced;
mod xed;

pub use iced::Iced;
pub use xed::Xed;
