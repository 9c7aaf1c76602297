//! Exit status and messages of `lfi-postlink`.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn postlink(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lfi-postlink")).args(arguments).output().expect("lfi-postlink runs")
}

#[test]
fn exit_status() {
    let directory = std::env::temp_dir().join(format!("lfi-postlink-test-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("directory");
    let broken = directory.join("broken");
    fs::write(&broken, b"\x7fELF\x02\x01").expect("write");
    let native = std::env::current_exe().expect("own path");

    for (arguments, status, message) in [
        (&[Path::new("--help")][..], 0, ""),
        (&[], 2, "no file given"),
        (&[Path::new("--wrong")], 2, "--wrong"),
        (&[Path::new("/nonexistent")], 2, "/nonexistent: No such file"),
        (&[&*broken], 2, "broken file"),
        (&[&*native], 1, "not built by the LFI toolchain: no .note.lfi"),
        (&[&*native, &*broken], 2, "broken file"),
    ] {
        let output = postlink(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {errors}");
        assert!(errors.contains(message), "{arguments:?}: {errors}");
        assert!(errors.is_empty() || errors.starts_with("lfi-postlink: "), "{errors}");
    }
    fs::remove_dir_all(&directory).expect("clean-up");
}
