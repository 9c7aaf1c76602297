# run: verify full stores jumps
# A bit offset in a register may be anything; in an immediate it is taken modulo the operand's size.
        btq %rax, %rcx
        btsl %eax, %ecx
        btq $63, %gs:(%eax)
        lock btsl $31, %gs:(%eax)
        .section refused, "ax"
        btq %rax, %gs:(%ecx)
        .p2align 5, 0x90
        btsl %eax, (%rsp)
        .p2align 5, 0x90
        lock btrq %rax, %gs:(%ecx)
        .p2align 5, 0x90
        btcw %ax, %gs:(%ecx)
        .p2align 5, 0x90
# expect
# text: full +
# text: stores +
# text: jumps +
# bt %rax,%gs:(%ecx): full stores jumps x64.instruction.bit-offset
# bts %eax,(%rsp): full stores jumps x64.instruction.bit-offset
# lock btr %rax,%gs:(%ecx): full stores jumps x64.instruction.bit-offset
# btc %ax,%gs:(%ecx): full stores jumps x64.instruction.bit-offset
