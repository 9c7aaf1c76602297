//! What the command-line tools share.

pub mod audit;
pub mod ignored;
pub mod message;
pub mod policy;
pub mod run;
pub mod verify;
