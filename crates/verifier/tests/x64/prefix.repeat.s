# run: verify jumps
# f2 and f3 choose an opcode or repeat a string instruction.
        rep movsb
        repne scasb
        pause
        movss %xmm0, %xmm1
        .section refused, "ax"
        .byte 0xf2, 0xf3, 0x0f, 0x58, 0xc1
        .p2align 5, 0x90
        .byte 0xf3, 0xf2, 0xa6
        .p2align 5, 0x90
        # without a row
        .byte 0xf3, 0x89, 0xc8
        .p2align 5, 0x90
        .byte 0xf2, 0xa4
        .p2align 5, 0x90
        .byte 0xf2, 0xf0, 0x01, 0x00
        .p2align 5, 0x90
        .byte 0xf3, 0xc3
        .p2align 5, 0x90
# expect
# text: jumps +
# addss %xmm1,%xmm0: jumps x64.prefix.repeat
# repne cmpsb (%rdi),(%rsi): jumps x64.prefix.repeat
# mov %ecx,%eax: jumps x64.instruction.allowed
# repne movsb (%rsi),(%rdi): jumps x64.instruction.allowed
# xacquire lock add %eax,(%rax): jumps x64.instruction.allowed
# rep ret: jumps x64.branch.return
