# run: verify full
# The allow-list, by sample. What it holds in full is checked against other decoders.
        cpuid
        rdtsc
        xgetbv
        rdrand %rax
        endbr64
        int3
        ud2
        hlt
        std
        cld
        .p2align 5
        pushfq
        sahf
        lahf
        cwtl
        cqto
        bswap %r12
        popcntq %rax, %rcx
        lzcntw %ax, %cx
        tzcntl %eax, %ecx
        .p2align 5
        vaddps %ymm1, %ymm2, %ymm3
        vfmadd231sd %xmm1, %xmm2, %xmm3
        mulxq %rax, %rcx, %rdx
        vzeroupper
        .p2align 5
        fldpi
        fchs
        fnclex
        emms
        sha256rnds2 %xmm0, %xmm1, %xmm2
        aesenc %xmm1, %xmm2
        pclmulqdq $0, %xmm1, %xmm2
        crc32b %al, %ecx
        .section refused, "ax"
        vp2intersectd %zmm1, %zmm2, %k2
        .p2align 5, 0x90
        xbegin 0f
0:      .p2align 5, 0x90
        xlatb
        .p2align 5, 0x90
        maskmovdqu %xmm0, %xmm1
        .p2align 5, 0x90
        movdir64b (%rax), %rcx
        .p2align 5, 0x90
        enqcmd (%rax), %rcx
        .p2align 5, 0x90
        clzero
        .p2align 5, 0x90
        monitorx
        .p2align 5, 0x90
        clflush %gs:(%eax)
        .p2align 5, 0x90
        cldemote %gs:(%eax)
        .p2align 5, 0x90
        movabsb 0x1234, %al
        .p2align 5, 0x90
        movabsq %rax, %gs:0x1234
        .p2align 5, 0x90
        rdsspq %rax
        .p2align 5, 0x90
        .byte 0xf3, 0x0f, 0x1b, 0x00        # bndmk
        .p2align 5, 0x90
        enter $8, $0
        .p2align 5, 0x90
        lwpins $1, %eax, %ecx
        .p2align 5, 0x90
        # XOP map 9: not of the vector instructions
        llwpcb %eax
        .p2align 5, 0x90
        femms
        .p2align 5, 0x90
        # shl by the undocumented /6, test by /1
        .byte 0xc0, 0xf0, 1
        .p2align 5, 0x90
        .byte 0xf6, 0xc8, 1
        .p2align 5, 0x90
        # an add to %r16 (REX2)
        .byte 0xd5, 0x10, 0x01, 0xc0
        .p2align 5, 0x90
        # a reserved no-operation, and a fence's alias
        .byte 0x0f, 0x1e, 0xc0
        .p2align 5, 0x90
        .byte 0x0f, 0xae, 0xf1
        .p2align 5, 0x90
        # a gather whose index is its mask
        .byte 0x65, 0x67, 0xc4, 0xe2, 0x71, 0x90, 0x14, 0x08
        .p2align 5, 0x90
        # zeros
        .fill 32, 1, 0x06
# expect
# text: full +
# vp2intersectd %zmm1,%zmm2,%k2: full x64.instruction.allowed
# xbegin 6: full x64.instruction.allowed
# xlat (%rbx): full x64.instruction.allowed
# maskmovdqu %xmm0,%xmm1: full x64.instruction.allowed
# movdir64b (%rax),%rcx: full x64.instruction.allowed
# enqcmd (%rax),%rcx: full x64.instruction.allowed
# clzero: full x64.instruction.system
# monitorx: full x64.instruction.system
# clflush %gs:(%eax): full x64.instruction.system
# cldemote %gs:(%eax): full x64.instruction.allowed
# movabs 0x1234,%al: full x64.instruction.allowed
# movabs %rax,%gs:0x1234: full x64.instruction.allowed
# rdsspq %rax: full x64.instruction.allowed
# nop %eax,(%rax): full x64.instruction.allowed
# enter $8,$0: full x64.instruction.allowed
# lwpins $1,%eax,%ecx: full x64.prefix.vex
# llwpcb %eax: full x64.instruction.allowed
# femms: full x64.instruction.allowed
# sal $1,%al: full x64.instruction.allowed
# test $1,%al: full x64.instruction.allowed
# (bad); add %eax,%eax: full x64.instruction.allowed
# nop %eax,%eax: full x64.instruction.allowed
# mfence: full x64.instruction.system
# (bad): full x64.instruction.allowed
# (bad); (bad); (bad); (bad); (bad); (bad); (bad); (bad); (bad); (bad); (bad); (bad); (bad); (bad); (bad); (bad): full x64.instruction.allowed
