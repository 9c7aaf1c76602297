//! The base integer set, BMI, control transfer, and what is refused by name.

use super::{ALL, CF, Class, Group, Last, OF, Row, StringOp, ZF};

const MODIFY: Row = Row::plain(Last::Modify);
const WRITE: Row = Row::plain(Last::Write);
const READ: Row = Row::plain(Last::Read);

/// What stands before and after the condition, and the row but for its flags.
pub(super) const CONDITIONAL: [(&str, &str, Row); 3] = [
    ("j", "", Row::new(Class::Branch, Last::Read)),
    ("set", "{,b}", WRITE),
    ("cmov", "{,w,l,q}", MODIFY.may_not_touch()),
];

const fn string(op: StringOp) -> Row {
    Row::new(Class::String(op), Last::Modify)
}

const NO_FAR: &str = "far branches change a segment register";
const NO_SEGMENT: &str = "segment registers and their bases belong to the runtime";
const NO_PRIVILEGE: &str = "this instruction is for the operating system";
const NO_CACHE: &str = "cache control is not available in a sandbox";
const NO_STATE: &str = "this instruction saves or loads state that belongs to the runtime";

pub(super) const GROUPS: &[Group] = &[
    (Row::new(Class::Mov, Last::Write), "mov{,b,w,l,q}"),
    (Row::new(Class::MovAbs, Last::Write), "movabs{,q}"),
    (WRITE, "mov{s,z}{bw,bl,bq,wl,wq,x} movslq movz{b,w} movbe{,w,l,q} movnti{,l,q}"),
    (Row::new(Class::Lea, Last::Write), "lea{,w,l,q}"),
    (Row::new(Class::Xchg, Last::Exchange), "xchg{,b,w,l,q}"),
    (Row::plain(Last::Exchange).kills(ALL), "xadd{,b,w,l,q}"),
    (MODIFY.kills(ALL), "cmpxchg{,b,w,l,q} or{,b,w,l,q} neg{,b,w,l,q}"),
    (MODIFY.kills(ZF), "cmpxchg{8b,16b}"),
    (Row::new(Class::Add, Last::Modify).kills(ALL), "add{,b,w,l,q}"),
    (Row::new(Class::Sub, Last::Modify).kills(ALL), "sub{,b,w,l,q}"),
    (Row::new(Class::And, Last::Modify).kills(ALL), "and{,b,w,l,q}"),
    (Row::new(Class::Xor, Last::Modify).kills(ALL), "xor{,b,w,l,q}"),
    (MODIFY.reads(CF).kills(ALL), "{adc,sbb}{,b,w,l,q}"),
    (READ.kills(ALL), "{cmp,test,mul,div,idiv}{,b,w,l,q}"),
    (Row::plain(Last::Multiply).kills(ALL), "imul{,b,w,l,q}"),
    (MODIFY.kills(ALL & !CF), "{inc,dec}{,b,w,l,q}"),
    (MODIFY, "not{,b,w,l,q} bswap{,l,q} crc32{,b,w,l,q}"),
    (
        Row::new(Class::Shift, Last::Modify).kills(ALL).may_not_touch(),
        "{shl,sal,shr,sar}{,b,w,l,q} {shld,shrd}{,w,l,q}",
    ),
    (Row::new(Class::Shift, Last::Modify).kills(CF | OF).may_not_touch(), "{rol,ror}{,b,w,l,q}"),
    (Row::new(Class::Shift, Last::Modify).reads(CF).kills(CF | OF).may_not_touch(), "{rcl,rcr}{,b,w,l,q}"),
    (Row::new(Class::BitTest, Last::Read).kills(ALL & !ZF).may_not_touch(), "bt{,w,l,q}"),
    (Row::new(Class::BitTest, Last::Modify).kills(ALL & !ZF).may_not_touch(), "bt{s,r,c}{,w,l,q}"),
    (Row::new(Class::BitScan, Last::Modify).kills(ALL), "{bsf,bsr}{,w,l,q}"),
    (WRITE.kills(ALL), "{popcnt,lzcnt,tzcnt}{,w,l,q} {andn,bextr,bzhi,blsi,blsmsk,blsr}{,l,q}"),
    (WRITE.kills(ALL), "{rdrand,rdseed}{,w,l,q}"),
    (WRITE, "{mulx,pdep,pext}{,l,q}"),
    (WRITE.may_not_touch(), "{rorx,sarx,shlx,shrx}{,l,q}"),
    (MODIFY.through(CF), "adcx{,l,q}"),
    (MODIFY.through(OF), "adox{,l,q}"),
    (READ, "cbtw cwtl cltq cwtd cltd cqto cbw cwde cdqe cwd cdq cqo cld std"),
    (READ.reads(ALL & !OF), "lahf"),
    (READ.kills(ALL & !OF), "sahf"),
    (READ.kills(CF), "clc stc"),
    (READ.through(CF), "cmc"),
    (Row::new(Class::Push, Last::Read), "push{,q}"),
    (Row::new(Class::Push, Last::Read).reads(ALL), "pushf{,q}"),
    (Row::new(Class::Pop, Last::Write), "pop{,q}"),
    (Row::new(Class::Leave, Last::Read), "leave{,q}"),
    (Row::new(Class::Nop, Last::Read), "nop{,w,l,q} endbr64"),
    (READ, "pause mfence lfence sfence int3 cpuid rdtsc xgetbv"),
    (READ.may_not_touch(), "prefetch{w,t0,t1,t2,nta}"),
    (string(StringOp::Movs), "movs{b,w,l,q}"),
    (string(StringOp::Cmps).kills(ALL), "cmps{b,w,l,q}"),
    (string(StringOp::Stos), "stos{b,w,l,q}"),
    (string(StringOp::Scas).kills(ALL), "scas{b,w,l,q}"),
    (string(StringOp::Lods), "lods{b,w,l,q}"),
    (Row::new(Class::Jump, Last::Read), "jmp{,q}"),
    (Row::new(Class::Call, Last::Read), "call{,q}"),
    (Row::new(Class::Return, Last::Read), "ret{,q}"),
    (Row::new(Class::Loop, Last::Read), "loop"),
    (Row::new(Class::Rcxz, Last::Read), "jrcxz"),
    (Row::new(Class::Syscall, Last::Read), "syscall"),
    (Row::new(Class::Halt, Last::Read), "ud2 hlt"),
];

/// Why, and templates.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("loops that also test a flag are not supported", "loop{e,ne,z,nz}"),
    ("the address-size prefix is reserved for guarded accesses", "jecxz"),
    ("16-bit pushes and pops leave the stack pointer unaligned", "pushw popw pushfw popfw enterw leavew"),
    ("it can set the trap and alignment-check flags; use sahf", "popf{,q}"),
    ("interrupts leave the sandbox", "int into iret{,w,l,q} int1 icebp"),
    ("enter writes the stack pointer in a way that cannot be masked", "enter{,q}"),
    ("xlat has an address that cannot be guarded", "xlat{,b}"),
    (NO_FAR, "ljmp{,w,l,q} lcall{,w,l,q} lret{,w,l,q} retf{,w,l,q} retw"),
    (NO_SEGMENT, "{rd,wr}{fs,gs}base{,l,q} swapgs l{ds,es,fs,gs,ss}{,w,l,q} {ver,lar,lsl}{,r,w,l,q} arpl"),
    (NO_PRIVILEGE, "sysenter sysexit{,l,q} sysret{,l,q} cli sti in{,b,w,l} out{,b,w,l} ins{b,w,l} outs{b,w,l}"),
    (NO_PRIVILEGE, "{s,l}{gdt,idt,ldt,msw}{,w,l,q} {str,ltr}{,w,l,q} rdmsr wrmsr rdpmc rdtscp rdpid{,l,q}"),
    (NO_PRIVILEGE, "invd wbinvd invlpg monitor{,x} mwait{,x} vmcall vmmcall clts rsm"),
    (NO_CACHE, "clflush{,opt} clwb cldemote clzero"),
    (NO_STATE, "xsave{,64,c,c64,s,s64,opt,opt64} xrstor{,64,s,s64} fxsave{,64} fxrstor{,64} xsetbv rdpkru wrpkru"),
    ("transactions abort to an address that is not checked", "xbegin xend xabort xtest"),
    ("this store has an address that cannot be guarded", "movdir64b enqcmd{,s} {,v}maskmovdqu maskmovq"),
    ("not on the list of instructions a sandbox may use", "movdiri{,l,q}"),
];
