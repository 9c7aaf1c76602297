//! Memory of the sandbox and memory that it has together with the host, in both
//! forms of return.

#[path = "common/sandboxes.rs"]
mod common;

use lfi::{Error, ExchangeBuffer, RuntimeError, Sandbox, SandboxPtr, SharedBuffer, field};

const SOURCE: &str = r#"
    #define _GNU_SOURCE
    #include <stdlib.h>
    #include <string.h>
    #include <errno.h>
    #include <pthread.h>
    #include <sys/mman.h>
    #include <unistd.h>

    struct node { char tag; double value; struct node *next; };
    double total(const struct node *n) { double sum = 0; for (; n; n = n->next) sum += n->value * n->tag; return sum; }

    unsigned long sum(const unsigned char *p, unsigned long n) { unsigned long s = 0; while (n--) s += *p++; return s; }
    void fill(unsigned char *p, int c, unsigned long n) { memset(p, c, n); }

    int try_protect(void *p) { return mprotect(p, 4096, PROT_READ | PROT_WRITE) ? errno : 0; }
    int try_unmap(void *p) { return munmap(p, 4096) ? errno : 0; }
    int try_replace(void *p)
    { return mmap(p, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? errno : 0; }
    int try_move(void *p) { return mremap(p, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, p + (1 << 20)) == MAP_FAILED ? errno : 0; }
    int try_discard(void *p) { return madvise(p, 4096, MADV_DONTNEED) ? errno : 0; }
    void *constant(void) { static const char text[] = "constant"; return (void *)text; }
    static void *wait(void *nothing) { for (;;) pause(); }
    int start_thread(void) { pthread_t thread; return pthread_create(&thread, 0, wait, 0); }
    /* Its stack is where the caller says. */
    __attribute__((naked)) void stack_at(unsigned long sp) { __asm__("movq %rdi, %rsp\n pushq %rax\n pushq %rax\n retq"); }
"#;

lfi::c_struct! {
    #[derive(Debug, PartialEq)]
    struct Node { tag: i8, value: f64, next: SandboxPtr<Node> }
}

const EACCES: i32 = 13;

fn sandbox(returns: &str) -> Sandbox {
    common::sandbox(SOURCE, &["-O1"], returns)
}

fn sandboxes() -> impl Iterator<Item = Sandbox> {
    common::sandboxes(SOURCE, &["-O1"])
}

#[test]
fn class_18_structures_and_their_fields() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let last = s.alloc_value(Node { tag: 2, value: 4.0, next: SandboxPtr::NULL }).unwrap();
        let first = s.alloc_value(Node { tag: 3, value: 0.5, next: last }).unwrap();
        let total = s.func::<(SandboxPtr<Node>,), f64>("total").unwrap();
        assert_eq!(total.call(s, (first,)).unwrap(), 9.5);
        s.write_value(field!(last, Node.value), 0.25).unwrap();
        assert_eq!(total.call(s, (first,)).unwrap(), 2.0);
        assert_eq!(s.read_value(field!(first, Node.next)).unwrap(), last);
        assert_eq!(s.read_value(first).unwrap(), Node { tag: 3, value: 0.5, next: last });
        // Padding of the host does not get there.
        s.write(first.cast::<u8>(), &[0xff; size_of::<Node>()]).unwrap();
        s.write_value(first, Node { tag: 1, value: 0.0, next: SandboxPtr::NULL }).unwrap();
        assert_eq!(s.read_vec(first.cast::<u8>(), 8).unwrap(), [1, 0, 0, 0, 0, 0, 0, 0]);
        assert!(matches!(s.write_value(SandboxPtr::NULL, 7u32), Err(Error::Memory { .. })));
        assert!(matches!(s.read_value(SandboxPtr::<u32>::new(u64::MAX)), Err(Error::Memory { .. })));
    }
}

#[test]
fn slices_keep_to_their_bounds() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let nodes = s.alloc::<Node>(3).unwrap().slice(3);
        let node = |tag| Node { tag, value: 1.0, next: SandboxPtr::NULL };
        nodes.write(s, &[node(1), node(2), node(3)]).unwrap();
        assert_eq!(nodes.read(s).unwrap().iter().map(|node| node.tag).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(s.read_value(nodes.get(2).unwrap()).unwrap().tag, 3);
        assert_eq!((nodes.get(3), nodes.len()), (None, 3));
        assert!(matches!(nodes.write(s, &[node(0); 4]), Err(Error::Memory { .. })));
        let part = nodes.range(1, 3).unwrap();
        assert_eq!(part.read(s).unwrap()[0].tag, 2);
        assert_eq!((nodes.range(2, 4), nodes.range(2, 1)), (None, None));
        assert_eq!(nodes.iter().count(), 3);
        assert_eq!(nodes.get(2).unwrap().byte_offset_from(nodes.start()), 48);
        assert_eq!(nodes.start().add(2).sub(2), nodes.start());
        let huge = nodes.start().slice(usize::MAX);
        assert!(matches!(huge.read(s), Err(Error::Memory { .. })));
    }
}

#[test]
fn scopes_free_what_they_allocated() {
    for mut sandbox in sandboxes() {
        let mut addresses = Vec::new();
        for _ in 0..100 {
            let mut scope = sandbox.scope();
            let data = scope.alloc_from(&[1u8; 1000]).unwrap();
            let sum = scope.func::<(SandboxPtr<u8>, usize), u64>("sum").unwrap();
            assert_eq!(sum.call(&mut scope, (data, 1000)).unwrap(), 1000);
            scope.alloc_value(7u64).unwrap();
            addresses.push(data.address());
        }
        // The allocator gives the same places again: it need not be the first ones.
        addresses.sort_unstable();
        addresses.dedup();
        assert!(addresses.len() < 50, "{}", addresses.len());
    }
}

#[test]
fn memory_is_borrowed_while_nobody_runs() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let data = s.alloc::<u32>(1000).unwrap();
        s.view_mut(data, 1000).unwrap().fill(3);
        let sum = s.func::<(SandboxPtr<u32>, usize), u64>("sum").unwrap();
        assert_eq!(sum.call(s, (data, 4000)).unwrap(), 3000);
        assert_eq!(s.view(data, 1000).unwrap().iter().sum::<u32>(), 3000);
        assert!(s.view(data, 0).unwrap().is_empty());
        // Not there, not aligned, not writable, code.
        for (pointer, count) in [(SandboxPtr::NULL, 1), (data, 1 << 29), (data.byte_add(1), 1), (data, usize::MAX)] {
            assert!(matches!(s.view(pointer, count), Err(Error::Memory { .. })), "{pointer:?}");
        }
        let constant = s.func::<(), SandboxPtr<u8>>("constant").unwrap().call(s, ()).unwrap();
        assert_eq!(s.view(constant, 8).unwrap(), b"constant");
        assert!(matches!(s.view_mut(constant, 8), Err(Error::Memory { .. })));
        let entry = SandboxPtr::<u8>::new((constant.address() >> 32 << 32) + (68 << 10));
        assert!(s.read_value(entry).is_ok() && matches!(s.view(entry, 1), Err(Error::Memory { .. })));
    }
}

#[test]
fn class_19_nothing_is_borrowed_that_others_could_write() {
    let mut sandbox = sandbox("jump");
    let data = sandbox.alloc::<u8>(1).unwrap();
    assert!(sandbox.view_mut(data, 1).is_ok());
    let mut other = sandbox.attach().unwrap();
    let is_busy = |error| matches!(error, Error::Runtime(RuntimeError::Busy));
    assert!(is_busy(sandbox.view(data, 1).unwrap_err()) && is_busy(sandbox.view_mut(data, 1).unwrap_err()));
    assert!(is_busy(other.view(data, 1).unwrap_err()));
    drop(other);
    // Its thread in the library ends like any other, in its own time.
    let mut waits = 0..10_000;
    while sandbox.view_mut(data, 1).is_err() {
        assert!(waits.next().is_some(), "it does not end");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    // A thread of the library's own, which goes on by itself.
    let start = sandbox.func::<(), i32>("start_thread").unwrap();
    assert_eq!(start.call(&mut sandbox, ()).unwrap(), 0);
    assert!(is_busy(sandbox.view(data, 1).unwrap_err()));
}

#[test]
fn a_shared_buffer_is_read_where_it_is() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let sum = s.func::<(SandboxPtr<u8>, usize), u64>("sum").unwrap();
        let mut buffer = SharedBuffer::new(10_000).unwrap();
        assert_eq!(buffer.len(), 12_288);
        let share = s.share(&buffer).unwrap();
        let again = s.share(&buffer).unwrap();
        buffer[4095..4097].fill(200);
        assert_eq!(sum.call(s, (share.pointer(), buffer.len())).unwrap(), 400);
        assert_eq!(sum.call(s, (again.pointer(), buffer.len())).unwrap(), 400);
        s.unshare(again).unwrap();
        // It outlives the host's side.
        drop(buffer);
        assert_eq!(sum.call(s, (share.pointer(), 12_288)).unwrap(), 400);
        let pointer = share.pointer();
        s.unshare(share).unwrap();
        assert!(matches!(s.read_value(pointer), Err(Error::Memory { .. })));
        assert!(matches!(sum.call(s, (pointer, 1)), Err(Error::Fault(_))));
    }
}

#[test]
fn class_15_what_is_shared_to_be_read_is_not_written() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let buffer = SharedBuffer::new(4096).unwrap();
        let share = s.share(&buffer).unwrap();
        for name in ["try_protect", "try_unmap", "try_replace", "try_move", "try_discard"] {
            let tried = s.func::<(SandboxPtr<u8>,), i32>(name).unwrap();
            assert_eq!(tried.call(s, (share.pointer(),)).unwrap(), EACCES, "{name}");
        }
        assert!(matches!(s.write(share.pointer(), &[1]), Err(Error::Memory { .. })));
        assert!(matches!(s.view(share.pointer(), 1), Err(Error::Memory { .. })), "the host has it already");
        let fill = s.func::<(SandboxPtr<u8>, i32, usize), ()>("fill").unwrap();
        let Err(Error::Fault(fault)) = fill.call(s, (share.pointer(), 1, 1)) else { panic!() };
        assert_eq!(fault.address, Some(share.pointer().address()));
        assert!(buffer.iter().all(|&byte| byte == 0));
    }
}

#[test]
fn an_exchange_buffer_is_written_by_both() {
    let mut sandbox = sandbox("jump");
    let s = &mut sandbox;
    let mut buffer = ExchangeBuffer::new(1).unwrap();
    let share = s.share_writable(&buffer).unwrap();
    s.func::<(SandboxPtr<u8>, i32, usize), ()>("fill").unwrap().call(s, (share.pointer(), 7, 100)).unwrap();
    let mut bytes = [0; 101];
    buffer.read(0, &mut bytes).unwrap();
    assert_eq!((bytes[99], bytes[100]), (7, 0));
    buffer.write(100, &[3, 4]).unwrap();
    let sum = s.func::<(SandboxPtr<u8>, usize), u64>("sum").unwrap();
    assert_eq!(sum.call(s, (share.pointer(), buffer.len())).unwrap(), 707);
    for (offset, len) in [(4096, 1), (4000, 97), (usize::MAX, 1), (usize::MAX, 2)] {
        assert!(matches!(buffer.read(offset, &mut bytes[..len]), Err(Error::Memory { .. })));
        assert!(matches!(buffer.write(offset, &bytes[..len]), Err(Error::Memory { .. })));
    }
}

#[test]
fn nobody_else_writes_an_exclusive_sandbox() {
    let mut sandbox = sandbox("ret");
    let buffer = ExchangeBuffer::new(1).unwrap();
    let error = sandbox.share_writable(&buffer).unwrap_err();
    assert!(matches!(error, Error::Runtime(RuntimeError::Unsupported(_))), "{error}");
    // And where the host writes no return address can be.
    let buffer = SharedBuffer::new(4096).unwrap();
    let share = sandbox.share(&buffer).unwrap();
    let stack_at = sandbox.func::<(SandboxPtr<u8>,), ()>("stack_at").unwrap();
    let Err(Error::Fault(fault)) = stack_at.call(&mut sandbox, (share.pointer().byte_add(4096),)) else { panic!() };
    assert_eq!(fault.address, Some(share.pointer().address() + 4088));
}

#[test]
fn a_reset_undoes_what_was_written_in_place_and_shared() {
    for mut sandbox in sandboxes() {
        let s = &mut sandbox;
        let data = s.alloc_from(&[1u8; 20_000]).unwrap();
        s.take_snapshot().unwrap();
        for round in 0..3 {
            let mut buffer = SharedBuffer::new(8192).unwrap();
            let share = s.share(&buffer).unwrap();
            let pointer = share.pointer();
            buffer.fill(round);
            assert_eq!(s.read_value(pointer).unwrap(), round);
            assert!(s.take_snapshot().is_err(), "with shared memory");
            s.view_mut(data, 20_000).unwrap().fill(2);
            s.reset().unwrap();
            assert_eq!(s.view(data, 20_000).unwrap(), [1; 20_000]);
            assert!(matches!(s.read_value(pointer), Err(Error::Memory { .. })));
            assert!(matches!(s.unshare(share), Err(Error::Memory { .. })));
        }
    }
}

#[test]
fn shares_are_one_sandboxes() {
    let (mut one, mut two) = (sandbox("jump"), sandbox("jump"));
    let buffer = SharedBuffer::new(4096).unwrap();
    let share = one.share(&buffer).unwrap();
    assert!(matches!(two.unshare(share), Err(Error::OtherSandbox)));
    assert!(matches!(SharedBuffer::new(0), Err(Error::Runtime(_))));
    assert!(matches!(SharedBuffer::new(usize::MAX), Err(Error::Runtime(_))));
}
