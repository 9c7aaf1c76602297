//! Exit status and messages of `lfi-verify`.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use lfi_abi::{Kind, Returns, Target, note::Note};

fn verify(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lfi-verify")).args(arguments).output().expect("lfi-verify runs")
}

/// A shared object of this code, with this note if any.
fn link(directory: &Path, name: &str, code: &str, note: Option<Note>) -> String {
    let [source, object, file] = ["s", "o", "so"].map(|extension| directory.join(format!("{name}.{extension}")));
    let mut text = format!(".globl f\n.p2align 5\nf:\n{code}\n.p2align 5\n");
    if let Some(note) = note {
        let bytes: Vec<_> = note.to_bytes().iter().map(u8::to_string).collect();
        text.push_str(&format!(".section .note.lfi,\"a\",@note\n.p2align 2\n.byte {}\n", bytes.join(",")));
    }
    fs::write(&source, text).expect("write");
    let run = |command: &mut Command| assert!(command.status().expect("tool runs").success());
    run(Command::new("clang-19").args(["-c", "-g", "-o"]).args([&object, &source]));
    run(Command::new("ld.lld-19").args(["-shared", "-z", "separate-code", "-o"]).args([&file, &object]));
    file.to_str().expect("path").to_owned()
}

#[test]
fn exit_status_and_messages() {
    let directory = std::env::temp_dir().join(format!("lfi-verify-test-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("directory");
    let note = Note { target: Target::X64, kind: Kind::Full, returns: Returns::Jump, laid_out: true };
    let link = |name, code, note| link(&directory, name, code, note);
    let good = link("good", "movl %gs:(%eax), %ecx", Some(note));
    let bad = link("bad", "nop\nmovl (%rax), %ecx\nsyscall\n", Some(note));
    let stores = link("stores", "movl (%rax), %ecx", Some(Note { kind: Kind::Stores, ..note }));
    let early = link("early", "nop", Some(Note { laid_out: false, ..note }));
    let without = link("without", "nop", None);
    let text = directory.join("text");
    fs::write(&text, "text").expect("write");
    let text = text.to_str().expect("path");

    let guard = "<f+0x1> (";
    let system = "<f+0x3> (";
    for (arguments, status, messages) in [
        (&["--help"][..], 0, &[][..]),
        (&[&good], 0, &[]),
        (&[&good, &stores], 0, &[]),
        (&[&bad], 1, &[guard, "[x64.memory.guard]"]),
        (&["--all", &bad], 1, &[guard, system, "[x64.memory.guard]", "[x64.instruction.system]"]),
        (&[&bad], 1, &["bad.s:5): 8b 08 0f 05"]),
        (
            &["--disassemble", &bad],
            1,
            &[guard, "lfi-verify:   0x1000: 90 ", "lfi-verify: > 0x1001: 8b 08 ", "mov (%rax),%ecx"],
        ),
        (&["--kind", "stores", &bad], 1, &[system]),
        (&["--kind", "full", &stores], 1, &["[x64.memory.guard]"]),
        (&[&good, &bad], 1, &[guard]),
        (&[&early], 1, &["lfi-postlink"]),
        (&["--unlinked", &early], 0, &[]),
        (&[&without], 1, &["no LFI note"]),
        (&["--kind", "full", &without], 1, &["no LFI note"]),
        (&["--kind", "full", "--returns", "jump", &without], 0, &[]),
        (&[], 2, &["no file given"]),
        (&["--wrong"], 2, &["--wrong"]),
        (&["--kind", "most", &good], 2, &["full, stores, jumps"]),
        (&["/nonexistent"], 2, &["/nonexistent: No such file"]),
        (&[text], 2, &["not an ELF file"]),
        (&[&bad, text], 2, &[guard, "not an ELF file"]),
    ] {
        let output = verify(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {errors}");
        for message in messages {
            assert!(errors.contains(message), "{arguments:?}: {errors}");
        }
        assert!(errors.lines().all(|line| line.starts_with("lfi-verify: ")), "{errors}");
        assert_eq!(errors.is_empty(), messages.is_empty(), "{errors}");
    }
    let output = verify(&["--stats", &good]);
    let line = String::from_utf8_lossy(&output.stdout);
    assert!(line.contains("accepted; target x64, kind full, returns jump, 32 bytes"), "{line}");
    let output = verify(&["--json", "--all", &good, &bad, text]);
    let lines: Vec<serde_json::Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object on each line"))
        .collect();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(lines.iter().map(|line| &line["status"]).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!((&lines[0]["kind"], &lines[0]["bytes"]), (&"full".into(), &32.into()));
    let rules: Vec<_> = lines[1]["violations"].as_array().expect("a list").iter().map(|v| &v["rule"]).collect();
    assert_eq!(rules, ["x64.memory.guard", "x64.instruction.system"]);
    assert_eq!(lines[1]["violations"][0]["source"]["line"], 5);
    assert_eq!(lines[2]["error"], "not an ELF file");
    // The first violation alone.
    let errors = verify(&[&bad]).stderr;
    assert_eq!(String::from_utf8_lossy(&errors).lines().count(), 1);
    fs::remove_dir_all(&directory).expect("clean-up");
}

#[test]
fn names_in_a_module_send_nothing_to_the_terminal() {
    let directory = std::env::temp_dir().join(format!("lfi-verify-terminal-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("directory");
    let note = Note { target: Target::X64, kind: Kind::Full, returns: Returns::Jump, laid_out: true };
    let name = format!("\x1b]0;owned\x07\x1b[2J{}", "x".repeat(5000));
    let code = format!("nop\n.globl \"{name}\"\n\"{name}\":\nnop\nsyscall\n");
    let file = link(&directory, "terminal", &code, Some(note));
    let output = verify(&[&file]);
    let errors = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1));
    assert!(errors.contains(r"<\u{1b}]0;owned\u{7}\u{1b}[2Jxxx") && errors.contains("xxx...+0x1>"), "{errors}");
    assert!(!errors.trim_end().contains(char::is_control) && errors.len() < 1000, "{errors}");
    fs::remove_dir_all(&directory).expect("clean-up");
}
