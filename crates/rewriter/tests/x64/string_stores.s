# run: rewrite --kind stores
	rep	movsq
	rep	stosq
	lodsb
	repne	scasb
	cmpsw
# expect
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	rep movsq
# 	.bundle_unlock
# 	.bundle_lock
# 	movq	%gs:0x10000, %r11
# 	movl	%edi, %edi
# 	leaq	(%rdi,%r11), %rdi
# 	rep stosq
# 	.bundle_unlock
# 	lodsb
# 	repne scasb
# 	cmpsw
