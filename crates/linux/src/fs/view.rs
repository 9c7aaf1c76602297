//! The texts of `/proc`: views of the sandbox, not of the host.

use super::{entry::host_path, tmpfs::View};
use crate::{memory::Backing, process::Process};
use lfi_abi::layout::USER_END;
use lfi_runtime::Access;
use rustix::{
    fs::{CWD, MemfdFlags, Mode, OFlags, memfd_create, openat},
    io::Errno,
};
use std::{
    fmt::Write,
    os::fd::{AsFd, OwnedFd},
};

impl View {
    /// A file that holds the present text, open to read.
    pub(crate) fn open(self, process: &Process) -> Result<OwnedFd, Errno> {
        let text = self.text(process);
        let file = memfd_create("lfi", MemfdFlags::CLOEXEC)?;
        let mut left = text.as_slice();
        while !left.is_empty() {
            let written = rustix::io::write(&file, left)?;
            left = &left[written..];
        }
        openat(CWD, host_path(file.as_fd()), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
    }

    fn text(self, process: &Process) -> Vec<u8> {
        let id = process.threads.first();
        let name = process.files.program_name();
        let shown = String::from_utf8_lossy(&name);
        let threads = process.threads.count();
        match self {
            Self::Maps => maps(process).into_bytes(),
            Self::CommandLine => {
                process.files.arguments.iter().flat_map(|text| text.to_bytes_with_nul()).copied().collect()
            }
            Self::Name => [&name[..], b"\n"].concat(),
            Self::Mounts => b"lfi / lfi rw 0 0\n".to_vec(),
            Self::Uptime => {
                let up = process.started.elapsed().as_secs_f64();
                format!("{up:.2} 0.00\n").into_bytes()
            }
            Self::Version => b"Linux version 6.1.0-lfi #1 LFI\n".to_vec(),
            Self::Memory => {
                let host = rustix::system::sysinfo();
                let kib = |amount: u64| amount.saturating_mul(host.mem_unit.into()) / 1024;
                let (all, free) = (kib(host.totalram), kib(host.freeram));
                format!("MemTotal: {all:>15} kB\nMemFree: {free:>16} kB\nMemAvailable: {free:>11} kB\n").into_bytes()
            }
            Self::Processors => b"processor\t: 0\nmodel name\t: LFI sandbox\n\n".to_vec(),
            Self::Stat => {
                // proc_pid_stat(5): of 52 fields those that mean something here.
                let size = mapped(process);
                let zeros = |count: usize| " 0".repeat(count);
                format!(
                    "{id} ({shown}) R 0 {id} {id}{} {threads}{} {size} {}{}\n",
                    zeros(13),
                    zeros(2),
                    size / 4096,
                    zeros(28)
                )
                .into_bytes()
            }
            Self::Status => {
                let kib = mapped(process) / 1024;
                let (user, group) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
                let four = |id: u32| format!("{id}\t{id}\t{id}\t{id}");
                format!(
                    "Name:\t{shown}\nState:\tR (running)\nTgid:\t{id}\nPid:\t{id}\nPPid:\t0\nUid:\t{}\nGid:\t{}\n\
                     VmSize:\t{kib:>8} kB\nVmRSS:\t{kib:>8} kB\nThreads:\t{threads}\n",
                    four(user),
                    four(group),
                )
                .into_bytes()
            }
        }
    }
}

/// Bytes that are mapped.
fn mapped(process: &Process) -> u64 {
    process.memory().regions.overlapping(0, USER_END).map(|(start, end, _)| end - start).sum()
}

/// `/proc/self/maps`, with addresses as the program sees them.
fn maps(process: &Process) -> String {
    let mut text = String::new();
    let base = process.sandbox.base();
    for (start, end, region) in process.memory().regions.overlapping(0, USER_END) {
        let access = match (region.backing, region.access) {
            (Backing::Code, _) => "r-xp",
            (_, Access::None) => "---p",
            (_, Access::Read) => "r--p",
            (_, Access::ReadWrite) => "rw-p",
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:012x}-{:012x} {access} 00000000 00:00 0", base + start, base + end);
    }
    text
}
