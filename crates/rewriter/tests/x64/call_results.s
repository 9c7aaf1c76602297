# run: rewrite
	call	f
	jc	1f
	call	f
	movq	%r11, %rax
1:	call	f
	ret
# What a jump table needs of %r11 says nothing about this call.
	.type	g,@function
g:
	call	f
	leaq	.Ltable(%rip), %rcx
	movslq	(%rcx,%rax,4), %rax
	addq	%rcx, %rax
	jmpq	*%rax
.Lcase:
	movq	%r11, %rax
	ret
# Nor does what stands behind a call that does not return.
	.type	h,@function
h:
	movl	$1, %r11d
	testl	%edi, %edi
	jne	1f
	callq	abort
1:	addl	%r11d, %eax
	ret
# Nor what a bit scan or an idiom for a constant seems to read.
	.type	i,@function
i:
	callq	f
	bsfq	%rax, %r11
	addq	%r11, %rax
	callq	f
	orl	$-1, %r11d
	addq	%r11, %rax
	callq	f
	cmpl	%ecx, %eax
	sbbl	%r11d, %r11d
	addq	%r11, %rax
	ret
# Nor a push that aligns the stack.
	.type	j,@function
j:
	pushq	%rbx
	callq	f
	pushq	%r11
	pushq	$-2
	callq	f
	addq	$16, %rsp
	popq	%rbx
	ret
	.section .rodata
.Ltable:
	.long	.Lcase-.Ltable
# expect
# t.s:2: the callee returns a result in flags; sandboxed returns change them: call	f
# t.s:4: the callee is expected to leave %r11 alone; sandboxed returns change it: call	f
