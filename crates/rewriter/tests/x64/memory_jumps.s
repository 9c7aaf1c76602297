# run: rewrite --kind jumps
	movl	%eax, 8(%rdi)
	movl	(%edi), %eax
	movq	%rbp, %rsp
	subq	$100000, %rsp
	rep	stosq
	leave
	ret
# expect
# 	movl	%eax, 8(%rdi)
# 	movl	%gs:(%edi), %eax
# 	movq	%rbp, %rsp
# 	subq	$100000, %rsp
# 	rep stosq
# 	leave
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
