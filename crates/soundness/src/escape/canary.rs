//! Memory that sandboxed code must not change.

use super::Result;
use lfi_abi::{Returns, layout};
use lfi_runtime::{Access, Engine, Sandbox};

const SIZE: usize = 64 << 10;
/// What canaries hold.
const PATTERN: u8 = 0xa5;
static WHOLE: [u8; SIZE] = [PATTERN; SIZE];

/// Memory of the host and of other sandboxes.
#[derive(Debug)]
pub(super) struct Canaries {
    heap: Vec<Box<[u8]>>,
    /// Where stores would go that have lost the base.
    low: Vec<&'static [u8]>,
    /// Neighbours, with data at both ends.
    sandboxes: Vec<Sandbox>,
}

/// Slot offsets of the neighbours' data.
const EDGES: [u64; 2] = [layout::USER_START, layout::USER_END - SIZE as u64];

impl Canaries {
    /// Fills `count` slots of the engine. `offsets` are those that code in the others uses.
    pub(super) fn new(engine: &Engine, count: usize, offsets: &[u64]) -> Result<Self> {
        let heap = (0..4).map(|_| vec![PATTERN; SIZE].into_boxed_slice()).collect();
        let low = offsets.iter().filter_map(|&offset| map_low(offset)).collect();
        let mut sandboxes = Vec::new();
        for _ in 0..count {
            let sandbox = engine.sandbox(Returns::Jump)?;
            for edge in EDGES {
                let start = sandbox.base() + edge;
                sandbox.map(sandbox.range(start, SIZE as u64)?, Access::ReadWrite)?;
                sandbox.write(start, &WHOLE)?;
            }
            sandboxes.push(sandbox);
        }
        Ok(Self { heap, low, sandboxes })
    }

    /// Whether all of it is as it was.
    pub(super) fn check(&self) -> Result<()> {
        let intact = |bytes: &[u8]| bytes == WHOLE;
        for bytes in self.heap.iter().map(|bytes| &bytes[..]).chain(self.low.iter().copied()) {
            // The compiler must not assume that nobody writes there.
            if !intact(std::hint::black_box(bytes)) {
                return Err(format!("memory of the host has changed, near {:p}", bytes.as_ptr()).into());
            }
        }
        let mut bytes = vec![0; SIZE];
        for sandbox in &self.sandboxes {
            for edge in EDGES {
                sandbox.read(sandbox.base() + edge, &mut bytes)?;
                if !intact(&bytes) {
                    return Err("memory of another sandbox has changed".into());
                }
            }
        }
        Ok(())
    }
}

/// Maps a canary at this address, if nothing is there.
fn map_low(address: u64) -> Option<&'static [u8]> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping, which replaces none.
    let start = unsafe { libc::mmap(address as *mut libc::c_void, SIZE, protection, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: just mapped, and never unmapped.
    let bytes = unsafe { std::slice::from_raw_parts_mut(start.cast::<u8>(), SIZE) };
    bytes.fill(PATTERN);
    Some(bytes)
}
