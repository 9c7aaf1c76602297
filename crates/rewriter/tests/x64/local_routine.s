# run: rewrite
# %r11 is an argument of the local routine: it is live before the call.
	.type	f,@function
f:
	movq	(%rdi), %r11
	rep	movsb
	call	local
	ret
local:
	addq	%r11, %rax
	ret
# expect
# 	.type	f,@function
# 	.p2align	5
# f:
# 	movq	%gs:(%edi), %r11
# 	.bundle_lock
# 	movl	%edi, %edi
# 	addq	%gs:0x10000, %rdi
# 	movl	%esi, %esi
# 	addq	%gs:0x10000, %rsi
# 	rep movsb
# 	.bundle_unlock
# 	.bundle_lock align_to_end
# 	call	local
# 	.bundle_unlock
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# local:
# 	addq	%r11, %rax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
