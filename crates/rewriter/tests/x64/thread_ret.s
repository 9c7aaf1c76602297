# run: rewrite --returns ret
f:
	movq	%fs:0, %rax
	movl	%fs:x@TPOFF, %edx
	addl	%fs:x@TPOFF, %ecx
	movl	%eax, %fs:x@TPOFF
	movl	%fs:buffer@TPOFF(%rdi,%rcx,4), %ecx
	movl	$1, %r11d
	movq	%rcx, %fs:8
	cmpl	%r11d, %ecx
	ret
# expect
# f:
# 	movq	%gs:0x10028(,%eiz), %rax
# 	movq	%gs:0x10028(,%eiz), %rdx
# 	movl	%gs:x@TPOFF(%edx), %edx
# 	movq	%gs:0x10028(,%eiz), %r11
# 	addl	%gs:x@TPOFF(%r11d), %ecx
# 	movq	%gs:0x10028(,%eiz), %r11
# 	movl	%eax, %gs:x@TPOFF(%r11d)
# 	movq	%gs:0x10028(,%eiz), %r11
# 	leaq	(%r11,%rdi), %r11
# 	movl	%gs:buffer@TPOFF(%r11d,%ecx,4), %ecx
# 	movl	$1, %r11d
# 	movq	%r11, -144(%rsp)
# 	movq	%gs:0x10028(,%eiz), %r11
# 	movq	%rcx, %gs:8(%r11d)
# 	movq	-144(%rsp), %r11
# 	cmpl	%r11d, %ecx
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	pushq	%r11
# 	retq
# 	.bundle_unlock
