# run: rewrite
	.if	1
	nop
# expect
# t.s:3: a macro, repetition or condition without its other end: nop
