# run: rewrite
# xgetbv; aesenc; a load; a repeated return
	.byte	0x0f,1
	.byte	0xd0	# split, as clang shows it
	.byte	102,15,56,220,193; .byte 0x48, -117, 7
	movl	%eax, %ecx
1:	.byte	0xf3
	.byte	0xc3
# expect
# 	xgetbv
# 	aesenc	%xmm1, %xmm0
# 	mov	%gs:(%edi), %rax
# 	movl	%eax, %ecx
# 1:
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
