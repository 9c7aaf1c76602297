# run:
	.globl _start
	.p2align 5
_start:
	.fill 30, 1, 0x90
	.byte 0xb8, 1, 0, 0, 0
	ud2
# expect
# refused: true: 0x101e: instruction crosses a bundle boundary
