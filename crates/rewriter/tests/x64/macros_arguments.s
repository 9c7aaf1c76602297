# run: rewrite
	.macro m a
	nop
	.endm
	m 1, 2
# expect
# t.s:5: syntax error: m 1, 2
