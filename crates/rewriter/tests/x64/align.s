# run: rewrite
	.text
	.p2align	4, 0x90
	.globl	f
	.type	f,@function
f:
	leaq	.Ltable(%rip), %rcx
	movslq	(%rcx,%rdi,4), %rax
	addq	%rcx, %rax
	notrack	jmp *%rax
.Lcase0:
	call	g
	.p2align	4,,10
.Lplain:
	jmp	.Lplain
.Lcase1:
.Lcase1_too:
	leaq	.Lgoto(%rip), %rax
	jmp	*%rax
.Lgoto:
	leaq	1f(%rip), %rax
	jmp	*%rax
1:	ret
1:	ret
	.p2align	6
	.type	local,@function
local:
	ret
	.set	alias, .Laliased
.Laliased:
	ret
	.section	.rodata,"a",@progbits
	.p2align	2
.Ltable:
	.long	.Lcase0-.Ltable
	.long	.Lcase1-.Ltable
	.section	.debug_info,"",@progbits
	.quad	.Lplain
# expect
# 	.text
# 	.p2align	4
# 	.globl	f
# 	.type	f,@function
# 	.p2align	5
# f:
# 	leaq	.Ltable(%rip), %rcx
# 	movslq	%gs:(%ecx,%edi,4), %rax
# 	addq	%rcx, %rax
# 	.bundle_lock
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	jmpq	*%rax
# 	.bundle_unlock
# 	.p2align	5
# .Lcase0:
# 	.p2align	0
# 	leaq	.Llfi_0(%rip), %r11
# 	pushq	%r11
# 	jmp	g
# 	.p2align	5
# .Llfi_0:
# 	.p2align	4, , 10
# .Lplain:
# 	.p2align	0
# 	jmp	.Lplain
# 	.p2align	5
# .Lcase1:
# 	.p2align	0
# .Lcase1_too:
# 	leaq	.Lgoto(%rip), %rax
# 	.bundle_lock
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	jmpq	*%rax
# 	.bundle_unlock
# 	.p2align	5
# .Lgoto:
# 	leaq	1f(%rip), %rax
# 	.bundle_lock
# 	andl	$-32, %eax
# 	addq	%gs:0x10000, %rax
# 	jmpq	*%rax
# 	.bundle_unlock
# 	.p2align	5
# 1:
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 1:
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.p2align	5
# 	.p2align	6
# 	.type	local,@function
# 	.p2align	5
# local:
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.set	alias, .Laliased
# 	.p2align	5
# .Laliased:
# 	.p2align	0
# 	popq	%r11
# 	.bundle_lock
# 	andl	$-32, %r11d
# 	addq	%gs:0x10000, %r11
# 	jmpq	*%r11
# 	.bundle_unlock
# 	.section	.rodata,"a",@progbits
# 	.p2align	2
# .Ltable:
# 	.long	.Lcase0-.Ltable
# 	.long	.Lcase1-.Ltable
# 	.section	.debug_info,"",@progbits
# 	.quad	.Lplain
