# run: verify full
# Fields of EVEX: what is not used has one value.
        vaddps %zmm17, %zmm18, %zmm19{%k1}{z}
        vaddps {ru-sae}, %zmm1, %zmm2, %zmm3
        vcmpps $1, {sae}, %zmm1, %zmm2, %k3{%k4}
        .p2align 5
        vmovdqu64 %zmm31, -64(%rsp)
        vaddps %gs:(%eax){1to16}, %zmm1, %zmm2
        vmovdqu8 %ymm1, %gs:64(%eax,%ecx){%k1}
        .p2align 5
        vcvttss2usi %xmm17, %rax
        vpbroadcastq %r11, %xmm16
        vcvtph2w %xmm1, %xmm2
        .p2align 5
        kaddq %k1, %k2, %k3
        kmovd %k1, %eax
        kmovw %k1, %gs:(%eax)
        .section refused, "ax"
        # 66, f2, f3, lock before EVEX; REX: no row
        .byte 0x66, 0x62, 0xf1, 0x74, 0x48, 0x58, 0xd1
        .p2align 5, 0x90
        .byte 0xf2, 0x62, 0xf1, 0x74, 0x48, 0x58, 0xd1
        .p2align 5, 0x90
        .byte 0xf3, 0x62, 0xf1, 0x74, 0x48, 0x58, 0xd1
        .p2align 5, 0x90
        .byte 0xf0, 0x62, 0xf1, 0x74, 0x48, 0x58, 0xd1
        .p2align 5, 0x90
        .byte 0x40, 0x62, 0xf1, 0x74, 0x48, 0x58, 0xd1
        .p2align 5, 0x90
        # a reserved 0 and a reserved 1; maps 0, 4 and 7
        .byte 0x62, 0xf9, 0x74, 0x48, 0x58, 0xd1
        .p2align 5, 0x90
        .byte 0x62, 0xf1, 0x70, 0x48, 0x58, 0xd1
        .p2align 5, 0x90
        .byte 0x62, 0xf0, 0x74, 0x48, 0x58, 0xd1
        .p2align 5, 0x90
        .byte 0x62, 0xf4, 0x74, 0x48, 0x58, 0xd1
        .p2align 5, 0x90
        .byte 0x62, 0xf7, 0x74, 0x48, 0x58, 0xd1
        .p2align 5, 0x90
        # vvvv of an instruction with two operands: vmovaps, low and fifth bit
        .byte 0x62, 0xf1, 0x74, 0x48, 0x28, 0xd1
        .p2align 5, 0x90
        .byte 0x62, 0xf1, 0x7c, 0x40, 0x28, 0xd1
        .p2align 5, 0x90
        # length 3; length of a scalar; broadcast where there is none; suppression where there is none
        .byte 0x62, 0xf1, 0x74, 0x68, 0x58, 0xd1
        .p2align 5, 0x90
        .byte 0x62, 0xf1, 0x76, 0x48, 0x58, 0xd1
        .p2align 5, 0x90
        .byte 0x65, 0x67, 0x62, 0xf1, 0x7c, 0x58, 0x28, 0x10
        .p2align 5, 0x90
        .byte 0x62, 0xf1, 0x7c, 0x58, 0x28, 0xd1
        .p2align 5, 0x90
        # zeroing without a mask, of memory, of a mask register; a mask on an instruction that has none
        .byte 0x62, 0xf1, 0x74, 0xc8, 0x58, 0xd1
        .p2align 5, 0x90
        .byte 0x65, 0x67, 0x62, 0xf1, 0x7c, 0xc9, 0x29, 0x10
        .p2align 5, 0x90
        .byte 0x62, 0xf1, 0x74, 0xc9, 0xc2, 0xd1, 0x01
        .p2align 5, 0x90
        .byte 0x62, 0xf1, 0x7d, 0x09, 0x6e, 0xc0
        .p2align 5, 0x90
        # general and mask registers above those that there are
        .byte 0x62, 0xe1, 0x7e, 0x08, 0x2c, 0xc1
        .p2align 5, 0x90
        .byte 0x62, 0xb1, 0x7d, 0x08, 0x6e, 0xc0
        .p2align 5, 0x90
        .byte 0x62, 0x71, 0x74, 0x48, 0xc2, 0xd1, 0x01
        .p2align 5, 0x90
        .byte 0x62, 0xe1, 0x74, 0x48, 0xc2, 0xd1, 0x01
        .p2align 5, 0x90
        .byte 0x62, 0xd2, 0x7e, 0x48, 0x28, 0xd1
        .p2align 5, 0x90
        # the same with VEX: kaddq with k9 three times
        .byte 0xc4, 0x61, 0xec, 0x4a, 0xd9
        .p2align 5, 0x90
        .byte 0xc4, 0xe1, 0xac, 0x4a, 0xd9
        .p2align 5, 0x90
        .byte 0xc4, 0xc1, 0xec, 0x4a, 0xd9
        .p2align 5, 0x90
# expect
# text: full +
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.instruction.allowed
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# vaddss %xmm1,%xmm1,%xmm2: full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# vmovd %eax,%xmm0: full x64.prefix.evex
# (bad): full x64.prefix.evex
# (bad): full x64.prefix.evex
# vpmovm2b %k1,%zmm2: full x64.prefix.evex
# (bad): full x64.prefix.vex
# (bad): full x64.prefix.vex
# kaddq %k1,%k2,%k3: full x64.prefix.vex
