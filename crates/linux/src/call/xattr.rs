//! Extended attributes of the host's files: those of users only. What others
//! mean is for the host to say (capabilities, access lists, labels).

use crate::{
    fs::{File, Last, host_path},
    process::Process,
    table::Outcome,
};
use rustix::{
    fs::{self as host, XattrFlags},
    io::Errno,
};
use std::{
    ffi::CString,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
};

/// Longest value, and list of names (xattr(7)).
const MOST: u64 = 64 << 10;
const PREFIX: &[u8] = b"user.";

/// What has the attributes.
enum Subject {
    /// What a path stands for, held but not opened.
    Held(OwnedFd),
    Open(Arc<File>),
}

/// Whether a call reads or changes them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Read,
    Write,
}

impl Subject {
    fn of_path(process: &Process, path: u64, last: Last, usage: Use) -> Result<Self, Errno> {
        let path = process.read_path(path)?;
        let entry = match usage {
            Use::Read => process.files.resolve(libc::AT_FDCWD, &path, last)?,
            Use::Write => process.files.resolve_writable(libc::AT_FDCWD, &path, last)?,
        };
        entry.hold().map(Self::Held)
    }

    fn of_descriptor(process: &Process, fd: i32, usage: Use) -> Result<Self, Errno> {
        let file = process.files.get(fd)?;
        if file.node.is_some() {
            return Err(Errno::OPNOTSUPP);
        }
        if usage == Use::Write {
            file.check_own(Errno::PERM)?;
            file.check_writable()?;
        }
        Ok(Self::Open(file))
    }

    fn get(&self, name: u64, buffer: u64, size: u64, process: &Process) -> Outcome {
        let name = read_name(process, name)?;
        let mut value = vec![0; MOST as usize];
        let len = match self {
            Self::Held(fd) => host::getxattr(host_path(fd.as_fd()), &name, &mut value[..])?,
            Self::Open(file) => host::fgetxattr(file.fd()?, &name, &mut value[..])?,
        };
        put(process, buffer, size, &value[..len])
    }

    fn list(&self, buffer: u64, size: u64, process: &Process) -> Outcome {
        let mut names = vec![0; MOST as usize];
        let len = match self {
            Self::Held(fd) => host::listxattr(host_path(fd.as_fd()), &mut names[..])?,
            Self::Open(file) => host::flistxattr(file.fd()?, &mut names[..])?,
        };
        let own = names[..len].split_inclusive(|&b| b == 0).filter(|name| name.starts_with(PREFIX));
        put(process, buffer, size, &own.flatten().copied().collect::<Vec<u8>>())
    }

    fn set(&self, name: u64, value: u64, size: u64, flags: u32, process: &Process) -> Outcome {
        let known = XattrFlags::CREATE | XattrFlags::REPLACE;
        let flags = XattrFlags::from_bits(flags).filter(|f| known.contains(*f)).ok_or(Errno::INVAL)?;
        let name = read_name(process, name)?;
        if size > MOST {
            return Err(Errno::TOOBIG);
        }
        let mut bytes = vec![0; size as usize];
        process.read_bytes(value, &mut bytes)?;
        match self {
            Self::Held(fd) => host::setxattr(host_path(fd.as_fd()), &name, &bytes, flags)?,
            Self::Open(file) => host::fsetxattr(file.fd()?, &name, &bytes, flags)?,
        }
        Ok(0)
    }

    fn remove(&self, name: u64, process: &Process) -> Outcome {
        let name = read_name(process, name)?;
        match self {
            Self::Held(fd) => host::removexattr(host_path(fd.as_fd()), &name)?,
            Self::Open(file) => host::fremovexattr(file.fd()?, &name)?,
        }
        Ok(0)
    }
}

/// A name of an attribute that is the program's business.
fn read_name(process: &Process, at: u64) -> Result<CString, Errno> {
    let name = process.read_path(at)?;
    match name.to_bytes().len() {
        0 | 256.. => Err(Errno::RANGE),
        _ if !name.to_bytes().starts_with(PREFIX) => Err(Errno::OPNOTSUPP),
        _ => Ok(name),
    }
}

/// Gives the program what it has room for, or just the size when that is 0.
fn put(process: &Process, buffer: u64, size: u64, value: &[u8]) -> Outcome {
    let len = value.len() as u64;
    if size != 0 {
        if len > size {
            return Err(Errno::RANGE);
        }
        process.write_bytes(buffer, value)?;
    }
    Ok(len)
}

pub(crate) fn getxattr(process: &Process, path: u64, name: u64, buffer: u64, size: u64) -> Outcome {
    Subject::of_path(process, path, Last::Follow, Use::Read)?.get(name, buffer, size, process)
}

pub(crate) fn lgetxattr(process: &Process, path: u64, name: u64, buffer: u64, size: u64) -> Outcome {
    Subject::of_path(process, path, Last::Keep, Use::Read)?.get(name, buffer, size, process)
}

pub(crate) fn fgetxattr(process: &Process, fd: i32, name: u64, buffer: u64, size: u64) -> Outcome {
    Subject::of_descriptor(process, fd, Use::Read)?.get(name, buffer, size, process)
}

pub(crate) fn listxattr(process: &Process, path: u64, buffer: u64, size: u64) -> Outcome {
    Subject::of_path(process, path, Last::Follow, Use::Read)?.list(buffer, size, process)
}

pub(crate) fn llistxattr(process: &Process, path: u64, buffer: u64, size: u64) -> Outcome {
    Subject::of_path(process, path, Last::Keep, Use::Read)?.list(buffer, size, process)
}

pub(crate) fn flistxattr(process: &Process, fd: i32, buffer: u64, size: u64) -> Outcome {
    Subject::of_descriptor(process, fd, Use::Read)?.list(buffer, size, process)
}

pub(crate) fn setxattr(process: &Process, path: u64, name: u64, value: u64, size: u64, flags: u32) -> Outcome {
    Subject::of_path(process, path, Last::Follow, Use::Write)?.set(name, value, size, flags, process)
}

pub(crate) fn lsetxattr(process: &Process, path: u64, name: u64, value: u64, size: u64, flags: u32) -> Outcome {
    Subject::of_path(process, path, Last::Keep, Use::Write)?.set(name, value, size, flags, process)
}

pub(crate) fn fsetxattr(process: &Process, fd: i32, name: u64, value: u64, size: u64, flags: u32) -> Outcome {
    Subject::of_descriptor(process, fd, Use::Write)?.set(name, value, size, flags, process)
}

pub(crate) fn removexattr(process: &Process, path: u64, name: u64) -> Outcome {
    Subject::of_path(process, path, Last::Follow, Use::Write)?.remove(name, process)
}

pub(crate) fn lremovexattr(process: &Process, path: u64, name: u64) -> Outcome {
    Subject::of_path(process, path, Last::Keep, Use::Write)?.remove(name, process)
}

pub(crate) fn fremovexattr(process: &Process, fd: i32, name: u64) -> Outcome {
    Subject::of_descriptor(process, fd, Use::Write)?.remove(name, process)
}
