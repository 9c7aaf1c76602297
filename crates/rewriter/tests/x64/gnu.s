# run: rewrite --gnu
	.type	f,@function
f:
	call	g
	call	*%rax
	call	*%r12
	syscall
	movl	(%rdi), %eax
	ret
# expect
# 	.type	f,@function
# 	.p2align	5
# f:
# 	leaq	.Llfi_0(%rip), %r11
# 	pushq	%r11
# 	jmp	g
# 	.p2align	5
# .Llfi_0:
# 	leaq	.Llfi_1(%rip), %r11
# 	pushq	%r11
# 	.bundle_lock
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	jmpq	*%rax
# 	.bundle_unlock
# 	.p2align	5
# .Llfi_1:
# 	leaq	.Llfi_2(%rip), %r11
# 	pushq	%r11
# 	.bundle_lock
# 	andl	$-32, %r12d
# 	addq	%gs:0x10000, %r12
# 	jmpq	*%r12
# 	.bundle_unlock
# 	.p2align	5
# .Llfi_2:
# 	.p2align	5
# 	nopw	512(%rax,%rax)
# 	nopl	512(%rax,%rax)
# 	.bundle_lock
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10008
# 	.bundle_unlock
# 	movl	%gs:(%edi), %eax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
