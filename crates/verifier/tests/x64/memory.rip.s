# run: verify full stores jumps at 0x100000
# Anywhere in the slot, as code at this offset has it.
        movl 0x1000(%rip), %eax
        movl %eax, -0x1000(%rip)
        movl -0x100012(%rip), %eax      # the slot's first byte
        .p2align 5
        movb %al, 0x7fffffff(%rip)
        .section refused, "ax"
        movl -0x100007(%rip), %eax
        .p2align 5, 0x90
        movl %eax, -0x100040(%rip)
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# mov 0xFFFFFFFFFFEFFFFF,%eax: full x64.memory.rip, stores jumps +
# mov %eax,0xFFFFFFFFFFEFFFC6: full stores x64.memory.rip, jumps +
