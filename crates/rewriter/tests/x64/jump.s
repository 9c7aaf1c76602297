# run: rewrite
	jmp	f
	jmp	f@PLT
	jne	f
1:	jmpq	*%rax
	jmp	*%r11
	jmpq	*(%rax,%rcx,8)
	jmp	1b
# expect
# 	jmp	f
# 	jmp	f@PLT
# 	jne	f
# 1:
# 	.bundle_lock
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	jmpq	*%rax
# 	.bundle_unlock
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	movq	%gs:(%eax,%ecx,8), %r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	jmp	1b
