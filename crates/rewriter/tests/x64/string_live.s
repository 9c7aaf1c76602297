# run: rewrite
# The flags are dead, %r11 is not; then neither is.
	movl	$1, %r11d
	rep	stosb
	addq	%r11, %rax
	cmpl	%eax, %ecx
	rep	movsb
	jne	f
	movq	(%rdi), %r11
	cmpl	%eax, %ecx
	movsb
	cmovel	%r11d, %eax
# Nothing is compared when %rcx is 0: the flags of before are live.
	cmpl	%eax, %eax
	repe	cmpsb
	sete	%al
	ret
# expect
# 	movl	$1, %r11d
# 	.bundle_lock
# 	movl	%edi, %edi
# 	addq	%gs:0x10000, %rdi
# 	rep stosb
# 	.bundle_unlock
# 	addq	%r11, %rax
# 	cmpl	%eax, %ecx
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	rep movsb
# 	.bundle_unlock
# 	jne	f
# 	movq	%gs:(%edi), %r11
# 	cmpl	%eax, %ecx
# 	movq	%r11, -144(%rsp)
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	movsb
# 	.bundle_unlock
# 	movq	-144(%rsp), %r11
# 	cmovel	%r11d, %eax
# 	cmpl	%eax, %eax
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	rep cmpsb
# 	.bundle_unlock
# 	sete	%al
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
