# run: verify full stores jumps
# [x64.unit.branch]
        andl $-32, %eax
        addq %gs:0x10000, %rax
        jmpq *%rax
        .p2align 5
        andl $-32, %r12d
        addq %gs:0x10000, %r12
        callq *%r12
        .p2align 5
        .section refused, "ax"
        jmpq *%rax
        .p2align 5, 0x90
        callq *%rax
        .p2align 5, 0x90
        jmpq *8(%rsp)
        .p2align 5, 0x90
        callq *%gs:(%eax)
        .p2align 5, 0x90
        ljmpl *(%rsp)
        .p2align 5, 0x90
        lcalll *(%rsp)
        .p2align 5, 0x90
        # another register, another mask, another base, another width
        andl $-32, %eax
        addq %gs:0x10000, %rax
        jmpq *%rcx
        .p2align 5, 0x90
        andl $-16, %eax
        addq %gs:0x10000, %rax
        jmpq *%rax
        .p2align 5, 0x90
        andl $-32, %eax
        addq %gs:0x10008, %rax
        jmpq *%rax
        .p2align 5, 0x90
        andq $-32, %rax
        addq %gs:0x10000, %rax
        jmpq *%rax
        .p2align 5, 0x90
        andl $-32, %eax
        addl %gs:0x10000, %eax
        jmpq *%rax
        .p2align 5, 0x90
        andl $-32, %eax
        addq %gs:0x10000, %rcx
        jmpq *%rax
        .p2align 5, 0x90
        # the mask comes after the base
        addq %gs:0x10000, %rax
        andl $-32, %eax
        jmpq *%rax
        .p2align 5, 0x90
        # something in between
        andl $-32, %eax
        addq %gs:0x10000, %rax
        nop
        jmpq *%rax
        .p2align 5, 0x90
        # never %rsp
        andl $-32, %esp
        addq %gs:0x10000, %rsp
        jmpq *%rsp
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# jmp *%rax: full stores jumps x64.branch.indirect
# call *%rax: full stores jumps x64.branch.indirect
# jmpq *8(%rsp): full stores jumps x64.branch.indirect
# callq *%gs:(%eax): full stores jumps x64.branch.indirect
# ljmpl *(%rsp): full stores jumps x64.branch.indirect
# lcalll *(%rsp): full stores jumps x64.branch.indirect
# and $0xFFFFFFE0,%eax; add %gs:0x10000,%rax; jmp *%rcx: full x64.memory.guard, stores jumps x64.branch.indirect
# and $0xFFFFFFF0,%eax; add %gs:0x10000,%rax; jmp *%rax: full x64.memory.guard, stores jumps x64.branch.indirect
# and $0xFFFFFFE0,%eax; add %gs:0x10008,%rax; jmp *%rax: full x64.memory.guard, stores jumps x64.branch.indirect
# and $0xFFFFFFFFFFFFFFE0,%rax; add %gs:0x10000,%rax; jmp *%rax: full x64.memory.guard, stores jumps x64.branch.indirect
# and $0xFFFFFFE0,%eax; add %gs:0x10000,%eax; jmp *%rax: full x64.memory.guard, stores jumps x64.branch.indirect
# and $0xFFFFFFE0,%eax; add %gs:0x10000,%rcx; jmp *%rax: full x64.memory.guard, stores jumps x64.branch.indirect
# add %gs:0x10000,%rax; and $0xFFFFFFE0,%eax; jmp *%rax: full x64.memory.guard, stores jumps x64.branch.indirect
# and $0xFFFFFFE0,%eax; add %gs:0x10000,%rax; jmp *%rax: full x64.memory.guard, stores jumps x64.branch.indirect
# and $0xFFFFFFE0,%esp; add %gs:0x10000,%rsp; jmp *%rsp: full stores jumps x64.branch.indirect
