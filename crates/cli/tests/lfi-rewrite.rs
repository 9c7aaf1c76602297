//! Exit status and messages of `lfi-rewrite`.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

fn rewrite(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lfi-rewrite"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("lfi-rewrite runs");
    // It may have ended already.
    let _ = child.stdin.take().expect("stdin").write_all(input);
    child.wait_with_output().expect("lfi-rewrite ends")
}

#[test]
fn exit_status_and_messages() {
    let done = rewrite(&["--kind=stores", "--returns", "ret"], b"ret # \xff\n");
    assert_eq!(done.status.code(), Some(0));
    assert!(String::from_utf8(done.stdout).expect("text").contains("pushq\t%r11\n\tretq\n"));
    assert!(done.stderr.is_empty());

    let rejected = rewrite(&["-"], b"nop\nfrobnicate\nint $3\n");
    assert_eq!(rejected.status.code(), Some(1));
    assert!(rejected.stdout.is_empty());
    assert_eq!(
        String::from_utf8(rejected.stderr).expect("text"),
        "lfi-rewrite: <stdin>:2: unknown instruction: frobnicate\n\
         lfi-rewrite: <stdin>:3: interrupts leave the sandbox: int $3\n"
    );

    for arguments in [&["--kind", "most"][..], &["--frobnicate"], &["/does/not/exist"], &["a", "b"], &["-o"]] {
        let failed = rewrite(arguments, b"");
        assert_eq!(failed.status.code(), Some(2), "{arguments:?}");
        assert!(failed.stdout.is_empty() && !failed.stderr.is_empty(), "{arguments:?}");
    }
    assert_eq!(rewrite(&["--target", "arm64"], b"").status.code(), Some(1));
    assert_eq!(rewrite(&["-o", "/does/not/exist"], b"nop\n").status.code(), Some(2));
    for arguments in ["--help", "--version"] {
        assert_eq!(rewrite(&[arguments], b"").status.code(), Some(0));
    }
}
