# run: verify full stores jumps
# [x64.unit.string]
        movl %edi, %edi
        addq %gs:0x10000, %rdi
        rep stosb
        .p2align 5
        movl %edi, %edi
        addq %gs:0x10000, %rdi
        movl %esi, %esi
        addq %gs:0x10000, %rsi
        rep movsq
        .p2align 5
        movq %gs:0x10000, %r11
        movl %edi, %edi
        leaq (%rdi,%r11), %rdi
        movl %esi, %esi
        leaq (%rsi,%r11), %rsi
        repe cmpsw
        .p2align 5
        movl %edi, %edi
        addq %gs:0x10000, %rdi
        .byte 0x66, 0xf3, 0xab          # rep stosw as GNU as has it
        .p2align 5
        movl %esi, %esi
        addq %gs:0x10000, %rsi
        lodsl
        .p2align 5
        movq %gs:0x10000, %r11
        movl %edi, %edi
        leaq (%rdi,%r11), %rdi
        repne scasb
        .p2align 5
        .section refused, "ax"
        # reading only
        lodsb
        .p2align 5, 0x90
        repe cmpsb
        .p2align 5, 0x90
        repne scasb
        .p2align 5, 0x90
        movl %esi, %esi
        addq %gs:0x10000, %rsi
        cmpsb
        .p2align 5, 0x90
        # writing
        stosb
        .p2align 5, 0x90
        rep movsb
        .p2align 5, 0x90
        movl %edi, %edi
        addq %gs:0x10000, %rdi
        movsb
        .p2align 5, 0x90
        movl %esi, %esi
        addq %gs:0x10000, %rsi
        movsb
        .p2align 5, 0x90
        movl %edi, %edi
        rep stosb
        .p2align 5, 0x90
        # the wrong register, the wrong order, the guard not last
        movl %esi, %esi
        addq %gs:0x10000, %rsi
        stosb
        .p2align 5, 0x90
        movl %esi, %esi
        addq %gs:0x10000, %rsi
        movl %edi, %edi
        addq %gs:0x10000, %rdi
        movsb
        .p2align 5, 0x90
        movl %edi, %edi
        addq %gs:0x10000, %rdi
        nop
        stosb
        .p2align 5, 0x90
        # input and output never
        movl %edi, %edi
        addq %gs:0x10000, %rdi
        insb
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# lods (%rsi),%al: full x64.string.guard, stores jumps +
# repe cmpsb (%rdi),(%rsi): full x64.string.guard, stores jumps +
# repne scas (%rdi),%al: full x64.string.guard, stores jumps +
# mov %esi,%esi; add %gs:0x10000,%rsi; cmpsb (%rdi),(%rsi): full x64.string.guard, stores jumps +
# stos %al,(%rdi): full stores x64.string.guard, jumps +
# rep movsb (%rsi),(%rdi): full stores x64.string.guard, jumps +
# mov %edi,%edi; add %gs:0x10000,%rdi; movsb (%rsi),(%rdi): full x64.string.guard, stores jumps +
# mov %esi,%esi; add %gs:0x10000,%rsi; movsb (%rsi),(%rdi): full stores x64.string.guard, jumps +
# mov %edi,%edi; rep stos %al,(%rdi): full stores x64.string.guard, jumps +
# mov %esi,%esi; add %gs:0x10000,%rsi; stos %al,(%rdi): full x64.memory.guard, stores x64.string.guard, jumps +
# mov %esi,%esi; add %gs:0x10000,%rsi; mov %edi,%edi; add %gs:0x10000,%rdi; movsb (%rsi),(%rdi): full x64.memory.guard, stores jumps +
# mov %edi,%edi; add %gs:0x10000,%rdi; stos %al,(%rdi): full x64.memory.guard, stores x64.string.guard, jumps +
# mov %edi,%edi; add %gs:0x10000,%rdi; insb %dx,(%rdi): full x64.memory.guard, stores jumps x64.instruction.system
