# run: rewrite
	jmp	.+4
	jmp	f+4
	jmp	*%rsp
	jmp	*%eax
	jmp	%rax
	call	*%fs:8
	jmp	8
	ljmp	*(%rax)
	lret
	jecxz	f
	loopne	f
	jmp	1b
	bnd
# expect
# t.s:2: a distance in bytes from here changes by rewriting; use a label: jmp	.+4
# t.s:3: the target of a branch must be a label: jmp	f+4
# t.s:4: the target of a branch must be a label: jmp	*%rsp
# t.s:5: the target of a branch must be a label: jmp	*%eax
# t.s:6: the target of a branch must be a label: jmp	%rax
# t.s:7: a stack pointer or branch target in thread-local storage: call	*%fs:8
# t.s:8: the target of a branch must be a label: jmp	8
# t.s:9: far branches change a segment register: ljmp	*(%rax)
# t.s:10: far branches change a segment register: lret
# t.s:11: the address-size prefix is reserved for guarded accesses: jecxz	f
# t.s:12: loops that also test a flag are not supported: loopne	f
# t.s:13: a numeric label that is not defined: jmp	1b
# t.s:14: a prefix without an instruction: bnd
