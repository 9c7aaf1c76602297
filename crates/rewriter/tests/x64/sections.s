# run: rewrite
	.section .init
	.globl	_init
_init:
	push	%rax
	.section .fini,"ax",@progbits
	.globl	_fini
_fini:
	push	%rax
	.text
f:
	.pushsection .rodata
.Lx:	.quad	f
	.popsection
	subq	$8, %rsp
	.section	.rodata
	.byte	1
	.text
	movq	%rax, (%rsp)
	.data
	.previous
	ret
# expect
# 	.section .init
# 	.globl	_init
# 	.p2align	5
# _init:
# 	push	%rax
# 	.section .fini,"ax",@progbits
# 	.globl	_fini
# 	.p2align	5
# _fini:
# 	push	%rax
# 	.text
# 	.p2align	5
# f:
# 	.p2align	0
# 	.pushsection .rodata
# .Lx:
# 	.quad	f
# 	.popsection
# 	subq	$8, %rsp
# 	.section	.rodata
# 	.byte	1
# 	.text
# 	movq	%rax, (%rsp)
# 	.data
# 	.previous
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.section	.init,"ax",@progbits
# 	.p2align	5
# 	.section	.fini,"ax",@progbits
# 	.p2align	5
