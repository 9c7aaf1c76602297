# run: rewrite
	nop
	.endr
# expect
# t.s:3: a macro, repetition or condition without its other end: .endr
