# run:
# Nops become prefixes of what stands before them in the bundle: 65 where an
# operand is guarded, 2e elsewhere, three at most; the rest is one long nop.
	.globl _start
	.type _start,@function
	.p2align 5
_start:
	movl %gs:8(%eax), %ecx
	addl %ecx, %edx
	vpaddd %xmm0, %xmm1, %xmm2
	movabsq $0x1122334455667788, %rax
	movabsq $0x1122334455667788, %rcx
	movups 16(%rsp), %xmm3
	leaq data(%rip), %rsi
	.bundle_lock align_to_end
	call _start
	.bundle_unlock
	ud2
	.data
data:	.quad 0
# expect
# nops 3 -> 1, prefixes 6, calls 0
# verified
# 0000000000001000 <_start>:
#     1000: 65 65 67 8b 48 08            	movl	%gs:0x8(%eax), %ecx
#     1006: 01 ca                        	addl	%ecx, %edx
#     1008: c5 f1 fe d0                  	vpaddd	%xmm0, %xmm1, %xmm2
#     100c: 48 b8 88 77 66 55 44 33 22 11	movabsq	$0x1122334455667788, %rax # imm = 0x1122334455667788
#     1016: 48 b9 88 77 66 55 44 33 22 11	movabsq	$0x1122334455667788, %rcx # imm = 0x1122334455667788
#     1020: 2e 2e 2e 0f 10 5c 24 10      	movups	%cs:0x10(%rsp), %xmm3
#     1028: 2e 2e 48 8d 35 5f 20 00 00   	leaq	%cs:0x205f(%rip), %rsi
#     1031: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     103b: e8 c0 ff ff ff               	callq	0x1000 <_start>
#     1040: 0f 0b                        	ud2
