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
# 	leaq	.Llfi_0(%rip), %r11
# 	pushq	%r11
# 	jmp	g@PLT
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
# 	movq	%gs:8(%edi), %r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.p2align	5
# .Llfi_2:
# 	movq	(%rsp), %r11
# 	.bundle_lock align_to_end
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	callq	*%r11
# 	.bundle_unlock
# 	leaq	.Llfi_3(%rip), %r11
# 	pushq	%r11
# 	movq	g@GOTPCREL(%rip), %r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.p2align	5
# .Llfi_3:
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
