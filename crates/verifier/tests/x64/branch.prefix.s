# run: verify full stores jumps
# No prefix: 66 makes some processors take 16 bits, 67 changes what loops count.
0:      jmp 0b
        jne 0b
        call 0b
        .section refused, "ax"
0:      .byte 0x66
        jmp 0b
        .p2align 5, 0x90
0:      .byte 0x66, 0xe9, 0, 0, 0, 0
        .p2align 5, 0x90
0:      .byte 0x2e
        jne 0b
        .p2align 5, 0x90
0:      .byte 0x67
        jrcxz 0b
        .p2align 5, 0x90
0:      .byte 0x67
        loop 0b
        .p2align 5, 0x90
0:      .byte 0x65, 0xe8, 0xfa, 0xff, 0xff, 0xff
        .p2align 5, 0x90
        # f2 and f3 have no row with branches
0:      .byte 0xf2
        jmp 0b
        .p2align 5, 0x90
0:      .byte 0x3e
        jne 0b
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# jmp 0: full stores jumps x64.branch.prefix
# jmp 6: full stores jumps x64.branch.prefix
# jne,pn 0: full stores jumps x64.branch.prefix
# jecxz 0: full stores jumps x64.branch.prefix
# loopl 0: full stores jumps x64.branch.prefix
# call 0: full stores jumps x64.branch.prefix
# jmp 0: full stores jumps x64.branch.prefix
# jne,pt 0: full stores jumps x64.prefix.segment
