//! The decoders whose word is the truth: `iced-x86` and Intel's XED. They share
//! no table with each other or with the verifier.

mod iced;
mod xed;

pub use iced::Iced;
pub use xed::Xed;
