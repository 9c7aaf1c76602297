# run: rewrite
	.text
	.type	interpret, @function
interpret:
	movl	$5, %r11d
.Lnext:
	movl	(%r12), %eax
	# %rax is dead at all targets, %r11 is not.
	jmpq	*(%rbx,%rax,8)
.Lone:
	movl	%ebp, %eax
	jmp	.Lnext
.Ltwo:
	addl	%r11d, %ebp
	jne	.Lone
	xorl	%r9d, %r9d
	movzbl	(%r12), %eax
	jmp	.Lone
.Lthree:
	xorl	%eax, %eax
	jmp	.Lone
.Lfour:
	imulq	$56, %r14, %r9
	sete	%al
	movzbl	%al, %eax
	jmp	.Lone
	.size	interpret, .-interpret
	.section	.rodata
	.quad	.Lone
	.quad	.Ltwo
	.quad	.Lthree
	.quad	.Lfour
# expect
# 	.text
# 	.type	interpret, @function
# 	.p2align	5
# interpret:
# 	.p2align	0
# 	movl	$5, %r11d
# .Lnext:
# 	movl	%gs:(%r12d), %eax
# 	movq	%gs:(%ebx,%eax,8), %rax
# 	.bundle_lock
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	jmpq	*%rax
# 	.bundle_unlock
# 	.p2align	5
# .Lone:
# 	.p2align	0
# 	movl	%ebp, %eax
# 	jmp	.Lnext
# 	.p2align	5
# .Ltwo:
# 	.p2align	0
# 	addl	%r11d, %ebp
# 	jne	.Lone
# 	xorl	%r9d, %r9d
# 	movzbl	%gs:(%r12d), %eax
# 	jmp	.Lone
# 	.p2align	5
# .Lthree:
# 	.p2align	0
# 	xorl	%eax, %eax
# 	jmp	.Lone
# 	.p2align	5
# .Lfour:
# 	.p2align	0
# 	imulq	$56, %r14, %r9
# 	sete	%al
# 	movzbl	%al, %eax
# 	jmp	.Lone
# 	.size	interpret, .-interpret
# 	.section	.rodata
# 	.quad	.Lone
# 	.quad	.Ltwo
# 	.quad	.Lthree
# 	.quad	.Lfour
