# run: rewrite
	.rept	x
	nop
	.endr
# expect
# t.s:2: the count of a repetition must be a number known here: .rept	x
