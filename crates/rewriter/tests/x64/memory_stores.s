# run: rewrite --kind stores
	movl	8(%rdi), %eax
	movl	%eax, 8(%rdi)
	addl	(%rdi), %eax
	addl	%eax, (%rdi)
	cmpl	%eax, (%rdi)
	testb	$1, (%rdi)
	xchgl	(%rdx), %eax
	sete	(%rdi)
	mull	(%rdi)
	negl	(%rdi)
	fstpl	(%rdi)
	fldl	(%rdi)
	stmxcsr	(%rdi)
	ldmxcsr	(%rdi)
	vextracti128	$1, %ymm0, (%rdi)
	vpmaskmovd	%ymm0, %ymm1, (%rdi)
	pextrw	$1, %xmm0, (%rdi)
	pushq	(%rdi)
	popq	(%rdi)
	movntiq	%rax, (%rdi)
# expect
# 	movl	8(%rdi), %eax
# 	movl	%eax, %gs:8(%edi)
# 	addl	(%rdi), %eax
# 	addl	%eax, %gs:(%edi)
# 	cmpl	%eax, (%rdi)
# 	testb	$1, (%rdi)
# 	xchgl	%gs:(%edx), %eax
# 	sete	%gs:(%edi)
# 	mull	(%rdi)
# 	negl	%gs:(%edi)
# 	fstpl	%gs:(%edi)
# 	fldl	(%rdi)
# 	stmxcsr	%gs:(%edi)
# 	ldmxcsr	(%rdi)
# 	vextracti128	$1, %ymm0, %gs:(%edi)
# 	vpmaskmovd	%ymm0, %ymm1, %gs:(%edi)
# 	pextrw	$1, %xmm0, %gs:(%edi)
# 	pushq	(%rdi)
# 	popq	%gs:(%edi)
# 	movntiq	%rax, %gs:(%edi)
