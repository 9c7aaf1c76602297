# run: verify full
# REX.W where it chooses a size; no REX where it means nothing.
        movq %rax, %rcx
        movb %sil, %dil
        xchgq %rax, %r8
        movq %rax, %xmm0
        .section refused, "ax"
        # push, byte operations, vector moves with REX.W
        .byte 0x48, 0x50
        .p2align 5, 0x90
        .byte 0x48, 0x00, 0xc1
        .p2align 5, 0x90
        .byte 0x48, 0x0f, 0x28, 0xc1
        .p2align 5, 0x90
        # pause is xchg %r8d with REX.B on some
        .byte 0xf3, 0x41, 0x90
        .p2align 5, 0x90
        .byte 0x48, 0xe9, 0, 0, 0, 0
        .p2align 5, 0x90
        .byte 0x40, 0x74, 0
        .p2align 5, 0x90
        .byte 0x41, 0x0f, 0x01, 0xd0
        .p2align 5, 0x90
        # REX before another prefix counts for nothing: no row
        .byte 0x48, 0x66, 0x01, 0xc1
        .p2align 5, 0x90
        .byte 0x48, 0x40, 0x01, 0xc1
        .p2align 5, 0x90
# expect
# text: full +
# push %rax: full x64.prefix.rex
# add %al,%cl: full x64.prefix.rex
# movaps %xmm1,%xmm0: full x64.prefix.rex
# pause: full x64.prefix.rex
# jmp 6: full x64.branch.prefix
# je 3: full x64.branch.prefix
# xgetbv: full x64.instruction.system
# add %ax,%cx: full x64.instruction.allowed
# add %eax,%ecx: full x64.instruction.allowed
