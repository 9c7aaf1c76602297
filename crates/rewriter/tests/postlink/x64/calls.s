# run:
# Calls with nothing but nops up to the end of the bundle go there.
	.globl _start
	.type _start,@function
	.p2align 5
_start:
	movl $1, %eax
	call _start
	.p2align 5, 0x90
	call _start
	.p2align 5, 0x90
	ud2
# expect
# nops 6 -> 5, prefixes 2, calls 2
# verified
# 0000000000001000 <_start>:
#     1000: 2e 2e b8 01 00 00 00         	movl	$0x1, %eax
#     1007: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     1011: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     101b: e8 e0 ff ff ff               	callq	0x1000 <_start>
#     1020: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     102a: 66 2e 0f 1f 84 00 00 00 00 00	nopw	%cs:(%rax,%rax)
#     1034: 0f 1f 80 00 00 00 00         	nopl	(%rax)
#     103b: e8 c0 ff ff ff               	callq	0x1000 <_start>
#     1040: 0f 0b                        	ud2
