# run: rewrite
	leaq	x@TLSGD(%rip), %rdi
	leaq	x@TLSDESC(%rip), %rax
	movl	%r11d, %fs:8
	call	*%fs:16
	leaq	%fs:8, %rax
# expect
# t.s:2: dynamic thread-local access; compile with -ftls-model=initial-exec or local-exec: leaq	x@TLSGD(%rip), %rdi
# t.s:3: dynamic thread-local access; compile with -ftls-model=initial-exec or local-exec: leaq	x@TLSDESC(%rip), %rax
# t.s:4: the sandboxed form needs %r11, which is in use here: movl	%r11d, %fs:8
# t.s:5: a stack pointer or branch target in thread-local storage: call	*%fs:16
# t.s:6: segment override: leaq	%fs:8, %rax
