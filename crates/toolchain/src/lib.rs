//! The compiler driver `lfi-cc` and the builder of its sysroots.
//!
//! ```text
//! command_line   an ordinary clang command line, sorted by who needs what
//! options        the driver's own options
//! driver         carries out one command line
//! query          answers the questions of build systems
//! language       what an input is
//! compile        source -> assembly -> (rewriter) -> object file
//! cache          keeps the stock compiler's assembly
//! objects        are the inputs of a link ours?
//! gaps           what the linker leaves between sections
//! link           object files -> program -> (post-linker)
//! output         files appear whole or not at all
//! stock          the stock tools: compiler, assembler, linker
//! sysroot        the C library, the compiler's library, crt files, headers
//! ```
#![forbid(unsafe_code)]

mod cache;
mod command_line;
mod compile;
pub mod driver;
mod error;
mod gaps;
mod language;
mod link;
mod objects;
mod options;
mod output;
mod query;
mod stock;
pub mod sysroot;

pub use error::{Error, Result};
pub use options::{Emit, Family, Options};
