//! `docs/system-calls.md` is the table of system calls.

use lfi_linux::{Support, system_calls};
use std::{fmt::Write, path::Path};

const PREAMBLE: &str = "\
# System calls

What a program in a sandbox can call, with the numbers of each target. This page is made from the table in
`crates/linux/src/table.rs` (`LFI_BLESS=1 cargo test -p lfi-linux --test documentation`); a call that it does not name
fails with `ENOSYS`. What a call is given (directories, sockets, clocks, random numbers) the policy says, and it can deny
single calls.

Handled calls know the flags and commands that concern one process and its files; others fail with `EINVAL` (or the error
that the manual page names), never silently.

";

fn page() -> String {
    let calls = system_calls();
    let count = |wanted: fn(&Support) -> bool| calls.iter().filter(|call| wanted(&call.support)).count();
    let mut page = PREAMBLE.to_owned();
    writeln!(
        page,
        "{} calls are handled, {} succeed without doing anything, {} are refused for a reason.\n",
        count(|s| matches!(s, Support::Handled)),
        count(|s| matches!(s, Support::Ignored(_))),
        count(|s| matches!(s, Support::Unsupported(_))),
    )
    .unwrap();
    page += "| call | x64 | arm64 | riscv64 | support |\n| --- | --- | --- | --- | --- |\n";
    let mut sorted: Vec<_> = calls.iter().collect();
    sorted.sort_by_key(|call| call.name);
    for call in sorted {
        let [x64, arm64, riscv64] = call.numbers.map(|number| number.map_or("-".to_owned(), |n| n.to_string()));
        let support = match call.support {
            Support::Handled => "handled".to_owned(),
            Support::Ignored(why) => format!("does nothing: {why}"),
            Support::Unsupported(why) => format!("`ENOSYS`: {why}"),
        };
        writeln!(page, "| `{}` | {x64} | {arm64} | {riscv64} | {support} |", call.name).unwrap();
    }
    page
}

#[test]
fn the_page_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/system-calls.md");
    let page = page();
    if std::env::var_os("LFI_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "docs/system-calls.md is out of date: run this test with LFI_BLESS=1");
}

#[test]
fn many_calls_are_handled_on_every_target() {
    for target in 0..3 {
        let handled = system_calls().iter().filter(|call| call.support == Support::Handled);
        assert!(handled.filter(|call| call.numbers[target].is_some()).count() >= 150);
    }
}
