//! The handlers of system calls, one subject a file. A handler takes the
//! thread that calls, or its process, and its arguments; what it returns goes to the program.
//!
//! Flags: bits that a handler does not know are `EINVAL`, never ignored.

pub(crate) mod copy;
pub(crate) mod descriptor;
pub(crate) mod directory;
pub(crate) mod event;
pub(crate) mod file;
pub(crate) mod futex;
pub(crate) mod identity;
pub(crate) mod memory;
pub(crate) mod metadata;
pub(crate) mod misc;
pub(crate) mod notify;
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod queue;
pub(crate) mod schedule;
pub(crate) mod signal;
pub(crate) mod socket;
pub(crate) mod thread;
pub(crate) mod time;
pub(crate) mod timer;
pub(crate) mod xattr;
