# run:
# Prefixes that would put a short branch out of reach are not added.
	.globl _start
	.p2align 5
_start:
	nopl 0(%rax,%rax)
	nopl 0(%rax,%rax)
	nopl 0(%rax)
	nop
.Lfar:
	.rept 13
	movabsq $1, %rax
	.endr
	movl %eax, %eax
	jz .Lfar
	nop
	nop
	addl $1, %eax
	.p2align 5, 0x90
	ud2
# expect
# nops 13 -> 5, prefixes 10, calls 0
# 0000000000001000 <_start>:
#     1000: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     100a: 66 90                        	nop
#     100c: 48 b8 01 00 00 00 00 00 00 00	movabsq	$0x1, %rax
#     1016: 48 b8 01 00 00 00 00 00 00 00	movabsq	$0x1, %rax
#     1020: 2e 48 b8 01 00 00 00 00 00 00 00     	movabsq	$0x1, %rax
#     102b: 2e 48 b8 01 00 00 00 00 00 00 00     	movabsq	$0x1, %rax
#     1036: 48 b8 01 00 00 00 00 00 00 00	movabsq	$0x1, %rax
#     1040: 2e 48 b8 01 00 00 00 00 00 00 00     	movabsq	$0x1, %rax
#     104b: 2e 48 b8 01 00 00 00 00 00 00 00     	movabsq	$0x1, %rax
#     1056: 48 b8 01 00 00 00 00 00 00 00	movabsq	$0x1, %rax
#     1060: 2e 48 b8 01 00 00 00 00 00 00 00     	movabsq	$0x1, %rax
#     106b: 2e 48 b8 01 00 00 00 00 00 00 00     	movabsq	$0x1, %rax
#     1076: 48 b8 01 00 00 00 00 00 00 00	movabsq	$0x1, %rax
#     1080: 2e 2e 48 b8 01 00 00 00 00 00 00 00  	movabsq	$0x1, %rax
#     108c: 2e 48 b8 01 00 00 00 00 00 00 00     	movabsq	$0x1, %rax
#     1097: 2e 89 c0                     	movl	%eax, %eax
#     109a: 0f 84 6c ff ff ff            	je	0x100c <_start+0xc>
#     10a0: 83 c0 01                     	addl	$0x1, %eax
#     10a3: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     10ad: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     10b7: 66 0f 1f 84 00 00 00 00 00   	nopw	(%rax,%rax)
#     10c0: 0f 0b                        	ud2
