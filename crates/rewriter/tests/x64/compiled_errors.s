# run: rewrite
# In code that people wrote it is not known to be harmless.
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
# t.s:11: the callee is expected to leave %r11 alone; sandboxed returns change it: call	g
