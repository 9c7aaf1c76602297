# run: rewrite
	subq	$8, %rsp
	jne	f
	subq	$8, %rsp
	addq	$8, %rsp
	leaq	8(%rsp), %rsp
	jmp	g
# No proof: a conditional, a shift, an x87 access, a string instruction.
	subq	$8, %rsp
	cmovel	(%rsp), %eax
	shll	$0, (%rsp)
	shlxl	%eax, (%rsp), %ecx
	rorxl	$0, (%rsp), %ecx
	fldl	(%rsp)
	rep	movsb
	movl	-8(%rsp), %eax
	jmp	g
# %r11 is live; the flags are too.
1:	movq	(%rdi), %r11
	subq	$8, %rsp
	jmp	2f
2:	leaq	8(%rsp), %rsp
	jne	2b
	addq	%r11, %rax
	ret
3:	cmpq	%r11, %rax
	leaq	8(%rsp), %rsp
	jne	3b
	addq	%r11, %rax
	ret
# The end.
	subq	$8, %rsp
# expect
# 	subq	$8, %rsp
# 	movq	(%rsp), %r11
# 	jne	f
# 	subq	$8, %rsp
# 	movq	(%rsp), %r11
# 	addq	$8, %rsp
# 	movq	(%rsp), %r11
# 	leaq	8(%rsp), %rsp
# 	movq	(%rsp), %r11
# 	jmp	g
# 	subq	$8, %rsp
# 	movq	(%rsp), %r11
# 	cmovel	(%rsp), %eax
# 	shll	$0, (%rsp)
# 	shlxl	%eax, (%rsp), %ecx
# 	rorxl	$0, (%rsp), %ecx
# 	fldl	(%rsp)
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	rep movsb
# 	.bundle_unlock
# 	movl	-8(%rsp), %eax
# 	jmp	g
# 1:
# 	movq	%gs:(%edi), %r11
# 	subq	$8, %rsp
# 	movq	%r11, -144(%rsp)
# 	movq	(%rsp), %r11
# 	movq	-144(%rsp), %r11
# 	jmp	2f
# 2:
# 	leaq	8(%rsp), %rsp
# 	movq	%r11, -144(%rsp)
# 	movq	(%rsp), %r11
# 	movq	-144(%rsp), %r11
# 	jne	2b
# 	addq	%r11, %rax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 3:
# 	cmpq	%r11, %rax
# 	leaq	8(%rsp), %rsp
# 	movq	%r11, -144(%rsp)
# 	movq	(%rsp), %r11
# 	movq	-144(%rsp), %r11
# 	jne	3b
# 	addq	%r11, %rax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	subq	$8, %rsp
# 	movq	(%rsp), %r11
