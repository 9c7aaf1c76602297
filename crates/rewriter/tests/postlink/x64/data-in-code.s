# run: --no-rosegment
	.globl _start
	.p2align 5
_start:
	ud2
	.section .rodata
	.quad 1
# expect
# refused: true: .note.lfi: data in an executable segment (link with --rosegment)
