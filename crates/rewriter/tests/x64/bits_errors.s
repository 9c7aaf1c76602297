# run: rewrite
	lock btsq	%rsi, (%rdi)
	setb	%al
	btw	%si, (%rdi)
	btl	%esi, %fs:(%rdi)
	cmpq	%rax, %rbx
	btl	%esi, (%rdi)
	sete	%al
	ret
# expect
# t.s:2: a locked bit string operation has no sandboxed form: btsq	%rsi, (%rdi)
# t.s:4: a 16-bit bit string operation has no sandboxed form: btw	%si, (%rdi)
# t.s:5: a bit offset in a register reaches beyond the memory operand: btl	%esi, %fs:(%rdi)
# t.s:7: the flags are used after this instruction, whose sandboxed form changes them: btl	%esi, (%rdi)
