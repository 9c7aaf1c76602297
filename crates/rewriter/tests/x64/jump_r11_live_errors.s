# run: rewrite
	.text
	.type	one, @function
one:
	# %rax is read at a target.
	jmpq	*(,%rax,8)
.Lone:
	addl	%eax, %r11d
	jmp	.Lone
	.type	two, @function
two:
	# An argument might be passed on to a callee.
	jmpq	*(,%rdi,8)
.Ltwo:
	movl	%r11d, %edi
	jmp	.Ltwo
	.type	three, @function
three:
	# `mul` reads %rax without saying so.
	jmpq	*(,%rax,8)
.Lthree:
	mull	%r11d
	movl	$1, %eax
	jmp	.Lthree
	.type	four, @function
four:
	# %al is written on one of the ways to .Lread only.
	jmpq	*(,%rax,8)
.Lfour:
	testl	%ecx, %ecx
	jne	.Lread
	sete	%al
.Lread:
	movzbl	%al, %eax
	addl	%eax, %r11d
	jmp	.Lfour
	.section	.rodata
	.quad	.Lfour
	.quad	.Lone
	.quad	.Ltwo
	.quad	.Lthree
# expect
# t.s:6: the sandboxed form needs %r11, which is in use here: jmpq	*(,%rax,8)
# t.s:13: the sandboxed form needs %r11, which is in use here: jmpq	*(,%rdi,8)
# t.s:20: the sandboxed form needs %r11, which is in use here: jmpq	*(,%rax,8)
# t.s:28: the sandboxed form needs %r11, which is in use here: jmpq	*(,%rax,8)
