# run: verify full stores jumps
# Without an exclusive slot the masked `ret` is no unit.
        popq %r11
        andl $-32, %r11d
        addq %gs:0x10000, %r11
        jmpq *%r11
        .p2align 5
        .section refused, "ax"
        andl $-32, %r11d
        addq %gs:0x10000, %r11
        pushq %r11
        retq
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# and $0xFFFFFFE0,%r11d; add %gs:0x10000,%r11; push %r11; ret: full stores jumps x64.branch.return
