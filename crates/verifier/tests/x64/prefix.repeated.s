# run: verify full
# Padding repeats 2e, and 65 on guarded operands; nops repeat 66.
        .byte 0x2e, 0x2e, 0x2e, 0x2e
        addl %eax, %ecx
        .byte 0x65, 0x65
        movl %gs:(%eax), %ecx
        .byte 0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0, 0, 0, 0
        .section refused, "ax"
        .byte 0x66, 0x66, 0x01, 0xc1
        .p2align 5, 0x90
        .byte 0x66, 0x66, 0x0f, 0x58, 0xc1
        .p2align 5, 0x90
        .byte 0x65, 0x67, 0x67, 0x8b, 0x08
        .p2align 5, 0x90
        .byte 0xf0, 0xf0, 0x01, 0x04, 0x24
        .p2align 5, 0x90
        .byte 0xf3, 0xf3, 0x90
        .p2align 5, 0x90
# expect
# text: full +
# add %ax,%cx: full x64.prefix.repeated
# addpd %xmm1,%xmm0: full x64.prefix.repeated
# mov %gs:(%eax),%ecx: full x64.prefix.repeated
# lock add %eax,(%rsp): full x64.prefix.repeated
# pause: full x64.prefix.repeated
