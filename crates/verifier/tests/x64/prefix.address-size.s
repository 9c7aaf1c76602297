# run: verify full stores jumps
# 67 only with %gs, or on lea; only once.
        movl %gs:(%eax), %ecx
        leal (%eax), %ecx
        leaq 8(%r8d,%eax), %r9
        .section refused, "ax"
        leaq %gs:(%eax), %rcx
        .p2align 5, 0x90
        .byte 0x67
        addl %eax, %ecx
        .p2align 5, 0x90
        .byte 0x67
        nopl (%rax)
        .p2align 5, 0x90
        .byte 0x67
        stosb
        .p2align 5, 0x90
        .byte 0x67
        pushq %rax
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# lea (%eax),%rcx: full stores jumps x64.prefix.segment
# add %eax,%ecx: full stores jumps x64.prefix.address-size
# nopl (%eax): full stores jumps x64.prefix.address-size
# stos %al,(%edi): full stores jumps x64.prefix.address-size
# push %rax: full stores jumps x64.prefix.address-size
