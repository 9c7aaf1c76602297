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
