# run: verify full ret
# Units end at a boundary at the latest.
        .fill 17, 1, 0x90
        andl $-32, %eax
        addq %gs:0x10000, %rax
        jmpq *%rax
        .fill 0, 1, 0x90
        .p2align 5
        .fill 16, 1, 0x90
        andl $-32, %r11d
        addq %gs:0x10000, %r11
        pushq %r11
        retq
        .section refused, "ax"
        .fill 19, 1, 0x90
        andl $-32, %eax
        addq %gs:0x10000, %rax
        jmpq *%rax
        .p2align 5, 0x90
        .fill 17, 1, 0x90
        andl $-32, %r11d
        addq %gs:0x10000, %r11
        pushq %r11
        retq
        .p2align 5, 0x90
        .fill 22, 1, 0x90
        movl %ecx, %esp
        addq %gs:0x10000, %rsp
        .p2align 5, 0x90
# expect
# text: full +
# and $0xFFFFFFE0,%eax; add %gs:0x10000,%rax; (bad): full x64.unit.bundle
# loopne 0x0000000000000068: full x64.branch.target
# and $0xFFFFFFE0,%r11d; add %gs:0x10000,%r11; push %r11: full x64.unit.bundle
# ret: full x64.branch.return
# mov %ecx,%esp; (bad): full x64.unit.bundle
# add %ah,0x2E(%rsi): full x64.memory.guard
