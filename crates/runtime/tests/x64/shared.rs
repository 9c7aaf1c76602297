//! Memory that the host and sandboxes have together.

use crate::engine;
use lfi_abi::{Returns, layout::MODULE_OFFSET};
use lfi_runtime::{Access, Error, SharedMemory};

#[test]
fn class_15_memory_shared_to_be_read_cannot_be_made_writable() {
    for returns in [Returns::Jump, Returns::Ret] {
        let sandbox = engine().sandbox(returns).unwrap();
        let mut memory = SharedMemory::readable(5000).unwrap();
        assert_eq!((memory.len(), memory.is_writable()), (8192, false));
        let start = sandbox.base() + MODULE_OFFSET;
        sandbox.map_shared(start, &memory).unwrap();
        memory.bytes_mut().unwrap()[0] = 7;
        let mut byte = [0];
        sandbox.read(start, &mut byte).unwrap();
        assert_eq!(byte, [7]);
        assert!(matches!(sandbox.write(start, &[1]), Err(Error::Fault)));
        // The kernel itself refuses: whoever asks, and after whatever else.
        let range = sandbox.range(start, 4096).unwrap();
        assert!(sandbox.protect(range, Access::ReadWrite).is_err());
        sandbox.protect(range, Access::None).unwrap();
        sandbox.protect(range, Access::Read).unwrap();
        assert!(sandbox.protect(range, Access::ReadWrite).is_err());
        assert!(matches!(sandbox.write(start, &[1]), Err(Error::Fault)));
        assert_eq!(memory.bytes().unwrap()[0], 7);
    }
}

#[test]
fn writable_memory_is_not_in_exclusive_sandboxes() {
    let engine = engine();
    let mut memory = SharedMemory::writable(1).unwrap();
    let place = |sandbox: &lfi_runtime::Sandbox| sandbox.base() + MODULE_OFFSET;
    let exclusive = engine.sandbox(Returns::Ret).unwrap();
    assert!(matches!(exclusive.map_shared(place(&exclusive), &memory), Err(Error::Unsupported(_))));
    let sandbox = engine.sandbox(Returns::Jump).unwrap();
    sandbox.map_shared(place(&sandbox), &memory).unwrap();
    sandbox.write(place(&sandbox) + 4, b"inside").unwrap();
    let mut bytes = [0; 6];
    memory.read(4, &mut bytes).unwrap();
    assert_eq!(&bytes, b"inside");
    memory.write(4, b"outs").unwrap();
    sandbox.read(place(&sandbox) + 4, &mut bytes).unwrap();
    assert_eq!(&bytes, b"outsde");
    // Nobody borrows what others may write.
    assert!(memory.bytes().is_none() && memory.bytes_mut().is_none());
}

#[test]
fn places_and_lengths_are_checked() {
    let sandbox = engine().sandbox(Returns::Jump).unwrap();
    let mut memory = SharedMemory::readable(4096).unwrap();
    for start in [sandbox.base(), sandbox.base() + (64 << 10), sandbox.base() + (1 << 32) - 4096, 0, u64::MAX - 4095] {
        assert!(matches!(sandbox.map_shared(start, &memory), Err(Error::OutOfRange)), "{start:#x}");
    }
    assert!(matches!(sandbox.map_shared(sandbox.base() + MODULE_OFFSET + 1, &memory), Err(Error::Unaligned)));
    for (offset, len) in [(4096, 1), (4095, 2), (u64::MAX, 1), (u64::MAX, 2)] {
        assert!(matches!(memory.read(offset, &mut vec![0; len]), Err(Error::OutOfRange)));
        assert!(matches!(memory.write(offset, &vec![0; len]), Err(Error::OutOfRange)));
    }
    memory.read(4096, &mut []).unwrap();
    assert!(SharedMemory::readable(0).is_err() && SharedMemory::readable(u64::MAX).is_err());
    assert!(SharedMemory::readable(1 << 62).is_err());
}
