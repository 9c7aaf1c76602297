//! What is in `/dev` and `/proc`: file systems in memory that nobody changes.

use super::{
    device::Device,
    tmpfs::{Node, NodeKind, Space, View},
};
use rustix::io::Errno;
use std::{ffi::CStr, sync::Arc};

/// Puts a new node into a directory.
fn put(directory: &Arc<Node>, name: &str, kind: NodeKind, permissions: u32) -> Result<Arc<Node>, Errno> {
    let node = Node::new(directory.space(), kind, permissions)?;
    directory.insert(name.as_bytes(), &node)?;
    Ok(node)
}

fn put_link(directory: &Arc<Node>, name: &str, target: &[u8]) -> Result<(), Errno> {
    put(directory, name, NodeKind::Link(target.to_vec()), 0o777).map(|_| ())
}

/// `/dev`.
pub(crate) fn devices(terminal: bool) -> Result<Arc<Node>, Errno> {
    let root = Node::root(&Space::new(0), 0o755)?;
    let devices = [
        ("null", Device::Null),
        ("zero", Device::Zero),
        ("full", Device::Full),
        ("random", Device::Random),
        ("urandom", Device::Random),
        ("tty", Device::Terminal),
    ];
    for (name, device) in devices {
        if device != Device::Terminal || terminal {
            put(&root, name, NodeKind::Device(device), 0o666)?;
        }
    }
    for (name, fd) in [("stdin", 0), ("stdout", 1), ("stderr", 2)] {
        put(&root, name, NodeKind::Descriptor(fd), 0o777)?;
    }
    put(&root, "fd", NodeKind::Descriptors, 0o555)?;
    Ok(root)
}

/// `/proc`, for a program of this name.
pub(crate) fn process(program: &CStr) -> Result<Arc<Node>, Errno> {
    let root = Node::root(&Space::new(0), 0o555)?;
    let id = std::process::id().to_string();
    let own = put(&root, &id, NodeKind::Directory(Default::default()), 0o555)?;
    put_link(&root, "self", id.as_bytes())?;
    for (name, view) in [
        ("maps", View::Maps),
        ("stat", View::Stat),
        ("status", View::Status),
        ("cmdline", View::CommandLine),
        ("comm", View::Name),
        ("mounts", View::Mounts),
    ] {
        put(&own, name, NodeKind::View(view), 0o444)?;
    }
    put_link(&own, "exe", &program_path(program.to_bytes()))?;
    put_link(&own, "root", b"/")?;
    put(&own, "fd", NodeKind::Descriptors, 0o555)?;
    for (name, view) in
        [("meminfo", View::Memory), ("cpuinfo", View::Processors), ("uptime", View::Uptime), ("version", View::Version)]
    {
        put(&root, name, NodeKind::View(view), 0o444)?;
    }
    put_link(&root, "mounts", b"self/mounts")?;
    Ok(root)
}

/// Where a program is, as far as its name says: the sandbox may not have it.
fn program_path(name: &[u8]) -> Vec<u8> {
    if name.starts_with(b"/") {
        return name.to_vec();
    }
    let last = name.rsplit(|&b| b == b'/').next().unwrap_or_default();
    [b"/", last].concat()
}
