//! `lfi-run` as a user meets it: exit statuses and messages.

use lfi_abi::{Kind, Returns, Target, note::Note};
use std::{
    fs::Permissions,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Output},
};

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
.type _start,@function
_start:
";

/// Files of one test.
struct Files(PathBuf);

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Files {
    fn new(test: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lfi-run-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    /// Builds a program from assembly.
    fn program(&self, source: &str, kind: Kind) -> PathBuf {
        let path = |name: &str| self.0.join(name);
        let note = Note { target: Target::X64, kind, returns: Returns::Jump, laid_out: true };
        let bytes: Vec<String> = note.to_bytes().iter().map(u8::to_string).collect();
        let note = format!(".section .note.lfi,\"a\",@note\n.p2align 2\n.byte {}\n", bytes.join(","));
        let end = ".text\n.p2align 5, 0x90\n.size _start, . - _start\n";
        std::fs::write(path("a.s"), format!("{PRELUDE}{source}\n{end}{note}")).unwrap();
        let run = |command: &mut Command| {
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        run(Command::new("clang-19").arg("-c").arg(path("a.s")).arg("-o").arg(path("a.o")));
        let options = ["-pie", "--no-dynamic-linker", "-z", "separate-code", "-z", "noexecstack"];
        run(Command::new("ld.lld-19").args(options).arg(path("a.o")).arg("-o").arg(path("program")));
        path("program")
    }
}

fn lfi_run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_lfi-run"))
        .args(arguments)
        .env_remove("TERM")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().expect("lfi-run itself is never killed"), text(stdout), text(stderr))
}

fn run(program: &Path, options: &[&str], arguments: &[&str]) -> (i32, String, String) {
    lfi_run(&[options, &[program.to_str().unwrap()], arguments].concat())
}

#[test]
fn it_exits_as_the_program_does() {
    let files = Files::new("status");
    assert_eq!(run(&files.program("exit 7", Kind::Full), &[], &[]), (7, String::new(), String::new()));
    let abort = "system_call 39 \n movl %eax, %edi \n movl $6, %esi \n system_call 62";
    let (status, _, message) = run(&files.program(abort, Kind::Full), &[], &[]);
    assert_eq!(status, 134);
    assert!(message.ends_with("program: killed by SIGABRT\n"), "{message}");
}

#[test]
fn a_program_begins_with_the_mask_of_its_caller() {
    let files = Files::new("mask");
    // It turns the mask off, makes a file, and exits with what the mask was.
    let source = "
        xorl %edi, %edi
        system_call 95
        movl %eax, %ebx
        leaq name(%rip), %rdi
        movl $0x41, %esi
        movl $0666, %edx
        system_call 2
        movl %ebx, %edi
        system_call 231
        .section .rodata
        name: .asciz \"new\"";
    let program = files.program(source, Kind::Full);
    let options = format!("--dir /={}:rw", files.0.display());
    let script = format!("umask 027; exec {} {options} {}", env!("CARGO_BIN_EXE_lfi-run"), program.display());
    let status = Command::new("sh").args(["-c", &script]).status().unwrap();
    assert_eq!(status.code(), Some(0o027));
    let mode = std::fs::metadata(files.0.join("new")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o666);
}

#[test]
fn a_program_ignores_the_signals_that_its_caller_ignores() {
    let files = Files::new("ignored");
    // Writes to its standard output and exits with the error.
    let writes = files.program(
        "movl $1, %edi
        movq %rsp, %rsi
        movl $1, %edx
        system_call 1
        negl %eax
        movl %eax, %edi
        system_call 231",
        Kind::Full,
    );
    let run = |before: &str, program: &Path| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let script = format!("{before} exec {} {}", env!("CARGO_BIN_EXE_lfi-run"), program.display());
        Command::new("sh").args(["-c", &script]).stdout(writer).output().unwrap()
    };
    const EPIPE: i32 = 32;
    let killed = run("", &writes);
    assert_eq!((killed.status.code(), killed.stderr), (Some(128 + 13), vec![]));
    assert_eq!(run("trap '' PIPE;", &writes).status.code(), Some(EPIPE));
    // Asks what is done about SIGHUP: 0 is the default, 1 is nothing.
    let asks = files.program(
        "movl $1, %edi
        xorl %esi, %esi
        pushq $0
        pushq $0
        pushq $0
        pushq $0
        movq %rsp, %rdx
        movl $8, %r10d
        system_call 13
        movl (%rsp), %edi
        system_call 231",
        Kind::Full,
    );
    assert_eq!(run("", &asks).status.code(), Some(0));
    assert_eq!(run("trap '' HUP PIPE;", &asks).status.code(), Some(1));
    assert_eq!(run("trap '' TERM;", &asks).status.code(), Some(0));
}

#[test]
fn a_fault_names_place_and_address() {
    let files = Files::new("fault");
    let program = files.program("nop \n xorl %ecx, %ecx \n movl $1, %gs:64(%ecx)", Kind::Full);
    let (status, _, message) = run(&program, &[], &[]);
    assert_eq!(status, 139);
    assert!(message.contains("killed by SIGSEGV at slot offset 0x"), "{message}");
    assert!(message.contains("(_start+0x3)"), "{message}");
    assert!(message.contains("access to slot offset 0x40"), "{message}");
    // The calls that led there.
    let code = "pushq %rax \n .bundle_lock align_to_end \n callq 1f \n .bundle_unlock \n 1: ud2";
    let (status, _, message) = run(&files.program(code, Kind::Full), &[], &[]);
    assert_eq!(status, 132);
    assert!(message.contains("\nlfi-run:    1: _start [0x") && message.contains("(guessed)"), "{message}");
    let (status, _, message) = run(&files.program("ud2", Kind::Full), &[], &[]);
    assert_eq!(status, 132);
    assert!(message.contains("SIGILL") && message.contains("(_start+0x0)"), "{message}");
}

#[test]
fn refused_programs() {
    let files = Files::new("refused");
    let program = files.program("nop \n syscall", Kind::Full);
    let (status, _, message) = run(&program, &[], &[]);
    assert_eq!(status, 126);
    assert!(message.contains("[x64.") && message.contains("(_start+0x1)"), "{message}");
    assert!(run(&program, &["-v"], &[]).0 == 126);
    let (status, _, message) = run(&files.program("exit 5", Kind::Stores), &[], &[]);
    assert_eq!(status, 126);
    assert!(message.contains("--kind stores"), "{message}");
    assert_eq!(run(&files.program("exit 5", Kind::Stores), &["--kind", "stores"], &[]).0, 5);
    assert_eq!(run(&files.program("exit 5", Kind::Jumps), &["--kind", "stores"], &[]).0, 126);
    assert_eq!(run(&files.program("exit 5", Kind::Jumps), &["--no-verify"], &[]).0, 5);
    let (status, _, message) = lfi_run(&["/bin/true"]);
    assert_eq!(status, 126);
    assert!(message.contains("only programs built for LFI"), "{message}");
    assert_eq!(lfi_run(&["/etc/passwd"]).0, 126, "not executable");
    assert_eq!(lfi_run(&["/"]).0, 126);
    assert_eq!(lfi_run(&["/does/not/exist"]).0, 127);
}

#[test]
fn names_in_a_program_send_nothing_to_the_terminal() {
    let files = Files::new("terminal");
    let name = format!("\x1b]0;owned\x07\x1b[2J{}", "x".repeat(5000));
    let source = |code: &str| format!("nop\n .type \"{name}\",@function\n\"{name}\":\n nop\n {code}");
    for (code, status) in [("ud2", 132), ("syscall", 126)] {
        let (ended, _, message) = run(&files.program(&source(code), Kind::Full), &[], &[]);
        assert_eq!(ended, status, "{message}");
        assert!(message.contains(r"(\u{1b}]0;owned\u{7}\u{1b}[2Jxxx"), "{message}");
        assert!(message.contains("xxx...+0x1)"), "{message}");
        assert!(message.len() < 1000 && message.lines().count() == 1, "{message}");
        assert!(!message.trim_end().contains(char::is_control), "{message}");
    }
}

#[test]
fn wrong_usage() {
    for arguments in [
        &[][..],
        &["--nonsense", "x"],
        &["--dir", "x", "y"],
        &["--dir", "relative=/tmp", "y"],
        &["--dir", "/a=/does/not/exist", "y"],
        &["--env", "x", "y"],
        &["--env", "=x", "y"],
        &["--kind", "all", "y"],
        &["--wd"],
    ] {
        let (status, output, message) = lfi_run(arguments);
        assert_eq!((status, output.as_str()), (2, ""), "{arguments:?}");
        assert!(message.starts_with("lfi-run: "), "{arguments:?}: {message}");
    }
    assert!(lfi_run(&["--help"]).1.contains("--dir SANDBOX=HOST"));
    assert_eq!(lfi_run(&["--version"]).0, 0);
    let files = Files::new("usage");
    assert_eq!(run(&files.program("exit 0", Kind::Full), &["--wd", "/nowhere"], &[]).0, 2);
}

/// Writes what lies between the first and the last string on the stack.
const STRINGS: &str = "
    movq 8(%rsp), %rsi
    movl $0xfffe0000, %edx
    subl %esi, %edx
    movl $1, %edi
    system_call 1
    exit 0";

#[test]
fn arguments_and_environment() {
    let files = Files::new("arguments");
    let program = files.program(STRINGS, Kind::Full);
    let name = program.to_str().unwrap();
    let (status, output, _) =
        run(&program, &["--env", "A=1", "--env", "HOME=/x", "--env", "A=2"], &["--help", "-v", ""]);
    assert_eq!(status, 0);
    let expected = [name, "--help", "-v", "", "PATH=/usr/bin:/bin", "HOME=/x", "A=2", ""].join("\0");
    assert_eq!(output, expected);
}

#[test]
fn a_trace_has_a_line_for_each_call() {
    let files = Files::new("trace");
    let source = "
        leaq name(%rip), %rdi
        xorl %esi, %esi
        system_call 2
        exit 3
        .section .rodata
        name: .asciz \"/missing\"";
    let (status, _, trace) = run(&files.program(source, Kind::Full), &["--trace"], &[]);
    assert_eq!(status, 3);
    assert_eq!(trace, "open(\"/missing\", 0x0, 0o0) = -2 (No such file or directory)\nexit_group(3) = ?\n");
}

#[test]
fn directories_are_read_only_unless_said_otherwise() {
    let files = Files::new("directories");
    let source = "
        leaq name(%rip), %rdi
        movl $0x41, %esi
        movl $0644, %edx
        system_call 2
        movl %eax, %edi
        negl %edi
        system_call 231
        .section .rodata
        name: .asciz \"new\"";
    let program = files.program(source, Kind::Full);
    let dir = files.0.join("dir");
    std::fs::create_dir(&dir).unwrap();
    let mount = |mode: &str| format!("/data={}{mode}", dir.display());
    let errno = |options: &[&str]| run(&program, options, &[]).0;
    assert_eq!(errno(&[]), 30, "EROFS: in the root there is nothing, and nothing can be made");
    for mode in ["", ":ro"] {
        assert_eq!(errno(&["--dir", &mount(mode), "--wd", "/data"]), 30, "EROFS");
    }
    assert_eq!(errno(&["--dir", &mount(":rw"), "--wd", "/data"]), 256 - 3, "descriptor 3");
    assert!(dir.join("new").exists());
}

#[test]
fn a_policy_file_says_what_options_say() {
    let files = Files::new("policy");
    let program = files.program(STRINGS, Kind::Full);
    let policy = files.0.join("policy.toml");
    std::fs::create_dir(files.0.join("shown")).unwrap();
    let text = "
        wd = '/data'
        stdio = 'inherit'
        clock = 1000000000
        random = 7
        network = 'none'
        tty = false
        memory = '64m'
        threads = 4
        descriptors = '16'
        file-size = '1m'
        cpu-time = 10
        time = '1m'
        [dir]
        '/data' = 'shown:rw' # relative to the file
        [env]
        A = '1'
        N = 2
        [call]
        socket = 'EACCES'
        others = 'allow'";
    std::fs::write(&policy, text).unwrap();
    let (status, output, message) = run(&program, &["--policy", policy.to_str().unwrap(), "--env", "N=3"], &[]);
    assert_eq!((status, message.as_str()), (0, ""));
    assert!(output.ends_with("\0PATH=/usr/bin:/bin\0HOME=/\0A=1\0N=3\0"), "{output:?}");
}

#[test]
fn mistakes_in_a_policy_file_are_shown_by_line() {
    let files = Files::new("mistakes");
    let policy = files.0.join("policy.toml");
    for (text, line, cause) in [
        ("\nclock = 'now'", 2, "clock \"now\": expected real, coarse or seconds since 1970"),
        ("[dir]\n'/a' = '/does/not/exist'", 2, "dir \"/a=/does/not/exist\": No such file or directory"),
        ("[dir]\n\n'a' = '/tmp'", 3, "must be an absolute path"),
        ("[call]\nread = 'EWHAT'", 2, "the name of an error"),
        ("[call]\nreed = 'deny'", 2, "there is no system call \"reed\""),
        ("stdio = 'all'", 1, "expected inherit or none"),
        ("memory = '12q'", 1, "memory \"12q\": expected a size such as 64m"),
        ("threads = 'many'", 1, "expected a number"),
        ("cpu-time = 0", 1, "expected a time such as 10s or 500ms"),
        ("tty = 1", 1, "tty: expected true or false"),
        ("wd = ['/']", 1, "wd: expected a string or a number"),
        ("\n\nnetworks = 'none'", 3, "\"networks\": there is no such word"),
        ("env = 'A=1'", 1, "env: expected a table"),
        ("wd = '/a'\nwd = '/b'", 2, "duplicate key"),
        ("wd = ", 1, ""),
    ] {
        std::fs::write(&policy, text).unwrap();
        let (status, output, message) = lfi_run(&["--policy", policy.to_str().unwrap(), "program"]);
        assert_eq!((status, output.as_str()), (2, ""), "{text:?}");
        let start = format!("lfi-run: {}:{line}: ", policy.display());
        assert!(message.starts_with(&start) && message.contains(cause), "{text:?}: {message}");
    }
    let (status, _, message) = lfi_run(&["--policy", "/does/not/exist", "program"]);
    assert_eq!(status, 2);
    assert!(message.contains("/does/not/exist: No such file"), "{message}");
}

#[test]
fn a_program_ends_at_its_limits() {
    let files = Files::new("limits");
    let program = files.program("1: jmp 1b", Kind::Full);
    let shown = program.display();
    let (status, _, message) = run(&program, &["--cpu-time", "50ms"], &[]);
    assert_eq!((status, message), (137, format!("lfi-run: {shown}: stopped, its processor time is used up\n")));
    let (status, _, message) = run(&program, &["--time", "50ms"], &[]);
    assert_eq!((status, message), (137, format!("lfi-run: {shown}: stopped, its time is over\n")));
}

#[test]
fn calls_are_denied_and_logged() {
    let files = Files::new("rules");
    let source = "
        system_call 102
        system_call 104
        negl %eax
        movl %eax, %edi
        system_call 231";
    let program = files.program(source, Kind::Full);
    let (status, _, log) = run(&program, &["--call", "getgid=EACCES", "--call", "getuid=log"], &[]);
    assert_eq!(status, 13);
    assert!(log.starts_with("getuid() = ") && log.lines().count() == 1, "{log}");
}

#[test]
fn an_audit_is_a_policy_that_grants_what_was_asked_for() {
    let files = Files::new("audit");
    let dir = files.0.join("work");
    std::fs::create_dir(&dir).unwrap();
    // Makes a file; the status is the error.
    let source = format!(
        "
        leaq name(%rip), %rdi
        movl $0x41, %esi
        movl $0644, %edx
        system_call 2
        movl %eax, %ebx
        leaq other(%rip), %rdi
        xorl %esi, %esi
        system_call 2
        movl %ebx, %edi
        negl %edi
        system_call 231
        .section .rodata
        name: .asciz \"{}/./file\"
        other: .asciz \"/not/there\"",
        dir.display()
    );
    let program = files.program(&source, Kind::Full);
    let policy = files.0.join("policy.toml");
    let audit = format!("--audit={}", policy.display());
    let read = || std::fs::read_to_string(&policy).unwrap();

    let (status, _, message) = run(&program, &[&audit], &[]);
    assert_eq!((status, message.as_str()), (2, ""));
    let entry = format!("[dir]\n\"{0}\" = \"{0}:rw\"\n", dir.display());
    assert!(read().contains(&entry), "{}", read());
    assert!(read().contains("not there on this machine:\n#   /not/there\n"), "{}", read());
    assert!(!read().contains("[call]"), "{}", read());

    // It gets what it asked for, and the list of its calls.
    for _ in 0..2 {
        let (status, _, message) = run(&program, &["--policy", policy.to_str().unwrap(), &audit], &[]);
        assert_eq!((status, message.as_str()), (253, ""), "{}", read());
        assert!(dir.join("file").exists());
        assert!(read().contains(&entry), "{}", read());
        let calls = "[call]\nexit_group = \"allow\"\nopen = \"allow\"\nothers = \"ENOSYS\"\n";
        assert!(read().ends_with(calls), "{}", read());
    }
}

#[test]
fn class_28_the_hosts_limit_of_descriptors_is_raised_for_the_programs() {
    let files = Files::new("descriptors");
    // As many counters as there can be, beside the standard streams.
    let program = files.program(
        "xorl %ebx, %ebx \n 1: xorl %edi, %edi \n xorl %esi, %esi \n system_call 290 \n testl %eax, %eax \n js 2f \n \
         incl %ebx \n jmp 1b \n 2: xorl %edi, %edi \n cmpl $1021, %ebx \n setne %dil \n system_call 231",
        Kind::Full,
    );
    let command = "ulimit -Sn 64 && exec \"$0\" \"$1\"";
    let status = Command::new("sh").args(["-c", command, env!("CARGO_BIN_EXE_lfi-run")]).arg(program).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

/// Whether the sandbox of a program that says so is at address 0 when it is run
/// by this user.
fn is_at_zero(command: &mut Command) -> bool {
    match command.status().unwrap().code() {
        Some(status @ (0 | 1)) => status == 1,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_sandbox_is_at_address_zero_where_that_is_possible() {
    let files = Files::new("zero");
    let program = files.program(
        "leaq 1f(%rip), %rax \n 1: shrq $32, %rax \n xorl %edi, %edi \n testl %eax, %eax \n sete %dil \n system_call 231",
        Kind::Full,
    );
    let least: u64 = std::fs::read_to_string("/proc/sys/vm/mmap_min_addr").unwrap().trim().parse().unwrap();
    let run = || Command::new(env!("CARGO_BIN_EXE_lfi-run"));
    assert!(!is_at_zero(run().args(["--base", "random"]).arg(&program)));
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let is_root = status.lines().any(|line| line.starts_with("Uid:\t0\t"));
    if !is_root {
        assert_eq!(is_at_zero(run().arg(&program)), least <= 1 << 16);
        return;
    }
    assert!(is_at_zero(run().arg(&program)));
    // A user who can map nothing in the first pages, and reads no directory of root's.
    let shared = std::env::temp_dir().join(format!("lfi-run-zero-{}", std::process::id()));
    std::fs::create_dir(&shared).unwrap();
    std::fs::set_permissions(&shared, Permissions::from_mode(0o755)).unwrap();
    // By a process of its own: a child of another test that starts meanwhile would have this one's open for writing,
    // and what somebody writes to cannot be executed.
    let copy = |from: &Path, name| {
        assert!(Command::new("cp").arg(from).arg(shared.join(name)).status().unwrap().success());
        shared.join(name)
    };
    let mut nobody = Command::new(copy(Path::new(env!("CARGO_BIN_EXE_lfi-run")), "lfi-run"));
    nobody.uid(65534).gid(65534).arg(copy(&program, "program"));
    assert_eq!(is_at_zero(&mut nobody), least <= 1 << 16);
    std::fs::remove_dir_all(&shared).unwrap();
}
