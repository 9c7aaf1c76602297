# run: rewrite
	cmpl	%eax, %ecx
	movq	%rbp, %rsp
	jne	f
	cmpl	%eax, %ecx
	leaq	-16(%rbp), %rsp
	jne	f
	cmpl	%eax, %ecx
	leave
	jne	f
	ret
# expect
# 	cmpl	%eax, %ecx
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%ebp, %esp
# 	leaq	(%rsp,%r11), %rsp
# 	.bundle_unlock
# 	jne	f
# 	cmpl	%eax, %ecx
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	leal	-16(%rbp), %esp
# 	leaq	(%rsp,%r11), %rsp
# 	.bundle_unlock
# 	jne	f
# 	cmpl	%eax, %ecx
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%ebp, %esp
# 	leaq	(%rsp,%r11), %rsp
# 	.bundle_unlock
# 	popq	%rbp
# 	jne	f
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
