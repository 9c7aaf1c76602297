# run: verify full stores jumps
# Gathers: the guarded form only, whatever the base.
        vpgatherdd %ymm0, %gs:(%eax,%ymm1,4), %ymm2
        addr32 vgatherqpd %xmm0, %gs:8(,%xmm1,8), %xmm2
        .section refused, "ax"
        vpgatherdd %ymm0, (%rax,%ymm1,4), %ymm2
        .p2align 5, 0x90
        vpgatherdd %ymm0, (%rsp,%ymm4), %ymm2
        .p2align 5, 0x90
        vpgatherdd %ymm0, %gs:(%rax,%ymm1,4), %ymm2
        .p2align 5, 0x90
        vpgatherdd %ymm0, (%eax,%ymm1,4), %ymm2
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# vpgatherdd %ymm0,(%rax,%ymm1,4),%ymm2: full x64.memory.vector, stores jumps +
# vpgatherdd %ymm0,(%rsp,%ymm4),%ymm2: full x64.memory.vector, stores jumps +
# vpgatherdd %ymm0,%gs:(%rax,%ymm1,4),%ymm2: full x64.memory.vector, stores jumps +
# vpgatherdd %ymm0,(%eax,%ymm1,4),%ymm2: full x64.memory.vector, stores jumps +
