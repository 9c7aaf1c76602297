//! The slot: what can be mapped, what cannot, and what is left behind.

use crate::{Program, engine};
use lfi_abi::{Returns, layout};
use lfi_runtime::{Access, Error, Exit, Sandbox, Signal};
use std::os::fd::AsFd;

fn sandbox() -> Sandbox {
    engine().sandbox(Returns::Jump).unwrap()
}

#[test]
fn class_16_only_the_user_part_can_be_mapped() {
    let sandbox = sandbox();
    let page = 4096;
    for (offset, len, ok) in [
        (layout::USER_START, page, true),
        (layout::USER_START - page, page, false),
        (layout::USER_START - page, 2 * page, false),
        (0, page, false),
        (0, layout::SLOT_SIZE, false),
        (layout::USER_END - page, page, true),
        (layout::USER_END - page, 2 * page, false),
        (layout::USER_END, page, false),
        (layout::SLOT_SIZE, page, false),
        (layout::SLOT_SIZE + layout::USER_START, page, false),
        (layout::USER_START, u64::MAX - 4095, false),
        (layout::USER_START, 0, false),
        (layout::USER_START + 1, page, false),
        (layout::USER_START, page + 1, false),
    ] {
        let result = sandbox
            .range(sandbox.base() + offset, len)
            .map_err(Error::from)
            .and_then(|range| sandbox.map(range, Access::ReadWrite).and_then(|()| sandbox.unmap(range)));
        assert_eq!(result.is_ok(), ok, "{offset:#x} + {len:#x}: {result:?}");
    }
}

#[test]
fn the_slot_is_reserved_before_during_and_after() {
    let sandbox = sandbox();
    let base = sandbox.base();
    let range = sandbox.range(base + 0x100_0000, 1 << 20).unwrap();
    sandbox.map(range, Access::ReadWrite).unwrap();
    sandbox.unmap(range).unwrap();
    // Every address of the slot and of the guards around it belongs to some mapping.
    let mut next = base - layout::GUARD_SIZE;
    for (start, end, permissions, _) in maps() {
        if end <= next || start >= base + layout::SLOT_SIZE + layout::NULL_SIZE {
            continue;
        }
        assert!(start <= next, "hole at {next:#x}");
        let page = base + layout::RUNTIME_PAGE;
        let expected = if start == page && end == page + layout::RUNTIME_PAGE_SIZE { "r--s" } else { "---p" };
        assert_eq!(permissions, expected, "{start:#x}");
        next = end;
    }
    assert!(next >= base + layout::SLOT_SIZE + layout::NULL_SIZE);
}

/// `/proc/self/maps`: start, end, permissions, name.
pub(crate) fn maps() -> Vec<(u64, u64, String, String)> {
    let parse = |line: &str| {
        let mut words = line.split_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let permissions = words.next()?.to_owned();
        let name = words.nth(3).unwrap_or("").to_owned();
        Some((u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?, permissions, name))
    };
    std::fs::read_to_string("/proc/self/maps").unwrap().lines().filter_map(parse).collect()
}

#[test]
fn copies_survive_faults() {
    let sandbox = sandbox();
    let base = sandbox.base();
    let start = base + 0x100_0000;
    sandbox.map(sandbox.range(start, 4096).unwrap(), Access::ReadWrite).unwrap();
    sandbox.map(sandbox.range(start + 4096, 4096).unwrap(), Access::Read).unwrap();
    sandbox.write(start, &[7; 4096]).unwrap();
    let mut bytes = [0; 100];
    sandbox.read(start + 4000, &mut bytes).unwrap();
    assert_eq!((bytes[95], bytes[96]), (7, 0));
    assert!(matches!(sandbox.write(start + 4095, &[1, 2]), Err(Error::Fault)));
    assert!(matches!(sandbox.read(start + 8191, &mut [0; 2]), Err(Error::Fault)));
    assert!(matches!(sandbox.write(start + 8192, &[1]), Err(Error::Fault)));
    assert!(matches!(sandbox.write(base + layout::RUNTIME_PAGE, &[1]), Err(Error::OutOfRange)));
    assert!(matches!(sandbox.read(base, &mut [0]), Err(Error::OutOfRange)));
    assert!(matches!(sandbox.read(0, &mut [0]), Err(Error::OutOfRange)));
    assert!(matches!(sandbox.read(u64::MAX, &mut [0; 8]), Err(Error::OutOfRange)));
    sandbox.read(start + 8192, &mut []).unwrap();
}

#[test]
fn class_22_a_reused_slot_shows_no_old_bytes_and_runs_no_old_code() {
    let mut config = lfi_runtime::Config::default();
    config.slots = 1;
    let engine = lfi_runtime::Engine::new(&config).unwrap();
    let mut base = None;
    for _ in 0..3 {
        let sandbox = engine.sandbox(Returns::Jump).unwrap();
        assert_eq!(*base.get_or_insert(sandbox.base()), sandbox.base());
        assert!(matches!(engine.sandbox(Returns::Jump), Err(Error::NoSlot)));
        let range = sandbox.range(sandbox.base() + 0x100_0000, 8192).unwrap();
        assert!(matches!(sandbox.read(range.start(), &mut [0]), Err(Error::Fault)), "nothing is mapped");
        sandbox.map(range, Access::ReadWrite).unwrap();
        let mut bytes = [1; 8192];
        sandbox.read(range.start(), &mut bytes).unwrap();
        assert_eq!(bytes, [0; 8192]);
        sandbox.write(range.start(), &[0xaa; 8192]).unwrap();
        let mut context = lfi_runtime::Context::new();
        context.registers_mut().rip = sandbox.base() + crate::CODE;
        let exit = sandbox.enter(&mut context).unwrap();
        assert!(matches!(exit, Exit::Trap(trap) if trap.signal == Signal::Segv), "no code: {exit:?}");
        sandbox.publish(sandbox.base() + crate::CODE, &crate::assemble("nop"), crate::VERIFIED).unwrap();
    }
}

#[test]
fn the_kind_of_returns_follows_the_sandbox_not_the_slot() {
    let mut config = lfi_runtime::Config::default();
    config.slots = 1;
    let engine = lfi_runtime::Engine::new(&config).unwrap();
    for returns in [Returns::Ret, Returns::Jump, Returns::Ret] {
        let sandbox = engine.sandbox(returns).unwrap();
        assert_eq!(sandbox.returns(), returns);
    }
}

#[test]
fn a_range_of_another_sandbox_is_refused() {
    let engine = engine();
    let (a, b) = (engine.sandbox(Returns::Jump).unwrap(), engine.sandbox(Returns::Jump).unwrap());
    let range = a.range(a.base() + 0x100_0000, 4096).unwrap();
    assert!(matches!(b.map(range, Access::ReadWrite), Err(Error::OutOfRange)));
    let own = b.range(b.base() + 0x100_0000, 4096).unwrap();
    b.map(own, Access::ReadWrite).unwrap();
    assert!(matches!(b.move_pages(own, range), Err(Error::OutOfRange)));
}

#[test]
fn pages_move_and_leave_no_hole() {
    let sandbox = sandbox();
    let at = |offset, len| sandbox.range(sandbox.base() + offset, len).unwrap();
    let (from, to) = (at(0x100_0000, 8192), at(0x200_0000, 8192));
    sandbox.map(from, Access::ReadWrite).unwrap();
    sandbox.write(from.start(), &[5; 8192]).unwrap();
    sandbox.move_pages(from, to).unwrap();
    let mut bytes = [0; 8192];
    sandbox.read(to.start(), &mut bytes).unwrap();
    assert_eq!(bytes, [5; 8192]);
    assert!(matches!(sandbox.read(from.start(), &mut [0]), Err(Error::Fault)));
    assert!(maps().iter().any(|(start, end, p, _)| *start <= from.start() && from.end() <= *end && p == "---p"));
    assert!(matches!(sandbox.move_pages(to, at(0x200_1000, 8192)), Err(Error::OutOfRange)), "overlap");
}

/// Every address of the slot and of the guards around it belongs to some mapping.
fn assert_no_hole(sandbox: &Sandbox) {
    let mut next = sandbox.base() - layout::GUARD_SIZE;
    for (start, end, _, _) in maps().into_iter().filter(|&(_, end, ..)| end > sandbox.base() - layout::GUARD_SIZE) {
        if next >= sandbox.base() + layout::SLOT_SIZE + layout::NULL_SIZE {
            return;
        }
        assert!(start <= next, "hole at {next:#x}");
        next = end;
    }
}

#[test]
fn a_move_of_two_mappings_leaves_no_hole() {
    let sandbox = sandbox();
    let at = |offset, len| sandbox.range(sandbox.base() + offset, len).unwrap();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("moved-{}", std::process::id()));
    std::fs::write(&path, [1; 8192]).unwrap();
    let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    // Kernels before 6.17 move no two mappings at once, and say so after they have emptied the target.
    let (from, to) = (at(0x100_0000, 0x2000), at(0x200_0000, 0x2000));
    sandbox.map_file(at(0x100_0000, 0x1000), Access::ReadWrite, file.as_fd(), 0).unwrap();
    sandbox.map(at(0x100_1000, 0x1000), Access::Read).unwrap();
    sandbox.map(to, Access::ReadWrite).unwrap();
    assert!(matches!(sandbox.move_pages(from, to), Ok(()) | Err(Error::Host("mremap", _))));
    assert_no_hole(&sandbox);
    sandbox.map(to, Access::ReadWrite).unwrap();
    sandbox.write(to.start(), &[1; 0x2000]).unwrap();
}

#[test]
fn files_of_huge_pages_and_of_the_kernel_are_not_mapped() {
    // SAFETY: a new file in memory; reserves no huge page yet.
    let huge = unsafe { libc::memfd_create(c"huge".as_ptr(), libc::MFD_HUGETLB | libc::MFD_CLOEXEC) };
    let sandbox = sandbox();
    let range = sandbox.range(sandbox.base() + layout::USER_END - 0x20_0000, 4096).unwrap();
    let check = |file: std::os::fd::BorrowedFd<'_>| {
        for result in
            [sandbox.map_file(range, Access::Read, file, 0), sandbox.map_file_shared(range, Access::Read, file, 0)]
        {
            assert!(matches!(result, Err(Error::Unsupported(_))), "{result:?}");
        }
    };
    if huge >= 0 {
        // SAFETY: a new descriptor that nobody else owns.
        let huge: std::os::fd::OwnedFd = unsafe { std::os::fd::FromRawFd::from_raw_fd(huge) };
        check(huge.as_fd());
    }
    for path in ["/proc/self/maps", "/dev/zero", "/sys/kernel/uevent_seqnum"] {
        if let Ok(file) = std::fs::File::open(path) {
            check(file.as_fd());
        }
    }
    assert_no_hole(&sandbox);
}

#[test]
fn private_mappings_do_not_reach_the_file_and_shared_ones_do() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mapped-{}", std::process::id()));
    std::fs::write(&path, [1; 4096]).unwrap();
    let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
    let sandbox = sandbox();
    let range = sandbox.range(sandbox.base() + 0x100_0000, 4096).unwrap();
    sandbox.map_file(range, Access::ReadWrite, file.as_fd(), 0).unwrap();
    sandbox.write(range.start(), &[2]).unwrap();
    assert_eq!(std::fs::read(&path).unwrap()[0], 1);
    sandbox.map_file_shared(range, Access::ReadWrite, file.as_fd(), 0).unwrap();
    sandbox.write(range.start(), &[3]).unwrap();
    assert_eq!(std::fs::read(&path).unwrap()[0], 3);
    let exclusive = engine().sandbox(Returns::Ret).unwrap();
    let range = exclusive.range(exclusive.base() + 0x100_0000, 4096).unwrap();
    for result in [
        exclusive.map_file(range, Access::Read, file.as_fd(), 0),
        exclusive.map_file_shared(range, Access::Read, file.as_fd(), 0),
    ] {
        assert!(matches!(result, Err(Error::Unsupported(_))), "{result:?}");
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn class_16_the_runtime_page_cannot_be_changed_or_emptied() {
    let mut program = Program::new("movl $0x10000, %ecx \n movq %gs:(%ecx), %rax \n return_to_host");
    let base = program.sandbox.base();
    let page = (base + layout::RUNTIME_PAGE) as *mut libc::c_void;
    // What a bug in the runtime could do at worst.
    for advice in [libc::MADV_DONTNEED, libc::MADV_REMOVE, libc::MADV_FREE, libc::MADV_PAGEOUT, libc::MADV_COLD] {
        // SAFETY: advice about a page of ours; that it cannot do harm is what is tested.
        unsafe { libc::madvise(page, 4096, advice) };
    }
    // SAFETY: as above.
    assert_eq!(unsafe { libc::mprotect(page, 4096, libc::PROT_READ | libc::PROT_WRITE) }, -1);
    program.restart();
    assert_eq!(program.enter(), lfi_runtime::Exit::Return);
    assert_eq!(program.context.registers().rax, base);
}
