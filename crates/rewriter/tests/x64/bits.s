# run: rewrite
	btsq	%rsi, 8(%rdi)
	setb	%al
	btl	%r11d, (%r10,%r9,4)
	setb	%al
	ret
# expect
# 	movq	%r11, -136(%rsp)
# 	movq	%r10, -144(%rsp)
# 	leaq	8(%rdi), %r11
# 	movq	%rsi, %r10
# 	sarq	$6, %r10
# 	leaq	(%r11,%r10,8), %r11
# 	movq	%gs:(%r11d), %r10
# 	btsq	%rsi, %r10
# 	movq	%r10, %gs:(%r11d)
# 	movq	-144(%rsp), %r10
# 	movq	-136(%rsp), %r11
# 	setb	%al
# 	movq	%r8, -136(%rsp)
# 	movq	%rsi, -144(%rsp)
# 	leaq	(%r10,%r9,4), %r8
# 	movslq	%r11d, %rsi
# 	sarq	$5, %rsi
# 	leaq	(%r8,%rsi,4), %r8
# 	movl	%gs:(%r8d), %esi
# 	btl	%r11d, %esi
# 	movq	-144(%rsp), %rsi
# 	movq	-136(%rsp), %r8
# 	setb	%al
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
