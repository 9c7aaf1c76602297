# run: verify full stores jumps
# d(%rsp) with -32768 < d and d + size < 32768.
        movb %al, -32767(%rsp)
        movb %al, 32766(%rsp)
        movl %eax, 32763(%rsp)
        movl 8(%rsp), %eax
        movl (%rsp), %eax
        .p2align 5
        .section refused, "ax"
        movb -32768(%rsp), %al
        .p2align 5, 0x90
        movb %al, -32768(%rsp)
        .p2align 5, 0x90
        movb %al, 32767(%rsp)
        .p2align 5, 0x90
        movl %eax, 32764(%rsp)
        .p2align 5, 0x90
        movq %rax, 0x7fffffff(%rsp)
        .p2align 5, 0x90
        movq %rax, -0x80000000(%rsp)
        .p2align 5, 0x90
        popq 32753(%rsp)
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# mov -0x8000(%rsp),%al: full x64.memory.stack, stores jumps +
# mov %al,-0x8000(%rsp): full stores x64.memory.stack, jumps +
# mov %al,0x7FFF(%rsp): full stores x64.memory.stack, jumps +
# mov %eax,0x7FFC(%rsp): full stores x64.memory.stack, jumps +
# mov %rax,0x7FFFFFFF(%rsp): full stores x64.memory.stack, jumps +
# mov %rax,-0x80000000(%rsp): full stores x64.memory.stack, jumps +
# popq 0x7FF1(%rsp): full stores x64.memory.stack, jumps +
