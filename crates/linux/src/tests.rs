//! The system calls as a program sees them: each test plays the program. It
//! puts arguments into the memory of a sandbox and calls by name.

mod descriptors;
mod events;
mod fuzz;
mod io;
mod limits;
mod memory;
mod notify;
mod paths;
mod pointers;
mod policy;
mod queues;
mod sockets;
mod special;
mod state;

use crate::{
    fs::{File, FileKind, Files, Mounts},
    memory::{Backing, Memory, Region, Regions, STACK_SIZE},
    policy::{Policy, Source},
    process::{Process, Watch},
    table::{Outcome, dispatch, system_calls},
    thread::Thread,
};
use lfi_abi::{
    Returns,
    layout::{MODULE_OFFSET, USER_END},
};
use lfi_runtime::{Access, Check, Config, Context, Engine};
use rustix::io::Errno;
use std::{path::Path, sync::Arc};

/// Slot offset and size of the memory that arguments are put into.
const SCRATCH: u64 = 0x100_0000;
const SCRATCH_SIZE: u64 = 1 << 20;
/// Slot offset of a page of code.
const CODE: u64 = MODULE_OFFSET;

const CWD: u64 = -100i64 as u64;

/// A process without a program.
struct Fixture {
    thread: Thread,
    used: u64,
}

impl Fixture {
    fn new(mounts: Mounts) -> Self {
        Self::with_returns(mounts, Returns::Jump)
    }

    fn with_returns(mounts: Mounts, returns: Returns) -> Self {
        Self::with_policy(Policy { mounts, ..Policy::new() }, returns)
    }

    fn with_policy(mut policy: Policy, returns: Returns) -> Self {
        let mut config = Config::default();
        config.slots = 2;
        let sandbox = Engine::new(&config).unwrap().sandbox(returns).unwrap();
        let base = sandbox.base();
        sandbox.publish(base + CODE, &[0x90; 32], Check::Trust).unwrap();
        let mut regions = Regions::default();
        let data = Region { access: Access::ReadWrite, backing: Backing::Anonymous };
        regions.insert(CODE, CODE + 4096, Region { access: Access::Read, backing: Backing::Code });
        for (start, end) in [(SCRATCH, SCRATCH + SCRATCH_SIZE), (USER_END - STACK_SIZE, USER_END)] {
            sandbox.map(sandbox.range(base + start, end - start).unwrap(), Access::ReadWrite).unwrap();
            regions.insert(start, end, data);
        }
        policy.standard_streams = true;
        let files = Files::new(&policy, Vec::new()).unwrap();
        for fd in 0..3 {
            // The test's own standard descriptors stay out of it.
            let _ = files.close(fd);
            let null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
            assert_eq!(files.insert(File::plain(null.into()), 0, false).unwrap(), fd);
        }
        let memory = Memory::new(regions, SCRATCH + SCRATCH_SIZE);
        let random = Source::new(policy.randomness);
        let process = Process::new(sandbox, memory, files, policy, random, Watch::default()).unwrap();
        let thread = Thread::first(process, Context::new());
        Self { thread, used: 0 }
    }

    /// With the host's directory `host` writable at `/`.
    fn at(host: &Path) -> Self {
        let mut mounts = Mounts::new();
        mounts.add(b"/", host, true).unwrap();
        Self::new(mounts)
    }

    fn base(&self) -> u64 {
        self.thread.process.sandbox.base()
    }

    /// Makes a call by its name.
    fn call(&mut self, name: &str, arguments: &[u64]) -> Outcome {
        let row = system_calls().iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no call {name}"));
        let mut all = [0; 6];
        all[..arguments.len()].copy_from_slice(arguments);
        dispatch(&mut self.thread, row.numbers[0].unwrap().into(), &all)
    }

    /// A call that must succeed.
    fn ok(&mut self, name: &str, arguments: &[u64]) -> u64 {
        self.call(name, arguments).unwrap_or_else(|errno| panic!("{name}({arguments:x?}): {errno:?}"))
    }

    /// A call that must fail.
    #[track_caller]
    fn fails(&mut self, errno: Errno, name: &str, arguments: &[u64]) {
        assert_eq!(self.call(name, arguments), Err(errno), "{name}({arguments:x?})");
    }

    /// Fresh memory of the program.
    fn buffer(&mut self, len: u64) -> u64 {
        let start = self.used.next_multiple_of(16);
        if start + len > SCRATCH_SIZE {
            self.used = 0;
            return self.buffer(len);
        }
        self.used = start + len;
        self.base() + SCRATCH + start
    }

    /// Bytes in the program's memory.
    fn put(&mut self, bytes: &[u8]) -> u64 {
        let at = self.buffer(bytes.len() as u64);
        self.thread.process.sandbox.write(at, bytes).unwrap();
        at
    }

    /// A C string in the program's memory.
    fn text(&mut self, text: &str) -> u64 {
        self.put(&[text.as_bytes(), &[0]].concat())
    }

    fn get(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.thread.process.sandbox.read(at, &mut bytes).unwrap();
        bytes
    }

    fn get_u64(&self, at: u64) -> u64 {
        u64::from_ne_bytes(self.get(at, 8).try_into().unwrap())
    }

    /// The two numbers that a call has stored at an address.
    fn pair(&self, at: u64) -> [u64; 2] {
        let bytes = self.get(at, 8);
        [0, 4].map(|at| u64::from(u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])))
    }

    fn open(&mut self, path: &str, flags: i32) -> Outcome {
        let path = self.text(path);
        self.call("open", &[path, flags as u64, 0o644])
    }

    /// All of a file, through a descriptor.
    fn read_all(&mut self, path: &str) -> Result<Vec<u8>, Errno> {
        let fd = self.open(path, libc::O_RDONLY)?;
        let buffer = self.buffer(4096);
        let mut all = Vec::new();
        loop {
            let n = self.call("read", &[fd, buffer, 4096])?;
            if n == 0 {
                break;
            }
            all.extend(self.get(buffer, n as usize));
        }
        self.ok("close", &[fd]);
        Ok(all)
    }
}
