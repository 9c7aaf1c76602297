# run: verify full stores jumps
# [x64.unit.runtime]: at the end of a bundle.
        .macro call_runtime entry
        .fill 17, 1, 0x90
        leaq 8(%rip), %r11
        jmpq *%gs:\entry
        .endm
        call_runtime 0x10008
        call_runtime 0x10010
        call_runtime 0x10018
        call_runtime 0x10020
        call_runtime 0x10030
        .section refused, "ax"
        # no entry, or none that is known
        call_runtime 0x10000
        call_runtime 0x10028
        call_runtime 0x10009
        call_runtime 0x20008
        # not at the end
        leaq 8(%rip), %r11
        jmpq *%gs:0x10008
        .p2align 5, 0x90
        .fill 16, 1, 0x90
        leaq 8(%rip), %r11
        jmpq *%gs:0x10008
        .p2align 5, 0x90
        # another return address, another register, none
        .fill 17, 1, 0x90
        leaq 9(%rip), %r11
        jmpq *%gs:0x10008
        .fill 17, 1, 0x90
        leaq 8(%rip), %r10
        jmpq *%gs:0x10008
        .fill 24, 1, 0x90
        jmpq *%gs:0x10008
        # a call
        .fill 17, 1, 0x90
        leaq 8(%rip), %r11
        callq *%gs:0x10008
# expect
# text: full +
# text: stores +
# text: jumps +
# lea 0x20,%r11; jmpq *%gs:0x10000: full stores jumps x64.runtime.call
# lea 0x20,%r11; jmpq *%gs:0x10028: full stores jumps x64.runtime.call
# lea 0x20,%r11; jmpq *%gs:0x10009: full stores jumps x64.runtime.call
# lea 0x20,%r11; jmpq *%gs:0x20008: full stores jumps x64.runtime.call
# lea 0xF,%r11; jmpq *%gs:0x10008: full stores jumps x64.runtime.call
# lea 0x1F,%r11; jmpq *%gs:0x10008: full stores jumps x64.runtime.call
# lea 0x21,%r11; jmpq *%gs:0x10008: full stores jumps x64.runtime.call
# lea 0x20,%r10; jmpq *%gs:0x10008: full stores jumps x64.runtime.call
# jmpq *%gs:0x10008: full stores jumps x64.runtime.call
# lea 0x20,%r11; callq *%gs:0x10008: full stores jumps x64.branch.indirect
