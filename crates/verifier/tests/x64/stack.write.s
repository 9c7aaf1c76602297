# run: verify full stores jumps
# [x64.unit.stack]
        movl %ebp, %esp
        addq %gs:0x10000, %rsp
        .p2align 5
        subl %eax, %esp
        addq %gs:0x10000, %rsp
        andl $-64, %esp
        addq %gs:0x10000, %rsp
        .p2align 5
        leal -8(%rbp,%r12,4), %esp
        addq %gs:0x10000, %rsp
        movl $0x12345678, %esp
        addq %gs:0x10000, %rsp
        .p2align 5
        movq %gs:0x10000, %r11
        leal 8(%rsp), %esp
        leaq (%rsp,%r11), %rsp
        .p2align 5
        movb %ah, %cl
        setc %ah
        movq %rsp, %rax
        pushq %rsp
        .section refused, "ax"
        movq %rax, %rsp
        .p2align 5, 0x90
        movl %eax, %esp
        .p2align 5, 0x90
        movw %ax, %sp
        .p2align 5, 0x90
        movb %al, %spl
        .p2align 5, 0x90
        setc %spl
        .p2align 5, 0x90
        popq %rsp
        .p2align 5, 0x90
        leave
        .p2align 5, 0x90
        incq %rsp
        .p2align 5, 0x90
        andq $-32, %rsp
        .p2align 5, 0x90
        addl $8, %esp
        .p2align 5, 0x90
        addw $8, %sp
        .p2align 5, 0x90
        addq %rax, %rsp
        .p2align 5, 0x90
        leaq 8(%rbp), %rsp
        .p2align 5, 0x90
        leaq 8(%rsp,%rax), %rsp
        .p2align 5, 0x90
        leaq 8(%esp), %rsp
        pushq %rax
        .p2align 5, 0x90
        leal 8(%rsp), %esp
        .p2align 5, 0x90
        xchgq %rsp, %rax
        .p2align 5, 0x90
        xchgq %rax, %rsp
        .p2align 5, 0x90
        xchgq %rsp, (%rsp)
        .p2align 5, 0x90
        xaddq %rsp, %rax
        .p2align 5, 0x90
        xaddq %rax, %rsp
        .p2align 5, 0x90
        cmpxchgq %rax, %rsp
        .p2align 5, 0x90
        cmoveq %rax, %rsp
        .p2align 5, 0x90
        bsfq %rax, %rsp
        .p2align 5, 0x90
        imulq $1, %rax, %rsp
        .p2align 5, 0x90
        movzbl %al, %esp
        .p2align 5, 0x90
        movslq %eax, %rsp
        .p2align 5, 0x90
        movabsq $1, %rsp
        .p2align 5, 0x90
        bswapq %rsp
        .p2align 5, 0x90
        rdrand %rsp
        .p2align 5, 0x90
        mulxq %rax, %rsp, %rcx
        .p2align 5, 0x90
        mulxq %rax, %rcx, %rsp
        .p2align 5, 0x90
        blsrq %rax, %rsp
        .p2align 5, 0x90
        rorxq $3, %rax, %rsp
        .p2align 5, 0x90
        movq %xmm0, %rsp
        .p2align 5, 0x90
        pextrd $0, %xmm0, %esp
        .p2align 5, 0x90
        pextrb $0, %xmm0, %esp
        .p2align 5, 0x90
        vmovmskps %ymm0, %esp
        .p2align 5, 0x90
        cvttsd2si %xmm0, %rsp
        .p2align 5, 0x90
        crc32b %al, %esp
        .p2align 5, 0x90
        movbeq (%rsp), %rsp
        .p2align 5, 0x90
        # nearly units
        movq %rbp, %rsp
        addq %gs:0x10000, %rsp
        .p2align 5, 0x90
        movl %ebp, %esp
        addq %gs:0x10008, %rsp
        .p2align 5, 0x90
        addl (%rsp), %esp
        addq %gs:0x10000, %rsp
        .p2align 5, 0x90
        leal 8(%rip), %esp
        addq %gs:0x10000, %rsp
        .p2align 5, 0x90
        orl %eax, %esp
        addq %gs:0x10000, %rsp
        .p2align 5, 0x90
        movl %ebp, %esp
        nop
        addq %gs:0x10000, %rsp
        .p2align 5, 0x90
        movq %gs:0x10000, %r11
        movl %r11d, %esp
        leaq (%rsp,%r11), %rsp
        .p2align 5, 0x90
        movq %gs:0x10000, %r11
        leal 8(%r11), %esp
        leaq (%rsp,%r11), %rsp
        .p2align 5, 0x90
        movq %gs:0x10000, %r11
        addl %eax, %esp
        leaq (%rsp,%r11), %rsp
        .p2align 5, 0x90
        movq %gs:0x10000, %r10
        movl %eax, %esp
        leaq (%rsp,%r10), %rsp
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# mov %rax,%rsp: full stores x64.stack.write, jumps +
# mov %eax,%esp: full stores x64.stack.write, jumps +
# mov %ax,%sp: full stores x64.stack.write, jumps +
# mov %al,%spl: full stores x64.stack.write, jumps +
# setb %spl: full stores x64.stack.write, jumps +
# pop %rsp: full stores x64.stack.write, jumps +
# leave: full stores x64.stack.write, jumps +
# inc %rsp: full stores x64.stack.write, jumps +
# and $0xFFFFFFFFFFFFFFE0,%rsp: full stores x64.stack.write, jumps +
# add $8,%esp: full stores x64.stack.write, jumps +
# add $8,%sp: full stores x64.stack.write, jumps +
# add %rax,%rsp: full stores x64.stack.write, jumps +
# lea 8(%rbp),%rsp: full stores x64.stack.write, jumps +
# lea 8(%rsp,%rax),%rsp: full stores x64.stack.write, jumps +
# lea 8(%esp),%rsp; push %rax: full stores x64.stack.write, jumps +
# lea 8(%rsp),%esp: full stores x64.stack.write, jumps +
# xchg %rax,%rsp: full stores x64.stack.write, jumps +
# xchg %rax,%rsp: full stores x64.stack.write, jumps +
# xchg %rsp,(%rsp): full stores x64.stack.write, jumps +
# xadd %rsp,%rax: full stores x64.stack.write, jumps +
# xadd %rax,%rsp: full stores x64.stack.write, jumps +
# cmpxchg %rax,%rsp: full stores x64.stack.write, jumps +
# cmove %rax,%rsp: full stores x64.stack.write, jumps +
# bsf %rax,%rsp: full stores x64.stack.write, jumps +
# imul $1,%rax,%rsp: full stores x64.stack.write, jumps +
# movzbl %al,%esp: full stores x64.stack.write, jumps +
# movslq %eax,%rsp: full stores x64.stack.write, jumps +
# movabs $1,%rsp: full stores x64.stack.write, jumps +
# bswap %rsp: full stores x64.stack.write, jumps +
# rdrand %rsp: full stores x64.stack.write, jumps +
# mulx %rax,%rsp,%rcx: full stores x64.stack.write, jumps +
# mulx %rax,%rcx,%rsp: full stores x64.stack.write, jumps +
# blsr %rax,%rsp: full stores x64.stack.write, jumps +
# rorx $3,%rax,%rsp: full stores x64.stack.write, jumps +
# movq %xmm0,%rsp: full stores x64.stack.write, jumps +
# pextrd $0,%xmm0,%esp: full stores x64.stack.write, jumps +
# pextrb $0,%xmm0,%esp: full stores x64.stack.write, jumps +
# vmovmskps %ymm0,%esp: full stores x64.stack.write, jumps +
# cvttsd2si %xmm0,%rsp: full stores x64.stack.write, jumps +
# crc32 %al,%esp: full stores x64.stack.write, jumps +
# movbe (%rsp),%rsp: full stores x64.stack.write, jumps +
# mov %rbp,%rsp; add %gs:0x10000,%rsp: full stores x64.stack.write, jumps +
# mov %ebp,%esp; add %gs:0x10008,%rsp: full stores x64.stack.write, jumps +
# add (%rsp),%esp; add %gs:0x10000,%rsp: full stores x64.stack.write, jumps +
# lea 0xE,%esp; add %gs:0x10000,%rsp: full stores x64.stack.write, jumps +
# or %eax,%esp; add %gs:0x10000,%rsp: full stores x64.stack.write, jumps +
# mov %ebp,%esp; add %gs:0x10000,%rsp: full stores x64.stack.write, jumps +
# mov %gs:0x10000,%r11; mov %r11d,%esp; lea (%rsp,%r11),%rsp: full x64.memory.guard, stores x64.stack.write, jumps +
# mov %gs:0x10000,%r11; lea 8(%r11),%esp; lea (%rsp,%r11),%rsp: full x64.memory.guard, stores x64.stack.write, jumps +
# mov %gs:0x10000,%r11; add %eax,%esp; lea (%rsp,%r11),%rsp: full x64.memory.guard, stores x64.stack.write, jumps +
# mov %gs:0x10000,%r10; mov %eax,%esp; lea (%rsp,%r10),%rsp: full x64.memory.guard, stores x64.stack.write, jumps +
