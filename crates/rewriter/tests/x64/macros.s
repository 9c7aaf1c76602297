# run: rewrite
	.macro load reg, from=%rdi, offset:req
	movq	\offset(\from), \reg
	.endm
	.macro twice what:vararg
	.rept 2
	\what
	.endr
	.endm
	load	%rax, offset=8; load %rcx, %rsi, 8*2
	twice	addq %rax, %rcx
	.irp	n, 8, 9
	pushq	%r\n
	.endr
	.irpc	c, ab
	movb	$1, x_\c\()_1(%rip)
	.endr
	.set	i, 0
	.macro count to
	.if	i < \to
	nop
	.set	i, i+1
	count	\to
	.elseif \to == 2
	cld
	.else
	std
	.endif
	.endm
	count	2
	.ifdef	i
	.ifnc	a, a
	.error
	.else
1:	jmp	1b
	.endif
	.endif
	.macro label
.Lend_\@:
	.exitm
	frobnicate
	.endm
	label
	label
	.purgem	label
	.rept	0
	frobnicate
	.endr
	.ifb
	.byte	0x0f, 0x0b
	.endif
# expect
# 	movq	%gs:8(%edi), %rax
# 	movq	%gs:8*2(%esi), %rcx
# 	addq	%rax, %rcx
# 	addq	%rax, %rcx
# 	pushq	%r8
# 	pushq	%r9
# 	movb	$1, x_a_1(%rip)
# 	movb	$1, x_b_1(%rip)
# 	.set	i, 0
# 	nop
# 	.set	i, i+1
# 	nop
# 	.set	i, i+1
# 	cld
# 1:
# 	jmp	1b
# .Lend_7:
# .Lend_8:
# 	ud2
