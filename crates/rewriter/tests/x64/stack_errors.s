# run: rewrite
	movl	%eax, %esp
	movw	%ax, %sp
	incq	%rsp
	cmoveq	%rax, %rsp
	movq	$8, %rsp
	bsfq	%rax, %rsp
	popw	%ax
	popf
	enter	$8, $0
	movzwl	%ax, %esp
	andq	$-16, %rsp
	jne	f
	movq	%r11, %rax
1:	movq	(%rdi), %rsp
	jmp	1b
2:	cmpl	%eax, %ecx
	movq	(%rdi), %rsp
	jne	2b
	addq	%r11, %rax
# expect
# t.s:2: this write of the stack pointer has no sandboxed form: movl	%eax, %esp
# t.s:3: this write of the stack pointer has no sandboxed form: movw	%ax, %sp
# t.s:4: this write of the stack pointer has no sandboxed form: incq	%rsp
# t.s:5: this write of the stack pointer has no sandboxed form: cmoveq	%rax, %rsp
# t.s:6: this write of the stack pointer has no sandboxed form: movq	$8, %rsp
# t.s:7: this write of the stack pointer has no sandboxed form: bsfq	%rax, %rsp
# t.s:8: 16-bit pushes and pops leave the stack pointer unaligned: popw	%ax
# t.s:9: it can set the trap and alignment-check flags; use sahf: popf
# t.s:10: enter writes the stack pointer in a way that cannot be masked: enter	$8, $0
# t.s:11: this write of the stack pointer has no sandboxed form: movzwl	%ax, %esp
# t.s:12: the flags are used after this instruction, whose sandboxed form changes them: andq	$-16, %rsp
# t.s:18: the sandboxed form needs %r11, which is in use here: movq	(%rdi), %rsp
