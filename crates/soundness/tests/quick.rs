//! The quick depth of the check, in every test run.

use std::thread;

use lfi_soundness::{
    run::{Plan, run},
    space::Depth,
};

#[test]
fn what_the_verifier_accepts_is_what_the_decoders_say() {
    let threads = thread::available_parallelism().map_or(1, |n| n.get());
    let plan = Plan { depth: Depth::Quick, threads, limit: None, state: None };
    let progress = run(&plan, |_, _| {}).expect("no state file");
    let failures: Vec<String> =
        progress.failures.iter().map(|(what, example)| format!("{what}\n    {example}")).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // Not vacuous: what the space and the allow-list have today, and not much less.
    assert!(progress.counts.tried > 40_000_000, "{:?}", progress.counts);
    assert!(progress.counts.accepted[0] > 4_000_000, "{:?}", progress.counts);
}
