# run: rewrite
	.if	.-f
	nop
	.endif
# expect
# t.s:2: a condition must be made of numbers known here: .if	.-f
