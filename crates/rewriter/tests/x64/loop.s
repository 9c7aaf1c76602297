# run: rewrite
1:	loop	1b
	jrcxz	1b
	ret
2:	cmpl	%eax, %ecx
	loop	2b
	jrcxz	2b
	jne	2b
	ret
# expect
# 1:
# 	decq	%rcx
# 	jne	1b
# 	testq	%rcx, %rcx
# 	je	1b
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 2:
# 	cmpl	%eax, %ecx
# 	leaq	-1(%rcx), %rcx
# 	.bundle_lock
# 	jrcxz	.Llfi_0
# 	jmp	2b
# 	.bundle_unlock
# .Llfi_0:
# 	.bundle_lock
# 	jrcxz	.Llfi_1
# 	jmp	.Llfi_2
# .Llfi_1:
# 	jmp	2b
# 	.bundle_unlock
# .Llfi_2:
# 	jne	2b
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
