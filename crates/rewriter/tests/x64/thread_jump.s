# run: rewrite
f:
	movq	%fs:0, %rax
	movq	%fs:0, %rcx
	movl	%fs:x@TPOFF, %edx
	movslq	%fs:x@TPOFF, %rdx
	addl	%fs:x@TPOFF, %ecx
	movl	%eax, %fs:x@TPOFF
	movl	%fs:(%rax), %eax
	movb	%al, %fs:buffer@TPOFF(%rcx)
	movl	%fs:buffer@TPOFF(%rdi,%rcx,4), %edx
	cmpq	%fs:40, %rax
	jne	f
	movl	$1, %r11d
	movq	%fs:0, %rcx
	movq	%rcx, %fs:8
	cmpl	%r11d, %ecx
	movq	%fs:16, %r11
	movq	%r11, (%rdi)
	ret
# expect
# f:
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	movq	%rax, %rcx
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	xchgq	%rax, %rcx
# 	movq	%rax, %rdx
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	xchgq	%rax, %rdx
# 	movl	%gs:x@TPOFF(%edx), %edx
# 	movq	%rax, %rdx
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	xchgq	%rax, %rdx
# 	movslq	%gs:x@TPOFF(%edx), %rdx
# 	movq	%rax, -136(%rsp)
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	movq	%rax, %r11
# 	movq	-136(%rsp), %rax
# 	addl	%gs:x@TPOFF(%r11d), %ecx
# 	movq	%rax, -136(%rsp)
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	movq	%rax, %r11
# 	movq	-136(%rsp), %rax
# 	movl	%eax, %gs:x@TPOFF(%r11d)
# 	movq	%rax, -136(%rsp)
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	movq	%rax, %r11
# 	movq	-136(%rsp), %rax
# 	movl	%gs:(%r11d,%eax,1), %eax
# 	movq	%rax, -136(%rsp)
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	movq	%rax, %r11
# 	movq	-136(%rsp), %rax
# 	movb	%al, %gs:buffer@TPOFF(%r11d,%ecx,1)
# 	movq	%rax, %rdx
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	xchgq	%rax, %rdx
# 	leaq	(%rdx,%rdi), %rdx
# 	movl	%gs:buffer@TPOFF(%edx,%ecx,4), %edx
# 	movq	%rax, -136(%rsp)
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	movq	%rax, %r11
# 	movq	-136(%rsp), %rax
# 	cmpq	%gs:40(%r11d), %rax
# 	jne	f
# 	movl	$1, %r11d
# 	movq	%r11, -144(%rsp)
# 	movq	%rax, %rcx
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	xchgq	%rax, %rcx
# 	movq	-144(%rsp), %r11
# 	movq	%r11, -144(%rsp)
# 	movq	%rax, -136(%rsp)
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	movq	%rax, %r11
# 	movq	-136(%rsp), %rax
# 	movq	%rcx, %gs:8(%r11d)
# 	movq	-144(%rsp), %r11
# 	cmpl	%r11d, %ecx
# 	movq	%rax, -136(%rsp)
# 	.bundle_lock align_to_end
# 	leaq	8(%rip), %r11
# 	jmpq	*%gs:0x10010
# 	.bundle_unlock
# 	movq	%rax, %r11
# 	movq	-136(%rsp), %rax
# 	movq	%gs:16(%r11d), %r11
# 	movq	%r11, %gs:(%edi)
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
