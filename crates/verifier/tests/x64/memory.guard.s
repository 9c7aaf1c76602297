# run: verify full stores jumps
# %gs and 32-bit address size, in any form but pc-relative.
        movl %gs:(%eax), %ecx
        movl %gs:4(%eax,%ecx,4), %ecx
        movl %ecx, %gs:-4(%r8d,%r15d,8)
        movq %gs:(%esp), %rax
        .p2align 5
        movl %gs:0x10000(,%eax,4), %ecx
        addr32 movl %gs:0x10000, %ecx
        vmovups %ymm0, %gs:(%eax)
        .p2align 5
        leaq (%rax,%rcx,4), %rdx
        nopw (%rax,%rax)
        prefetcht0 %gs:(%eax)
        fldt %gs:(%eax)
        .p2align 5
        .section refused, "ax"
        # loads
        movl (%rax), %ecx
        .p2align 5, 0x90
        cmpl $1, (%rax)
        .p2align 5, 0x90
        prefetcht0 (%rax)
        .p2align 5, 0x90
        movl 0x1000, %ecx
        .p2align 5, 0x90
        movl %gs:(%rax), %ecx
        .p2align 5, 0x90
        movl (%eax), %ecx
        .p2align 5, 0x90
        movl %gs:0x10000, %ecx
        .p2align 5, 0x90
        movl (%rsp,%rax), %ecx
        .p2align 5, 0x90
        movl (%esp), %ecx
        .p2align 5, 0x90
        movl %gs:(%rsp), %ecx
        .p2align 5, 0x90
        movl (%r12), %ecx
        .p2align 5, 0x90
        movl %gs:4(%rip), %ecx
        .p2align 5, 0x90
        movl %gs:4(%eip), %ecx
        .p2align 5, 0x90
        movl 4(%eip), %ecx
        .p2align 5, 0x90
        ldmxcsr (%rax)
        .p2align 5, 0x90
        pushq (%rax)
        .p2align 5, 0x90
        # stores, among them implicit second destinations
        movl %ecx, (%rax)
        .p2align 5, 0x90
        xchgl %ecx, (%rax)
        .p2align 5, 0x90
        lock xaddl %ecx, (%rax)
        .p2align 5, 0x90
        cmpxchg16b (%rax)
        .p2align 5, 0x90
        setc (%rax)
        .p2align 5, 0x90
        popq (%rax)
        .p2align 5, 0x90
        fstpl (%rax)
        .p2align 5, 0x90
        fnstcw (%rax)
        .p2align 5, 0x90
        stmxcsr (%rax)
        .p2align 5, 0x90
        vextractf128 $1, %ymm0, (%rax)
        .p2align 5, 0x90
        pextrb $1, %xmm0, (%rax)
        .p2align 5, 0x90
        movnti %eax, (%rcx)
        .p2align 5, 0x90
        movbe %eax, (%rcx)
        .p2align 5, 0x90
        vcvtps2ph $0, %xmm0, (%rax)
        .p2align 5, 0x90
        vpmaskmovd %ymm0, %ymm1, (%rax)
        .p2align 5, 0x90
        shldl $1, %eax, (%rcx)
        .p2align 5, 0x90
        btsl $1, (%rcx)
        .p2align 5, 0x90
        movq %mm0, (%rax)
        .p2align 5, 0x90
        # 65 and 67 that are not both there
        movl %ecx, %gs:(%rax)
        .p2align 5, 0x90
        movl %ecx, (%eax)
        .p2align 5, 0x90
        movl %ecx, %gs:0x10000
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# mov (%rax),%ecx: full x64.memory.guard, stores jumps +
# cmpl $1,(%rax): full x64.memory.guard, stores jumps +
# prefetcht0 (%rax): full x64.memory.guard, stores jumps +
# mov 0x1000,%ecx: full x64.memory.guard, stores jumps +
# mov %gs:(%rax),%ecx: full x64.memory.guard, stores jumps +
# mov (%eax),%ecx: full x64.memory.guard, stores jumps +
# mov %gs:0x10000,%ecx: full x64.memory.guard, stores jumps +
# mov (%rsp,%rax),%ecx: full x64.memory.guard, stores jumps +
# mov (%esp),%ecx: full x64.memory.guard, stores jumps +
# mov %gs:(%rsp),%ecx: full x64.memory.guard, stores jumps +
# mov (%r12),%ecx: full x64.memory.guard, stores jumps +
# mov %gs:0xB,%ecx: full x64.memory.guard, stores jumps +
# mov %gs:0xC,%ecx: full x64.memory.guard, stores jumps +
# mov 0xB,%ecx: full x64.memory.guard, stores jumps +
# ldmxcsr (%rax): full x64.memory.guard, stores jumps +
# pushq (%rax): full x64.memory.guard, stores jumps +
# mov %ecx,(%rax): full stores x64.memory.guard, jumps +
# xchg %ecx,(%rax): full stores x64.memory.guard, jumps +
# lock xadd %ecx,(%rax): full stores x64.memory.guard, jumps +
# cmpxchg16b (%rax): full stores x64.memory.guard, jumps +
# setb (%rax): full stores x64.memory.guard, jumps +
# popq (%rax): full stores x64.memory.guard, jumps +
# fstpl (%rax): full stores x64.memory.guard, jumps +
# fnstcw (%rax): full stores x64.memory.guard, jumps +
# stmxcsr (%rax): full stores x64.memory.guard, jumps +
# vextractf128 $1,%ymm0,(%rax): full stores x64.memory.guard, jumps +
# pextrb $1,%xmm0,(%rax): full stores x64.memory.guard, jumps +
# movnti %eax,(%rcx): full stores x64.memory.guard, jumps +
# movbe %eax,(%rcx): full stores x64.memory.guard, jumps +
# vcvtps2ph $0,%xmm0,(%rax): full stores x64.memory.guard, jumps +
# vpmaskmovd %ymm0,%ymm1,(%rax): full stores x64.memory.guard, jumps +
# shld $1,%eax,(%rcx): full stores x64.memory.guard, jumps +
# btsl $1,(%rcx): full stores x64.memory.guard, jumps +
# movq %mm0,(%rax): full stores x64.memory.guard, jumps +
# mov %ecx,%gs:(%rax): full stores x64.memory.guard, jumps +
# mov %ecx,(%eax): full stores x64.memory.guard, jumps +
# mov %ecx,%gs:0x10000: full stores x64.memory.guard, jumps +
