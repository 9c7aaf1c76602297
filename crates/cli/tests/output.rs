//! Messages that cannot be written, because a disk is full or the reader of a
//! pipe has gone, do not change the exit status of any tool.

use std::{
    fs::File,
    io::pipe,
    process::{Command, Stdio},
};

/// A disk that is full, and a pipe that nobody reads.
fn broken() -> [Stdio; 2] {
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let (reader, writer) = pipe().expect("pipe");
    drop(reader);
    [full.into(), writer.into()]
}

#[test]
fn what_cannot_be_written_changes_no_status() {
    let input = std::env::temp_dir().join(format!("lfi-output-test-{}", std::process::id()));
    std::fs::write(&input, "int $3\n").expect("write");
    let input = input.to_str().expect("path");
    for (tool, arguments, status) in [
        (env!("CARGO_BIN_EXE_lfi-run"), &["--help"][..], 0),
        (env!("CARGO_BIN_EXE_lfi-run"), &["--version"], 0),
        (env!("CARGO_BIN_EXE_lfi-run"), &["--wrong"], 2),
        (env!("CARGO_BIN_EXE_lfi-run"), &["/nonexistent"], 127),
        (env!("CARGO_BIN_EXE_lfi-run"), &["/bin/true"], 126),
        (env!("CARGO_BIN_EXE_lfi-verify"), &["--help"], 0),
        (env!("CARGO_BIN_EXE_lfi-verify"), &["--version"], 0),
        (env!("CARGO_BIN_EXE_lfi-verify"), &["--wrong"], 2),
        (env!("CARGO_BIN_EXE_lfi-verify"), &["/bin/true"], 1),
        (env!("CARGO_BIN_EXE_lfi-verify"), &["/nonexistent"], 2),
        (env!("CARGO_BIN_EXE_lfi-postlink"), &["--help"], 0),
        (env!("CARGO_BIN_EXE_lfi-postlink"), &["--version"], 0),
        (env!("CARGO_BIN_EXE_lfi-postlink"), &["--wrong"], 2),
        (env!("CARGO_BIN_EXE_lfi-postlink"), &["/bin/true"], 1),
        (env!("CARGO_BIN_EXE_lfi-rewrite"), &["--help"], 0),
        (env!("CARGO_BIN_EXE_lfi-rewrite"), &["--version"], 0),
        (env!("CARGO_BIN_EXE_lfi-rewrite"), &["--wrong"], 2),
        (env!("CARGO_BIN_EXE_lfi-rewrite"), &["/nonexistent"], 2),
        (env!("CARGO_BIN_EXE_lfi-rewrite"), &[input], 1),
        // Here the output is the work.
        (env!("CARGO_BIN_EXE_lfi-rewrite"), &["/dev/null"], 2),
        (env!("CARGO_BIN_EXE_lfi-sysroot"), &["--help"], 0),
        (env!("CARGO_BIN_EXE_lfi-sysroot"), &["--wrong"], 2),
        (env!("CARGO_BIN_EXE_lfi-sysroot"), &["build", "--stock", "/nonexistent", "-o", "/dev/null/x"], 2),
        (env!("CARGO_BIN_EXE_lfi-cc"), &["-m32", "-c", "/nonexistent.c"], 1),
        // An answer that nobody gets is none.
        (env!("CARGO_BIN_EXE_lfi-cc"), &["--version"], 2),
        (env!("CARGO_BIN_EXE_lfi-cc"), &["-###", "-S", "/nonexistent.c"], 0),
    ] {
        for (out, error) in broken().into_iter().zip(broken()) {
            let ended = Command::new(tool)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(out)
                .stderr(error)
                .status()
                .expect("the tool runs");
            assert_eq!(ended.code(), Some(status), "{tool} {arguments:?}");
        }
    }
    std::fs::remove_file(input).expect("clean-up");
}
