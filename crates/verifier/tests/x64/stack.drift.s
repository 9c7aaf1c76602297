# run: verify full stores jumps
# By at most 32768, and not twice without an access in between.
        subq $32768, %rsp
        movl %eax, (%rsp)
        addq $32768, %rsp
        popq %rax
        addq $-32768, %rsp
        pushq %rax
        .p2align 5
        leaq -32768(%rsp), %rsp
        movl 32763(%rsp), %eax
        leaq 8(%rsp), %rsp
        call . + 5
        .p2align 5
        # a unit needs no access before it
        subq $64, %rsp
        andl $-64, %esp
        addq %gs:0x10000, %rsp
        subq $64, %rsp
        pushq %rax
        .p2align 5
        subq $64, %rsp
        vmovups %zmm17, 64(%rsp)
        subq $64, %rsp
        vaddps (%rsp){1to16}, %zmm17, %zmm18
        .section refused, "ax"
        subq $32769, %rsp
        pushq %rax
        .p2align 5, 0x90
        addq $32769, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $-0x80000000, %rsp
        pushq %rax
        .p2align 5, 0x90
        leaq 32769(%rsp), %rsp
        pushq %rax
        .p2align 5, 0x90
        leaq -0x80000000(%rsp), %rsp
        pushq %rax
        .p2align 5, 0x90
        # twice
        subq $8, %rsp
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        addq $8, %rsp
        leaq 8(%rsp), %rsp
        pushq %rax
        .p2align 5, 0x90
        # accesses in between that prove nothing
        subq $8, %rsp
        leaq 8(%rsp), %rax
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        nopl 8(%rsp)
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        prefetcht0 8(%rsp)
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        cmovel 8(%rsp), %eax
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        vmaskmovps 8(%rsp), %ymm0, %ymm1
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        vmovups 64(%rsp), %zmm1{%k1}
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        vmovups -64(%rsp), %zmm1
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        shll %cl, 8(%rsp)
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        movl %gs:(%esp), %eax
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        movl %eax, -8(%rsp)
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        movl %eax, %gs:(%ebp)
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        movl 8(%rip), %eax
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        shldl %cl, %eax, 8(%rsp)
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        shlxl %eax, 8(%rsp), %ecx
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        rorxl $0, 8(%rsp), %ecx
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        flds 8(%rsp)
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        vpmaskmovd %ymm0, %ymm1, 8(%rsp)
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        prefetchw 8(%rsp)
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        movl 8(%rsp,%rcx), %eax
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        movl 8(%rbp), %eax
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
        subq $8, %rsp
        movl 32768(%rsp), %eax
        subq $8, %rsp
        pushq %rax
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# sub $0x8001,%rsp; push %rax: full stores x64.stack.drift, jumps +
# add $0x8001,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $0xFFFFFFFF80000000,%rsp; push %rax: full stores x64.stack.drift, jumps +
# lea 0x8001(%rsp),%rsp; push %rax: full stores x64.stack.drift, jumps +
# lea -0x80000000(%rsp),%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# add $8,%rsp; lea 8(%rsp),%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; lea 8(%rsp),%rax; sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; nopl 8(%rsp); sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; prefetcht0 8(%rsp); sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; cmove 8(%rsp),%eax; sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; vmaskmovps 8(%rsp),%ymm0,%ymm1; sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; vmovups 0x40(%rsp),%zmm1{%k1}; sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; vmovups -0x40(%rsp),%zmm1; sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; shll %cl,8(%rsp); sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; mov %gs:(%esp),%eax; sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; mov %eax,-8(%rsp); sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; mov %eax,%gs:(%ebp); sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; mov 0x12,%eax; sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; shld %cl,%eax,8(%rsp); sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; shlx %eax,8(%rsp),%ecx; sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; rorx $0,8(%rsp),%ecx; sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; flds 8(%rsp); sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; vpmaskmovd %ymm0,%ymm1,8(%rsp); sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; prefetchw 8(%rsp); sub $8,%rsp; push %rax: full stores x64.stack.drift, jumps +
# sub $8,%rsp; mov 8(%rsp,%rcx),%eax; sub $8,%rsp; push %rax: full x64.memory.guard, stores x64.stack.drift, jumps +
# sub $8,%rsp; mov 8(%rbp),%eax; sub $8,%rsp; push %rax: full x64.memory.guard, stores x64.stack.drift, jumps +
# sub $8,%rsp; mov 0x8000(%rsp),%eax; sub $8,%rsp; push %rax: full x64.memory.stack, stores x64.stack.drift, jumps +
