//! The judge refuses what the verifier must refuse, whichever decoder tells it.

use lfi_abi::Kind;
use lfi_soundness::{
    decoders::{Iced, Xed},
    effects::Effects,
    judge::{difference, judge, may_follow_adjustment, settles},
};

const ADDRESS: u64 = 0x10_0000;

/// What each decoder says.
fn each(code: &[u8]) -> [Effects; 2] {
    // As in a bundle: more bytes follow.
    let mut bytes = [0x90; 32];
    bytes[..code.len()].copy_from_slice(code);
    [Iced::new(false).decode(&bytes, ADDRESS), Xed::default().decode(&bytes, ADDRESS)].map(|e| e.expect("valid"))
}

/// What both say alike.
fn both(code: &[u8]) -> [Effects; 2] {
    let effects = each(code);
    assert_eq!(difference(&effects[0], &effects[1]), None, "{code:02x?}: {effects:?}");
    assert_eq!(effects[0].length, code.len(), "{code:02x?}");
    effects
}

fn verdict(code: &[u8], kind: Kind) -> Result<(), &'static str> {
    let [one, other] = both(code).map(|effects| judge(&effects, kind));
    assert_eq!(one, other, "{code:02x?}");
    one
}

#[test]
fn memory_outside_the_sandbox() {
    for code in [
        &[0x88, 0x03][..],                           // movb %al,(%rbx)
        &[0x65, 0x88, 0x03],                         // 64-bit address
        &[0x67, 0x88, 0x03],                         // no %gs
        &[0x65, 0x67, 0x88, 0x05, 0, 0, 0, 0],       // relative to the pc
        &[0x88, 0x04, 0x0c],                         // (%rsp,%rcx)
        &[0x88, 0x84, 0x24, 0xff, 0x7f, 0, 0],       // 32767(%rsp)
        &[0x88, 0x84, 0x24, 0x00, 0x80, 0xff, 0xff], // -32768(%rsp)
        &[0x88, 0x05, 0, 0, 0, 0x80],                // before the slot
        &[0xaa],                                     // stosb
        &[0xf3, 0x48, 0xab],                         // rep stosq
        &[0xc4, 0xe2, 0x71, 0x2e, 0x03],             // vmaskmovps %ymm, (%rbx)
        &[0xd9, 0x3b],                               // fnstcw (%rbx)
        &[0x8f, 0x03],                               // popq (%rbx)
        &[0x8f, 0x84, 0x24, 0xf0, 0x7f, 0, 0],       // popq 32752(%rsp), from where %rsp will be
        &[0x0f, 0xc7, 0x0b],                         // cmpxchg8b (%rbx)
    ] {
        assert_eq!(verdict(code, Kind::Full), Err("memory outside the sandbox"), "{code:02x?}");
        assert_eq!(verdict(code, Kind::Stores), Err("memory outside the sandbox"), "{code:02x?}");
        assert_eq!(verdict(code, Kind::Jumps), Ok(()), "{code:02x?}");
    }
    for code in [
        &[0x8a, 0x03][..],                     // movb (%rbx),%al
        &[0xc4, 0xe2, 0x69, 0x90, 0x04, 0x0b], // vpgatherdd (%rbx,%xmm1)
        &[0xff, 0x33],                         // pushq (%rbx)
        &[0xac],                               // lodsb
    ] {
        assert_eq!(verdict(code, Kind::Full), Err("memory outside the sandbox"), "{code:02x?}");
        assert_eq!(verdict(code, Kind::Stores), Ok(()), "{code:02x?}");
    }
    assert_eq!(verdict(&[0x64, 0x8a, 0x03], Kind::Jumps), Err("uses %fs"));
}

#[test]
fn guarded_operands() {
    for code in [
        &[0x65, 0x67, 0x88, 0x03][..],
        &[0x88, 0x44, 0x24, 0x08],
        &[0x88, 0x84, 0x24, 0xfe, 0x7f, 0, 0],
        &[0x88, 0x05, 0, 0, 0, 0],
        &[0x65, 0x67, 0xc4, 0xe2, 0x69, 0x90, 0x04, 0x0b],
        &[0x50],
        &[0x8d, 0x03],
        &[0x0f, 0x1f, 0x03],
    ] {
        assert_eq!(verdict(code, Kind::Full), Ok(()), "{code:02x?}");
    }
}

#[test]
fn registers() {
    for code in [
        &[0x48, 0x89, 0xc4][..],            // movq %rax,%rsp
        &[0x66, 0x89, 0xc4],                // movw %ax,%sp
        &[0x40, 0x88, 0xc4],                // movb %al,%spl
        &[0x5c],                            // popq %rsp
        &[0xc9],                            // leave
        &[0x48, 0x0f, 0xc1, 0xe0],          // xaddq %rsp,%rax
        &[0xc4, 0xe2, 0xdb, 0xf6, 0xc0],    // mulx %rax,%rsp,%rax
        &[0x48, 0x81, 0xc4, 1, 0x80, 0, 0], // addq $32769,%rsp
        &[0x48, 0x83, 0xe4, 0xf0],          // andq $-16,%rsp
        &[0x48, 0x8d, 0x64, 0x0c, 0x08],    // leaq 8(%rsp,%rcx),%rsp
    ] {
        assert_eq!(verdict(code, Kind::Full), Err("writes %rsp"), "{code:02x?}");
    }
    for code in [&[0x48, 0x83, 0xec, 8][..], &[0x88, 0xc4], &[0x48, 0x8d, 0x64, 0x24, 8]] {
        assert_eq!(verdict(code, Kind::Full), Ok(()), "{code:02x?}");
    }
}

#[test]
fn the_system() {
    for code in [
        &[0x0f, 0x05][..],               // syscall
        &[0x0f, 0x34],                   // sysenter
        &[0xcd, 0x80],                   // int $0x80
        &[0x8e, 0xe8],                   // movw %ax,%gs
        &[0x8c, 0xe8],                   // movw %gs,%ax
        &[0xf3, 0x48, 0x0f, 0xae, 0xd8], // wrgsbase %rax
        &[0xf3, 0x48, 0x0f, 0xae, 0xc8], // rdgsbase %rax
        &[0x0f, 0x01, 0xf8],             // swapgs
        &[0x0f, 0x01, 0xef],             // wrpkru
        &[0x9d],                         // popfq
        &[0xee],                         // outb
        &[0xfa],                         // cli
        &[0x0f, 0x01, 0xcb],             // stac
        &[0x0f, 0x02, 0xc3],             // lar %bx,%eax
        &[0x0f, 0x01, 0xe0],             // smsw %eax
        &[0x0f, 0x00, 0xc8],             // str %eax
        &[0x0f, 0xae, 0x2b],             // xrstor (%rbx)
        &[0x0f, 0x01, 0x03],             // sgdt (%rbx)
        &[0xff, 0xe0],                   // jmp *%rax
        &[0xff, 0x23],                   // jmp *(%rbx)
        &[0xc3],                         // ret
        &[0xcb],                         // lret
        &[0x48, 0xcf],                   // iretq
        &[0xc7, 0xf8, 0, 0, 0, 0],       // xbegin
        &[0xf3, 0x0f, 0xc7, 0xf8],       // rdpid %rax
        &[0x0f, 0x01, 0xf9],             // rdtscp
        &[0x0f, 0x01, 0xfc],             // clzero
    ] {
        for effects in each(code) {
            assert!(judge(&effects, Kind::Jumps).is_err(), "{code:02x?}");
        }
    }
    for code in [
        &[0xcc][..],
        &[0x0f, 0xab, 0xc3],
        &[0x65, 0x67, 0x0f, 0xba, 0x2b, 8],
        &[0x0f, 0x0b],
        &[0xf4],
        &[0x0f, 0xa2],
        &[0x0f, 0x31],
    ] {
        assert_eq!(verdict(code, Kind::Full), Ok(()), "{code:02x?}");
    }
}

#[test]
fn what_settles_the_stack_pointer() {
    for code in [
        &[0x50][..],               // push
        &[0x8b, 0x44, 0x24, 0x08], // movl 8(%rsp),%eax
        &[0xe8, 0, 0, 0, 0],       // call
        &[0x0f, 0xb1, 0x04, 0x24], // cmpxchg %eax,(%rsp)
    ] {
        assert!(both(code).iter().all(settles), "{code:02x?}");
    }
    for code in [
        &[0x90][..],
        &[0x8b, 0x44, 0x24, 0xf8],             // below %rsp
        &[0x65, 0x67, 0x8b, 0x04, 0x24],       // guarded: cannot fail
        &[0x8b, 0x04, 0x0c],                   // with index
        &[0x0f, 0x1f, 0x04, 0x24],             // nop
        &[0x48, 0x8d, 0x44, 0x24, 0x08],       // lea
        &[0x0f, 0x18, 0x0c, 0x24],             // prefetch
        &[0xc4, 0xe2, 0x71, 0x2c, 0x04, 0x24], // vmaskmovps
        &[0x8b, 0x84, 0x24, 0, 0x80, 0, 0],    // 32768(%rsp)
    ] {
        // A masked move is one by XED alone; the check believes whoever says no.
        assert!(!both(code).iter().all(settles), "{code:02x?}");
    }
    for code in [&[0xeb, 0][..], &[0x74, 0], &[0x48, 0x83, 0xc4, 8]] {
        assert!(!both(code).iter().any(may_follow_adjustment), "{code:02x?}");
    }
}
