# run: verify full stores jumps
# Control leaves, and the region ends, only after an access.
        subq $8, %rsp
        testl %eax, %eax
        movl %ecx, 4(%rsp)
        jne 0f
        subq $24, %rsp
        call 0f
        nop
0:      subq $24, %rsp
        cmpl $0, (%rsp)
        jmp 0b
        .p2align 5
        subq $24, %rsp
        andl $-32, %eax
        addq %gs:0x10000, %rax
        callq *%rax
        .p2align 5
        .section refused, "ax"
0:      subq $8, %rsp
        jmp 0b
        .p2align 5, 0x90
0:      subq $8, %rsp
        jne 0b
        pushq %rax
        .p2align 5, 0x90
0:      addq $8, %rsp
        jrcxz 0b
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        .p2align 5, 0x90
        addq $8, %rsp
        andl $-32, %eax
        addq %gs:0x10000, %rax
        jmpq *%rax
        .p2align 5, 0x90
        .fill 13, 1, 0x90
        subq $8, %rsp
        leaq 8(%rip), %r11
        jmpq *%gs:0x10008
        .p2align 5, 0x90
        subq $8, %rsp
        leaq 8(%rsp), %rax
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# sub $8,%rsp; jmp 0: full stores x64.stack.settle, jumps +
# sub $8,%rsp; jne 0; push %rax: full stores x64.stack.settle, jumps +
# add $8,%rsp; jrcxz 0; push %rax: full stores x64.stack.settle, jumps +
# sub $8,%rsp: full stores x64.stack.settle, jumps +
# add $8,%rsp; and $0xFFFFFFE0,%eax; add %gs:0x10000,%rax; jmp *%rax: full stores x64.stack.settle, jumps +
# sub $8,%rsp; lea 0x20,%r11; jmpq *%gs:0x10008: full stores x64.stack.settle, jumps +
# sub $8,%rsp; lea 8(%rsp),%rax: full stores x64.stack.settle, jumps +
