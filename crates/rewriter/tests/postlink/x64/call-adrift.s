# run:
# A masked return would come back to the start of the bundle.
	.globl _start
	.p2align 5
_start:
	call _start
	movl $1, %eax
	.p2align 5, 0x90
	ud2
# expect
# refused: true: 0x1000: call does not end at a bundle boundary, so nothing can return to it
