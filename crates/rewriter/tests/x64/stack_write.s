# run: rewrite
	movq	%rbp, %rsp
	movq	%r9, %rsp
	movq	48(%rdi), %rsp
	andq	$-16, %rsp
	subq	%rax, %rsp
	movq	(%rdi), %r11
	addq	%r11, %rsp
	subq	8(%rdi), %rsp
	subq	$32768, %rsp
	pushq	%rax
	subq	$32769, %rsp
	leaq	-16(%rbp), %rsp
	leaq	sym(%rsp), %rsp
	leaq	(%rsp,%rax,8), %rsp
	leaq	top(%rip), %rsp
	popq	%rsp
	xchgq	%rsp, %rbx
	xchgq	%rbx, %rsp
	leave
	pushq	%rsp
# expect
# 	.bundle_lock
# 	movl	%ebp, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	.bundle_lock
# 	movl	%r9d, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	movq	%gs:48(%edi), %r11
# 	.bundle_lock
# 	movl	%r11d, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	.bundle_lock
# 	andl	$-16, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	.bundle_lock
# 	subl	%eax, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	movq	%gs:(%edi), %r11
# 	.bundle_lock
# 	addl	%r11d, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	movq	%gs:8(%edi), %r11
# 	.bundle_lock
# 	subl	%r11d, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	subq	$32768, %rsp
# 	pushq	%rax
# 	.bundle_lock
# 	subl	$32769, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	.bundle_lock
# 	leal	-16(%rbp), %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	.bundle_lock
# 	leal	sym(%rsp), %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	.bundle_lock
# 	leal	(%rsp,%rax,8), %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	leaq	top(%rip), %r11
# 	.bundle_lock
# 	movl	%r11d, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	movq	(%rsp), %r11
# 	.bundle_lock
# 	movl	%r11d, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	movq	%rsp, %r11
# 	.bundle_lock
# 	movl	%ebx, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	movq	%r11, %rbx
# 	movq	%rsp, %r11
# 	.bundle_lock
# 	movl	%ebx, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	movq	%r11, %rbx
# 	.bundle_lock
# 	movl	%ebp, %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	popq	%rbp
# 	pushq	%rsp
