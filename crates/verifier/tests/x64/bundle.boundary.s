# run: verify full
# Instructions may end at a boundary, not cross it.
        .fill 27, 1, 0x90
        movl $1, %eax
        .fill 22, 1, 0x90
        movabsq $1, %rax
        .section refused, "ax"
        .fill 28, 1, 0x90
        movl $1, %eax
        .p2align 5, 0x90
        .fill 31, 1, 0x90
        .byte 0x04
        .fill 30, 1, 0x90
        .byte 0x0f, 0x1f
        .fill 31, 1, 0x90
        .byte 0x0f
        .p2align 5, 0x90
        .fill 23, 1, 0x90
        movabsq $1, %rax
# expect
# text: full +
# (bad): full x64.bundle.boundary
# add %ah,0x2E(%rsi): full x64.memory.guard
# (bad): full x64.bundle.boundary
# (bad): full x64.bundle.boundary
# (bad): full x64.instruction.system
# (bad): full x64.bundle.boundary
# add %dl,-0x6F6F6F70(%rax): full x64.memory.guard
