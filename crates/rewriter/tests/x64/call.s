# run: rewrite
	.text
	.globl	f
	.type	f,@function
f:
	call	g@PLT
	callq	*%rax
	callq	*8(%rdi)
	callq	*(%rsp)
	callq	*g@GOTPCREL(%rip)
	movq	(%rdi), %r11
	notrack	call *%r11
	call	1f
1:	popq	%rax
	ret
# expect
# 	.text
# 	.globl	f
# 	.type	f,@function
# 	.p2align	5
# f:
# 	nop
# 	.bundle_lock align_to_end
# 	call	g@PLT
# 	.bundle_unlock
# 	.bundle_lock align_to_end
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	callq	*%rax
# 	.bundle_unlock
# 	movq	%gs:8(%edi), %r11
# 	.bundle_lock align_to_end
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	callq	*%r11
# 	.bundle_unlock
# 	movq	(%rsp), %r11
# 	.bundle_lock align_to_end
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	callq	*%r11
# 	.bundle_unlock
# 	movq	g@GOTPCREL(%rip), %r11
# 	.bundle_lock align_to_end
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	callq	*%r11
# 	.bundle_unlock
# 	movq	%gs:(%edi), %r11
# 	.bundle_lock align_to_end
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	callq	*%r11
# 	.bundle_unlock
# 	.bundle_lock align_to_end
# 	call	1f
# 	.bundle_unlock
# 1:
# 	popq	%rax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
