//! Accepted code on this processor. `cargo xtask soundness --execute` does more of it.
#![allow(missing_docs)]

use lfi_abi::{Kind, Returns, Target};
use lfi_soundness::{
    Source,
    hardware::{Checker, Tally},
};
use lfi_verifier::Options;

fn check(kind: Kind, returns: Returns, tries: usize) -> Tally {
    let mut checker = Checker::new(Options { target: Target::X64, kind, returns }).expect("a child process");
    let mut source = Source::seeded(1);
    if let Err(failure) = checker.round(tries, &mut source) {
        panic!("{kind}, {returns}: {failure}");
    }
    let tally = checker.tally();
    // A check that executes nothing would pass, too.
    assert!(tally.steps > 10_000 && tally.faults > 1000 && tally.left > 100, "{tally:?}");
    if tally.lacking > 0 {
        println!("{kind}, {returns}: {} instructions are not of this processor", tally.lacking);
    }
    tally
}

#[test]
fn accepted_code_keeps_the_claim() {
    check(Kind::Full, Returns::Jump, 24);
    check(Kind::Full, Returns::Ret, 6);
}

#[test]
fn stores_stay_in_the_sandbox() {
    check(Kind::Stores, Returns::Jump, 6);
}

#[test]
fn control_stays_in_the_sandbox() {
    check(Kind::Jumps, Returns::Ret, 6);
}
