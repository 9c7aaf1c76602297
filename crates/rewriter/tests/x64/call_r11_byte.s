# run: rewrite
	callq	f
	jmp	.Lloop
.Lloop:
	cmpq	%rcx, %rdx
	setb	%r11b
	movl	%r11d, %eax
	movzbl	%al, %eax
	cmpl	$1, %eax
	je	.Lloop
	retq
# expect
# 	leaq	.Llfi_0(%rip), %r11
# 	pushq	%r11
# 	jmp	f
# 	.p2align	5
# .Llfi_0:
# 	jmp	.Lloop
# .Lloop:
# 	cmpq	%rcx, %rdx
# 	setb	%r11b
# 	movl	%r11d, %eax
# 	movzbl	%al, %eax
# 	cmpl	$1, %eax
# 	je	.Lloop
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
