# run: rewrite --returns ret
	ret
	repz
	retq
	retq	$8
# expect
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	pushq	%r11
# 	retq
# 	.bundle_unlock
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	pushq	%r11
# 	retq
# 	.bundle_unlock
# 	popq	%r11
# 	.bundle_lock
# 	leal	8(%rsp), %esp
# 	addq	%gs:0x10000, %rsp
# 	.bundle_unlock
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	pushq	%r11
# 	retq
# 	.bundle_unlock
