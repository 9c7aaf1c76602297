//! Units changed in every small way, and bundles of parts of units: what is accepted is safe by what it computes.
#![allow(missing_docs)]

use lfi_soundness::{Source, near::Misses};

#[test]
fn what_is_nearly_a_unit_is_safe_or_refused() {
    let mut source = Source::seeded(1);
    let mut misses = Misses::default();
    for _ in 0..40 {
        misses.unit(&mut source);
    }
    for _ in 0..50_000 {
        misses.mixture(&mut source);
    }
    let failures: Vec<String> =
        misses.failures.iter().map(|(what, example)| format!("{what}\n    {example}")).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // Not vacuous.
    println!("{} tried, {} accepted", misses.tried, misses.accepted);
    assert!(misses.tried > 1_000_000 && misses.accepted > 10_000, "{} {}", misses.tried, misses.accepted);
}
