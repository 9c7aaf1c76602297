# run: verify full
# A function as the rewriter writes it.
sum:    pushq %rbp
        movq %rsp, %rbp
        pushq %rbx
        subq $40, %rsp
        movl %edi, 20(%rsp)
        xorl %eax, %eax
        testl %esi, %esi
        je 1f
        .p2align 5
0:      addl %gs:(%edi), %eax
        leaq 4(%rdi), %rdi
        decl %esi
        jne 0b
1:      .fill 10, 1, 0x90
        call sum
        addq $40, %rsp
        popq %rbx
        popq %rbp
        popq %r11
        .p2align 5
        andl $-32, %r11d
        addq %gs:0x10000, %r11
        jmpq *%r11
        .p2align 5
# expect
# text: full +
