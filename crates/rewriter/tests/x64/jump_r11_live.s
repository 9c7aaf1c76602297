# run: rewrite
	.text
	.type	interpret, @function
interpret:
	movl	$5, %r11d
.Lnext:
	movl	(%r12), %eax
	# %rax is dead at all targets, %r11 is not.
	jmpq	*(%rbx,%rax,8)
.Lone:
	movl	%ebp, %eax
	jmp	.Lnext
.Ltwo:
	addl	%r11d, %ebp
	jne	.Lone
	xorl	%r9d, %r9d
	movzbl	(%r12), %eax
	jmp	.Lone
.Lthree:
	xorl	%eax, %eax
	jmp	.Lone
.Lfour:
	imulq	$56, %r14, %r9
	sete	%al
.Ltmp:
.Lagain:
	subl	$1, %r9d
	jne	.Lagain
	movzbl	%al, %eax
	jmp	.Lone
	.size	interpret, .-interpret
# All of the operand is in use at the targets; %rdi is not, since the jump cannot
# be a tail call.
	.text
	.type	busy, @function
busy:
	jmpq	*(%r15,%r12,8)
.Lfive:
	addl	%r11d, %r12d
	cltq
	movzbl	(%r13), %edi
	jmpq	*(%r15,%r12,8)
.Lsix:
	addq	%r11, %r12
	movl	$1, %edi
	callq	f
	movq	%r15, %rax
	popq	%r12
	ret
# Only the distance of .Leight is taken: no address in memory is that.
	.type	far, @function
far:
	jmpq	*(%rbx,%rax,8)
.Lseven:
	movl	$1, %r11d
	leaq	.Ldistances(%rip), %rcx
	movslq	(%rcx,%rax,4), %rax
	addq	%rcx, %rax
	jmpq	*%rax
.Leight:
	addq	%r11, %rax
	ret
# Nothing is behind the last label: no way to it ends in the next function, which reads %rax.
	.type	unreachable, @function
unreachable:
	jmpq	*(%rbx,%rax,8)
.Lnine:
	addl	%r11d, %edx
	xorl	%eax, %eax
	callq	_Exit
.Lten:
	.size	unreachable, .-unreachable
	.section	.rodata
	.long	1
	.text
	.type	next, @function
next:
	addq	%rax, %rdi
	ret
	.section	.rodata
.Ldistances:
	.long	.Leight-.Ldistances
	.quad	.Lfive, .Lsix, .Lseven, .Lnine, .Lten
	.quad	.Lone
	.quad	.Ltwo
	.quad	.Lthree
	.quad	.Lfour
# expect
# 	.text
# 	.type	interpret, @function
# 	.p2align	5
# interpret:
# 	.p2align	0
# 	movl	$5, %r11d
# .Lnext:
# 	movl	%gs:(%r12d), %eax
# 	movq	%gs:(%ebx,%eax,8), %rax
# 	.bundle_lock
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	jmpq	*%rax
# 	.bundle_unlock
# 	.p2align	5
# .Lone:
# 	.p2align	0
# 	movl	%ebp, %eax
# 	jmp	.Lnext
# 	.p2align	5
# .Ltwo:
# 	.p2align	0
# 	addl	%r11d, %ebp
# 	jne	.Lone
# 	xorl	%r9d, %r9d
# 	movzbl	%gs:(%r12d), %eax
# 	jmp	.Lone
# 	.p2align	5
# .Lthree:
# 	.p2align	0
# 	xorl	%eax, %eax
# 	jmp	.Lone
# 	.p2align	5
# .Lfour:
# 	.p2align	0
# 	imulq	$56, %r14, %r9
# 	sete	%al
# .Ltmp:
# .Lagain:
# 	subl	$1, %r9d
# 	jne	.Lagain
# 	movzbl	%al, %eax
# 	jmp	.Lone
# 	.size	interpret, .-interpret
# 	.text
# 	.type	busy, @function
# 	.p2align	5
# busy:
# 	movq	%gs:(%r15d,%r12d,8), %rdi
# 	.bundle_lock
# 	andl	$-32, %edi
# 	addq	%gs:0x10000, %rdi
# 	jmpq	*%rdi
# 	.bundle_unlock
# 	.p2align	5
# .Lfive:
# 	.p2align	0
# 	addl	%r11d, %r12d
# 	cltq
# 	movzbl	%gs:(%r13d), %edi
# 	movq	%gs:(%r15d,%r12d,8), %rdi
# 	.bundle_lock
# 	andl	$-32, %edi
# 	addq	%gs:0x10000, %rdi
# 	jmpq	*%rdi
# 	.bundle_unlock
# 	.p2align	5
# .Lsix:
# 	.p2align	0
# 	addq	%r11, %r12
# 	movl	$1, %edi
# 	leaq	.Llfi_0(%rip), %r11
# 	pushq	%r11
# 	jmp	f
# 	.p2align	5
# .Llfi_0:
# 	movq	%r15, %rax
# 	popq	%r12
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.type	far, @function
# 	.p2align	5
# far:
# 	movq	%gs:(%ebx,%eax,8), %r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.p2align	5
# .Lseven:
# 	.p2align	0
# 	movl	$1, %r11d
# 	leaq	.Ldistances(%rip), %rcx
# 	movslq	%gs:(%ecx,%eax,4), %rax
# 	addq	%rcx, %rax
# 	.bundle_lock
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	jmpq	*%rax
# 	.bundle_unlock
# 	.p2align	5
# .Leight:
# 	.p2align	0
# 	addq	%r11, %rax
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.type	unreachable, @function
# 	.p2align	5
# unreachable:
# 	.p2align	0
# 	movq	%gs:(%ebx,%eax,8), %rax
# 	.bundle_lock
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	jmpq	*%rax
# 	.bundle_unlock
# 	.p2align	5
# .Lnine:
# 	.p2align	0
# 	addl	%r11d, %edx
# 	xorl	%eax, %eax
# 	leaq	.Llfi_1(%rip), %r11
# 	pushq	%r11
# 	jmp	_Exit
# 	.p2align	5
# .Llfi_1:
# .Lten:
# 	.p2align	0
# 	.size	unreachable, .-unreachable
# 	.section	.rodata
# 	.long	1
# 	.text
# 	.type	next, @function
# next:
# 	addq	%rax, %rdi
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.section	.rodata
# .Ldistances:
# 	.long	.Leight-.Ldistances
# 	.quad	.Lfive, .Lsix, .Lseven, .Lnine, .Lten
# 	.quad	.Lone
# 	.quad	.Ltwo
# 	.quad	.Lthree
# 	.quad	.Lfour
