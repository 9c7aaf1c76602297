# run: rewrite --compiled
# A variable that was not set on this path is read, and not used.
	.type	f,@function
f:
	testl	%edi, %edi
	je	.L1
	movl	%esi, %r11d
	movl	$1, %ebx
	jmp	.L2
.L1:
	call	g
	xorl	%ebx, %ebx
.L2:
	addb	%r11b, %al
	andl	%ebx, %eax
	ret
# expect
# 	.type	f,@function
# 	.p2align	5
# f:
# 	testl	%edi, %edi
# 	je	.L1
# 	movl	%esi, %r11d
# 	movl	$1, %ebx
# 	jmp	.L2
# .L1:
# 	.bundle_lock align_to_end
# 	call	g
# 	.bundle_unlock
# 	xorl	%ebx, %ebx
# .L2:
# 	addb	%r11b, %al
# 	andl	%ebx, %eax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
