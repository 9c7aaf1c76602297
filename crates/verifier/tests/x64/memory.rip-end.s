# run: verify full at 0xfffe0000
# Up to the slot's last byte.
        movl 0x1fff6(%rip), %eax
        .p2align 5
        .section refused, "ax"
        movl 0x1fff7(%rip), %eax
        .p2align 5, 0x90
        movl %eax, 0x7fffffff(%rip)
        .p2align 5, 0x90
# expect
# text: full +
# mov 0x1FFFD,%eax: full x64.memory.rip
# mov %eax,0x80000005: full x64.memory.rip
