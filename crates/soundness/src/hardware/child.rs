//! A process under ptrace (ptrace(2)) in which nothing runs but single steps.
#![allow(unsafe_code)] // fork and ptrace

use std::{
    fs,
    io::{self, Error, Result},
    mem::MaybeUninit,
    ops::Range,
    ptr,
};

/// The general registers as the kernel shows them (user(5)).
pub(super) type Registers = libc::user_regs_struct;

/// Register set with vector and x87 state in the form of `xsave`.
const NT_X86_XSTATE: usize = 0x202;
/// Larger than any processor's state so far.
const EXTENDED_SIZE: usize = 16 << 10;
/// Not in the libc crate for every target: asks for the address of the area
/// that the kernel updates for the C library (`rseq`).
const PTRACE_GET_RSEQ_CONFIGURATION: u32 = 0x420f;
const RSEQ_FLAG_UNREGISTER: u64 = 1;

/// End of the lower half of the address space.
const USER_SPACE: u64 = (1 << 47) - 4096;

/// What ended a step.
#[derive(Debug)]
pub(super) enum Stop {
    /// The instruction, or one round of a repeated one, is done.
    Stepped(Box<Registers>),
    /// The instruction raised a signal.
    Signal {
        /// Its number and `si_code`.
        signal: i32,
        code: i32,
        /// The address that the kernel reports for it.
        address: u64,
        registers: Box<Registers>,
    },
    /// The instruction would have entered the kernel by a system call.
    SystemCall,
    /// The process is no more.
    Ended,
}

/// The answer to `PTRACE_GET_RSEQ_CONFIGURATION`.
#[repr(C)]
#[derive(Default)]
struct RseqConfiguration {
    address: u64,
    size: u32,
    signature: u32,
    flags: u32,
    _pad: u32,
}

/// The process. It ends with the thread that made it, or when this is dropped.
#[derive(Debug)]
pub(super) struct Child {
    pid: libc::pid_t,
}

impl Child {
    /// A copy of the calling process, of the calling thread only, that is stopped.
    pub(super) fn fork() -> Result<Self> {
        // SAFETY: the child makes system calls only, until it is stopped for good.
        let pid = unsafe { libc::fork() };
        match pid {
            -1 => return Err(Error::last_os_error()),
            0 => stop_for_tracer(),
            _ => {}
        }
        let child = Self { pid };
        child.wait()?;
        let options = libc::PTRACE_O_EXITKILL | libc::PTRACE_O_TRACESYSGOOD;
        child.trace(libc::PTRACE_SETOPTIONS, 0, options as usize)?;
        Ok(child)
    }

    /// Unmaps everything but these ranges, which are sorted.
    pub(super) fn keep_only(&mut self, keep: &[Range<u64>]) -> Result<()> {
        let start = self.registers()?;
        // It stopped itself by a system call, whose instruction serves for others.
        let entry = start.rip - 2;
        let mut rseq = RseqConfiguration::default();
        let size = size_of::<RseqConfiguration>();
        if self.trace(PTRACE_GET_RSEQ_CONFIGURATION, size, &raw mut rseq as usize).is_ok() && rseq.address != 0 {
            let arguments = [rseq.address, u64::from(rseq.size), RSEQ_FLAG_UNREGISTER, u64::from(rseq.signature)];
            self.call(&start, entry, libc::SYS_rseq, arguments)?;
        }
        let mut gaps = Vec::new();
        let mut end = 0;
        for range in keep {
            gaps.push(end..range.start);
            end = range.end;
        }
        gaps.push(end..USER_SPACE);
        // What the calls themselves need goes last.
        gaps.sort_by_key(|gap| gap.contains(&entry));
        for gap in gaps {
            self.call(&start, entry, libc::SYS_munmap, [gap.start, gap.end - gap.start, 0, 0])?;
        }
        let kept = |range: &Range<u64>| keep.iter().any(|k| k.start <= range.start && range.end <= k.end);
        match self.mappings()?.iter().find(|(range, name)| !kept(range) && name != "[vsyscall]") {
            None => Ok(()),
            Some((range, name)) => Err(Error::other(format!("cannot unmap {name} at {:#x}", range.start))),
        }
    }

    /// Makes a system call in the child. A failure of the call itself is not looked at.
    fn call(&self, start: &Registers, entry: u64, number: i64, arguments: [u64; 4]) -> Result<()> {
        let mut registers = *start;
        registers.rip = entry;
        registers.rax = number as u64;
        // Not a system call that could be restarted.
        registers.orig_rax = u64::MAX;
        [registers.rdi, registers.rsi, registers.rdx, registers.r10] = arguments;
        self.set_registers(&registers)?;
        self.trace(libc::PTRACE_SINGLESTEP, 0, 0)?;
        self.wait().map(|_| ())
    }

    fn mappings(&self) -> Result<Vec<(Range<u64>, String)>> {
        let text = fs::read_to_string(format!("/proc/{}/maps", self.pid))?;
        Ok(text
            .lines()
            .filter_map(|line| {
                let (range, rest) = line.split_once(' ')?;
                let (start, end) = range.split_once('-')?;
                let name = rest.split_whitespace().nth(4).unwrap_or_default();
                Some((u64::from_str_radix(start, 16).ok()?..u64::from_str_radix(end, 16).ok()?, name.to_owned()))
            })
            .collect())
    }

    pub(super) fn registers(&self) -> Result<Registers> {
        let mut registers = MaybeUninit::<Registers>::zeroed();
        self.trace(libc::PTRACE_GETREGS, 0, registers.as_mut_ptr() as usize)?;
        // SAFETY: plain numbers, zero at first and filled in by the kernel.
        Ok(unsafe { registers.assume_init() })
    }

    pub(super) fn set_registers(&self, registers: &Registers) -> Result<()> {
        self.trace(libc::PTRACE_SETREGS, 0, ptr::from_ref(registers) as usize)
    }

    /// Vector and x87 state, in the standard form of `xsave`.
    pub(super) fn extended(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; EXTENDED_SIZE];
        let mut place = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        self.trace(libc::PTRACE_GETREGSET, NT_X86_XSTATE, &raw mut place as usize)?;
        bytes.truncate(place.iov_len);
        Ok(bytes)
    }

    pub(super) fn set_extended(&self, bytes: &[u8]) -> Result<()> {
        let place = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        self.trace(libc::PTRACE_SETREGSET, NT_X86_XSTATE, &raw const place as usize)
    }

    /// Executes one instruction. System calls are not made.
    pub(super) fn step(&self) -> Result<Stop> {
        loop {
            self.trace(libc::PTRACE_SYSEMU_SINGLESTEP, 0, 0)?;
            let Some(signal) = self.wait()? else { return Ok(Stop::Ended) };
            if signal == libc::SIGTRAP | 0x80 {
                return Ok(Stop::SystemCall);
            }
            let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
            self.trace(libc::PTRACE_GETSIGINFO, 0, info.as_mut_ptr() as usize)?;
            // SAFETY: plain numbers, zero at first and filled in by the kernel.
            let info = unsafe { info.assume_init() };
            let registers = Box::new(self.registers()?);
            // SAFETY: the field is there for every signal that the processor raises, and a number anyway.
            let address = unsafe { info.si_addr() } as u64;
            return Ok(match (signal, info.si_code) {
                (libc::SIGTRAP, libc::TRAP_TRACE) => Stop::Stepped(registers),
                (libc::SIGSEGV | libc::SIGBUS | libc::SIGILL | libc::SIGFPE | libc::SIGTRAP, code) if code > 0 => {
                    Stop::Signal { signal, code, address, registers }
                }
                // Sent by somebody, such as a terminal to all its processes.
                _ => continue,
            });
        }
    }

    /// Waits until the child stops, for which signal it says; nothing when it has ended.
    fn wait(&self) -> Result<Option<i32>> {
        let mut status = 0;
        // SAFETY: waits for a child of this process that nobody else waits for.
        while unsafe { libc::waitpid(self.pid, &raw mut status, libc::__WALL) } < 0 {
            let error = Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        Ok(libc::WIFSTOPPED(status).then(|| libc::WSTOPSIG(status)))
    }

    /// A request that reads or writes at most what `data` points to, if it is an address.
    fn trace(&self, request: libc::c_uint, address: usize, data: usize) -> Result<()> {
        // SAFETY: callers pass valid objects of the request's type; others' memory is only changed in the child.
        let result = unsafe { libc::ptrace(request, self.pid, address, data) };
        if result < 0 { Err(Error::last_os_error()) } else { Ok(()) }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: the child was not waited for to its end by anybody else, so the number is its own.
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
        // SAFETY: as above.
        unsafe { libc::waitpid(self.pid, ptr::null_mut(), libc::__WALL) };
    }
}

/// What the child does. It never goes on.
fn stop_for_tracer() -> ! {
    // SAFETY: asks the kernel for things about this process.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: as above.
    unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
    // SAFETY: as above.
    let pid = unsafe { libc::getpid() };
    // SAFETY: stops this process; `raise` would need more of the C library.
    unsafe { libc::syscall(libc::SYS_kill, pid, libc::SIGSTOP) };
    // SAFETY: ends this process at once, should the tracer let it go.
    unsafe { libc::_exit(1) }
}
