# run: verify full stores jumps
# What only the runtime may do. Instructions that merely trap are no harm.
        int3
        hlt
        pushfq
        .section refused, "ax"
        syscall
        .p2align 5, 0x90
        sysenter
        .p2align 5, 0x90
        int $0x80
        .p2align 5, 0x90
        .byte 0xf1              # int1
        .p2align 5, 0x90
        popfq
        .p2align 5, 0x90
        wrfsbase %rax
        .p2align 5, 0x90
        wrgsbase %rax
        .p2align 5, 0x90
        rdfsbase %rax
        .p2align 5, 0x90
        rdgsbase %rax
        .p2align 5, 0x90
        swapgs
        .p2align 5, 0x90
        wrpkru
        .p2align 5, 0x90
        rdpkru
        .p2align 5, 0x90
        movw %ax, %gs
        .p2align 5, 0x90
        movw %fs, %ax
        .p2align 5, 0x90
        popq %gs
        .p2align 5, 0x90
        pushq %fs
        .p2align 5, 0x90
        lgsq (%rax), %rcx
        .p2align 5, 0x90
        lssq (%rax), %rcx
        .p2align 5, 0x90
        xrstor (%rsp)
        .p2align 5, 0x90
        fxrstor (%rsp)
        .p2align 5, 0x90
        fxsave (%rsp)
        .p2align 5, 0x90
        xsave (%rsp)
        .p2align 5, 0x90
        rdtscp
        .p2align 5, 0x90
        sgdt (%rsp)
        .p2align 5, 0x90
        sidt (%rsp)
        .p2align 5, 0x90
        sldt %eax
        .p2align 5, 0x90
        str %eax
        .p2align 5, 0x90
        smsw %eax
        .p2align 5, 0x90
        lar %eax, %ecx
        .p2align 5, 0x90
        rdmsr
        .p2align 5, 0x90
        rdpmc
        .p2align 5, 0x90
        inb %dx, %al
        .p2align 5, 0x90
        cli
        .p2align 5, 0x90
        incsspq %rax
        .p2align 5, 0x90
        xsetbv
        .p2align 5, 0x90
        # more of the kind, refused for want of a row
        rdpid %rax
        .p2align 5, 0x90
        iretq
        .p2align 5, 0x90
        movq %cr0, %rax
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# syscall: full stores jumps x64.instruction.system
# sysenter: full stores jumps x64.instruction.system
# int $0x80: full stores jumps x64.instruction.system
# int1: full stores jumps x64.instruction.system
# popf: full stores jumps x64.instruction.system
# wrfsbase %rax: full stores jumps x64.instruction.system
# wrgsbase %rax: full stores jumps x64.instruction.system
# rdfsbase %rax: full stores jumps x64.instruction.system
# rdgsbase %rax: full stores jumps x64.instruction.system
# swapgs: full stores jumps x64.instruction.system
# wrpkru: full stores jumps x64.instruction.system
# rdpkru: full stores jumps x64.instruction.system
# mov %eax,%gs: full stores jumps x64.instruction.system
# mov %fs,%ax: full stores jumps x64.instruction.system
# pop %gs: full stores jumps x64.instruction.system
# push %fs: full stores jumps x64.instruction.system
# lgs (%rax),%rcx: full stores jumps x64.instruction.system
# lss (%rax),%rcx: full stores jumps x64.instruction.system
# xrstor (%rsp): full stores jumps x64.instruction.system
# fxrstor (%rsp): full stores jumps x64.instruction.system
# fxsave (%rsp): full stores jumps x64.instruction.system
# xsave (%rsp): full stores jumps x64.instruction.system
# rdtscp: full stores jumps x64.instruction.system
# sgdt (%rsp): full stores jumps x64.instruction.system
# sidt (%rsp): full stores jumps x64.instruction.system
# sldt %eax: full stores jumps x64.instruction.system
# str %eax: full stores jumps x64.instruction.system
# smsw %eax: full stores jumps x64.instruction.system
# lar %eax,%ecx: full stores jumps x64.instruction.system
# rdmsr: full stores jumps x64.instruction.system
# rdpmc: full stores jumps x64.instruction.system
# in %dx,%al: full stores jumps x64.instruction.system
# cli: full stores jumps x64.instruction.system
# incsspq %rax: full stores jumps x64.instruction.system
# xsetbv: full stores jumps x64.instruction.system
# rdpid %rax: full stores jumps x64.instruction.allowed
# iretq: full stores jumps x64.branch.return
# mov %cr0,%rax: full stores jumps x64.instruction.system
