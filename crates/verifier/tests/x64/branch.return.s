# run: verify full stores jumps ret
# [x64.unit.return]
        popq %r11
        andl $-32, %r11d
        addq %gs:0x10000, %r11
        pushq %r11
        retq
        .p2align 5
        popq %r11
        andl $-32, %r11d
        addq %gs:0x10000, %r11
        jmpq *%r11
        .p2align 5
        .section refused, "ax"
        retq
        .p2align 5, 0x90
        retq $8
        .p2align 5, 0x90
        lretq
        .p2align 5, 0x90
        iretq
        .p2align 5, 0x90
        pushq %r11
        retq
        .p2align 5, 0x90
        andl $-32, %r10d
        addq %gs:0x10000, %r10
        pushq %r10
        retq
        .p2align 5, 0x90
        andl $-32, %r11d
        addq %gs:0x10000, %r11
        pushq %r11
        rep retq
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# ret: full stores jumps x64.branch.return
# ret $8: full stores jumps x64.branch.return
# lretq: full stores jumps x64.branch.return
# iretq: full stores jumps x64.branch.return
# push %r11; ret: full stores jumps x64.branch.return
# and $0xFFFFFFE0,%r10d; add %gs:0x10000,%r10; push %r10; ret: full x64.memory.guard, stores jumps x64.branch.return
# and $0xFFFFFFE0,%r11d; add %gs:0x10000,%r11; push %r11; rep ret: full x64.memory.guard, stores jumps x64.branch.return
