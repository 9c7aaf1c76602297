//! The runtime on x86-64, driven by small assembly programs that are built
//! here with clang. Units are written out by hand (`spec/x64/units.md`).
#![allow(missing_docs)]
#![allow(unsafe_code)] // host registers are set and read with inline assembly
#![allow(clippy::multiple_unsafe_ops_per_block)] // the tests play a careless host

mod aside;
mod callbacks;
mod calls;
mod code;
mod copies;
mod exclusive;
mod handlers;
mod hosts;
mod memory;
mod pauses;
mod shared;
mod snapshots;
mod stepping;
mod stop;
mod switch;
mod traps;

use lfi_abi::{Kind, Returns, layout};
use lfi_runtime::{
    Access, Answer, CallbackArguments, CallbackResults, Check, Config, Context, Engine, Exit, Held, Host, Sandbox,
};
use std::{path::Path, process::Command, sync::atomic::AtomicU32, sync::atomic::Ordering};

/// Slot offsets of what [`Program`] maps.
pub const CODE: u64 = layout::MODULE_OFFSET;
pub const STACK: u64 = 0x20_0000;
pub const STACK_SIZE: u64 = 0x1_0000;
pub const DATA: u64 = 0x30_0000;
pub const DATA_SIZE: u64 = 0x1_0000;

/// Units as macros, for all programs.
const PRELUDE: &str = r"
.bundle_align_mode 5
.macro runtime_call at
  .bundle_lock align_to_end
  leaq 8(%rip), %r11
  jmpq *%gs:\at
  .bundle_unlock
.endm
.macro system_call
  runtime_call 0x10008
.endm
.macro get_thread_pointer
  runtime_call 0x10010
.endm
.macro set_thread_pointer
  runtime_call 0x10018
.endm
.macro return_to_host
  runtime_call 0x10020
.endm
.macro callback
  runtime_call 0x10030
.endm
.text
";

/// Assembles a program; the code starts at its first byte.
pub fn assemble(source: &str) -> Vec<u8> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = |suffix| dir.join(format!("runtime-{}-{count}.{suffix}", std::process::id()));
    let (input, object, binary) = (path("s"), path("o"), path("bin"));
    std::fs::write(&input, format!("{PRELUDE}{source}\n.p2align 5, 0x90\n")).unwrap();
    let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
        let output = Command::new(program).args(arguments).output().unwrap_or_else(|e| panic!("{program}: {e}"));
        assert!(output.status.success(), "{program}: {}\n{source}", String::from_utf8_lossy(&output.stderr));
    };
    run("clang-19", &["-c".as_ref(), input.as_ref(), "-o".as_ref(), object.as_ref()]);
    let section = ["-O".as_ref(), "binary".as_ref(), "-j".as_ref(), ".text".as_ref()];
    run("llvm-objcopy-19", &[&section[..], &[object.as_ref(), binary.as_ref()]].concat());
    let code = std::fs::read(&binary).unwrap();
    for file in [input, object, binary] {
        std::fs::remove_file(file).unwrap();
    }
    code
}

/// The rules for a complete sandbox.
pub const VERIFIED: Check = Check::Verify(Kind::Full);

/// A small engine.
pub fn engine() -> Engine {
    let mut config = Config::default();
    config.slots = 4;
    Engine::new(&config).unwrap()
}

/// A sandbox with code, a stack and data, and a context about to run.
pub struct Program {
    pub sandbox: Sandbox,
    pub context: Context,
    /// Answers its callbacks.
    pub callback: fn(&mut Program, usize, &CallbackArguments, &mut CallbackResults) -> Answer,
}

impl Host for Program {
    type Holder = Self;

    fn parts(program: &mut Self) -> (Held<'_>, &mut Context) {
        (Held::Alone(&mut program.sandbox), &mut program.context)
    }

    fn callback(
        program: &mut Self,
        number: usize,
        arguments: &CallbackArguments,
        results: &mut CallbackResults,
    ) -> Answer {
        (program.callback)(program, number, arguments, results)
    }
}

impl Program {
    /// Verified code.
    pub fn new(source: &str) -> Self {
        Self::with(source, Returns::Jump, VERIFIED)
    }

    /// Code that may contain what the verifier refuses.
    pub fn trusted(source: &str) -> Self {
        Self::with(source, Returns::Jump, Check::Trust)
    }

    pub fn with(source: &str, returns: Returns, check: Check) -> Self {
        Self::of(engine().sandbox(returns).unwrap(), &assemble(source), check)
    }

    /// In an empty sandbox.
    pub fn of(sandbox: Sandbox, code: &[u8], check: Check) -> Self {
        let base = sandbox.base();
        let map = |offset, len| sandbox.map(sandbox.range(base + offset, len).unwrap(), Access::ReadWrite).unwrap();
        map(STACK, STACK_SIZE);
        map(DATA, DATA_SIZE);
        sandbox.publish(base + CODE, code, check).unwrap();
        let callback =
            |program: &mut Program, number, _: &_, _: &mut _| panic!("callback {number} of {:?}", program.sandbox);
        let mut program = Self { sandbox, context: Context::new(), callback };
        program.restart();
        program
    }

    /// A fresh context at the start of the code, with the data's address in
    /// `rdi`.
    pub fn restart(&mut self) {
        self.context = Context::new();
        let base = self.sandbox.base();
        let registers = self.context.registers_mut();
        registers.rip = base + CODE;
        registers.rsp = base + STACK + STACK_SIZE;
        registers.rdi = base + DATA;
    }

    pub fn enter(&mut self) -> Exit {
        self.sandbox.enter(&mut self.context).unwrap()
    }

    pub fn data<const N: usize>(&self, offset: u64) -> [u8; N] {
        let mut bytes = [0; N];
        self.sandbox.read(self.sandbox.base() + DATA + offset, &mut bytes).unwrap();
        bytes
    }

    pub fn word(&self, offset: u64) -> u64 {
        u64::from_le_bytes(self.data(offset))
    }
}
