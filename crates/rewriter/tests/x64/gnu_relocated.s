# run: rewrite --gnu
# GNU as takes signed relocations in 64-bit addresses only.
	.type	f,@function
f:
	movl	x@tpoff(%rax), %ecx
	movq	x@tpoff+8(%rax,%rcx,2), %rax
	addl	%ecx, x@tpoff(%rax)
	movq	%r11, %rbx
	movl	%fs:x@tpoff, %edx
	movl	%edx, %fs:x@tpoff+4(%rcx)
	movl	x+4, %eax
	ret
	.type	g,@function
g:
	addl	%ecx, x@tpoff(%rax)
	movl	$0, x@tpoff(%rdx)
	movq	%r11, %rax
	ret
# expect
# 	.type	f,@function
# 	.p2align	5
# f:
# 	leaq	x@tpoff(%rax), %rcx
# 	movl	%gs:(%ecx), %ecx
# 	movq	%r11, -144(%rsp)
# 	leaq	x@tpoff+8(%rax,%rcx,2), %r11
# 	movq	%gs:(%r11d), %rax
# 	movq	-144(%rsp), %r11
# 	movq	%r11, -144(%rsp)
# 	leaq	x@tpoff(%rax), %r11
# 	addl	%ecx, %gs:(%r11d)
# 	movq	-144(%rsp), %r11
# 	movq	%r11, %rbx
# 	movq	%rax, %rdx
# 	.p2align	5
# 	nopw	512(%rax,%rax)
# 	nopl	512(%rax,%rax)
# 	.bundle_lock
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	xchgq	%rax, %rdx
# 	leaq	x@tpoff(%rdx), %rdx
# 	movl	%gs:(%edx), %edx
# 	movq	%rax, -136(%rsp)
# 	.p2align	5
# 	nopw	512(%rax,%rax)
# 	nopl	512(%rax,%rax)
# 	.bundle_lock
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	movq	%rax, %r11
# 	movq	-136(%rsp), %rax
# 	leaq	x@tpoff+4(%r11), %r11
# 	movl	%edx, %gs:(%r11d,%ecx,1)
# 	movl	%gs:x+4(,%eiz), %eax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.type	g,@function
# 	.p2align	5
# g:
# 	movq	%r11, -144(%rsp)
# 	leaq	x@tpoff(%rax), %r11
# 	addl	%ecx, %gs:(%r11d)
# 	movq	-144(%rsp), %r11
# 	movq	%r11, -144(%rsp)
# 	leaq	x@tpoff(%rdx), %r11
# 	movl	$0, %gs:(%r11d)
# 	movq	-144(%rsp), %r11
# 	movq	%r11, %rax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
