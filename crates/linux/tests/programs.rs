//! Whole programs, built here from assembly with clang and lld: loading,
//! running, and what is refused.

use lfi_abi::{Kind, Returns, Target, layout::MODULE_OFFSET, note::Note};
use lfi_linux::{LoadError, Module, Policy, Requirements, Setup, Status, Stop, Thread};
use lfi_runtime::{Call, CallArguments, Config, Engine, Signal};
use std::{
    collections::HashMap,
    ffi::CString,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

const PRELUDE: &str = r"
.bundle_align_mode 5
.macro system_call number
  movl $\number, %eax
  .bundle_lock align_to_end
  leaq 8(%rip), %r11
  jmpq *%gs:0x10008
  .bundle_unlock
.endm
.macro exit status
  movl $\status, %edi
  system_call 231
.endm
.text
.globl _start
.p2align 5
_start:
";

fn note(kind: Kind, returns: Returns) -> Note {
    Note { target: Target::X64, kind, returns, laid_out: true }
}

fn run_tool(program: &str, arguments: &[&Path], more: &[&str]) {
    let output = Command::new(program).args(more).args(arguments).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Assembles and links a program with the given note (or none).
fn build(source: &str, note: Option<&[u8]>) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { dir.path().join(name) };
    let mut text = format!("{PRELUDE}{source}\n.text\n.p2align 5, 0x90\n");
    if let Some(note) = note {
        let bytes: Vec<String> = note.iter().map(u8::to_string).collect();
        text += &format!(".section .note.lfi,\"a\",@note\n.p2align 2\n.byte {}\n", bytes.join(","));
    }
    std::fs::write(path("a.s"), text).unwrap();
    run_tool("clang-19", &[&path("a.s"), Path::new("-o"), &path("a.o")], &["-c"]);
    let options = ["-pie", "--no-dynamic-linker", "-z", "separate-code", "-z", "noexecstack", "-z", "text"];
    run_tool("ld.lld-19", &[&path("a.o"), Path::new("-o"), &path("a")], &options);
    std::fs::read(path("a")).unwrap()
}

fn program(source: &str) -> Vec<u8> {
    build(source, Some(&note(Kind::Full, Returns::Jump).to_bytes()))
}

fn engine() -> Engine {
    let mut config = Config::default();
    config.slots = 2;
    Engine::new(&config).unwrap()
}

fn load(file: &[u8], setup: Setup) -> Result<Thread, LoadError> {
    Thread::start(&engine(), &Module::new(file, Requirements::default())?, setup)
}

fn run(source: &str) -> Status {
    load(&program(source), Setup::default()).unwrap().run().unwrap()
}

fn refusal(file: &[u8]) -> LoadError {
    load(file, Setup::default()).unwrap_err()
}

#[test]
fn programs_end() {
    assert_eq!(run("exit 7"), Status::Exited(7));
    assert_eq!(run("exit 0x100"), Status::Exited(0));
    let Status::Trapped(trap) = run("nop \n ud2") else { panic!() };
    assert_eq!(trap.signal, Signal::Ill);
    assert_eq!(Status::Trapped(trap).code(), 132);
    let Status::Trapped(trap) = run("1: pushq %rax \n jmp 1b") else { panic!() };
    assert_eq!(trap.signal, Signal::Segv);
    assert_eq!(run("system_call 39 \n movl %eax, %edi \n movl $6, %esi \n system_call 200"), Status::Signalled(6));
    assert_eq!(run("system_call 999 \n movl %eax, %edi \n system_call 231"), Status::Exited(256 - 38));
}

#[test]
fn segments_are_as_the_file_says() {
    let check = "
        leaq constant(%rip), %rdi
        cmpl $0x11111111, %gs:(%edi)
        jne 9f
        leaq data(%rip), %rdi
        cmpl $0x22222222, %gs:(%edi)
        jne 9f
        movl $1, %gs:(%edi)
        leaq bss(%rip), %rdi
        cmpl $0, %gs:(%edi)
        jne 9f
        movl $1, %gs:(%edi)
        ACTION
        exit 3
        9: exit 4
        .section .rodata
        constant: .long 0x11111111
        .data
        data: .long 0x22222222
        .bss
        bss: .zero 10000";
    assert_eq!(run(&check.replace("ACTION", "")), Status::Exited(3));
    for (action, signal) in [
        ("leaq constant(%rip), %rdi \n movl $1, %gs:(%edi)", Signal::Segv),
        ("leaq _start(%rip), %rdi \n movl $1, %gs:(%edi)", Signal::Segv),
        (".bundle_lock \n andl $-32, %edi \n addq %gs:0x10000, %rdi \n jmpq *%rdi \n .bundle_unlock", Signal::Segv),
    ] {
        let Status::Trapped(trap) = run(&check.replace("ACTION", action)) else { panic!("{action}") };
        assert_eq!(trap.signal, signal, "{action}");
    }
}

/// Writes everything from the stack pointer to the end of the stack, then the
/// program headers, to `/out`.
const DUMP_STACK: &str = "
    movq %rsp, %rbx
    movq %rdx, %r12
    leaq name(%rip), %rdi
    movl $0x241, %esi
    movl $0644, %edx
    system_call 2
    movl %eax, %edi
    movq %rbx, %rsi
    movl $0xfffe0000, %edx
    subl %ebx, %edx
    system_call 1
    movl %r12d, %edi
    system_call 231
    .section .rodata
    name: .asciz \"/out\"";

#[test]
fn the_stack_is_as_the_abi_has_it() {
    let dir = TempDir::new().unwrap();
    let policy = Policy::new().directory("/", dir.path(), true).unwrap();
    let strings = |list: &[&str]| list.iter().map(|s| CString::new(*s).unwrap()).collect::<Vec<_>>();
    let setup = Setup {
        arguments: strings(&["name", "", "an argument"]),
        policy: policy.variable("A", "1").unwrap().variable("B", "").unwrap(),
        ..Setup::default()
    };
    let file = program(DUMP_STACK);
    let mut thread = load(&file, setup).unwrap();
    assert_eq!(thread.run().unwrap(), Status::Exited(0), "rdx is zero: no function to register with atexit");

    let block = std::fs::read(dir.path().join("out")).unwrap();
    let top = thread.process().base() + lfi_abi::layout::USER_END;
    let start = top - block.len() as u64;
    assert!(start.is_multiple_of(16));
    let word = |at: u64| u64::from_le_bytes(block[(at - start) as usize..][..8].try_into().unwrap());
    let text = |at: u64| {
        let bytes = &block[(at - start) as usize..];
        String::from_utf8(bytes[..bytes.iter().position(|&b| b == 0).unwrap()].to_vec()).unwrap()
    };
    assert_eq!(word(start), 3);
    let pointers = |mut at: u64| {
        let mut found = Vec::new();
        while word(at) != 0 {
            found.push(text(word(at)));
            at += 8;
        }
        (found, at + 8)
    };
    let (arguments, next) = pointers(start + 8);
    assert_eq!(arguments, ["name", "", "an argument"]);
    let (environment, mut at) = pointers(next);
    assert_eq!(environment, ["A=1", "B="]);
    let mut auxiliary = HashMap::new();
    while word(at) != libc::AT_NULL {
        assert!(auxiliary.insert(word(at), word(at + 8)).is_none());
        at += 16;
    }
    let module = thread.process().base() + MODULE_OFFSET;
    let entry = u64::from_le_bytes(file[24..32].try_into().unwrap());
    assert_eq!(auxiliary[&libc::AT_ENTRY], module + entry);
    assert_eq!(auxiliary[&libc::AT_PHDR], module + 64);
    assert_eq!(auxiliary[&libc::AT_PHNUM], u64::from(file[56]));
    assert_eq!(auxiliary[&libc::AT_PHENT], 56);
    assert_eq!(auxiliary[&libc::AT_PAGESZ], 4096);
    assert_eq!(auxiliary[&libc::AT_SECURE], 0);
    assert_eq!(text(auxiliary[&libc::AT_EXECFN]), "name");
    let random = auxiliary[&libc::AT_RANDOM];
    assert_ne!((word(random), word(random + 8)), (0, 0));
    assert!(!auxiliary.contains_key(&libc::AT_SYSINFO_EHDR), "the host's vDSO");
    // Nothing in the block is an address of the host outside the sandbox.
    for word in block.chunks_exact(8).map(|b| u64::from_le_bytes(b.try_into().unwrap())) {
        let of_sandbox = word >> 32 == thread.process().base() >> 32;
        assert!(of_sandbox || word >> 40 != 0x7f && word >> 40 != 0x55, "{word:#x}");
    }
}

#[test]
fn too_many_arguments_are_refused() {
    let setup = Setup { arguments: vec![CString::new(vec![b'x'; 3 << 20]).unwrap()], ..Setup::default() };
    assert!(matches!(load(&program("exit 0"), setup), Err(LoadError::ArgumentsTooLong)));
}

#[test]
fn a_changed_byte_is_refused_with_its_address() {
    let mut file = program("nop \n exit 0");
    let entry = u64::from_le_bytes(file[24..32].try_into().unwrap());
    let elf = lfi_verifier::elf::Elf::parse(&file).unwrap();
    let code = elf.segments().find(|s| s.executable).unwrap();
    let place = (code.file_offset + entry - code.vaddr) as usize;
    assert_eq!(file[place], 0x90);
    file[place] = 0xc3;
    let error = refusal(&file);
    let LoadError::Rejected(violation) = error else { panic!("{error}") };
    assert_eq!(u64::from(violation.offset), MODULE_OFFSET + entry);
    assert!(error.to_string().starts_with(&format!("{entry:#x}: ")), "{error}");
    assert!(error.to_string().ends_with(&format!("[{}]", violation.rule.id())));
    // Trusted, it is loaded all the same.
    let mut requirements = Requirements::default();
    requirements.verify = false;
    Thread::start(&engine(), &Module::new(&file, requirements).unwrap(), Setup::default()).unwrap();
}

#[test]
fn what_is_not_ours_is_refused() {
    assert!(matches!(refusal(b""), LoadError::Elf(_)));
    assert!(matches!(refusal(b"#!/bin/sh\n"), LoadError::Elf(_)));
    assert!(matches!(refusal(&std::fs::read("/bin/true").unwrap()), LoadError::Elf(_)));
    let without = build("exit 0", None);
    assert!(refusal(&without).to_string().contains("note"), "{}", refusal(&without));
    let mut other_version = note(Kind::Full, Returns::Jump).to_bytes();
    other_version[16] = 99;
    let error = refusal(&build("exit 0", Some(&other_version)));
    assert!(error.to_string().contains("99"), "{error}");
    for kind in [Kind::Stores, Kind::Jumps] {
        let file = build("exit 0", Some(&note(kind, Returns::Jump).to_bytes()));
        let error = refusal(&file);
        assert!(matches!(error, LoadError::Kind { found, demanded: Kind::Full } if found == kind), "{error}");
        let mut requirements = Requirements::default();
        requirements.least_kind = kind;
        let module = Module::new(&file, requirements).unwrap();
        let mut thread = Thread::start(&engine(), &module, Setup::default()).unwrap();
        assert_eq!(thread.run().unwrap(), Status::Exited(0));
    }
}

#[test]
fn masked_returns_need_their_note() {
    let source = "
        jmp 2f
        .p2align 5, 0x90
        1: popq %r11
        .bundle_lock
        andl $-32, %r11d
        addq %gs:0x10000, %r11
        pushq %r11
        retq
        .bundle_unlock
        .p2align 5, 0x90
        2:
        .bundle_lock align_to_end
        callq 1b
        .bundle_unlock
        exit 5";
    let exclusive = build(source, Some(&note(Kind::Full, Returns::Ret).to_bytes()));
    assert_eq!(load(&exclusive, Setup::default()).unwrap().run().unwrap(), Status::Exited(5));
    assert!(matches!(refusal(&program(source)), LoadError::Rejected(_)));
}

#[test]
fn broken_files_do_not_upset_the_host() {
    let file = program("exit 0 \n .data \n .zero 5000");
    let engine = engine();
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize
    };
    let mut accepted = 0;
    for round in 0..3000 {
        let mut bytes = file.clone();
        match round % 3 {
            0 => bytes.truncate(random() % file.len()),
            // The header and the program headers are where it hurts.
            1 => bytes[random() % 512] = random() as u8,
            _ => (0..4).for_each(|_| bytes[random() % 512] = [0, 1, 0x7f, 0x80, 0xff][random() % 5]),
        }
        let loaded = Module::new(&bytes, Requirements::default())
            .and_then(|module| Thread::start(&engine, &module, Setup::default()));
        accepted += usize::from(loaded.is_ok());
    }
    assert!(accepted > 0, "some bytes do not matter");
}

#[test]
fn the_file_may_change_after_it_was_read() {
    let mut file = program("nop \n exit 9");
    let mut thread = load(&file, Setup::default()).unwrap();
    file.fill(0xcc);
    assert_eq!(thread.run().unwrap(), Status::Exited(9));
}

#[test]
fn a_host_that_does_not_ignore_sigpipe_survives() {
    const CHILD: &str = "LFI_LINUX_SIGPIPE";
    if std::env::var_os(CHILD).is_none() {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_host_that_does_not_ignore_sigpipe_survives"])
            .env(CHILD, "1")
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    // SAFETY: sets the default action.
    #[allow(unsafe_code)]
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL)
    };
    let source = "
        pushq $0
        pushq $0
        movq %rsp, %rdi
        system_call 22
        movl (%rsp), %edi
        system_call 3
        movl 4(%rsp), %edi
        movq %rsp, %rsi
        movl $1, %edx
        system_call 1
        exit 0";
    assert_eq!(run(source), Status::Signalled(libc::SIGPIPE));
}

#[test]
fn a_library_comes_back_and_is_called() {
    let library = program(
        "
        leaq _start(%rip), %rax
        movl %eax, %ecx
        subq %rcx, %rax
        addq $0x11020, %rax
        jmp 1f
        .p2align 5
        1: .bundle_lock
        andl $-32, %eax
        addq %gs:0x10000, %rax
        jmpq *%rax
        .bundle_unlock

        .p2align 5
        function:
        movq %rdi, %rax
        addq %rsi, %rax
        je 2f
        popq %r11
        .bundle_lock
        andl $-32, %r11d
        addq %gs:0x10000, %r11
        jmpq *%r11
        .bundle_unlock
        2: system_call 39
        ud2",
    );
    let mut thread = load(&library, Setup::default()).unwrap();
    thread.prepare_calls().unwrap();
    assert!(thread.prepare_calls().is_err(), "once in a life");
    assert_eq!(thread.resume().unwrap(), Stop::Returned);

    let entry = u64::from_le_bytes(library[24..32].try_into().unwrap()); // e_entry
    let function = thread.process().module_start() + entry + 64;
    let stack = thread.process().base() + lfi_abi::layout::USER_END - 64;
    let mut call = |a: u64, b: u64| {
        let arguments = CallArguments { integers: [a, b, 0, 0, 0, 0], ..CallArguments::default() };
        let stop = thread.call_goes_on(&Call { function, stack_pointer: stack, arguments }).unwrap();
        (stop, thread.context().registers().rax)
    };
    for n in 1..100 {
        assert_eq!(call(n, 2), (Stop::Returned, n + 2));
    }
    // A system call on the way, then a fault.
    let (Stop::Ended(Status::Trapped(trap)), pid) = call(0, 0) else { panic!() };
    assert_eq!((trap.signal, pid), (Signal::Ill, std::process::id().into()));
    // It has ended, and stays so.
    assert_eq!(call(40, 2).0, Stop::Ended(Status::Trapped(trap)));
}

#[test]
fn without_standard_streams_there_is_nothing_to_read_or_see() {
    // read(0) gives 0, write(1) takes all; the status is their sum.
    let source = "
        xorl %edi, %edi
        leaq buffer(%rip), %rsi
        movl $5, %edx
        system_call 0
        movq %rax, %rbx
        movl $1, %edi
        leaq buffer(%rip), %rsi
        movl $5, %edx
        system_call 1
        addl %eax, %ebx
        movl %ebx, %edi
        system_call 231
        .data
        buffer: .ascii \"seen!\"";
    assert_eq!(run(source), Status::Exited(5));
}
