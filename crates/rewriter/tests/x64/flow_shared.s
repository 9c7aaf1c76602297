# run: rewrite
# Two functions that share a tail share its jump table: %r11 is live at the
# jump of the first, because a label of the second needs it.
	.type	f,@function
f:
	movq	(%rdi), %r11
	rep	movsb
	jmpq	*%rax
1:	jmp	.Ltail
	.type	g,@function
g:
	ret
.Ltail:
	ret
.Lcase:
	movq	%r11, %rax
	ret
# One that falls into another.
	.type	h,@function
h:
	rep	movsb
	jmp	*%rax
2:	nop
	.type	i,@function
i:
	ret
.Lother:
	addq	%r11, %rax
	ret
	.section	.rodata
	.quad	.Lcase, .Lother
# expect
# 	.type	f,@function
# 	.p2align	5
# f:
# 	movq	%gs:(%edi), %r11
# 	.bundle_lock
# 	movl	%edi, %edi
# 	addq	%gs:0x10000, %rdi
# 	movl	%esi, %esi
# 	addq	%gs:0x10000, %rsi
# 	rep movsb
# 	.bundle_unlock
# 	.bundle_lock
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	jmpq	*%rax
# 	.bundle_unlock
# 1:
# 	jmp	.Ltail
# 	.type	g,@function
# 	.p2align	5
# g:
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# .Ltail:
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.p2align	5
# .Lcase:
# 	.p2align	0
# 	movq	%r11, %rax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.type	h,@function
# 	.p2align	5
# h:
# 	.bundle_lock
# 	movl	%edi, %edi
# 	addq	%gs:0x10000, %rdi
# 	movl	%esi, %esi
# 	addq	%gs:0x10000, %rsi
# 	rep movsb
# 	.bundle_unlock
# 	.bundle_lock
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	jmpq	*%rax
# 	.bundle_unlock
# 2:
# 	nop
# 	.type	i,@function
# 	.p2align	5
# i:
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.p2align	5
# .Lother:
# 	.p2align	0
# 	addq	%r11, %rax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.section	.rodata
# 	.quad	.Lcase, .Lother
