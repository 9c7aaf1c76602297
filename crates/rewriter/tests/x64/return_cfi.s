# run: rewrite
	.type	f,@function
f:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	.cfi_remember_state
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	retq
	.cfi_restore_state
# The frame is found by %rbp here.
	retq
	.cfi_endproc
g:	ret
# expect
# 	.type	f,@function
# 	.p2align	5
# f:
# 	.cfi_startproc
# 	.p2align	0
# 	pushq	%rbp
# 	.cfi_def_cfa_offset 16
# 	.p2align	0
# 	movq	%rsp, %rbp
# 	.cfi_def_cfa_register %rbp
# 	.p2align	0
# 	.cfi_remember_state
# 	.p2align	0
# 	popq	%rbp
# 	.cfi_def_cfa %rsp, 8
# 	.p2align	0
# 	popq	%r11
# 	.cfi_adjust_cfa_offset -8
# 	.p2align	0
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.cfi_adjust_cfa_offset 8
# 	.p2align	0
# 	.cfi_restore_state
# 	.p2align	0
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.cfi_endproc
# g:
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
