# run: rewrite
	rep
	movsq
	rep;stosq	%rax, %es:(%rdi)
	lodsb
	repne	scasb
	repe	cmpsb	(%rsi), %es:(%rdi)
	movsd
	movsd	%xmm0, %xmm1
	std
	rep	movsb
	cld
# expect
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	rep movsq
# 	.bundle_unlock
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	rep stosq
# 	.bundle_unlock
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	lodsb
# 	.bundle_unlock
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	repne scasb
# 	.bundle_unlock
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	rep cmpsb
# 	.bundle_unlock
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	movsl
# 	.bundle_unlock
# 	movsd	%xmm0, %xmm1
# 	std
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	movl	%esi, %esi
# 	leaq	(%rsi,%r11), %rsi
# 	rep movsb
# 	.bundle_unlock
# 	cld
