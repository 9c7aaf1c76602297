//! Many instances of one module.

use lfi::{Config, Engine, Module, Sandbox};
use lfi_filetest::library_with;
use std::collections::HashSet;

const SOURCE: &str = r#"
    static int counter;
    int count(void) { return ++counter; }
    int *place(void) { return &counter; }
"#;

fn module(returns: &str) -> Module {
    Module::open(library_with(SOURCE, &["-O1", &format!("--lfi-returns={returns}")])).unwrap()
}

fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

/// `examples/many.rs` does it with more.
#[test]
fn many_live_at_a_time() {
    const COUNT: usize = 300;
    let engine = Engine::new(&Config::default()).unwrap();
    for returns in ["jump", "ret"] {
        let module = module(returns);
        let before = mappings();
        let mut sandboxes: Vec<Sandbox> = (0..COUNT).map(|_| Sandbox::new(&engine, &module).unwrap()).collect();
        for sandbox in &mut sandboxes {
            let count = sandbox.func::<(), i32>("count").unwrap();
            assert_eq!((count.call(sandbox, ()).unwrap(), count.call(sandbox, ()).unwrap()), (1, 2));
        }
        let more = mappings() - before;
        assert!(more < 12 * COUNT, "{more} mappings for {COUNT} sandboxes");
        let places: HashSet<u64> = sandboxes
            .iter_mut()
            .map(|sandbox| {
                sandbox.func::<(), lfi::SandboxPtr<i32>>("place").unwrap().call(sandbox, ()).unwrap().address()
            })
            .collect();
        assert_eq!(places.len(), COUNT);
    }
}
