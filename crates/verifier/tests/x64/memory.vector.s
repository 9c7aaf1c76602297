# run: verify full stores jumps
# Gathers and scatters: the guarded form only, whatever the base.
        vpgatherdd %ymm0, %gs:(%eax,%ymm1,4), %ymm2
        addr32 vgatherqpd %xmm0, %gs:8(,%xmm1,8), %xmm2
        .p2align 5
        vpgatherdd %gs:(%eax,%zmm17,4), %zmm2{%k1}
        addr32 vpscatterqq %zmm3, %gs:8(,%zmm1,8){%k2}
        vscatterdps %xmm4, %gs:(%esp,%xmm4){%k2}
        .section refused, "ax"
        vpgatherdd %ymm0, (%rax,%ymm1,4), %ymm2
        .p2align 5, 0x90
        vpgatherdd %ymm0, (%rsp,%ymm4), %ymm2
        .p2align 5, 0x90
        vpgatherdd %ymm0, %gs:(%rax,%ymm1,4), %ymm2
        .p2align 5, 0x90
        vpgatherdd %ymm0, (%eax,%ymm1,4), %ymm2
        .p2align 5, 0x90
        vpgatherdd (%rax,%zmm1,4), %zmm2{%k1}
        .p2align 5, 0x90
        vpgatherdd (%rsp,%zmm4), %zmm2{%k1}
        .p2align 5, 0x90
        vpscatterdd %zmm2, (%rax,%zmm1,4){%k1}
        .p2align 5, 0x90
        vpscatterdd %zmm2, (%rsp,%zmm4){%k1}
        .p2align 5, 0x90
        vpscatterdd %zmm2, %gs:(%rsp,%zmm4){%k1}
        .p2align 5, 0x90
        vpscatterdd %zmm2, (%esp,%zmm4){%k1}
        .p2align 5, 0x90
        # no mask; the destination as index; no SIB
        .byte 0x65, 0x67, 0x62, 0xf2, 0x7d, 0x48, 0x90, 0x14, 0x88
        .p2align 5, 0x90
        .byte 0x65, 0x67, 0x62, 0xf2, 0x7d, 0x49, 0x90, 0x14, 0x90
        .p2align 5, 0x90
        .byte 0x65, 0x67, 0x62, 0xf2, 0x7d, 0x49, 0x90, 0x10
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# vpgatherdd %ymm0,(%rax,%ymm1,4),%ymm2: full x64.memory.vector, stores jumps +
# vpgatherdd %ymm0,(%rsp,%ymm4),%ymm2: full x64.memory.vector, stores jumps +
# vpgatherdd %ymm0,%gs:(%rax,%ymm1,4),%ymm2: full x64.memory.vector, stores jumps +
# vpgatherdd %ymm0,(%eax,%ymm1,4),%ymm2: full x64.memory.vector, stores jumps +
# vpgatherdd (%rax,%zmm1,4),%zmm2{%k1}: full x64.memory.vector, stores jumps +
# vpgatherdd (%rsp,%zmm4),%zmm2{%k1}: full x64.memory.vector, stores jumps +
# vpscatterdd %zmm2,(%rax,%zmm1,4){%k1}: full stores x64.memory.vector, jumps +
# vpscatterdd %zmm2,(%rsp,%zmm4){%k1}: full stores x64.memory.vector, jumps +
# vpscatterdd %zmm2,%gs:(%rsp,%zmm4){%k1}: full stores x64.memory.vector, jumps +
# vpscatterdd %zmm2,(%esp,%zmm4){%k1}: full stores x64.memory.vector, jumps +
# (bad): full stores jumps x64.instruction.allowed
# (bad): full stores jumps x64.instruction.allowed
# (bad): full stores jumps x64.instruction.allowed
