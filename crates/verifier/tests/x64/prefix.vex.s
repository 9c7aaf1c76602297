# run: verify full
# Fields of VEX that are not used have one value.
        vaddps %ymm1, %ymm2, %ymm3
        vaddss %xmm1, %xmm2, %xmm3
        vmovaps %xmm1, %xmm2
        andnq %rax, %rcx, %rdx
        .byte 0x2e
        vmovups (%rsp), %ymm1
        vmovups %gs:(%eax), %ymm1
        .section refused, "ax"
        # 66, f2, f3, lock, REX before VEX
        .byte 0x66, 0xc5, 0xf8, 0x58, 0xc1
        .p2align 5, 0x90
        .byte 0xf2, 0xc5, 0xf8, 0x58, 0xc1
        .p2align 5, 0x90
        .byte 0xf3, 0xc5, 0xf8, 0x58, 0xc1
        .p2align 5, 0x90
        .byte 0xf0, 0xc5, 0xf8, 0x58, 0xc1
        .p2align 5, 0x90
        # vvvv of an instruction with two operands
        .byte 0xc5, 0xf0, 0x28, 0xc1
        .p2align 5, 0x90
        # W where it is ignored
        .byte 0xc4, 0xe1, 0xf8, 0x58, 0xc1
        .p2align 5, 0x90
        # L of a scalar, L of a general instruction
        .byte 0xc5, 0xfe, 0x58, 0xc1
        .p2align 5, 0x90
        .byte 0xc4, 0xe2, 0xf4, 0xf2, 0xc1
        .p2align 5, 0x90
        # maps 0, 4 and 31
        .byte 0xc4, 0xe0, 0x78, 0x58, 0xc1
        .p2align 5, 0x90
        .byte 0xc4, 0xe4, 0x78, 0x58, 0xc1
        .p2align 5, 0x90
        .byte 0xc4, 0xff, 0x78, 0x58, 0xc1
        .p2align 5, 0x90
        # REX: no row
        .byte 0x40, 0xc5, 0xf8, 0x58, 0xc1
        .p2align 5, 0x90
# expect
# text: full +
# (bad): full x64.prefix.vex
# (bad): full x64.prefix.vex
# (bad): full x64.prefix.vex
# (bad): full x64.prefix.vex
# (bad): full x64.prefix.vex
# vaddps %xmm1,%xmm0,%xmm0: full x64.prefix.vex
# vaddss %xmm1,%xmm0,%xmm0: full x64.prefix.vex
# (bad): full x64.prefix.vex
# (bad); shll $0xF,0x2E(%rsi); (bad); add %al,(%rax); add %al,(%rax); add %ah,0x2E(%rsi): full x64.prefix.vex
# (bad); shll $0xF,0x2E(%rsi); (bad); add %al,(%rax); add %al,(%rax); add %ah,0x2E(%rsi): full x64.prefix.vex
# (bad); shll $0xF,0x2E(%rsi); (bad); add %al,(%rax); add %al,(%rax); add %ah,0x2E(%rsi): full x64.prefix.vex
# (bad): full x64.instruction.allowed
