# run: verify full stores jumps
# %cs as padding, %gs on guarded operands, no other.
        .byte 0x2e
        addl %eax, %ecx
        .byte 0x2e, 0x2e, 0x2e
        movl 8(%rsp), %eax
        .byte 0x65, 0x65, 0x65
        movl %gs:(%eax), %ecx
        .section refused, "ax"
        movl %fs:(%eax), %ecx
        .p2align 5, 0x90
        movq %fs:0, %rax
        .p2align 5, 0x90
        .byte 0x64
        nop
        .p2align 5, 0x90
        .byte 0x64
        movl %gs:(%eax), %ecx
        .p2align 5, 0x90
        .byte 0x65, 0x67, 0x64, 0x8b, 0x08
        .p2align 5, 0x90
        .byte 0x26
        movl 8(%rsp), %eax
        .p2align 5, 0x90
        .byte 0x36
        movl 8(%rsp), %eax
        .p2align 5, 0x90
        .byte 0x3e
        movl 8(%rsp), %eax
        .p2align 5, 0x90
        .byte 0x2e
        movl %gs:(%eax), %ecx
        .p2align 5, 0x90
        .byte 0x65, 0x67, 0x2e, 0x8b, 0x08
        .p2align 5, 0x90
        .byte 0x65
        addl %eax, %ecx
        .p2align 5, 0x90
        .byte 0x65
        leal (%rax), %ecx
        .p2align 5, 0x90
        .byte 0x65
        nopl (%rax)
        .p2align 5, 0x90
        .byte 0x65
        movsb
        .p2align 5, 0x90
        .byte 0x65
        pushq %rax
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# mov %fs:(%eax),%ecx: full stores jumps x64.prefix.segment
# mov %fs:0,%rax: full stores jumps x64.prefix.segment
# nopw (%rax,%rax): full stores jumps x64.prefix.segment
# mov %gs:(%eax),%ecx: full stores jumps x64.prefix.segment
# mov %fs:(%eax),%ecx: full stores jumps x64.prefix.segment
# mov 8(%rsp),%eax: full stores jumps x64.prefix.segment
# mov 8(%rsp),%eax: full stores jumps x64.prefix.segment
# mov 8(%rsp),%eax: full stores jumps x64.prefix.segment
# mov %gs:(%eax),%ecx: full stores jumps x64.prefix.segment
# mov %gs:(%eax),%ecx: full stores jumps x64.prefix.segment
# add %eax,%ecx: full stores jumps x64.prefix.segment
# lea (%rax),%ecx: full stores jumps x64.prefix.segment
# nopl %gs:(%rax): full stores jumps x64.prefix.segment
# movsb %gs:(%rsi),%es:(%rdi): full stores jumps x64.prefix.segment
# push %rax: full stores jumps x64.prefix.segment
