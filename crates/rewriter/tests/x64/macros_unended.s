# run: rewrite
	.macro	m
	nop
# expect
# t.s:2: a macro, repetition or condition without its other end: .macro	m
