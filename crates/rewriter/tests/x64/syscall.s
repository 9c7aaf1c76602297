# run: rewrite
# As in a thread's start: the label stays next to what it labels.
__cp_begin:
	mov	$60, %eax
	syscall
	.globl	__cp_end
__cp_end:
	test	%eax, %eax
	jz	1f
	syscall
1:	hlt
# expect
# __cp_begin:
# 	mov	$60, %eax
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10008
# 	.bundle_unlock
# 	.globl	__cp_end
# 	.p2align	5
# __cp_end:
# 	test	%eax, %eax
# 	jz	1f
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10008
# 	.bundle_unlock
# 1:
# 	hlt
