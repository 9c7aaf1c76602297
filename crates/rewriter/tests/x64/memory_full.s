# run: rewrite
	movl	8(%rdi), %eax
	movq	%rax, -24(%rbp,%rcx,8)
	addl	$1, (%r11,%r12)
	movb	%al, sym(%rax)
	movzbl	(%r8), %ecx
	movaps	%xmm0, 16(%rdi)
	vmovups	(%rsi,%rax,4), %ymm1
	vgatherdps	%ymm2, (%rax,%ymm1,4), %ymm3
	xchgl	%eax, (%rdx)
	xchgl	(%rdx), %eax
	lock	cmpxchgl	%ecx, (%rdi)
	pushq	8(%rdi)
	popq	(%rbx)
	cmpb	$';', (%rdi)
	fldt	(%rax)
	prefetcht0	(%rdi)
	btl	$3, (%rdi)
# These stay: no access, or nothing to guard.
	leaq	8(%rdi,%rax,4), %rcx
	nopw	%cs:8(%rax,%rax)
	movl	x(%rip), %eax
	movq	y@GOTPCREL(%rip), %rax
	imull	%eax, %ecx
# expect
# 	movl	%gs:8(%edi), %eax
# 	movq	%rax, %gs:-24(%ebp,%ecx,8)
# 	addl	$1, %gs:(%r11d,%r12d,1)
# 	movb	%al, %gs:sym(%eax)
# 	movzbl	%gs:(%r8d), %ecx
# 	movaps	%xmm0, %gs:16(%edi)
# 	vmovups	%gs:(%esi,%eax,4), %ymm1
# 	vgatherdps	%ymm2, %gs:(%eax,%ymm1,4), %ymm3
# 	xchgl	%eax, %gs:(%edx)
# 	xchgl	%gs:(%edx), %eax
# 	lock cmpxchgl	%ecx, %gs:(%edi)
# 	pushq	%gs:8(%edi)
# 	popq	%gs:(%ebx)
# 	cmpb	$';', %gs:(%edi)
# 	fldt	%gs:(%eax)
# 	prefetcht0	%gs:(%edi)
# 	btl	$3, %gs:(%edi)
# 	leaq	8(%rdi,%rax,4), %rcx
# 	nopw	%cs:8(%rax,%rax)
# 	movl	x(%rip), %eax
# 	movq	y@GOTPCREL(%rip), %rax
# 	imull	%eax, %ecx
