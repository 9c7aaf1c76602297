//! Files: the mount table, path resolution, open descriptors.

mod files;
mod mounts;
mod resolve;

pub(crate) use files::{File, FileKind, Files, MAX_FILES};
pub use mounts::{MountError, Mounts};
pub(crate) use resolve::{Entry, Last};
