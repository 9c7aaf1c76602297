//! Files: the mount table, path resolution, open descriptors, file systems in
//! memory.

mod device;
mod entry;
mod files;
mod mounts;
mod path;
mod plain;
mod resolve;
mod special;
mod status;
mod table;
mod tmpfs;
mod view;

pub(crate) use entry::{Entry, New, host_path};
pub(crate) use files::{File, FileKind, Files, MAX_FILES};
pub use mounts::{MountError, Mounts};
pub(crate) use resolve::{Last, Scope};
pub(crate) use status::{Status, Time};
pub(crate) use table::Table;
pub(crate) use tmpfs::{Listed, Node, check_permissions};
