# run: verify full
# 66 where it chooses a 16-bit operand or the opcode, and on nops.
        addw %ax, %cx
        addw $0x1234, %cx
        movw $1, 8(%rsp)
        popcntw %ax, %cx
        crc32w %ax, %ecx
        .p2align 5
        nopw 0(%rax,%rax)
        .byte 0x66, 0x90
        .byte 0x66, 0x66, 0x66, 0x66, 0x90
        .section refused, "ax"
        # 16 and 64 bits at once
        .byte 0x66, 0x48, 0x01, 0xc1
        .p2align 5, 0x90
        .byte 0x66, 0x48, 0x81, 0xc1, 1, 2, 3, 4
        .p2align 5, 0x90
        # beside a mandatory prefix
        .byte 0x66, 0xf2, 0x0f, 0x58, 0xc1
        .p2align 5, 0x90
        .byte 0x66, 0xf3, 0x0f, 0x6f, 0xc1
        .p2align 5, 0x90
        .byte 0x66, 0xf3, 0x90
        .p2align 5, 0x90
        .byte 0x66, 0xf2, 0x0f, 0x38, 0xf0, 0xc1
        .p2align 5, 0x90
        # with no row at all
        pushw %ax
        .p2align 5, 0x90
        popw %ax
        .p2align 5, 0x90
        .byte 0x66, 0xd9, 0xe8
        .p2align 5, 0x90
        .byte 0x66, 0x0f, 0xc8
        .p2align 5, 0x90
# expect
# text: full +
# add %rax,%rcx: full x64.prefix.operand-size
# add $0x4030201,%rcx: full x64.prefix.operand-size
# addsd %xmm1,%xmm0: full x64.prefix.operand-size
# movdqu %xmm1,%xmm0: full x64.prefix.operand-size
# pause: full x64.prefix.operand-size
# crc32 %cl,%eax: full x64.prefix.operand-size
# push %ax: full x64.instruction.allowed
# pop %ax: full x64.instruction.allowed
# fld1: full x64.instruction.allowed
# bswap %ax: full x64.instruction.allowed
