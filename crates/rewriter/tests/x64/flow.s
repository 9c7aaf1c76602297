# run: rewrite
# %r11 is dead where it is overwritten on all ways.
	.type	f,@function
f:
	testl	%eax, %eax
	rep	movsb
	je	1f
	movl	$1, %r11d
	jmp	2f
1:	xorl	%r11d, %r11d
2:	rep	movsb
	addq	%r11, %rax
# A byte of it.
	setb	%r11b
	rep	movsb
	testb	%r11b, %r11b
	rep	movsb
# A shift that may not change the flags; one that does.
	cmpl	%eax, %ecx
	rep	movsb
	shll	%cl, %eax
	jne	f
	cmpl	%eax, %ecx
	rep	stosb
	shlq	$32, %rax
	jne	f
	ret
# The jump table of `g` leads here, too.
	.section	.text.unlikely
	.type	g.cold,@function
g.cold:
.Lcold:
	movq	%r11, %rax
	ret
	.text
	.type	g,@function
g:
	movq	(%rdi), %r11
	rep	movsb
	jmpq	*%rax
	.section	.rodata
	.quad	.Lcold
# expect
# 	.type	f,@function
# 	.p2align	5
# f:
# 	testl	%eax, %eax
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	rep movsb
# 	.bundle_unlock
# 	je	1f
# 	movl	$1, %r11d
# 	jmp	2f
# 1:
# 	xorl	%r11d, %r11d
# 2:
# 	.bundle_lock
# 	movl	%edi, %edi
# 	addq	%gs:0x10000, %rdi
# 	movl	%esi, %esi
# 	addq	%gs:0x10000, %rsi
# 	rep movsb
# 	.bundle_unlock
# 	addq	%r11, %rax
# 	setb	%r11b
# 	.bundle_lock
# 	movl	%edi, %edi
# 	addq	%gs:0x10000, %rdi
# 	movl	%esi, %esi
# 	addq	%gs:0x10000, %rsi
# 	rep movsb
# 	.bundle_unlock
# 	testb	%r11b, %r11b
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	rep movsb
# 	.bundle_unlock
# 	cmpl	%eax, %ecx
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	rep movsb
# 	.bundle_unlock
# 	shll	%cl, %eax
# 	jne	f
# 	cmpl	%eax, %ecx
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	rep stosb
# 	.bundle_unlock
# 	shlq	$32, %rax
# 	jne	f
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.section	.text.unlikely
# 	.type	g.cold,@function
# 	.p2align	5
# g.cold:
# .Lcold:
# 	.p2align	0
# 	movq	%r11, %rax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.text
# 	.type	g,@function
# 	.p2align	5
# g:
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
# 	.section	.rodata
# 	.quad	.Lcold
