# run: verify full
# Only where the manual allows it, and only with memory.
        lock addl %eax, %gs:(%ecx)
        lock cmpxchg16b (%rsp)
        lock xaddq %rax, 8(%rsp)
        lock incl 4(%rsp)
        lock btsl $3, (%rsp)
        xchgl %eax, (%rsp)
        .section refused, "ax"
        .byte 0xf0
        addl %eax, %ecx
        .p2align 5, 0x90
        .byte 0xf0
        addl (%rsp), %ecx
        .p2align 5, 0x90
        .byte 0xf0
        movl %eax, (%rsp)
        .p2align 5, 0x90
        .byte 0xf0
        cmpl %eax, (%rsp)
        .p2align 5, 0x90
        .byte 0xf0
        setc (%rsp)
        .p2align 5, 0x90
        .byte 0xf0
        nop
        .p2align 5, 0x90
        .byte 0xf0
        shll $3, (%rsp)
        .p2align 5, 0x90
        .byte 0xf0
        btl $3, (%rsp)
        .p2align 5, 0x90
# expect
# text: full +
# (bad): full x64.prefix.lock
# (bad): full x64.prefix.lock
# (bad): full x64.prefix.lock
# (bad): full x64.prefix.lock
# (bad): full x64.prefix.lock
# (bad): full x64.prefix.lock
# (bad): full x64.prefix.lock
# (bad): full x64.prefix.lock
