# run:
# A prefix that would put a short branch out of reach is not added; the nops
# are merged all the same.
	.globl _start
	.p2align 5
_start:
	.rept 12
	nop
	.endr
.Lfar:
	.rept 4
	movl $1, %eax
	.endr
	.rept 3
	.p2align 5
	movabsq $1, %rax
	movabsq $2, %rax
	movabsq $3, %rax
	xchgl %eax, %edx
	xchgl %eax, %edx
	.endr
	movabsq $4, %rax
	jz .Lfar
	nop
	nop
	addl $1, %eax
	ud2
	.p2align 5, 0x90
	addl $1, %eax
	jz .Lfar
	nop
	nop
	.p2align 5, 0x90
	ud2
# expect
# nops 21 -> 8, prefixes 0, calls 0
# verified
# 0000000000001000 <_start>:
#     1000: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     100a: 66 90                        	nop
#     100c: b8 01 00 00 00               	movl	$0x1, %eax
#     1011: b8 01 00 00 00               	movl	$0x1, %eax
#     1016: b8 01 00 00 00               	movl	$0x1, %eax
#     101b: b8 01 00 00 00               	movl	$0x1, %eax
#     1020: 48 b8 01 00 00 00 00 00 00 00	movabsq	$0x1, %rax
#     102a: 48 b8 02 00 00 00 00 00 00 00	movabsq	$0x2, %rax
#     1034: 48 b8 03 00 00 00 00 00 00 00	movabsq	$0x3, %rax
#     103e: 92                           	xchgl	%edx, %eax
#     103f: 92                           	xchgl	%edx, %eax
#     1040: 48 b8 01 00 00 00 00 00 00 00	movabsq	$0x1, %rax
#     104a: 48 b8 02 00 00 00 00 00 00 00	movabsq	$0x2, %rax
#     1054: 48 b8 03 00 00 00 00 00 00 00	movabsq	$0x3, %rax
#     105e: 92                           	xchgl	%edx, %eax
#     105f: 92                           	xchgl	%edx, %eax
#     1060: 48 b8 01 00 00 00 00 00 00 00	movabsq	$0x1, %rax
#     106a: 48 b8 02 00 00 00 00 00 00 00	movabsq	$0x2, %rax
#     1074: 48 b8 03 00 00 00 00 00 00 00	movabsq	$0x3, %rax
#     107e: 92                           	xchgl	%edx, %eax
#     107f: 92                           	xchgl	%edx, %eax
#     1080: 48 b8 04 00 00 00 00 00 00 00	movabsq	$0x4, %rax
#     108a: 74 80                        	je	0x100c <_start+0xc>
#     108c: 66 90                        	nop
#     108e: 83 c0 01                     	addl	$0x1, %eax
#     1091: 0f 0b                        	ud2
#     1093: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     109d: 0f 1f 00                     	nopl	(%rax)
#     10a0: 83 c0 01                     	addl	$0x1, %eax
#     10a3: 0f 84 63 ff ff ff            	je	0x100c <_start+0xc>
#     10a9: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     10b3: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     10bd: 0f 1f 00                     	nopl	(%rax)
#     10c0: 0f 0b                        	ud2
