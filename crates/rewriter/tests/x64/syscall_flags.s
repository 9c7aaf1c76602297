# run: rewrite
	cmpl	%eax, %ecx
	syscall
	jne	f
# expect
# t.s:3: the flags are used after this instruction, whose sandboxed form changes them: syscall
