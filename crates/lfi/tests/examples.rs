//! The examples do what they say, and the guide shows parts of them.

use lfi_filetest::library_with;
use std::{fs, path::Path, process::Command};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");

/// Runs an example with its library; gives what it prints.
fn run(name: &str) -> String {
    let source = fs::read_to_string(Path::new(EXAMPLES).join(name).with_extension("c")).unwrap();
    let library = library_with(&source, &["-O2", "-g"]);
    // Beside the directory of this test.
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    assert!(program.exists(), "{name} is not built: cargo build -p lfi --examples");
    let output = Command::new(program).arg(library).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    assert!(output.status.success(), "{name}: {}", text(output.stderr));
    text(output.stdout)
}

#[test]
fn call() {
    assert_eq!(run("call"), "2 + 3 = 5\n3 * 1.5 * 1.5 = 6.75\n");
}

#[test]
fn structures() {
    let expected = "Point { x: 4.0, y: 2.0 }\n[Point { x: 0.0, y: 0.0 }, Point { x: 2.0, y: 1.0 }] in metres\n";
    assert_eq!(run("struct"), expected);
}

#[test]
fn callback() {
    let expected = "[9, 5, 3, 1]\n[Point { x: 2.0, y: 1.0 }, Point { x: 4.0, y: 3.0 }] after 2 calls\n";
    assert_eq!(run("callback"), expected);
}

#[test]
fn memory() {
    assert_eq!(run("memory"), "sum of the copy: 1019\nIN AND OUT\nsum of the buffer: 67108864\n");
}

#[test]
fn pool() {
    let expected = "7: 83, 1 lookup\nspoilt, and dead\n8: 241, 1 lookup\nspoilt, and dead\n7: 83\n";
    assert_eq!(run("pool"), expected);
}

#[test]
fn threads() {
    assert_eq!(run("threads"), "by threads of the host: 10000\nby threads of the library: 0, 10036\n");
}

#[test]
fn deadline() {
    assert_eq!(run("deadline"), "quick: 42\nspin: the call took longer than it may\nin spin\nwait: interrupted\n");
}

#[test]
fn trap() {
    let expected = "\
null pointer in
  last, line 11, inlined
  count, line 18
  use_list, line 23
the sandbox died in an earlier call
it is too deep
the library killed itself with SIGABRT
";
    assert_eq!(run("trap"), expected);
}

/// What the guide shows is compiled and run above: each of its pieces of code
/// stands, line by line, in an example.
#[test]
fn the_guide_shows_parts_of_examples() {
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/embed.md")).unwrap();
    let sources: Vec<String> = fs::read_dir(EXAMPLES)
        .unwrap()
        .map(|entry| plain(&fs::read_to_string(entry.unwrap().path()).unwrap()))
        .collect();
    let mut pieces = 0;
    for piece in guide.split("```").skip(1).step_by(2) {
        let (language, code) = piece.split_once('\n').unwrap();
        if ["rust", "c"].contains(&language) {
            let code = plain(code);
            assert!(sources.iter().any(|source| source.contains(&code)), "in no example:\n{code}");
            pieces += 1;
        }
    }
    assert!(pieces >= 5);
}

/// Without indentation and empty lines.
fn plain(code: &str) -> String {
    code.lines().map(str::trim).filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect()
}
