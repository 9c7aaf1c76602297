//! Accepted random code under the runtime. Alone in its process, which an escape may end.
#![allow(missing_docs)]

use lfi_soundness::{
    Source,
    escape::{Arena, Plan, Tally},
};

#[test]
fn accepted_code_does_not_escape() {
    let arena = Arena::new().expect("a host");
    let mut tally = Tally::default();
    for seed in 0..300 {
        match arena.run(&Plan::new(200, &mut Source::seeded(seed))) {
            Ok(done) => tally += done,
            Err(error) => panic!("seed {seed}: {error}"),
        }
    }
    // A check that executes nothing would pass, too.
    assert!(tally.pieces > 30_000 && tally.calls > 1000 && tally.traps > 5000, "{tally:?}");
    assert!(tally.stopped < tally.entries / 4, "{tally:?}");
}
