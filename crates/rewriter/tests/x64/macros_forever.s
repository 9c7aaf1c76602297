# run: rewrite
	.macro m
	m
	.endm
	m
# expect
# t.s:5: macros expand to more than can be: m
