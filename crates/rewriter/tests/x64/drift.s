# run: rewrite
# Settled by what follows.
	subq	$8, %rsp
	call	f
	subq	$100, %rsp
	movl	%eax, 4(%rsp)
	addq	$-128, %rsp
	.p2align 4
.Lx:
	movl	%eax, -4(%rsp)
	leaq	8(%rsp), %rdi
	pushq	%rax
	leaq	16(%rsp), %rsp
	popq	%rbx
	addq	$8, %rsp
	retq
# expect
# 	subq	$8, %rsp
# 	leaq	.Llfi_0(%rip), %r11
# 	pushq	%r11
# 	jmp	f
# 	.p2align	5
# .Llfi_0:
# 	subq	$100, %rsp
# 	movl	%eax, 4(%rsp)
# 	addq	$-128, %rsp
# 	.p2align	4
# .Lx:
# 	movl	%eax, -4(%rsp)
# 	leaq	8(%rsp), %rdi
# 	pushq	%rax
# 	leaq	16(%rsp), %rsp
# 	popq	%rbx
# 	addq	$8, %rsp
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
