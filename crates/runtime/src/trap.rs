//! Faults of sandboxed code, as values.

use crate::{Registers, arch::RawTrap};

/// How the processor reported a fault, in the kernel's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// An access outside what is mapped, or one that is not allowed.
    Segv,
    /// An access to a mapped file behind its end, or a misaligned one.
    Bus,
    /// An undefined instruction.
    Ill,
    /// An arithmetic fault, such as division by zero.
    Fpe,
    /// A breakpoint.
    Trap,
}

impl Signal {
    /// The number that Linux gives the signal.
    pub fn number(self) -> i32 {
        match self {
            Self::Segv => libc::SIGSEGV,
            Self::Bus => libc::SIGBUS,
            Self::Ill => libc::SIGILL,
            Self::Fpe => libc::SIGFPE,
            Self::Trap => libc::SIGTRAP,
        }
    }

    /// The name, e.g. `SIGSEGV`.
    pub fn name(self) -> &'static str {
        Self::name_of(self.number())
    }

    /// The name of any signal, e.g. `SIGABRT` for 6.
    pub fn name_of(number: i32) -> &'static str {
        const NAMES: [&str; 31] = [
            "SIGHUP",
            "SIGINT",
            "SIGQUIT",
            "SIGILL",
            "SIGTRAP",
            "SIGABRT",
            "SIGBUS",
            "SIGFPE",
            "SIGKILL",
            "SIGUSR1",
            "SIGSEGV",
            "SIGUSR2",
            "SIGPIPE",
            "SIGALRM",
            "SIGTERM",
            "SIGSTKFLT",
            "SIGCHLD",
            "SIGCONT",
            "SIGSTOP",
            "SIGTSTP",
            "SIGTTIN",
            "SIGTTOU",
            "SIGURG",
            "SIGXCPU",
            "SIGXFSZ",
            "SIGVTALRM",
            "SIGPROF",
            "SIGWINCH",
            "SIGIO",
            "SIGPWR",
            "SIGSYS",
        ];
        usize::try_from(number).ok().and_then(|n| NAMES.get(n.wrapping_sub(1))).copied().unwrap_or("real-time signal")
    }

    fn from_number(number: i32) -> Self {
        match number {
            libc::SIGBUS => Self::Bus,
            libc::SIGILL => Self::Ill,
            libc::SIGFPE => Self::Fpe,
            libc::SIGTRAP => Self::Trap,
            _ => Self::Segv,
        }
    }
}

/// A fault that ended a context's stay in the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trap {
    /// What happened.
    pub signal: Signal,
    /// The kernel's `si_code`, e.g. `SEGV_MAPERR`.
    pub code: i32,
    /// Address of the instruction.
    pub pc: u64,
    /// Address of the access, where the processor reports it.
    pub address: Option<u64>,
    /// All general registers at the fault.
    pub registers: Registers,
}

/// `si_code` of faults for which the processor reports no address.
const SI_KERNEL: i32 = 0x80;

impl Trap {
    pub(crate) fn new(raw: RawTrap, registers: Registers) -> Self {
        let signal = Signal::from_number(raw.signal);
        let access = matches!(signal, Signal::Segv | Signal::Bus) && raw.code != SI_KERNEL;
        // A breakpoint is reported after its one byte.
        let after = u64::from(signal == Signal::Trap && raw.code == SI_KERNEL);
        Self {
            signal,
            code: raw.code,
            pc: registers.rip.wrapping_sub(after),
            address: access.then_some(raw.address),
            registers,
        }
    }
}
