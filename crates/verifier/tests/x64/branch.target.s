# run: verify full at 0x10000000
# Instruction starts of the region, and multiples of 32 anywhere in the slot.
base:   nop
1:      movl $1, %eax
        jmp base
        jne 1b
        loop 1b
        jrcxz 1b
        call 2f
        .p2align 5
        nopl (%rax)
2:      jmp base + 0x2000000    # behind the region
        jne base - 0x1000020    # before it
        jmp base - 0x10000000   # the slot's first byte
        .p2align 5
        .section refused, "ax"
start:  movl $1, %eax           # the middle of an instruction, of a unit, of this jump
        jmp start + 1
        .p2align 5, 0x90
        andl $-32, %eax
3:      addq %gs:0x10000, %rax
        jmpq *%rax
        jne 3b
        .p2align 5, 0x90
4:      jmp 4b + 1
        .p2align 5, 0x90
        # no multiple of 32, before or behind the region
        jmp start + 0x2000001
        .p2align 5, 0x90
        jne start - 1
        .p2align 5, 0x90
        call start + 0x2010
        .p2align 5, 0x90
        # outside the slot
        jmp start - 0x10000020
        .p2align 5, 0x90
        call start - 0x70000000
        .p2align 5, 0x90
# expect
# text: full +
# mov $1,%eax; jmp 1: full x64.branch.target
# and $0xFFFFFFE0,%eax; add %gs:0x10000,%rax; jmp *%rax; jne 3: full x64.branch.target
# jmp 1: full x64.branch.target
# jmp 0x0000000001FFFFA1: full x64.branch.target
# jne 0xFFFFFFFFFFFFFF7F: full x64.branch.target
# call 0x0000000000001F70: full x64.branch.target
# jmp 0xFFFFFFFFEFFFFF20: full x64.branch.target
# call 0xFFFFFFFF8FFFFF20: full x64.branch.target
