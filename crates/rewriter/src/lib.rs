//! (under construction)
pub mod postlink;
